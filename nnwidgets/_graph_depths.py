"""The newest statistics of a model as tables, with the layers in the order in which they are computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from nnwidgets._layer_sample import OF_MODULES, OF_PARAMETERS

if TYPE_CHECKING:
    from nnwidgets._layer_history import LayerHistory
    from nnwidgets._layer_sample import Layout
    from nnwidgets.graph import Graph

#: Samples that must show something one after another.
IN_A_ROW: Final = 3
#: Samples after which what was known last says nothing of now; in a loop that accumulates gradients most have none.
_STALE: Final = 32

Table = NDArray[np.floating[Any]]

#: What the last part of a name says of a parameter that only shifts or scales.
_NO_WEIGHTS: Final = ("bias", "beta", "gamma")


@dataclass(frozen=True, eq=False)
class Stats:
    """Tables of samples × layers and samples × parameters, in the order of computing; NaN is unknown.

    Attributes
    ----------
    steps
        Of the samples.
    modules
        Paths of the layers.
    ops
        What is computed at each path, as far as that is known.
    mean, std, dead
        Of the layers; see `nnwidgets._layer_sample.Sample`.
    owners
        The path of the layer that each parameter belongs to.
    is_weight
        Whether a parameter multiplies what comes in, instead of only shifting or scaling it.
    grad, update, weight
        Of the parameters.
    """

    steps: NDArray[np.int64]
    modules: list[str]
    ops: Mapping[str, str]
    mean: Table
    std: Table
    dead: Table
    owners: list[str]
    is_weight: list[bool]
    grad: Table
    update: Table
    weight: Table

    def streaks(self, shown: NDArray[np.bool_], known: NDArray[np.bool_]) -> dict[int, int]:
        """Return the columns that show something in the newest known samples, each with the step since when.

        Parameters
        ----------
        shown, known
            Samples × columns: whether it shows there, and whether anything is known there.
        """
        found = {}
        for column in np.flatnonzero((shown & known).any(axis=0)):
            rows = np.flatnonzero(known[:, column])
            seen = shown[rows, column]
            stale = rows[-1] < len(self.steps) - _STALE
            if stale or len(rows) < IN_A_ROW or not seen[-IN_A_ROW:].all():
                continue
            other = np.flatnonzero(~seen)
            found[int(column)] = int(self.steps[rows[other[-1] + 1 if len(other) else 0]])
        return found

    def named(self, path: str) -> str:
        """Return what to call a layer: its path, and for a number what it is as well."""
        op = self.ops.get(path)
        return f"{op} {path}" if op and path.rpartition(".")[2].isdigit() else path

    def gradients(self) -> tuple[Table, list[str]]:
        """Return the largest gradient among the weights of each layer, and the layers that have weights."""
        places: dict[str, list[int]] = {}
        for i, owner in enumerate(self.owners):
            if self.is_weight[i]:
                places.setdefault(owner, []).append(i)
        if not places:
            return np.empty((len(self.steps), 0)), []
        columns = [np.fmax.reduce(self.grad[:, group], axis=1) for group in places.values()]
        return np.stack(columns, axis=1), list(places)


def read(layers: LayerHistory, graph: Graph | None, most: int) -> Stats | None:
    """Return the newest samples, at most ``most``; None where there are too few."""
    layout = layers.layout
    steps, values = layers.recent(most)
    if layout is None or len(steps) < IN_A_ROW or values.shape[1] != layout.size:
        return None
    split = len(OF_MODULES) * len(layout.modules)
    of_modules = values[:, :split].reshape(len(steps), -1, len(OF_MODULES))
    of_parameters = values[:, split:].reshape(len(steps), -1, len(OF_PARAMETERS))
    depth, ops, shapes = _known(graph)
    modules = _ordered(layout.modules, depth)
    parameters = _ordered_parameters(layout, depth)
    of_modules, of_parameters = of_modules[:, modules], of_parameters[:, parameters]
    names = [layout.parameters[i] for i in parameters]
    return Stats(
        steps,
        [layout.modules[i] for i in modules],
        ops,
        of_modules[:, :, OF_MODULES.index("mean")],
        of_modules[:, :, OF_MODULES.index("std")],
        of_modules[:, :, OF_MODULES.index("dead")],
        [owner(name) for name in names],
        [_is_weight(name, shapes) for name in names],
        of_parameters[:, :, OF_PARAMETERS.index("grad")],
        of_parameters[:, :, OF_PARAMETERS.index("update")],
        of_parameters[:, :, OF_PARAMETERS.index("weight")],
    )


def last(values: Table) -> float:
    """Return the newest known number."""
    known = values[~np.isnan(values)]
    return float(known[-1]) if len(known) else float("nan")


def owner(parameter: str) -> str:
    """Return the path of the layer that a parameter belongs to; its own name where that is the model."""
    return parameter.rpartition(".")[0] or parameter


def _known(graph: Graph | None) -> tuple[dict[str, int], dict[str, str], dict[str, int]]:
    """Return the place of each path in the graph, its operation, and the number of dimensions of each parameter."""
    depth: dict[str, int] = {}
    ops: dict[str, str] = {}
    shapes: dict[str, int] = {}
    for place, node in enumerate(graph.nodes if graph is not None else ()):
        if node.path is None:
            continue
        depth.setdefault(node.path, place)
        ops[node.path] = node.op
        for parameter in node.parameters:
            full = node.path if node.kind == "parameter" else f"{node.path}.{parameter.name}"
            shapes[full] = len(parameter.shape)
    return depth, ops, shapes


def _ordered(paths: Sequence[str], depth: Mapping[str, int]) -> list[int]:
    """Return the indices of paths in the order of computing; what is not known stays behind what it stood behind."""
    places, before = [], -1
    for path in paths:
        before = depth.get(path, before)
        places.append(before)
    return sorted(range(len(paths)), key=lambda i: (places[i], i))


def _ordered_parameters(layout: Layout, depth: Mapping[str, int]) -> list[int]:
    places, before = [], -1
    for name in layout.parameters:
        before = depth.get(name, depth.get(owner(name), before))
        places.append(before)
    return sorted(range(len(places)), key=lambda i: (places[i], i))


def _is_weight(name: str, shapes: Mapping[str, int]) -> bool:
    if name in shapes:
        return shapes[name] >= 2
    return not any(part in name.rpartition(".")[2] for part in _NO_WEIGHTS)
