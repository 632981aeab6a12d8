"""The statistics of one node over the steps of the training, drawn by bqplot under the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import bqplot
import numpy as np
from numpy.typing import NDArray

from nnwidgets import _domain
from nnwidgets.widgets import _palette
from nnwidgets.widgets._axes import Axes, figure
from nnwidgets.widgets._marks import NOTHING, put, put_spots, spots

if TYPE_CHECKING:
    from nnwidgets._layer_series import LayerSeries

#: Colours and dashes of the lines, those of the legend's items: training, validation, four ghosts.
_LOOKS: Final = (
    (_palette.TRAIN, "solid"),
    (_palette.VALIDATION, "dashed"),
    *((color, "dotted") for color in _palette.GHOSTS),
)
#: How many of them are told apart by their dashes, and have a circle at each point.
_PLAIN: Final = 2
#: Points of a line at most, up to how many each one is marked, and steps that the axis spans at least.
_POINTS: Final = 500
_MARKED: Final = 40
_SHORTEST: Final = 10.0


class LayerChart:
    """Up to six lines over the training steps, and where the graph stands now. The worker thread."""

    def __init__(self) -> None:
        self._axes = {log: Axes(log=log) for log in (False, True)}
        self._log = False
        unit = bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False)
        self._unit = unit
        axes = self._axes[False]
        self._lines = [
            bqplot.Lines(
                scales=axes.scales, colors=[color], line_style=dash, stroke_width=1.8, x=NOTHING, y=NOTHING,
                marker_size=18,
            )
            for color, dash in _LOOKS
        ]  # fmt: skip
        self._here = bqplot.Lines(
            scales={"x": axes.x, "y": unit}, colors=[_palette.INK], line_style="dashed", stroke_width=1.0,
            x=NOTHING, y=NOTHING,
        )  # fmt: skip
        # The lines of ghosts' colours are told apart by the shapes of their spots, as earlier runs are.
        self._spots = [spots(axes.scales, place) for place in range(len(_palette.GHOSTS))]
        self.figure = figure([self._here, *self._lines, *self._spots], axes, left=56).add_class(
            "nnw-layer-figure"
        )

    def draw(self, series: list[LayerSeries], at: int | None, *, log: bool) -> None:
        """Draw some series.

        Parameters
        ----------
        series
            At most six are drawn.
        at
            The step that the graph shows, or None for the latest.
        log
            Whether the values span powers of ten.
        """
        shown = [one for one in series if len(one.steps)][: len(_LOOKS)]
        values = np.concatenate([one.values.astype(np.float32) for one in shown] or [NOTHING])
        values = values[np.isfinite(values)]
        log = log and bool(np.any(values > 0))
        self._rescale(log)
        axes = self._axes[log]
        reached = max((float(one.steps[-1]) for one in shown), default=1.0)
        across = _domain.across([values[values > 0] if log else values], log=log)
        # A little more, so that the last point is not cut in half.
        axes.reach((0.0, max(reached * 1.01, _SHORTEST)), across or (0.0, 1.0), "step")
        for i, line in enumerate(self._lines):
            if i < len(shown):
                x, y = drawable(shown[i].steps, shown[i].values, log=log)
                put(line, x=x, y=y)
                line.marker = "circle" if i < _PLAIN and 0 < len(x) <= _MARKED else None
            else:
                put(line, x=NOTHING, y=NOTHING)
        for line, mark in zip(self._lines[_PLAIN:], self._spots, strict=True):
            put_spots(mark, [(line.x, line.y)])
        if at is None:
            put(self._here, x=NOTHING, y=NOTHING)
        else:
            put(self._here, x=np.array([at, at], np.float32), y=np.array([0.0, 1.0], np.float32))

    def _rescale(self, log: bool) -> None:
        if log != self._log:
            self._log = log
            axes = self._axes[log]
            for line in (*self._lines, *self._spots):
                put(line, x=NOTHING, y=NOTHING)
                line.scales = axes.scales
            self._here.scales = {"x": axes.x, "y": self._unit}
            self.figure.axes = axes.all

    def parts(self) -> list[Any]:
        """Return the widgets that are in nobody's state while they are not in use."""
        other = self._axes[not self._log]
        return [*other.all, other.x, *self._axes[True].ys, *self._axes[False].ys]


def drawable(
    steps: NDArray[np.int64], values: NDArray[np.float64], *, log: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return at most 500 points that have a place in the picture, evenly chosen, the last one among them."""
    seen = np.isfinite(values) & ((values > 0) | (not log))
    steps, values = steps[seen], values[seen]
    if len(steps) > _POINTS:
        chosen = np.unique(np.linspace(0, len(steps) - 1, _POINTS).round().astype(int))
        steps, values = steps[chosen], values[chosen]
    return steps.astype(np.float32), values.astype(np.float32)
