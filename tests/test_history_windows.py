"""A window shows any part of a series in few rows, and hides no spike."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nnwidgets._points import Points
from nnwidgets.history import History, Series, Window
from tests.history_points import Formula, series_of

LONG = 10_000_000

ordinary = st.floats(-1e6, 1e6)
anything = st.floats(width=64)  # NaN and infinities among them
lengths = st.integers(0, 3000)


@st.composite
def recorded(draw: st.DrawFn, values: st.SearchStrategy[float] = anything) -> tuple[Series, Points]:
    """Draw a series made in batches, with repeated and skipped steps, and its points."""
    n = draw(lengths)
    column = draw(arrays.arrays(np.float64, n, elements=values, fill=values))
    strides = draw(arrays.arrays(np.int64, n, elements=st.integers(0, 3), fill=st.integers(0, 3)))
    steps = 1 + np.cumsum(strides)
    whole = Points(steps, steps / 8, column)
    history, at, size = History(), 0, draw(st.sampled_from([1, 50, 700, 5000]))
    history.extend({"x": Points.of([], [], [])})
    while at < n:
        history.extend({"x": whole.part(slice(at, at + size))})
        at += size
    return history["x"], whole


def least(values: np.ndarray) -> float:
    return float(values[np.isfinite(values)].min(initial=math.inf))


def greatest(values: np.ndarray) -> float:
    return float(values[np.isfinite(values)].max(initial=-math.inf))


def check_rows(window: Window, n: int) -> None:
    """Check what holds for every window."""
    assert len(window.step) <= n
    assert len({len(column) for column in window[:-1]}) == 1
    assert (np.diff(window.step) >= 0).all()
    assert (np.diff(window.time) >= 0).all()
    empty = window.count == 0
    for column in (window.low, window.mean, window.high):
        assert (np.isnan(column) == empty).all()
    some = ~empty
    assert (window.low[some] <= window.mean[some]).all()
    assert (window.mean[some] <= window.high[some]).all()


@given(recorded(), st.integers(1, 500))
def test_the_whole_series_is_in_its_window(made: tuple[Series, Points], n: int) -> None:
    series, whole = made
    window = series.window(n)
    check_rows(window, n)
    assert window.count.sum() + series.nonfinite == series.count == len(whole.step)
    assert series.nonfinite == np.count_nonzero(~np.isfinite(whole.value))
    assert least(window.low) == least(whole.value)
    assert greatest(window.high) == greatest(whole.value)
    if len(whole.step):
        assert window.step[-1] == whole.step[-1]
        assert window.step[0] == whole.step[0] or len(window.step) == 1
    assert window.exact == (len(window.step) == len(whole.step))


@given(recorded(ordinary), st.integers(1, 500))
def test_the_rows_are_those_of_a_plain_computation(made: tuple[Series, Points], n: int) -> None:
    series, whole = made
    window = series.window(n)
    ends = np.cumsum(window.count)
    for row, end in enumerate(ends):
        part = slice(end - window.count[row], end)
        assert window.low[row] == whole.value[part].min()
        assert window.high[row] == whole.value[part].max()
        assert math.isclose(window.mean[row], whole.value[part].mean(), rel_tol=1e-9, abs_tol=1e-6)
        if 0 < row < len(ends) - 1:
            assert window.step[row] == (whole.step[part][0] + whole.step[part][-1]) / 2
            assert window.time[row] == (whole.time[part][0] + whole.time[part][-1]) / 2


@given(
    recorded(),
    st.integers(1, 500),
    st.floats(-100, 9000),
    st.floats(-100, 9000),
    st.sampled_from(["step", "time"]),
)
def test_a_part_holds_its_points_and_one_beyond_each_end(
    made: tuple[Series, Points], n: int, lo: float, hi: float, by: str
) -> None:
    series, whole = made
    lo, hi = min(lo, hi), max(lo, hi)
    scale = 1 if by == "step" else 8
    window = series.window(n, lo=lo / scale, hi=hi / scale, by=by)  # type: ignore[arg-type]
    check_rows(window, n)
    begin = max(0, int(np.searchsorted(whole.step, lo, "left")) - 1)
    end = int(np.searchsorted(whole.step, hi, "right")) + 1
    part = whole.value[begin:end]
    assert window.count.sum() == np.count_nonzero(np.isfinite(part))
    assert least(window.low) == least(part)
    assert greatest(window.high) == greatest(part)
    assert window.exact == (len(window.step) == len(part))


@given(recorded(), st.floats(-10, 9000), st.floats(-10, 9000))
def test_points_are_those_of_the_range(made: tuple[Series, Points], lo: float, hi: float) -> None:
    series, whole = made
    inside = (whole.step >= lo) & (whole.step <= hi)
    assert series.points(lo, hi).step.tolist() == whole.step[inside].tolist()
    assert np.array_equal(series.points(lo, hi).value, whole.value[inside], equal_nan=True)


def test_few_points_have_a_row_each() -> None:
    window = series_of([0.5, math.nan, 0.25]).window(3)
    assert window.exact
    assert window.step.tolist() == [1.0, 2.0, 3.0]
    assert window.time.tolist() == [0.01, 0.02, 0.03]
    assert window.count.tolist() == [1, 0, 1]
    np.testing.assert_array_equal(window.mean, [0.5, math.nan, 0.25])


def test_a_point_beyond_the_view_does_not_widen_the_rows_within() -> None:
    values = np.ones(1000)
    values[99], values[500] = 50.0, 60.0  # the last point before the view, and the first behind it
    window = series_of(values).window(10, lo=101, hi=500)
    assert window.high[0] == 50.0
    assert window.high[-1] == 60.0
    assert (window.high[1:-1] == 1.0).all()
    assert (window.step[0], window.step[-1]) == (100.0, 501.0)


def test_a_view_between_two_points_shows_the_line_through_it() -> None:
    window = series_of([1.0, 2.0, 3.0], steps=[10, 20, 30]).window(10, lo=22, hi=28)
    assert window.step.tolist() == [20.0, 30.0]


@pytest.mark.parametrize(
    ("lo", "hi", "steps"), [(90, 95, [30.0]), (-9, -5, [10.0]), (-math.inf, math.inf, [10.0, 20.0, 30.0])]
)
def test_a_view_beside_the_series_is_no_error(lo: float, hi: float, steps: list[float]) -> None:
    assert series_of([1.0, 2.0, 3.0], steps=[10, 20, 30]).window(10, lo=lo, hi=hi).step.tolist() == steps


def test_rows_stay_the_same_while_a_view_moves_along() -> None:
    series = series_of(np.random.default_rng(0).normal(size=20_000))
    one, other = (series.window(100, lo=lo, hi=lo + 9000) for lo in (5000, 5300))
    shared = np.intersect1d(one.step, other.step)
    assert len(shared) > 80
    assert set(one.high[np.isin(one.step, shared)][1:-1]) <= set(one.high) & set(other.high)


def test_a_window_has_a_row() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        series_of([1.0]).window(0)


@pytest.mark.parametrize("values", [[1.7e308] * 3000, [1.7e308, -1.7e308] * 1500, [-1.7e308] * 3000])
def test_values_that_add_up_to_more_than_a_float_holds_have_a_mean(values: list[float]) -> None:
    series = series_of(values)
    for window in (series.window(7), series.window(7, lo=100, hi=2900)):
        check_rows(window, 7)
        assert np.isfinite(window.mean).all()


def test_rounding_does_not_put_the_mean_outside_its_band() -> None:
    window = series_of([0.1] * 3).window(1)
    assert window.low.tolist() == window.mean.tolist() == window.high.tolist() == [0.1]


def test_a_bucket_beyond_a_wide_view_does_not_widen_the_rows_within() -> None:
    values = np.ones(1_000_000)
    values[256 * 1000 - 1], values[256 * 3000] = 50.0, 60.0  # the last before the view, the first behind it
    window = series_of(values).window(100, lo=256 * 1000 + 1, hi=256 * 3000)
    assert window.high[0] == 50.0
    assert window.high[-1] == 60.0
    assert (window.high[1:-1] == 1.0).all()
    assert window.count[0] == window.count[-1] == 256


@pytest.fixture(scope="module")
def long() -> Series:
    """Ten million points, of which only the last hundred thousand stay in memory, with one spike and one gap."""
    source = Formula()
    source.spikes = {1_234_567: 99.0, 7_654_321: math.nan}
    history = History(source=source, keep=100_000)
    for first in range(1, LONG, 500_000):
        history.extend({"x": source.points("x", first, first + 499_999)})
        history.committed("x", 500_000)
    return history["x"]


@pytest.mark.parametrize("n", [3, 400, 1000])
def test_one_spike_in_ten_million_points_is_seen(long: Series, n: int) -> None:
    for window in (long.window(n), long.window(n, lo=100, hi=9_999_000)):
        check_rows(window, n)
        row = int(window.high.argmax())
        assert window.high[row] == 99.0
        half = LONG / n * 2
        assert abs(window.step[row] - 1_234_567) < half
    assert long.window(n).count.sum() == LONG - 1
    assert long.highest == (1_234_567, 12_345.67, 99.0)


@pytest.mark.parametrize("width", [3_000_000, 300_000, 3000, 30])
def test_zooming_in_refines_to_the_single_point(long: Series, width: int) -> None:
    window = long.window(400, lo=1_234_567 - width, hi=1_234_567 + width)
    check_rows(window, 400)
    assert len(window.step) > 199 or window.exact
    row = int(window.high.argmax())
    assert window.high[row] == 99.0
    assert abs(window.step[row] - 1_234_567) <= 2 * width / 100
    assert window.exact == (width == 30)


def test_the_live_edge_of_ten_million_points_is_the_last_point(long: Series) -> None:
    for window in (
        long.window(400),
        long.window(400, lo=LONG / 2),
        long.window(400, lo=LONG - 50, by="step"),
    ):
        assert window.step[-1] == LONG
        assert window.time[-1] == LONG / 100
