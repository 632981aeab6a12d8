"""The best of some validations, how noisy they are, and whether two bests differ by more than that."""

from __future__ import annotations

import dataclasses
import math
import statistics
from dataclasses import dataclass
from typing import Final

import numpy as np

from nnwidgets._i18n import later, now, t
from nnwidgets._metrics import number
from nnwidgets._points import Floats, Points

#: Differences up to so many standard deviations count as noise.
SIGMAS: Final = 2.0
#: Validations that a noise is measured on, at least.
_LEAST: Final = 4
#: Differences that a noise is measured from, by their order: the deviation of those of noise of deviation 1, which is
#: the root of the sum of the squares of the binomial coefficients.
_ORDERS: Final[dict[int, float]] = {2: math.sqrt(6.0), 3: math.sqrt(20.0), 4: math.sqrt(70.0)}
#: The median of |z|, and the least noise as a share of the values: they are not known better.
_MEDIAN: Final = 0.67449
_LEAST_NOISE: Final = 1e-3
#: How many times one value is another before it is said so rather than in percent, and up to which that helps.
_MANY: Final = 10.0
_MOST: Final = 1e6
#: What is said of a difference that is more than noise.
_CLEAR: Final = {
    True: later("{words}, better by more than the noise (±{noise})."),
    False: later("{words}, worse by more than the noise (±{noise})."),
}


@dataclass(frozen=True)
class Best:
    """The best of some validations.

    Attributes
    ----------
    value, step
        The value, NaN where there is none, and its step.
    count
        How many validations it is the best of.
    noise
        Their standard deviation from one to the next, without the trend; NaN where there are too few.
    """

    value: float
    step: int
    count: int
    noise: float

    def of(self, value: float | None) -> Best:
        """Return the same with another value."""
        return dataclasses.replace(self, value=math.nan if value is None else value)


def best_of(points: Points, *, greatest: bool = False) -> Best:
    """Return the best of some validations."""
    finite = points.part(np.isfinite(points.value))
    if not len(finite.value):
        return Best(math.nan, 0, 0, math.nan)
    at = int(np.argmax(finite.value) if greatest else np.argmin(finite.value))
    return Best(float(finite.value[at]), int(finite.step[at]), len(finite.value), scatter_of(finite.value))


def scatter_of(values: Floats) -> float:
    """Return the standard deviation of values from one to the next, without their trend; NaN for fewer than four.

    From the medians of their second to fourth differences, of which the least counts: neither the bend of a steep fall
    nor a single jump is noise. Higher ones are taken where there are four or more of them.
    """
    if len(values) < _LEAST:
        return math.nan
    bends = [
        statistics.median(np.abs(np.diff(values, order)).tolist()) / (deviation * _MEDIAN)
        for order, deviation in _ORDERS.items()
        if order == 2 or len(values) - order >= 4
    ]
    return float(max(min(bends), _LEAST_NOISE * abs(float(np.median(values)))))


def better(value: float, than: float | None, *, greatest: bool = False) -> bool:
    """Tell whether a value is better than another, or than none."""
    if than is None or math.isnan(than):
        return not math.isnan(value)
    return value > than if greatest else value < than


def difference(before: Best, after: Best, *, greatest: bool = False) -> str:
    """Say how the best of one compares with the best of another, and whether that is more than noise."""
    gap = after.value - before.value
    noise = math.hypot(before.noise, after.noise)
    if not math.isfinite(gap):
        return t("There is no validation to compare yet.")
    if not gap:
        return t("The same.")
    words = t("{gap} higher", gap=number(abs(gap))) if gap > 0 else t("{gap} lower", gap=number(abs(gap)))
    words += _share(before.value, after.value)
    if math.isnan(noise):
        return t("{words}; too few validations yet to tell it from noise.", words=words)
    width = number(SIGMAS * noise)
    if abs(gap) <= SIGMAS * noise:
        return t(
            "{words}: within the noise of the validation (±{noise}), so no difference.",
            words=words,
            noise=width,
        )
    return now(_CLEAR[(gap > 0) == greatest], words=words, noise=width)


def _share(before: float, after: float) -> str:
    """Return a difference as a share of what was before, or how many times it is where that says more."""
    if before <= 0 or after < 0:
        return ""
    times = max(after / before, before / after) if after > 0 else 1.0
    if times >= _MANY:
        return " " + t("({times} times)", times=f"{float(f'{times:.2g}'):,.0f}") if times < _MOST else ""
    percent = 100 * abs(after - before) / before
    if percent < 0.01:
        return " " + t("(under 0.01 %)")
    return f" ({percent:.2g} %)" if percent < 10 else f" ({percent:,.0f} %)"


def capital(words: str) -> str:
    """Begin a sentence."""
    return words[:1].upper() + words[1:]
