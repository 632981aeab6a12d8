"""A PyTorch model and its optimizer as named arrays, as files hold them, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import torch
from torch import nn

from nnwidgets._contents import Array, Contents
from nnwidgets._errors import SnapshotError
from nnwidgets._i18n import t
from nnwidgets.frameworks import _torch_optimizer_contents
from nnwidgets.frameworks._torch_arrays import put, tensor_of
from nnwidgets.frameworks._torch_copies import without_graph
from nnwidgets.frameworks._torch_optimizer_load import OptimizerLoad
from nnwidgets.frameworks._torch_state import LAZY, TorchState, all_or_nothing, set_data

#: What a damaged file makes of the code that reads it, where that does not see it coming.
_MISREAD: Final = (TypeError, ValueError, LookupError, AttributeError, RuntimeError, OverflowError)


def names_of(model: nn.Module) -> dict[int, str]:
    """Return the name of every parameter and buffer, by the id of the tensor; the first one of those that are tied."""
    both = (*model.named_parameters(), *model.named_buffers())
    return {id(tensor): name for name, tensor in reversed(both)}


def contents(
    state: TorchState, names: Mapping[int, str], dropout: Mapping[str, float], optimizer: str | None
) -> Contents:
    """Return what a file holds.

    Parameters
    ----------
    state
        What was kept.
    names
        The name of each tensor, by its id.
    dropout
        The rate of each dropout layer.
    optimizer
        The name of the optimizer's class, or None where there is none.
    """
    arrays: dict[str, Array] = {}
    types: dict[str, str] = {}
    for tensor, kept in state.tensors:
        if id(tensor) in names:
            put(arrays, types, f"model/{names[id(tensor)]}", kept.value)
    held = Contents(arrays, {"framework": "torch", "dropout": dict(dropout)}, types)
    return (
        held
        if optimizer is None
        else held.joined(_torch_optimizer_contents.contents(optimizer, state, names))
    )


def load(
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None,
    held: Contents,
    set_dropout: Callable[[dict[str, float]], object] | None = None,
) -> None:
    """Put back what a file held.

    Parameters
    ----------
    model, optimizer
        What is trained; without an optimizer, what the file holds of one is left out.
    held
        What the file held.
    set_dropout
        Gives dropout layers of the model their rates.

    Raises
    ------
    SnapshotError
        If it belongs to another model or optimizer, or to this one in another size, or is damaged; nothing was changed.
    """
    plan = planned(model, optimizer, held, set_dropout)
    with without_graph():
        try:
            all_or_nothing(model, optimizer, plan)
        except Exception as error:
            raise SnapshotError(
                t("The snapshot could not be put back ({error}). Nothing was changed.", error=_line(error))
            ) from error


def planned(
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None,
    held: Contents,
    set_dropout: Callable[[dict[str, float]], object] | None = None,
) -> Callable[[], None]:
    """Judge all that `load` would put back; return what does it.

    Raises
    ------
    SnapshotError
        See `load`.
    """
    with without_graph():
        try:
            values = _values(model, held)
            rates = _rates(held)
            theirs = None if optimizer is None else OptimizerLoad(optimizer, names_of(model), held)
        except SnapshotError:
            raise
        except _MISREAD as error:
            raise SnapshotError(
                t("The snapshot is damaged ({error}). Nothing was changed.", error=_line(error))
            ) from error

    def write() -> None:
        for tensor, value in values:
            set_data(tensor, value.to(tensor.device))
        if theirs is not None:
            theirs.write()
        if rates and set_dropout is not None:
            set_dropout(rates)

    return write


def _values(model: nn.Module, held: Contents) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return the model's tensors with the value that each one gets."""
    if held.facts.get("framework") != "torch":
        raise SnapshotError(t("This snapshot is not of a PyTorch model. Nothing was changed."))
    own = {f"model/{name}": t for name, t in (*model.named_parameters(), *model.named_buffers())}
    for name, tensor in own.items():
        if isinstance(tensor, LAZY):
            raise SnapshotError(
                t(
                    "The model has no weights yet: {name} is made with the first batch. Give it "
                    "one, then restore the snapshot. Nothing was changed.",
                    name=repr(name.removeprefix("model/")),
                )
            )
    _compare(own, held.arrays)
    return [(tensor, _value(name, tensor, held)) for name, tensor in own.items()]


def _compare(own: Mapping[str, torch.Tensor], held: Mapping[str, Array]) -> None:
    names = {name for name in held if name.startswith("model/")}
    other = sorted(names ^ set(own))
    if other:
        first = other[0].removeprefix("model/")
        side = t("the snapshot lacks it") if other[0] in own else t("the model lacks it")
        raise SnapshotError(
            t(
                "The snapshot is of another model: {side}: {first}. Nothing was changed.",
                side=side,
                first=repr(first),
            )
        )


def _value(name: str, tensor: torch.Tensor, held: Contents) -> torch.Tensor:
    value = tensor_of(held.arrays, held.types, name)
    short = name.removeprefix("model/")
    if tensor.shape != value.shape:
        raise SnapshotError(
            t(
                "The model has another size than the snapshot: {short} is {here} here and "
                "{there} there. Nothing was changed.",
                short=repr(short),
                here=tuple(tensor.shape),
                there=tuple(value.shape),
            )
        )
    if (tensor.is_floating_point(), tensor.is_complex()) != (value.is_floating_point(), value.is_complex()):
        raise SnapshotError(
            t(
                "The snapshot is of another model: {short} is {here} here and {there} there. Nothing was "
                "changed.",
                short=repr(short),
                here=tensor.dtype,
                there=value.dtype,
            )
        )
    return value.to(tensor.dtype)


def _rates(held: Contents) -> dict[str, float]:
    rates = held.facts.get("dropout", {})
    for layer, rate in rates.items():
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate <= 1:
            raise SnapshotError(
                t(
                    "The snapshot is damaged: {layer} has dropout {rate}. Nothing was changed.",
                    layer=repr(layer),
                    rate=repr(rate),
                )
            )
    return dict(rates)


def _line(error: Exception) -> str:
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0][:200]}" if said else type(error).__name__
