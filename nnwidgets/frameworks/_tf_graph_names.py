"""What variables of TensorFlow are called in the code that uses them: ``w1``, ``self.w``, ``weights[0]``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

#: How deep lists, dicts and objects are searched.
_DEPTH = 3


def variable_names(python: Any) -> list[tuple[Any, str]]:
    """Return the variables that a function reaches, with their names; the first name of one counts."""
    return [pair for name, value in _reached(python) for pair in _variables(value, name, _DEPTH)]


def _reached(python: Any) -> Iterator[tuple[str, Any]]:
    """Give the objects that a function uses, by name."""
    owner = getattr(python, "__self__", None)
    function = inspect.unwrap(getattr(python, "__func__", python))
    if owner is not None:
        yield from _attributes(owner)
    if inspect.isfunction(function):
        known = inspect.getclosurevars(function)
        yield from known.nonlocals.items()
        yield from known.globals.items()
    elif not inspect.isbuiltin(function):
        yield from _attributes(python)


def _attributes(owner: Any) -> Iterator[tuple[str, Any]]:
    for name, value in getattr(owner, "__dict__", {}).items():
        if not name.startswith("_"):
            yield name, value


def _variables(value: Any, path: str, depth: int) -> Iterator[tuple[Any, str]]:
    if isinstance(value, tf.Variable):
        yield value, path
    elif depth and isinstance(value, dict):
        for name, part in list(value.items()):
            yield from _variables(part, f"{path}.{name}", depth - 1)
    elif depth and isinstance(value, (list, tuple)):
        for place, part in enumerate(value):
            yield from _variables(part, f"{path}.{place}", depth - 1)
    elif depth and isinstance(value, tf.Module):
        for name, part in _attributes(value):
            yield from _variables(part, f"{path}.{name}", depth - 1)
