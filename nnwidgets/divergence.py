"""The flag: where a validation loss leaves its minimum while the training loss goes on falling.

One `DivergenceMonitor` watches one curve. It is given one validation at a time, keeps a bounded amount of memory, asks
for no option, and answers with `Raised` and, when it turns out to have been wrong, with `Withdrawn`. How often it is
wrong, on which curves, is published in ``docs/divergence.md``.

The rule has three parts, and all three must hold:

*level*
    The median of the last three validations lies above the lowest such median by more than 3 % and by more than two
    and a half times the noise, which is measured on the curve itself. Medians of three ignore a single outlier.
*train*
    The training loss has not risen since the best validation. Otherwise the run is unstable, which is another matter
    with another remedy, and is told apart.
*odds*
    The curve is unlikely to return: a logistic regression on seven dimensionless measures (`Features`) gives the
    probability that no better validation follows. 0.70 is enough, and 0.58 for a rise that is established: more than
    5 % and three times the noise, with a trend, and for 30 % as long as it took to come to the best. The weights come
    from small networks and from trainings of others, ``python benchmarks/divergence.py --fit``; nothing in them knows
    the loss, the data or the length of the run.

The gap between the two losses is not looked at: a large one is normal, and says nothing about whether to stop.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

from nnwidgets._excursion import Excursion, Features
from nnwidgets._flag_events import Raised, Withdrawn
from nnwidgets._i18n import t

__all__ = ["DivergenceMonitor", "Raised", "Withdrawn", "odds", "replay"]

#: What the logistic regression found, and where it draws the line.
WEIGHTS: Final = Features(0.27, 0.25, 0.16, -0.08, -1.63, -0.41, 0.76)
BIAS: Final = -1.80
ODDS: Final = 0.70
#: How far the median of three must have risen: as a share of the best, and in units of the noise.
LEAST_RISE: Final = 0.03
LEAST_SIGMAS: Final = 2.5
#: The odds that are enough for an established rise, and what that is: share, units of noise, Mann-Kendall z,
#: validations since the best, and as a share of those before.
ESTABLISHED_ODDS: Final = 0.58
ESTABLISHED_RISE: Final = 0.05
ESTABLISHED_SIGMAS: Final = 3.0
ESTABLISHED_TREND: Final = 1.3
ESTABLISHED_SINCE: Final = 3
ESTABLISHED_SHARE: Final = 0.3
#: By how much the training loss may have risen and still count as not risen.
TRAIN_SLACK: Final = 0.02
#: What counts as instability: rises of the validation and of the training loss, as shares.
UNSTABLE: Final = 0.10
#: Validations before which nothing is said, and since the best.
WARM_UP: Final = 4
LEAST_SINCE: Final = 2
#: Validations without a better one after which a curve counts as flat: this many, and this share of all.
FLAT: Final = 8
FLAT_SHARE: Final = 0.25

State = Literal["waiting", "improving", "plateau", "overfitting", "instability"]


class DivergenceMonitor:
    """Watches one validation curve. Not thread-safe: one thread calls it.

    Parameters
    ----------
    mode
        ``"min"`` for a loss, ``"max"`` for a metric of which more is better. One that lies between 0 and 1, such as
        an accuracy, is watched as its distance from 1.
    """

    def __init__(self, mode: Literal["min", "max"] = "min") -> None:
        if mode not in ("min", "max"):
            raise ValueError(t('mode is "min" or "max", not {mode}.', mode=repr(mode)))
        self._mode = mode
        self._raised: Raised | None = None
        self._begin()

    @property
    def raised(self) -> Raised | None:
        """The flag, while it stands."""
        return self._raised

    @property
    def state(self) -> State:
        """What the curve does, in a word."""
        if self._raised is not None:
            return self._raised.kind
        curve = self._curve
        if curve.count < WARM_UP:
            return "waiting"
        return "plateau" if curve.since >= max(FLAT, FLAT_SHARE * curve.count) else "improving"

    def update(self, step: float, val: float, train: float | None = None) -> Raised | Withdrawn | None:
        """Take one validation.

        Parameters
        ----------
        step
            Where the validation lies; steps do not go backwards.
        val
            The validation loss, or the metric.
        train
            The training loss over the time since the last validation, or None where it is not known. With a metric
            of which more is better, the same metric on the training data.
        """
        val = float(val)
        if not math.isfinite(val):
            return self._not_a_number(step, val)
        val = self._turned(val)
        train = None if train is None else self._turned(float(train))
        improved = self._curve.add(val, train)
        if improved:
            self._best_step = step
        if not self._curve.since_near:
            self._near_step, self._near = step, val
        if self._raised is None:
            return self._raise(step)
        reason = self._wrong(improved)
        return None if reason is None else self._withdraw(step, reason, val)

    def restart(self, step: float) -> Withdrawn | None:
        """Begin anew, because what follows is another curve: a learning rate, a dropout or a size was changed."""
        raised = self._raised
        self._raised = None
        self._begin()
        return None if raised is None else Withdrawn(raised, step, "changed", None)

    def _wrong(self, improved: bool) -> Literal["improved", "returned", "settled"] | None:
        """Return why the standing flag no longer holds, or None where it does."""
        assert self._raised is not None
        if improved:
            return "improved"
        if self._raised.kind == "instability":
            if not math.isfinite(self._raised.value):
                return "returned"
            if self._curve.train_rise < 0:
                return "settled"
        if self._curve.rise <= self._curve.noise and self._curve.since_near < 2:
            self._curve.forget_best()
            return "returned"
        return None

    def _begin(self) -> None:
        self._curve = Excursion()
        self._best_step = self._near_step = self._near = math.nan
        #: Whether a metric of which more is better has left the range from 0 to 1.
        self._unbounded = False

    def _turned(self, value: float) -> float:
        """Return the value so that less is better."""
        if self._mode == "min":
            return value
        if not self._unbounded and not 0.0 <= value <= 1.0:
            self._unbounded = True
            self._curve.positive = False
        return 1.0 - value

    def _given(self, value: float) -> float:
        """Return a value of the curve as it was given."""
        return value if self._mode == "min" else 1.0 - value

    def _raise(self, step: float) -> Raised | None:
        curve = self._curve
        if curve.count < WARM_UP or curve.since < LEAST_SINCE:
            return None
        if curve.rise <= max(LEAST_RISE * curve.scale, LEAST_SIGMAS * curve.noise):
            return None
        features = curve.features()
        if self._train_rose():
            unstable = curve.rise > UNSTABLE * curve.scale and features.trend > 1 and features.train_trend > 1
            return self._flag("instability", step, 0.0) if unstable else None
        probability = odds(features)
        enough = ESTABLISHED_ODDS if self._is_established(features.trend) else ODDS
        return self._flag("overfitting", step, probability) if probability > enough else None

    def _is_established(self, trend: float) -> bool:
        curve = self._curve
        return (
            curve.rise > max(ESTABLISHED_RISE * curve.scale, ESTABLISHED_SIGMAS * curve.noise)
            and trend >= ESTABLISHED_TREND
            and curve.since >= max(ESTABLISHED_SINCE, ESTABLISHED_SHARE * (curve.count - curve.since))
        )

    def _train_rose(self) -> bool:
        curve = self._curve
        change = curve.train_change
        return change > TRAIN_SLACK if change is not None else curve.train_rise > 0

    def _flag(self, kind: Literal["overfitting", "instability"], step: float, probability: float) -> Raised:
        curve = self._curve
        self._raised = Raised(
            kind=kind,
            step=step,
            onset=self._near_step,
            onset_value=self._given(self._near),
            best_step=self._best_step,
            best=self._given(curve.best),
            value=self._given(curve.level),
            rise=(curve.level - curve.best) / curve.scale if curve.positive else None,
            sigmas=(curve.level - curve.best) / curve.noise,
            validations=curve.since,
            train_change=curve.train_change,
            train_rise=None if curve.train_level is None else curve.train_rise,
            probability=probability,
        )
        return self._raised

    def _not_a_number(self, step: float, val: float) -> Raised | None:
        if self._raised is not None or not self._curve.count:
            return None
        curve = self._curve
        self._raised = Raised(
            kind="instability",
            step=step,
            onset=self._near_step,
            onset_value=self._given(self._near),
            best_step=self._best_step,
            best=self._given(curve.best),
            value=val,
            rise=None,
            sigmas=math.inf,
            validations=curve.since + 1,
            train_change=None,
            train_rise=None,
            probability=0.0,
        )
        return self._raised

    def _withdraw(
        self, step: float, reason: Literal["improved", "returned", "settled"], val: float
    ) -> Withdrawn:
        assert self._raised is not None
        raised, self._raised = self._raised, None
        return Withdrawn(raised, step, reason, self._given(val))


def odds(features: Features) -> float:
    """Return the probability that no better validation follows."""
    score = BIAS + sum(weight * feature for weight, feature in zip(WEIGHTS, features, strict=True))
    return 1.0 / (1.0 + math.exp(-max(min(score, 60.0), -60.0)))


def replay(
    train_steps: Sequence[float], train: Sequence[float], val_steps: Sequence[float], val: Sequence[float]
) -> list[tuple[int, int]]:
    """Return where a monitor would have flagged overfitting, as indices into ``val``: (flag, best so far).

    Parameters
    ----------
    train_steps, train
        The training loss, shape ``(n,)`` each, steps non-decreasing; empty where there is none.
    val_steps, val
        The validation loss, shape ``(m,)`` each. A validation is seen together with the mean of the training loss
        since the validation before.

    Each event depends only on what lies before it: on a prefix of the curves the answer is a prefix of this one.
    """
    monitor = DivergenceMonitor()
    events = []
    index_of: dict[float, int] = {}
    means = TrainMeans(train_steps, train)
    for index, (step, value) in enumerate(zip(val_steps, val, strict=True)):
        index_of[float(step)] = index
        event = monitor.update(float(step), float(value), means.until(float(step)))
        if isinstance(event, Raised) and event.kind == "overfitting":
            events.append((index, index_of[event.best_step]))
    return events


class TrainMeans:
    """The training loss between one validation and the next."""

    def __init__(self, steps: Sequence[float], values: Sequence[float]) -> None:
        self._steps, self._values = steps, values
        self._at = 0
        self._last: float | None = None

    def until(self, step: float) -> float | None:
        """Return the mean up to and including ``step`` of what no earlier call took, or the mean before that."""
        total, count = 0.0, 0
        while self._at < len(self._steps) and self._steps[self._at] <= step:
            value = float(self._values[self._at])
            self._at += 1
            if math.isfinite(value):
                total += value
                count += 1
        if count:
            self._last = total / count
        return self._last
