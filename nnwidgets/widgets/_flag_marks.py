"""Where a validation loss left its minimum, in the picture."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np

from nnwidgets._flags import Flag
from nnwidgets._i18n import language
from nnwidgets._marked import words_of_onset
from nnwidgets._view import View, positions
from nnwidgets.divergence import Raised
from nnwidgets.history import History, Series
from nnwidgets.widgets import _palette
from nnwidgets.widgets._marks import NOTHING, Part, put

#: How dense the region is, while the flag stands and afterwards.
_STANDING, _WITHDRAWN = 0.1, 0.06
#: Where its words stand, 0 to 1: at the top, or below those of changes.
_TOP, _BELOW = 0.95, 0.70
#: Share of the axis that its words take; nearer to the right end they stand to the left.
_WIDTH = 0.3


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
        # A mark has one alignment.
        self._right, self._left = (
            bqplot.Label(
                scales=unit, colors=[_palette.FLAG], default_size=12.0, font_weight="bold", x=NOTHING, y=NOTHING,
                text=np.array([], dtype=str), align=align, x_offset=offset,
            )
            for align, offset in (("start", 5), ("end", -5))
        )  # fmt: skip
        self.marks = [self._region, self._point, self._right, self._left]
        self._known: object = None
        self._stands = True

    def rescale(self, scales: dict[str, Any]) -> None:
        """Draw on other scales; the region and the words keep theirs."""
        self._point.scales = scales

    def draw(
        self,
        history: History,
        series: Series | None,
        view: View,
        flag: Flag | None,
        x_range: tuple[float, float] | None = None,
        *,
        crowded: bool = False,
    ) -> None:
        """Mark a flag, or nothing; ``crowded`` where the words of changes stand at the top."""
        last = None if series is None else series.last
        key = (flag, view, history.epochs.version, last, x_range, crowded, language())
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
        # Where the rise begins at the best itself, the diamond is there.
        x = np.array([begin] if drawable and raised.onset != raised.best_step else [], np.float32)
        put(self._point, x=x, y=np.full(len(x), raised.onset_value, np.float32))
        lo, hi = x_range or (0.0, 1.0)
        words = [words_of_onset(raised, series.name)] if flag is raised else []
        left = float(begin - lo) > (1.0 - _WIDTH) * (hi - lo)
        for label, here in ((self._right, not left), (self._left, left)):
            with label.hold_sync():
                label.text = np.array(words if here else [], dtype=str)
                label.x = np.array([begin] * len(label.text), np.float32)
                label.y = np.full(len(label.text), _BELOW if crowded else _TOP, np.float32)

    def _nothing(self) -> None:
        for mark in (self._region, self._point):
            put(mark, x=NOTHING, y=NOTHING)
        for label in (self._right, self._left):
            with label.hold_sync():
                label.text = np.array([], dtype=str)
                label.x = label.y = NOTHING

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
