"""The raw points of one series in memory: blocks that are only appended to, and let go from the front."""

from __future__ import annotations

import bisect

import numpy as np

from nnwidgets._points import NO_POINTS, Points

_BLOCK = 8192


class ColumnStore:
    """Points in order, addressed by their index in the whole series; the oldest may be gone."""

    def __init__(self) -> None:
        self._blocks: list[Points] = []
        self._starts: list[int] = []
        self._filled = _BLOCK  # points in the last block; it is full where there is none
        #: Points appended so far, and the index of the first one that is still here.
        self.count = self.first = 0

    def extend(self, points: Points) -> None:
        """Append points."""
        at, n = 0, len(points.step)
        while at < n:
            if self._filled == _BLOCK:
                self._blocks.append(Points(np.empty(_BLOCK, np.int64), np.empty(_BLOCK), np.empty(_BLOCK)))
                self._starts.append(self.count)
                self._filled = 0
            room = min(n - at, _BLOCK - self._filled)
            for column, new in zip(self._blocks[-1], points, strict=True):
                column[self._filled : self._filled + room] = new[at : at + room]
            self._filled += room
            self.count += room
            at += room

    def slice(self, begin: int, end: int) -> Points:
        """Return the points of the indices ``begin`` up to before ``end``; all of them must still be here."""
        if end <= begin:
            return NO_POINTS
        parts = []
        for i in range(bisect.bisect_right(self._starts, begin) - 1, len(self._blocks)):
            start = self._starts[i]
            if start >= end:
                break
            rows = slice(max(begin - start, 0), min(end - start, _BLOCK))
            parts.append(Points(*(column[rows] for column in self._blocks[i])))
        if len(parts) == 1:
            return Points(*(column.copy() for column in parts[0]))
        return Points(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def drop_before(self, index: int) -> None:
        """Let go of whole blocks that lie before ``index``."""
        gone = 0
        while gone < len(self._blocks) - 1 and self._starts[gone + 1] <= index:
            gone += 1
        if gone:
            del self._blocks[:gone], self._starts[:gone]
            self.first = self._starts[0]
