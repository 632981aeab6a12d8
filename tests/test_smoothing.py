"""The smooth line depends on the picture, not on how many points it is drawn with."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nnwidgets._smoothing import smooth

curves = arrays.arrays(np.float64, st.integers(0, 60), elements=st.floats(-1e6, 1e6) | st.just(math.nan))
weights = st.floats(0, 1)


@given(curves, weights)
def test_gaps_stay_and_the_line_keeps_within_the_curve(y: np.ndarray, weight: float) -> None:
    x = np.arange(len(y))
    line = smooth(x, y, weight, 100.0)
    assert line.shape == y.shape
    assert (np.isnan(line) == np.isnan(y)).all()
    finite = np.isfinite(y)
    if finite.any():
        assert line[finite].min() >= y[finite].min() - 1e-6
        assert line[finite].max() <= y[finite].max() + 1e-6


@given(curves, weights)
def test_what_is_given_is_not_changed(y: np.ndarray, weight: float) -> None:
    before = y.copy()
    smooth(np.arange(len(y)), y, weight, 10.0)[:] = 1.0
    np.testing.assert_array_equal(y, before)


def test_weight_zero_changes_nothing() -> None:
    y = [3.0, math.nan, math.inf, -1.0]
    np.testing.assert_array_equal(smooth([1, 2, 3, 4], y, 0.0, 3.0), y)


def test_infinite_values_are_gaps() -> None:
    line = smooth([1, 2, 3], [1.0, math.inf, 1.0], 0.5, 2.0)
    np.testing.assert_array_equal(line, [1.0, math.nan, 1.0])


def test_a_view_of_no_width_is_not_smoothed() -> None:
    assert smooth([5, 5], [1.0, 2.0], 0.9, 0.0).tolist() == [1.0, 2.0]
    assert smooth([], [], 0.9, 0.0).tolist() == []


def test_there_is_no_bias_at_the_start() -> None:
    assert smooth(np.arange(50), np.full(50, 7.0), 0.99, 1000.0).tolist() == [7.0] * 50


def test_the_numbers_are_those_of_the_definition() -> None:
    x, y, weight, span = np.array([0.0, 1.0, 4.0, 4.5]), np.array([1.0, 5.0, 2.0, 9.0]), 0.81, 250.0
    line = smooth(x, y, weight, span)
    for i in range(len(x)):
        influence = 0.9 ** ((x[i] - x[: i + 1]) / span * 1000)
        assert line[i] == pytest.approx((influence * y[: i + 1]).sum() / influence.sum())


def test_the_past_fades_over_a_gap() -> None:
    with_gap = smooth([0, 1, 2, 3], [1.0, math.nan, math.nan, 5.0], 0.81, 100.0)
    assert with_gap[3] == smooth([0, 3], [1.0, 5.0], 0.81, 100.0)[1]


@pytest.mark.parametrize("weight", [0.3, 0.6, 0.9, 0.99])
def test_fewer_points_give_the_same_picture(weight: float) -> None:
    x = np.linspace(0, 1, 4000)
    y = np.exp(-3 * x) + 0.1 * np.sin(25 * x)
    merged_x, merged_y = (column.reshape(-1, 8).mean(axis=1) for column in (x, y))
    fine, coarse = smooth(x, y, weight, 1.0), smooth(merged_x, merged_y, weight, 1.0)
    assert np.abs(np.interp(merged_x, x, fine) - coarse).max() < 0.01


def test_the_unit_of_the_axis_does_not_matter() -> None:
    x, y = np.arange(300.0), np.random.default_rng(0).normal(size=300)
    np.testing.assert_allclose(smooth(x, y, 0.9, 300.0), smooth(x / 60, y, 0.9, 5.0), rtol=1e-9)


def test_more_weight_is_smoother() -> None:
    x, y = np.arange(300.0), np.random.default_rng(0).normal(size=300)
    roughness = [np.abs(np.diff(smooth(x, y, weight, 300.0))).mean() for weight in (0.0, 0.3, 0.6, 0.9, 0.99)]
    assert roughness == sorted(roughness, reverse=True)


def test_huge_values_leave_the_line_finite_afterwards() -> None:
    line = smooth([0, 1, 2, 3], [1e308, 1.7e308, 1.7e308, 1.0], 0.9, 10.0)
    assert np.isfinite(line).all()
