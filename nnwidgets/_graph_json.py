"""A graph as what JSON can hold, and back again, with every link checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from types import NoneType
from typing import Any, get_args

from nnwidgets._errors import GraphError
from nnwidgets._i18n import t
from nnwidgets.graph import VERSION, Array, Edge, Graph, Group, Kind, Node, Parameter


def as_dict(graph: Graph) -> dict[str, Any]:
    """See `Graph.to_dict`."""
    return {
        "version": VERSION,
        "framework": graph.framework,
        "extractor": graph.extractor,
        "hash": graph.hash,
        "groups": [_lean(group) for group in graph.groups],
        "nodes": [_lean(node) for node in graph.nodes],
        "edges": [_edge(edge) for edge in graph.edges],
        "notes": list(graph.notes),
    }


def graph_of(data: Mapping[str, Any]) -> Graph:
    """See `Graph.from_dict`."""
    try:
        version = data["version"]
        if version != VERSION:
            raise GraphError(
                t(
                    "This graph has version {version}, and this nnwidgets reads version {known}.",
                    version=repr(version),
                    known=VERSION,
                )
            )
        graph = Graph(
            framework=str(data["framework"]),
            extractor=str(data["extractor"]),
            groups=tuple(Group(**group) for group in data["groups"]),
            nodes=tuple(_node(node) for node in data["nodes"]),
            edges=tuple(_edge_of(edge) for edge in data["edges"]),
            notes=tuple(str(note) for note in data["notes"]),
            hash=str(data["hash"]),
        )
        parts: list[Group | Node] = [*graph.groups, *graph.nodes]
        for part in parts:
            _check_types(part)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, GraphError):
            raise
        raise GraphError(
            t("This is not what Graph.to_dict() returns: {error}.", error=repr(error))
        ) from error
    _check(graph)
    return graph


def _check_types(part: Group | Node) -> None:
    for name, kinds in _NODE_TYPES if isinstance(part, Node) else _GROUP_TYPES:
        if not isinstance(getattr(part, name), kinds):
            raise TypeError(f"{name} of {part.key!r} is {getattr(part, name)!r}")


def _check(graph: Graph) -> None:
    """Raise for a graph whose parts do not fit together."""
    groups: set[str] = set()
    for group in graph.groups:  # a parent stands before its members, so there is no circle
        if group.parent is not None and group.parent not in groups:
            raise GraphError(
                t(
                    "The group {key} lies in {parent}, which does not stand before it.",
                    key=repr(group.key),
                    parent=repr(group.parent),
                )
            )
        groups.add(group.key)
    nodes = {node.key for node in graph.nodes}
    if len(groups) < len(graph.groups) or len(nodes) < len(graph.nodes) or groups & nodes:
        raise GraphError(t("Two parts of this graph have the same key."))
    for node in graph.nodes:
        if node.group is not None and node.group not in groups:
            raise GraphError(
                t(
                    "The node {key} lies in {group}, which is not there.",
                    key=repr(node.key),
                    group=repr(node.group),
                )
            )
        if node.kind not in get_args(Kind):
            raise GraphError(
                t(
                    "The node {key} is of kind {kind}, which nobody knows.",
                    key=repr(node.key),
                    kind=repr(node.kind),
                )
            )
    for edge in graph.edges:
        if edge.src not in nodes or edge.dst not in nodes:
            raise GraphError(
                t(
                    "An edge goes from {src} to {dst}, and one of them is not there.",
                    src=repr(edge.src),
                    dst=repr(edge.dst),
                )
            )


def _lean(part: Group | Node) -> dict[str, Any]:
    """Return the fields that do not have their default."""
    names = _NODE if isinstance(part, Node) else _GROUP
    lean: dict[str, Any] = {}
    for name, default in names:
        value = getattr(part, name)
        if value != default:
            lean[name] = value
    if isinstance(part, Node):
        if part.outputs:
            lean["outputs"] = [_array(array) for array in part.outputs]
        if part.parameters:
            lean["parameters"] = [
                [p.name, list(p.shape)] if p.trainable else [p.name, list(p.shape), False]
                for p in part.parameters
            ]
    return lean


def _defaults(kind: type[Group] | type[Node]) -> list[tuple[str, Any]]:
    return [(field.name, object() if field.default is MISSING else field.default) for field in fields(kind)]


def _types(kind: type[Group] | type[Node]) -> list[tuple[str, tuple[type, ...]]]:
    """Return the plain fields with what they may be; annotations are text here."""
    known = {
        "str": (str,),
        "Kind": (str,),
        "int": (int,),
        "str | None": (str, NoneType),
        "int | None": (int, NoneType),
    }
    return [(field.name, known[field.type]) for field in fields(kind) if field.type in known]


_GROUP, _NODE = _defaults(Group), _defaults(Node)
_GROUP_TYPES, _NODE_TYPES = _types(Group), _types(Node)


def _array(array: Array) -> list[Any]:
    return [list(array.shape), array.dtype]


def _edge(edge: Edge) -> list[Any]:
    lean: list[Any] = [edge.src, edge.src_out, edge.dst, edge.dst_in]
    return lean if edge.array is None else [*lean, *_array(edge.array)]


def _node(data: Mapping[str, Any]) -> Node:
    outputs = tuple(_array_of(*array) for array in data.get("outputs", ()))
    parameters = tuple(Parameter(str(p[0]), _shape(p[1]), *p[2:]) for p in data.get("parameters", ()))
    return Node(**{**data, "outputs": outputs, "parameters": parameters})


def _edge_of(data: Any) -> Edge:
    src, src_out, dst, dst_in, *array = data
    if not isinstance(src, str) or not isinstance(dst, str):
        raise TypeError(t("an edge from {src} to {dst}", src=repr(src), dst=repr(dst)))
    return Edge(src, int(src_out), dst, int(dst_in), _array_of(*array) if array else None)


def _array_of(shape: Iterable[Any], dtype: str) -> Array:
    return Array(_shape(shape), str(dtype))


def _shape(lengths: Iterable[Any]) -> tuple[int | None, ...]:
    return tuple(None if length is None else int(length) for length in lengths)
