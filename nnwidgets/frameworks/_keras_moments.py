"""What a Keras optimizer remembers of a variable, found by the lists in which it keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t

_FIRST: Final = frozenset({"_momentums", "momentums", "_average_gradients", "_m", "_u"})
_SECOND: Final = frozenset({"_velocities", "_velocity_hats", "_accumulators"})
_KNOWN: Final = ("Adam", "AdamW", "Nadam", "Adamax", "SGD", "RMSprop", "Adagrad")


def check(optimizer: Any) -> None:
    """Refuse an optimizer whose memory is not understood.

    Raises
    ------
    RefusedError
        Naming it.
    """
    if optimizer is None:
        return
    name = type(optimizer).__name__
    if name not in _KNOWN:
        raise RefusedError(
            t(
                "{name} remembers things that cannot be carried over to other shapes. These can: {names}.",
                name=name,
                names=", ".join(_KNOWN),
            )
        )
    if getattr(optimizer, "use_ema", False) or getattr(optimizer, "gradient_accumulation_steps", None):
        raise RefusedError(
            t(
                "{name} with an average of the weights, or with accumulated gradients, cannot be resized.",
                name=name,
            )
        )


def slots(optimizer: Any, variable: Any) -> Iterator[tuple[Any, int]]:
    """Yield what is remembered of a variable, and how it grows with the gradient: 1 or 2."""
    if optimizer is None or not optimizer.built:
        return
    index = next((i for i, known in enumerate(optimizer._trainable_variables) if known is variable), None)
    if index is None:
        return
    for name, power in [(n, 1) for n in _FIRST] + [(n, 2) for n in _SECOND]:
        kept = vars(optimizer).get(name)
        if kept is not None and index < len(kept) and kept[index] is not None:
            yield kept[index], power
