"""Collects what an extractor sees, and makes a graph of it: unique keys, folded blocks, sums, a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from nnwidgets._graph_fold import fold
from nnwidgets._graph_sums import with_sums
from nnwidgets._i18n import t
from nnwidgets.graph import MAX_NODES, Array, Edge, Graph, Group, Kind, Node, Parameter


class GraphBuilder:
    """Takes groups, nodes and edges in the order in which they are computed. Used by one thread.

    Parameters
    ----------
    framework, extractor
        See `Graph`.
    limit
        Nodes at most; what comes after them is left out, and a note says so.
    """

    def __init__(self, framework: str, extractor: str, limit: int = MAX_NODES) -> None:
        self._framework, self._extractor, self._limit = framework, extractor, limit
        self._parts: dict[str, Group | Node] = {}
        self._edges: dict[tuple[str, int, str, int], Edge] = {}
        self._notes: dict[str, None] = {}
        self._numbers: dict[str, int] = {}
        self._count = 0

    @property
    def full(self) -> bool:
        """Whether the limit is reached: further nodes are not taken."""
        return self._count >= self._limit

    def group(
        self,
        parent: str | None,
        *,
        type: str,
        path: str = "",
        name: str | None = None,
        call: int = 1,
        source: str | None = None,
    ) -> str:
        """Begin a group; return its key. One that stays empty is not in the graph."""
        key = self._key(_called(path or name or type, call))
        shown = name or path.rpartition(".")[2] or type
        self._parts[key] = Group(key, parent, path, shown, type, call, source=source)
        return key

    def node(
        self,
        group: str | None,
        *,
        op: str,
        kind: Kind = "function",
        name: str | None = None,
        path: str | None = None,
        call: int = 1,
        detail: str = "",
        outputs: Sequence[Array] = (),
        parameters: Sequence[Parameter] = (),
        flops: int | None = None,
        source: str | None = None,
        of: str | None = None,
    ) -> str | None:
        """Take a node; return its key, or None where the limit is reached."""
        if self.full:
            self.note(t("Only the first {most} operations are shown.", most=f"{self._limit:,}"))
            return None
        self._count += 1
        if path:
            key = self._key(_called(path, call))
        else:
            key = self._key(f"{group}/{name or op}" if group is not None else name or op)
        shown = name or (path or "").rpartition(".")[2] or op
        self._parts[key] = Node(
            key, group, kind, op, shown, path, call, detail, tuple(outputs), tuple(parameters), flops, source, None, of
        )  # fmt: skip
        return key

    def outputs(self, key: str | None, outputs: Iterable[Array], flops: int | None = None) -> None:
        """Say what came out of a node that was taken before it was computed."""
        node = self._parts.get(key or "")
        if isinstance(node, Node):
            self._parts[node.key] = replace(
                node, outputs=tuple(outputs), flops=node.flops if flops is None else flops
            )

    def edge(self, src: str | None, src_out: int, dst: str | None, dst_in: int) -> None:
        """Say that an output of one node is an input of another; shape and dtype are those of the output."""
        source = self._parts.get(src or "")
        if not isinstance(source, Node) or dst is None or not isinstance(self._parts.get(dst), Node):
            return
        array = source.outputs[src_out] if src_out < len(source.outputs) else None
        self._edges[source.key, src_out, dst, dst_in] = Edge(source.key, src_out, dst, dst_in, array)

    def fail(self, key: str | None, error: str) -> None:
        """Mark the node at which the forward pass raised."""
        node = self._parts.get(key or "")
        if isinstance(node, Node):
            self._parts[node.key] = replace(node, error=error)

    def note(self, text: str) -> None:
        """Say what cannot be seen in the graph; each sentence stands once."""
        self._notes[text] = None

    def finish(self) -> Graph:
        """Return the graph."""
        parts = _without_empty_groups(self._parts)
        edges = list(self._edges.values())
        groups, nodes = fold(parts, edges)
        graph = Graph(
            framework=self._framework,
            extractor=self._extractor,
            groups=tuple(with_sums(groups, nodes)),
            nodes=tuple(nodes),
            edges=tuple(edges),
            notes=tuple(self._notes),
        )
        return replace(graph, hash=structure_hash(graph))

    def _key(self, wanted: str) -> str:
        key = wanted
        while key in self._parts:
            number = self._numbers[wanted] = self._numbers.get(wanted, 1) + 1
            key = f"{wanted}_{number}"
        return key


def structure_hash(graph: Graph) -> str:
    """Return a hash of what is computed by what, in which order, with which parameters; batches may differ."""
    digest = hashlib.sha1(usedforsecurity=False)
    places = {node.key: place for place, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        settings = node.detail if node.kind == "module" else ""
        known = (
            node.kind,
            node.op,
            node.path,
            node.call,
            settings,
            [(p.name, p.shape) for p in node.parameters],
        )
        digest.update(repr(known).encode())
    for edge in graph.edges:
        digest.update(f"{places[edge.src]}.{edge.src_out}>{places[edge.dst]}.{edge.dst_in};".encode())
    return digest.hexdigest()


def _called(path: str, call: int) -> str:
    return path if call == 1 else f"{path}@{call}"


def _without_empty_groups(parts: dict[str, Group | Node]) -> list[Group | Node]:
    inhabited: set[str] = set()
    for part in parts.values():
        above = part.group if isinstance(part, Node) else None
        while above is not None and above not in inhabited:
            inhabited.add(above)
            group = parts[above]
            above = group.parent if isinstance(group, Group) else None
    return [part for key, part in parts.items() if isinstance(part, Node) or key in inhabited]
