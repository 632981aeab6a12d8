"""What an optimizer remembers of a parameter, carried along when the parameter changes its shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch

from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t

#: Memories that grow with the gradient, and those that grow with its square.
FIRST: Final = frozenset({"exp_avg", "momentum_buffer", "grad_avg", "exp_inf"})
SECOND: Final = frozenset({"exp_avg_sq", "max_exp_avg_sq", "square_avg", "sum"})
_KNOWN: Final = ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "SGD", "RMSprop", "Adagrad")

#: Makes the new value of a memory from the old one; told how it grows with the gradient: 1, 2, or 0 for neither.
Carry = Callable[[torch.Tensor, int], torch.Tensor]


def check(optimizer: torch.optim.Optimizer | None) -> None:
    """Refuse an optimizer whose memory is not understood.

    Raises
    ------
    RefusedError
        Naming it.
    """
    if optimizer is None:
        return
    if type(optimizer).__name__ not in _KNOWN:
        raise RefusedError(
            t(
                "{kind} remembers things that cannot be carried over to other shapes. These can: {names}.",
                kind=type(optimizer).__name__,
                names=", ".join(_KNOWN),
            )
        )
    for parameter, entry in optimizer.state.items():
        for key, value in entry.items():
            if (
                isinstance(value, torch.Tensor)
                and value.shape == parameter.shape
                and value.ndim
                and key not in FIRST | SECOND
            ):
                raise RefusedError(
                    t(
                        "{kind} remembers {key}, which cannot be carried over.",
                        kind=type(optimizer).__name__,
                        key=repr(key),
                    )
                )


def carry(optimizer: torch.optim.Optimizer | None, parameter: torch.Tensor, change: Carry) -> None:
    """Change what an optimizer remembers of a parameter; call it before the parameter itself changes its shape."""
    entry: dict[str, Any] = {} if optimizer is None else optimizer.state.get(parameter, {})
    for key, value in entry.items():
        if isinstance(value, torch.Tensor) and value.ndim and value.shape == parameter.shape:
            entry[key] = change(value, 1 if key in FIRST else 2 if key in SECOND else 0)


def begin(optimizer: torch.optim.Optimizer | None, parameter: torch.Tensor, like: torch.Tensor) -> None:
    """Have an optimizer train a new parameter with the experience of another one.

    With an empty memory, Adam's first step moves every weight by a whole learning rate; the usual size of the
    neighbour's gradients keeps it as small as the steps around it.
    """
    if optimizer is None:
        return
    for group in optimizer.param_groups:
        if any(known is like for known in group["params"]):
            group["params"].append(parameter)
    entry = {}
    for key, value in optimizer.state.get(like, {}).items():
        if isinstance(value, torch.Tensor) and value.ndim and value.shape == like.shape:
            usual = value.mean() if key in SECOND else torch.zeros_like(value.mean())
            entry[key] = usual.expand(parameter.shape).clone()
        else:
            entry[key] = value.clone() if isinstance(value, torch.Tensor) else value
    if entry:
        optimizer.state[parameter] = entry
