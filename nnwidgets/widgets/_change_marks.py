"""Where a person changed the training, in the picture."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np

from nnwidgets._i18n import language
from nnwidgets._view import View, positions
from nnwidgets.history import History, Series
from nnwidgets.widgets import _palette
from nnwidgets.widgets._marks import NOTHING, Part, put

#: Changes by a person that are marked, at most; all of them stand in the list of events.
_CHANGES = 16


class Changes(Part):
    """Dotted lines where a person changed the training, with what they did."""

    def __init__(self, scales: dict[str, Any], *, worded: bool) -> None:
        self._worded = worded
        self._lines = bqplot.Lines(
            scales=scales,
            colors=[_palette.ACCENT],
            stroke_width=1.4,
            line_style="dotted",
            x=NOTHING,
            y=NOTHING,
        )
        # Words stand to the right of their line, and near the right end to its left: a mark has one alignment.
        self._right, self._left = (
            bqplot.Label(
                scales=scales, colors=[_palette.ACCENT], default_size=11.0, x=NOTHING, y=NOTHING, align=align,
                x_offset=offset, text=np.array([], dtype=str),
            )
            for align, offset in (("start", 4), ("end", -4))
        )  # fmt: skip
        self.marks = [self._lines, self._right, self._left]
        self._known: object = None

    def draw(
        self,
        history: History,
        series: Series,
        view: View,
        changes: list[tuple[int, str]],
        x_range: tuple[float, float] | None,
    ) -> None:
        """Mark the last changes, given by step and in words."""
        key = (len(changes), view, history.epochs.version, x_range, language())
        if key == self._known:
            return
        self._known = key
        shown = changes[-_CHANGES:]
        x = positions(history, view, series, np.array([float(step) for step, _ in shown]))
        put(
            self._lines,
            x=np.repeat(x, 3),
            y=np.tile(np.array([np.nan, 0.0, 1.0], np.float32), len(x)),
        )
        if not self._worded:
            return
        lo, hi = x_range or (0.0, 1.0)
        where = (x - lo) / (hi - lo)
        places = _places([(float(w), text) for w, (_, text) in zip(where, shown, strict=True)])
        for labels, side in ((self._right, "right"), (self._left, "left")):
            kept = [i for i, place in enumerate(places) if place is not None and place[0] == side]
            heights = [places[i][1] for i in kept]  # type: ignore[index]  # those without a place are not kept
            with labels.hold_sync():
                labels.text = np.array([shown[i][1] for i in kept], dtype=str)
                labels.x, labels.y = x[kept], np.array(heights, np.float32)


def _places(labels: list[tuple[float, str]]) -> list[tuple[str, float] | None]:
    """Place words beside their lines, in up to four rows, so that none covers another; None where there is no room.

    Parameters
    ----------
    labels
        Where each line stands, 0 to 1, from left to right, and its words.
    """
    ends = [0.0] * 4
    placed: list[tuple[str, float] | None] = []
    for at, text in labels:
        width = 0.02 * len(text) + 0.01
        side = "right" if at + width <= 1 else "left"
        begin = at if side == "right" else at - width
        row = next((i for i, end in enumerate(ends) if begin >= end), None) if 0 <= at <= 1 else None
        if row is None:
            placed.append(None)
            continue
        ends[row] = begin + width
        placed.append((side, 0.965 - 0.065 * row))
    return placed
