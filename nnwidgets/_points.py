"""The unit in which recorded numbers travel between the run, its history and its file."""

from __future__ import annotations

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


NO_POINTS = Points.of([], [], [])
