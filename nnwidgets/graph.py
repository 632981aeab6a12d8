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
from typing import TYPE_CHECKING, Any, Final, Literal

from nnwidgets._errors import GraphError

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["MAX_NODES", "Array", "Edge", "Graph", "Group", "Kind", "Node", "Parameter"]

#: Version of `Graph.to_dict`.
VERSION: Final = 1

#: Nodes of a graph at most; what is computed after them is not in it, and `Graph.notes` say so.
MAX_NODES: Final = 100_000

#: Boxes up to which groups are opened in a graph that is a cell's result: what a screen or two can show.
_IN_A_CELL: Final = 40

#: What a node is: an array that enters or leaves, a layer (a module without parts), a function or operator, a parameter
#: or an array from elsewhere that is used as it stands, or a step of the way back along which gradients are computed.
Kind = Literal["input", "output", "module", "function", "parameter", "constant", "backward"]


@dataclass(frozen=True)
class Array:
    """One array on its way: its shape, with None for a dimension that is not fixed, and the name of its dtype."""

    shape: tuple[int | None, ...]
    dtype: str


@dataclass(frozen=True)
class Parameter:
    """One parameter of a layer: its own name (``weight``), shape, and whether it is trained."""

    name: str
    shape: tuple[int | None, ...]
    trainable: bool = True

    @property
    def count(self) -> int:
        """Numbers in it; a dimension that is not fixed yet counts as none."""
        count = 1
        for length in self.shape:
            count *= length or 0
        return count


@dataclass(frozen=True)
class Group:
    """One call of a module that has parts, or a scope.

    Attributes
    ----------
    key
        Names it in this graph.
    parent
        The key of the group that it lies in, or None.
    path
        The module's place in the model (``encoder.layers.0``); "" for the model itself and for a scope.
    name
        What people call it: the last part of the path.
    type
        The class of the module, or of those that are folded.
    call
        Which call of this module it is, counted from 1.
    repeat
        How many equal blocks are folded into it; they are its members. 1 for every other group.
    params
        Numbers in the parameters of everything inside, each parameter once.
    flops
        Floating-point operations of one pass through everything inside; see `Node.flops`.
    source
        Where the module was made or the call written, ``file.py:12``, or None.
    """

    key: str
    parent: str | None
    path: str
    name: str
    type: str
    call: int = 1
    repeat: int = 1
    params: int = 0
    flops: int = 0
    source: str | None = None


@dataclass(frozen=True)
class Node:
    """One call of a layer or a function.

    Attributes
    ----------
    key
        Names it in this graph.
    group
        The key of the group that it lies in, or None.
    kind
        See `Kind`.
    op
        What is computed, in the framework's word: ``Conv2d``, ``add``, ``matmul``.
    name
        What people call it: the layer's own name (``conv1``), else ``op``.
    path
        The layer's place in the model (``encoder.layers.0.linear1``), or None for a function.
    call
        Which call of this layer it is, counted from 1.
    detail
        Its settings in words (``64, 128, kernel_size=(3, 3)``), or "".
    outputs
        The arrays that come out.
    parameters
        Its parameters.
    flops
        Floating-point operations of one pass, a multiplication and an addition counted as two, or None where nobody
        knows. Products of matrices and convolutions are counted; what goes element by element is not.
    source
        Where the layer was made or the call written, ``file.py:12``, or None.
    error
        Why it failed, in a line, for the node at which a forward pass raised.
    of
        For a step of the way back: the key of the node whose gradient it computes, or None.
    """

    key: str
    group: str | None
    kind: Kind
    op: str
    name: str
    path: str | None = None
    call: int = 1
    detail: str = ""
    outputs: tuple[Array, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    flops: int | None = None
    source: str | None = None
    error: str | None = None
    of: str | None = None

    @property
    def params(self) -> int:
        """Numbers in its parameters."""
        return sum(parameter.count for parameter in self.parameters)


@dataclass(frozen=True)
class Edge:
    """An array that goes from one node to another.

    Attributes
    ----------
    src, src_out
        The key of the node that it comes from, and which of its outputs it is, counted from 0.
    dst, dst_in
        The key of the node that it goes to, and which of its inputs it is, counted from 0.
    array
        Its shape and dtype, or None where that is not known.
    """

    src: str
    src_out: int
    dst: str
    dst_in: int
    array: Array | None = None


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
            raise GraphError(f"This is not what Graph.to_json() returns: {error}.") from error
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
