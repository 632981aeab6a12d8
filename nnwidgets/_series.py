"""Series: one metric over the training, as long as it gets."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, Protocol

import numpy as np

from nnwidgets._column_store import ColumnStore
from nnwidgets._errors import NnwidgetsError, StoreError
from nnwidgets._gaps import Gaps
from nnwidgets._i18n import t
from nnwidgets._points import Floats, Points
from nnwidgets._pyramid import COARSE, OVERVIEW, Pyramid, is_wide
from nnwidgets._window import Window, cut, of_points

#: Points that may wait for the pyramid: most series are not looked at after each of their points.
_WAITING: Final = 4096
#: Points of a block of `Series.blocks`; a multiple of the coarse level's buckets.
_BLOCK: Final = 256 * COARSE


class PointSource(Protocol):
    """Where points are that memory has let go: the file of the run."""

    def points(self, name: str, lo: int | None, hi: int | None) -> Points:
        """Return the points of a series, steps ``lo`` to ``hi`` included; None means no bound."""
        ...


class Extreme(NamedTuple):
    """One point of a series; ``time`` in seconds since the run began."""

    step: int
    time: float
    value: float


class Series:
    """One metric over the training. One thread extends it, any thread may read it.

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

    Attributes
    ----------
    last : Extreme or None
        The last point; its value may be NaN.
    lowest, highest : Extreme or None
        The points with the least and the greatest finite value, the first of equals.
    """

    def __init__(self, name: str, *, source: PointSource | None, keep: int, lock: threading.RLock) -> None:
        self.name = name
        self.last: Extreme | None = None
        self.lowest: Extreme | None = None
        self.highest: Extreme | None = None
        self._source, self._keep, self._lock = source, keep, lock
        self._raw = ColumnStore()
        self._pyramid = Pyramid()
        self._gaps = Gaps()
        self._committed = 0

    def __repr__(self) -> str:
        return f"<Series {self.name!r} of {self.count:,} points>"

    @property
    def count(self) -> int:
        """The number of points recorded."""
        return self._raw.count

    @property
    def nonfinite(self) -> int:
        """The number of values that were NaN or infinite."""
        return self._gaps.count

    def check(self, points: Points) -> None:
        """Raise ValueError if `extend` would."""
        step, time, value = points
        if not step.shape == time.shape == value.shape or step.ndim != 1:
            raise ValueError(f"The columns of {self.name!r} are not equally long.")
        if not len(step):
            return
        with self._lock:
            if (self.last is not None and step[0] < self.last.step) or (step[1:] < step[:-1]).any():
                raise ValueError(f"The steps of {self.name!r} decrease.")

    def extend(self, points: Points) -> None:
        """Append points whose steps do not decrease (nor should their times). The worker thread.

        Raises
        ------
        ValueError
            If a step lies before its predecessor, or the columns are not equally long; nothing is appended then.
        """
        with self._lock:
            self.check(points)
            self.take(points)

    def take(self, points: Points) -> None:
        """Append points that `check` found good."""
        if not len(points.step):
            return
        with self._lock:
            self._note(points)
            self._raw.extend(points)
            if self.count - self._pyramid.count >= _WAITING:
                self._catch_up()

    def committed(self, count: int) -> None:
        """Say that the source holds ``count`` more points; old ones may leave memory."""
        with self._lock:
            self._committed += count
            droppable = min(self._committed, self.count - self._keep)
            if self._source is not None and droppable > self._raw.first:
                self._catch_up()
                self._raw.drop_before(droppable)

    def points(self, lo: float | None = None, hi: float | None = None) -> Points:
        """Return every point, or those of the steps ``lo`` to ``hi``, both included.

        Raises
        ------
        StoreError, RunDamagedError
            If points that memory has let go cannot be read back.
        """
        with self._lock:
            self._catch_up()
            begin, end = self._pyramid.around(lo, hi, "step")
        return cut(self._slice(begin, end), lo, hi)

    def blocks(self) -> Iterator[Points]:
        """Yield every point recorded so far in blocks of bounded length.

        Raises
        ------
        StoreError, RunDamagedError
            As `points`.
        """
        with self._lock:
            self._catch_up()
            count = self.count
        for begin in range(0, count, _BLOCK):
            yield self._slice(begin, min(begin + _BLOCK, count))

    def window(
        self,
        n: int,
        *,
        lo: float | None = None,
        hi: float | None = None,
        by: Literal["step", "time"] = "step",
    ) -> Window:
        """Return a part of the series in at most ``n`` rows, spikes and all.

        The whole series costs the same whatever its length. A part is made from the full history, and goes one point
        beyond each end (one of its buckets, where a row stands for thousands), so that a line leaves the picture
        instead of stopping short. Where the run's file cannot be read any more, a part is as fine as memory has it.

        Parameters
        ----------
        n
            Rows at most.
        lo, hi
            The part, in steps or in seconds, both included; None means no bound.
        by
            What ``lo`` and ``hi`` are.

        Raises
        ------
        ValueError
            If ``n`` is not positive.
        """
        if n < 1:
            raise ValueError(t("A window has at least one row, not {given}.", given=n))
        with self._lock:
            self._catch_up()
            if lo is None and hi is None and n <= OVERVIEW:
                return self._pyramid.whole(n)
            begin, end = self._pyramid.around(lo, hi, by)
            if is_wide(begin, end, n):
                return self._pyramid.rough(begin, end, n, lo=lo, hi=hi, by=by)
        try:
            return of_points(self._slice(begin, end), begin, n, lo=lo, hi=hi, by=by)
        except (NnwidgetsError, OSError):
            with self._lock:
                return self._pyramid.rough(begin, end, n, lo=lo, hi=hi, by=by)

    def gaps(self, n: int) -> Floats:
        """Return steps at which values were not finite, at most ``n`` of them, evenly thinned."""
        with self._lock:
            return self._gaps.steps(n)

    def _note(self, points: Points) -> None:
        self.last = _point(points, -1)
        if not (math.isfinite(points.value.min()) and math.isfinite(points.value.max())):
            finite = np.isfinite(points.value)
            self._gaps.add(points.step[~finite])
            points = points.part(finite)
            if not len(points.step):
                return
        lowest, highest = _point(points, points.value.argmin()), _point(points, points.value.argmax())
        if self.lowest is None or lowest.value < self.lowest.value:
            self.lowest = lowest
        if self.highest is None or highest.value > self.highest.value:
            self.highest = highest

    def _catch_up(self) -> None:
        while self._pyramid.count < self.count:
            begin = self._pyramid.count
            self._pyramid.extend(self._raw.slice(begin, min(begin + _BLOCK, self.count)))

    def _slice(self, begin: int, end: int) -> Points:
        """Return points by index, from memory, and from the source where memory has let go.

        ``begin`` is where a coarse bucket begins. The source is read without the lock: the worker must not wait for it.
        """
        with self._lock:
            middle = min(max(begin, self._raw.first), end)
            new = self._raw.slice(middle, end)
            if begin >= middle or self._source is None:
                return new
            skip, lo, hi = self._place(begin, middle)
        old = self._source.points(self.name, lo, hi)
        old = old.part(slice(skip, skip + middle - begin))
        if len(old.step) != middle - begin:
            raise StoreError(
                t("The file of this run no longer holds all points of {name}.", name=repr(self.name))
            )
        return Points.joined([old, new])

    def _place(self, begin: int, end: int) -> tuple[int, int, int]:
        """Return in which steps the source has an index range, and how many points of it come before the range."""
        coarse = self._pyramid.coarse
        bucket = clean = begin // COARSE
        # A step may repeat across the border of two buckets; where it does not, index and step agree.
        while clean > 0 and coarse.last_step[clean - 1] == coarse.first_step[clean]:
            clean -= 1
        last = -(-end // COARSE) - 1
        return (bucket - clean) * COARSE, int(coarse.first_step[clean]), int(coarse.last_step[last])


def _point(points: Points, at: int | np.intp) -> Extreme:
    return Extreme(int(points.step[at]), float(points.time[at]), float(points.value[at]))
