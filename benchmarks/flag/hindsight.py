"""What a curve turned out to be, seen whole, and how a rule did on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.flag.curves import Curve
from nnwidgets._points import Floats

#: Takes train steps, train, validation steps and validation; gives (flag, best so far) as indices, or nothing.
Rule = Callable[[Sequence[float], Sequence[float], Sequence[float], Sequence[float]], list[tuple[int, int]]]
Class = Literal["overfit", "unstable", "clean", "grey"]


@dataclass(frozen=True)
class Truth:
    """What hindsight says of one curve."""

    kind: Class
    #: The first and the last validation that lie within 1 % or the noise of the smoothed minimum.
    first: int
    last: int
    noise: float


def truth(curve: Curve) -> Truth:
    """Judge a curve by its running median: where is its minimum, and how far above it does it end?"""
    n = len(curve.val)
    width = 3 if n < 20 else 9 if n >= 200 else 5
    smooth, train = _running_median(curve.val, width), _running_median(curve.train, width)
    at = int(np.argmin(smooth))
    lowest = smooth[at]
    bends = np.abs(np.diff(curve.val, 2))
    noise = max(1.4826 * float(np.median(bends)) / np.sqrt(6), 1e-3 * abs(lowest))
    tail = max(3, -(-n // 10))
    rise = float(np.median(curve.val[-tail:])) - lowest
    near = np.flatnonzero(smooth <= lowest + max(0.01 * lowest, noise))
    rose = float(np.median(curve.train[-tail:])) > 1.02 * float(train[at])
    kind = _class(rise, lowest, noise, after=n - 1 - at, train_rose=rose)
    return Truth(kind, int(near[0]), int(near[-1]), noise)


def _class(rise: float, lowest: float, noise: float, *, after: int, train_rose: bool) -> Class:
    if rise > max(0.05 * lowest, 3 * noise) and after >= 3:
        return "unstable" if train_rose else "overfit"
    return "clean" if rise < max(0.02 * lowest, noise) else "grey"


def _running_median(values: Floats, width: int) -> Floats:
    half = width // 2
    return np.array([np.median(values[max(0, i - half) : i + half + 1]) for i in range(len(values))])


@dataclass(frozen=True)
class Score:
    """How one rule did on many curves. Shares are fractions."""

    detected: float
    premature: float
    false_alarms: float
    #: Validations, median and 90th percentile.
    delay: tuple[float, float]
    named: float
    #: Mean and 95th percentile.
    lost: tuple[float, float]
    saved: float

    @property
    def score(self) -> float:
        """Found less false alarms."""
        return self.detected - self.false_alarms


def score(rule: Rule, curves: Sequence[Curve], truths: Sequence[Truth]) -> Score:
    """Count what a rule's first flag on each curve was worth."""
    outcomes = [_outcome(rule, c, t) for c, t in zip(curves, truths, strict=True) if t.kind != "unstable"]
    over = [o for o in outcomes if o.kind == "overfit"]
    right = [o for o in over if o.flagged and not o.premature]
    clean = [o for o in outcomes if o.kind == "clean"]
    delays = [o.delay for o in right] or [np.nan]
    lost = [o.lost for o in outcomes]
    return Score(
        detected=len(right) / max(len(over), 1),
        premature=sum(o.premature for o in over) / max(len(over), 1),
        false_alarms=sum(o.flagged for o in clean) / max(len(clean), 1),
        delay=(float(np.median(delays)), float(np.percentile(delays, 90))),
        named=sum(o.named for o in right) / max(len(right), 1),
        lost=(float(np.mean(lost)), float(np.percentile(lost, 95))),
        saved=float(np.mean([o.saved for o in over])) if over else np.nan,
    )


@dataclass(frozen=True)
class _Outcome:
    kind: Class
    flagged: bool = False
    premature: bool = False
    delay: float = np.nan
    named: bool = False
    lost: float = 0.0
    saved: float = 0.0


def _outcome(rule: Rule, curve: Curve, known: Truth) -> _Outcome:
    steps, val = curve.steps.tolist(), curve.val
    events = rule(steps, curve.train.tolist(), steps, val.tolist())
    if not events:
        return _Outcome(known.kind)
    (flag, onset), best = events[0], float(val.min())
    so_far = float(val[: flag + 1].min())
    slack = max(1.0, 0.05 * len(val))
    improvement = max(float(np.median(val[:3])) - best, 1e-12)
    return _Outcome(
        known.kind,
        flagged=True,
        premature=missed(val, flag, so_far, known),
        delay=flag - known.last,
        named=known.first - slack <= onset <= known.last + slack,
        lost=float(np.clip((so_far - best) / improvement, 0, 1)),
        saved=1 - (flag + 1) / len(val),
    )


def missed(val: Floats, at: int, so_far: float, known: Truth) -> bool:
    """Tell whether a clearly better validation than ``so_far`` follows after ``at``."""
    rest = val[at + 1 :]
    return bool(len(rest)) and so_far - float(rest.min()) > max(0.02 * float(val.min()), 2 * known.noise)
