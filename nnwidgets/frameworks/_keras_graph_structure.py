"""Reads the calls of a functional or Sequential Keras model off its structure, without calling anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from nnwidgets._i18n import t
from nnwidgets.frameworks._graph_paths import by_name, paths_in
from nnwidgets.frameworks._keras_graph_calls import Call, Traced, Wire, array_of
from nnwidgets.frameworks._keras_graph_names import parts
from nnwidgets.frameworks._keras_graph_words import detail, is_layer

#: Opens the call of a layer that has parts of its own; returns whether it could.
Opener = Callable[[Call, Any], bool]


def functional(model: Any) -> Any:
    """Return the model as a graph of Keras, or None where it is none, or is not built yet."""
    inner = getattr(model, "_functional", None) if isinstance(model, keras.Sequential) else model
    if inner is None or not hasattr(inner, "_nodes_by_depth") or not hasattr(inner, "_outputs_struct"):
        return None
    call = type(model).call
    own = not call.__module__.startswith("keras.")  # a functional model whose call was written anew
    return None if own else inner


def structure(model: Any, opener: Opener) -> Traced | None:
    """Return what a model computes, or None where that does not stand in its structure.

    Parameters
    ----------
    model
        A Keras model.
    opener
        Looks into layers of a person's own.
    """
    inner = functional(model)
    if inner is None or _resized(inner):
        return None
    inputs = [Wire(array_of(tensor)) for tensor in inner._inputs]
    root = Call(model, inputs, opened=True)
    root.outputs = _walk(inner, root, inputs, opener)
    given = zip(_input_names(inner), inputs, strict=True)
    made = zip(output_names(inner._outputs_struct), root.outputs, strict=True)
    return Traced(root, list(given), list(made), "structure")


def side_by_side(model: Any, opener: Opener) -> Traced | None:
    """Return the parts of a model that has no ``call``, as a GAN that is trained step by step; None for any other."""
    own = isinstance(model, keras.Model) and not isinstance(model, keras.Sequential)
    members = (
        [(part, inner) for part in parts(model) if (inner := functional(part)) is not None] if own else []
    )
    if not members or not type(model).call.__module__.startswith("keras."):
        return None
    traced = Traced(Call(model, inside=[], opened=True), [], [], "structure")
    assert traced.root.inside is not None
    for part, inner in {id(part): (part, inner) for part, inner in members}.values():
        inputs = [Wire(array_of(tensor)) for tensor in inner._inputs]
        call = Call(part, inputs, opened=True)
        call.outputs = _walk(inner, call, inputs, opener)
        traced.root.inside.append(call)
        traced.inputs += [
            (f"{part.name}.{name}", wire) for name, wire in zip(_input_names(inner), inputs, strict=True)
        ]
        names = output_names(inner._outputs_struct)
        traced.outputs += [
            (f"{part.name}.{name}", wire) for name, wire in zip(names, call.outputs, strict=True)
        ]
    kind = type(model).__name__
    traced.notes.append(
        t("{kind} has no call(): its parts are shown, not how its training joins them.", kind=kind)
    )
    return traced


def _resized(inner: Any) -> bool:
    """Tell whether a layer was made wider or narrower since the shapes of the structure were computed."""
    return any(_other_width(node) for nodes in inner._nodes_by_depth.values() for node in nodes)


def _other_width(node: Any) -> bool:
    layer = node.operation
    if (
        not isinstance(layer, (keras.layers.Dense, keras.layers.Conv1D, keras.layers.Conv2D))
        or not layer.built
    ):
        return False
    last = getattr(layer, "data_format", "channels_last") == "channels_last"
    return last and bool(layer.kernel.shape[-1] != node.outputs[0].shape[-1])


def input_symbols(inner: Any) -> Any:
    """Return the inputs of a model as symbols of their own."""
    return keras.tree.map_structure(lambda t: keras.KerasTensor(t.shape, dtype=t.dtype), inner._inputs_struct)


def _walk(inner: Any, call: Call, given: list[Wire], opener: Opener) -> list[Wire]:
    """Fill in what a model consists of; return its outputs."""
    call.inside = []
    wires = {id(tensor): wire for tensor, wire in zip(inner._inputs, given, strict=True)}
    for node in _in_order(inner):
        if node.is_input:
            continue
        tensors = node.arguments.keras_tensors
        member = Call(node.operation, [wires[id(tensor)] for tensor in tensors])
        if not is_layer(node.operation):
            member.settings = detail(node.operation, node.arguments.args, node.arguments.kwargs)
        member.inputs += [_variable(value) for value in _variables_in(node)]
        call.inside.append(member)
        below = functional(node.operation) if is_layer(node.operation) else None
        if below is not None and len(below._inputs) == len(tensors):
            member.outputs = _walk(below, member, member.inputs[: len(tensors)], opener)
            member.opened = True
        else:
            member.outputs = [Wire(array_of(tensor)) for tensor in node.outputs]
            opener(member, node.arguments)
        wires.update({id(tensor): wire for tensor, wire in zip(node.outputs, member.outputs, strict=False)})
    return [wires[id(tensor)] for tensor in inner._outputs]


def _in_order(inner: Any) -> list[Any]:
    """Return the nodes of Keras's graph, each after those that it reads from, branch by branch."""
    known = {node for nodes in inner._nodes_by_depth.values() for node in nodes}
    ordered: list[Any] = []
    done: set[Any] = set()
    for tensor in inner._outputs:
        waiting = [(_maker(tensor), False)]
        while waiting:
            node, ready = waiting.pop()
            if node in done or node not in known:
                continue
            if ready:
                done.add(node)
                ordered.append(node)
            else:
                waiting.append((node, True))
                waiting += [(_maker(t), False) for t in reversed(node.arguments.keras_tensors)]
    return ordered


def _maker(tensor: Any) -> Any:
    operation, index, _ = tensor._keras_history
    return None if operation is None else operation._inbound_nodes[index]


def _variables_in(node: Any) -> list[Any]:
    args, kwargs = node.arguments.args, node.arguments.kwargs
    if not kwargs and all(isinstance(value, keras.KerasTensor) for value in args):  # as nearly always
        return []
    flat = keras.tree.flatten((args, kwargs))
    return [value for value in flat if isinstance(value, keras.Variable)]


def _variable(value: Any) -> Wire:
    return Wire(array_of(value), variable=value)


def _input_names(inner: Any) -> list[str]:
    given = inner._inputs_struct
    if isinstance(given, dict) and len(given) == len(inner._inputs):
        return [str(name) for name in sorted(given)]
    return [str(tensor._keras_history.operation.name) for tensor in inner._inputs]


def output_names(made: Any) -> list[str]:
    """Return what the outputs are called: ``output``, ``output[0]``, ``output['logits']``."""
    if isinstance(made, (list, tuple)) and len(made) == 1:
        made = made[0]
    return [path for path, _ in paths_in(made, "output", order=by_name)]
