"""Just enough SVG: escaped text that fits, paths that stop at gaps, and the palette of the panel in both themes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from nnwidgets._lettering import clean, fit, width, wrapped

__all__ = ["area", "clean", "fit", "path", "picture", "style", "text", "width", "wrapped"]

#: The panel's colours; JupyterLab's extension swaps the class of the root by the theme.
_PALETTES: Final = (
    ".nnw-light{--bg:#fff;--line:#e0e0e0;--ink:#1f2328;--ink2:#5b6470;--train:#0072b2;--val:#c25400;--good:#00735a;"
    "--warn:#8a5100;--flag:#b3123c;--accent:#1976d2;--ghost:#86702f}"
    ".nnw-dark{--bg:#1b1d21;--line:#383c43;--ink:#e6e8eb;--ink2:#a8b0ba;--train:#56b4e9;--val:#f0a35e;--good:#4fd1a5;"
    "--warn:#f0b95e;--flag:#ff7a98;--accent:#64b5f6;--ghost:#d0bb7c}"
)
_HALO: Final = "paint-order:stroke;stroke:var(--bg);stroke-width:3px"
_RULES: Final = {
    "text": "font:11px system-ui,-apple-system,'Segoe UI',sans-serif;fill:var(--ink2);"
    "font-variant-numeric:tabular-nums",
    ".bg": "fill:var(--bg);stroke:var(--line)",
    ".name": "font-size:14px;font-weight:600;fill:var(--ink)",
    ".value": "font-weight:600;fill:var(--ink)",
    ".grid": "stroke:var(--line);fill:none",
    ".train,.raw": "fill:none;stroke:var(--train);stroke-width:2;stroke-linejoin:round",
    ".raw": "opacity:.3;stroke-width:1",
    ".band": "fill:var(--train);opacity:.13",
    ".val": "fill:none;stroke:var(--val);stroke-width:2;stroke-dasharray:6 3",
    ".dot": "fill:var(--val)",
    ".best": "fill:var(--bg);stroke:var(--val);stroke-width:2",
    ".bestname": f"fill:var(--val);font-weight:600;{_HALO}",
    ".gap": "stroke:var(--flag);stroke-width:2",
    ".running": "fill:var(--good)",
    ".finished": "fill:var(--accent)",
    ".failed,.flag": "fill:var(--flag)",
    ".paused,.interrupted": "fill:var(--warn)",
}


def style(more: dict[str, str] | None = None) -> str:
    """Return the rules of a picture; they hold inside it alone, also where it becomes a part of a page."""
    rules = [
        f"{','.join(f'.nnw-still {one}' for one in names.split(','))}{{{body}}}"
        for names, body in {**_RULES, **(more or {})}.items()
    ]
    return f"<style>{_PALETTES}{''.join(rules)}</style>"


def picture(width: float, height: float, label: str, rules: str, body: str) -> str:
    """Return a whole picture: a card with what is drawn on it, and words for who cannot see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nnw-light" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label={quoteattr(label)}>{rules}'
        f'<g class="nnw-still"><rect class="bg" x=".5" y=".5" width="{width - 1:.0f}" height="{height - 1:.0f}" '
        f'rx="8"/>{body}</g></svg>'
    )


def text(x: float, y: float, words: str, *, css: str = "", anchor: str = "start") -> str:
    """Write words; whatever they look like, they stay words."""
    shown = escape(clean(words, 200))
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
