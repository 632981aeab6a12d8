"""Watches one forward pass: which modules and functions are called, and which tensor goes where."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from nnwidgets._i18n import later, now
from nnwidgets.frameworks import _torch_graph_words as words
from nnwidgets.frameworks._torch_graph_calls import pop, push
from nnwidgets.frameworks._torch_graph_flops import flops
from nnwidgets.frameworks._torch_graph_ledger import Ledger
from nnwidgets.frameworks._torch_graph_parts import Fault, Op, Scope, is_layer
from nnwidgets.frameworks._torch_graph_sources import caller, is_within
from nnwidgets.frameworks._torch_graph_values import Names, collect
from nnwidgets.graph import MAX_NODES

BRANCH: Final = later(
    "One branch of a data-dependent `if` was taken, or a value was read; another batch may take another way."
)
FAST: Final = later(
    "Some layers in evaluation mode are computed by torch in one operation; their inside is not shown."
)
#: Whose forward in evaluation mode is another one, where nobody watches.
_FAST: Final = (nn.TransformerEncoder, nn.TransformerEncoderLayer, nn.MultiheadAttention)


class Recorder(Ledger, TorchFunctionMode):
    """Records what its thread computes while it is open.

    Whatever goes wrong here ends the recording but not the pass.

    Parameters
    ----------
    names, fault, limit, gradients
        See `Ledger`.
    """

    def __init__(
        self, names: Names, fault: Fault, *, limit: int = MAX_NODES, gradients: bool = False
    ) -> None:
        super().__init__(names, fault, limit=limit, gradients=gradients)
        #: Is given each tensor that an operation is going to change in place.
        self.before_change: Callable[[torch.Tensor], object] | None = None
        #: Whether it is a person's own pass, in which nothing may be computed otherwise than without us.
        self.own = False
        #: Folders of code whose operations are not written down.
        self.unseen: tuple[str, ...] = ()
        self._modules: list[nn.Module] = []
        #: The call of a layer that goes on, whose inside is not shown.
        self._layer: Op | None = None

    # Modules.

    def wants(self, module: nn.Module) -> bool:
        """See `Taker.wants`."""
        return True

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
        aside = self.own and isinstance(module, _FAST) and not module.training
        try:
            result = (
                self._aside(original, module, args, kwargs) if aside else original(module, *args, **kwargs)
            )
        except BaseException as error:
            self.shielded(self._raised, part, error)
            self._back_to(outer)
            raise
        self.shielded(self._leave, part, result)
        self._back_to(outer)
        return result

    def _enter(self, module: nn.Module, args: Any, kwargs: Any) -> Op | Scope | None:
        path, layer = self.names.modules.get(id(module)), is_layer(module)
        if self.own and isinstance(module, _FAST) and not module.training:
            layer = True
            self.notes[now(FAST)] = None
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

    def _aside(self, original: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        place = pop(self)
        try:
            return original(module, *args, **kwargs)
        finally:
            push(self, place)

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
            self.fail(part, error)
        elif isinstance(error, Exception) and part is not None:  # the person's own code raised
            op = Op(self.scope, "function", "raise", type(error).__name__)
            self.add(op)
            self.fail(op, error)

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
        self.shielded(self._after, func, args, kwargs, result)
        return result

    def _after(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        name = words.name_of(func)
        if self._layer is not None:
            self._add_flops(self._layer, flops(name, args, kwargs, result))
            return
        if self.unseen and is_within(sys._getframe(3), self.unseen):
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
            self.notes[now(BRANCH)] = None

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
        self.fail(op, error)

    @staticmethod
    def _add_flops(op: Op, count: int | None) -> None:
        if count is not None:
            op.flops = (op.flops or 0) + count
