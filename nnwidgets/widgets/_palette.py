"""The colours of the panel, as the CSS variables that follow the theme; the values are in ``panel.css``.

The fallbacks serve a chart that stands alone, in anyone's own layout.
"""

from __future__ import annotations

from typing import Final

TRAIN: Final = "var(--nnw-train,#0072b2)"
VALIDATION: Final = "var(--nnw-val,#d55e00)"
GHOSTS: Final = (
    "var(--nnw-ghost-1,#8f96a0)",
    "var(--nnw-ghost-2,#a07c9c)",
    "var(--nnw-ghost-3,#7a9c86)",
    "var(--nnw-ghost-4,#b09a6a)",
)
#: What tells the ghosts apart where colours do not: the shape of their spots, as bqplot calls it. The legend's swatches
#: in ``panel.css`` have the same, in the same order.
SHAPES: Final = ("square", "triangle-up", "cross", "triangle-down")
ACCENT: Final = "var(--nnw-accent,#1976d2)"
LINES: Final = "var(--nnw-line,#e0e0e0)"
INK: Final = "var(--nnw-ink-2,#5b6470)"
PAPER: Final = "var(--nnw-bg,#ffffff)"
FLAG: Final = "var(--nnw-flag,#b3123c)"
