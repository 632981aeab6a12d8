"""Which channels of a Keras model hang together: `_torch_widths` for Sequential and functional models.

The model's own graph is followed. What is not understood freezes the channels that flow into it, by name and reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import keras

from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets.frameworks import _obstacles

_L = keras.layers
_SAME: Final = (
    _L.Activation, _L.ReLU, _L.LeakyReLU, _L.ELU, _L.Dropout, _L.GaussianDropout, _L.GaussianNoise, _L.AlphaDropout,
    _L.MaxPooling1D, _L.MaxPooling2D, _L.MaxPooling3D, _L.AveragePooling1D, _L.AveragePooling2D, _L.AveragePooling3D,
    _L.UpSampling1D, _L.UpSampling2D, _L.ZeroPadding1D, _L.ZeroPadding2D, _L.Identity, _L.Rescaling,
)  # fmt: skip
_GLOBAL: Final = (
    _L.GlobalAveragePooling1D, _L.GlobalAveragePooling2D, _L.GlobalAveragePooling3D, _L.GlobalMaxPooling1D,
    _L.GlobalMaxPooling2D, _L.GlobalMaxPooling3D,
)  # fmt: skip
_CONVOLUTIONS: Final = (_L.Conv1D, _L.Conv2D, _L.Conv3D)
#: Activations that mix channels, so that copies of one would change the others.
_MIXING: Final = ("softmax", "log_softmax", "glu")


@dataclass(frozen=True)
class Consumer:
    """A layer whose kernel reads channels along ``dim``: ``per`` entries for each, the channels innermost."""

    layer: Any
    dim: int
    per: int
    #: What it reads, in the model's graph.
    tensor: Any


@dataclass
class Group:
    """Channels that must have one width."""

    width: int
    producers: list[Any] = field(default_factory=list)
    consumers: list[Consumer] = field(default_factory=list)
    followers: list[Any] = field(default_factory=list)
    boundary: bool = False
    frozen: str | None = None

    @property
    def resizable(self) -> bool:
        return not self.boundary and self.frozen is None and bool(self.producers) and bool(self.consumers)

    @property
    def names(self) -> list[str]:
        """The names of the layers that make them."""
        return [layer.name for layer in self.producers]


@dataclass(frozen=True)
class _Value:
    group: int
    flat: bool


class KerasWidths:
    """The groups of a model.

    Parameters
    ----------
    model
        Built, Sequential or functional.

    Raises
    ------
    RefusedError
        For a model whose graph Keras does not know.
    """

    def __init__(self, model: Any) -> None:
        graph = getattr(model, "_functional", None) or model
        if not isinstance(graph, keras.Model) or not hasattr(graph, "_nodes_by_depth"):
            raise RefusedError(
                t(
                    "{kind} is written as a class of its own, and Keras does not know how its layers hang "
                    "together. Give build=, a function of the size.",
                    kind=type(model).__name__,
                )
            )
        self._groups: list[Group] = []
        self._parent: list[int] = []
        self._values: dict[int, _Value] = {}
        self._used: set[int] = set()
        self.inputs, self.outputs = graph.inputs, graph.outputs
        for tensor in graph.inputs:
            self._values[id(tensor)] = _Value(self._new(_last(tensor), boundary=True), flat=False)
        for depth in sorted(graph._nodes_by_depth, reverse=True):
            for node in graph._nodes_by_depth[depth]:
                if not isinstance(node.operation, _L.InputLayer):
                    self._follow(node)
        for tensor in graph.outputs:
            self._group(self._values[id(tensor)]).boundary = True

    def groups(self) -> list[Group]:
        """Return the groups, in the order in which the model computes them."""
        return [self._groups[i] for i in dict.fromkeys(self._find(i) for i in range(len(self._groups)))]

    def resizable(self) -> list[Group]:
        """Return those whose width can be changed."""
        return [group for group in self.groups() if group.resizable]

    def _new(self, width: int, **more: Any) -> int:
        self._groups.append(Group(width, **more))
        self._parent.append(len(self._parent))
        return len(self._parent) - 1

    def _find(self, i: int) -> int:
        while self._parent[i] != i:
            i = self._parent[i]
        return i

    def _group(self, value: _Value) -> Group:
        return self._groups[self._find(value.group)]

    def _join(self, one: int, other: int) -> int:
        first, second = sorted((self._find(one), self._find(other)))
        if first != second:
            a, b = self._groups[first], self._groups[second]
            self._parent[second] = first
            a.producers += b.producers
            a.consumers += b.consumers
            a.followers += b.followers
            a.boundary, a.frozen = a.boundary or b.boundary, a.frozen or b.frozen
            if a.width != b.width:
                a.frozen = a.frozen or _obstacles.spreads(t("a sum"))
        return first

    def _follow(self, node: Any) -> None:
        operation = node.operation
        inputs = [self._values[id(t)] for t in node.input_tensors if id(t) in self._values]
        made = self._through(operation, inputs, node)
        if isinstance(operation, _L.Layer) and operation.weights:
            if id(operation) in self._used:
                for value in (*inputs, made):
                    self._freeze(value, t("{name} is used more than once", name=operation.name))
            self._used.add(id(operation))
        for tensor in node.outputs:
            self._values[id(tensor)] = made

    def _through(self, operation: Any, inputs: list[_Value], node: Any) -> _Value:  # noqa: PLR0911 — a table
        value = inputs[0] if inputs else _Value(self._new(0, frozen=t("a value from nowhere")), flat=False)
        mixing = getattr(getattr(operation, "activation", None), "__name__", "") in _MIXING
        if isinstance(operation, (_L.Add, _L.Average, _L.Multiply, _L.Maximum, _L.Subtract)):
            group = value.group
            for other in inputs[1:]:
                group = self._join(group, other.group)
            return _Value(group, value.flat)
        if isinstance(operation, _SAME) and type(operation).__module__.startswith("keras.") and not mixing:
            return value
        if isinstance(operation, _GLOBAL) and operation.data_format == "channels_last":
            return value
        if isinstance(operation, _L.Flatten) and operation.data_format == "channels_last":
            return _Value(value.group, flat=True)
        if isinstance(operation, (_L.BatchNormalization, _L.DepthwiseConv2D)) and not value.flat:
            plain = getattr(operation, "depth_multiplier", 1) == 1
            last = getattr(operation, "data_format", "channels_last") == "channels_last"
            axis = getattr(operation, "axis", -1) in (-1, len(node.input_tensors[0].shape) - 1)
            if plain and last and axis and getattr(operation, "virtual_batch_size", None) is None:
                self._group(value).followers.append(operation)
                return value
        if type(operation) is _L.Dense or type(operation) in _CONVOLUTIONS:
            return self._layer(operation, value, node.input_tensors[0], mixing=mixing)
        return self._unknown(operation, inputs, node)

    def _layer(self, layer: Any, value: _Value, tensor: Any, *, mixing: bool) -> _Value:
        group = self._group(value)
        kernel = layer.kernel
        reads, makes = int(kernel.shape[-2]), int(kernel.shape[-1])
        odd = (
            getattr(layer, "groups", 1) != 1
            or getattr(layer, "data_format", "channels_last") != "channels_last"
        )
        if odd or getattr(layer, "lora_enabled", False) or getattr(layer, "quantization_mode", None):
            return self._unknown(layer, [value], None)
        per = reads // group.width if group.width else 1
        if not group.boundary and (not group.width or reads % group.width or (per != 1 and not value.flat)):
            self._freeze(
                value,
                t(
                    "{name} reads {reads} inputs of {channels} channels",
                    name=layer.name,
                    reads=reads,
                    channels=group.width,
                ),
            )
        group.consumers.append(Consumer(layer, len(kernel.shape) - 2, max(1, per), tensor))
        made = _Value(self._new(makes), flat=False)
        self._group(made).producers.append(layer)
        if mixing:
            self._freeze(made, _obstacles.mixes(layer.name, layer.activation.__name__))
        return made

    def _unknown(self, operation: Any, inputs: list[_Value], node: Any) -> _Value:
        reason = _obstacles.inexact(operation.name, type(operation).__name__)
        for value in inputs:
            self._freeze(value, reason)
        if len(inputs) == 1 and not getattr(operation, "weights", None):
            return inputs[0]  # harmless behind the last layer, in the way before it
        width = _last(node.outputs[0]) if node is not None else 0
        return _Value(self._new(width, frozen=reason), flat=False)

    def _freeze(self, value: _Value, reason: str) -> None:
        group = self._group(value)
        group.frozen = group.frozen or reason


def _last(tensor: Any) -> int:
    return int(tensor.shape[-1] or 0) if len(tensor.shape) > 1 else 0
