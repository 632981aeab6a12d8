"""The scales of a series agree with a plain computation, however its points arrive."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnwidgets._buckets import Level
from nnwidgets._column_store import ColumnStore
from nnwidgets._points import Points
from nnwidgets._pyramid import COARSE, OVERVIEW, Pyramid
from tests.history_points import points, same

sizes = st.lists(st.integers(0, 700), max_size=30)


def values_of(n: int) -> np.ndarray:
    """Return values with a NaN at every seventh place, and a stretch of infinities."""
    index = np.arange(n)
    values = np.sin(index * 1.7) * index
    values[index % 7 == 3] = math.nan
    values[(index >= 100) & (index < 140)] = math.inf
    return values


def fill(level: Level | Pyramid | ColumnStore, batches: list[int]) -> Points:
    whole = points(values_of(sum(batches)))
    at = 0
    for size in batches:
        level.extend(whole.part(slice(at, at + size)))
        at += size
    return whole


@given(sizes, st.sampled_from([(1, 8), (4, 16), (1, 1024), (5, None), (256, None)]))
def test_buckets_are_those_of_a_plain_computation(batches: list[int], shape: tuple[int, int | None]) -> None:
    level = Level(*shape)
    whole = fill(level, batches)
    buckets = level.all()
    n = len(whole.step)
    assert level.count == n == buckets.points.sum()
    assert buckets.length == math.ceil(n / level.width)
    assert shape[1] is None or buckets.length <= shape[1]
    for row in range(buckets.length):
        part = slice(row * level.width, (row + 1) * level.width)
        finite = whole.value[part][np.isfinite(whole.value[part])]
        assert buckets.first_step[row] == whole.step[part][0]
        assert buckets.last_step[row] == whole.step[part][-1]
        assert buckets.first_time[row] == whole.time[part][0]
        assert buckets.last_time[row] == whole.time[part][-1]
        assert buckets.low[row] == finite.min(initial=math.inf)
        assert buckets.high[row] == finite.max(initial=-math.inf)
        assert math.isclose(buckets.total[row], finite.sum(), rel_tol=1e-9, abs_tol=1e-6)
        assert buckets.finite[row] == len(finite)


def test_the_overview_stays_small_and_the_coarse_level_grows_slowly() -> None:
    pyramid = Pyramid()
    for first in range(1, 1_000_000, 100_000):
        pyramid.extend(points(np.zeros(100_000), first=first))
    assert OVERVIEW / 2 <= len(pyramid.whole(OVERVIEW).step) <= OVERVIEW
    assert pyramid.coarse.length == math.ceil(1_000_000 / COARSE)
    assert sum(column.itemsize for column in pyramid.coarse) / COARSE < 1


@given(
    sizes,
    st.floats(-10, 25_000),
    st.floats(-10, 25_000),
    st.sampled_from(["step", "time"]),
    st.integers(1, 50),
)
def test_the_coarse_level_finds_a_range_with_its_neighbours(
    batches: list[int], lo: float, hi: float, by: str, n: int
) -> None:
    pyramid = Pyramid()
    whole = fill(pyramid, batches)
    lo, hi = min(lo, hi), max(lo, hi)
    axis = whole.step if by == "step" else whole.time
    begin, end = pyramid.around(lo, hi, by)  # type: ignore[arg-type]
    assert begin % COARSE == 0
    inside = np.flatnonzero((axis >= lo) & (axis <= hi))
    if len(inside):
        assert begin <= max(0, inside[0] - 1)
        assert end >= min(len(axis), inside[-1] + 2)
        assert end - begin <= len(inside) + 4 * COARSE
    window = pyramid.rough(begin, end, n, lo=lo, hi=hi, by=by)  # type: ignore[arg-type]
    part = whole.value[begin:end]
    assert len(window.step) <= n
    assert window.count.sum() == np.count_nonzero(np.isfinite(part))


@given(sizes, st.integers(0, 25_000), st.integers(0, 25_000), st.integers(0, 25_000))
def test_blocks_give_back_what_they_were_given(batches: list[int], begin: int, end: int, gone: int) -> None:
    store = ColumnStore()
    whole = fill(store, batches)
    assert store.count == len(whole.step)
    store.drop_before(min(gone, store.count))
    assert store.first <= min(gone, store.count)
    begin, end = max(begin, store.first), min(end, store.count)
    found = store.slice(begin, end)
    assert same(found, whole.part(slice(begin, max(begin, end))))


@pytest.mark.parametrize("gone", [0, 50_000, 100_000])
def test_what_is_gone_is_gone_but_for_a_block(gone: int) -> None:
    store = ColumnStore()
    store.extend(points(np.zeros(100_000)))
    store.drop_before(gone)
    assert gone - 16_384 <= store.first <= gone
    assert len(store.slice(store.first, 100_000).step) == 100_000 - store.first
