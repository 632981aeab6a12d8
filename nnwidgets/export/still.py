"""A still picture of a run, for where nothing can live: a saved notebook on GitHub, a page without a kernel."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

import numpy as np

from nnwidgets import _domain, _ticks
from nnwidgets._metrics import main_metric, more_is_better, number, pair_of
from nnwidgets._view import Curve, Drawn, View, curve, positions
from nnwidgets.export import _svg

if TYPE_CHECKING:
    from nnwidgets.history import Series
    from nnwidgets.run import Run

_WIDTH, _HEIGHT = 720.0, 318.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 20.0, 74.0, 42.0
_TRAIN_ROWS, _VALIDATION_ROWS = 300, 200
#: Validations up to which each one has a point of its own.
_POINTS = 80
#: A curve that spans more than this factor is drawn on a logarithmic axis.
_DECADES: Final = 20.0


def still_svg(run: Run) -> str:
    """Draw the curves of a run as SVG: self-contained, without scripts, at most 60 KB.

    The root has the class ``nnw-light``; with ``nnw-dark`` instead it is drawn for a dark page.
    """
    metric = main_metric(run.history)
    body = _head(run) + _chart(run, metric)
    label = _svg.clean(f"{metric} of the run {run.name}: {_words(run, metric)}", 300)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nnw-light" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" '
        f'width="{_WIDTH:.0f}" height="{_HEIGHT:.0f}" role="img" aria-label={quoteattr(label)}>'
        f"<style>{_svg.STYLE}</style>"
        f'<rect class="bg" x=".5" y=".5" width="{_WIDTH - 1:.0f}" height="{_HEIGHT - 1:.0f}" rx="8"/>'
        f"{body}</svg>"
    )


def _head(run: Run) -> str:
    p = run.progress
    facts = [f"epoch {p.epoch:,}" + (f" / {p.epochs:,}" if p.epochs else "")] if p.epoch or p.epochs else []
    facts.append(f"step {max(p.step, run.steps):,}")
    name = _svg.clean(run.name, 44)
    # About 8 px a letter of the name, then the status, then the facts.
    x = 18 + 8.2 * len(name) + 14
    return (
        _svg.text(18, 28, name, css="name")
        + f'<circle class="{run.status}" cx="{x:.1f}" cy="24" r="4"/>'
        + _svg.text(x + 9, 28, run.status, css=run.status)
        + _svg.text(x + 80, 28, " · ".join(facts))
    )


def _chart(run: Run, metric: str) -> str:
    train, val = pair_of(run.history, metric)
    if train is None and val is None:
        return _svg.text(_WIDTH / 2, _HEIGHT / 2, "Nothing recorded yet.", anchor="middle")
    axis = View(x="epoch" if run.history.epochs.known else "step")
    view = View(x=axis.x, log=_wants_log(train, val))
    one = None if train is None else curve(run.history, train, view, _TRAIN_ROWS)
    other = None if val is None else curve(run.history, val, view, _VALIDATION_ROWS)
    curves = [c for c in (one, other) if c is not None]
    reached = max((float(c.x[-1]) for c in curves if len(c.x)), default=1.0)
    over = run.status not in ("running", "paused")
    xs = _domain.along(view.x, reached, run.progress, over=over)
    ys = _domain.across([c.low for c in curves] + [c.high for c in curves], log=view.log)
    legend = _legend(metric, train, val)
    if ys is None:
        return legend + _svg.text(_WIDTH / 2, _HEIGHT / 2, "No finite values.", anchor="middle")
    x, y = _scale(xs, _LEFT, _WIDTH - _RIGHT), _scale(ys, _HEIGHT - _BOTTOM, _TOP, log=view.log)
    return (
        _grid(view, xs, ys, x, y)
        + legend
        + _gaps(run, [s for s in (train, val) if s is not None], view, x)
        + ("" if one is None else _training(one, x, y))
        + ("" if other is None else _validation(other, x, y))
        + _best(run, val, view, x, y, metric=metric)
    )


def _wants_log(*series: Series | None) -> bool:
    extremes = [(s.lowest, s.highest) for s in series if s is not None]
    low = min((lo.value for lo, _ in extremes if lo is not None), default=0.0)
    high = max((hi.value for _, hi in extremes if hi is not None), default=0.0)
    return low > 0 and high > _DECADES * low


def _scale(
    reach: tuple[float, float], begin: float, end: float, *, log: bool = False
) -> Callable[[float], float]:
    turn: Callable[[float], float] = math.log if log else float
    lo, hi = turn(reach[0]), turn(reach[1])
    return lambda value: begin + (end - begin) * (turn(value) - lo) / (hi - lo)


def _line(
    along: Drawn, values: Drawn, x: Callable[[float], float], y: Callable[[float], float]
) -> list[tuple[float, float]]:
    return [
        (x(a), y(b)) if math.isfinite(b) else (math.nan, math.nan)
        for a, b in zip(along.tolist(), values.tolist(), strict=True)
    ]


def _training(one: Curve, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    raw = _line(one.x, one.mean, x, y)
    smooth = _line(one.x, one.smooth, x, y)
    band = _svg.area(_line(one.x, one.high, x, y), _line(one.x, one.low, x, y), "band") if one.merged else ""
    dot = _dots(raw, "dot") if len(raw) == 1 else ""
    return band + (_svg.path(raw, "raw") if raw != smooth else "") + _svg.path(smooth, "train") + dot


def _validation(other: Curve, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    line = _line(other.x, other.mean, x, y)
    return _svg.path(line, "val") + (_dots(line, "dot") if len(line) <= _POINTS else "")


def _dots(line: list[tuple[float, float]], css: str) -> str:
    return "".join(
        f'<circle class="{css}" cx="{a:.1f}" cy="{b:.1f}" r="2.4"/>' for a, b in line if math.isfinite(b)
    )


def _best(
    run: Run,
    val: Series | None,
    view: View,
    x: Callable[[float], float],
    y: Callable[[float], float],
    *,
    metric: str,
) -> str:
    best = None if val is None else val.highest if more_is_better(metric) else val.lowest
    if best is None or val is None or val.count < 2 or (view.log and best.value <= 0):
        return ""
    a = x(float(positions(run.history, view, val, np.array([float(best.step)]))[0]))
    b = y(best.value)
    left = a < _LEFT + 0.2 * (_WIDTH - _LEFT - _RIGHT)
    return f'<path class="best" d="M{a:.1f} {b - 6:.1f}l6 6l-6 6l-6 -6z"/>' + _svg.text(
        a + (9 if left else -9),
        b - 14 if b > _HEIGHT - _BOTTOM - 30 else b + 20,  # never among the words of the axis
        f"best {number(best.value)}",
        css="bestname",
        anchor="start" if left else "end",
    )


def _gaps(run: Run, series: list[Series], view: View, x: Callable[[float], float]) -> str:
    marks = ""
    for one in series:
        for at in positions(run.history, view, one, one.gaps(40)).tolist() if one.nonfinite else ():
            marks += f'<path class="gap" d="M{x(at) - 3:.1f} {_HEIGHT - _BOTTOM - 4:.1f}h6"/>'
    return marks


def _grid(
    view: View,
    xs: tuple[float, float],
    ys: tuple[float, float],
    x: Callable[[float], float],
    y: Callable[[float], float],
) -> str:
    across = _ticks.log_ticks(*ys) if view.log else _ticks.linear_ticks(*ys, 6)
    along = _ticks.linear_ticks(*xs, 8)
    if view.x == "epoch" and xs[1] >= 2:
        along = [tick for tick in along if tick == int(tick)]
    lines = "".join(f"M{_LEFT:.1f} {y(tick):.1f}H{_WIDTH - _RIGHT:.1f}" for tick in across)
    return (
        f'<path class="grid" d="{lines}"/>'
        + "".join(_svg.text(_LEFT - 8, y(tick) + 4, _ticks.plain(tick), anchor="end") for tick in across)
        + "".join(
            _svg.text(x(tick), _HEIGHT - _BOTTOM + 18, _ticks.count(tick), anchor="middle") for tick in along
        )
        + _svg.text(_WIDTH - _RIGHT, _HEIGHT - 6, view.x, anchor="end")
    )


def _legend(metric: str, train: Series | None, val: Series | None) -> str:
    parts = [_svg.text(18, 54, _svg.clean(metric, 24), css="value")]
    x = 34.0 + 7 * min(24, len(metric))
    for css, label, series in (("train", "training", train), ("val", "validation", val)):
        if series is None or series.last is None:
            continue
        words, value = label, number(series.last.value)
        parts.append(f'<path class="{css}" d="M{x:.1f} 50h22"/>' + _svg.text(x + 28, 54, words))
        x += 28 + 6.4 * len(words) + 4
        parts.append(_svg.text(x, 54, value, css="value"))
        x += 7 * len(value) + 8
        if series.nonfinite:
            parts.append(_svg.text(x, 54, f"{series.nonfinite:,} not finite", css="flag"))
            x += 6.4 * len(f"{series.nonfinite:,} not finite") + 8
        x += 10
    return "".join(parts)


def _words(run: Run, metric: str) -> str:
    train, val = pair_of(run.history, metric)
    said = [
        f"{name} {number(series.last.value)}"
        for name, series in (("training", train), ("validation", val))
        if series is not None and series.last is not None
    ]
    return f"{run.status}, " + (", ".join(said) or "nothing recorded yet")
