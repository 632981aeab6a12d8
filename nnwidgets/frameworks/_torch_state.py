"""The whole state of a PyTorch model and its optimizer, taken and put back in place.

Parameters stay the same objects: an optimizer, a scheduler, a list that was made for gradient clipping, all keep
pointing at what trains. So a change of shape goes through `set_data`, never through a new Parameter.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, Final

import torch

#: What a module keeps besides its own settings; hooks and the like stay as they are.
_PARTS: Final = ("_parameters", "_buffers", "_modules")


def set_data(tensor: torch.Tensor, value: torch.Tensor) -> None:
    """Give a parameter or a buffer another value, of any shape, keeping the object.

    The gradient goes. A graph of the step before may still be alive (a loop keeps its ``loss``), and with it the node
    that accumulates gradients of the old shape; a change of type makes torch forget that node.
    """
    tensor.grad = None
    if tensor.shape != value.shape:
        other = torch.float64 if value.dtype != torch.float64 else torch.float32
        tensor.data = torch.empty(0, dtype=other, device=value.device)
    tensor.data = value


class TorchState:
    """A copy of everything that makes a training go on as it would have.

    Weights, buffers, modules and their settings, the optimizer's state and groups. Taken when this is made, on the
    training thread, between two steps; memory as much as the model and its optimizer use.

    Parameters
    ----------
    model
        The module.
    optimizer
        Its optimizer, or None.
    on_host
        Whether copies of what lies on an accelerator are kept in the computer's own memory.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer | None = None,
        *,
        on_host: bool = False,
    ) -> None:
        self._optimizer = optimizer
        self._on_host = on_host
        self._modules = [(module, _settings(module), _parts(module)) for module in model.modules()]
        tensors = {id(t): t for module in model.modules() for t in _own(module)}
        self._tensors = [(t, self._kept(t), t.device) for t in tensors.values()]
        self._gradients = [(t, t.grad) for t in tensors.values()]
        self._groups: list[dict[str, Any]] = []
        self.take_groups()
        state = {} if optimizer is None else optimizer.state
        self._state = [(parameter, self._kept_entry(entry)) for parameter, entry in state.items()]

    @property
    def nbytes(self) -> int:
        """Bytes that this copy takes."""
        entries = [
            value for _, entry in self._state for value in entry.values() if isinstance(value, torch.Tensor)
        ]
        return sum(t.nbytes for t in (*(kept for _, kept, _ in self._tensors), *entries))

    @property
    def tensors(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Every parameter and buffer with the copy of its value."""
        return [(tensor, kept) for tensor, kept, _ in self._tensors]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The optimizer's groups."""
        return self._groups

    @property
    def entries(self) -> list[tuple[torch.Tensor, dict[str, Any]]]:
        """The optimizer's state of each parameter."""
        return self._state

    def take_groups(self) -> bool:
        """Take the optimizer's settings anew; return whether a rate differs from before."""
        before = [group.get("lr") for group in self._groups]
        self._groups = [
            {key: list(value) if key == "params" else copied(value) for key, value in group.items()}
            for group in _groups(self._optimizer)
        ]
        return before != [group.get("lr") for group in self._groups]

    def restore(self) -> None:
        """Put everything back into the same objects. May be called more than once."""
        for module, settings, parts in self._modules:
            for name in [name for name in _settings(module) if name not in settings]:
                del module.__dict__[name]
            module.__dict__.update(settings)
            for name, part in parts.items():
                current = module.__dict__[name]
                current.clear()
                current.update(part)
        with torch.no_grad():
            for tensor, value, device in self._tensors:
                set_data(tensor, value.to(device, copy=True))
        for tensor, gradient in self._gradients:
            # A gradient of the step before is of no use, but code that looks for one must find it.
            tensor.grad = gradient if gradient is None or gradient.shape == tensor.shape else None
        if self._optimizer is not None:
            for group, saved in zip(self._optimizer.param_groups, self._groups, strict=False):
                group.clear()
                group.update({k: list(v) if k == "params" else copied(v) for k, v in saved.items()})
            del self._optimizer.param_groups[len(self._groups) :]
            self._optimizer.state.clear()
            for parameter, entry in self._state:
                self._optimizer.state[parameter] = _on_device_of(parameter, entry)

    def _kept(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.detach().to("cpu", copy=True) if self._on_host else tensor.detach().clone()

    def _kept_entry(self, entry: Any) -> Any:
        if not self._on_host:
            return copied(entry)
        return {
            key: self._kept(value) if isinstance(value, torch.Tensor) else copied(value)
            for key, value in entry.items()
        }


def all_or_nothing(
    model: torch.nn.Module, optimizer: torch.optim.Optimizer | None, change: Callable[[], Any]
) -> Any:
    """Make a change; where anything goes wrong, put everything back and let the error go on."""
    before = TorchState(model, optimizer)
    try:
        return change()
    except BaseException:
        before.restore()
        raise


def _own(module: torch.nn.Module) -> Iterator[torch.Tensor]:
    for part in ("_parameters", "_buffers"):
        yield from (
            t
            for t in module.__dict__[part].values()
            if t is not None
            and not isinstance(
                t, torch.nn.parameter.UninitializedParameter | torch.nn.parameter.UninitializedBuffer
            )
        )


def _settings(module: torch.nn.Module) -> dict[str, Any]:
    """Return a module's plain settings: ``out_features``, ``p`` and the like.

    Not whether it is in training mode: that belongs to the moment, and whoever goes back may stand in another one.
    """
    plain = (bool, int, float, str, tuple, type(None))
    return {
        name: value
        for name, value in module.__dict__.items()
        if isinstance(value, plain)
        and name != "training"
        and (not name.startswith("_") or name.startswith("_nnw"))
    }


def _parts(module: torch.nn.Module) -> dict[str, dict[str, Any]]:
    return {name: dict(module.__dict__[name]) for name in _PARTS}


def _groups(optimizer: torch.optim.Optimizer | None) -> list[dict[str, Any]]:
    return [] if optimizer is None else optimizer.param_groups


def _on_device_of(parameter: torch.Tensor, entry: Any) -> Any:
    """Return a copy of an optimizer's entry: moments where the parameter lies, counters of steps where they were."""
    return {
        key: value.to(parameter.device, copy=True)
        if isinstance(value, torch.Tensor) and value.dim()
        else copied(value)
        for key, value in entry.items()
    }


def copied(value: Any) -> Any:
    """Return a copy that shares no memory."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: copied(entry) for key, entry in value.items()}
    return copy.deepcopy(value)
