"""Rules that others published, to compare with. Each takes and gives what `nnwidgets.divergence.replay` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from benchmarks.flag.hindsight import Rule
from nnwidgets._excursion import noise_of
from nnwidgets._rank_trend import mann_kendall
from nnwidgets.divergence import replay

_Numbers = Sequence[float]
#: Takes the validation and the training loss at each validation; tells at which validations it would stop.
_Stops = Callable[[_Numbers, _Numbers], Iterator[int]]


def _rule(stops: _Stops) -> Rule:
    """Return a rule that flags where ``stops`` first would, and names the best validation until then."""

    def rule(steps: _Numbers, train: _Numbers, val_steps: _Numbers, val: _Numbers) -> list[tuple[int, int]]:
        at = next(stops(val, np.interp(val_steps, steps, train).tolist()), None)
        return [] if at is None else [(at, int(np.argmin(val[: at + 1])))]

    return rule


def _best_so_far(val: _Numbers) -> list[int]:
    """Return for each validation where the best until then was."""
    best = [0]
    for i in range(1, len(val)):
        best.append(i if val[i] < val[best[-1]] else best[-1])
    return best


def patience(epochs: int) -> Rule:
    """Return Keras's and Lightning's early stopping: no better validation for so many of them."""
    return _rule(lambda val, _: (i for i, best in enumerate(_best_so_far(val)) if i - best >= epochs))


def generalisation_loss(percent: float) -> Rule:
    """Return Prechelt's GL: so many per cent above the best ("Early stopping - but when?", 1998, section 2.2)."""

    def stops(val: _Numbers, _: _Numbers) -> Iterator[int]:
        return (i for i, best in enumerate(_best_so_far(val)) if 100 * (val[i] / val[best] - 1) > percent)

    return _rule(stops)


def progress_quotient(quotient: float, strip: int = 5) -> Rule:
    """Return Prechelt's PQ: GL over how much the training loss still moves within a strip (same section)."""

    def stops(val: _Numbers, train: _Numbers) -> Iterator[int]:
        best = _best_so_far(val)
        for end in range(strip - 1, len(val), strip):
            moved = train[end + 1 - strip : end + 1]
            progress = 1000 * (sum(moved) / (strip * max(min(moved), 1e-12)) - 1)
            if 100 * (val[end] / val[best[end]] - 1) > quotient * max(progress, 1e-9):
                yield end

    return _rule(stops)


def strips_up(strips: int, length: int = 5) -> Rule:
    """Return Prechelt's UP: the end of so many strips in a row lies above that of the one before (same section)."""

    def stops(val: _Numbers, _: _Numbers) -> Iterator[int]:
        up = 0
        for before, now in pairwise(range(length - 1, len(val), length)):
            up = up + 1 if val[now] > val[before] else 0
            if up >= strips:
                yield now

    return _rule(stops)


def page_hinkley(slack: float = 0.005, threshold: float = 0.5) -> Rule:
    """Return Page's and Hinkley's test ("Continuous inspection schemes", 1954) for a rise over the best, as a share.

    It begins anew at each new best; otherwise the fall at the beginning would hide every rise.
    """

    def stops(val: _Numbers, _: _Numbers) -> Iterator[int]:
        total = lowest = 0.0
        for i, best in enumerate(_best_so_far(val)):
            total, lowest = (0.0, 0.0) if i == best else (total, lowest)
            total += val[i] / val[best] - 1 - slack
            lowest = min(lowest, total)
            if i >= 5 and total - lowest > threshold:
                yield i

    return _rule(stops)


def cusum(threshold: float, slack: float = 1.0, window: int = 31) -> Rule:
    """Return Page's one-sided cumulative sum of the distance from the best, in units of the noise."""

    def stops(val: _Numbers, _: _Numbers) -> Iterator[int]:
        total = 0.0
        for i, best in enumerate(_best_so_far(val)):
            noise = max(noise_of(val[max(0, i + 1 - window) : i + 1]), 0.005 * abs(val[best]))
            total = 0.0 if i == best else max(0.0, total + (val[i] - val[best]) / noise - slack)
            if i >= 3 and total > threshold:
                yield i

    return _rule(stops)


def gap(ratio: float, patience: int = 1) -> Rule:
    """Return the rule "Overfit" of Amazon SageMaker Debugger: the gap over the training loss, more than once."""

    def stops(val: _Numbers, train: _Numbers) -> Iterator[int]:
        wide = 0
        for i, (high, low) in enumerate(zip(val, train, strict=True)):
            wide = wide + 1 if (high - low) / max(abs(low), 1e-12) > ratio else 0
            if wide > patience:
                yield i

    return _rule(stops)


def one_epoch() -> Rule:
    """Return the check of Umlaut (Schoop et al., CHI 2021): validation rose and training did not, in one epoch."""

    def stops(val: _Numbers, train: _Numbers) -> Iterator[int]:
        return (i for i in range(1, len(val)) if val[i] > val[i - 1] and train[i] <= train[i - 1])

    return _rule(stops)


def fixed_bounds(rise: float = 0.05, sigmas: float = 3.0, trend: float = 1.3, share: float = 0.3) -> Rule:
    """Return level, trend and train with fixed bounds: what our rule was before its odds.

    The median of three lies above its lowest by so much, the trend since the best rises, that was some validations
    ago, and the training loss has not risen.
    """

    def stops(val: _Numbers, train: _Numbers) -> Iterator[int]:
        level = [float(np.median(val[max(0, i - 2) : i + 1])) for i in range(len(val))]
        train_level = [float(np.median(train[max(0, i - 2) : i + 1])) for i in range(len(val))]
        for i, (lowest, best) in enumerate(zip(_best_so_far(level), _best_so_far(val), strict=True)):
            since = val[max(best, i - 19) : i + 1]
            noise = noise_of(val[max(0, i - 30) : i + 1])
            if (
                i >= 4
                and i - lowest >= max(3, share * lowest)
                and level[i] - level[lowest] > max(rise * abs(level[lowest]), sigmas * noise)
                and len(since) >= 4
                and mann_kendall(since) >= trend
                and train_level[i] <= 1.02 * train_level[lowest]
            ):
                yield i

    return _rule(stops)


RULES: dict[str, Rule] = {
    **{f"patience of {epochs}": patience(epochs) for epochs in (3, 5, 10, 20)},
    **{f"generalisation loss, {percent} %": generalisation_loss(percent) for percent in (2, 5, 20)},
    **{f"progress quotient {quotient:g}": progress_quotient(quotient) for quotient in (0.5, 0.75, 2)},
    **{f"{strips} strips up": strips_up(strips) for strips in (2, 3)},
    "Page–Hinkley": page_hinkley(),
    **{f"cumulative sum of {threshold} sigmas": cusum(threshold) for threshold in (8, 20)},
    "gap of 10 %": gap(0.1),
    "up within one epoch": one_epoch(),
    "level, trend and train with fixed bounds": fixed_bounds(),
    "**nnwidgets**": replay,
}
