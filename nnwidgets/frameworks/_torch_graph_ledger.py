"""What is written down of a pass, and which operation each tensor came out of."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable
from typing import Any, Final

import torch

from nnwidgets._i18n import t
from nnwidgets.frameworks._torch_graph_parts import Fault, Op, Scope, array_of, first_line
from nnwidgets.frameworks._torch_graph_unknown import Unknown
from nnwidgets.frameworks._torch_graph_values import Names, collect

_quiet: Final[Callable[[], Any]] = torch._C.DisableTorchFunction
_Made = tuple["weakref.ref[torch.Tensor]", Op, int]


class Ledger:
    """Takes parts in the order in which they are computed. Holds no tensor.

    Parameters
    ----------
    names
        What modules and tensors are called.
    fault
        Is told what went wrong here.
    limit
        Operations at most.
    gradients
        Whether to keep what each tensor was computed by, for the way back; that keeps their memory, too.

    Attributes
    ----------
    parts, notes
        What was seen, in order, and what there is to say of it.
    scope
        The one that goes on.
    off
        Whether nothing is written down any more, because something went wrong here.
    full
        Whether the limit is reached.
    """

    def __init__(self, names: Names, fault: Fault, *, limit: int, gradients: bool) -> None:
        super().__init__()
        self.thread = threading.get_ident()
        self.names = names
        self.parts: list[Scope | Op] = []
        self.notes: dict[str, None] = {}
        self.scope: Scope | None = None
        self.off = self.full = False
        self.unknown = Unknown(self)
        self._gradients, self._fault, self._limit = gradients, fault, limit
        self._made: dict[int, _Made] = {}
        self._calls: dict[int, int] = {}
        self._failed: tuple[int, Op] | None = None

    def bind(self, op: Op, tensors: list[torch.Tensor]) -> None:
        """Say which tensors came out of an operation."""
        for tensor in tensors:
            self._made[id(tensor)] = (weakref.ref(tensor), op, len(op.outs))
            op.outs.append(array_of(tensor))
            if self._gradients and tensor.grad_fn is not None:
                op.grads.append(tensor.grad_fn)

    def known(self, tensor: torch.Tensor) -> tuple[Op, int] | None:
        """Return the operation that a tensor came out of, if it was seen."""
        found = self._made.get(id(tensor))
        # Another tensor may lie where a forgotten one lay.
        return (found[1], found[2]) if found is not None and found[0]() is tensor else None

    def stand_for(self, tensor: torch.Tensor, link: tuple[Op, int]) -> None:
        """Say that a tensor is what came out of an operation, or follows from it in a way that is shown already."""
        self._made[id(tensor)] = (weakref.ref(tensor), *link)

    def latest(self, count: int) -> list[tuple[torch.Tensor, Op, int]]:
        """Return the tensors that were made last and are still there."""
        found = []
        for made in itertools.islice(reversed(self._made.values()), count):
            tensor = made[0]()
            if tensor is not None:
                found.append((tensor, made[1], made[2]))
        return found

    def producer(self, tensor: torch.Tensor) -> tuple[Op, int] | None:
        """Return the operation that a tensor came out of; what nobody saw becomes a node of its own."""
        return self.known(tensor) or self.unknown.producer(tensor)

    def add(self, part: Op | Scope) -> None:
        """Write down a part of the scope that goes on."""
        self.parts.append(part)
        if part.parent is not None:
            part.parent.members.append(part)
        if len(self.parts) >= self._limit:
            self.full = True
            self.notes[t("Only the first {most} operations are shown.", most=f"{self._limit:,}")] = None

    def count(self, one: object) -> int:
        """Return how many nodes a module or parameter has, with the one to come."""
        number = self._calls[id(one)] = self._calls.get(id(one), 0) + 1
        return number

    def links(self, *values: Any) -> list[tuple[Op, int]]:
        """Return where the tensors in some values come from, in order."""
        tensors: list[torch.Tensor] = []
        collect(values, tensors)
        found = [self.producer(tensor) for tensor in tensors]
        return [link for link in found if link is not None]

    def open(self, scope: Scope) -> None:
        """Begin a scope; what follows lies in it."""
        self.add(scope)
        self.scope = scope

    def fail(self, op: Op, error: BaseException) -> None:
        """Mark an operation that raised."""
        if self._failed is not None:
            self._failed[1].error = None  # that one was caught
        op.error = first_line(error)
        # The error itself would hold on to every frame that it passed.
        self._failed = (id(error), op)

    def failed_with(self, error: BaseException) -> None:
        """Say that the pass ended with an error: where it came from is marked."""
        if self._failed is None or self._failed[0] != id(error):
            self.fail(Op(self.scope, "function", "raise", type(error).__name__), error)
            assert self._failed is not None
            self.add(self._failed[1])
        self._failed[1].gone = False

    def ended(self) -> None:
        """Say that the pass ended without an error."""
        if self._failed is not None:
            self._failed[1].error = None

    def shielded(self, function: Callable[..., Any], *args: Any) -> Any:
        """Do our own part: seen by no other mode, and a fault in it ends the recording alone."""
        if self.off:
            return None
        try:
            with _quiet():
                return function(*args)
        except Exception as error:  # noqa: BLE001 — whatever it is, it must not reach the person's forward
            self.off = True
            self._fault(error)
            return None
