"""What a numpy program computes, operation by operation, and the graph that is made of it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnwidgets._graph_builder import GraphBuilder
from nnwidgets.frameworks._graph_einsum import einsum_flops
from nnwidgets.graph import Array, Graph, Kind, Parameter


@dataclass(eq=False)
class Op:
    """One operation, or an array from outside.

    Attributes
    ----------
    name
        What is computed.
    kind
        See `nnwidgets.graph.Kind`.
    inputs
        The operations whose outputs go in, with which of them.
    outputs
        What comes out.
    path
        What a parameter is called.
    key
        Of the node, once there is one.
    """

    name: str
    kind: Kind = "function"
    inputs: list[Source] = field(default_factory=list)
    outputs: list[Array] = field(default_factory=list)
    detail: str = ""
    flops: int | None = None
    path: str | None = None
    error: str | None = None
    key: str | None = None


Source = tuple[Op, int]


@dataclass(eq=False)
class Part:
    """One call of an object that has a ``forward``, with what is computed inside."""

    type: str
    path: str
    call: int = 1
    members: list[Op | Part] = field(default_factory=list)


class Tape:
    """Takes operations in the order in which they are computed. Used by one thread.

    Parameters
    ----------
    root
        What the whole is called.
    """

    def __init__(self, root: str) -> None:
        self.open = True
        self.notes: list[str] = []
        #: Finds what a plain array is: a parameter, or a view of one.
        self.parameter: Callable[[Any], Source | None] | None = None
        self._root = Part(root, "")
        self._stack = [self._root]
        self._inputs: list[Op] = []
        self._outputs: list[Op] = []
        self._calls: dict[str, int] = {}
        self._outside: dict[tuple[int, int], Op] = {}
        self._held: list[Any] = []
        self._failed: tuple[Op, BaseException] | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was computed."""
        return not self._root.members

    def input(self, name: str, array: Any) -> Source:
        """Take an input."""
        op = Op("input", "input", outputs=[array_of(array)], path=name)
        self._inputs.append(op)
        return op, 0

    def output(self, name: str, array: Any, source: Source) -> None:
        """Take an output."""
        self._outputs.append(Op("output", "output", [source], [array_of(array)], path=name))

    def take(self, op: Op) -> Op:
        """Take an operation."""
        self._stack[-1].members.append(op)
        return op

    def outside(self, array: Any, name: str | None) -> Source:
        """Return what an array from outside is in the part that is computed: a parameter, if it has a name."""
        key = id(self._stack[-1]), id(array)
        if key not in self._outside:
            kind: Kind = "constant" if name is None else "parameter"
            self._held.append(array)
            self._outside[key] = self.take(Op(kind, kind, outputs=[array_of(array)], path=name))
        return self._outside[key], 0

    @contextlib.contextmanager
    def inside(self, kind: str, path: str) -> Iterator[None]:
        """Take what is computed meanwhile as parts of an object's ``forward``."""
        call = self._calls[path] = self._calls.get(path, 0) + 1
        part = Part(kind, path, call)
        self._stack[-1].members.append(part)
        self._stack.append(part)
        try:
            yield
        finally:
            self._stack.pop()

    def fail(self, error: BaseException, op: Op | None = None) -> None:
        """Mark where it failed; the first call counts, as long as nobody catches the error."""
        if self._failed is None or self._failed[1] not in (error, error.__context__):
            self.caught()
            text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
            op = op or self.take(Op("raised"))
            op.error = f"{type(error).__name__}: {text}"[:300]
            self._failed = op, error

    def caught(self) -> None:
        """Say that an error that was marked did not end the computation."""
        if self._failed is not None:
            self._failed[0].error = None
            self._failed = None

    def graph(self) -> Graph:
        """Return the graph."""
        builder = GraphBuilder("numpy", "forward")
        for op in self._inputs:
            _node(builder, op, None)
        _group(builder, self._root, None)
        if self._failed is None:
            for op in self._outputs:
                _node(builder, op, None)
        for note in self.notes:
            builder.note(note)
        return builder.finish()


def array_of(array: Any) -> Array:
    """Return shape and dtype."""
    return Array(tuple(array.shape), str(array.dtype))


def _group(builder: GraphBuilder, part: Part, parent: str | None) -> None:
    name = part.path.rpartition(".")[2] or part.type
    key = builder.group(parent, type=part.type, path=part.path, name=name, call=part.call)
    for member in part.members:
        if isinstance(member, Op):
            _node(builder, member, key)
        elif (
            len(member.members) == 1 and isinstance(only := member.members[0], Op) and only.kind == "function"
        ):
            _node(builder, only, key, member)
        else:
            _group(builder, member, key)


def _node(builder: GraphBuilder, op: Op, group: str | None, part: Part | None = None) -> None:
    if part is not None:
        detail = ", ".join(word for word in (op.name, op.detail) if word)
        op.key = builder.node(
            group, op=part.type, kind="module", path=part.path, call=part.call, detail=detail, outputs=op.outputs,
            flops=op.flops,
        )  # fmt: skip
    elif op.kind == "parameter":
        path = op.path or op.name
        shown = Parameter(path.rpartition(".")[2], op.outputs[0].shape)
        op.key = builder.node(
            group, op=op.name, kind=op.kind, path=path, outputs=op.outputs, parameters=[shown]
        )
    else:
        op.key = builder.node(
            group,
            op=op.name,
            kind=op.kind,
            name=op.path,
            detail=op.detail,
            outputs=op.outputs,
            flops=op.flops,
        )
    for place, (source, output) in enumerate(op.inputs):
        builder.edge(source.key, output, op.key, place)
    if op.error is not None:
        builder.fail(op.key, op.error)


def flops(name: str, arrays: Sequence[Any], out: Any, args: Sequence[Any]) -> int | None:
    """Return the floating-point operations of a product of matrices; None for anything else."""
    shapes: list[tuple[int, ...]] = [tuple(array.shape) for array in arrays]
    try:
        if name in ("matmul", "dot", "inner", "vdot") and shapes[0]:
            return 2 * int(np.size(out)) * int(shapes[0][-1])
        if name == "einsum" and isinstance(args[0], str):
            return einsum_flops(args[0], shapes)
        if name == "tensordot":
            both = int(np.prod(shapes[0])) * int(np.prod(shapes[1]))
            return 2 * math.isqrt(both * int(np.size(out)))
    except (IndexError, ValueError):
        pass
    return None
