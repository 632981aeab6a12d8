"""The part of a picture that has axes: where values lie in it, and its grid."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from nnwidgets import _ticks
from nnwidgets._run_words import axis_word
from nnwidgets._view import Axis, Drawn
from nnwidgets.export import _svg
from nnwidgets.history import Series

Line = list[tuple[float, float]]

#: Room for the words of the horizontal axis.
AXIS_ROOM: Final = 42.0


@dataclass(frozen=True)
class Frame:
    """A rectangle in pixels, ``top`` above ``bottom``, and the ranges that its axes show.

    Between ``roof`` and ``top`` there is room for words above the curves.
    """

    left: float
    right: float
    top: float
    bottom: float
    xs: tuple[float, float]
    ys: tuple[float, float]
    axis: Axis
    log: bool
    room: float = 0.0

    @property
    def roof(self) -> float:
        """Where the room for words begins."""
        return self.top - self.room

    def with_room(self, height: float) -> Frame:
        """Return the same further down, with room for words above it."""
        return dataclasses.replace(self, top=self.top + height, bottom=self.bottom + height, room=height)

    def x(self, value: float) -> float:
        """Return where a value of the horizontal axis lies."""
        lo, hi = self.xs
        return self.left + (self.right - self.left) * (value - lo) / (hi - lo)

    def y(self, value: float) -> float:
        """Return where a value of the vertical axis lies."""
        lo, hi = (math.log(end) for end in self.ys) if self.log else self.ys
        at = math.log(value) if self.log else value
        return self.bottom - (self.bottom - self.top) * (at - lo) / (hi - lo)

    def line(self, along: Drawn, values: Drawn) -> Line:
        """Return a curve in pixels, with a gap where a value is not finite."""
        return [
            (self.x(a), self.y(b)) if math.isfinite(b) else (math.nan, math.nan)
            for a, b in zip(along.tolist(), values.tolist(), strict=True)
        ]

    def grid(self) -> str:
        """Draw lines at round values, and the words of both axes."""
        across = _ticks.log_ticks(*self.ys) if self.log else _ticks.linear_ticks(*self.ys, 6)
        along = _ticks.linear_ticks(*self.xs, 8)
        if self.axis == "epoch" and self.xs[1] >= 2:
            along = [tick for tick in along if tick == int(tick)]
        lines = "".join(f"M{self.left:.1f} {self.y(tick):.1f}H{self.right:.1f}" for tick in across)
        values = [
            _svg.text(self.left - 8, self.y(tick) + 4, _ticks.plain(tick), anchor="end") for tick in across
        ]
        steps = [
            _svg.text(self.x(tick), self.bottom + 18, _ticks.count(tick), anchor="middle") for tick in along
        ]
        name = _svg.text(self.right, self.bottom + 36, axis_word(self.axis), anchor="end")
        return f'<path class="grid" d="{lines}"/>{"".join(values)}{"".join(steps)}{name}'


def wants_log(series: Iterable[Series | None], factor: float) -> bool:
    """Tell whether series span more than a factor, and have logarithms."""
    extremes = [(s.lowest, s.highest) for s in series if s is not None]
    low = min((lo.value for lo, _ in extremes if lo is not None), default=0.0)
    high = max((hi.value for _, hi in extremes if hi is not None), default=0.0)
    return low > 0 and high > factor * low
