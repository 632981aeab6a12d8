"""Where a record says that it belongs."""

from __future__ import annotations

import math
import operator
from typing import Any

from nnwidgets._errors import StepError


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
        raise StepError(f"A step is a whole number, not {step!r}.") from None
    if step < max(last, 0):
        raise StepError(
            f"Step {step:,} lies before step {last:,}, which is recorded already. Steps only go forward; "
            f"leave step= out to have them counted, or begin a new run."
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
        raise StepError(f"An epoch is a number, not {epoch!r}.") from None
    if not math.isfinite(number) or number < last:
        raise StepError(
            f"Epoch {number:g} lies before epoch {last:g}, which is recorded already. Epochs only go forward."
        )
    return number
