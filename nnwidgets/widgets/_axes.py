"""The axes of a chart: scales, round ticks, and whether the person moved them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bqplot
import numpy as np

from nnwidgets import _ticks
from nnwidgets._domain import Range
from nnwidgets._view import Axis, View
from nnwidgets.history import History, Series
from nnwidgets.widgets import _palette

_TICK_STYLE = {"font-size": "11px"}


class Axes:
    """Two scales and their axes. Python sets how far they reach; a mouse in the page may move them."""

    def __init__(self, *, log: bool) -> None:
        self.x = bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False)
        self._linear = bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False)
        self._log = bqplot.LogScale(min=0.01, max=1.0, allow_padding=False)
        self.y = self._log if log else self._linear
        style: dict[str, Any] = {"tick_style": _TICK_STYLE, "color": _palette.LINES, "label": ""}
        self._bottom = bqplot.Axis(scale=self.x, grid_lines="none", **style)
        self._left = bqplot.Axis(
            scale=self.y,
            side="left",
            grid_lines="solid",
            grid_color=_palette.LINES,
            **style,
        )
        self._ours = False
        self._axis: Axis = "step"
        self._callback: Callable[[], None] = _nothing

    @property
    def scales(self) -> dict[str, Any]:
        """The scales of a mark."""
        return {"x": self.x, "y": self.y}

    @property
    def all(self) -> list[Any]:
        """The axes of a figure."""
        return [self._bottom, self._left]

    @property
    def ys(self) -> list[Any]:
        """Both scales of y, the one in use and the other."""
        return [self._linear, self._log]

    @property
    def x_range(self) -> Range | None:
        """How far x reaches now."""
        return _range(self.x)

    @property
    def y_range(self) -> Range | None:
        """How far y reaches now."""
        return _range(self.y)

    def change_scale(self, *, log: bool) -> None:
        """Make y logarithmic or linear."""
        self.y = self._log if log else self._linear
        self._left.scale = self.y
        self._left.tick_values = None
        self._listen()

    def reach(self, x: Range, y: Range | None, axis: Axis) -> None:
        """Reach that far, with round ticks."""
        self._axis = axis
        if y is not None and self.y is self._log and y[0] <= 0:
            y = None  # this range belongs to the other scale, which is about to be left
        self.show(x, y)
        self._tick(self._bottom, *self._x_ticks(x))
        if y is not None:
            self._tick(self._left, *self._y_ticks(y))

    def show(self, x: Range, y: Range | None) -> None:
        """Set the scales alone."""
        self._ours = True  # so that the listeners know it for our own doing
        try:
            _assign(self.x, x)
            if y is not None:
                _assign(self.y, y)
        finally:
            self._ours = False

    def on_moved(self, callback: Callable[[], None]) -> None:
        """Call back when something else than `reach` and `show` moves the scales."""
        self._callback = callback
        self.x.observe(self._noticed, ["min", "max"])
        self._listen()

    def steps_in_view(self, history: History, series: Series, view: View) -> tuple[float, float]:
        """Return the steps at the two ends of the picture."""
        lo, hi = self.x_range or (0.0, 0.0)
        if view.x == "epoch":
            lo, hi = history.epochs.steps_at([lo, hi]).tolist()
        elif view.x == "time":
            window = series.window(512)
            lo, hi = np.interp([lo, hi], window.time, window.step).tolist() if len(window.time) else (lo, hi)
        return lo, hi

    def _listen(self) -> None:
        self.y.unobserve_all()
        self.y.observe(self._noticed, ["min", "max"])

    def _noticed(self, _: Any) -> None:
        if not self._ours:
            self._callback()

    def _x_ticks(self, x: Range) -> tuple[list[float], Callable[[float], str]]:
        if self._axis == "time":
            ticks = _ticks.time_ticks(*x, 8)
            return ticks, _ticks.clock if all(tick == int(tick) for tick in ticks) else _ticks.seconds
        ticks = _ticks.linear_ticks(*x, 7)
        if self._axis == "epoch" and x[1] - x[0] >= 2:
            ticks = [tick for tick in ticks if tick == int(tick)]
        return ticks, _ticks.count

    def _y_ticks(self, y: Range) -> tuple[list[float], Callable[[float], str]]:
        if self.y is self._log:
            return _ticks.log_ticks(*y), _ticks.plain
        return _ticks.linear_ticks(*y, 6), _ticks.plain

    @staticmethod
    def _tick(axis: Any, ticks: list[float], write: Callable[[float], str]) -> None:
        if axis.tick_values is not None and axis.tick_values.tolist() == ticks:
            return
        # One after the other: new values begin a transition that writes them with the labels known by then.
        axis.tick_labels = _ticks.labels(ticks, write)
        axis.tick_values = np.array(ticks, dtype=np.float64)


def figure(marks: list[Any], axes: Axes, *, left: int) -> Any:
    """Return an empty chart as all of ours look, with so many px for the numbers at its left."""
    made = bqplot.Figure(
        marks=marks,
        axes=axes.all,
        fig_margin={"top": 10, "bottom": 26, "left": left, "right": 14},
        padding_x=0.0,
        padding_y=0.0,
        background_style={"fill": "none"},
        display_toolbar=False,
        title="",
    )
    return made.add_class("nnw-figure")


def _range(scale: Any) -> Range | None:
    return None if scale.min is None or scale.max is None else (scale.min, scale.max)


def _assign(scale: Any, reach: Range) -> None:
    if (scale.min, scale.max) != reach:
        with scale.hold_sync():
            scale.min, scale.max = reach


def _nothing() -> None:
    pass
