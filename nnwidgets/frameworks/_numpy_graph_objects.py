"""The objects that a numpy program is made of: their arrays and parts by name, and how they were before."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from nnwidgets.frameworks._numpy_graph_array import Seen, seen
from nnwidgets.frameworks._numpy_graph_tape import Op, Source, Tape, array_of

_MOST: Final = 100_000
#: Bytes of an array that is not copied, so that it can only be read.
_LARGE: Final = 256 * 1024**2
#: How deep functions that a function calls are searched for arrays.
_DEPTH: Final = 3
_NO_OBJECTS: Final = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType)


class Owner:
    """Everything that can be reached from a function or an object.

    Parameters
    ----------
    fn
        What is called.

    Attributes
    ----------
    parts
        The objects with a ``forward`` or a ``__call__``, by their ids: the object and its path.
    busy
        The ids of those whose ``forward`` or ``__call__`` goes on.
    """

    def __init__(self, fn: Any) -> None:
        self.root = getattr(fn, "__self__", None)
        if self.root is None and not isinstance(fn, _NO_OBJECTS):
            self.root = fn
        self.parts: dict[int, tuple[Any, str]] = {}
        self.busy: set[int] = set()
        self._arrays: dict[int, tuple[Any, str]] = {}
        self._kept: list[tuple[Any, Any]] = []
        self._ways_back: list[Callable[[], object]] = []
        self._copies: dict[int, Seen] = {}
        reached = [("", self.root)] if self.root is not None else list(_variables(fn))
        for path, value in reached:
            self._search(path, value)

    def source(self, tape: Tape, array: Any) -> Source | None:
        """Return the parameter that a plain array is, or is a view of; None where nobody knows it."""
        known = self._arrays.get(id(array))
        if known is not None:
            return tape.outside(*known)
        base = self._arrays.get(id(array.base))
        if base is None:
            return None
        turned = array.shape == base[0].shape[::-1] and array.strides == base[0].strides[::-1]
        op = Op("transpose" if turned else "view", inputs=[tape.outside(*base)], outputs=[array_of(array)])
        return tape.take(op), 0

    def lend(self, tape: Tape) -> None:
        """Put copies that are followed in place of the objects' own arrays."""
        for holder, _ in self._kept:
            for key, value in _items(holder):
                if isinstance(value, np.ndarray) and type(value) is np.ndarray:
                    _put(holder, key, self._copy(value, tape))

    def restore(self) -> None:
        """Put everything back as it was when this was made."""
        for holder, content in self._kept:
            _fill(holder, content)
        for way_back in self._ways_back:
            way_back()

    def _copy(self, array: Any, tape: Tape) -> Seen:
        if id(array) not in self._copies:
            copy = array.copy() if array.nbytes <= _LARGE else array.view()
            copy.flags.writeable = array.nbytes <= _LARGE
            self._copies[id(array)] = seen(copy, tape, None, self._arrays.get(id(array)))
        return self._copies[id(array)]

    def _search(self, path: str, value: Any) -> None:
        """Note everything below, each object once; not by recursion, as objects may be nested deeply."""
        waiting, seen_before = [(path, value)], set[int]()
        while waiting and len(seen_before) < _MOST:
            path, value = waiting.pop()
            if id(value) in seen_before:
                continue
            seen_before.add(id(value))
            if isinstance(value, np.ndarray):
                self._arrays.setdefault(id(value), (value, path))
            elif isinstance(value, (list, dict)):
                self._keep(value)
                waiting += reversed([(_below(path, key), part) for key, part in _items(value)])
            elif isinstance(value, tuple):
                waiting += reversed([(_below(path, key), part) for key, part in enumerate(value)])
            else:
                waiting += reversed(list(self._object(path, value)))

    def _object(self, path: str, value: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(value, np.random.Generator):
            state = value.bit_generator.state
            self._ways_back.append(lambda: setattr(value.bit_generator, "state", state))
        elif isinstance(value, np.random.RandomState):
            drawn = value.get_state()
            self._ways_back.append(lambda: value.set_state(drawn))
        elif _persons(value):
            if value is not self.root and (_has(value, "forward") or _has(value, "__call__")):
                self.parts[id(value)] = value, path
            self._keep(vars(value))
            for name, part in vars(value).items():
                yield _below(path, name), part

    def _keep(self, holder: Any) -> None:
        self._kept.append((holder, dict(holder) if isinstance(holder, dict) else list(holder)))


def _variables(fn: Any, depth: int = _DEPTH) -> Iterator[tuple[str, Any]]:
    """Give what a plain function, and those that it calls, use from outside, by name."""
    function = inspect.unwrap(fn)
    if not inspect.isfunction(function):
        return
    known = inspect.getclosurevars(function)
    for name, value in {**known.globals, **known.nonlocals}.items():
        if not isinstance(value, _NO_OBJECTS):
            yield name, value
        elif depth and inspect.isfunction(value) and not value.__module__.startswith("numpy"):
            yield from _variables(value, depth - 1)


def _persons(value: Any) -> bool:
    """Tell whether this is an object of a class of the person's own."""
    if isinstance(value, _NO_OBJECTS) or not hasattr(value, "__dict__"):
        return False
    return not type(value).__module__.startswith(
        ("numpy", "builtins", "torch", "tensorflow", "keras", "nnwidgets")
    )


def _has(value: Any, name: str) -> bool:
    return inspect.isfunction(inspect.getattr_static(type(value), name, None))


def _below(path: str, key: Any) -> str:
    return f"{path}.{key}".lstrip(".")


def _items(holder: Any) -> list[tuple[Any, Any]]:
    return list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))


def _put(holder: Any, key: Any, value: Any) -> None:
    holder[key] = value


def _fill(holder: Any, content: Any) -> None:
    """Put back what a list or a dict held; at no moment is anything of it missing."""
    if not isinstance(holder, dict):
        holder[:] = content
        return
    holder.update(content)
    for key in [key for key in holder if key not in content]:
        del holder[key]
