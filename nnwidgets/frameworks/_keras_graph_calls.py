"""The calls of a Keras model as a tree, and the graph that is made of it.

A reader of the structure and a recorder of calls both build `Call`s; arrays are followed as `Wire`s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nnwidgets._graph_builder import GraphBuilder
from nnwidgets.frameworks._keras_graph_flops import flops
from nnwidgets.frameworks._keras_graph_names import Names
from nnwidgets.frameworks._keras_graph_scopes import scopes
from nnwidgets.frameworks._keras_graph_words import detail, inserted_dropout, is_layer, op_name
from nnwidgets.graph import Array, Graph, Parameter


@dataclass(eq=False)
class Wire:
    """An array on its way.

    Attributes
    ----------
    array
        Its shape and dtype.
    source
        The key of the node that it comes from, and which of its outputs it is; None while that has no node.
    variable
        The variable that it is, if it is one.
    via
        What it is computed from by operations that nobody sees.
    unseen
        Whether nobody knows where it comes from.
    """

    array: Array
    source: tuple[str, int] | None = None
    variable: Any = None
    via: tuple[Wire, ...] = ()
    unseen: bool = False


@dataclass(eq=False)
class Call:
    """One call of a layer, a model or an operation.

    Attributes
    ----------
    operation
        What was called.
    inputs, outputs
        What went in and came out.
    inside
        The calls inside, or None for what is one node.
    error
        Why it failed.
    opened
        Whether it is a group even if it has one member.
    settings
        Its settings in words.
    """

    operation: Any
    inputs: list[Wire] = field(default_factory=list)
    outputs: list[Wire] = field(default_factory=list)
    inside: list[Call] | None = None
    error: str | None = None
    opened: bool = False
    settings: str = ""


@dataclass
class Traced:
    """All that is known of one pass: the call of the model, and its named inputs and outputs."""

    root: Call
    inputs: list[tuple[str, Wire]]
    outputs: list[tuple[str, Wire]]
    extractor: str
    notes: list[str] = field(default_factory=list)


def graph_of(traced: Traced, names: Names) -> Graph:
    """Make a graph of what was traced."""
    return _Emitter(traced, names).graph()


class _Emitter:
    def __init__(self, traced: Traced, names: Names) -> None:
        self._traced, self._names = traced, names
        self._builder = GraphBuilder("keras", traced.extractor)
        self._numbers: dict[int, int] = {}
        self._variables: dict[tuple[str | None, int], tuple[str, int] | None] = {}
        self._shown: set[int] = set()

    def graph(self) -> Graph:
        traced, builder = self._traced, self._builder
        for name, wire in traced.inputs:
            key = builder.node(None, op="input", kind="input", name=name, outputs=[wire.array])
            wire.source = None if key is None else (key, 0)
        self._group(traced.root, None)
        for name, wire in traced.outputs:
            key = builder.node(None, op="output", kind="output", name=name, outputs=[wire.array])
            for source in _sources(wire):
                builder.edge(*source, key, 0)
        for note in traced.notes:
            builder.note(note)
        return builder.finish()

    def _call(self, call: Call, group: str | None) -> None:
        if call.inside is None:
            self._node(call, group)
        elif (only := _only(call)) is not None:
            self._node(
                Call(call.operation, only.inputs, only.outputs, None, call.error or only.error), group, only
            )
        else:
            self._group(call, group)

    def _group(self, call: Call, parent: str | None) -> None:
        layer, inside = call.operation, call.inside or []
        path = self._names.path(layer)
        key = self._builder.group(
            parent,
            type=type(layer).__name__,
            path=path,
            name=None if path else layer.name,
            call=self._number(layer),
        )
        if call.inside is None:  # a model that is one layer
            inside = [call]
            self._numbers.clear()
        homes = self._homes(inside, key)
        for member, home in zip(inside, homes, strict=True):
            if member is call:
                self._node(member, home)
            else:
                self._call(member, home)
        self._unseen(layer, key)
        if call.error is not None and call.inside is not None:
            self._builder.fail(self._builder.node(key, op="call"), call.error)

    def _homes(self, inside: list[Call], key: str) -> list[str]:
        """Return the group of each member; many that are named alike are put into scopes."""
        made: dict[tuple[str, ...], str] = {(): key}
        homes = []
        for scope in scopes([_Named(member) for member in inside]):
            for depth in range(1, len(scope) + 1):
                part = scope[:depth]
                if part not in made:
                    name = part[-1].partition("#")[0]
                    made[part] = self._builder.group(made[part[:-1]], type="scope", name=name)
            homes.append(made[scope])
        return homes

    def _node(self, call: Call, group: str | None, only: Call | None = None) -> str | None:
        operation, builder = call.operation, self._builder
        arrays = [wire.array for wire in call.outputs]
        sources = [_sources(wire) or self._outside(wire, group) for wire in call.inputs]
        counted = only or call
        count = flops(counted.operation, [wire.array for wire in counted.inputs], arrays)
        if is_layer(operation):
            key = builder.node(
                group,
                op=type(operation).__name__,
                kind="module",
                path=self._names.path(operation) or operation.name,
                call=self._number(operation),
                detail=detail(operation) or (op_name(only.operation) if only is not None else ""),
                outputs=arrays,
                parameters=self._parameters(operation),
                flops=count,
            )
        else:
            key = builder.node(
                group, op=op_name(operation), detail=call.settings, outputs=arrays, flops=count
            )  # fmt: skip
        if call.error is not None:
            builder.fail(key, call.error)
        if key is None:
            return None
        for place, found in enumerate(sources):
            for source in found:
                builder.edge(*source, key, place)
        dropout = inserted_dropout(operation) if is_layer(operation) else None
        last = key if dropout is None else self._dropout(key, dropout.rate, call, group)
        for place, wire in enumerate(call.outputs):
            wire.source = (last or key, place)
        return key

    def _dropout(self, layer: str, rate: float, call: Call, group: str | None) -> str | None:
        arrays = [wire.array for wire in call.outputs]
        key = self._builder.node(group, op="dropout", detail=f"{rate:g}", outputs=arrays)
        for place in range(len(arrays)):
            self._builder.edge(layer, place, key, place)
        return key

    def _outside(self, wire: Wire, group: str | None) -> list[tuple[str, int]]:
        """Return the node of an array that no operation made: a variable, or a constant."""
        if wire.via or wire.unseen:
            return []
        key = (group, id(wire.variable if wire.variable is not None else wire))
        if key not in self._variables:
            self._variables[key] = self._outsider(wire, group)
        found = self._variables[key]
        return [] if found is None else [found]

    def _outsider(self, wire: Wire, group: str | None) -> tuple[str, int] | None:
        variable = wire.variable
        path = None if variable is None else self._names.variable(variable)
        if path is None:
            node = self._builder.node(group, op="constant", kind="constant", outputs=[wire.array])
        else:
            self._shown.add(id(variable))
            name = path.rpartition(".")[2]
            shown = Parameter(name, wire.array.shape, bool(variable.trainable))
            node = self._builder.node(
                group, op="parameter", kind="parameter", path=path, outputs=[wire.array], parameters=[shown]
            )
        return None if node is None else (node, 0)

    def _unseen(self, layer: Any, key: str) -> None:
        """Show the variables of an opened layer that were used in a way that nobody saw."""
        for variable in self._names.own(layer):
            if id(variable) not in self._shown:
                self._outsider(Wire(array_of(variable), variable=variable), key)

    def _parameters(self, layer: Any) -> list[Parameter]:
        found = self._names.parameters(layer)
        self._shown.update(id(variable) for _, variable in found)
        return [Parameter(name, shape_of(v), bool(v.trainable)) for name, v in found]

    def _number(self, layer: Any) -> int:
        number = self._numbers[id(layer)] = self._numbers.get(id(layer), 0) + 1
        return number


class _Named:
    """What `scopes` wants to know of a call."""

    def __init__(self, call: Call) -> None:
        operation = call.operation
        self.name: str = operation.name
        self.inputs = [id(wire) for wire in call.inputs]
        self.outputs = [id(wire) for wire in call.outputs]
        self.kind: str = type(operation).__name__


def _only(call: Call) -> Call | None:
    """Return the one operation of which an opened layer consists."""
    if call.opened or call.inside is None or len(call.inside) != 1:
        return None
    only = call.inside[0]
    return only if only.inside is None and not is_layer(only.operation) else None


def _sources(wire: Wire) -> list[tuple[str, int]]:
    """Return where an array comes from, through operations that nobody sees."""
    if wire.source is not None:
        return [wire.source]
    found: dict[tuple[str, int], None] = {}
    waiting, seen = list(wire.via), {id(wire)}
    while waiting:
        other = waiting.pop(0)
        if id(other) in seen:
            continue
        seen.add(id(other))
        if other.source is not None:
            found[other.source] = None
        else:
            waiting += other.via
    return list(found)


def array_of(value: Any) -> Array:
    """Return shape and dtype of a tensor, a variable or a specification."""
    dtype = getattr(value, "dtype", "")
    return Array(shape_of(value), str(getattr(dtype, "name", None) or dtype).removeprefix("torch."))


def shape_of(value: Any) -> tuple[int | None, ...]:
    """Return the lengths of an array, None for one that is not fixed."""
    shape = getattr(value, "shape", ())
    try:
        return tuple(None if length is None else int(length) for length in shape)
    except (TypeError, ValueError):  # a shape of unknown rank
        return ()
