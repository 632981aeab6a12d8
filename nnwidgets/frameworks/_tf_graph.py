"""The computation graph of a function of TensorFlow: a ``tf.function``, or steps written by hand."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nnwidgets._errors import GraphError
from nnwidgets._i18n import t
from nnwidgets._random import random_state
from nnwidgets.frameworks._graph_paths import by_name, paths_in
from nnwidgets.frameworks._tf_graph_names import variable_names
from nnwidgets.frameworks._tf_graph_read import Reader
from nnwidgets.graph import Graph


def trace(
    fn: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    backward: bool = False,
) -> Graph:
    """Return the graph of a ``tf.function``, or of a Python function of tensors.

    Parameters
    ----------
    fn
        The function, a method, or an object that can be called.
    args, kwargs
        What it is called with: tensors, arrays, or ``tf.TensorSpec``. None are needed by a ``tf.function`` with an
        ``input_signature``.
    backward
        Whether the way back of a ``tf.GradientTape`` inside is shown.

    Returns
    -------
    Graph
        Where the function raises, the part up to there.

    Raises
    ------
    GraphError
        If an input is missing, or the function makes its variables when it is called first.

    Notes
    -----
    TensorFlow runs the Python code of the function once to see its graph, so that what it does besides computing, as
    printing, happens. Nothing is computed: variables, random states and the function's own traces are as before.
    """
    traced = _Traced(fn, args, kwargs or {})
    reader = Reader(traced.name, traced.names, backward=backward)
    for name, tensor in traced.inputs():
        reader.input(name, tensor)
    reader.read(traced.graph)
    if traced.error is not None:
        reader.fail(traced.error)
    for name, tensor in traced.outputs():
        reader.output(name, tensor)
    return reader.finish()


class _Traced:
    """The graph that TensorFlow makes of a function, and what goes in and comes out.

    Attributes
    ----------
    graph
        Its ``FuncGraph``.
    error
        What the function raised, or None.
    """

    def __init__(self, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        inner = getattr(fn, "__call__", None)  # noqa: B004 — a module whose call is a tf.function
        self.python = getattr(fn, "python_function", None) or getattr(inner, "python_function", None) or fn
        self.error: Exception | None = None
        self._made: Any = None
        self._given: Any = (list(args), dict(kwargs))
        name = str(getattr(self.python, "__name__", None) or type(fn).__name__)
        self.name = type(fn).__name__ if name == "__call__" and isinstance(fn, tf.Module) else name
        self.names = [*variable_names(self.python), *variable_names(fn)]
        if hasattr(fn, "structured_input_signature"):  # it was traced before
            self.graph, self._made = fn.graph, fn.structured_outputs
            self._given, self.name = fn.structured_input_signature, str(fn.graph.name)
            self._call_names: list[str] = []
            return
        signature = getattr(fn, "input_signature", None)
        if not args and not kwargs and signature:
            self._given = (list(signature), {})
        self._call_names = _argument_names(self.python, self._given)
        restore = random_state()
        try:
            self._trace(autograph=bool(getattr(fn, "_autograph", True)))
        finally:
            restore()

    def inputs(self) -> list[tuple[str, Any]]:
        """Return the placeholders of what goes in."""
        args, kwargs = self._given
        named = [*zip(self._call_names or [f"args[{i}]" for i in range(len(args))], args, strict=False)]
        leaves = [
            (path, leaf)
            for name, value in [*named, *sorted(kwargs.items())]
            for path, leaf in paths_in(value, name, order=by_name)
            if _goes_in(leaf)
        ]
        captured = {id(inner) for _, inner in self.graph.captures}
        given = [tensor for tensor in self.graph.inputs if id(tensor) not in captured]
        if len(leaves) != len(given) or not self._call_names:
            return [(str(tensor.op.name), tensor) for tensor in given]
        return [(path, tensor) for (path, _), tensor in zip(leaves, given, strict=True)]

    def outputs(self) -> list[tuple[str, Any]]:
        """Return the tensors that come out."""
        if self.error is not None:
            return []
        leaves = [
            path for path, leaf in paths_in(self._made, "output", order=by_name) if hasattr(leaf, "dtype")
        ]
        tensors = list(self.graph.outputs)
        if len(leaves) != len(tensors):
            leaves = [f"output[{i}]" for i in range(len(tensors))]
        return list(zip(leaves, tensors, strict=True))

    def _trace(self, *, autograph: bool) -> None:
        python, seen = self.python, []

        def watched(*args: Any, **kwargs: Any) -> Any:
            seen.append(tf.compat.v1.get_default_graph())
            with tf.variable_creator_scope(_refuse):
                return python(*args, **kwargs)

        args, kwargs = tf.nest.map_structure(_specification, self._given)
        try:
            made = tf.function(watched, autograph=autograph).get_concrete_function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 — a person's function may raise anything
            if isinstance(_cause(error), GraphError):
                raise _cause(error) from None
            if not seen:
                raise GraphError(f"{self.name}: {_first_line(error)}") from None
            missing = _missing(python, self._given)
            if missing is not None:
                raise GraphError(missing) from None
            self.graph, self.error = seen[-1], error
        else:
            self.graph, self._made = made.graph, made.structured_outputs


def _refuse(create: Any, **kwargs: Any) -> Any:
    raise GraphError(
        t(
            "The function makes its variables when it is called first, and looking must not make them. Call it once, "
            "then trace it."
        )
    )


def _cause(error: BaseException) -> BaseException:
    while not isinstance(error, GraphError) and (error.__cause__ or error.__context__) is not None:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]  # one of them is not None
    return error


def _specification(value: Any) -> Any:
    if isinstance(value, np.ndarray) or (tf.is_tensor(value) and isinstance(value, tf.Tensor)):
        return tf.TensorSpec(value.shape, value.dtype)
    return value


def _goes_in(leaf: Any) -> bool:
    return isinstance(leaf, (np.ndarray, tf.TensorSpec)) or (
        tf.is_tensor(leaf) and not isinstance(leaf, tf.Variable)
    )


def _argument_names(python: Any, given: Any) -> list[str]:
    args, kwargs = given
    try:
        bound = inspect.signature(python).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return []
    names: list[str] = []
    for name, value in bound.arguments.items():
        several = inspect.signature(python).parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
        names += [f"{name}[{i}]" for i in range(len(value))] if several else [name]
    return names[: len(args)]


def _missing(python: Any, given: Any) -> str | None:
    """Say which input is missing, if one is."""
    args, kwargs = given
    try:
        signature = inspect.signature(python)
        signature.bind(*args, **kwargs)
    except ValueError:
        return None
    except TypeError as error:
        name = getattr(python, "__name__", t("the function"))
        needed = [p.name for p in signature.parameters.values() if p.default is p.empty]
        if not args and not kwargs:
            return t("Give an example input: nnw.trace({name}, {names}).", name=name, names=", ".join(needed))
        return t(
            "{name}(): {error}; it takes {names}.",
            name=name,
            error=error,
            names=", ".join(signature.parameters),
        )
    return None


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
