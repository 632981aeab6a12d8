"""An optimizer's part of a file, read and judged as a whole before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import torch

from nnwidgets._contents import Contents
from nnwidgets._errors import SnapshotError
from nnwidgets._i18n import t
from nnwidgets._wording import listed
from nnwidgets.frameworks._torch_arrays import tensor_of
from nnwidgets.frameworks._torch_moments import FIRST, SECOND
from nnwidgets.frameworks._torch_optimizer_contents import layout
from nnwidgets.frameworks._torch_state import set_data
from nnwidgets.frameworks._torch_trees import PLAIN, read

#: How an optimizer computes, which depends on where it runs; that of the one at hand stays.
_MEANS: Final = frozenset({"foreach", "fused", "capturable", "differentiable"})


class OptimizerLoad:
    """What a file holds for one optimizer.

    Parameters
    ----------
    optimizer
        The optimizer.
    names
        The name of each of the model's tensors, by the id of the tensor.
    held
        What the file holds.

    Raises
    ------
    SnapshotError
        If it belongs to another optimizer, or to other parameters.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, names: Mapping[int, str], held: Contents) -> None:
        self._optimizer, self._names, self._held = optimizer, names, held
        self._parameters = [p for group in optimizer.param_groups for p in group["params"]]
        self._places = {id(p): place for place, p in enumerate(self._parameters)}
        self._refuse_other()
        self._outside = [
            (self._parameters[place], self._value(f"outside/{place}", self._parameters[place]))
            for place in held.facts["outside"]
        ]
        self._settings = [
            _settings(group, settings)
            for group, settings in zip(optimizer.param_groups, held.facts["groups"], strict=True)
        ]
        self._entries = self._read_entries()

    def write(self) -> None:
        """Give it to the optimizer."""
        for outside, value in self._outside:
            set_data(outside, value.to(outside.device))
        for group, settings in zip(self._optimizer.param_groups, self._settings, strict=True):
            group.update({name: _like(group.get(name), setting) for name, setting in settings.items()})
        state: dict[Any, Any] = self._optimizer.state
        for parameter in [key for key in state if isinstance(key, torch.Tensor)]:
            del state[parameter]
        state.update(self._entries)

    def _refuse_other(self) -> None:
        theirs = self._held.facts.get("optimizer")
        if theirs is None:
            raise SnapshotError(
                t(
                    "The snapshot holds no optimizer. Restore it without one, for the weights alone. Nothing was "
                    "changed."
                )
            )
        kind = type(self._optimizer).__name__
        if theirs["class"] != kind:
            raise SnapshotError(
                t(
                    "The snapshot holds what {theirs} knew, and this optimizer is {kind}. Nothing was changed.",
                    theirs=theirs["class"],
                    kind=kind,
                )
            )
        shapes = {id(p): p.shape for p in self._parameters}
        ours = layout(self._optimizer.param_groups, self._names, shapes)
        if theirs["parameters"] != ours:
            raise SnapshotError(_difference(ours, theirs["parameters"]))
        left_out = self._held.facts.get("left out")
        if left_out:
            raise SnapshotError(
                t(
                    "What {kind} remembers of {name} could not be written to the file. Restore the snapshot "
                    "without the optimizer, for the weights alone. Nothing was changed.",
                    kind=kind,
                    name=repr(left_out[0]),
                )
            )

    def _read_entries(self) -> list[tuple[torch.Tensor, dict[str, Any]]]:
        owners = {id(p): group for group in self._optimizer.param_groups for p in group["params"]}
        entries, known = [], set()
        for place, tree in self._held.facts["state"].items():
            if not 0 <= int(place) < len(self._parameters):
                raise _damaged(t("it has no parameter {place}", place=place))
            parameter = self._parameters[int(place)]

            def tensor(name: str, place: str = place, parameter: torch.Tensor = parameter) -> torch.Tensor:
                known.add(name)
                key = name.removeprefix(f"optimizer/{place}/")
                return self._tensor(name, key, parameter, owners[id(parameter)])

            entry = read(tree, tensor)
            if not isinstance(entry, dict):
                raise _damaged(t("what belongs to parameter {place} cannot be read", place=place))
            entries.append((parameter, entry))
        unknown = {name for name in self._held.arrays if name.startswith("optimizer/")} ^ known
        if unknown:
            raise _damaged(t("nothing says what {name} is", name=repr(min(unknown))))
        return entries

    def _tensor(self, name: str, key: str, parameter: torch.Tensor, group: Mapping[str, Any]) -> torch.Tensor:
        """Read one tensor, and put it where torch's own `load_state_dict` would, in the type that it had."""
        value = tensor_of(self._held.arrays, self._held.types, name)
        if type(self._optimizer).__module__.startswith("torch.optim."):
            wanted = parameter.shape if key in FIRST | SECOND else torch.Size() if key == "step" else None
            if wanted is not None and value.shape != wanted:
                raise _damaged(
                    t(
                        "{name} is {there} there and {here} here",
                        name=repr(name),
                        there=tuple(value.shape),
                        here=tuple(wanted),
                    )
                )
        on_device = bool(group.get("capturable") or group.get("fused"))
        if key == "step":
            return value.to(parameter.device, torch.float32) if on_device else value
        if name in self._held.facts["on host"] and not on_device:
            return value
        # Moments have the type of their parameter, which may be loaded into another one.
        same = value.is_floating_point() and value.dtype == self._type_there(parameter)
        return value.to(parameter.device, parameter.dtype if same else value.dtype)

    def _type_there(self, parameter: torch.Tensor) -> torch.dtype:
        own = self._names.get(id(parameter))
        name = f"outside/{self._places[id(parameter)]}" if own is None else f"model/{own}"
        there = name in self._held.arrays
        return tensor_of(self._held.arrays, self._held.types, name).dtype if there else parameter.dtype

    def _value(self, name: str, parameter: torch.Tensor) -> torch.Tensor:
        value = tensor_of(self._held.arrays, self._held.types, name).to(parameter.dtype)
        if value.shape != parameter.shape:
            raise _damaged(
                t(
                    "{name} is {there} there and {here} here",
                    name=repr(name),
                    there=tuple(value.shape),
                    here=tuple(parameter.shape),
                )
            )
        return value


def _settings(group: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    if "params" in settings:
        raise _damaged(t("a group's settings name parameters"))
    for key, value in settings.items():
        if key not in _MEANS and not _matches(group.get(key), value):
            raise _damaged(t("{key} of a group is {value}", key=repr(key), value=repr(value)))
    return {key: value for key, value in settings.items() if key not in _MEANS}


def _matches(current: Any, value: Any) -> bool:
    """Tell whether a setting may take a value."""
    if isinstance(current, (tuple, list)):
        return isinstance(value, list) and len(value) == len(current) and all(map(_matches, current, value))
    if isinstance(current, bool):
        return value is None or isinstance(value, bool)
    if isinstance(current, (int, float, torch.Tensor)):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, PLAIN) or (isinstance(value, list) and all(isinstance(v, PLAIN) for v in value))


def _like(current: Any, value: Any) -> Any:
    """Return a setting in the form of the one before."""
    if isinstance(current, torch.Tensor):  # a compiled optimizer reads the tensor that it knows
        return current.fill_(value)
    if isinstance(value, list):
        known = current if isinstance(current, (tuple, list)) else [None] * len(value)
        return tuple(map(_like, known, value))
    return value


def _difference(ours: list[list[list[Any]]], theirs: list[list[list[Any]]]) -> str:
    sizes = [[len(group) for group in groups] for groups in (ours, theirs)]
    if sizes[0] != sizes[1]:
        return t(
            "The optimizer has other groups than the snapshot's: {here} parameters here and "
            "{there} there. Nothing was changed.",
            here=_words(sizes[0]),
            there=_words(sizes[1]),
        )
    pairs = [
        (a, b) for mine, other in zip(ours, theirs, strict=True) for a, b in zip(mine, other, strict=True)
    ]
    place, (mine, other) = next((i, pair) for i, pair in enumerate(pairs) if pair[0] != pair[1])
    return t(
        "The optimizer has its parameters in another order than the snapshot's, or has others: parameter {place} is "
        "{here} here and {there} there. Nothing was changed.",
        place=place,
        here=_parameter(*mine),
        there=_parameter(*other),
    )


def _words(sizes: list[int]) -> str:
    return listed([str(size) for size in sizes]) or "0"


def _parameter(name: str | None, shape: list[int]) -> str:
    return f"{name or t('one outside the model')!r} {tuple(shape)}"


def _damaged(what: str) -> SnapshotError:
    return SnapshotError(t("The snapshot is damaged: {what}. Nothing was changed.", what=what))
