"""The two scales at which a long series is kept in memory.

The overview has a constant number of buckets, which merge pairwise when they are full: the whole curve costs the same
at any length. The coarse level has buckets of constant width, a third of a byte for each point: from it, wide parts of
a long curve are drawn, and places in the full history are found.
"""

from __future__ import annotations

from typing import Final

from nnwidgets._buckets import Buckets, Level
from nnwidgets._points import Floats, Points, Steps
from nnwidgets._window import Axis, Window, of_buckets, place

#: Buckets of the overview.
OVERVIEW: Final = 1024
#: Points in a bucket of the coarse level.
COARSE: Final = 256
#: Coarse buckets that a row needs to be drawn from them; where it has less, its points are looked at one by one.
_ENOUGH: Final = 4


class Pyramid:
    """The two scales of one series. Not thread-safe."""

    def __init__(self) -> None:
        self._overview = Level(1, OVERVIEW)
        self._coarse = Level(COARSE, None)

    @property
    def count(self) -> int:
        """Points taken so far."""
        return self._coarse.count

    @property
    def coarse(self) -> Buckets:
        """The coarse level; views that hold until the next `extend`."""
        return self._coarse.all()

    def extend(self, points: Points) -> None:
        """Take further points."""
        self._overview.extend(points)
        self._coarse.extend(points)

    def whole(self, n: int) -> Window:
        """Return the whole series in at most ``n`` rows."""
        return of_buckets(self._overview.all(), 0, n)

    def around(self, lo: float | None, hi: float | None, by: Axis) -> tuple[int, int]:
        """Return an index range of whole coarse buckets: those from ``lo`` to ``hi``, and one more on each side."""
        firsts, lasts = self._bounds(by)
        begin = 0 if lo is None else max(0, place(lasts, lo) - 1)
        end = len(firsts) if hi is None else min(len(firsts), place(firsts, hi, right=True) + 1)
        return begin * COARSE, min(max(begin, end) * COARSE, self.count)

    def rough(self, begin: int, end: int, n: int, *, lo: float | None, hi: float | None, by: Axis) -> Window:
        """Return the index range that `around` gave for ``lo`` and ``hi`` in at most ``n`` rows, coarse as it is."""
        first, stop = begin // COARSE, -(-end // COARSE)
        firsts, lasts = self._bounds(by)
        before = lo is not None and first < stop and bool(lasts[first] < lo)
        after = hi is not None and first < stop and bool(firsts[stop - 1] > hi)
        return of_buckets(self.coarse.part(slice(first, stop)), first, n, before=before, after=after)

    def _bounds(self, by: Axis) -> tuple[Steps, Steps] | tuple[Floats, Floats]:
        coarse = self.coarse
        if by == "step":
            return coarse.first_step, coarse.last_step
        return coarse.first_time, coarse.last_time


def is_wide(begin: int, end: int, n: int) -> bool:
    """Tell whether an index range has so many points for ``n`` rows that the coarse level will do."""
    return end - begin > _ENOUGH * COARSE * n
