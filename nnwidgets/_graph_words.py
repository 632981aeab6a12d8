"""The words and figures of a graph, the same wherever it is drawn or told."""

from __future__ import annotations

from nnwidgets._i18n import t
from nnwidgets.graph import Array

_STEPS = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def big(number: float) -> str:
    """Return a large number in three figures: ``25.6 M``, with a blank before the letter; small ones as they are."""
    for step, letter in _STEPS:
        if number >= step * 0.9995:
            scaled = number / step
            return f"{scaled:.{2 if scaled < 9.995 else 1 if scaled < 99.95 else 0}f} {letter}"
    return f"{number:.0f}"


def operations(flops: int) -> str:
    """Return floating-point operations of one pass: ``4.12 GFLOPs``, ``320 FLOPs``."""
    number = big(flops)
    return f"{number}{'' if number[-1].isalpha() else ' '}FLOPs"


def shape(array: Array | None) -> str:
    """Return a shape as people write it: ``64×3×32×32``, ``?`` for a dimension that is not fixed, ``scalar``."""
    if array is None:
        return ""
    return "×".join("?" if length is None else str(length) for length in array.shape) or t("scalar")
