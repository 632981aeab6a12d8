"""A validation curve's way since its best value: how far it has risen, for how long, and what that means.

An *excursion* is what lies between a best validation and the next: while it lasts nobody knows whether the curve will
return. What is measured of it here is free of units, so that one rule serves every loss.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from nnwidgets._rank_trend import WIDTH, mann_kendall, recent

#: Validations over which the noise is measured.
_WINDOW: Final = 30
#: Least noise, as a share of the level: loss that is printed with three digits is not known better.
_LEAST_NOISE: Final = 1e-3
#: The median of |second difference| of independent Gaussian noise of deviation 1: sqrt(6), times that of |z|.
_MEDIAN_BEND: Final = math.sqrt(6.0) * 0.67449
#: Past excursions that are remembered: those that no other exceeds in both height and length.
_REMEMBERED: Final = 32


class Features(NamedTuple):
    """What the rule weighs. All of it is dimensionless."""

    #: Logarithm of the rise above the best, over the level of the loss.
    rise: float
    #: Logarithm of the rise above the best, over the whole improvement so far.
    undone: float
    #: Mann-Kendall z of the validation loss since its best.
    trend: float
    #: Mann-Kendall z of the training loss since then.
    train_trend: float
    #: Logarithm of the training loss over that at the best.
    train: float
    #: Logarithm of how much of this excursion an earlier one reached that ended in a new best.
    precedent: float
    #: Logarithm of the distance, in units of noise, that the lowest of the last three keeps from the best.
    clearance: float


class Excursion:
    """What is known of one validation curve, of which less is better. `add` takes one validation; memory is bounded."""

    def __init__(self, *, positive: bool = True) -> None:
        #: Whether zero is the floor of the loss, so that a share of its value means something.
        self.positive = positive
        self.count = 0
        self.best = math.inf
        #: Validations since the best.
        self.since = 0
        #: The lowest median of three consecutive validations, and the median now.
        self.lowest = math.inf
        self.level = math.inf
        self.noise = 0.0
        self.train_level: float | None = None
        self.train_at_best: float | None = None
        #: Validations since the last one that lay within the noise of the best.
        self.since_near = 0
        self._first: list[float] = []
        self._values: deque[float] = deque(maxlen=max(_WINDOW + 1, WIDTH))
        self._train: deque[float] = deque(maxlen=WIDTH)
        self._bends: deque[float] = deque(maxlen=_WINDOW - 1)
        self._train_first: list[float] = []
        self._train_lowest = math.inf
        self._height = 0.0
        self._returned: list[tuple[int, float]] = []

    def add(self, value: float, train: float | None) -> bool:
        """Take a validation and return whether it is the best so far."""
        self.count += 1
        self.positive = self.positive and value > 0
        if len(self._first) < 3:
            self._first.append(value)
        self._values.append(value)
        if len(self._values) > 2:
            self._bends.append(abs(self._values[-1] - 2.0 * self._values[-2] + self._values[-3]))
        self._add_train(train)
        improved = value < self.best
        if improved:
            self._return()
            self.best = value
            self.since = self.since_near = 0
            self.train_at_best = self.train_level
        else:
            self.since += 1
            self.since_near += 1
        self.level = _median(self._values)
        self.lowest = min(self.lowest, self.level)
        scale = self.scale
        self.noise = max(_spread(self._bends), _LEAST_NOISE * scale)
        self._height = max(self._height, self.level - self.best)
        if value - self.best <= max(0.01 * scale, self.noise):
            self.since_near = 0
        return improved

    @property
    def scale(self) -> float:
        """What a rise is a share of: the best loss, or, where zero is no floor, the improvement so far."""
        start = _median(self._first)
        if self.positive:
            return max(abs(self.best), 1e-3 * abs(start), 1e-12)
        return max(start - self.best, _LEAST_NOISE * abs(self.best), 1e-12)

    @property
    def rise(self) -> float:
        """How far the curve lies above its lowest, both of them medians of three, in units of the loss."""
        return self.level - self.lowest

    @property
    def train_change(self) -> float | None:
        """The training loss now over that at the best, less 1; None where it is unknown or zero is no floor."""
        if (
            self.train_level is None
            or self.train_at_best is None
            or self.train_at_best <= 0
            or self.train_level < 0
        ):
            return None
        return self.train_level / self.train_at_best - 1.0

    @property
    def train_rise(self) -> float:
        """How far the training loss lies above that at the best, in the unit in which the rule weighs it."""
        if self.train_level is None or self.train_at_best is None:
            return 0.0
        return self.train_level - self.train_at_best

    def trend(self) -> float:
        """Return the Mann-Kendall z of the validations since the best."""
        return mann_kendall(recent(self._values, self.since))

    def train_trend(self) -> float:
        """Return the same of the training loss."""
        return mann_kendall(recent(self._train, self.since))

    def features(self) -> Features:
        """Return what the rule weighs."""
        scale = self.scale
        rise = max(self.level - self.best, 1e-9 * scale)
        improved = max(_median(self._first) - self.best, 0.0)
        last = list(self._values)[-min(3, self.since or 1) :]
        return Features(
            rise=_log(rise / scale, 1e-4, 10.0),
            undone=_log(rise / (improved + 0.01 * scale), 1e-3, 100.0),
            trend=self.trend(),
            train_trend=self.train_trend(),
            train=_log(self._train_ratio(), 0.02, 5.0),
            precedent=math.log(self._precedent(rise) + 0.05),
            clearance=math.log(max(min(last) - self.best, 0.0) / self.noise + 0.1),
        )

    def forget_best(self) -> None:
        """Remember the excursion as one that ended, though without a new best."""
        self._return()

    def _add_train(self, train: float | None) -> None:
        if train is None or not math.isfinite(train):
            return
        self._train.append(train)
        if len(self._train_first) < 3:
            self._train_first.append(train)
        self.train_level = _median(self._train)
        self._train_lowest = min(self._train_lowest, train)

    def _train_ratio(self) -> float:
        if self.train_level is None or self.train_at_best is None:
            return 1.0
        if self.positive and self.train_at_best > 0:
            return self.train_level / self.train_at_best + _LEAST_NOISE
        span = _median(self._train_first) - self._train_lowest
        return 1.0 + self.train_rise / span if span > 0 else 1.0

    def _precedent(self, rise: float) -> float:
        """Return the largest share of this excursion, in length and in height, that an earlier one reached."""
        since = max(self.since, 1)
        return max((min(length / since, height / rise) for length, height in self._returned), default=0.0)

    def _return(self) -> None:
        """Note that the curve came back from where it was."""
        length, height = self.since, self._height
        self._height = 0.0
        if not length or any(l >= length and h >= height for l, h in self._returned):  # noqa: E741
            return
        self._returned = [(l, h) for l, h in self._returned if l > length or h > height]  # noqa: E741
        self._returned.append((length, height))
        del self._returned[:-_REMEMBERED]


def noise_of(values: Sequence[float]) -> float:
    """Return the deviation of values from one to the next without their trend, from their second differences.

    Their median, so that neither a steep fall at the beginning nor an outlier counts as noise.
    """
    triples = zip(values, values[1:], values[2:], strict=False)
    return _spread([abs(c - 2.0 * b + a) for a, b, c in triples])


def _spread(bends: Collection[float]) -> float:
    return statistics.median(bends) / _MEDIAN_BEND if bends else 0.0


def _median(values: Sequence[float]) -> float:
    """Return the median of the last three values, or of fewer."""
    if len(values) < 3:
        return sum(values) / len(values)
    a, b, c = values[-3], values[-2], values[-1]
    return max(min(a, b), min(max(a, b), c))


def _log(ratio: float, least: float, most: float) -> float:
    return math.log(min(max(ratio, least), most))
