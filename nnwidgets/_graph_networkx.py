"""A graph as networkx has it, for who wants to compute with it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from nnwidgets._errors import MissingDependencyError
from nnwidgets._i18n import t
from nnwidgets.graph import Edge, Graph, Node

if TYPE_CHECKING:
    import networkx as nx

_NODE = [field.name for field in fields(Node) if field.name != "key"]
_EDGE = [field.name for field in fields(Edge) if field.name not in ("src", "dst")]


def as_networkx(graph: Graph) -> nx.MultiDiGraph:
    """See `Graph.to_networkx`."""
    try:
        import networkx as nx
    except ImportError as error:
        raise MissingDependencyError(t("This needs networkx. Run: pip install networkx")) from error
    made = nx.MultiDiGraph(
        framework=graph.framework,
        extractor=graph.extractor,
        hash=graph.hash,
        notes=graph.notes,
        groups={group.key: group for group in graph.groups},
    )
    for node in graph.nodes:
        made.add_node(node.key, **{name: getattr(node, name) for name in _NODE}, params=node.params)
    for edge in graph.edges:
        made.add_edge(edge.src, edge.dst, **{name: getattr(edge, name) for name in _EDGE})
    return made
