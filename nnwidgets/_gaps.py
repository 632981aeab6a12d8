"""Where the values of a series were not finite: counted exactly, remembered in bounded memory."""

from __future__ import annotations

from typing import Final

import numpy as np

from nnwidgets._points import Floats, Steps

#: Steps remembered at most.
_ROOM: Final = 4096


class Gaps:
    """The steps of some gaps: each one while they are few, then evenly every second, fourth … Not thread-safe."""

    def __init__(self) -> None:
        #: Gaps added so far.
        self.count = 0
        self._steps = np.empty(0, np.int64)
        self._stride = 1

    def add(self, steps: Steps) -> None:
        """Add gaps, in order."""
        self._steps = np.concatenate((self._steps, steps[(-self.count) % self._stride :: self._stride]))
        self.count += len(steps)
        while len(self._steps) > _ROOM:
            self._steps = self._steps[::2].copy()
            self._stride *= 2

    def steps(self, n: int) -> Floats:
        """Return at most ``n`` of the steps, evenly thinned."""
        every = -(-len(self._steps) // max(n, 1)) or 1
        return self._steps[::every][: max(n, 0)].astype(np.float64)
