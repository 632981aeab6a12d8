"""The axis of epochs is straight between the boundaries that are known, and sensible beyond them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnwidgets._epochs import EpochAxis


def axis_of(*boundaries: tuple[int, float], planned: int | None = None) -> EpochAxis:
    axis = EpochAxis()
    axis.planned(planned)
    for step, epoch in boundaries:
        axis.begin(step, epoch)
    return axis


strictly_growing = st.lists(
    st.tuples(st.integers(1, 500), st.sampled_from([0.1, 0.25, 1 / 3, 1.0, 2.0])), min_size=1, max_size=40
).map(lambda steps: [(int(s), float(e)) for s, e in np.cumsum([(0, 0), *steps], axis=0)])


@given(strictly_growing, st.one_of(st.none(), st.integers(1, 1000)))
def test_a_boundary_has_exactly_its_epoch(boundaries: list[tuple[int, float]], planned: int | None) -> None:
    axis = axis_of(*boundaries, planned=planned)
    steps, epochs = np.array(boundaries).T
    np.testing.assert_allclose(axis.at(steps), epochs, rtol=0, atol=1e-7)
    whole = epochs == np.floor(epochs)
    assert axis.at(steps[whole]).tolist() == epochs[whole].tolist()


@given(strictly_growing, st.one_of(st.none(), st.integers(1, 1000)))
def test_the_coordinate_never_falls_and_is_finite(
    boundaries: list[tuple[int, float]], planned: int | None
) -> None:
    for n in range(len(boundaries) + 1):
        axis = axis_of(*boundaries[:n], planned=planned)
        epochs = axis.at(np.linspace(-10, 2 * boundaries[-1][0] + 100, 1000))
        assert np.isfinite(epochs).all()
        assert (np.diff(epochs) >= 0).all()


@given(strictly_growing, st.one_of(st.none(), st.integers(1, 1000)), st.floats(0, 1))
def test_steps_at_is_the_inverse(
    boundaries: list[tuple[int, float]], planned: int | None, share: float
) -> None:
    for n in range(len(boundaries) + 1):
        axis = axis_of(*boundaries[:n], planned=planned)
        end = (boundaries[n - 1][0] if n else 0) + (planned or 1)
        epoch = float(axis.at(share * end))
        assert math.isclose(float(axis.at(axis.steps_at(epoch))), epoch, rel_tol=1e-6, abs_tol=1e-6)


def test_shapes_are_kept() -> None:
    axis = axis_of((0, 0.0), (8, 1.0))
    assert axis.at(5).shape == axis.steps_at(0.5).shape == ()
    assert axis.at([[1, 2], [3, 14]]).tolist() == [[0.125, 0.25], [0.375, 1.75]]
    assert axis.steps_at([0.125, 1.75]).tolist() == [1.0, 14.0]


def test_the_open_epoch_has_the_planned_length_and_ends_there() -> None:
    axis = axis_of((0, 0.0), (10, 1.0), planned=20)
    assert axis.at([10, 20, 30, 31, 99]).tolist() == [1.0, 1.5, 2.0, 2.0, 2.0]


def test_a_plan_reaches_to_the_next_whole_epoch_from_within_one() -> None:
    axis = axis_of((0, 0.0), (15, 1.5), planned=10)
    assert axis.at([15, 17, 20, 40]).tolist() == [1.5, 1.7, 2.0, 2.0]


def test_with_no_plan_the_open_epoch_is_like_the_last() -> None:
    axis = axis_of((0, 0.0), (100, 1.0), (150, 2.0))
    assert axis.at([175, 200, 250]).tolist() == [2.5, 3.0, 4.0]


def test_a_first_epoch_of_unknown_length_is_never_over() -> None:
    for axis in (axis_of(), axis_of((0, 0.0)), axis_of((0, 4.0))):
        base = float(axis.at(0))
        epochs = axis.at([0, 1, 100, 10_000, 10**9])
        assert epochs[2] == base + 0.5
        assert (np.diff(epochs) > 0).all()
        assert epochs[-1] < base + 1


def test_a_plan_can_change_with_the_loader() -> None:
    axis = axis_of((0, 0.0), planned=10)
    before = axis.version
    assert axis.at(5) == 0.5
    axis.planned(10)
    assert axis.version == before
    axis.planned(20)
    assert axis.at(5) == 0.25
    assert axis.version > before


def test_what_goes_backwards_is_ignored() -> None:
    axis = axis_of((0, 0.0), (10, 1.0), (5, 2.0), (20, 0.5), (20, 2.0))
    assert axis.boundaries == [(0, 0.0), (10, 1.0), (20, 2.0)]


def test_a_correction_at_the_same_step_holds() -> None:
    axis = axis_of((0, 0.0), (10, 1.0), (10, 2.0))
    assert axis.boundaries == [(0, 0.0), (10, 2.0)]


def test_an_epoch_logged_with_each_batch_is_spread_over_them() -> None:
    axis = axis_of((0, 0.0), *((step, float(step // 100)) for step in range(1, 350)))
    assert axis.boundaries == [(0, 0.0), (100, 1.0), (200, 2.0), (300, 3.0)]
    assert axis.at([50, 250, 340]).tolist() == [0.5, 2.5, 3.4]


def test_epochs_counted_from_1_do_not_run_away_in_the_first() -> None:
    axis = axis_of((0, 0.0), *((step, 1.0) for step in range(1, 80)))
    assert axis.known
    assert 1.0 < axis.at(80) < 2.0


def test_the_epoch_as_a_fraction_with_each_batch_takes_bounded_memory() -> None:
    axis = axis_of(*((step, step / 782) for step in range(7820 * 3)))
    assert len(axis.boundaries) <= 2 * 31
    assert axis.at([782, 1000, 20_000]).tolist() == pytest.approx([1.0, 1000 / 782, 20_000 / 782])
    assert [epoch for _, epoch in axis.starts(0, 30_000, 100)] == list(range(1, 30))


def test_a_first_anchor_far_from_the_beginning_starts_at_zero() -> None:
    axis = axis_of((200, 2.0), (300, 3.0))
    assert axis.at([0, 100, 250]).tolist() == [0.0, 1.0, 2.5]


def test_epochs_are_known_once_something_was_said() -> None:
    assert not axis_of().known
    assert not axis_of((0, 0.0)).known
    assert not axis_of((0, 0.0), (0, 0.0)).known
    assert axis_of((0, 0.0), planned=5).known
    assert axis_of((0, 0.0), (7, 1.0)).known


@pytest.mark.parametrize(
    ("epochs", "n", "expected"),
    [
        (4, 10, [1, 2, 3, 4]),
        (10, 9, [2, 4, 6, 8, 10]),
        (30, 10, [5, 10, 15, 20, 25, 30]),
        (30, 4, [10, 20, 30]),
    ],
)
def test_epoch_lines_have_a_round_stride(epochs: int, n: int, expected: list[int]) -> None:
    axis = axis_of(*((40 * e, float(e)) for e in range(epochs + 1)))
    assert axis.starts(0, 40 * epochs, n) == [(40 * e, float(e)) for e in expected]


def test_epoch_lines_are_those_in_the_picture() -> None:
    axis = axis_of(*((40 * e, float(e)) for e in range(101)))
    assert axis.starts(41, 160.5, 10) == [(80, 2.0), (120, 3.0), (160, 4.0)]
    assert axis.starts(80, 80, 10) == [(80, 2.0)]
    assert axis.starts(4001, 9000, 10) == []
    assert axis.starts(-50, 39, 10) == []
    assert axis.starts(100, 50, 10) == []
    assert axis.starts(0, 4000, 0) == []
    assert axis_of().starts(0, 100, 10) == []


@given(strictly_growing, st.integers(1, 12), st.floats(-5, 20_000), st.floats(-5, 20_000))
def test_epoch_lines_are_few_whole_and_in_range(
    boundaries: list[tuple[int, float]], n: int, lo: float, hi: float
) -> None:
    axis = axis_of(*boundaries)
    lines = axis.starts(lo, hi, n)
    assert len(lines) <= n
    for step, epoch in lines:
        assert lo <= step <= hi
        assert 1 <= epoch <= boundaries[-1][1]
        assert epoch == int(epoch)
        assert abs(float(axis.steps_at(epoch)) - step) <= 0.5


def test_of_very_many_epochs_a_few_are_drawn() -> None:
    axis = axis_of(*((e, float(e)) for e in range(100_000)))
    assert axis.starts(0, 100_000, 12) == [(10_000 * k, 10_000.0 * k) for k in range(1, 10)]
