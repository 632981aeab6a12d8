"""What is plotted of a node of the graph: its statistics over the steps of the training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnwidgets._i18n import later
from nnwidgets.graph import Graph, Group, Node

if TYPE_CHECKING:
    from nnwidgets._layer_history import LayerHistory

#: Lines of one picture at most.
MOST: Final = 6

#: The statistics in words, which are said where they are shown.
WORDS: Final = {
    "mean": later("mean of the activation"),
    "std": later("standard deviation of the activation"),
    "zeros": later("share of zeros"),
    "dead": later("share of dead units"),
    "grad": later("norm of the gradient"),
    "update": later("norm of the update"),
    "ratio": later("update ÷ weight"),
}
#: Those whose values span powers of ten.
LOGARITHMIC: Final = ("std", "grad", "update", "ratio")
_OF_MODULES: Final = ("mean", "std", "zeros", "dead")


class LayerSeries(NamedTuple):
    """One line: its name, the steps, and the values there."""

    name: str
    steps: NDArray[np.int64]
    values: NDArray[np.float64]


def series_of(graph: Graph, layers: LayerHistory, key: str, statistic: str) -> list[LayerSeries]:
    """Return the lines of a node or a group.

    Parameters
    ----------
    graph, layers
        Of one run.
    key
        Of a node; of a group, whose layers are drawn then, at most six, evenly chosen.
    statistic
        One of `WORDS`. Of a layer's parameters each is a line; of several layers each is a line, the root of the sum
        of squares over its parameters.
    """
    node = next((node for node in graph.nodes if node.key == key), None)
    if node is not None:
        return _of_node(layers, node, statistic)
    lines = [_of_layer(layers, node, statistic) for node in _layers_in(graph, key)]
    found = [line for line in lines if line is not None]
    if not found:
        return []
    return [found[i] for i in np.unique(np.linspace(0, len(found) - 1, MOST).round().astype(int))]


def name_of(graph: Graph, key: str) -> str:
    """Return what people call a node or a group."""
    parts: list[Node | Group] = [*graph.nodes, *graph.groups]
    return next((part.path or part.name for part in parts if part.key == key), key)


def _of_node(layers: LayerHistory, node: Node, statistic: str) -> list[LayerSeries]:
    if node.path is None:
        return []
    if statistic in _OF_MODULES:
        line = _line(layers, node.path, statistic, node.name)
        return [] if line is None else [line]
    lines = (_line(layers, name, statistic, short) for name, short in _parameters(node))
    return [line for line in lines if line is not None][:MOST]


def _of_layer(layers: LayerHistory, node: Node, statistic: str) -> LayerSeries | None:
    lines = _of_node(layers, node, statistic)
    if not lines or node.path is None:
        return None
    if statistic in _OF_MODULES or len(lines) == 1:
        return lines[0]._replace(name=node.path)
    common = lines[0].steps
    for line in lines[1:]:
        common = np.intersect1d(common, line.steps, assume_unique=True)
    squares = [np.square(line.values[np.isin(line.steps, common)]) for line in lines]
    return LayerSeries(node.path, common, np.sqrt(np.sum(squares, axis=0)))


def _parameters(node: Node) -> Iterable[tuple[str, str]]:
    for parameter in node.parameters:
        full = node.path if node.kind == "parameter" else f"{node.path}.{parameter.name}"
        yield full or parameter.name, parameter.name


def _line(layers: LayerHistory, name: str, statistic: str, short: str) -> LayerSeries | None:
    try:
        if statistic != "ratio":
            return LayerSeries(short, *layers.series(name, statistic))
        steps, update = layers.series(name, "update")
        others, weight = layers.series(name, "weight")
    except KeyError:  # nothing is measured there
        return None
    both, first, second = np.intersect1d(steps, others, assume_unique=True, return_indices=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return LayerSeries(short, both, update[first] / weight[second])


def _layers_in(graph: Graph, key: str) -> list[Node]:
    """Return the layers inside a group, each module once."""
    inside = {key}
    for group in graph.groups:  # a parent stands before its members
        if group.parent in inside:
            inside.add(group.key)
    return _once(node for node in graph.nodes if node.group in inside and node.path is not None)


def _once(nodes: Iterable[Node]) -> list[Node]:
    return list({node.path: node for node in nodes}.values())
