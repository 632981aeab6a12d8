"""Watches one forward pass: which modules and functions are called, and which tensor goes where."""

from __future__ import annotations

import itertools
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from nnwidgets.frameworks import _torch_graph_words as words
from nnwidgets.frameworks._torch_graph_flops import flops
from nnwidgets.frameworks._torch_graph_parts import Fault, Op, Scope, array_of, first_line, is_layer
from nnwidgets.frameworks._torch_graph_sources import caller
from nnwidgets.frameworks._torch_graph_unknown import Unknown
from nnwidgets.frameworks._torch_graph_values import Names, collect
from nnwidgets.graph import MAX_NODES

BRANCH: Final = (
    "One branch of a data-dependent `if` was taken, or a value was read; another batch may take another way."
)
_quiet: Final[Callable[[], Any]] = torch._C.DisableTorchFunction
_Made = tuple["weakref.ref[torch.Tensor]", Op, int]


class Recorder(TorchFunctionMode):
    """Records what its thread computes while it is open. What it sees is in `parts`, in order.

    Nothing here holds a tensor, and whatever goes wrong here ends the recording but not the pass.

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
    """

    def __init__(
        self,
        names: Names,
        fault: Fault,
        *,
        limit: int = MAX_NODES,
        gradients: bool = False,
    ) -> None:
        super().__init__()
        self.thread = threading.get_ident()
        self.names = names
        self.parts: list[Scope | Op] = []
        self.notes: dict[str, None] = {}
        self.scope: Scope | None = None
        #: Whether nothing is written down any more.
        self.off = False
        self.full = False
        self.gradients = gradients
        self._fault, self._limit, self._count = fault, limit, 0
        #: Is given each tensor that an operation is going to change in place.
        self.before_change: Callable[[torch.Tensor], object] | None = None
        self._made: dict[int, _Made] = {}
        self._calls: dict[int, int] = {}
        self._modules: list[nn.Module] = []
        #: The call of a layer that goes on, whose inside is not shown.
        self._layer: Op | None = None
        self._failed: tuple[int, Op] | None = None
        self.unknown = Unknown(self)

    # What is known of tensors.

    def bind(self, op: Op, tensors: list[torch.Tensor]) -> None:
        """Say which tensors came out of an operation."""
        for tensor in tensors:
            self._made[id(tensor)] = (weakref.ref(tensor), op, len(op.outs))
            op.outs.append(array_of(tensor))
            if self.gradients and tensor.grad_fn is not None:
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
        self._count += 1
        if self._count >= self._limit:
            self.full = True
            self.notes[f"Only the first {self._limit:,} operations are shown."] = None

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

    # Modules.

    def call(self, original: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        """See `Taker.call`."""
        if type(module).__name__ == "OptimizedModule":
            whole: Any = module._orig_mod
            return whole(*args, **kwargs)
        if (
            module._compiled_call_impl is not None
        ):  # what is compiled is only ever traced in a pass of our own
            original = nn.Module._call_impl
        if self._layer is not None or self.off or self.full:
            return original(module, *args, **kwargs)
        outer = self.scope
        part = self.shielded(self._enter, module, args, kwargs)
        try:
            result = original(module, *args, **kwargs)
        except BaseException as error:
            self.shielded(self._raised, part, error)
            self._back_to(outer)
            raise
        self.shielded(self._leave, part, result)
        self._back_to(outer)
        return result

    def open(self, scope: Scope) -> None:
        """Begin a scope; what follows lies in it."""
        self.add(scope)
        self.scope = scope

    def _enter(self, module: nn.Module, args: Any, kwargs: Any) -> Op | Scope | None:
        path, layer = self.names.modules.get(id(module)), is_layer(module)
        root = self.scope is not None and self.scope.parent is None and self.scope.module is module
        if root and not layer:
            return None  # the model itself, whose scope is open before it is called
        call = self.count(module)
        if call == 1:
            self._modules.append(module)  # its id must not be given to another one
        if not layer:
            scope = Scope(self.scope, type(module).__name__, path or "", call, module)
            scope.own = not type(module).__module__.startswith("torch.nn.")
            if path and path.endswith("._orig_mod"):
                scope.name = path.split(".")[-2]
            self.open(scope)
            return scope
        op = Op(self.scope, "module", type(module).__name__)
        op.path, op.call, op.module = path, call, module
        op.ins = self.links(args, kwargs)
        self.add(op)
        self._layer = op
        return op

    def _leave(self, part: Op | Scope | None, result: Any) -> None:
        if isinstance(part, Scope):
            part.fold()
        elif isinstance(part, Op):
            if part.module is not None:
                part.op = type(part.module).__name__  # a lazy layer has become another one
            tensors: list[torch.Tensor] = []
            collect(result, tensors)
            self.bind(part, tensors)
            part.gone = not tensors

    def _raised(self, part: Op | Scope | None, error: BaseException) -> None:
        if self._failed is not None and self._failed[0] == id(error):
            return
        if isinstance(part, Op):
            self._fail(part, error)
        elif isinstance(error, Exception) and part is not None:  # the person's own code raised
            op = Op(self.scope, "function", "raise", type(error).__name__)
            self.add(op)
            self._fail(op, error)

    def _back_to(self, outer: Scope | None) -> None:
        self.scope, self._layer = outer, None

    def call_own(self, original: Any, function: type, args: Any, kwargs: Any) -> Any:
        """Call a person's `torch.autograd.Function`, and return what it returns: one operation with its name."""
        # Checkpointing computes a part of the model within such a function.
        through = (
            self._layer is not None or self.off or self.full or function.__module__.startswith("torch.utils")
        )
        if through:
            return original(*args, **kwargs)
        op = self.shielded(self._enter_own, function, args, kwargs)
        outer = self.scope
        try:
            result = original(*args, **kwargs)
        except BaseException as error:
            self.shielded(self._raised, op, error)
            self._back_to(outer)
            raise
        self.shielded(self._leave, op, result)
        self._back_to(outer)
        return result

    def _enter_own(self, function: type, args: Any, kwargs: Any) -> Op:
        op = Op(self.scope, "function", function.__name__)
        op.ins, op.detail = self.links(args, kwargs), words.detail_of(args, kwargs)
        self.add(op)
        self._layer = op
        return op

    # Functions.

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if self.off or self.full:
            return func(*args, **kwargs)
        if self.before_change is not None and words.in_place(func, args, kwargs):
            self.shielded(self._spare, args, kwargs)
        try:
            result = func(*args, **kwargs)
        except Exception as error:
            self.shielded(self._function_raised, func, args, kwargs, error)
            raise
        if func is torch.Tensor.__iter__:
            result = tuple(result)
            self.shielded(self._after, func, args, kwargs, result)
            return iter(result)
        self.shielded(self._after, func, args, kwargs, result)
        return result

    def _after(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        name = words.name_of(func)
        if self._layer is not None:
            self._add_flops(self._layer, flops(name, args, kwargs, result))
            return
        tensors: list[torch.Tensor] = []
        collect(result, tensors)
        if name in words.DECIDING and args:
            self._decided(args[0])
        changed = None
        if not tensors:
            if func is not torch.Tensor.__setitem__:
                return
            changed = args[0]
            tensors = [changed]
        elif len(tensors) == 1 and (any(a is tensors[0] for a in args) or kwargs.get("out") is tensors[0]):
            # The same tensor comes back: nothing was computed, unless it was changed.
            if not words.in_place(func, args, kwargs) or name in words.SILENT:
                return
            changed = tensors[0]
        op = Op(self.scope, "function", name)
        op.ins = self.links(args, {k: v for k, v in kwargs.items() if k != "out"} if kwargs else None)
        op.detail = words.detail_of(args, kwargs)
        op.flops = flops(name, args, kwargs, result)
        self._place(op)
        self.add(op)
        if changed is not None and changed._is_view() and changed._base is not None:
            tensors.append(changed._base)  # what it is a view of has changed as well
        self.bind(op, tensors)

    @staticmethod
    def _place(op: Op) -> None:
        # This, its caller, the shield and the mode are ours.
        found = caller(sys._getframe(4))
        if found is not None:
            op.code, op.line = found

    def _decided(self, tensor: Any) -> None:
        known = self.known(tensor) if isinstance(tensor, torch.Tensor) else None
        if known is not None and known[0].kind not in ("parameter", "constant"):
            self.notes[BRANCH] = None

    def _spare(self, args: Any, kwargs: Any) -> None:
        assert self.before_change is not None
        for tensor in (args[0] if args else None, kwargs.get("out")):
            if isinstance(tensor, torch.Tensor):
                self.before_change(tensor)

    def _function_raised(self, func: Any, args: Any, kwargs: Any, error: Exception) -> None:
        if self._layer is not None:
            return
        op = Op(self.scope, "function", words.name_of(func))
        op.ins, op.detail = self.links(args, kwargs), words.detail_of(args, kwargs)
        self._place(op)
        op.gone = True  # unless the pass ends with it
        self.add(op)
        self._fail(op, error)

    def _fail(self, op: Op, error: BaseException) -> None:
        if self._failed is not None:
            self._failed[1].error = None  # that one was caught
        op.error = first_line(error)
        # The error itself would hold on to every frame that it passed.
        self._failed = (id(error), op)

    def failed_with(self, error: BaseException) -> None:
        """Say that the pass ended with an error: where it came from is marked."""
        if self._failed is None or self._failed[0] != id(error):
            self._fail(Op(self.scope, "function", "raise", type(error).__name__), error)
            assert self._failed is not None
            self.add(self._failed[1])
        self._failed[1].gone = False

    def ended(self) -> None:
        """Say that the pass ended without an error."""
        if self._failed is not None:
            self._failed[1].error = None

    @staticmethod
    def _add_flops(op: Op, count: int | None) -> None:
        if count is not None:
            op.flops = (op.flops or 0) + count

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
