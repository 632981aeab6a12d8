"""The colours of a drawn graph, for a light and a dark page; literal ones, which every program that reads SVG knows."""

from __future__ import annotations

from typing import Final

#: For light and for dark pages: what is filled with what, and its border.
_COLOURS: Final = {
    ".bg": ("fill:#fff;stroke:#e0e0e0", "fill:#1b1d21;stroke:#383c43"),
    ".frame.d1": ("fill:#fafbfc;stroke:#c3cad2", "fill:#202328;stroke:#4a5058"),
    ".frame.d0": ("fill:#f3f5f8;stroke:#b9c1cb", "fill:#272b31;stroke:#545b64"),
    ".bar": ("fill:#e6eaef", "fill:#343a42"),
    ".layer": ("fill:#e4f0fa;stroke:#0072b2", "fill:#17344a;stroke:#56b4e9"),
    ".function": ("fill:#fff;stroke:#7b8591", "fill:#24282e;stroke:#8d97a3"),
    ".ends": ("fill:#e0f4ed;stroke:#00735a", "fill:#143a31;stroke:#4fd1a5"),
    ".data": ("fill:#fcefe0;stroke:#c25400", "fill:#42301d;stroke:#f0a35e"),
    "rect.back,circle.back": ("fill:#f4ebfa;stroke:#8145b0", "fill:#37264a;stroke:#c79bee"),
    ".closed": ("fill:#eef1f5;stroke:#5b6470", "fill:#2b3037;stroke:#a8b0ba"),
    ".more": ("fill:none;stroke:#7b8591", "fill:none;stroke:#8d97a3"),
    "rect.failed": ("fill:#fdeaef;stroke:#b3123c", "fill:#47202c;stroke:#ff7a98"),
    ".badge": ("fill:#1976d2", "fill:#64b5f6"),
    ".wire": ("stroke:#6d7784", "stroke:#98a2ae"),
    ".arrow": ("fill:#6d7784", "fill:#98a2ae"),
    ".wire.back": ("stroke:#8145b0", "stroke:#c79bee"),
    ".arrow.back": ("fill:#8145b0", "fill:#c79bee"),
    "text": ("fill:#5b6470", "fill:#a8b0ba"),
    ".head,.sign": ("fill:#1f2328", "fill:#e6e8eb"),
    ".shape": ("fill:#5b6470;stroke:#fff", "fill:#a8b0ba;stroke:#1b1d21"),
    ".times": ("fill:#fff", "fill:#10243a"),
    ".wrong": ("fill:#b3123c", "fill:#ff7a98"),
}

_RULES: Final = {
    "text": "font:12px system-ui,-apple-system,'Segoe UI',sans-serif;font-variant-numeric:tabular-nums",
    ".head": "font-weight:600",
    ".beside": "font-weight:400",
    ".small": "font-size:10.5px",
    ".note": "font-size:11px",
    ".sign": "font-size:17px",
    ".times": "font-size:10.5px;font-weight:600",
    ".shape": "paint-order:stroke;stroke-width:3px;stroke-linejoin:round",
    ".mid": "text-anchor:middle",
    ".end": "text-anchor:end",
    ".wire": "fill:none;stroke-width:1.3",
    ".wire.back": "stroke-dasharray:5 3",
    ".more": "stroke-dasharray:3 3",
    "rect.failed": "stroke-width:2",
}


def _scoped(rules: dict[str, str]) -> str:
    """Return rules that hold inside such a picture alone, also where it becomes a part of a page."""
    return "".join(
        f"{','.join(f'.nnw-graph {one}' for one in names.split(','))}{{{body}}}"
        for names, body in rules.items()
    )


def _theme(which: int) -> str:
    both = {names: pair[which] for names, pair in _COLOURS.items()}
    return _scoped({**both, ".beside": both["text"]})


STYLE: Final = f"{_scoped(_RULES)}{_theme(0)}@media(prefers-color-scheme:dark){{{_theme(1)}}}"
