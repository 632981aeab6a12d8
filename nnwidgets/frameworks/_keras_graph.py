"""The computation graph of a Keras model, on every backend.

Functional and Sequential models are read off their structure. What is written in Python, a subclassed model or a layer
of a person's own, is called with symbols, which stand for arrays of a shape; the model is as before afterwards.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from nnwidgets._errors import GraphError
from nnwidgets.frameworks._keras_graph_calls import Traced, graph_of
from nnwidgets.frameworks._keras_graph_names import Names
from nnwidgets.frameworks._keras_graph_structure import functional, input_symbols, side_by_side, structure
from nnwidgets.frameworks._keras_graph_symbolic import Given, follow, opener
from nnwidgets.frameworks._keras_graph_untouched import layers_of, untouched
from nnwidgets.graph import Graph


def trace(model: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Graph:
    """Return the graph of a Keras model or layer.

    Parameters
    ----------
    model
        A model or a layer, on any backend, built or not.
    args, kwargs
        What it is called with. A functional model, and one that is built and takes one array, needs none.

    Returns
    -------
    Graph
        Where ``call`` raises, the part up to the node that failed.

    Raises
    ------
    GraphError
        If an example input is missing.

    Notes
    -----
    The Python code of a ``call`` runs, with symbols instead of arrays. Weights, metrics, random states, names of later
    layers and the layers' own bookkeeping are as before. The number of samples stays open where that is possible.
    """
    with contextlib.ExitStack() as stack:
        session = _Session(model, stack)
        traced = _read(model, session)
        if traced is None:
            given = Given(model, *_example(model, args, kwargs or {}))
            session.begin()
            traced = follow(given)
        traced.notes += session.notes
        return graph_of(traced, Names(model))


def graph_in_training(model: Any, batch: Any = None) -> Graph | None:
    """Return the graph of a model while it is trained; None where that is not possible yet.

    Parameters
    ----------
    model
        A Keras model.
    batch
        The arguments of its ``call``, if they are known. Where they are arrays, and the model depends on data, it is
        computed once with them, changing nothing.
    """
    with contextlib.ExitStack() as stack:
        session = _Session(model, stack)
        traced = _read(model, session)
        if traced is None:
            if not model.built:
                return None
            args, kwargs = batch if batch is not None else ((), {})
            try:
                given = Given(model, *_example(model, args, {**kwargs, "training": True}))
            except GraphError:
                return None
            session.begin()
            traced = follow(given)
        traced.notes += session.notes
        return graph_of(traced, Names(model))


def _read(model: Any, session: _Session) -> Traced | None:
    """Read what a model computes off its structure; None where that does not stand there."""
    look = opener(session)
    return structure(model, look) or side_by_side(model, look)


class _Session:
    """Keeps the model as it was from the moment on at which something is called."""

    def __init__(self, model: Any, stack: contextlib.ExitStack) -> None:
        self._model, self._stack, self._begun = model, stack, False
        self.notes: list[str] = []

    def begin(self) -> None:
        """Keep everything; called before the first call."""
        if not self._begun:
            self._begun = True
            self._stack.enter_context(untouched(layers_of(self._model)))


def _example(
    model: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[Sequence[Any], Mapping[str, Any]]:
    """Return what a model is called with: what was given, or what it was built for."""
    if args or any(hasattr(value, "shape") for value in keras.tree.flatten(kwargs)):
        return args, kwargs
    if (inner := functional(model)) is not None:
        return (input_symbols(inner),), kwargs
    shapes = getattr(model, "_build_shapes_dict", None) if model.built else None
    if not shapes:
        return args, kwargs
    if len(shapes) == 1:
        shape = next(iter(shapes.values()))
        return (_symbols(shape),), kwargs
    return (), {**{name.removesuffix("_shape"): _symbols(shape) for name, shape in shapes.items()}, **kwargs}


def _symbols(shape: Any) -> Any:
    if isinstance(shape, dict):
        return {name: _symbols(part) for name, part in shape.items()}
    if isinstance(shape, (list, tuple)) and any(isinstance(part, (list, tuple, dict)) for part in shape):
        return [_symbols(part) for part in shape]
    return keras.KerasTensor(tuple(shape))
