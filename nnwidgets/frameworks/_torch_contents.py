"""A PyTorch model and its optimizer as named arrays, as files hold them, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from nnwidgets._contents import Array, Contents
from nnwidgets._errors import SnapshotError
from nnwidgets.frameworks._torch_state import set_data

#: Types that numpy lacks, as the integers that hold their bits.
_BITS: Final = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
_PLAIN: Final = (bool, int, float, str, type(None))


def names_of(model: nn.Module) -> dict[int, str]:
    """Return the name of every parameter and buffer, by the id of the tensor; the first one of those that are tied."""
    both = (*model.named_parameters(), *model.named_buffers())
    return {id(tensor): name for name, tensor in reversed(both)}


def contents(
    tensors: Mapping[str, torch.Tensor],
    groups: list[dict[str, Any]],
    state: list[tuple[int, dict[str, Any]]],
    dropout: Mapping[str, float],
) -> Contents:
    """Return what a file holds.

    Parameters
    ----------
    tensors
        Parameters and buffers by name.
    groups
        The optimizer's groups without their parameters.
    state
        The optimizer's state of each parameter, by its place in the groups.
    dropout
        The rate of each dropout layer.
    """
    arrays: dict[str, Array] = {}
    types: dict[str, str] = {}
    scalars: dict[str, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        _put(arrays, types, f"model/{name}", tensor)
    for place, entry in state:
        for key, value in entry.items():
            if isinstance(value, torch.Tensor):
                _put(arrays, types, f"optimizer/{place}/{key}", value)
            elif isinstance(value, _PLAIN):
                scalars.setdefault(str(place), {})[key] = value
    settings = [
        {key: _number(value) for key, value in group.items() if isinstance(_number(value), (*_PLAIN, tuple))}
        for group in groups
    ]
    facts = {"framework": "torch", "groups": settings, "scalars": scalars, "dropout": dict(dropout)}
    return Contents(arrays, facts, types)


def load(model: nn.Module, optimizer: torch.optim.Optimizer | None, held: Contents) -> None:
    """Put back what a file held.

    Raises
    ------
    SnapshotError
        If it belongs to another model, or to this one in another size; nothing was changed.
    """
    if held.facts.get("framework") != "torch":
        raise SnapshotError("This snapshot is not of a PyTorch model.")
    own = {
        f"model/{name}": tensor
        for name, tensor in _by_name((*model.named_parameters(), *model.named_buffers()))
    }
    _compare(own, held.arrays)
    parameters = [] if optimizer is None else [p for group in optimizer.param_groups for p in group["params"]]
    with torch.no_grad():
        for name, tensor in own.items():
            set_data(tensor, _tensor(held, name).to(device=tensor.device, dtype=tensor.dtype))
    for layer, rate in held.facts.get("dropout", {}).items():
        module = dict(model.named_modules()).get(layer)
        if module is not None and hasattr(module, "p"):
            module.p = rate
    if optimizer is not None:
        _load_optimizer(optimizer, parameters, held)


def _load_optimizer(optimizer: torch.optim.Optimizer, parameters: list[torch.Tensor], held: Contents) -> None:
    for group, settings in zip(optimizer.param_groups, held.facts.get("groups", []), strict=False):
        for key, value in settings.items():
            group[key] = tuple(value) if isinstance(value, list) else value
    optimizer.state.clear()
    for place, entry in held.facts.get("scalars", {}).items():
        if int(place) < len(parameters):
            optimizer.state[parameters[int(place)]].update(entry)
    for name in held.arrays:
        head, _, rest = name.partition("/")
        place, _, key = rest.partition("/")
        if head == "optimizer" and int(place) < len(parameters):
            parameter = parameters[int(place)]
            value = _tensor(held, name)
            # Counters of steps stay on the host, as optimizers keep them.
            optimizer.state[parameter][key] = value.to(parameter.device) if value.dim() else value


def _compare(own: Mapping[str, torch.Tensor], held: Mapping[str, Array]) -> None:
    names = {name for name in held if name.startswith("model/")}
    other = sorted(names ^ set(own))
    if other:
        first = other[0].removeprefix("model/")
        side = "the snapshot lacks it" if other[0] in own else "the model lacks it"
        raise SnapshotError(f"The snapshot is of another model: {side}: {first!r}. Nothing was changed.")
    for name, tensor in own.items():
        if tuple(tensor.shape) != held[name].shape:
            raise SnapshotError(
                f"The model has another size than the snapshot: {name.removeprefix('model/')!r} is "
                f"{tuple(tensor.shape)} here and {held[name].shape} there. Nothing was changed."
            )


def _by_name(pairs: tuple[tuple[str, torch.Tensor], ...]) -> Iterator[tuple[str, torch.Tensor]]:
    yield from pairs


def _put(arrays: dict[str, Array], types: dict[str, str], name: str, tensor: torch.Tensor) -> None:
    host = tensor.detach().cpu().contiguous()
    try:
        arrays[name] = host.numpy()
    except TypeError:  # bfloat16 and the like
        types[name] = str(host.dtype).removeprefix("torch.")
        arrays[name] = host.view(_BITS[host.element_size()]).numpy()


def _tensor(held: Contents, name: str) -> torch.Tensor:
    tensor = torch.from_numpy(np.array(held.arrays[name]))
    kind = held.types.get(name)
    return tensor if kind is None else tensor.view(getattr(torch, kind))


def _number(value: Any) -> Any:
    """Return a rate that lies in a tensor as a number."""
    return value.item() if isinstance(value, torch.Tensor) and value.numel() == 1 else value
