"""Tensors that no operation was seen to make: parameters, buffers, constants, the results of one's own functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import torch

from nnwidgets._i18n import later, now
from nnwidgets.frameworks._torch_graph_parts import Op, array_of
from nnwidgets.graph import Kind, Parameter

if TYPE_CHECKING:
    from nnwidgets.frameworks._torch_graph_ledger import Ledger

#: Among how many tensors the inputs of a person's own autograd function are looked for.
_LATEST: Final = 64
UNSEEN: Final = later("Where some tensors come from was not seen; they are shown as constants.")


class Unknown:
    """Makes nodes of tensors that came from elsewhere, where they are used."""

    def __init__(self, recorder: Ledger) -> None:
        self._recorder = recorder
        #: Inputs that are shown only where they are used, by their id.
        self._inputs: dict[int, tuple[torch.Tensor, str]] = {}
        self._outside: dict[int, Op] = {}

    def expect(self, name: str, tensor: torch.Tensor) -> None:
        """Say what a tensor is called, if it is used."""
        self._inputs.setdefault(id(tensor), (tensor, name))

    def producer(self, tensor: torch.Tensor) -> tuple[Op, int] | None:
        """Return a node for a tensor, and which of its outputs it is; None where there is no room."""
        recorder = self._recorder
        if recorder.full:
            return None
        expected = self._inputs.get(id(tensor))
        if expected is not None and expected[0] is tensor:
            return self.input(expected[1], tensor), 0
        name = recorder.names.of_tensor(tensor)
        if name is not None:
            return self._named(name, tensor), 0
        wrapped = _wrapped(tensor)
        if wrapped is not None:
            return recorder.producer(wrapped)
        made_by: Any = tensor.grad_fn
        if made_by is not None and isinstance(made_by, torch.autograd.function.BackwardCFunction):
            return self._own_function(made_by, tensor), 0
        own = self._attribute(tensor)
        kind: Kind = "parameter" if tensor.requires_grad and tensor.is_leaf else "constant"
        op = Op(recorder.scope, kind, kind, own)
        if kind == "parameter":
            op.parameters = (Parameter(own or "parameter", tuple(tensor.shape)),)
        elif made_by is not None:
            recorder.notes[now(UNSEEN)] = None
        return self._put(op, tensor), 0

    def forget(self) -> None:
        """Let go of the tensors that were given: who records is found by the garbage collector alone, and late."""
        self._inputs.clear()

    def input(self, name: str, tensor: torch.Tensor) -> Op:
        """Take a tensor that enters the model."""
        return self._put(Op(None, "input", "input", name), tensor)

    def _put(self, op: Op, tensor: torch.Tensor) -> Op:
        self._recorder.add(op)
        self._recorder.bind(op, [tensor])
        return op

    def _named(self, name: str, tensor: torch.Tensor) -> Op:
        """Return the node of a parameter or buffer in the scope that goes on."""
        recorder = self._recorder
        scope = recorder.scope
        held = self._outside if scope is None else scope.parameters
        op = held.get(id(tensor))
        if op is None:
            leaf = tensor.requires_grad or isinstance(tensor, torch.nn.Parameter)
            kind: Kind = "parameter" if leaf or name not in recorder.names.outside else "constant"
            short = name.rpartition(".")[2]
            op = held[id(tensor)] = Op(scope, kind, kind, short)
            if kind == "parameter":
                op.path = name
                op.call = recorder.count(tensor)
            if leaf:
                op.parameters = (Parameter(short, tuple(tensor.shape), tensor.requires_grad),)
            op.outs.append(array_of(tensor))
            recorder.add(op)
        return op

    def _own_function(self, made_by: Any, tensor: torch.Tensor) -> Op:
        """Return a node for a person's `torch.autograd.Function`, which does not pass through torch's dispatch."""
        op = Op(self._recorder.scope, "function", type(made_by).__name__.removesuffix("Backward"))
        before = [step for step, _ in made_by.next_functions if step is not None]
        sources: dict[int, tuple[Op, int]] = {}
        for known, source, out in self._recorder.latest(_LATEST):
            if known.grad_fn is not None:
                sources[id(known.grad_fn)] = source, out
        for step in before:
            variable = getattr(step, "variable", None)
            link = sources.get(id(step)) if variable is None else self._recorder.producer(variable)
            if link is not None:
                op.ins.append(link)
        return self._put(op, tensor)

    def _attribute(self, tensor: torch.Tensor) -> str | None:
        """Return the name under which a module around the call keeps a tensor."""
        scope = self._recorder.scope
        while scope is not None:
            for name, value in () if scope.module is None else vars(scope.module).items():
                if value is tensor:
                    return name
            scope = scope.parent
        return None


def _wrapped(tensor: torch.Tensor) -> torch.Tensor | None:
    """Return the tensor of which a transform such as `torch.vmap` shows one slice, or None."""
    functorch: Any = getattr(torch._C, "_functorch", None)
    is_wrapped = getattr(functorch, "is_functorch_wrapped_tensor", None)
    if is_wrapped is None or not is_wrapped(tensor):
        return None
    inner: torch.Tensor = functorch.get_unwrapped(tensor)
    return inner
