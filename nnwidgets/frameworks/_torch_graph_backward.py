"""The way back along which gradients are computed, read off torch's own graph; nothing goes it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import Any

import torch

from nnwidgets._errors import GraphError
from nnwidgets._graph_builder import GraphBuilder
from nnwidgets._i18n import later, now, t
from nnwidgets.frameworks._torch_graph_parts import Op, Scope, array_of
from nnwidgets.frameworks._torch_graph_values import Names
from nnwidgets.graph import MAX_NODES, Array, Graph

NO_WAY_BACK = later(
    "Nothing that is returned depends on anything that requires a gradient, so there is no way back."
)

_UNKNOWN = Array((), "")


def backward_graph(tensor: torch.Tensor) -> Graph:
    """Return the way back from a tensor alone.

    Raises
    ------
    GraphError
        If it was not computed from anything that requires a gradient.
    """
    if tensor.grad_fn is None:
        raise GraphError(
            t("This tensor has no grad_fn: it was not computed from anything that requires a gradient.")
        )
    builder = GraphBuilder("torch", "backward")
    start = builder.node(None, op="output", kind="output", name="output", outputs=[array_of(tensor)])
    _Way(builder, {}, Names({})).write({tensor.grad_fn: start})
    return builder.finish()


def add_backward(
    builder: GraphBuilder, parts: Sequence[Scope | Op], outputs: Iterable[torch.Tensor], names: Names
) -> None:
    """Write the way back from the outputs of a pass that was recorded, after what was computed."""
    ops = [part for part in parts if isinstance(part, Op) and not part.gone]
    ends = [op for op in ops if op.kind == "output"]
    made = {id(grad): op.key for op in ops for grad in op.grads}
    starts = {
        tensor.grad_fn: op.key
        for op, tensor in zip(ends, outputs, strict=False)
        if tensor.grad_fn is not None
    }
    if not starts:
        builder.note(now(NO_WAY_BACK))
        return
    leaves = {op.path or op.name or op.op: op.key for op in ops if op.kind == "parameter"}
    _Way(builder, made, names, leaves).write(starts)


class _Way:
    """Writes the steps of the way back.

    Parameters
    ----------
    builder
        Takes them.
    made
        The key of the operation that each step belongs to, by the step's id.
    names
        What parameters are called.
    leaves
        The keys of the parameters that stand in the graph as nodes, by their names.
    """

    def __init__(
        self,
        builder: GraphBuilder,
        made: dict[int, str | None],
        names: Names,
        leaves: dict[str, str | None] | None = None,
    ) -> None:
        self._builder, self._made, self._names, self._leaves = builder, made, names, leaves or {}

    def write(self, starts: dict[Any, str | None]) -> None:
        """Write every step that is reached from the starts, in the order in which torch would take them."""
        builder = self._builder
        group = builder.group(None, type="backward", name="backward")
        keys: dict[Any, str | None] = {}
        of = {step: self._made.get(id(step)) for step in starts}
        for step in _ordered(list(starts)):
            own = self._made.get(id(step)) or of.get(step)
            after = [(one, number) for one, number in step.next_functions if one is not None]
            name, outs = None, [_array(one, number) for one, number in after]
            variable = getattr(step, "variable", None)
            if variable is not None:
                name, outs = self._names.of_tensor(variable), [array_of(variable)]
                own = self._leaves.get(name or "") or own
            keys[step] = builder.node(
                group, op=step_name(step), kind="backward", name=name, outputs=outs, of=own
            )
            for one, _ in after:
                of.setdefault(one, own)  # a step within what was one operation on the way there
        for step, key in starts.items():
            builder.edge(key, 0, keys.get(step), 0)
        for step, key in keys.items():
            after = [(one, number) for one, number in step.next_functions if one is not None]
            for place, (one, number) in enumerate(after):
                builder.edge(key, place, keys.get(one), number)


def _ordered(starts: list[Any]) -> list[Any]:
    """Return all steps, each after those whose gradient it needs; not by recursion, for chains are long."""
    needs: dict[Any, int] = dict.fromkeys(starts, 0)
    waiting = list(needs)
    while waiting:
        for one, _ in waiting.pop().next_functions:
            if one is None:
                continue
            if one not in needs:
                needs[one] = 0
                waiting.append(one)
            needs[one] += 1
    heap: list[tuple[int, int, Any]] = []
    for count, step in enumerate(step for step in needs if not needs[step]):
        heapq.heappush(heap, (-_age(step), count, step))
    found: list[Any] = []
    pushed = len(heap)
    while heap and len(found) <= MAX_NODES:
        step = heapq.heappop(heap)[2]
        found.append(step)
        for one, _ in step.next_functions:
            if one is not None:
                needs[one] -= 1
                if not needs[one]:
                    pushed += 1
                    heapq.heappush(heap, (-_age(one), pushed, one))
    return found


def _age(step: Any) -> int:
    """Return when a step's operation was computed: torch takes the last one first."""
    return int(step._sequence_nr()) if hasattr(step, "_sequence_nr") else 0


def step_name(step: Any) -> str:
    """Return what a step is called, without torch's numbers: ``MulBackward``."""
    return str(step.name()).rpartition("::")[2].rstrip("0123456789") or "function"


def _array(step: Any, number: int) -> Array:
    arrays = arrays_before(step)
    return arrays[number] if number < len(arrays) else _UNKNOWN


def arrays_before(step: Any) -> list[Array]:
    """Return shapes and dtypes of what a step's operation computed, as far as this torch tells them."""
    try:
        return [
            Array(tuple(int(length) for length in one.shape), str(one.dtype).removeprefix("torch."))
            for one in step._input_metadata
        ]
    except Exception:  # noqa: BLE001 — not every torch tells it
        return [_UNKNOWN]
