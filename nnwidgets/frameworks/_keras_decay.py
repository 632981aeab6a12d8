"""The weight decay of a Keras optimizer."""

from __future__ import annotations

from typing import Any

from nnwidgets._changes import Change
from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets.frameworks._keras_variables import retrace


def weight_decay(optimizer: Any) -> float | None:
    """Return the weight decay in force, or None."""
    return getattr(optimizer, "weight_decay", None)


def set_weight_decay(model: Any, optimizer: Any, value: float | None) -> Change:
    """Set the weight decay; the training step is traced anew, because it was traced with the one before.

    Raises
    ------
    RefusedError
        If there is no optimizer that knows any.
    """
    if not hasattr(optimizer, "weight_decay"):
        raise RefusedError(t("This run knows no optimizer with weight decay."))
    old = optimizer.weight_decay
    if old != value:
        optimizer.weight_decay = value
        retrace(model, optimizer)
    return Change(old, value, t("weight decay {old} → {new}", old=f"{old or 0:g}", new=f"{value or 0:g}"))
