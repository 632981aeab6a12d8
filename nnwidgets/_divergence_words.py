"""What a flag says to a person: one sentence of evidence, and why it was taken back."""

from __future__ import annotations

import math
from collections.abc import Callable

from nnwidgets._flag_events import Raised, Withdrawn
from nnwidgets._i18n import t
from nnwidgets._metrics import number

#: The words for a step: "epoch 14", "step 1,200".
Where = Callable[[float], str]
#: The words for the way between two steps: "7 epochs".
Over = Callable[[float, float], str]


def evidence(raised: Raised, metric: str, where: Where, over: Over) -> str:
    """Return the sentence for a raised flag; ``metric`` is what is watched, "loss"."""
    (name, train), best = _names(metric), where(raised.best_step)
    if not math.isfinite(raised.value):
        return t(
            "The {name} is no longer a number since {step}; its best was at {best}.",
            name=name,
            step=where(raised.step),
            best=best,
        )
    fell = raised.value < raised.best  # a metric of which more is better
    sentence = t(
        "The {name} has {how_far} over {how_long} since its best at {best}",
        name=name,
        how_far=_how_far(raised, fell=fell),
        how_long=over(raised.best_step, raised.step),
        best=best,
    )
    if raised.kind == "instability":
        if fell:
            return t(
                "{sentence}, and the {train} fell too: this is instability rather than overfitting.",
                sentence=sentence,
                train=train,
            )
        return t(
            "{sentence}, and the {train} rose too: this is instability rather than overfitting.",
            sentence=sentence,
            train=train,
        )
    return _with_training(sentence, raised, train, fell=fell)


def _names(metric: str) -> tuple[str, str]:
    return t("validation {metric}", metric=metric), t("training {metric}", metric=metric)


def _how_far(raised: Raised, *, fell: bool) -> str:
    noise = (
        f"{raised.sigmas:.0f} \N{GREEK SMALL LETTER SIGMA}"
        if raised.sigmas < 1000
        else t("far beyond its noise")
    )
    if fell:
        best, value = number(raised.best), number(raised.value)
        return t("fallen from {best} to {value} ({noise})", best=best, value=value, noise=noise)
    if raised.rise is None:
        return t("risen {noise}", noise=noise)
    if raised.rise >= 10:
        return t("risen to {times} times its best ({noise})", times=f"{raised.rise + 1:,.0f}", noise=noise)
    return t("risen {share} ({noise})", share=percent(raised.rise), noise=noise)


def _with_training(sentence: str, raised: Raised, train: str, *, fell: bool) -> str:
    """Say what the training loss did meanwhile; nothing where there is none."""
    if raised.train_rise is None:
        return t("{sentence}.", sentence=sentence)
    if raised.train_rise >= 0 or (raised.train_change is not None and raised.train_change > -0.01):
        if fell:
            return t("{sentence}, while the {train} did not fall.", sentence=sentence, train=train)
        return t("{sentence}, while the {train} did not rise.", sentence=sentence, train=train)
    if fell:
        return t("{sentence}, while the {train} rose.", sentence=sentence, train=train)
    if raised.train_change is None:
        return t("{sentence}, while the {train} fell.", sentence=sentence, train=train)
    much = percent(-raised.train_change)
    return t("{sentence}, while the {train} fell {share}.", sentence=sentence, train=train, share=much)


def standing(raised: Raised, value: float, where: Where) -> str:
    """Return what has become of the loss since the flag was raised: ``value`` is its last."""
    step, now = where(raised.step), number(value)
    if raised.rise is None or not math.isfinite(value) or not value > raised.best > 0:
        return t("Raised at {step}. It now stands at {value}.", step=step, value=now)
    share = value / raised.best - 1
    if share >= 10:
        return t(
            "Raised at {step}. It now stands at {value}, {times} times its best.",
            step=step,
            value=now,
            times=f"{share + 1:,.0f}",
        )
    return t(
        "Raised at {step}. It now stands at {value}, {share} above its best.",
        step=step,
        value=now,
        share=percent(share),
    )


def retraction(withdrawn: Withdrawn, metric: str, where: Where) -> str:
    """Return the sentence for a flag that was taken back."""
    if withdrawn.reason == "changed":
        return t(
            "The flag of {step} is taken back: the run was changed, and is watched anew.",
            step=where(withdrawn.raised.step),
        )
    (name, train), step = _names(metric), where(withdrawn.step)
    if withdrawn.reason == "settled":
        return t("The flag is taken back: the {train} settled again at {step}.", train=train, step=step)
    if withdrawn.reason == "improved":
        return t("The flag is taken back: the {name} reached a new best at {step}.", name=name, step=step)
    return t("The flag is taken back: the {name} came back to its best at {step}.", name=name, step=step)


def percent(share: float) -> str:
    """Return a share as a person says it: 12 %, 3.4 %, 0.2 %."""
    number = 100.0 * share
    return f"{number:.0f} %" if abs(number) >= 9.95 else f"{number:.1f} %"
