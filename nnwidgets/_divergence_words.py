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
    how = (
        f"{raised.sigmas:.0f} \N{GREEK SMALL LETTER SIGMA}"
        if raised.sigmas < 1000
        else "far beyond its noise"
    )
    if raised.rise is not None:
        how = (
            f"{raised.sigmas:.0f} \N{GREEK SMALL LETTER SIGMA}"
            if raised.sigmas < 1000
            else "far beyond its noise"
        )
    fell = raised.value < raised.best  # a metric of which more is better
    what = f"fallen from {number(raised.best)} to {number(raised.value)} ({how})" if fell else f"risen {how}"
    if raised.rise is not None and not fell:
        what = f"risen {percent(raised.rise)} ({how})"
    sentence = f"The {name} has {what} over {over(raised.best_step, raised.step)} since its best at {best}"
    train = name.replace("validation", "training")
    if raised.kind == "instability":
        also = "fell" if fell else "rose"
        return f"{sentence}, and the {train} {also} too: this is instability rather than overfitting."
    if raised.train_change is None:
        return f"{sentence}."
    if raised.train_change > -0.01:
        return f"{sentence}, while the {train} did not {'fall' if fell else 'rise'}."
    if fell:
        return f"{sentence}, while the {train} rose."
    return f"{sentence}, while the {train} fell {percent(-raised.train_change)}."


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
