"""Which channels of a PyTorch model hang together, so that one width can be changed and everything still fits.

The model is traced symbolically (``torch.fx``). Channels flow from the layer that makes them, the producer, through
layers that keep them (activations, pooling, BatchNorm) to the layers that read them, the consumers. A residual sum ties
two flows into one group. What is not understood freezes the group, by name and reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from torch import fx, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.modules.pooling import (
    _AdaptiveAvgPoolNd,
    _AdaptiveMaxPoolNd,
    _AvgPoolNd,
    _LPPoolNd,
    _MaxPoolNd,
)

from nnwidgets.frameworks import _obstacles
from nnwidgets.frameworks._torch_groups import Consumer, Group, Kind, Producer
from nnwidgets.frameworks._torch_trace import graph_of, refuse_special

_UNITS: Final = {"features": "features", "maps": "channels"}
_SAME: Final = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.RReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Tanh, nn.Sigmoid,
    nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid, nn.Softplus, nn.Softsign, nn.LogSigmoid, nn.Tanhshrink, nn.Softshrink,
    nn.Hardshrink, nn.Threshold, nn.Identity, nn.Upsample, nn.ZeroPad2d, _DropoutNd, _MaxPoolNd, _AvgPoolNd, _LPPoolNd,
    _AdaptiveAvgPoolNd, _AdaptiveMaxPoolNd,
)  # fmt: skip
_SAME_FUNCTIONS: Final = frozenset(
    {
        "relu", "relu_", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "tanh", "sigmoid",
        "hardtanh", "hardswish", "hardsigmoid", "softplus", "softsign", "dropout", "dropout1d", "dropout2d",
        "dropout3d", "alpha_dropout", "max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d",
        "avg_pool3d",
        "boolean_dispatch", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool2d",
        "interpolate", "contiguous", "clone", "float", "double", "half", "to", "abs", "sqrt", "square", "exp", "neg",
        "clamp",
    }
)  # fmt: skip
_TOGETHER: Final = frozenset(
    {"add", "iadd", "add_", "sub", "isub", "sub_", "mul", "imul", "mul_", "truediv", "div"}
)
#: Dimensions of a batch of rows.
_ROW: Final = 2
#: What asks about a value without computing with its channels.
_ASIDE: Final = frozenset({"size", "dim", "numel", "_assert"})
_ASIDE_ATTRIBUTES: Final = frozenset({"shape", "device", "dtype", "ndim"})


@dataclass(frozen=True)
class _Value:
    group: int
    kind: Kind | None


class Widths:
    """The groups of a model.

    Parameters
    ----------
    model
        A module, not the wrapper of ``torch.compile``.

    Raises
    ------
    RefusedError
        If it cannot be traced, or shares parameters between layers.
    """

    def __init__(self, model: nn.Module) -> None:
        self._modules = dict(model.named_modules())
        self._groups: list[Group] = []
        self._parent: list[int] = []
        self._seen: dict[str, tuple[int | None, _Value]] = {}
        #: What flows out of each module that is called once.
        self.after: dict[str, tuple[Group, Kind | None]] = {}
        refuse_special(model)
        values: dict[fx.Node, _Value | None] = {}
        for node in graph_of(model).nodes:
            values[node] = self._follow(node, values)
        self._values = values
        counts: dict[str, int] = {}
        for node in values:
            if node.op == "call_module":
                counts[str(node.target)] = counts.get(str(node.target), 0) + 1
        for node, value in values.items():
            if node.op == "call_module" and value is not None and counts[str(node.target)] == 1:
                self.after[str(node.target)] = (self._group(value), value.kind)

    def groups(self) -> list[Group]:
        """Return the groups, in the order in which the model computes them."""
        roots = dict.fromkeys(self._find(i) for i in range(len(self._groups)))
        return [self._groups[i] for i in roots]

    def resizable(self) -> list[Group]:
        """Return those whose width can be changed."""
        return [group for group in self.groups() if group.resizable]

    # Union and find.

    def _new(self, width: int | None, **more: Any) -> int:
        self._groups.append(Group(width, **more))
        self._parent.append(len(self._parent))
        return len(self._parent) - 1

    def _find(self, i: int) -> int:
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def _group(self, value: _Value) -> Group:
        return self._groups[self._find(value.group)]

    def _join(self, one: int, other: int, where: str) -> int:
        a, b = self._find(one), self._find(other)
        if a == b:
            return a
        first, second = min(a, b), max(a, b)
        x, y = self._groups[first], self._groups[second]
        if x.width is not None and y.width is not None and x.width != y.width:
            reason = _obstacles.spreads(where)
            x.frozen, y.frozen = x.frozen or reason, y.frozen or reason
            return a
        self._parent[second] = first
        x.width = x.width if x.width is not None else y.width
        x.producers += y.producers
        x.consumers += y.consumers
        x.followers += y.followers
        x.boundary = x.boundary or y.boundary
        x.frozen = x.frozen or y.frozen
        return first

    # The flow.

    def _follow(self, node: fx.Node, values: dict[fx.Node, _Value | None]) -> _Value | None:
        if node.op == "placeholder":
            return _Value(self._new(None, boundary=True), None)
        if node.op == "get_attr":
            return _Value(
                self._new(None, frozen=_obstacles.outside(str(node.target))),
                None,
            )
        inputs = [v for n in node.all_input_nodes if (v := values.get(n)) is not None]
        if node.op == "output":
            for value in inputs:
                self._group(value).boundary = True
            return None
        if node.op == "call_module":
            return self._through(str(node.target), self._modules[str(node.target)], inputs)
        name = (
            node.target
            if isinstance(node.target, str)
            else getattr(node.target, "__name__", str(node.target))
        )
        return self._apply(str(name), node, inputs)

    def _through(self, name: str, module: nn.Module, inputs: list[_Value]) -> _Value | None:  # noqa: PLR0911 — a table
        if not inputs:
            return None
        value, kind = inputs[0], type(module).__name__
        if len(inputs) > 1:
            return self._unknown(inputs, _obstacles.inexact(name, kind))
        if isinstance(module, _SAME):
            return value
        if isinstance(module, (nn.Softmax, nn.LogSoftmax, nn.Softmax2d, nn.Unflatten)):
            self._freeze(value, _obstacles.mixes(name, kind))
            return value
        if isinstance(module, nn.Flatten) and module.start_dim == 1 and module.end_dim == -1:
            return _Value(value.group, "features" if value.kind == "features" else "flat")
        if isinstance(module, _BatchNorm) or (isinstance(module, nn.PReLU) and module.num_parameters > 1):
            width = module.num_features if isinstance(module, _BatchNorm) else module.num_parameters
            return self._keep(name, module, value, int(width))
        if isinstance(module, nn.PReLU):
            return value
        if name in self._seen:
            read, made = self._seen[name]
            if read is not None:
                self._join(read, value.group, name)
            return made
        made = self._made(name, module, value)
        self._seen[name] = (value.group, made)
        return made

    def _made(self, name: str, module: nn.Module, value: _Value) -> _Value:
        kind = type(module).__name__
        if type(module) is nn.Linear:
            if value.kind == "maps":
                self._freeze(value, _obstacles.image(name))
            return self._layer(value, Consumer(name, module, 1, 1, "features"), Producer(name, module, 0))
        if isinstance(module, _ConvNd) and type(module).__module__ == "torch.nn.modules.conv":
            if module.groups == module.in_channels == module.out_channels:
                return self._keep(name, module, value, module.in_channels)
            if module.groups == 1:
                reads, makes = (0, 1) if isinstance(module, _ConvTransposeNd) else (1, 0)
                return self._layer(
                    value, Consumer(name, module, reads, 1, "maps"), Producer(name, module, makes)
                )
            return self._unknown(
                [value],
                _obstacles.grouped(name, kind, module.groups),
            )
        if type(module) is nn.Embedding:
            made = _Value(self._new(module.embedding_dim), "features")
            self._group(made).producers.append(Producer(name, module, 1))
            return made
        return self._unknown([value], _obstacles.inexact(name, kind))

    def _layer(self, value: _Value, reader: Consumer, maker: Producer) -> _Value:
        """Let a layer read a value and make another one."""
        name, module = reader.name, reader.module
        reads, makes = (int(getattr(module, f"{way}_{_UNITS[reader.kind]}")) for way in ("in", "out"))
        group = self._group(value)
        if group.width is None and value.kind != "flat":
            group.width = reads
        per = reads // group.width if group.width else 0
        if not group.boundary and (
            not group.width or reads % group.width or (per != 1 and value.kind != "flat")
        ):
            self._freeze(
                value,
                _obstacles.reads(name, type(module).__name__, reads, group.width),
            )
        group.consumers.append(replace(reader, per=max(1, per), kind=value.kind or reader.kind))
        made = _Value(self._new(makes), reader.kind)
        self._group(made).producers.append(maker)
        return made

    def _keep(self, name: str, module: nn.Module, value: _Value, width: int) -> _Value:
        group = self._group(value)
        if group.width is None and group.boundary:
            group.width = width
        if group.width != width or value.kind == "flat":
            self._freeze(
                value,
                _obstacles.entries(name, type(module).__name__, width, group.width),
            )
        if not any(known is module for _, known in group.followers):
            group.followers.append((name, module))
        return value

    def _apply(self, name: str, node: fx.Node, inputs: list[_Value]) -> _Value | None:  # noqa: PLR0911 — a table
        if not inputs or name in _ASIDE or (name == "getattr" and node.args[1] in _ASIDE_ATTRIBUTES):
            return None
        value = inputs[0]
        if name in _SAME_FUNCTIONS and len(inputs) == 1:
            return value
        if name in _TOGETHER:
            if len({v.kind for v in inputs}) > 1:
                return self._unknown(inputs, _obstacles.joins(name))
            group = value.group
            for other in inputs[1:]:
                group = self._join(group, other.group, name)
            return _Value(group, value.kind)
        if _flattens(name, node):
            return _Value(value.group, "features" if value.kind == "features" else "flat")
        if name == "mean" and value.kind == "maps" and _spatial(node):
            return value if node.kwargs.get("keepdim") else _Value(value.group, "features")
        if (
            len(inputs) == 1
        ):  # softmax, squeeze and the like: harmless behind the last layer, in the way before it
            self._freeze(value, _obstacles.unknown(name))
            return _Value(value.group, None)
        return self._unknown(inputs, _obstacles.unknown(name))

    def _unknown(self, inputs: list[_Value], why: str) -> _Value:
        for value in inputs:
            self._freeze(value, why)
        return _Value(self._new(None, frozen=why), None)

    def _freeze(self, value: _Value, reason: str) -> None:
        group = self._group(value)
        group.frozen = group.frozen or reason


def _flattens(name: str, node: fx.Node) -> bool:
    args = node.args[1:]
    if name == "flatten":
        start = args[0] if args else node.kwargs.get("start_dim", 0)
        return bool(start == 1 and len(args) <= 1)
    if name in ("view", "reshape"):
        shape = args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args
        return bool(len(shape) == _ROW and shape[-1] == -1)
    return False


def _spatial(node: fx.Node) -> bool:
    dims = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else None)
    dims = dims if isinstance(dims, (tuple, list)) else (dims,)
    return set(dims) in ({2, 3}, {-1, -2}, {2}, {-1}, {2, 3, 4}, {-1, -2, -3})
