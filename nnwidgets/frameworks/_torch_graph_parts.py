"""What was seen of a forward pass, as plain records: calls of modules, and the operations within them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import torch

from nnwidgets._graph_builder import GraphBuilder
from nnwidgets._i18n import t
from nnwidgets.frameworks._torch_graph_sources import Place, Sources
from nnwidgets.graph import Array, Kind, Parameter

#: Words of a module's settings at most.
_DETAIL: Final = 200

_dtypes: dict[torch.dtype, str] = {}


class Scope:
    """One call of a module that has parts, or the pass of a function."""

    __slots__ = (
        "call",
        "gone",
        "key",
        "members",
        "module",
        "name",
        "own",
        "parameters",
        "parent",
        "path",
        "type",
    )

    def __init__(
        self,
        parent: Scope | None,
        type: str,
        path: str = "",
        call: int = 1,
        module: torch.nn.Module | None = None,
    ) -> None:
        self.parent, self.type, self.path, self.call, self.module = parent, type, path, call, module
        self.name: str | None = None
        self.key: str | None = None
        self.members: list[Scope | Op] = []
        #: Nodes of the parameters that are used directly in it.
        self.parameters: dict[int, Op] = {}
        #: Whether a person wrote this module, so that it may be one operation with a name.
        self.own = True
        self.gone = False

    def fold(self) -> None:
        """Become a node, if nothing but one operation was seen within."""
        found = [part for part in self.members if not part.gone]
        steps = [
            part for part in found if not (isinstance(part, Op) and part.kind in ("parameter", "constant"))
        ]
        if len(steps) != 1 or self.parent is None or self.module is None or not self.own:
            return
        only = steps[0]
        if not isinstance(only, Op) or only.kind != "function":
            return
        only.kind, only.op, only.path, only.call = "module", self.type, self.path or None, self.call
        only.module, only.detail, only.parent, only.name = self.module, "", self.parent, self.name
        only.ins = [link for link in only.ins if link[0] not in found]
        for part in found:
            part.gone = part is not only
        self.gone = True
        if self.parent.members[-1] is self:
            self.parent.members[-1] = only


class Op:
    """One operation: what it was given, and what came out."""

    __slots__ = (
        "call", "code", "detail", "error", "flops", "gone", "grads", "ins", "key", "kind", "line", "module", "name",
        "op", "outs", "parameters", "parent", "path",
    )  # fmt: skip

    def __init__(self, parent: Scope | None, kind: Kind, op: str, name: str | None = None) -> None:
        self.parent, self.kind, self.op, self.name = parent, kind, op, name
        self.path: str | None = None
        self.call = 1
        self.module: torch.nn.Module | None = None
        self.detail = ""
        self.ins: list[tuple[Op, int]] = []
        self.outs: list[Array] = []
        self.parameters: tuple[Parameter, ...] = ()
        self.flops: int | None = None
        self.code: Any = None
        self.line = 0
        self.error: str | None = None
        self.gone = False
        self.grads: list[Any] = []
        self.key: str | None = None


def is_layer(module: torch.nn.Module) -> bool:
    """Whether a module is shown as one operation: a layer of torch's own without parts, and a few with parts."""
    home = type(module).__module__
    if home.startswith(("torch.nn.", "torch.ao.nn.")) and not home.endswith(".parametrize"):
        return not module._modules or type(module) is torch.nn.MultiheadAttention
    # What nobody can look into, and what computes a metric rather than the model.
    return isinstance(module, torch.jit.ScriptModule) or home.startswith("torchmetrics.")


def array_of(tensor: torch.Tensor) -> Array:
    """Return shape and dtype; a dimension that has no fixed length is None."""
    dtype = _dtypes.get(tensor.dtype)
    if dtype is None:
        dtype = _dtypes[tensor.dtype] = str(tensor.dtype).removeprefix("torch.")
    try:
        return Array(tuple([int(length) for length in tensor.shape]), dtype)
    except Exception:  # noqa: BLE001 — a nested tensor has no shape in numbers
        return Array((None,) * tensor.dim(), dtype)


class Writer:
    """Writes what was seen into a graph.

    Parameters
    ----------
    builder
        Takes it.
    sources
        Knows where modules were made.
    """

    def __init__(self, builder: GraphBuilder, sources: Sources) -> None:
        self._builder, self._sources = builder, sources
        #: Which module a parameter was counted with.
        self._owners: dict[int, torch.nn.Module] = {}
        #: What is told of a module, however often it is called.
        self._known: dict[torch.nn.Module, tuple[tuple[Parameter, ...], str]] = {}

    def write(self, parts: Iterable[Scope | Op]) -> None:
        """Take all parts, in order; a scope stands before its members."""
        ops = []
        for part in parts:
            if part.gone:
                continue
            if isinstance(part, Scope):
                self._scope(part)
            else:
                self._op(part)
                ops.append(part)
        for op in ops:
            for number, (source, out) in enumerate(op.ins):
                self._builder.edge(source.key, out, op.key, number)

    def _scope(self, scope: Scope) -> None:
        parent = None if scope.parent is None else scope.parent.key
        scope.key = self._builder.group(
            parent, type=scope.type, path=scope.path, name=scope.name, call=scope.call,
            source=self._sources.of_module(scope.path) if scope.module is not None else None,
        )  # fmt: skip

    def _op(self, op: Op) -> None:
        parameters, detail = op.parameters, op.detail
        source = None
        if op.module is not None:
            known = self._known.get(op.module)
            if known is None:
                known = self._known[op.module] = (self._parameters(op.module), settings(op.module))
            parameters, detail = known
            source = self._sources.of_module(op.path)
        if source is None and op.code is not None:
            source = self._sources.words(Place(op.code.co_filename, op.line))
        op.key = self._builder.node(
            None if op.parent is None else op.parent.key,
            op=op.op, kind=op.kind, name=op.name, path=op.path, call=op.call, detail=detail,
            outputs=op.outs, parameters=parameters, flops=op.flops, source=source,
        )  # fmt: skip
        if op.error is not None:
            self._builder.fail(op.key, op.error)

    def _parameters(self, module: torch.nn.Module) -> tuple[Parameter, ...]:
        found = []
        for name, parameter in module.named_parameters():
            owner = self._owners.setdefault(id(parameter), module)
            if owner is not module:
                self._builder.note(
                    t("Parameters that several layers share are counted with the first of them.")
                )
                continue
            found.append(Parameter(name, _shape(parameter), parameter.requires_grad))
        return tuple(found)


def settings(module: torch.nn.Module) -> str:
    """Return a module's settings in one line, as its ``repr`` tells them."""
    try:
        words = " ".join(str(module.extra_repr()).split())
    except Exception:  # noqa: BLE001 — a person's method, asked at a moment for which it may not be made
        return ""
    return words if len(words) <= _DETAIL else f"{words[: _DETAIL - 2]} …"


def first_line(error: BaseException) -> str:
    """Return what an error says, in a line."""
    said = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _shape(parameter: torch.nn.Parameter) -> tuple[int, ...]:
    if isinstance(parameter, torch.nn.parameter.UninitializedParameter):
        return ()
    return tuple([int(length) for length in parameter.shape])


Fault = Callable[[Exception], object]
