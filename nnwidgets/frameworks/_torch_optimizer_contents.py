"""What an optimizer knows as named arrays, as files hold them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from nnwidgets._contents import Array, Contents
from nnwidgets.frameworks._torch_arrays import put
from nnwidgets.frameworks._torch_copies import Copy
from nnwidgets.frameworks._torch_state import TorchState
from nnwidgets.frameworks._torch_trees import PLAIN, UnwritableError, written


def layout(
    groups: Sequence[Mapping[str, Any]], names: Mapping[int, str], shapes: Mapping[int, torch.Size]
) -> list[list[list[Any]]]:
    """Return name and shape of every parameter in every group; what is no part of the model has no name."""
    return [[[names.get(id(p)), list(shapes[id(p)])] for p in group["params"]] for group in groups]


def contents(kind: str, state: TorchState, names: Mapping[int, str]) -> Contents:
    """Return what a file holds of an optimizer.

    Parameters
    ----------
    kind
        The name of its class.
    state
        What was kept.
    names
        The name of each of the model's tensors, by the id of the tensor.
    """
    arrays: dict[str, Array] = {}
    types: dict[str, str] = {}
    add = functools.partial(put, arrays, types)
    kept = {id(tensor): copy for tensor, copy in state.tensors}
    parameters = [p for group in state.groups for p in group["params"]]
    places = {id(p): place for place, p in enumerate(parameters)}
    outside = [place for place, p in enumerate(parameters) if id(p) in kept and id(p) not in names]
    for place in outside:
        add(f"outside/{place}", kept[id(parameters[place])].value)
    entries = {places[id(p)]: (p, entry) for p, entry in state.entries if id(p) in places}
    # Shape and place of then; a parameter may be another one by now, unless somebody else keeps it.
    known = {id(p): (kept[id(p)].value.shape, kept[id(p)].device) for p in parameters if id(p) in kept}
    forms = {id(p): known.get(id(p), (p.shape, p.device)) for p in parameters}
    shapes = {key: shape for key, (shape, _) in forms.items()}
    facts: dict[str, Any] = {
        "optimizer": {"class": kind, "parameters": layout(state.groups, names, shapes)},
        "groups": [_settings(group) for group in state.groups],
        "outside": outside,
        "state": {},
        "on host": [],
        "left out": [],
    }
    for place, (parameter, entry) in entries.items():
        name = f"optimizer/{place}"
        try:
            # First without the arrays, so that what cannot be written leaves no half of it behind.
            written(entry, name, lambda _name, _tensor: None)
        except UnwritableError:
            facts["left out"].append(names.get(id(parameter), f"parameter {place}"))
            continue
        facts["state"][str(place)] = written(entry, name, add)
        if forms[id(parameter)][1].type != "cpu":
            facts["on host"] += _on_host(entry, name)
    return Contents(arrays, facts, types)


def _settings(group: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: _number(value) for key, value in group.items() if key != "params"}
    return {key: value for key, value in found.items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    return all(map(_is_plain, value)) if isinstance(value, tuple) else isinstance(value, PLAIN)


def _number(value: Any) -> Any:
    """Return a rate that lies in a tensor as a number."""
    if isinstance(value, Copy) and value.value.numel() == 1:
        return value.value.item()
    return tuple(map(_number, value)) if isinstance(value, tuple) else value


def _on_host(entry: Any, name: str) -> list[str]:
    """Return the tensors that lay in the computer's own memory while their parameter did not."""
    if isinstance(entry, Copy):
        return [name] if entry.device.type == "cpu" else []
    parts = (
        entry.items()
        if isinstance(entry, dict)
        else enumerate(entry)
        if isinstance(entry, (list, tuple))
        else ()
    )
    return [found for key, part in parts for found in _on_host(part, f"{name}/{key}")]
