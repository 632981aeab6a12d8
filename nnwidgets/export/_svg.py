"""Just enough SVG: escaped text, paths that stop at gaps, and the palette of the panel in both themes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape, quoteattr

#: The panel's colours; JupyterLab's extension swaps the class of the root by the theme.
STYLE: Final = (
    ".nnw-light{--bg:#fff;--line:#e0e0e0;--ink:#1f2328;--ink2:#5b6470;--train:#0072b2;--val:#c25400;--good:#00735a;"
    "--warn:#8a5100;--flag:#b3123c;--accent:#1976d2}"
    ".nnw-dark{--bg:#1b1d21;--line:#383c43;--ink:#e6e8eb;--ink2:#a8b0ba;--train:#56b4e9;--val:#f0a35e;--good:#4fd1a5;"
    "--warn:#f0b95e;--flag:#ff7a98;--accent:#64b5f6}"
    "text{font:11px system-ui,-apple-system,'Segoe UI',sans-serif;fill:var(--ink2);font-variant-numeric:tabular-nums}"
    ".bg{fill:var(--bg);stroke:var(--line)}.name{font-size:14px;font-weight:600;fill:var(--ink)}"
    ".value{font-weight:600;fill:var(--ink)}.grid{stroke:var(--line);fill:none}"
    ".train,.raw{fill:none;stroke:var(--train);stroke-width:2;stroke-linejoin:round}.raw{opacity:.3;stroke-width:1}"
    ".band{fill:var(--train);opacity:.13}.val{fill:none;stroke:var(--val);stroke-width:2;stroke-dasharray:6 3}"
    ".dot{fill:var(--val)}.best{fill:var(--bg);stroke:var(--val);stroke-width:2}"
    ".bestname{fill:var(--val);font-weight:600;paint-order:stroke;stroke:var(--bg);stroke-width:3px}"
    ".gap{stroke:var(--flag);stroke-width:2}.flag{fill:var(--flag)}"
    ".running{fill:var(--good)}.finished{fill:var(--accent)}.failed{fill:var(--flag)}"
    ".paused,.interrupted{fill:var(--warn)}"
)


def clean(text: str, length: int = 60) -> str:
    """Return text that XML can hold, shortened."""
    text = "".join(c for c in text if c.isprintable())
    return text if len(text) <= length else text[: length - 1] + "…"


def text(x: float, y: float, words: str, *, css: str = "", anchor: str = "start") -> str:
    """Write words; whatever they look like, they stay words."""
    shown = escape(clean(words, 120))
    return f'<text x="{x:.1f}" y="{y:.1f}" class={quoteattr(css)} text-anchor="{anchor}">{shown}</text>'


def path(points: Iterable[tuple[float, float]], css: str) -> str:
    """Draw a line that is interrupted where a coordinate is not finite."""
    parts: list[str] = []
    pen = "M"
    for x, y in points:
        if math.isfinite(x) and math.isfinite(y):
            parts.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
        else:
            pen = "M"
    return f'<path class="{css}" d="{"".join(parts)}"/>' if parts else ""


def area(upper: list[tuple[float, float]], lower: list[tuple[float, float]], css: str) -> str:
    """Fill between two lines, piece by piece where they are interrupted."""
    pieces: list[str] = []
    piece: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for pair in [*zip(upper, lower, strict=True), ((math.nan, math.nan), (math.nan, math.nan))]:
        if all(math.isfinite(value) for point in pair for value in point):
            piece.append(pair)
        elif piece:
            outline = [up for up, _ in piece] + [low for _, low in reversed(piece)]
            pieces.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in outline) + "Z")
            piece = []
    return f'<path class="{css}" d="{"".join(pieces)}"/>' if pieces else ""
