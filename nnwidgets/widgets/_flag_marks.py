"""Where a validation loss left its minimum, in the picture."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np

from nnwidgets._flags import Flag
from nnwidgets._view import View, positions
from nnwidgets.divergence import Raised
from nnwidgets.history import History, Series
from nnwidgets.widgets import _palette
from nnwidgets.widgets._marks import NOTHING, Part, put

#: How dense the region is, while the flag stands and afterwards.
_STANDING, _WITHDRAWN = 0.1, 0.06
#: Where its words stand, 0 to 1.
_LABEL_HEIGHT = 0.95


class Onset(Part):
    """A point at the onset, and a shaded region from there: red while the flag stands, grey after it was withdrawn."""

    def __init__(self, scales: dict[str, Any], unit: dict[str, Any]) -> None:
        # The part below a line along the top, up to the axis.
        self._region = bqplot.Lines(
            scales=unit, colors=[_palette.FLAG], opacities=[0.0], stroke_width=0.0, fill="bottom",
            fill_colors=[_palette.FLAG], fill_opacities=[_STANDING], x=NOTHING, y=NOTHING,
        )  # fmt: skip
        self._point = bqplot.Scatter(
            scales=scales, colors=[_palette.FLAG], stroke=_palette.PAPER, stroke_width=1.5, marker="circle",
            default_size=70, x=NOTHING, y=NOTHING,
        )  # fmt: skip
        self._label = bqplot.Label(
            scales=unit, colors=[_palette.FLAG], default_size=12.0, font_weight="bold", x=NOTHING, y=NOTHING,
            text=np.array([], dtype=str), x_offset=5,
        )  # fmt: skip
        self.marks = [self._region, self._point, self._label]
        self._known: object = None
        self._stands = True

    def rescale(self, scales: dict[str, Any]) -> None:
        """Draw on other scales; the region and the words keep theirs."""
        self._point.scales = scales

    def draw(self, history: History, series: Series | None, view: View, flag: Flag | None) -> None:
        """Mark a flag, or nothing."""
        last = None if series is None else series.last
        key = (flag, view, history.epochs.version, last)
        if key == self._known:
            return
        self._known = key
        if flag is None or series is None or last is None:
            self._nothing()
            return
        raised = flag if isinstance(flag, Raised) else flag.raised
        end = last.step if flag is raised else flag.step
        begin, until = positions(history, view, series, np.array([raised.onset, end]))
        self._tint(stands=flag is raised)
        put(
            self._region,
            x=np.array([begin, until], np.float32),
            y=np.ones(2, np.float32),
        )
        drawable = np.isfinite(raised.onset_value) and not (view.log and raised.onset_value <= 0)
        x = np.array([begin] if drawable else [], np.float32)
        put(self._point, x=x, y=np.array([raised.onset_value] if drawable else [], np.float32))
        with self._label.hold_sync():
            self._label.text = np.array(
                ["rises since here"] if drawable and flag is raised else [], dtype=str
            )
            self._label.x = self._point.x
            self._label.y = np.full(len(self._point.x), _LABEL_HEIGHT, np.float32)

    def _nothing(self) -> None:
        for mark in (self._region, self._point):
            put(mark, x=NOTHING, y=NOTHING)
        with self._label.hold_sync():
            self._label.text = np.array([], dtype=str)
            self._label.x = self._label.y = NOTHING

    def _tint(self, *, stands: bool) -> None:
        if stands == self._stands:
            return
        self._stands = stands
        color = _palette.FLAG if stands else _palette.INK
        with self._region.hold_sync():
            self._region.fill_colors, self._region.fill_opacities = (
                [color],
                [_STANDING if stands else _WITHDRAWN],
            )
        self._point.colors = [color]
