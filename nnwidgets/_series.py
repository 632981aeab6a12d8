"""Series: one metric over the training, as long as it gets."""

from __future__ import annotations

import math
import threading
from typing import Literal, NamedTuple, Protocol

import numpy as np

from nnwidgets._buckets import Buckets, Level, merged, summed
from nnwidgets._column_store import ColumnStore
from nnwidgets._points import NO_POINTS, Floats, Points, Steps

#: Buckets of the overview, from which the whole curve is drawn.
_OVERVIEW = 1024
#: Points in a bucket of the coarse level, from which wide parts of a long curve are drawn.
_COARSE = 256
#: Steps of values that are not finite remembered at most.
_GAPS = 4096


class PointSource(Protocol):
    """Where points are that memory has let go: the file of the run."""

    def points(self, name: str, lo: int | None, hi: int | None) -> Points:
        """Return the points of a series, steps ``lo`` to ``hi`` included; None means no bound."""
        ...


class Extreme(NamedTuple):
    """One point of a series."""

    step: int
    time: float
    value: float


class Window(NamedTuple):
    """A part of a series, ready to be drawn: each row stands for ``count`` neighbouring points.

    All columns have the same shape ``(m,)``. ``low``, ``mean`` and ``high`` are over the finite values and NaN where
    there is none. ``exact`` says that every point has a row of its own.
    """

    step: Floats
    time: Floats
    low: Floats
    mean: Floats
    high: Floats
    count: Steps
    exact: bool


class Series:
    """One metric over the training.

    Parameters
    ----------
    name
        ``train/loss``, ``val/accuracy``, ``lr`` …
    source
        Gives back points that memory has let go.
    keep
        Points held in memory at least, once ``source`` holds them too.
    lock
        Shared with the history, so that views may read while the worker writes.
    """

    def __init__(self, name: str, *, source: PointSource | None, keep: int, lock: threading.RLock) -> None:
        self.name = name
        #: Values that were NaN or infinite.
        self.nonfinite = 0
        #: The last point, and those with the least and the greatest finite value (the first of equals), or None.
        self.last: Extreme | None = None
        self.lowest: Extreme | None = None
        self.highest: Extreme | None = None
        self._source, self._keep, self._lock = source, keep, lock
        self._raw = ColumnStore()
        self._overview = Level(1, _OVERVIEW)
        self._coarse = Level(_COARSE, None)
        self._committed = 0
        self._gaps: list[int] = []
        self._gap_stride = 1

    @property
    def count(self) -> int:
        """The number of points recorded."""
        return self._raw.count

    def extend(self, points: Points) -> None:
        """Append points whose steps do not decrease. The worker thread.

        Raises
        ------
        ValueError
            If a step lies before its predecessor; nothing is appended then.
        """
        if not len(points.step):
            return
        with self._lock:
            if (self.last is not None and points.step[0] < self.last.step) or (
                np.diff(points.step) < 0
            ).any():
                raise ValueError(f"The steps of {self.name!r} decrease.")
            self._note(points)
            self._raw.extend(points)
            self._overview.extend(points)
            self._coarse.extend(points)

    def committed(self, count: int) -> None:
        """Say that the source holds ``count`` more points; old ones may leave memory."""
        with self._lock:
            self._committed += count
            if self._source is not None:
                self._raw.drop_before(min(self._committed, self.count - self._keep))

    def points(self, lo: float | None = None, hi: float | None = None) -> Points:
        """Return every point, or those of the steps ``lo`` to ``hi``, both included."""
        with self._lock:
            if not self.count:
                return NO_POINTS
            begin, end = self._around(lo, hi, "step")
            return _cut(self._slice(begin, end), lo, hi, "step", beyond=0)

    def window(
        self,
        n: int,
        *,
        lo: float | None = None,
        hi: float | None = None,
        by: Literal["step", "time"] = "step",
    ) -> Window:
        """Return a part of the series in at most ``n`` rows, spikes and all.

        The whole series costs the same whatever its length. A part is made from the full history, and goes one row
        beyond each end, so that a line leaves the picture instead of stopping short.

        Parameters
        ----------
        n
            Rows at most; 3 or more.
        lo, hi
            The part, in steps or in seconds; None means no bound.
        by
            What ``lo`` and ``hi`` are.
        """
        with self._lock:
            if lo is None and hi is None:
                return _rows(self._overview.all(), n)
            if not self.count:
                return _rows(self._overview.all(), n)
            begin, end = self._around(lo, hi, by)
            if end - begin > 4 * n * _COARSE:
                return _rows(self._coarse.all()[begin // _COARSE : -(-end // _COARSE)], n)
            part = _cut(self._slice(begin, end), lo, hi, by, beyond=1)
            if not len(part.step):
                return _rows(self._overview.all()[:0], n)
            return _rows(summed(part, np.arange(0, len(part.step), max(1, math.ceil(len(part.step) / n)))), n)

    def gaps(self, n: int) -> Floats:
        """Return steps at which values were not finite, at most ``n`` of them, evenly thinned."""
        with self._lock:
            every = max(1, math.ceil(len(self._gaps) / n))
            return np.array(self._gaps[::every], dtype=np.float64)

    def _note(self, points: Points) -> None:
        finite = np.isfinite(points.value)
        missing = len(finite) - int(np.count_nonzero(finite))
        if missing:
            self._remember_gaps(points.step[~finite])
        if missing < len(finite):
            self.lowest = _better(self.lowest, points, np.where(finite, points.value, np.inf), 1)
            self.highest = _better(self.highest, points, np.where(finite, points.value, -np.inf), -1)
        self.last = Extreme(int(points.step[-1]), float(points.time[-1]), float(points.value[-1]))

    def _remember_gaps(self, steps: Steps) -> None:
        first = (-self.nonfinite) % self._gap_stride
        self._gaps += steps[first :: self._gap_stride].tolist()
        self.nonfinite += len(steps)
        while len(self._gaps) > _GAPS:
            self._gaps = self._gaps[::2]
            self._gap_stride *= 2

    def _around(self, lo: float | None, hi: float | None, by: Literal["step", "time"]) -> tuple[int, int]:
        """Return the index range of whole coarse buckets that holds ``lo`` to ``hi`` and a neighbour on each side."""
        coarse = self._coarse.all()
        firsts, lasts = (
            (coarse.first_step, coarse.last_step) if by == "step" else (coarse.first_time, coarse.last_time)
        )
        begin = 0 if lo is None else max(0, int(np.searchsorted(lasts, lo, "left")) - 1)
        end = (
            coarse.length if hi is None else min(coarse.length, int(np.searchsorted(firsts, hi, "right")) + 1)
        )
        return begin * _COARSE, min(end * _COARSE, self.count)

    def _slice(self, begin: int, end: int) -> Points:
        """Return points by index, from memory, and from the source where memory has let go."""
        if begin >= self._raw.first or self._source is None:
            return self._raw.slice(begin, end)
        coarse = self._coarse.all()
        middle = min(end, self._raw.first)
        # A step may repeat across the border of two buckets; where it does not, index and step agree.
        clean = begin // _COARSE
        while clean > 0 and coarse.last_step[clean - 1] == coarse.first_step[clean]:
            clean -= 1
        high = coarse.last_step[min(-(-middle // _COARSE), coarse.length) - 1]
        old = self._source.points(self.name, int(coarse.first_step[clean]), int(high))
        skip = begin - clean * _COARSE
        old = Points(*(column[skip : skip + middle - begin] for column in old))
        new = self._raw.slice(middle, end)
        return Points(*(np.concatenate(pair) for pair in zip(old, new, strict=True)))


def _better(best: Extreme | None, points: Points, values: Floats, sign: int) -> Extreme:
    at = int(np.argmin(sign * values))
    if best is not None and sign * best.value <= sign * values[at]:
        return best
    return Extreme(int(points.step[at]), float(points.time[at]), float(values[at]))


def _cut(points: Points, lo: float | None, hi: float | None, by: str, *, beyond: int) -> Points:
    """Keep what lies between ``lo`` and ``hi``, and ``beyond`` points more on each side."""
    axis = points.step if by == "step" else points.time
    begin = 0 if lo is None else max(0, int(np.searchsorted(axis, lo, "left")) - beyond)
    end = len(axis) if hi is None else int(np.searchsorted(axis, hi, "right")) + beyond
    return Points(*(column[begin:end] for column in points))


def _rows(buckets: Buckets, n: int) -> Window:
    """Make rows of buckets, at most ``n``; the first begins where they begin, the last ends where they end."""
    if buckets.length > n:
        buckets = merged(buckets, np.arange(0, buckets.length, math.ceil(buckets.length / n)))
    some = buckets.finite > 0
    step = (buckets.first_step + buckets.last_step) / 2
    time = (buckets.first_time + buckets.last_time) / 2
    if len(step):
        step[0], time[0] = buckets.first_step[0], buckets.first_time[0]
        step[-1], time[-1] = buckets.last_step[-1], buckets.last_time[-1]
    return Window(
        step,
        time,
        np.where(some, buckets.low, np.nan),
        np.where(some, buckets.total / np.maximum(buckets.finite, 1), np.nan),
        np.where(some, buckets.high, np.nan),
        buckets.count.copy(),
        bool((buckets.count == 1).all()),
    )
