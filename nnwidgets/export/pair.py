"""A still picture of two runs in one frame: the second in colour, the first in grey and dotted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnwidgets import _domain
from nnwidgets._i18n import t
from nnwidgets._metrics import pair_of
from nnwidgets._sides import told_apart
from nnwidgets._view import Curve, View, curve
from nnwidgets.export import _svg
from nnwidgets.export._frame import AXIS_ROOM, Frame, wants_log

if TYPE_CHECKING:
    from nnwidgets.history import Series
    from nnwidgets.run import Run

    Pair = tuple[Series | None, Series | None]

_WIDTH, _HEIGHT = 720.0, 322.0
_LEFT, _RIGHT, _TOP = 58.0, 20.0, 78.0
_ROWS: Final = 300
#: Values that span more than this factor are drawn on a logarithmic axis.
_DECADES: Final = 100.0
#: Room for a name in the legend.
_NAME: Final = 300.0
_RULES: Final = {
    ".other": "fill:none;stroke:var(--ink2);stroke-width:1.6;stroke-dasharray:1.6 2.4",
    ".dash": "stroke-dasharray:7 3 1.6 3",
}
#: How training and validation are drawn, of the first run and of the second.
_STYLES: Final = (("other", "other dash"), ("train", "val"))


def pair_svg(run_a: Run, run_b: Run, metric: str) -> str:
    """Draw one metric of two runs: training as lines, validation dashed.

    The root has the class ``nnw-light``; with ``nnw-dark`` instead it is drawn for a dark page.
    """
    runs = run_a, run_b
    pairs = [pair_of(run.history, metric) for run in runs]
    known = all(run.history.epochs.known for run in runs)
    log = wants_log([series for pair in pairs for series in pair], _DECADES)
    view = View(x="epoch" if known else "step", log=log)
    drawn = [
        (css, curve(run.history, series, view, _ROWS))
        for run, pair, styles in zip(runs, pairs, _STYLES, strict=True)
        for css, series in zip(styles, pair, strict=True)
        if series is not None
    ]
    label = _svg.clean(
        t("{metric} of {b} and of {a}", metric=metric, b=_svg.clean(run_b.name), a=_svg.clean(run_a.name)),
        200,
    )
    body = _legend((run_a, run_b), pairs, metric, log=log) + _chart(drawn, view)
    return _svg.picture(_WIDTH, _HEIGHT, label, _svg.style(_RULES), body)


def _chart(drawn: list[tuple[str, Curve]], view: View) -> str:
    lines = [(css, c, c.smooth if css in ("train", "other") else c.mean) for css, c in drawn]
    reached = max((float(c.x[-1]) for _, c in drawn if len(c.x)), default=1.0)
    ys = _domain.across([values for _, _, values in lines], log=view.log)
    if ys is None:
        return _svg.text(_WIDTH / 2, _HEIGHT / 2, t("No finite values."), anchor="middle")
    xs = 0.0, max(reached * 1.01, 1e-6)
    frame = Frame(_LEFT, _WIDTH - _RIGHT, _TOP, _HEIGHT - AXIS_ROOM, xs, ys, view.x, view.log)
    return frame.grid() + "".join(_svg.path(frame.line(c.x, values), css) for css, c, values in lines)


def _legend(runs: tuple[Run, Run], pairs: list[Pair], metric: str, *, log: bool) -> str:
    """Say what is compared, and which lines are whose: one row for each run, the second first."""
    marks = [f" ({mark})" if mark else "" for mark in told_apart(*runs)]
    names = [
        _svg.fit(run.name, _NAME - _svg.width(mark, bold=True), bold=True) + mark
        for run, mark in zip(runs, marks, strict=True)
    ]
    beside = 18 + max(_svg.width(name, bold=True) for name in names) + 14
    title = _svg.fit(metric, 400, size=14, bold=True)
    words = _svg.text(18, 26, title, css="name")
    if log:
        words += _svg.text(18 + _svg.width(title, size=14, bold=True) + 12, 26, t("log axis"))
    for y, i in ((46, 1), (63, 0)):
        words += _svg.text(18, y, names[i], css="value")
        x = beside
        for css, what, series in zip(_STYLES[i], (t("training"), t("validation")), pairs[i], strict=True):
            if series is not None and series.lowest is not None:
                words += f'<path class="{css}" d="M{x:.1f} {y - 4}h22"/>' + _svg.text(x + 28, y, what)
            x += 28 + _svg.width(what) + 16
    return words
