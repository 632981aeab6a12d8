"""Rules that others published, to compare with. Each takes and gives what `nnwidgets.divergence.replay` does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from benchmarks.flag.hindsight import Rule
from nnwidgets.divergence import replay

_Numbers = Sequence[float]


def patience(epochs: int) -> Rule:
    """Return Keras's and Lightning's early stopping: no better validation for so many of them."""

    def rule(
        _steps: _Numbers, _train: _Numbers, _val_steps: _Numbers, val: _Numbers
    ) -> list[tuple[int, int]]:
        best = 0
        for i, value in enumerate(val):
            if value < val[best]:
                best = i
            elif i - best >= epochs:
                return [(i, best)]
        return []

    return rule


def generalisation_loss(percent: float) -> Rule:
    """Return Prechelt's GL: so many per cent above the best ("Early stopping - but when?", 1998, section 2.2)."""

    def rule(
        _steps: _Numbers, _train: _Numbers, _val_steps: _Numbers, val: _Numbers
    ) -> list[tuple[int, int]]:
        best = 0
        for i, value in enumerate(val):
            if value < val[best]:
                best = i
            elif 100 * (value / val[best] - 1) > percent:
                return [(i, best)]
        return []

    return rule


def strips_up(strips: int, length: int = 5) -> Rule:
    """Return Prechelt's UP: the end of so many strips in a row lies above that of the one before (same section)."""

    def rule(
        _steps: _Numbers, _train: _Numbers, _val_steps: _Numbers, val: _Numbers
    ) -> list[tuple[int, int]]:
        ends = range(length - 1, len(val), length)
        up = 0
        for before, now in pairwise(ends):
            up = up + 1 if val[now] > val[before] else 0
            if up >= strips:
                return [(now, int(np.argmin(val[: now + 1])))]
        return []

    return rule


RULES: dict[str, Rule] = {
    "patience of 3": patience(3),
    "patience of 5": patience(5),
    "patience of 10": patience(10),
    "patience of 20": patience(20),
    "generalisation loss, 5 %": generalisation_loss(5),
    "generalisation loss, 20 %": generalisation_loss(20),
    "2 strips up": strips_up(2),
    "3 strips up": strips_up(3),
    "**nnwidgets**": replay,
}
