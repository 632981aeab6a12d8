"""What part of a history a chart shows, and the arrays that are drawn of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnwidgets._smoothing import smooth
from nnwidgets.history import History, Series, Window

Axis = Literal["step", "epoch", "time"]
Drawn = NDArray[np.float32]

_LARGEST = float(np.finfo(np.float32).max) * 0.99


@dataclass(frozen=True)
class View:
    """How curves are looked at.

    Attributes
    ----------
    x
        What runs along the axis.
    log
        Whether y is logarithmic.
    smoothing
        0 (off) to 0.99.
    x_range, y_range
        The part that the person zoomed into, in units of the axes, or None for all.
    """

    x: Axis = "step"
    log: bool = False
    smoothing: float = 0.7
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None


class Curve(NamedTuple):
    """The arrays of one series, float32, all of one length. ``merged`` says that a row stands for several points."""

    x: Drawn
    mean: Drawn
    low: Drawn
    high: Drawn
    smooth: Drawn
    merged: bool


def curve(history: History, series: Series, view: View, n: int) -> Curve:
    """Return what to draw of a series, in at most ``n`` rows."""
    window = _window(history, series, view, n)
    x = _along(history, view.x, window)
    span = float(x[-1] - x[0]) if len(x) > 1 else 0.0
    if view.x_range is not None:
        span = view.x_range[1] - view.x_range[0]
    mean = _drawable(window.mean, view)
    smoothing = 0.0 if series.name == "lr" else view.smoothing  # a setting is drawn as it was set
    return Curve(
        x.astype(np.float32),
        mean.astype(np.float32),
        _drawable(window.low, view).astype(np.float32),
        _drawable(window.high, view).astype(np.float32),
        smooth(x, mean, smoothing, span).astype(np.float32),
        not window.exact,
    )


def positions(history: History, view: View, series: Series, steps: NDArray[np.float64]) -> Drawn:
    """Return where some steps of a series lie on the axis."""
    if view.x == "step":
        return steps.astype(np.float32)
    if view.x == "epoch":
        return history.epochs.at(steps).astype(np.float32)
    window = series.window(512)
    return np.interp(steps, window.step, window.time).astype(np.float32)


def _window(history: History, series: Series, view: View, n: int) -> Window:
    if view.x_range is None:
        return series.window(n)
    lo, hi = view.x_range
    if view.x == "time":
        return series.window(n, lo=lo, hi=hi, by="time")
    if view.x == "epoch":
        lo, hi = history.epochs.steps_at([lo, hi]).tolist()
    return series.window(n, lo=lo, hi=hi)


def _along(history: History, axis: Axis, window: Window) -> NDArray[np.float64]:
    if axis == "time":
        return window.time
    return history.epochs.at(window.step) if axis == "epoch" else window.step


def _drawable(values: NDArray[np.float64], view: View) -> NDArray[np.float64]:
    """Return values that fit into float32, with a gap where a logarithm does not exist."""
    values = np.clip(values, -_LARGEST, _LARGEST)
    return np.where(values > 0, values, np.nan) if view.log else values
