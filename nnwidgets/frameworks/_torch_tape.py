"""Learns from one training step how its loss is computed, so that the loss on that batch can be computed again.

A loop of one's own has no loss function that we could call. But between the call of the model and ``backward()`` every
operation passes through torch's function dispatch, and can be written down there: what was called, with which
arguments, and which result went where. Played back after a change, with the model in evaluation mode, the same batch
gives the loss of the changed model.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import nn
from torch.nn.modules import module as module_hooks
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_flatten, tree_map

from nnwidgets._changes import Call
from nnwidgets._random import random_state
from nnwidgets.frameworks._torch_graph_calls import pop, push

#: Operations of one step at most; a loop that computes more between model and loss is not followed.
_LONGEST: Final = 2_000
#: What ends the computation of a loss.
_BACKWARD: Final = (torch.Tensor.backward, torch.autograd.backward, torch.autograd.grad)


@dataclass
class _Operation:
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any


class Tape(TorchFunctionMode):
    """Records one step of the thread that enters it; `close` ends the recording.

    Parameters
    ----------
    model
        The model whose calls are taken as one operation each, like those of any other module.
    core
        The part whose call is to be known; None for the whole model.
    """

    def __init__(self, model: nn.Module, core: nn.Module | None = None) -> None:
        super().__init__()
        self._model, self._core = model, model if core is None else core
        self._operations: list[_Operation] = []
        self._inside = 0
        self._pending: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        self._loss: torch.Tensor | None = None
        self._over = False
        self._hooks: list[Any] = []
        self._open = False
        self._thread = 0
        self._place: int | None = None

    def open(self) -> None:
        """Begin to record."""
        self._hooks = [
            register_module_forward_pre_hook(self._enter_module),
            register_module_forward_hook(self._leave_module, with_kwargs=True),
        ]
        self._thread = threading.get_ident()
        push(self)
        self._open = True

    def close(self) -> Replay | None:
        """End the recording; return what plays it back, or None where no loss was seen."""
        if not self._open:
            return None
        self._open = False
        pop(self)
        for hook in self._hooks:
            hook.remove()
            # torch forgets to remove this entry, and would take the slow way through every module from then on.
            getattr(module_hooks, "_global_forward_hooks_with_kwargs", {}).pop(hook.id, None)
        operations, self._operations = self._operations, []
        loss, self._loss = self._loss, None
        if loss is None or loss.numel() != 1:
            return None
        needed = _needed(operations, loss)
        call = next((o for o in needed if o.function is self._core), None)
        calls = any(isinstance(o.function, nn.Module) and _has(self._model, o.function) for o in needed)
        return Replay(self._model, needed, loss, call) if calls else None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if self._over or self._inside:
            return func(*args, **kwargs)
        if func in _BACKWARD:
            self._over = True
            if func is torch.Tensor.backward and args:
                self._loss = args[0]
            return func(*args, **kwargs)
        result = func(*args, **kwargs)
        self._add(func, args, kwargs, result)
        return result

    def _enter_module(self, module: nn.Module, args: Any) -> None:
        if threading.get_ident() != self._thread:
            return
        self._inside += 1
        if (
            self._inside == 1
        ):  # torch's transformers compute otherwise under somebody's eyes, where they only evaluate
            self._place = pop(self)

    def _leave_module(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        if threading.get_ident() != self._thread:
            return
        self._inside -= 1
        if not self._inside and self._open:
            push(self, self._place)
            if not self._over:
                self._add(module, args, kwargs, output)

    def _add(self, function: Any, args: Any, kwargs: Any, result: Any) -> None:
        if len(self._operations) < _LONGEST:
            self._operations.append(_Operation(function, args, kwargs, result))


class Replay:
    """Computes the loss of the recorded batch again, changing nothing.

    Attributes
    ----------
    call
        How the model was called in that step, or None if it was not called as a whole.
    """

    def __init__(
        self, model: nn.Module, operations: list[_Operation], loss: torch.Tensor, call: _Operation | None
    ) -> None:
        self._model = model
        # Results are only names by which later operations find them; their values must not be kept alive.
        names: dict[int, int] = {}
        self._steps: list[tuple[Any, Any, Any, list[int | None]]] = []
        for operation in operations:
            args, kwargs = _named((operation.args, operation.kwargs), names)
            flat, _ = tree_flatten(operation.result)
            outs: list[int | None] = []
            for value in flat:
                if isinstance(value, torch.Tensor):
                    names[id(value)] = len(names)
                    outs.append(names[id(value)])
                else:
                    outs.append(None)
            self._steps.append((operation.function, args, kwargs, outs))
        self._loss = names[id(loss)]
        self.call = None if call is None else Call(call.args, call.kwargs)

    def loss(self) -> float | None:
        """Return the loss, in evaluation mode; None where the recorded way does not work any more."""
        device = next((p.device for p in self._model.parameters()), None)
        values: dict[int, Any] = {}
        try:
            with untouched(self._model):
                for function, args, kwargs, outs in self._steps:
                    a, k = tree_map(functools.partial(_filled, values=values, device=device), (args, kwargs))
                    flat, _ = tree_flatten(function(*a, **k))
                    values |= {n: v for n, v in zip(outs, flat, strict=True) if n is not None}
                return float(values[self._loss].detach())
        except Exception:  # noqa: BLE001 — not being able to measure must not keep a change from being made
            return None


@contextlib.contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Run forwards in evaluation mode without a trace: modes, buffers, gradients and random states come back."""
    restore = random_state()
    modes = [(module, module.training) for module in model.modules()]
    buffers = [(buffer, buffer.detach().clone()) for buffer in model.buffers()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training
        with torch.no_grad():
            for buffer, value in buffers:
                if not torch.equal(buffer, value):
                    buffer.copy_(value)
        restore()


@dataclass(frozen=True)
class _Name:
    """Stands for the result of an earlier operation."""

    number: int


def _named(tree: Any, names: dict[int, int]) -> Any:
    return tree_map(
        lambda x: _Name(names[id(x)]) if isinstance(x, torch.Tensor) and id(x) in names else x, tree
    )


def _filled(x: Any, values: dict[int, Any], device: torch.device | None) -> Any:
    if isinstance(x, _Name):
        return values[x.number]
    if isinstance(x, torch.Tensor) and device is not None and not isinstance(x, nn.Parameter) and x.ndim:
        return x.to(device)  # the batch follows the model
    return x


def _needed(operations: list[_Operation], loss: torch.Tensor) -> list[_Operation]:
    """Return the operations that the loss was computed by, in order."""
    wanted = {id(loss)}
    needed = []
    for operation in reversed(operations):
        flat, _ = tree_flatten(operation.result)
        if any(id(value) in wanted for value in flat if isinstance(value, torch.Tensor)):
            needed.append(operation)
            inputs, _ = tree_flatten((operation.args, operation.kwargs))
            wanted |= {id(value) for value in inputs if isinstance(value, torch.Tensor)}
    return needed[::-1]


def _has(model: nn.Module, module: nn.Module) -> bool:
    return any(one is module for one in model.modules())
