"""Reads nodes and edges off the graph that TensorFlow made of a function."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from nnwidgets._graph_builder import GraphBuilder
from nnwidgets._i18n import now
from nnwidgets.frameworks import _tf_graph_words as words
from nnwidgets.frameworks._tf_graph_scopes import Scopes
from nnwidgets.graph import Array, Graph, Parameter

#: What passes an array on as it is.
_PASSES: Final = ("Identity", "ReadVariableOp", "StopGradient", "PreventGradient", "EnsureShape")
_CALLS: Final = ("PartitionedCall", "StatefulPartitionedCall")
_BRANCHES: Final = ("If", "StatelessIf")
_LOOPS: Final = ("While", "StatelessWhile")
#: What is left over where nobody needs it any more.
_LEFT_OVER: Final = ("Const", "Shape", "Fill", "OnesLike", "ZerosLike", "Range")
_WAY_BACK: Final = "gradient_tape"
_DEPTH: Final = 20

Source = tuple[str, int]


class Reader:
    """Takes the graph of one function.

    Parameters
    ----------
    name
        The function's name.
    names
        The variables that it reaches, with what they are called.
    backward
        Whether gradients are shown.
    """

    def __init__(self, name: str, names: Sequence[tuple[Any, str]], *, backward: bool) -> None:
        self._builder = GraphBuilder("tensorflow", "tf.function")
        self._backward = backward
        self._names: dict[int, str] = {}
        self._known: dict[int, Any] = {}  # variables, by their handles' ids
        for variable, path in names:
            self._names.setdefault(id(variable), path)
            self._known.setdefault(id(variable.handle), variable)
        self._root = name
        self._group: str | None = None
        self._sources: dict[tuple[int, str], Source] = {}
        self._variables: dict[int, Source | None] = {}
        self._handles: dict[tuple[int, str], Any] = {}
        self._keys: dict[tuple[int, str], str] = {}
        self._waiting: dict[tuple[int, str], Any] = {}  # constants that nobody has used yet
        self._back = False

    def input(self, name: str, tensor: Any) -> None:
        """Take an input."""
        key = self._builder.node(None, op="input", kind="input", name=name, outputs=_arrays([tensor]))
        self._know(tensor, None if key is None else (key, 0))

    def read(self, graph: Any) -> None:
        """Take everything that a function computes."""
        self._group = self._builder.group(None, type="function", name=self._root)
        self._inside(graph, self._group, 0)

    def output(self, name: str, tensor: Any) -> None:
        """Take an output."""
        source = self._source(tensor, self._group)
        if source is not None:
            key = self._builder.node(None, op="output", kind="output", name=name, outputs=_arrays([tensor]))
            self._builder.edge(*source, key, 0)

    def fail(self, error: Exception) -> None:
        """Mark where the function raised."""
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        text = lines[-1] if lines and lines[0] == "in user code:" else (lines or [""])[0]
        named = re.search(r"\{\{node (\S+)\}\} = (\w+)", str(error))
        kind = words.op_name(named[2]) if named else "raised"
        key = self._builder.node(self._group, op=kind)
        text = text.removeprefix(f"{type(error).__name__}: ")
        self._builder.fail(key, f"{type(error).__name__}: {text}"[:300])

    def finish(self) -> Graph:
        """Return the graph."""
        return self._builder.finish()

    def _inside(self, graph: Any, group: str | None, depth: int, above: str = "") -> None:
        for variable in graph.variables:
            self._known.setdefault(id(variable.handle), variable)
        for outside, inner in graph.captures:
            if inner.dtype.name == "resource":
                if id(outside) in self._known:
                    self._handles[_place(inner)] = self._known[id(outside)]
            elif hasattr(outside, "numpy"):
                self._waiting[_place(inner)] = inner
        kept = self._kept(graph)
        scopes = Scopes(
            self._builder, group, above, [op.name for op in kept if op.type not in ("Const", *_PASSES)]
        )
        for op in kept:
            self._operation(op, graph, scopes, depth)

    def _kept(self, graph: Any) -> list[Any]:
        """Return the operations that are shown."""
        gone = set() if self._backward else self._way_back(graph)
        outputs = {tensor.op.name for tensor in graph.outputs}
        operations = graph.get_operations()
        for op in reversed(operations):
            consumers = {consumer.name for tensor in op.outputs for consumer in tensor.consumers()}
            unneeded = op.name not in outputs and op.outputs and consumers <= gone
            if unneeded and (
                op.type in _LEFT_OVER or all(t.dtype.is_integer or t.dtype.is_bool for t in op.outputs)
            ):
                gone.add(op.name)
        hidden = ("Placeholder", "NoOp")
        return [
            op
            for op in operations
            if op.name not in gone and op.type not in hidden and words.small(op) is None
        ]

    def _way_back(self, graph: Any) -> set[str]:
        """Return the operations that compute gradients, and those that use them."""
        gone: set[str] = set()
        operations = graph.get_operations()
        for op in operations:
            if _WAY_BACK in op.name.split("/") or any(tensor.op.name in gone for tensor in op.inputs):
                gone.add(op.name)
        if gone:
            self._builder.note(now(words.LEFT_OUT))
        return gone

    def _operation(self, op: Any, graph: Any, scopes: Scopes, depth: int) -> None:
        if op.type in _PASSES and op.inputs:
            if op.inputs[0].dtype.name != "resource":
                self._know(op.outputs[0], self._source(op.inputs[0], scopes.home))
            return
        if op.type == "Const":
            self._waiting[_place(op.outputs[0])] = op.outputs[0]
            return
        home = scopes.of(op.name)
        parts = list(self._parts(op, graph)) if depth < _DEPTH else []
        made = [self._part(op, part, home, depth, several=len(parts) > 1) for part in parts]
        if not made:
            self._node(op, home)
        elif len(made) == 1:
            for tensor, source in zip(op.outputs, made[0], strict=False):
                self._know(tensor, source)
        else:
            self._join(op, home, made)

    def _part(
        self, op: Any, part: tuple[str, Any, list[Any]], home: str | None, depth: int, *, several: bool
    ) -> list[Source | None]:
        """Take a function that an operation calls; return where its outputs come from."""
        name, inner, given = part
        before = self._back
        self._back = before or self._is_back(op) or name.startswith("__backward_")
        if name.startswith("__backward_"):
            name = f"{name.removeprefix('__backward_')}, backward"
        below = self._builder.group(home, type=words.op_name(op.type) if several else "function", name=name)
        for tensor, outer in zip(inner.inputs, given, strict=False):
            self._hand_in(tensor, outer, home)
        self._inside(inner, below, depth + 1, op.name.rpartition("/")[2])
        self._back = before
        return [self._source(tensor, below) for tensor in inner.outputs]

    def _join(self, op: Any, home: str | None, made: list[list[Source | None]]) -> None:
        """Show where the ways of an if come together."""
        key = self._builder.node(
            home, op="if", kind="backward" if self._is_back(op) else "function", outputs=_arrays(op.outputs)
        )
        sources = [self._source(op.inputs[0], home), *(source for one in made for source in one)]
        for place, source in enumerate(sources):
            if source is not None:
                self._builder.edge(*source, key, place)
        for place, tensor in enumerate(op.outputs):
            self._know(tensor, None if key is None else (key, place))

    def _is_back(self, op: Any) -> bool:
        return self._back or (self._backward and _WAY_BACK in op.name.split("/"))

    def _parts(self, op: Any, graph: Any) -> Iterator[tuple[str, Any, list[Any]]]:
        """Give the functions that an operation calls, and what goes into each."""
        inputs = list(op.inputs)
        if op.type in _CALLS:
            inner = _function(graph, op, "f")
            if inner is not None:
                yield re.sub(r"^__(forward|inference)_|_\d+$", "", inner.name), inner, inputs
        elif op.type in _BRANCHES:
            self._builder.note(now(words.BOTH_WAYS))
            for name in ("then_branch", "else_branch"):
                inner = _function(graph, op, name)
                if inner is not None:
                    yield name.partition("_")[0], inner, inputs[1:]
        elif op.type in _LOOPS:
            self._builder.note(now(words.LOOP))
            inner = _function(graph, op, "body")
            if inner is not None:
                yield "loop", inner, inputs

    def _hand_in(self, inner: Any, outer: Any, group: str | None) -> None:
        if outer.dtype.name == "resource":
            variable = self._handles.get(_place(outer))
            if variable is not None:
                self._handles[_place(inner)] = variable
        else:
            self._know(inner, self._source(outer, group))

    def _node(self, op: Any, home: str | None) -> None:
        back = self._is_back(op)
        sources = [self._source(tensor, home) for tensor in op.inputs]
        key = self._builder.node(
            home,
            op=words.op_name(op.type),
            kind="backward" if back else "function",
            detail=words.detail(op),
            outputs=_arrays(op.outputs),
            flops=words.flops(op),
            of=self._forward_of(op) if back else None,
        )
        if key is None:
            return
        self._keys[id(op.graph), op.name] = key
        for place, source in enumerate(sources):
            if source is not None:
                self._builder.edge(*source, key, place)
        for place, tensor in enumerate(op.outputs):
            self._know(tensor, (key, place))

    def _source(self, tensor: Any, group: str | None) -> Source | None:
        """Return where a tensor comes from; variables get their nodes where they are used first."""
        if tensor.op.type == "ReadVariableOp":
            tensor = tensor.op.inputs[0]
        variable = self._handles.get(_place(tensor))
        if variable is None:
            constant = self._waiting.pop(_place(tensor), None)
            if constant is not None:
                key = self._builder.node(group, op="constant", kind="constant", outputs=_arrays([constant]))
                self._know(tensor, None if key is None else (key, 0))
            return self._sources.get(_place(tensor))
        if id(variable) not in self._variables:
            self._variables[id(variable)] = self._parameter(variable, group)
        return self._variables[id(variable)]

    def _parameter(self, variable: Any, group: str | None) -> Source | None:
        path = self._names.get(id(variable)) or str(variable.name).partition(":")[0].replace("/", ".")
        array = Array(tuple(variable.shape), variable.dtype.name)
        shown = Parameter(path.rpartition(".")[2], array.shape, bool(variable.trainable))
        key = self._builder.node(
            group, op="parameter", kind="parameter", path=path, outputs=[array], parameters=[shown]
        )
        return None if key is None else (key, 0)

    def _know(self, tensor: Any, source: Source | None) -> None:
        if source is not None:
            self._sources[_place(tensor)] = source

    def _forward_of(self, op: Any) -> str | None:
        """Return the operation whose gradient is computed: its name stands after ``gradient_tape``."""
        parts = op.name.split("/")
        if _WAY_BACK not in parts:
            return None
        parts = parts[parts.index(_WAY_BACK) + 1 :]
        parts[-1] = parts[-1].removesuffix("Grad")
        names = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((key for name in names if (key := self._keys.get((id(op.graph), name)))), None)


def _function(graph: Any, op: Any, attribute: str) -> Any:
    """Return the graph of a function that an operation calls, or None where it is not known."""
    try:
        return graph._get_function(op.get_attr(attribute).name).graph
    except (AttributeError, KeyError, ValueError):  # not a public way
        return None


def _arrays(tensors: Any) -> list[Array]:
    return [Array(_shape(tensor), tensor.dtype.name) for tensor in tensors]


def _shape(tensor: Any) -> tuple[int | None, ...]:
    return tuple(tensor.shape) if tensor.shape.rank is not None else ()


def _place(tensor: Any) -> tuple[int, str]:
    return id(getattr(tensor, "graph", None)) if _symbolic(tensor) else id(tensor), str(
        getattr(tensor, "name", "")
    )


def _symbolic(tensor: Any) -> bool:
    return not hasattr(tensor, "numpy")
