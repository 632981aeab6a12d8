"""A still picture of a run, for where nothing can live: a saved notebook on GitHub, a page without a kernel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from nnwidgets import _domain
from nnwidgets._branches import last_branch
from nnwidgets._flags import Flag
from nnwidgets._i18n import t
from nnwidgets._metrics import main_metric, number, pair_of
from nnwidgets._run_words import status_word
from nnwidgets._view import Curve, View, curve
from nnwidgets.divergence import Raised
from nnwidgets.export import _still_marks, _svg
from nnwidgets.export._frame import AXIS_ROOM, Frame, Line, wants_log
from nnwidgets.export._still_marks import Ghost, ghost_of

if TYPE_CHECKING:
    from nnwidgets.history import Series
    from nnwidgets.run import Run

#: Of the whole, and of the head and the legend, without the sentence of a flag.
_WIDTH, _HEIGHT, _TOP = 720.0, 318.0, 74.0
_LEFT, _RIGHT = 58.0, 20.0
_TRAIN_ROWS, _VALIDATION_ROWS = 300, 200
#: Validations up to which each one has a point of its own.
_POINTS = 80
#: A curve that spans more than this factor is drawn on a logarithmic axis.
_DECADES: Final = 20.0
#: The sentence of a flag: lines at most, pixels from one to the next, and those around it.
_LINES, _LINE, _AROUND = 2, 15.0, 8.0


def still_svg(run: Run) -> str:
    """Draw the curves of a run as SVG: self-contained, without scripts, at most 60 KB.

    The root has the class ``nnw-light``; with ``nnw-dark`` instead it is drawn for a dark page.
    """
    metric, flag = main_metric(run.history), run._keeper.flags.shown
    said = "" if flag is None else run._keeper.flags.sentence(flag)
    words = _words(run, metric)
    drawn = t("{metric} of the run {name}: {words}.", metric=metric, name=_svg.clean(run.name), words=words)
    label = _svg.clean(f"{drawn} {said}".strip(), 600)
    sentence, below = _sentence(flag, said)
    chart, room = _chart(run, metric, flag, below)
    body = _head(run) + sentence + chart
    return _svg.picture(_WIDTH, _HEIGHT + below + room, label, _svg.style(_still_marks.RULES), body)


def _head(run: Run) -> str:
    p = run.progress
    epoch = f"{p.epoch:,}" + (f" / {p.epochs:,}" if p.epochs else "")
    facts = [t("epoch {epoch}", epoch=epoch)] if p.epoch or p.epochs else []
    facts.append(t("step {step}", step=f"{max(p.step, run.steps):,}"))
    status = status_word(run.status)
    name = _svg.fit(run.name, 380, size=14, bold=True)
    x = 18 + _svg.width(name, size=14, bold=True) + 14
    return (
        _svg.text(18, 28, name, css="name")
        + f'<circle class="{run.status}" cx="{x:.1f}" cy="24" r="4"/>'
        + _svg.text(x + 9, 28, status, css=run.status)
        + _svg.text(x + 9 + _svg.width(status) + 16, 28, " · ".join(facts))
    )


def _sentence(flag: Flag | None, said: str) -> tuple[str, float]:
    """Return what a flag says, below the head, and how much room that takes."""
    if flag is None:
        return "", 0.0
    stands = isinstance(flag, Raised)
    lines = _svg.wrapped(said, _WIDTH - 28 - _RIGHT, _LINES, bold=stands)
    room = _LINE * len(lines) + _AROUND
    written = "".join(
        _svg.text(28, 52 + _LINE * i, line, css="value" if stands else "") for i, line in enumerate(lines)
    )
    css = "stands" if stands else "back"
    return f'<path class="{css}" d="M18 40h3v{_LINE * len(lines):.0f}h-3z"/>{written}', room


def _chart(run: Run, metric: str, flag: Flag | None, below: float) -> tuple[str, float]:
    """Return the legend and the curves, and by how much they are higher for the words above them."""
    train, val = pair_of(run.history, metric)
    middle = (_HEIGHT + below) / 2
    if train is None and val is None:
        return _svg.text(_WIDTH / 2, middle, t("Nothing recorded yet."), anchor="middle"), 0.0
    view = View(x="epoch" if run.history.epochs.known else "step", log=wants_log((train, val), _DECADES))
    one = None if train is None else curve(run.history, train, view, _TRAIN_ROWS)
    other = None if val is None else curve(run.history, val, view, _VALIDATION_ROWS)
    ghost = ghost_of(run.history, train, val, view, last_branch(run))
    frame = _frame(run, [c for c in (one, other) if c is not None], ghost, view, below)
    legend = _legend(metric, train, val, 54 + below, log=view.log, left=bool(ghost.values))
    if frame is None:
        return legend + _svg.text(_WIDTH / 2, middle, t("No finite values."), anchor="middle"), 0.0
    behind, before, frame = _happened(run, (train, val), view, flag, frame)
    drawn = (
        behind
        + legend
        + ghost.draw(frame)
        + ("" if one is None else _training(one, frame))
        + ("" if other is None else _validation(other, frame))
        + _still_marks.best(run.history, val, view, frame, metric=metric)
        + before
    )
    return drawn, frame.room


def _happened(
    run: Run, pair: tuple[Series | None, Series | None], view: View, flag: Flag | None, frame: Frame
) -> tuple[str, str, Frame]:
    """Return what stands behind the curves and before them, and the frame with room for the words."""
    both, val = [s for s in pair if s is not None], pair[1]
    if val is None or val.name != run._keeper.flags.series:
        flag = None
    done = [outcome for outcome in run.interventions if outcome.changes]
    did = _still_marks.did(run.history, both[0], view, done, frame)
    said = [] if val is None or flag is None else _still_marks.said(run.history, val, view, flag, frame)
    words, room = _still_marks.beside(did + said, frame)
    frame = frame.with_room(room)
    region, point = "", ""
    if val is not None and flag is not None:
        region, point = _still_marks.onset(run.history, val, view, flag, frame)
    gaps = _still_marks.gaps(run.history, both, view, frame)
    return region + frame.grid() + gaps + _still_marks.lines(did, frame), point + words, frame


def _frame(run: Run, curves: list[Curve], ghost: Ghost, view: View, below: float) -> Frame | None:
    reached = max((float(c.x[-1]) for c in curves if len(c.x)), default=1.0)
    over = run.status not in ("running", "paused")
    xs = _domain.along(view.x, max(reached, ghost.reach), run.progress, over=over)
    values = [c.low for c in curves] + [c.high for c in curves] + ghost.values
    ys = _domain.across(values, log=view.log)
    if ys is None:
        return None
    bottom = _HEIGHT + below - AXIS_ROOM
    return Frame(_LEFT, _WIDTH - _RIGHT, _TOP + below, bottom, xs, ys, view.x, view.log)


def _training(one: Curve, frame: Frame) -> str:
    raw = frame.line(one.x, one.mean)
    smooth = frame.line(one.x, one.smooth)
    band = _svg.area(frame.line(one.x, one.high), frame.line(one.x, one.low), "band") if one.merged else ""
    dot = _dots(raw) if len(raw) == 1 else ""
    return band + (_svg.path(raw, "raw") if raw != smooth else "") + _svg.path(smooth, "train") + dot


def _validation(other: Curve, frame: Frame) -> str:
    line = frame.line(other.x, other.mean)
    return _svg.path(line, "val") + (_dots(line) if len(line) <= _POINTS else "")


def _dots(line: Line) -> str:
    return "".join(
        f'<circle class="dot" cx="{a:.1f}" cy="{b:.1f}" r="2.4"/>' for a, b in line if math.isfinite(b)
    )


def _legend(metric: str, train: Series | None, val: Series | None, y: float, *, log: bool, left: bool) -> str:
    """Say which line is which, with its last value; ``left`` says that there is one of what a run left."""
    name = _svg.fit(metric, 170, bold=True)
    parts = [_svg.text(18, y, name, css="value")]
    x = 18 + _svg.width(name, bold=True) + 8
    if log:
        parts.append(_svg.text(x, y, t("log axis")))
        x += _svg.width(t("log axis")) + 8
    x += 8
    for css, label, series in (("train", t("training"), train), ("val", t("validation"), val)):
        if series is None or series.last is None:
            continue
        value, lost = (
            number(series.last.value),
            t("{count} not finite", count=f"{series.nonfinite:,}") if series.nonfinite else "",
        )
        words = _svg.width(label) + 4
        parts.append(f'<path class="{css}" d="M{x:.1f} {y - 4:.0f}h22"/>' + _svg.text(x + 28, y, label))
        parts.append(_svg.text(x + 28 + words, y, value, css="value"))
        x += 28 + words + _svg.width(value, bold=True) + 8
        if lost:
            parts.append(_svg.text(x, y, lost, css="flag"))
            x += _svg.width(lost) + 8
        x += 8
    if left:
        parts.append(
            f'<path class="ghost" d="M{x:.1f} {y - 4:.0f}h22"/>' + _svg.text(x + 28, y, t("untouched"))
        )
    return "".join(parts)


def _words(run: Run, metric: str) -> str:
    train, val = pair_of(run.history, metric)
    said = [
        f"{name} {number(series.last.value)}"
        for name, series in ((t("training"), train), (t("validation"), val))
        if series is not None and series.last is not None
    ]
    return f"{status_word(run.status)}, " + (", ".join(said) or t("nothing recorded yet"))
