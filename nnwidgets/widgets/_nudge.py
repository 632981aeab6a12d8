"""What the keys of a chart do to the part of it that is shown."""

from __future__ import annotations

from typing import Final

from nnwidgets._domain import Range

#: What is left of the width after a step nearer, and the share of it by which a step sideways goes.
_NEARER: Final = 0.6
_ASIDE: Final = 0.25
#: The least share of the whole that can be shown, so that the numbers at the axis can still be told apart.
_LEAST: Final = 1e-5

WAYS: Final = ("in", "out", "left", "right")


def nudged(shown: Range, whole: Range, way: str) -> Range | None:
    """Return how far x reaches after a step, or None where that is all there is.

    Parameters
    ----------
    shown, whole
        What the axis shows now, and what it shows when nobody zooms.
    way
        ``"in"`` and ``"out"`` go about the middle, ``"left"`` and ``"right"`` move; none goes beyond the whole.
    """
    lo, hi = shown
    width, middle = hi - lo, (lo + hi) / 2
    room = whole[1] - whole[0]
    if way == "in":
        width = max(width * _NEARER, room * _LEAST)
    elif way == "out":
        width /= _NEARER
    else:
        middle += width * (_ASIDE if way == "right" else -_ASIDE)
    if width >= room * (1 - 1e-9):
        return None
    middle = min(max(middle, whole[0] + width / 2), whole[1] - width / 2)
    return middle - width / 2, middle + width / 2
