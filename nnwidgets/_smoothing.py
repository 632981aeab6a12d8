"""The smooth line over a noisy curve."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from nnwidgets._points import Floats

#: The width of the view in units of which a weight is meant.
_UNITS = 1000.0


def smooth(x: ArrayLike, y: ArrayLike, weight: float, span: float) -> Floats:
    """Return a debiased exponential moving average whose memory is a share of the view, not a number of points.

    So the line stays the same picture when neighbouring points are merged. The idea is Weights & Biases' "time weighted
    exponential moving average" (their documentation, "Smooth line plots"): between two points that lie a share
    ``d`` of the view apart the past keeps ``weight ** (1000 d)`` of its influence; dividing by the sum of influences
    takes away the bias towards zero at the start (Kingma & Ba, "Adam", section 3).

    Parameters
    ----------
    x, y
        The curve, shape ``(n,)``, ``x`` non-decreasing. Where ``y`` is not finite the result is NaN and the average
        goes on afterwards.
    weight
        0 (nothing is smoothed) to just below 1. Its square root is used, so that a slider feels even.
    span
        The width of the view, in units of ``x``.
    """
    values = np.asarray(y, dtype=np.float64)
    if weight <= 0 or span <= 0 or len(values) < 3:
        return values.copy()
    kept = min(math.sqrt(weight), 0.999)
    gaps = np.diff(np.asarray(x, dtype=np.float64), prepend=np.nan) * (_UNITS / span)
    factors = (kept ** np.nan_to_num(gaps)).tolist()
    total = influence = 0.0
    out = []
    pending = 1.0
    for value, factor in zip(values.tolist(), factors, strict=True):
        pending *= factor
        if not math.isfinite(value):
            out.append(math.nan)
            continue
        total = total * pending + value
        influence = influence * pending + 1.0
        pending = 1.0
        out.append(total / influence)
    return np.array(out)
