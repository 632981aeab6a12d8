"""The unit in which recorded numbers travel between the run, its history and its file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Steps = NDArray[np.int64]
Floats = NDArray[np.float64]


class Points(NamedTuple):
    """Some consecutive points of one series.

    Attributes
    ----------
    step
        Training steps, counted from 1, non-decreasing, shape ``(n,)``.
    time
        Seconds since the run began, shape ``(n,)``.
    value
        What was logged, shape ``(n,)``; may hold NaN and infinities.
    """

    step: Steps
    time: Floats
    value: Floats

    @staticmethod
    def of(step: object, time: object, value: object) -> Points:
        """Make points from anything that numpy can turn into three equally long arrays."""
        return Points(
            np.atleast_1d(np.asarray(step, dtype=np.int64)),
            np.atleast_1d(np.asarray(time, dtype=np.float64)),
            np.atleast_1d(np.asarray(value, dtype=np.float64)),
        )

    @staticmethod
    def joined(parts: Sequence[Points]) -> Points:
        """Return the points of one or more parts, one after the other."""
        return Points(
            np.concatenate([part.step for part in parts]),
            np.concatenate([part.time for part in parts]),
            np.concatenate([part.value for part in parts]),
        )

    def part(self, rows: slice | NDArray[np.bool_]) -> Points:
        """Return some of the points; views of the same memory where ``rows`` is a slice."""
        return Points(self.step[rows], self.time[rows], self.value[rows])


NO_POINTS = Points.of([], [], [])
