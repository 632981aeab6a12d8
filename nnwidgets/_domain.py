"""How far the axes reach. They move in round steps, so that nothing creeps while values stream."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from nnwidgets._ticks import linear_ticks, round_up
from nnwidgets._view import Axis
from nnwidgets.protocol import Progress

#: The planned end is shown once this share of the way is done; before, the axis grows.
_SHARE = 0.2

Range = tuple[float, float]


def along(axis: Axis, reached: float, progress: Progress, *, over: bool) -> Range:
    """Return how far the x axis reaches when the curves have come to ``reached``."""
    if over:
        return 0.0, max(reached * 1.01, 1e-6)  # the last point is not cut in half
    planned = _planned(axis, progress)
    if planned is not None and reached >= _SHARE * planned:
        return 0.0, max(planned, reached)
    grown = round_up(max(reached * 1.25, 1e-6))
    return 0.0, grown if planned is None else min(grown, planned)


def across(arrays: Iterable[NDArray[np.float32]], *, log: bool) -> Range | None:
    """Return how far the y axis reaches for the values drawn, or None where there are none."""
    finite = [values[np.isfinite(values)] for values in arrays]
    finite = [values for values in finite if len(values)]
    if not finite:
        return None
    lo = float(min(values.min() for values in finite))
    hi = float(max(values.max() for values in finite))
    return _log_range(lo, hi) if log else _linear_range(lo, hi)


def _planned(axis: Axis, progress: Progress) -> float | None:
    if axis == "epoch":
        return float(progress.epochs) if progress.epochs else None
    if axis == "step" and progress.epochs and progress.steps_per_epoch:
        done = progress.epoch * progress.steps_per_epoch + progress.step_in_epoch
        # A run that went on after another count of steps keeps its own end.
        return float(progress.step - done + progress.epochs * progress.steps_per_epoch)
    return None


def _linear_range(lo: float, hi: float) -> Range:
    if lo == hi:
        room = abs(lo) * 0.5 or 1.0
        return lo - room, hi + room
    if 0 <= lo < 0.4 * hi:
        lo = 0.0  # a loss is read against zero
    stride = [*linear_ticks(lo, hi, 5), lo, hi][:2]
    step = abs(stride[1] - stride[0]) / 2 or (hi - lo) / 10
    return math.floor(lo / step) * step, math.ceil(hi / step + 0.05) * step


def _log_range(lo: float, hi: float) -> Range:
    # Quarters of a decade are fine enough to fill the picture and coarse enough to stand still.
    low, high = math.floor(math.log10(lo) * 4 - 0.1) / 4, math.ceil(math.log10(hi) * 4 + 0.1) / 4
    return 10.0**low, 10.0 ** max(high, low + 0.5)
