"""Sends the calls of Keras layers and operations of one thread to a recorder, for as long as it listens."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import keras

from nnwidgets.frameworks._keras_graph_record import Recorder

#: What a variable on the left of a symbol computes; Keras itself asks the backend, which knows no symbols.
_OPERATORS: Final = {
    "__add__": "add",
    "__sub__": "subtract",
    "__mul__": "multiply",
    "__truediv__": "divide",
    "__matmul__": "matmul",
    "__pow__": "power",
}


@contextlib.contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Have a recorder told of every call on this thread; everything else goes on as usual."""
    thread = threading.get_ident()
    installed: list[tuple[Any, str, Any]] = []

    def install(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        original = vars(owner)[name]
        replacement = make(original)
        installed.append((owner, name, original))
        setattr(owner, name, replacement)

    def told(hear: Callable[..., Any]) -> Callable[[Any], Any]:
        def make(original: Any) -> Any:
            def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
                if threading.get_ident() != thread:
                    return original(operation, *args, **kwargs)
                return hear(original, operation, args, kwargs)

            return call

        return make

    try:
        install(keras.Layer, "__call__", told(recorder.layer))
        install(keras.Layer, "symbolic_call", told(recorder.within))
        install(keras.Operation, "symbolic_call", told(recorder.operation))
        install(keras.Layer, "add_loss", told(_unless_symbolic))
        for name, operation in _OPERATORS.items():
            install(_home(name), name, told(_operator(operation)))
        install(_home("assign"), "assign", told(_unless_symbolic))
        yield
    finally:
        for owner, name, original in reversed(installed):
            setattr(owner, name, original)


def _unless_symbolic(original: Callable[..., Any], owner: Any, args: Any, kwargs: Any) -> Any:
    """Skip what only arrays can be used for: nothing is to be changed anyway."""
    flat = keras.tree.flatten((args, kwargs))
    if any(isinstance(value, keras.KerasTensor) for value in flat):
        return args[0] if args else None
    return original(owner, *args, **kwargs)


def _operator(name: str) -> Callable[..., Any]:
    def compute(original: Callable[..., Any], variable: Any, args: Any, kwargs: Any) -> Any:
        if args and isinstance(args[0], keras.KerasTensor):
            return getattr(keras.ops, name)(variable, args[0])
        return original(variable, *args, **kwargs)

    return compute


def _home(name: str) -> Any:
    """Return the class of variables that defines a method."""
    return next(kind for kind in keras.Variable.__mro__ if name in vars(kind))
