"""The whole state of a PyTorch model and its optimizer, taken and put back in place.

Parameters stay the same objects: an optimizer, a scheduler, a list that was made for gradient clipping, all keep
pointing at what trains. So a change of shape goes through `set_data`, never through a new Parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import torch
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets.frameworks._torch_attributes import Attributes
from nnwidgets.frameworks._torch_copies import (
    Copy,
    fits,
    given,
    nbytes_of,
    ordinary,
    taken,
    without_graph,
    write,
)

#: What a module keeps its tensors and its modules in; hooks and the like stay as they are.
_PARTS: Final = ("_parameters", "_buffers", "_modules")
LAZY: Final = (UninitializedParameter, UninitializedBuffer)


def set_data(tensor: torch.Tensor, value: torch.Tensor) -> None:
    """Give a parameter or a buffer another value, of any shape, keeping the object.

    The gradient goes. Where the form is the same, the memory stays as well: views of it go on seeing it. A graph of
    the step before may still be alive (a loop keeps its ``loss``), and with it the node that accumulates gradients of
    the old shape; a change of type makes torch forget that node.
    """
    tensor.grad = None
    if fits(tensor, value):
        write(tensor, value)
        return
    if tensor.shape != value.shape:
        other = torch.float64 if value.dtype != torch.float64 else torch.float32
        tensor.data = torch.empty(0, dtype=other, device=value.device)
    tensor.data = value


class TorchState:
    """A copy of everything that makes a training go on as it would have.

    Weights, buffers, modules, their settings and plain tensors, the optimizer's state and groups, and gradients: nobody
    can tell whether the next step begins with ``zero_grad()`` or adds to them. Taken when this is made, on the training
    thread, between two steps; memory as much as the model, its gradients and its optimizer use.

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
        self._model, self._optimizer = model, optimizer
        self._groups: list[dict[str, Any]] = []
        state = {} if optimizer is None else optimizer.state
        with without_graph():
            self._modules = [(module, _parts(module)) for module in model.modules()]
            self._attributes = [Attributes(module, on_host=on_host) for module in model.modules()]
            tensors = {id(t): t for t in _of_model(model)}
            if tensors:  # around a module that holds nothing, an optimizer alone is kept
                tensors |= {id(t): t for t in _of_optimizer(optimizer)}
            self._lazy = [t for t in tensors.values() if isinstance(t, LAZY)]
            self._tensors = [
                (t, Copy(t, on_host=on_host), _gradient(t, on_host=on_host))
                for t in tensors.values()
                if not isinstance(t, LAZY)
            ]
            self.take_groups()
            self._state = [(key, taken(entry, on_host=on_host)) for key, entry in state.items()]

    @property
    def nbytes(self) -> int:
        """Bytes that this copy takes."""
        own = sum(kept.nbytes + nbytes_of(gradient) for _, kept, gradient in self._tensors)
        attributes = sum(kept.nbytes for kept in self._attributes)
        return own + attributes + sum(nbytes_of(entry) for _, entry in self._state)

    @property
    def tensors(self) -> list[tuple[torch.Tensor, Copy]]:
        """Every parameter and buffer with the copy of its value."""
        return [(tensor, kept) for tensor, kept, _ in self._tensors]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The optimizer's groups; tensors among their settings are a `Copy`."""
        return self._groups

    @property
    def entries(self) -> list[tuple[Any, Any]]:
        """The optimizer's state by parameter; each tensor in it is a `Copy`."""
        return self._state

    def take_groups(self) -> bool:
        """Take the optimizer's settings anew; return whether a rate differs from before."""
        before = [_rate(group) for group in self._groups]
        with without_graph():
            self._groups = [
                {key: list(value) if key == "params" else taken(value) for key, value in group.items()}
                for group in ([] if self._optimizer is None else self._optimizer.param_groups)
            ]
        return before != [_rate(group) for group in self._groups]

    def restore(self, *, whole: bool = False) -> None:
        """Put everything back into the same objects. May be called more than once.

        Parameters
        ----------
        whole
            Whether attributes that are new go as well: where no code of the person's ran since.

        Raises
        ------
        RefusedError
            If the model had no weights yet; nothing was changed.
        """
        self._refuse_unmade()
        with without_graph():
            before = {id(p) for p in self._model.parameters()}
            self._restore_model(whole=whole)
            if self._optimizer is not None:
                self._restore_optimizer(before - {id(p) for p in self._model.parameters()})

    def _refuse_unmade(self) -> None:
        if any(not isinstance(tensor, LAZY) for tensor in self._lazy):
            raise RefusedError(
                t(
                    "The model had no weights then: they were made with the first batch, and cannot be unmade. "
                    "Nothing was changed."
                )
            )

    def _restore_model(self, *, whole: bool) -> None:
        for attributes in self._attributes:
            attributes.restore(whole=whole)
        for module, parts in self._modules:
            for name, part in parts.items():
                current = module.__dict__[name]
                current.clear()
                current.update(part)
        for tensor, kept, gradient in self._tensors:
            if not kept.put(tensor):
                set_data(tensor, kept.given())
            tensor.grad = given(gradient)

    def _restore_optimizer(self, gone: set[int]) -> None:
        assert self._optimizer is not None
        groups = self._optimizer.param_groups
        # A group that a person added since, to train what was frozen, stays: their code counts on it.
        later = [g for g in groups[len(self._groups) :] if any(id(p) not in gone for p in g["params"])]
        del groups[len(self._groups) :]
        groups += [{} for _ in self._groups[len(groups) :]]
        for group, saved in zip(groups, self._groups, strict=True):
            settings = {
                key: list(value) if key == "params" else _setting(group.get(key), value)
                for key, value in saved.items()
            }
            group.clear()
            group.update(settings)
        groups += later
        self._optimizer.state.clear()
        for key, entry in self._state:
            self._optimizer.state[key] = given(entry)


def all_or_nothing(
    model: torch.nn.Module, optimizer: torch.optim.Optimizer | None, change: Callable[[], Any]
) -> Any:
    """Make a change; where anything goes wrong, put everything back and let the error go on."""
    before = TorchState(model, optimizer)
    try:
        with ordinary():
            return change()
    except BaseException:
        before.restore(whole=True)
        raise


def _of_model(model: torch.nn.Module) -> Iterator[torch.Tensor]:
    for module in model.modules():
        for part in ("_parameters", "_buffers"):
            yield from (t for t in getattr(module, part).values() if t is not None)


def _of_optimizer(optimizer: torch.optim.Optimizer | None) -> Iterator[torch.Tensor]:
    """Yield what is trained, which may be more than the model: a loss with weights of its own."""
    for group in [] if optimizer is None else optimizer.param_groups:
        yield from group["params"]


def _gradient(tensor: torch.Tensor, *, on_host: bool) -> Copy | None:
    # Of what carries a graph, torch warns when it is asked for a gradient.
    gradient = tensor.grad if tensor.is_leaf else None
    return None if gradient is None else Copy(gradient, on_host=on_host)


def _parts(module: torch.nn.Module) -> dict[str, dict[str, Any]]:
    # A scripted module keeps its parts elsewhere, and nobody can change them.
    held = {name: module.__dict__.get(name) for name in _PARTS}
    return {name: dict(parts) for name, parts in held.items() if isinstance(parts, dict)}


def _rate(group: dict[str, Any]) -> Any:
    rate = group.get("lr")
    return rate.value.tolist() if isinstance(rate, Copy) else rate


def _setting(current: Any, saved: Any) -> Any:
    """Return a group's setting as it was; a compiled optimizer reads the tensor that it knows."""
    if isinstance(saved, Copy) and isinstance(current, torch.Tensor) and saved.put(current):
        return current
    return given(saved)
