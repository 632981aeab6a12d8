"""The computation graph of a Keras model, on every backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnwidgets._errors import GraphError
from nnwidgets.frameworks._keras_graph_calls import graph_of
from nnwidgets.frameworks._keras_graph_names import Names
from nnwidgets.frameworks._keras_graph_structure import structure
from nnwidgets.graph import Graph


def trace(model: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Graph:
    traced = structure(model, lambda call, arguments: False)
    if traced is None:
        raise GraphError("todo")
    return graph_of(traced, Names(model))
