"""The raw points of one series in memory: blocks that are only appended to, and let go from the front."""

from __future__ import annotations

import bisect
from typing import Final

import numpy as np

from nnwidgets._points import NO_POINTS, Points

#: Points in the first block of a series and in its largest: most series are short, and a run may have a thousand.
_SMALLEST: Final = 64
_LARGEST: Final = 16_384


class ColumnStore:
    """Points in order, addressed by their index in the whole series; the oldest may be gone. Not thread-safe."""

    def __init__(self) -> None:
        self._blocks: list[Points] = []
        self._starts: list[int] = []
        self._room = 0
        #: Points appended so far, and the index of the first one that is still here.
        self.count = self.first = 0

    def extend(self, points: Points) -> None:
        """Append points."""
        at, n = 0, len(points.step)
        while at < n:
            if not self._room:
                self._add_block()
            taken = min(n - at, self._room)
            filled = len(self._blocks[-1].step) - self._room
            for column, new in zip(self._blocks[-1], points, strict=True):
                column[filled : filled + taken] = new[at : at + taken]
            self._room -= taken
            self.count += taken
            at += taken

    def slice(self, begin: int, end: int) -> Points:
        """Return copies of the points ``begin`` up to before ``end``; all of them must still be here."""
        if end <= begin:
            return NO_POINTS
        parts = []
        for place in range(bisect.bisect_right(self._starts, begin) - 1, len(self._blocks)):
            start = self._starts[place]
            if start >= end:
                break
            parts.append(self._blocks[place].part(slice(max(begin - start, 0), end - start)))
        return Points.joined(parts)

    def drop_before(self, index: int) -> None:
        """Let go of whole blocks that lie before ``index``; the last block always stays."""
        gone = bisect.bisect_right(self._starts, index) - 1
        if gone > 0:
            del self._blocks[:gone], self._starts[:gone]
            self.first = self._starts[0]

    def _add_block(self) -> None:
        size = min(2 * len(self._blocks[-1].step), _LARGEST) if self._blocks else _SMALLEST
        self._blocks.append(Points(np.empty(size, np.int64), np.empty(size), np.empty(size)))
        self._starts.append(self.count)
        self._room = size
