"""Points summed up in buckets of equal length: what a curve is drawn from when it has more points than pixels.

A bucket keeps the least, the greatest and the sum of its finite values, so that a spike of a single step stays
visible however far one looks from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nnwidgets._points import Floats, Points, Steps


class Buckets(NamedTuple):
    """Consecutive buckets, oldest first; every column has shape ``(n,)``.

    ``points`` counts all points, ``finite`` those that ``low``, ``high`` and ``total`` are about. ``low`` is +inf and
    ``high`` is -inf where there is none. ``total`` is not finite where the sum exceeds what a float holds.
    """

    first_step: Steps
    last_step: Steps
    first_time: Floats
    last_time: Floats
    low: Floats
    high: Floats
    total: Floats
    finite: Steps
    points: Steps

    @property
    def length(self) -> int:
        """The number of buckets."""
        return len(self.points)

    def part(self, rows: slice) -> Buckets:
        """Return some of the buckets; views of the same memory."""
        return _each(lambda column: column[rows], self)


def summed(points: Points, starts: Steps) -> Buckets:
    """Sum points up in buckets that begin at the indices ``starts``; the first of them is 0."""
    finite = np.isfinite(points.value)
    ends = np.append(starts[1:], len(points.step)) - 1
    return Buckets(
        points.step[starts],
        points.step[ends],
        points.time[starts],
        points.time[ends],
        np.minimum.reduceat(np.where(finite, points.value, np.inf), starts),
        np.maximum.reduceat(np.where(finite, points.value, -np.inf), starts),
        _sums(np.where(finite, points.value, 0.0), starts),
        np.add.reduceat(finite.astype(np.int64), starts),
        ends - starts + 1,
    )


def merged(buckets: Buckets, starts: Steps) -> Buckets:
    """Merge runs of neighbouring buckets; each run begins at an index of ``starts``, the first of which is 0."""
    ends = np.append(starts[1:], buckets.length) - 1
    return Buckets(
        buckets.first_step[starts],
        buckets.last_step[ends],
        buckets.first_time[starts],
        buckets.last_time[ends],
        np.minimum.reduceat(buckets.low, starts),
        np.maximum.reduceat(buckets.high, starts),
        _sums(buckets.total, starts),
        np.add.reduceat(buckets.finite, starts),
        np.add.reduceat(buckets.points, starts),
    )


def _each(function: Callable[..., Any], *buckets: Buckets) -> Buckets:
    return Buckets(*map(function, *buckets))


def _sums(values: Floats, starts: Steps) -> Floats:
    # The losses of a training that explodes may add up to more than a float holds.
    with np.errstate(over="ignore", invalid="ignore"):
        return np.add.reduceat(values, starts)


class Level:
    """Buckets of ``width`` points each, the last one perhaps not full. Not thread-safe.

    Parameters
    ----------
    width
        Points in a bucket at first.
    limit
        Buckets at most, an even number: when they are full, neighbours merge and the width doubles. None: the level
        grows.
    """

    def __init__(self, width: int, limit: int | None) -> None:
        self.width = width
        #: Points taken so far.
        self.count = 0
        self._limit = limit
        self._size = 0
        self._columns = Buckets(*(np.empty(_ROOM, dtype) for dtype in _TYPES))

    def extend(self, points: Points) -> None:
        """Take further points."""
        at, n = 0, len(points.step)
        while at < n:
            if self._limit is not None and self.count == self._limit * self.width:
                self._halve()
            room = n - at if self._limit is None else min(n - at, self._limit * self.width - self.count)
            self._add(points.part(slice(at, at + room)))
            at += room

    def all(self) -> Buckets:
        """Return the buckets; views that hold until the next `extend`."""
        return self._columns.part(slice(self._size))

    def _add(self, points: Points) -> None:
        """Take points for which there is room."""
        n = len(points.step)
        join = (-self.count) % self.width  # points that still go into the last bucket
        starts = np.arange(join, n, self.width)
        if not join:
            self._put(self._size, summed(points, starts))
        else:
            new = summed(points, np.insert(starts, 0, 0))
            last = self._columns.part(slice(self._size - 1, self._size))
            pair = _each(lambda *both: np.concatenate(both), last, new.part(slice(1)))
            self._put(self._size - 1, merged(pair, np.zeros(1, np.int64)))
            self._put(self._size, new.part(slice(1, None)))
        self.count += n

    def _put(self, at: int, buckets: Buckets) -> None:
        end = at + buckets.length
        if end > self._columns.length:
            room = max(end, 2 * self._columns.length)
            self._columns = _each(lambda column: np.resize(column, room), self._columns)
        for column, new in zip(self._columns, buckets, strict=True):
            column[at:end] = new
        self._size = max(self._size, end)

    def _halve(self) -> None:
        pairs = merged(self.all(), np.arange(0, self._size, 2))
        self._size = 0
        self._put(0, pairs)
        self.width *= 2


#: Buckets that a level has room for at first.
_ROOM = 64
_TYPES: tuple[Any, ...] = (*[np.int64] * 2, *[np.float64] * 5, *[np.int64] * 2)
