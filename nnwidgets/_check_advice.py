"""What to try where a validation is not as good as it should be: from the two curves and the flag."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from nnwidgets._best import best_of, better
from nnwidgets._branches import own_past
from nnwidgets._i18n import t
from nnwidgets._metrics import more_is_better, number
from nnwidgets._points import NO_POINTS, Points

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: The best of the last validations, so many as a share of all, is still near the end: the curve is on its way.
_ON_ITS_WAY: Final = 0.1
#: Steps of the training curve that its level is the mean of.
_LEVEL: Final = 100


def final(run: Run, metric: str) -> Points:
    """Return the validations that led to the model as the run left it; the last one is its value.

    What the run went back from does not count, and where it ended by going back to the best, that is the last.
    """
    series = run.history.get(f"val/{metric}")
    points = own_past(run, NO_POINTS if series is None else series.points())
    for outcome in run.interventions:
        if not outcome.applied:
            continue
        back = outcome.facts.get("restored") if outcome.control == "stop" else None
        after = run._ended_at is not None and outcome.moment >= run._ended_at
        if back == "best":
            points = points.part(points.step <= _best_step(run, points, metric))
        elif after and outcome.control == "restore" and isinstance(outcome.facts.get("from_step"), int):
            points = points.part(points.step <= outcome.facts["from_step"])
    return points


def after(run: Run, value: float, step: int) -> str:
    """Say a value and where it was measured."""
    if run.history.epochs.known:
        epoch = f"{float(run.history.epochs.at(step)):,.4g}"
        return t("{value} after epoch {epoch}", value=number(value), epoch=epoch)
    return t("{value} after step {step}", value=number(value), step=f"{step:,}")


def advice(run: Run, metric: str, points: Points, bound: float) -> str:
    """Say what to try so that the last of the validations comes to a bound."""
    greatest = more_is_better(metric)
    last = float(points.value[-1])
    if not math.isfinite(last):
        return t(
            "It is no number any more. A smaller learning rate usually helps; look for NaN in the data, too."
        )
    best = best_of(points, greatest=greatest)
    if better(best.value, bound, greatest=greatest):
        return t(
            "It was there: {best}. Stop at that point, or go back to it: run.snapshots.best.restore().",
            best=after(run, best.value, best.step),
        )
    if run.divergence is not None:
        return t(
            "The flag is raised: the network learns its samples by heart. Try dropout, a smaller network or more data; "
            "more epochs make it worse."
        )
    return _by_the_level(run, metric, points, bound)


def _by_the_level(run: Run, metric: str, points: Points, bound: float) -> str:
    """Say what to try from where the training curve stands."""
    greatest = more_is_better(metric)
    best = best_of(points, greatest=greatest)
    late = points.step[-1] - best.step <= _ON_ITS_WAY * points.step[-1]
    level = _training_level(run, metric)
    if late:
        return t("It is still getting better: train for more epochs, or with a larger learning rate.")
    if math.isnan(level):
        return t("It does not get better: try another learning rate, a larger network, or more epochs.")
    if better(level, bound, greatest=greatest):
        return t(
            "On its own samples it is {level} already: what it learned does not hold for others. "
            "Try dropout, a smaller network or more data.",
            level=number(level),
        )
    return t(
        "On its own samples it is {level}, too: the network does not fit them yet. "
        "Try a larger network, another learning rate, more epochs or less dropout.",
        level=number(level),
    )


def _best_step(run: Run, points: Points, metric: str) -> int:
    """Return the step of the best snapshot, or of the best of these validations where that is not known."""
    best = run.snapshots.best
    return best_of(points, greatest=more_is_better(metric)).step if best is None else best.step


def _training_level(run: Run, metric: str) -> float:
    series = run.history.get(f"train/{metric}")
    values = np.empty(0) if series is None else series.points().value[-_LEVEL:]
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else math.nan
