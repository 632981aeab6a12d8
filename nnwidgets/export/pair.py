"""A still picture of two runs in one frame: the second in colour, the first as a ghost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

from nnwidgets import _domain, _ticks
from nnwidgets._metrics import pair_of
from nnwidgets._view import View, curve
from nnwidgets.export import _svg

if TYPE_CHECKING:
    from nnwidgets.run import Run

_WIDTH, _HEIGHT = 720.0, 280.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 20.0, 40.0, 40.0
_ROWS: Final = 300
_STYLE: Final = (
    ".other{fill:none;stroke:var(--ink2);stroke-width:1.6}.dash{stroke-dasharray:6 3}.thin{opacity:.5}"
)


def pair_svg(run_a: Run, run_b: Run, metric: str) -> str:
    """Draw one metric of two runs: training as lines, validation dashed."""
    known = run_a.history.epochs.known and run_b.history.epochs.known
    view = View(x="epoch" if known else "step")
    drawn = []
    for run, (train, val) in (
        (run_a, ("other thin", "other dash")),
        (run_b, ("train", "val")),
    ):
        series = zip(pair_of(run.history, metric), (train, val), strict=True)
        drawn += [(curve(run.history, one, view, _ROWS), css) for one, css in series if one is not None]
    reached = max((float(c.x[-1]) for c, _ in drawn if len(c.x)), default=1.0)
    xs = 0.0, max(reached * 1.01, 1e-6)
    ys = _domain.across([c.mean for c, _ in drawn], log=False) or (0.0, 1.0)

    def x(value: float) -> float:
        return _LEFT + (_WIDTH - _RIGHT - _LEFT) * (value - xs[0]) / (xs[1] - xs[0])

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * (value - ys[0]) / (ys[1] - ys[0])

    lines = ""
    for c, css in drawn:
        values = c.smooth if css in ("train", "other thin") else c.mean
        points = [
            (x(a), y(b) if math.isfinite(b) else math.nan)
            for a, b in zip(c.x.tolist(), values.tolist(), strict=True)
        ]
        lines += _svg.path(points, css)
    grid = "".join(f"M{_LEFT:.1f} {y(t):.1f}H{_WIDTH - _RIGHT:.1f}" for t in _ticks.linear_ticks(*ys, 6))
    words = "".join(
        _svg.text(_LEFT - 8, y(t) + 4, _ticks.plain(t), anchor="end") for t in _ticks.linear_ticks(*ys, 6)
    )
    words += "".join(
        _svg.text(x(t), _HEIGHT - _BOTTOM + 18, _ticks.count(t), anchor="middle")
        for t in _ticks.linear_ticks(*xs, 8)
    )
    names = _svg.clean(run_b.name, 30), _svg.clean(run_a.name, 30)
    at = 18 + 28 + 7.2 * len(names[0]) + 24
    legend = (
        '<path class="val" d="M18 20h22"/>' + _svg.text(46, 24, names[0], css="value")
        + f'<path class="other dash" d="M{at:.0f} 20h22"/>' + _svg.text(at + 28, 24, names[1], css="value")
    )  # fmt: skip
    label = _svg.clean(f"{metric} of {run_b.name} and of {run_a.name}", 200)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nnw-light" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" '
        f'width="{_WIDTH:.0f}" height="{_HEIGHT:.0f}" role="img" aria-label={quoteattr(label)}>'
        f"<style>{_svg.STYLE}{_STYLE}</style>"
        f'<rect class="bg" x=".5" y=".5" width="{_WIDTH - 1:.0f}" height="{_HEIGHT - 1:.0f}" rx="8"/>'
        f'<path class="grid" d="{grid}"/>{words}{_svg.text(_WIDTH - _RIGHT, _HEIGHT - 6, view.x, anchor="end")}'
        f"{lines}{legend}</svg>"
    )
