"""What the tests of the history share: points, and a file of points that needs no file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from nnwidgets._points import Points
from nnwidgets.history import History, Series


def points(values: ArrayLike, *, first: int = 1) -> Points:
    """Return points at the steps ``first``, ``first + 1`` …, a hundredth of a second apart."""
    values = np.asarray(values, dtype=np.float64)
    steps = np.arange(first, first + len(values))
    return Points.of(steps, steps / 100, values)


def series_of(values: ArrayLike, steps: Sequence[int] | None = None) -> Series:
    """Return a series of these values."""
    made = points(values)
    if steps is not None:
        made = Points.of(steps, np.asarray(steps) / 100, made.value)
    history = History()
    history.extend({"train/loss": made})
    return history["train/loss"]


def same(left: Points, right: Points) -> bool:
    """Tell whether points are bit for bit the same (NaN is NaN)."""
    return all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(left, right, strict=True))


class Memory:
    """A `PointSource` that holds what it is given, as the run's file does, and counts how often it is read."""

    def __init__(self) -> None:
        self.held: dict[str, list[Points]] = {}
        self.reads = 0

    def add(self, name: str, more: Points) -> None:
        self.held.setdefault(name, []).append(more)

    def points(self, name: str, lo: int | None, hi: int | None) -> Points:
        self.reads += 1
        whole = Points.joined(self.held[name])
        begin = 0 if lo is None else np.searchsorted(whole.step, lo, "left")
        end = None if hi is None else np.searchsorted(whole.step, hi, "right")
        return whole.part(slice(begin, end))


class Formula:
    """A `PointSource` of any length: the value at step ``s`` is ``f(s)``, its time ``s / 100``."""

    def __init__(self) -> None:
        self.spikes: dict[int, float] = {}

    def points(self, name: str, lo: int | None, hi: int | None) -> Points:
        assert lo is not None
        assert hi is not None
        steps = np.arange(lo, hi + 1)
        values = 1.0 + (steps * 2654435761 % 1000) / 1000
        for step, value in self.spikes.items():
            if lo <= step <= hi:
                values[step - lo] = value
        return Points(steps, steps / 100, values)
