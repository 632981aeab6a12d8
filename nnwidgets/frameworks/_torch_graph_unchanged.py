"""A forward pass of our own that changes nothing."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import nn

from nnwidgets._random import random_state


@contextlib.contextmanager
def unchanged(models: Iterable[nn.Module]) -> Iterator[None]:
    """Compute with models without a trace: buffers, attributes, modes and random states are what they were.

    The modules compute with copies of their buffers, which are never written to themselves: a way back that waits for
    its ``backward()`` would find them changed.
    """
    restore = random_state()
    modules = list(dict.fromkeys(module for model in models for module in model.modules()))
    kept = [_Kept(module) for module in modules]
    try:
        copies: dict[int, torch.Tensor] = {}
        for module in modules:
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    if id(buffer) not in copies:
                        copies[id(buffer)] = buffer.detach().clone()
                    module._buffers[name] = copies[id(buffer)]
        with _no_caches():
            yield
    finally:
        try:
            _put_back(kept, restore)
        finally:  # a KeyboardInterrupt may have come within
            _put_back(kept, restore)


@contextlib.contextmanager
def _no_caches() -> Iterator[None]:
    """Leave what torch keeps of weights for the pass that goes on: what is computed here knows no gradients."""
    parametrized: Any = sys.modules.get("torch.nn.utils.parametrize")
    enabled, autocast = getattr(parametrized, "_cache_enabled", 0), torch.is_autocast_cache_enabled()
    try:
        if enabled:
            parametrized._cache_enabled = 0
        torch.set_autocast_cache_enabled(False)
        yield
    finally:
        torch.set_autocast_cache_enabled(autocast)
        if enabled:
            parametrized._cache_enabled = enabled


def _put_back(kept: list[_Kept], restore: Callable[[], None]) -> None:
    for one in kept:
        one.restore()
    restore()


class _Kept:
    """What a module keeps, as objects and not their values."""

    def __init__(self, module: nn.Module) -> None:
        self._own = module.__dict__
        self._before = dict(self._own)
        # What a forward appends to a list goes as well.
        self._held = [
            (value, value.copy())
            for value in self._own.values()
            if type(value) in (list, set) or isinstance(value, dict)
        ]

    def restore(self) -> None:
        for name in self._own.keys() - self._before.keys():
            del self._own[name]
        self._own.update(self._before)
        for value, copy in self._held:
            if type(value) is list:
                value[:] = copy
            elif len(value) != len(copy) or any(
                value[key] is not copy[key] for key in copy if type(value) is not set
            ):
                value.clear()
                value.update(copy)


class Spared:
    """Copies of tensors that a pass changes in place, and did not make."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[torch.Tensor, torch.Tensor, Any]] = {}

    def keep(self, tensor: torch.Tensor) -> None:
        """Copy a tensor, before it is changed for the first time."""
        if id(tensor) not in self._kept:
            versions: Any = torch.autograd._unsafe_preserve_version_counter  # type: ignore[attr-defined]
            self._kept[id(tensor)] = (tensor, tensor.detach().clone(), versions(tensor))

    def restore(self) -> None:
        """Put their values back; who keeps one of them for its gradient does not notice."""
        for tensor, copy, version in self._kept.values():
            with torch.no_grad():
                tensor.copy_(copy)
            version.__exit__()


@contextlib.contextmanager
def not_compiled() -> Iterator[None]:
    """Have compiled functions compute as they were written, and compile nothing."""
    stance: Any = getattr(torch.compiler, "set_stance", None)
    if stance is None or "torch._dynamo" not in sys.modules:
        yield
        return
    with stance("force_eager"):
        yield
