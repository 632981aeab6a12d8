"""Makes numpy and a person's own objects tell a tape what happens on one thread, for a while."""

from __future__ import annotations

import contextlib
import functools
import inspect
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from nnwidgets.frameworks._leaves import leaves
from nnwidgets.frameworks._numpy_graph_array import Seen, computed, seen
from nnwidgets.frameworks._numpy_graph_objects import Owner
from nnwidgets.frameworks._numpy_graph_tape import Tape

#: Functions that make arrays of nothing, or of other things, and do not ask what they are given.
_MAKERS: Final = ("zeros", "ones", "empty", "full")
_CONVERTERS: Final = ("array", "asarray", "asanyarray", "ascontiguousarray")


@contextlib.contextmanager
def told(tape: Tape, owner: Owner) -> Iterator[None]:
    """Have everything that this thread computes told; other threads notice nothing."""
    thread = threading.get_ident()
    installed: list[tuple[Any, str, Any]] = []

    def install(home: Any, name: str, make: Callable[[Any], Any]) -> None:
        original = vars(home)[name]
        replaced = functools.wraps(original)(make(original))
        installed.append((home, name, original))
        setattr(home, name, replaced)

    def here() -> bool:
        return threading.get_ident() == thread

    try:
        for name in _MAKERS:
            install(np, name, functools.partial(_maker, tape, here))
        for name in _CONVERTERS:
            install(np, name, functools.partial(_converter, tape, here))
        for home, name in _methods(owner):
            install(home, name, functools.partial(_part, tape, owner, here))
        yield
    finally:
        for home, name, original in reversed(installed):
            setattr(home, name, original)


def _maker(tape: Tape, here: Callable[[], bool], original: Any) -> Any:
    def make(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        return seen(made, tape, None) if here() and type(made) is np.ndarray else made

    return make


def _converter(tape: Tape, here: Callable[[], bool], original: Any) -> Any:
    def convert(value: Any, *args: Any, **kwargs: Any) -> Any:
        if not here():
            return original(value, *args, **kwargs)
        if isinstance(value, Seen):
            made = original(value.view(np.ndarray), *args, **kwargs)
            if made.dtype != value.dtype:
                return computed(
                    tape,
                    "astype",
                    lambda array: original(array, *args, **kwargs),
                    (value,),
                    {"dtype": made.dtype},
                )
            return seen(made, tape, value.source, value.origin)
        if any(isinstance(leaf, Seen) for leaf in leaves(value)):
            return computed(tape, "array", lambda parts: original(parts, *args, **kwargs), (value,), {})
        made = original(value, *args, **kwargs)
        fresh = type(made) is np.ndarray and made is not value and made.base is None
        return seen(made, tape, None) if fresh else made

    return convert


def _part(tape: Tape, owner: Owner, here: Callable[[], bool], original: Any) -> Any:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        known = owner.parts.get(id(self))
        if known is None or id(self) in owner.busy or not here():
            return original(self, *args, **kwargs)
        owner.busy.add(id(self))
        try:
            with tape.inside(type(self).__name__, known[1]):
                return _checked(tape, original, self, args, kwargs)
        finally:
            owner.busy.discard(id(self))

    return call


def _checked(tape: Tape, original: Any, part: Any, args: Any, kwargs: Any) -> Any:
    """Mark a failure inside the part in which it happens."""
    try:
        return original(part, *args, **kwargs)
    except Exception as error:
        tape.fail(error)
        raise


def _methods(owner: Owner) -> list[tuple[Any, str]]:
    """Return the classes and methods through which the parts are called."""
    found: dict[tuple[int, str], tuple[Any, str]] = {}
    for part, _ in owner.parts.values():
        for name in ("forward", "__call__"):
            home = next(
                (kind for kind in type(part).__mro__ if inspect.isfunction(vars(kind).get(name))), None
            )
            if home is not None:
                found[id(home), name] = home, name
    return list(found.values())
