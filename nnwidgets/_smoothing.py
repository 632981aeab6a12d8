"""The smooth line over a noisy curve."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from nnwidgets._points import Floats

#: The width of the view in units of which a weight is meant.
_UNITS: Final = 1000.0
#: What is kept over one such unit at most; with 1 the line would be the mean of everything before.
_MOST: Final = 0.999


def smooth(x: ArrayLike, y: ArrayLike, weight: float, span: float) -> Floats:
    """Return a debiased exponential moving average whose memory is a share of the view, not a number of points.

    So the line stays the same picture when neighbouring points are merged. The idea is Weights & Biases' "time weighted
    exponential moving average" (their documentation, "Smooth line plots"): between two points that lie a share
    ``d`` of the view apart the past keeps ``sqrt(weight) ** (1000 d)`` of its influence; dividing by the sum of
    influences takes away the bias towards zero at the start (Kingma & Ba, "Adam", section 3).

    Parameters
    ----------
    x, y
        The curve, shape ``(n,)``, ``x`` non-decreasing. Where ``y`` is not finite the result is NaN and the average
        goes on afterwards.
    weight
        0 (nothing is smoothed; ``y`` is returned as it is) to just below 1.
    span
        The width of the view, in units of ``x``.
    """
    values: Floats = np.array(y, dtype=np.float64)
    if weight <= 0 or span <= 0:
        return values
    kept = min(math.sqrt(weight), _MOST)
    gaps = np.diff(np.asarray(x, dtype=np.float64), prepend=np.nan) * (_UNITS / span)
    factors = (kept ** np.nan_to_num(gaps)).tolist()
    mean = influence = 0.0
    pending = 1.0  # what the past has lost since the last finite value
    out = []
    for value, factor in zip(values.tolist(), factors, strict=True):
        pending *= factor
        if not math.isfinite(value):
            out.append(math.nan)
            continue
        influence = influence * pending + 1.0
        pending = 1.0
        mean += (value - mean) / influence
        out.append(mean)
    return np.array(out, dtype=np.float64)
