"""Lets Keras layers be called with symbols, and even be built, and puts everything back as it was.

A symbolic call appends to ``_inbound_nodes``, counts names, and builds what is not built yet. All of that stands in
attributes of the layers and in Keras's global state, and is taken back; values of variables are never written.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras

from nnwidgets._random import random_state
from nnwidgets.frameworks._keras_fit import without_gradients
from nnwidgets.frameworks._keras_graph_names import Names
from nnwidgets.frameworks._keras_seeds import GlobalSeed

_ABSENT = object()


@contextlib.contextmanager
def untouched(layers: Iterable[Any]) -> Iterator[None]:
    """Leave nothing behind of what is called inside; on the calling thread.

    Parameters
    ----------
    layers
        The model and all its layers.
    """
    layers = list(layers)
    restore_random, restore_modules = random_state(), _torch_modules(layers[:1])
    seed, kept = GlobalSeed(), [_Kept(layer) for layer in layers]
    tracker = _global_state()
    state = None if tracker is None else _Kept(tracker)
    try:
        with (
            keras.StatelessScope(initialize_variables=False),
            without_gradients(),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")  # Keras warns of what it would do to the model
            yield
    finally:
        for one in kept:
            one.restore()
        restore_modules()
        if state is not None:
            state.restore()
        seed.restore()
        restore_random()


def layers_of(model: Any) -> list[Any]:
    """Return everything whose attributes a call may change: the layers, and what tracks their variables."""
    found = [layer for _, layer in Names(model).layers]
    trackers = (getattr(layer, "_tracker", None) for layer in found)
    return [*found, *(tracker for tracker in trackers if tracker is not None)]


def _global_state() -> Any:
    """Return what counts names and holds the scopes of this thread; Keras has no public door to it."""
    try:
        from keras.src.backend.common.global_state import GLOBAL_STATE_TRACKER
    except ImportError:
        return None
    return GLOBAL_STATE_TRACKER


class _Kept:
    """The attributes of an object, and what the lists, dicts and sets among them hold."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        self._attributes = dict(vars(owner))
        self._held = [(value, _copy(value)) for value in _containers(self._attributes.values())]

    def restore(self) -> None:
        for container, content in self._held:
            if not _same(container, content):
                _fill(container, content)
        now = vars(self._owner)
        for name in [name for name in now if name not in self._attributes]:
            del now[name]
        for name, value in self._attributes.items():
            if now.get(name, _ABSENT) is not value:
                now[name] = value


def _containers(values: Iterable[Any]) -> Iterator[Any]:
    """Give containers, and those inside of them; a few levels are enough for what Keras keeps."""
    for value in values:
        if isinstance(value, (list, dict, set)):
            yield value
            inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            yield from (part for part in inner if isinstance(part, (list, dict, set)))


def _copy(container: Any) -> Any:
    return list(container.items()) if isinstance(container, dict) else list(container)


def _same(container: Any, content: list[Any]) -> bool:
    if len(container) != len(content):
        return False
    if isinstance(container, dict):
        pairs = zip(container.items(), content, strict=True)
        return all(key is name and value is old for (key, value), (name, old) in pairs)
    if isinstance(container, set):
        return container == set(content)
    return all(now is old for now, old in zip(container, content, strict=True))


def _fill(container: Any, content: list[Any]) -> None:
    """Fill a container anew, past what its class does besides."""
    if isinstance(container, list):
        list.__setitem__(container, slice(None), content)
    elif isinstance(container, dict):
        dict.clear(container)
        dict.update(container, content)
    else:
        set.clear(container)
        set.update(container, content)


def _torch_modules(layers: Iterable[Any]) -> Callable[[], None]:
    """Copy modes and buffers of PyTorch's own modules inside of layers; return what puts them back."""
    if keras.backend.backend() != "torch":
        return lambda: None
    import torch

    inside = {id(m): m for layer in layers if isinstance(layer, torch.nn.Module) for m in layer.modules()}
    modes = [(module, module.training) for module in inside.values()]
    plain = [module for module in inside.values() if not isinstance(module, keras.Layer)]
    buffers = [(buffer, buffer.clone()) for module in plain for buffer in module.buffers(recurse=False)]

    def restore() -> None:
        for module, training in modes:
            module.training = training
        with torch.no_grad():
            for buffer, value in buffers:
                if not torch.equal(buffer, value):
                    buffer.copy_(value)

    return restore
