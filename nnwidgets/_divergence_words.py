"""What a flag says to a person: one sentence of evidence, and why it was taken back."""

from __future__ import annotations

import math
from collections.abc import Callable

from nnwidgets._flag_events import Raised, Withdrawn
from nnwidgets._metrics import number

#: The words for a step: "epoch 14", "step 1,200".
Where = Callable[[float], str]
#: The words for the way between two steps: "7 epochs".
Over = Callable[[float, float], str]


def evidence(raised: Raised, name: str, where: Where, over: Over) -> str:
    """Return the sentence for a raised flag; ``name`` is that of the curve, "validation loss"."""
    best = where(raised.best_step)
    if not math.isfinite(raised.value):
        return f"The {name} is no longer a number since {where(raised.step)}; its best was at {best}."
    train = name.replace("validation", "training")
    fell = raised.value < raised.best  # a metric of which more is better
    how_long = over(raised.best_step, raised.step)
    sentence = f"The {name} has {_how_far(raised, fell=fell)} over {how_long} since its best at {best}"
    if raised.kind == "instability":
        also = "fell" if fell else "rose"
        return f"{sentence}, and the {train} {also} too: this is instability rather than overfitting."
    return f"{sentence}{_train_words(raised, train, fell=fell)}."


def _how_far(raised: Raised, *, fell: bool) -> str:
    noise = (
        f"{raised.sigmas:.0f} \N{GREEK SMALL LETTER SIGMA}"
        if raised.sigmas < 1000
        else "far beyond its noise"
    )
    if fell:
        return f"fallen from {number(raised.best)} to {number(raised.value)} ({noise})"
    if raised.rise is None:
        return f"risen {noise}"
    much = f"to {raised.rise + 1:,.0f} times its best" if raised.rise >= 10 else percent(raised.rise)
    return f"risen {much} ({noise})"


def _train_words(raised: Raised, train: str, *, fell: bool) -> str:
    """Say what the training loss did meanwhile; nothing where there is none."""
    if raised.train_rise is None:
        return ""
    if raised.train_rise >= 0 or (raised.train_change is not None and raised.train_change > -0.01):
        return f", while the {train} did not {'fall' if fell else 'rise'}"
    if fell:
        return f", while the {train} rose"
    much = "" if raised.train_change is None else f" {percent(-raised.train_change)}"
    return f", while the {train} fell{much}"


def standing(raised: Raised, value: float, where: Where) -> str:
    """Return what has become of the loss since the flag was raised: ``value`` is its last."""
    change = ""
    if raised.rise is not None and math.isfinite(value) and value > raised.best > 0:
        share = value / raised.best - 1
        change = f", {share + 1:,.0f} times its best" if share >= 10 else f", {percent(share)} above its best"
    return f"Raised at {where(raised.step)}. It now stands at {number(value)}{change}."


def retraction(withdrawn: Withdrawn, name: str, where: Where) -> str:
    """Return the sentence for a flag that was taken back."""
    if withdrawn.reason == "changed":
        return f"The flag of {where(withdrawn.raised.step)} is taken back: the run was changed, and is watched anew."
    if withdrawn.reason == "settled":
        train = name.replace("validation", "training")
        return f"The flag is taken back: the {train} settled again at {where(withdrawn.step)}."
    what = "reached a new best" if withdrawn.reason == "improved" else "came back to its best"
    return f"The flag is taken back: the {name} {what} at {where(withdrawn.step)}."


def percent(share: float) -> str:
    """Return a share as a person says it: 12 %, 3.4 %, 0.2 %."""
    number = 100.0 * share
    return f"{number:.0f} %" if abs(number) >= 9.95 else f"{number:.1f} %"
