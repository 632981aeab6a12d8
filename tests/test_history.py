"""A history takes points, counts what is in them, and gives all of them back."""

from __future__ import annotations

import math
import sys
import threading
import tracemalloc

import numpy as np
import pytest

from nnwidgets._errors import MissingDependencyError
from nnwidgets._points import Points
from nnwidgets.history import MAX_SERIES, History
from tests.history_points import points, same, series_of


def test_a_new_history_is_empty() -> None:
    history = History()
    assert (len(history), list(history), history.version) == (0, [], 0)
    assert repr(history) == "<History of 0 series: >"


def test_points_come_back_as_they_went_in() -> None:
    parts = [points([0.5, -0.0], first=1), points([math.nan, math.inf, 5e-324], first=3)]
    history = History()
    for part in parts:
        history.extend({"train/loss": part})
    whole = Points.joined(parts)
    assert same(history["train/loss"].points(), whole)
    assert history.version == 2


def test_points_of_a_range_of_steps_hold_both_ends_and_all_that_repeat() -> None:
    series = series_of([0.0, 1.0, 2.0, 3.0, 4.0], steps=[1, 2, 2, 2, 5])
    assert series.points(2, 2).value.tolist() == [1.0, 2.0, 3.0]
    assert series.points(2.5, None).step.tolist() == [5]
    assert series.points(None, 1).step.tolist() == [1]
    assert series.points(6, 9).step.tolist() == []
    assert series.points(4, 3).step.tolist() == []


def test_what_is_returned_is_a_copy() -> None:
    series = series_of([1.0, 2.0])
    series.points().value[:] = 9.0
    series.window(10).low[:] = 9.0
    series.window(10).count[:] = 9
    assert series.points().value.tolist() == [1.0, 2.0]
    assert series.window(10).low.tolist() == [1.0, 2.0]
    assert series.window(10).count.tolist() == [1, 1]


def test_the_last_the_lowest_and_the_highest_point_are_known() -> None:
    series = series_of([3.0, 1.0, math.nan, 1.0, 7.0, -math.inf, 7.0, math.nan])
    assert series.last is not None
    assert (series.last.step, math.isnan(series.last.value)) == (8, True)
    assert series.lowest == (2, 0.02, 1.0)
    assert series.highest == (5, 0.05, 7.0)
    assert (series.count, series.nonfinite) == (8, 3)


def test_the_first_of_equal_extremes_stays_over_many_batches() -> None:
    history = History()
    for first, values in ((1, [2.0, 5.0]), (3, [2.0, 5.0]), (5, [1.0, 6.0]), (7, [1.0, 6.0])):
        history.extend({"x": points(values, first=first)})
    assert history["x"].lowest.step == 5  # type: ignore[union-attr]
    assert history["x"].highest.step == 6  # type: ignore[union-attr]


def test_a_series_without_a_finite_value_has_no_extremes() -> None:
    series = series_of([math.nan, math.inf, -math.inf])
    assert (series.lowest, series.highest, series.nonfinite) == (None, None, 3)
    window = series.window(10)
    assert window.count.tolist() == [0, 0, 0]
    assert np.isnan([window.low, window.mean, window.high]).all()
    assert window.exact


def test_gaps_are_the_steps_without_a_finite_value() -> None:
    values = np.ones(100)
    values[[9, 19, 69]] = math.nan, math.inf, -math.inf
    assert series_of(values).gaps(10).tolist() == [10.0, 20.0, 70.0]
    assert len(series_of(values).gaps(2)) == 2
    assert series_of(values).gaps(0).tolist() == []
    assert series_of([1.0]).gaps(10).tolist() == []


def test_many_gaps_are_counted_exactly_and_thinned_evenly() -> None:
    history = History()
    total = 0
    for batch in (1, 7, 100_000, 3, 50_001):
        history.extend({"x": points(np.full(batch, math.nan), first=total + 1)})
        total += batch
    gaps = history["x"].gaps(100)
    assert history["x"].nonfinite == total
    assert 50 <= len(gaps) <= 100
    assert gaps[0] == 1
    assert gaps[-1] > 0.95 * total
    assert len(set(np.diff(gaps))) == 1


def test_gaps_take_bounded_memory() -> None:
    history = History()
    history.extend({"x": points(np.full(1_000_000, math.nan))})
    assert len(history["x"].gaps(10**9)) <= 4096


def test_steps_that_decrease_are_refused_and_nothing_is_appended() -> None:
    history = History()
    history.extend({"x": points([1.0, 2.0], first=4)})
    for wrong in (points([3.0], first=4), Points.of([6, 5], [0, 0], [0, 0])):
        with pytest.raises(ValueError, match="steps of 'x' decrease"):
            history.extend({"y": points([1.0]), "x": wrong})
    assert history["x"].points().step.tolist() == [4, 5]
    assert (list(history), history.version) == (["x"], 1)


def test_columns_of_different_lengths_are_refused() -> None:
    history = History()
    wrong = Points(np.array([1, 2]), np.array([0.0]), np.array([0.0]))
    with pytest.raises(ValueError, match="equally long"):
        history.extend({"x": wrong})
    assert "x" not in history


def test_equal_steps_are_welcome() -> None:
    series = series_of([1.0, 2.0, 3.0], steps=[7, 7, 7])
    assert series.window(10).step.tolist() == [7.0, 7.0, 7.0]
    assert series.window(1).count.tolist() == [3]


def test_no_points_make_an_empty_series() -> None:
    history = History()
    history.extend({"x": points([])})
    series = history["x"]
    assert (series.count, series.last) == (0, None)
    assert len(series.points().step) == len(series.window(10).step) == len(series.window(10, lo=3).step) == 0
    assert list(series.blocks()) == []


def test_names_beyond_the_cap_are_refused_in_bounded_memory() -> None:
    history = History()
    one = points([1.0])
    tracemalloc.start()
    try:
        for at in range(0, 100_000, 1000):
            history.extend({f"train/m{k}": one for k in range(at, at + 1000)})
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(history) == MAX_SERIES
    assert 0 < len(history.refused) <= 100
    assert history.refused.isdisjoint(history)
    assert used < 30e6
    history.extend({"train/m0": points([2.0], first=2), "another": one})
    assert history["train/m0"].count == 2


def test_the_cap_holds_within_one_batch() -> None:
    history = History()
    history.extend({f"m{k}": points([1.0]) for k in range(MAX_SERIES + 50)})
    assert list(history) == [f"m{k}" for k in range(MAX_SERIES)]
    assert history.refused == {f"m{k}" for k in range(MAX_SERIES, MAX_SERIES + 50)}


def test_one_large_batch_is_as_good_as_many_small_ones() -> None:
    values = np.random.default_rng(0).normal(size=20_000)
    whole, parts = series_of(values), History()
    at = 0
    while at < len(values):
        size = 1 + at % 37
        parts.extend({"x": points(values[at : at + size], first=at + 1)})
        at += size
    assert same(parts["x"].points(), whole.points())
    for left, right in zip(parts["x"].window(300), whole.window(300), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-12)


def test_a_writer_and_readers_on_other_threads_do_not_disturb_each_other() -> None:
    history = History()
    history.extend({"x": points([0.0])})
    series, done, faults = history["x"], threading.Event(), []

    def read() -> None:
        try:
            while not done.is_set():
                before = series.count
                window = series.window(50)
                part = series.window(50, lo=before // 2)
                some = series.points(before // 2, before)
                after = series.count
                assert before <= window.count.sum() <= after
                assert window.step[-1] == window.high[-1] + 1
                assert (np.diff(part.step) >= 0).all()
                assert (some.value == some.step - 1).all()
                assert {"x"} <= set(history)
                history.epochs.at(window.step)
                series.gaps(10)
        except BaseException as error:  # noqa: BLE001 — it is told in the thread of the test
            faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    step = 1
    for turn in range(600):
        size = 1 + (turn * 7919) % 400
        history.extend({"x": points(np.arange(step, step + size), first=step + 1), f"m{turn}": points([1.0])})
        history.epochs.begin(step, float(turn + 1))
        step += size
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert series.count == step


def test_a_dict_holds_everything() -> None:
    history = History()
    history.extend({"train/loss": points([0.5, math.nan, math.inf]), "val/loss": points([0.25], first=3)})
    history.epochs.begin(0, 0.0)
    history.epochs.begin(3, 1.0)
    again = History.from_dict(history.to_dict())
    assert list(again) == list(history)
    assert all(same(again[name].points(), history[name].points()) for name in history)
    assert again.epochs.boundaries == history.epochs.boundaries


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"series": [], "epochs": []},
        {"series": {"x": {"a": [1]}}, "epochs": []},
        {"series": {}, "epochs": [1]},
    ],
)
def test_another_dict_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="to_dict"):
        History.from_dict(wrong)


def test_a_table_has_a_row_a_step_and_a_column_a_series() -> None:
    history = History()
    history.extend(
        {"train/loss": points([0.9, 0.8, 0.7, 0.6]), "val/loss": Points.of([2, 4], [0.5, 0.6], [1, 2])}
    )
    history.epochs.begin(0, 0.0)
    history.epochs.begin(4, 1.0)
    frame = history.to_pandas()
    assert frame.index.name == "step"
    assert frame.index.tolist() == [1, 2, 3, 4]
    assert list(frame.columns) == ["epoch", "time", "train/loss", "val/loss"]
    assert frame["epoch"].tolist() == [0.25, 0.5, 0.75, 1.0]
    assert frame["time"].tolist() == [0.01, 0.5, 0.03, 0.6]
    assert frame["train/loss"].tolist() == [0.9, 0.8, 0.7, 0.6]
    assert frame["val/loss"].isna().tolist() == [True, False, True, False]


def test_a_table_has_the_last_of_repeated_steps_and_all_steps_in_order() -> None:
    history = History()
    history.extend(
        {"a": Points.of([5, 5, 9], [1, 2, 3], [0.1, 0.2, 0.3]), "b": Points.of([1, 7], [1, 2], [math.inf, 4])}
    )
    frame = history.to_pandas()
    assert frame.index.tolist() == [1, 5, 7, 9]
    assert frame["a"].dropna().tolist() == [0.2, 0.3]
    assert frame.loc[1, "b"] == math.inf


def test_an_empty_history_is_an_empty_table() -> None:
    frame = History().to_pandas()
    assert frame.shape == (0, 2)
    assert list(frame.columns) == ["epoch", "time"]


def test_without_pandas_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependencyError, match="pip install pandas"):
        History().to_pandas()
