"""The computation graph of a network that is written with numpy alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nnwidgets._errors import GraphError
from nnwidgets._i18n import t
from nnwidgets._random import random_state
from nnwidgets._wording import listed
from nnwidgets.frameworks._graph_paths import paths_in
from nnwidgets.frameworks._numpy_graph_array import Seen, seen, source_of
from nnwidgets.frameworks._numpy_graph_objects import Owner
from nnwidgets.frameworks._numpy_graph_patches import told
from nnwidgets.frameworks._numpy_graph_tape import Tape
from nnwidgets.graph import Graph


def trace(fn: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Graph:
    """Return the graph of what a function of arrays computes.

    Parameters
    ----------
    fn
        A function, a method as ``net.forward``, or an object with a ``forward`` or a ``__call__``.
    args, kwargs
        What it is called with: arrays, also in tuples, lists and dicts.

    Returns
    -------
    Graph
        Objects with a ``forward`` or a ``__call__`` that are called on the way are its modules; arrays that are their
        attributes, or that the function uses by name, its parameters. Where the function raises, the part up to there.

    Raises
    ------
    GraphError
        If an input is missing.

    Notes
    -----
    The function is called once, with copies of its inputs and of the objects' arrays. Attributes of the objects, what
    lists and dicts that it uses hold, and random generators are as before afterwards.
    """
    kwargs = kwargs or {}
    call = _callable(fn)
    names = _names(call, args, kwargs)
    tape, owner = Tape(_title(fn)), Owner(fn)
    tape.parameter = lambda array: owner.source(tape, array)
    restore_random = random_state()
    try:
        with told(tape, owner):
            owner.lend(tape)
            given = [_followed(tape, name, value) for name, value in zip(names, args, strict=True)]
            named = {name: _followed(tape, name, value) for name, value in kwargs.items()}
            try:
                result = call(*given, **named)
                tape.caught()
                _take_outputs(tape, result)
            except Exception as error:  # noqa: BLE001 — a person's function may raise anything
                tape.fail(error)
    finally:
        tape.open = False
        owner.restore()
        restore_random()
    if tape.empty and not any(isinstance(v, np.ndarray) for _, v in paths_in([*args, kwargs])):
        raise GraphError(t("Give an example input, a numpy array: nnw.trace({name}, x).", name=_title(fn)))
    return tape.graph()


def _callable(fn: Any) -> Callable[..., Any]:
    forward = getattr(fn, "forward", None)
    if callable(forward) and not inspect.isroutine(fn):
        return forward  # type: ignore[no-any-return]  # a person's own
    return fn  # type: ignore[no-any-return]


def _title(fn: Any) -> str:
    owner = getattr(fn, "__self__", None)
    if owner is not None and not inspect.ismodule(owner):
        return type(owner).__name__
    name = str(getattr(fn, "__name__", None) or type(fn).__name__)
    return "function" if name == "<lambda>" else name


def _names(call: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[str]:
    """Return what the positional inputs are called."""
    try:
        signature = inspect.signature(call)
    except ValueError:  # numpy's own functions may have none
        return [f"args[{i}]" for i in range(len(args))]
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise GraphError(_missing(call, signature, args, kwargs, error)) from None
    names: list[str] = []
    for name, value in bound.arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            names += [f"{name}[{i}]" for i in range(len(value))]
        elif kind is not inspect.Parameter.VAR_KEYWORD and name not in kwargs:
            names.append(name)
    return names


def _missing(
    call: Callable[..., Any],
    signature: inspect.Signature,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    error: TypeError,
) -> str:
    name = _title(call) if inspect.isfunction(call) else getattr(call, "__name__", "function")
    needed = [
        p.name
        for p in list(signature.parameters.values())[len(args) :]
        if p.default is p.empty
        and p.name not in kwargs
        and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
    if not needed:
        return f"{name}(): {error}."
    if not args and not kwargs:
        return t("Give an example input: nnw.trace({name}, {names}).", name=name, names=", ".join(needed))
    said = listed([repr(part) for part in needed])
    return t(
        "{name}() also needs {said}: nnw.trace({name}, x, {arguments}).",
        name=name,
        said=said,
        arguments=", ".join(f"{part}=…" for part in needed),
    )


def _followed(tape: Tape, name: str, value: Any) -> Any:
    """Return a copy of an input, all of whose arrays are followed."""
    if isinstance(value, np.ndarray):
        copy = value.view(np.ndarray).copy()
        return seen(copy, tape, tape.input(name, copy))
    if isinstance(value, dict):
        return {key: _followed(tape, f"{name}[{key!r}]", part) for key, part in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_followed(tape, f"{name}[{i}]", part) for i, part in enumerate(value))
    return value


def _take_outputs(tape: Tape, result: Any) -> None:
    for name, value in paths_in(result, "output"):
        source = source_of(tape, value) if isinstance(value, (Seen, np.ndarray)) else None
        if source is not None:
            tape.output(name, value, source)
