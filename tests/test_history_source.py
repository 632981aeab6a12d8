"""What the run's file holds may leave memory, and comes back when it is looked at."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnwidgets._errors import StoreError
from nnwidgets._points import Points
from nnwidgets.history import History
from tests.history_points import Formula, Memory, points, same


def test_without_a_source_everything_stays() -> None:
    history = History(keep=10)
    whole = points(np.arange(50_000.0))
    history.extend({"x": whole})
    history.committed("x", 50_000)
    assert same(history["x"].points(), whole)


@given(
    st.lists(st.tuples(st.integers(1, 9000), st.integers(0, 12_000)), min_size=1, max_size=8),
    st.integers(0, 20_000),
    st.integers(0, 400),
    st.integers(1, 2000),
)
def test_what_was_let_go_comes_back_from_the_source(
    batches: list[tuple[int, int]], keep: int, repeats: int, n: int
) -> None:
    """``repeats``: the first so many points share a step, then every fifth repeats the one before."""
    source, history = Memory(), History(keep=10**9)
    spilling = History(source=source, keep=keep)
    count = 0
    waiting = 0
    for size, commit in batches:
        index = np.arange(count, count + size)
        step = np.where(index < repeats, 1, 1 + index - index // 5)
        more = Points(step, index / 4, np.sin(index))
        for each in (history, spilling):
            each.extend({"x": more})
        source.add("x", more)
        count, waiting = count + size, waiting + size
        done = min(commit, waiting)
        spilling.committed("x", done)
        waiting -= done
    here, there = history["x"], spilling["x"]
    assert same(there.points(), here.points())
    lo, hi = count / 5, count / 2
    assert same(there.points(lo, hi), here.points(lo, hi))
    for left, right in zip(there.window(n, lo=lo, hi=hi), here.window(n, lo=lo, hi=hi), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-9)
    blocks = list(there.blocks())
    assert same(Points.joined(blocks), here.points())


def test_what_is_in_memory_needs_no_source() -> None:
    source = Memory()
    history = History(source=source, keep=10_000)
    whole = points(np.arange(100_000.0))
    history.extend({"x": whole})
    source.add("x", whole)
    history.committed("x", 100_000)
    history["x"].window(400)
    history["x"].window(400, lo=95_000)
    history["x"].points(95_000)
    assert source.reads == 0
    history["x"].window(400, lo=1000, hi=2000)
    assert source.reads == 1


def test_ten_million_points_do_not_stay_in_memory() -> None:
    source = Formula()
    history = History(source=source, keep=100_000)
    tracemalloc.start()
    try:
        for first in range(1, 10_000_001, 100_000):
            history.extend({"x": source.points("x", first, first + 99_999)})
            history.committed("x", 100_000)
        history["x"].window(400)
        history["x"].window(400, lo=2_000_000, hi=8_000_000)
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert history["x"].count == 10_000_000
    assert used < 15e6


def test_the_worker_does_not_wait_for_the_file() -> None:
    whole = points(np.arange(100_000.0))

    class Slow(Memory):
        def points(self, name: str, lo: int | None, hi: int | None) -> Points:
            # With the lock held while the file is read this would never end.
            worker = threading.Thread(target=history.extend, args=({"x": points([1.0], first=200_000)},))
            worker.start()
            worker.join(60)
            assert not worker.is_alive()
            return super().points(name, lo, hi)

    source = Slow()
    history = History(source=source, keep=0)
    history.extend({"x": whole})
    source.add("x", whole)
    history.committed("x", 100_000)
    assert history["x"].window(12, lo=10, hi=19).exact
    assert history["x"].count == 100_001


def test_a_file_that_is_gone_leaves_a_coarser_picture() -> None:
    class Gone(Memory):
        def points(self, name: str, lo: int | None, hi: int | None) -> Points:
            raise StoreError("it is gone")

    history = History(source=Gone(), keep=0)
    values = np.zeros(100_000)
    values[5000] = 7.0
    history.extend({"x": points(values)})
    history.committed("x", 100_000)
    window = history["x"].window(50, lo=4000, hi=9000)
    assert 0 < len(window.step) <= 50
    assert window.high.max() == 7.0
    with pytest.raises(StoreError, match="gone"):
        history["x"].points()


def test_a_file_that_lost_points_is_not_taken_for_the_whole() -> None:
    source = Memory()
    history = History(source=source, keep=0)
    history.extend({"x": points(np.zeros(100_000))})
    source.add("x", points(np.zeros(50_000)))
    history.committed("x", 100_000)
    with pytest.raises(StoreError, match="no longer holds all points of 'x'"):
        history["x"].points()


def test_commits_of_unknown_series_are_ignored() -> None:
    History().committed("x", 5)
