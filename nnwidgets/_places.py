"""Where a record says that it belongs."""

from __future__ import annotations

import math
import operator
from typing import Any

from nnwidgets._errors import StepError
from nnwidgets._i18n import t


def checked_step(step: Any, last: int) -> int:
    """Return the step of a record.

    Raises
    ------
    StepError
        If it is none, or lies before the last.
    """
    try:
        step = operator.index(step)
    except TypeError:
        raise StepError(t("A step is a whole number, not {step}.", step=repr(step))) from None
    if step < max(last, 0):
        raise StepError(
            t(
                "Step {step} lies before step {last}, which is recorded already. Steps only go forward; "
                "leave step= out to have them counted, or begin a new run.",
                step=f"{step:,}",
                last=f"{last:,}",
            )
        )
    return int(step)


def checked_epoch(epoch: Any, last: float) -> float:
    """Return the epoch of a record.

    Raises
    ------
    StepError
        If it is none, or lies before the last.
    """
    try:
        number = float(epoch)
    except (TypeError, ValueError):
        raise StepError(t("An epoch is a number, not {epoch}.", epoch=repr(epoch))) from None
    if not math.isfinite(number) or number < last:
        raise StepError(
            t(
                "Epoch {number} lies before epoch {last}, which is recorded already. Epochs only go forward.",
                number=f"{number:g}",
                last=f"{last:g}",
            )
        )
    return number
