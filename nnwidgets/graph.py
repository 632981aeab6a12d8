"""Graph: what a model computes, as plain data that is the same for every framework.

A graph holds *nodes* (one call of a layer or of a function each), the *groups* that they lie in (one call of a module
that has parts, or a scope) and the *edges* along which arrays go. Everything is known by a key, a text that stays the
same when the same model is traced again, so that two graphs can be compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nnwidgets._errors import GraphError
from nnwidgets._graph_parts import Array, Edge, Group, Kind, Node, Parameter
from nnwidgets._i18n import t

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["MAX_NODES", "Array", "Edge", "Graph", "Group", "Kind", "Node", "Parameter"]

#: Version of `Graph.to_dict`.
VERSION: Final = 1

#: Nodes of a graph at most; what is computed after them is not in it, and `Graph.notes` say so.
MAX_NODES: Final = 100_000

#: Boxes up to which groups are opened in a graph that is a cell's result: what a screen or two can show.
_IN_A_CELL: Final = 40


@dataclass(frozen=True)
class Graph:
    """What a model computes. Made by `nnwidgets.trace` and found at ``run.graph``; it never changes.

    Attributes
    ----------
    framework
        ``torch``, ``keras``, ``tensorflow`` or ``numpy``.
    extractor
        How it was found: ``forward`` (one pass was watched), ``structure`` (read off the model), ``tf.function`` or
        ``backward``.
    groups, nodes, edges
        In the order in which they were computed; a group comes before its members.
    notes
        What cannot be seen in it, in sentences for people.
    hash
        The same for two graphs of one structure, whatever the size of a batch.

    Notes
    -----
    Everything may be read from any thread.
    """

    framework: str
    extractor: str
    groups: tuple[Group, ...] = ()
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    notes: tuple[str, ...] = ()
    hash: str = ""

    @property
    def params(self) -> int:
        """Numbers in all parameters, each parameter once, however often its layer is called."""
        seen: dict[tuple[str, str], int] = {}
        for node in self.nodes:
            for parameter in node.parameters:
                seen[node.path or node.key, parameter.name] = parameter.count
        return sum(seen.values())

    @property
    def flops(self) -> int:
        """Floating-point operations of one pass, as far as they are known; see `Node.flops`."""
        return sum(node.flops or 0 for node in self.nodes)

    @property
    def failed(self) -> Node | None:
        """The node at which the forward pass raised, or None."""
        return next((node for node in self.nodes if node.error is not None), None)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as what JSON can hold; what has its default is left out. `from_dict` reads it."""
        from nnwidgets._graph_json import as_dict

        return as_dict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Graph:
        """Make a graph of what `to_dict` returned.

        Raises
        ------
        GraphError
            If it is something else, of a newer version, or does not fit together.
        """
        from nnwidgets._graph_json import graph_of

        return graph_of(data)

    def to_json(self) -> str:
        """Return everything as JSON text, without blanks. `from_json` reads it."""
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Graph:
        """Make a graph of what `to_json` returned.

        Raises
        ------
        GraphError
            See `from_dict`.
        """
        try:
            data = json.loads(text)
        except (RecursionError, TypeError, ValueError) as error:
            raise GraphError(t("This is not what Graph.to_json() returns: {error}.", error=error)) from error
        return cls.from_dict(data)

    def to_svg(self, path: str | Path | None = None, *, open: int | None = None) -> str:
        """Draw the graph as SVG text, and write it to a file.

        Parameters
        ----------
        path
            Where to write it; None to return the text only.
        open
            How many levels of groups are drawn opened. Of folded blocks that are opened one is drawn, standing for all.
            Default: as many as leave at most 150 boxes. A picture has at most some 800 boxes: levels that would make
            more stay closed, and of a long row its middle is left out.
        """
        from nnwidgets._graph_svg import svg

        text = svg(self, open)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def to_networkx(self) -> nx.MultiDiGraph:
        """Return a ``networkx.MultiDiGraph``: nodes by key, the fields of `Node` and `Edge` as attributes.

        Raises
        ------
        MissingDependencyError
            If networkx is not installed.
        """
        from nnwidgets._graph_networkx import as_networkx

        return as_networkx(self)

    def changes_since(self, before: Graph) -> dict[str, str]:
        """Return what differs from an earlier graph: for each key of a node of this one, in words.

        ``{"fc1": "64 → 128 features", "drop": "new"}``; nodes that are gone are not listed.
        """
        from nnwidgets._graph_changes import changes

        return changes(before, self)

    def __repr__(self) -> str:
        from nnwidgets._graph_words import big, operations

        failed = f", failed at {self.failed.key}" if self.failed is not None else ""
        return (
            f"<Graph of {self.framework}: {len(self.nodes):,} nodes, {len(self.edges):,} edges, "
            f"{len(self.groups):,} groups, {big(self.params)} parameters, {operations(self.flops)}{failed}>"
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from nnwidgets._graph_svg import svg

        return {"text/plain": repr(self), "image/svg+xml": svg(self, boxes=_IN_A_CELL)}
