"""Which layers and variables of a Keras model are measured, and where their numbers stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from nnwidgets._layer_sample import OF_MODULES, OF_PARAMETERS, Layout
from nnwidgets.frameworks._keras_graph_names import Names

#: Layers and variables that are measured at most; the first ones.
MOST: Final = 4_096


class Place(NamedTuple):
    """What is known of a layer before it is called.

    Attributes
    ----------
    layer
        The layer.
    first
        Where its numbers begin in a sample.
    rectifies
        Whether a unit that gives only zeros is dead.
    axis
        The dimension of the features in what it gives.
    """

    layer: Any
    first: int
    rectifies: bool
    axis: int


class Places:
    """The layers and variables of a model at one moment.

    Attributes
    ----------
    layout
        Their names.
    layers
        The place of each layer.
    variables
        Each variable that is trained, with the place where its numbers begin.
    left_out
        Whether there are more than are measured.
    """

    def __init__(self, model: Any) -> None:
        names = Names(model)
        layers = _measured(names.layers)
        named = {names.variable(v): v for v in model.trainable_variables}
        named.pop(None, None)
        self.left_out = len(layers) > MOST or len(named) > MOST
        layers, variables = layers[:MOST], list(named.items())[:MOST]
        self.layout = Layout(tuple(path for path, _ in layers), tuple(str(name) for name, _ in variables))
        self.layers = [
            Place(layer, i * len(OF_MODULES), _rectifies(layer), _axis(layer))
            for i, (_, layer) in enumerate(layers)
        ]
        first = len(OF_MODULES) * len(layers)
        self.variables = [(v, first + i * len(OF_PARAMETERS)) for i, (_, v) in enumerate(variables)]


class HostNumbers:
    """The numbers of one sample; see `nnwidgets._sampling.Measured`. What is added several times is averaged."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._total, self._count = np.zeros(layout.size), np.zeros(layout.size)

    def add(self, place: int, number: float) -> None:
        """Take a number."""
        self._total[place] += number
        self._count[place] += 1

    def arrived(self) -> bool:
        return True

    def values(self) -> NDArray[np.float32]:
        with np.errstate(all="ignore"):
            values = self._total / self._count
            # NaN is the word for what was not measured.
            values[(self._count > 0) & np.isnan(values)] = np.inf
            return values.astype(np.float32)


def _measured(layers: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return the layers that are measured as a whole: those of Keras, and a person's own that have no parts."""
    chosen: list[tuple[str, Any]] = []
    inside: list[str] = []
    paths = [path for path, _ in layers]
    for i, (path, layer) in enumerate(layers):  # each stands before its parts
        if inside and path.startswith(f"{inside[-1]}."):
            continue
        if isinstance(layer, keras.layers.InputLayer):
            continue
        whole = type(layer).__module__.startswith("keras.") and not isinstance(layer, keras.Model)
        has_parts = i + 1 < len(paths) and (not path or paths[i + 1].startswith(f"{path}."))
        if whole or not has_parts:
            chosen.append((path, layer))
            inside.append(path)
    return chosen


def _rectifies(layer: Any) -> bool:
    if isinstance(layer, keras.layers.ReLU):
        return not layer.negative_slope and not layer.threshold
    return getattr(layer, "activation", None) in (keras.activations.relu, keras.activations.relu6)


def _axis(layer: Any) -> int:
    return 1 if getattr(layer, "data_format", None) == "channels_first" else -1
