"""What a run did before it went back to a snapshot, drawn on as a ghost beside what it does now."""

from __future__ import annotations

from typing import Any

import bqplot

from nnwidgets._branches import Branch
from nnwidgets._marked import stretch
from nnwidgets._view import View
from nnwidgets.history import History, Series
from nnwidgets.widgets import _palette
from nnwidgets.widgets._marks import NOTHING, Part, put

#: The ghost's colour, the last of those of earlier runs, and its place in the legend: it has no spots.
_COLOUR, PLACE = 3, 4


class Untouched(Part):
    """The stretch that was left, moved so that it begins where the branch does: training dotted, validation dashed."""

    def __init__(self, scales: dict[str, Any]) -> None:
        common = {"scales": scales, "colors": [_palette.GHOSTS[_COLOUR]], "x": NOTHING, "y": NOTHING}
        self._train = bqplot.Lines(stroke_width=1.4, line_style="dotted", **common)
        self._val = bqplot.Lines(stroke_width=1.8, line_style="dashed", **common)
        self.marks = [self._train, self._val]
        self._known: object = None

    def draw(
        self, history: History, train: Series | None, val: Series | None, view: View, branch: Branch | None
    ) -> None:
        """Draw it, or nothing where the run never went back."""
        key = (branch, view, history.epochs.version, train and train.name)
        if key == self._known:
            return
        self._known = key
        for mark, series in ((self._train, train), (self._val, val)):
            x, y = stretch(history, series, view, branch)
            put(mark, x=x, y=y)

    @property
    def reach(self) -> float:
        """How far it goes along the axis."""
        return max((float(mark.x[-1]) for mark in self.marks if len(mark.x)), default=0.0)

    @property
    def values(self) -> list[Any]:
        """What is drawn, for the reach of the axis."""
        return [mark.y for mark in self.marks if len(mark.y)]
