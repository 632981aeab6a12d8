"""What happened to a run, in its still picture: its best, its flag, what was changed, and what it left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nnwidgets._branches import Branch
from nnwidgets._flags import Flag
from nnwidgets._i18n import t
from nnwidgets._marked import stretch, words_of_change, words_of_onset
from nnwidgets._metrics import more_is_better, number
from nnwidgets._view import Drawn, View, positions
from nnwidgets.controls import Intervention
from nnwidgets.divergence import Raised
from nnwidgets.export import _svg
from nnwidgets.export._frame import Frame
from nnwidgets.history import History, Series

RULES: Final = {
    ".change": "stroke:var(--accent);stroke-width:1.4;stroke-dasharray:1.4 4;fill:none",
    ".ghost": "fill:none;stroke:var(--ghost);stroke-width:1.4;stroke-dasharray:1.4 3",
    ".ghost.v": "stroke-width:1.8;stroke-dasharray:7 5",
    ".region": "opacity:.1",
    ".region.back": "opacity:.09",
    ".onset": "stroke:var(--bg);stroke-width:1",
    ".stands": "fill:var(--flag)",
    ".back": "fill:var(--ink2)",
    ".said": "font-weight:600;paint-order:stroke;stroke:var(--bg);stroke-width:3px",
    ".did": "fill:var(--accent);paint-order:stroke;stroke:var(--bg);stroke-width:3px",
}
#: Changes that are marked at most, and letters of their words.
_CHANGES, _LETTERS = 16, 34
#: Rows that words stand in at most, and their height.
_ROWS, _ROW = 4, 14.0


@dataclass(frozen=True)
class Ghost:
    """What a run did before it went back, moved so that it begins where the branch does; in units of the axes."""

    train: tuple[Drawn, Drawn]
    val: tuple[Drawn, Drawn]

    @property
    def values(self) -> list[Drawn]:
        """What is drawn, for the reach of the axis."""
        return [values for _, values in (self.train, self.val) if len(values)]

    @property
    def reach(self) -> float:
        """How far it goes along the axis."""
        return max((float(x[-1]) for x, _ in (self.train, self.val) if len(x)), default=0.0)

    def draw(self, frame: Frame) -> str:
        """Draw it: training dotted, validation dashed."""
        return _svg.path(frame.line(*self.train), "ghost") + _svg.path(frame.line(*self.val), "ghost v")


def ghost_of(
    history: History, train: Series | None, val: Series | None, view: View, branch: Branch | None
) -> Ghost:
    """Return the stretch that was left, empty where a run never went back."""
    return Ghost(*(stretch(history, series, view, branch) for series in (train, val)))


def best(history: History, val: Series | None, view: View, frame: Frame, *, metric: str) -> str:
    """Mark the best validation."""
    found = None if val is None else val.highest if more_is_better(metric) else val.lowest
    if found is None or val is None or val.count < 2 or (view.log and found.value <= 0):
        return ""
    a = frame.x(float(positions(history, view, val, np.array([float(found.step)]))[0]))
    b = frame.y(found.value)
    left = a < frame.left + 0.2 * (frame.right - frame.left)
    return f'<path class="best" d="M{a:.1f} {b - 6:.1f}l6 6l-6 6l-6 -6z"/>' + _svg.text(
        a + (9 if left else -9),
        b - 14 if b > frame.bottom - 30 else b + 20,  # never among the words of the axis
        t("best {value}", value=number(found.value)),
        css="bestname",
        anchor="start" if left else "end",
    )


def gaps(history: History, series: list[Series], view: View, frame: Frame) -> str:
    """Mark where values were not finite."""
    marks = ""
    for one in series:
        for at in positions(history, view, one, one.gaps(40)).tolist() if one.nonfinite else ():
            marks += f'<path class="gap" d="M{frame.x(at) - 3:.1f} {frame.bottom - 4:.1f}h6"/>'
    return marks


@dataclass(frozen=True)
class Word:
    """Words that belong to a place along the axis, in pixels."""

    x: float
    text: str
    css: str


def onset(history: History, val: Series, view: View, flag: Flag, frame: Frame) -> tuple[str, str]:
    """Return the region of a flag and the point at its onset, red while it stands and grey after it was withdrawn."""
    raised = _raised(flag)
    end = flag.step if flag is not raised or val.last is None else val.last.step
    begin, until = _across(history, val, view, (raised.onset, end), frame)
    css = "stands" if flag is raised else "back"
    outline = f"M{begin:.1f} {frame.roof:.1f}H{until:.1f}V{frame.bottom:.1f}H{begin:.1f}Z"
    region = f'<path class="region {css}" d="{outline}"/>'
    if not _has_place(raised, view):
        return region, ""
    marked = [found.step for found in (val.lowest, val.highest) if found is not None]
    radius = 3.6 if raised.onset in marked else 5.0  # the mark of the best is seen around it
    y = frame.y(raised.onset_value)
    return region, f'<circle class="onset {css}" cx="{begin:.1f}" cy="{y:.1f}" r="{radius}"/>'


def said(history: History, val: Series, view: View, flag: Flag, frame: Frame) -> list[Word]:
    """Return the words at the onset of a flag that stands."""
    raised = _raised(flag)
    if flag is not raised or not _has_place(raised, view):
        return []
    (x,) = _across(history, val, view, (raised.onset,), frame)
    return [Word(x, words_of_onset(raised, val.name), "said stands")]


def did(history: History, series: Series, view: View, done: list[Intervention], frame: Frame) -> list[Word]:
    """Return where a person changed the training, the last times, and what they did."""
    shown = done[-_CHANGES:]
    places = _across(history, series, view, [outcome.step for outcome in shown], frame)
    return [
        Word(x, _svg.clean(words_of_change(outcome), _LETTERS), "did")
        for x, outcome in zip(places, shown, strict=True)
    ]


def lines(changes: list[Word], frame: Frame) -> str:
    """Draw a line where the training was changed."""
    drawn = "".join(f"M{change.x:.1f} {frame.roof:.1f}V{frame.bottom:.1f}" for change in changes)
    return f'<path class="change" d="{drawn}"/>' if drawn else ""


def beside(words: list[Word], frame: Frame) -> tuple[str, float]:
    """Write words beside their lines, above the curves, and return the height that they take.

    They stand in a few rows, so that none covers another; what finds no room is left out.
    """
    ends: list[float] = []
    written = ""
    for word in sorted(words, key=lambda one: one.x):
        room = _svg.width(word.text, bold=word.css.startswith("said")) + 12
        right = word.x + room <= frame.right
        begin = word.x if right else word.x - room
        row = next((i for i, end in enumerate(ends) if begin >= end), len(ends))
        if row == _ROWS or begin < frame.left:
            continue
        ends[row:] = [begin + room, *ends[row + 1 :]]
        x, anchor = (word.x + 5, "start") if right else (word.x - 5, "end")
        written += _svg.text(x, frame.roof + 11 + _ROW * row, word.text, css=word.css, anchor=anchor)
    return written, _ROW * len(ends)


def _raised(flag: Flag) -> Raised:
    return flag if isinstance(flag, Raised) else flag.raised


def _has_place(raised: Raised, view: View) -> bool:
    return math.isfinite(raised.onset_value) and not (view.log and raised.onset_value <= 0)


def _across(
    history: History, series: Series, view: View, steps: Sequence[float], frame: Frame
) -> list[float]:
    places = positions(history, view, series, np.array(steps, np.float64)).tolist()
    return [min(max(frame.x(place), frame.left), frame.right) for place in places]
