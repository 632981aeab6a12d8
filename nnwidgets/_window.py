"""Windows: some points of a series as the rows that a chart draws."""

from __future__ import annotations

import bisect
from typing import Final, Literal, NamedTuple

import numpy as np

from nnwidgets._buckets import Buckets, Level, merged, summed
from nnwidgets._points import Floats, Points, Steps

Axis = Literal["step", "time"]


class Window(NamedTuple):
    """A part of a series, ready to be drawn, in rows; every column has shape ``(m,)``.

    Attributes
    ----------
    step, time
        Where the row stands: the middle of its points; the first row where they begin, the last where they end.
        Time in seconds.
    low, mean, high
        Of its finite values; NaN where there is none, which is drawn as a gap.
    count
        The finite values that the row stands for.
    exact
        Every point, finite or not, has a row of its own.
    """

    step: Floats
    time: Floats
    low: Floats
    mean: Floats
    high: Floats
    count: Steps  # type: ignore[assignment]  # nobody misses `tuple.count`
    exact: bool


def place(column: Steps | Floats, value: float, *, right: bool = False) -> int:
    """Return the index of the first entry not below ``value`` (``right``: above it) in an ordered column."""
    # `numpy.searchsorted` would first turn a long column of steps into floats.
    return (bisect.bisect_right if right else bisect.bisect_left)(column, value)


def cut(points: Points, lo: float | None, hi: float | None) -> Points:
    """Return the points of the steps ``lo`` to ``hi``, both included; None means no bound."""
    begin = None if lo is None else place(points.step, lo)
    end = None if hi is None else place(points.step, hi, right=True)
    return points.part(slice(begin, end))


def of_points(points: Points, first: int, n: int, *, lo: float | None, hi: float | None, by: Axis) -> Window:
    """Return the points from ``lo`` to ``hi``, and one more on each side, in at most ``n`` rows.

    Parameters
    ----------
    points
        Consecutive points of a series, all these among them.
    first
        The index of their first in the series.
    """
    axis = points.step if by == "step" else points.time
    inner = 0 if lo is None else place(axis, lo)
    outer = len(axis) if hi is None else max(inner, place(axis, hi, right=True))
    begin, end = max(0, inner - 1), min(len(axis), outer + 1)
    if begin == end:
        return NO_ROWS
    starts = _with_edges(first + begin, end - begin, n, before=begin < inner, after=outer < end)
    return _rows(summed(points.part(slice(begin, end)), starts))


def of_buckets(buckets: Buckets, first: int, n: int, *, before: bool = False, after: bool = False) -> Window:
    """Return buckets in at most ``n`` rows.

    Parameters
    ----------
    first
        How many buckets the series has before these.
    before, after
        Whether the first and the last bucket lie beyond what was asked for; they are rows of their own then.
    """
    starts = _with_edges(first, buckets.length, n, before=before, after=after)
    return _rows(buckets if len(starts) == buckets.length else merged(buckets, starts))


def _with_edges(first: int, length: int, n: int, *, before: bool, after: bool) -> Steps:
    if n <= before + after:  # no room for more than the edges
        return _groups(first, length, n)
    inner = _groups(first + before, length - before - after, n - before - after) + before
    return np.concatenate((np.zeros(int(before), np.int64), inner, np.full(int(after), length - 1)))


def _groups(first: int, length: int, n: int) -> Steps:
    """Return where to part ``length`` neighbours into at most ``n`` groups of equal size.

    The groups are aligned to the beginning of the series, so that they stay the same while a view moves along.
    """
    if n == 1:
        return np.zeros(min(1, length), np.int64)
    size = max(1, -(-length // n))
    if (first + length - 1) // size - first // size >= n:
        size = -(-length // (n - 1))
    starts = np.arange((-first) % size, length, size)
    return starts if first % size == 0 or not length else np.insert(starts, 0, 0)


def _rows(buckets: Buckets) -> Window:
    some = buckets.finite > 0
    step = (buckets.first_step + buckets.last_step) / 2
    time = (buckets.first_time + buckets.last_time) / 2
    if len(step) > 1:
        step[0], time[0] = buckets.first_step[0], buckets.first_time[0]
    if len(step):
        step[-1], time[-1] = buckets.last_step[-1], buckets.last_time[-1]
    return Window(
        step,
        time,
        np.where(some, buckets.low, np.nan),
        np.where(some, _means(buckets), np.nan),
        np.where(some, buckets.high, np.nan),
        buckets.finite.copy(),
        bool((buckets.points == 1).all()),
    )


def _means(buckets: Buckets) -> Floats:
    means = buckets.total / np.maximum(buckets.finite, 1)
    exploded = ~np.isfinite(means)
    if exploded.any():  # the sum is more than a float holds: the middle of the least and the greatest serves
        means[exploded] = buckets.low[exploded] / 2 + buckets.high[exploded] / 2
    # Rounding must not put the line outside its band.
    clipped: Floats = np.minimum(np.maximum(means, buckets.low), buckets.high)
    return clipped


#: A window on nothing.
NO_ROWS: Final = _rows(Level(1, None).all())
