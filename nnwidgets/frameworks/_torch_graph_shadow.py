"""A pass of our own through a model, of which nothing stays but its graph."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from nnwidgets.frameworks._torch_graph_parts import Fault, Op, Scope
from nnwidgets.frameworks._torch_graph_pass import Pass
from nnwidgets.frameworks._torch_graph_unchanged import Spared, not_compiled, unchanged
from nnwidgets.frameworks._torch_graph_values import Names


class Shadow:
    """One pass that changes nothing.

    Parameters
    ----------
    names
        What the modules and tensors are called.
    done
        What the pass is written into; or the scope in which all of it lies.
    fault
        Is told what goes wrong in our part.
    gradients
        Whether the way back is to be known.
    """

    def __init__(self, names: Names, done: Pass | Scope, fault: Fault, *, gradients: bool = False) -> None:
        self._names = names
        self._spared = Spared()
        if isinstance(done, Scope):
            done = Pass(names, done, fault, gradients=gradients)
        self.done = done
        self.outputs: list[torch.Tensor] = []

    def run(
        self,
        model: Callable[..., Any],
        signature: Callable[..., Any],
        args: Any,
        kwargs: Any,
        *,
        grad: bool = False,
    ) -> Exception | None:
        """Make the pass, its inputs and outputs included; return what the model raised, if the graph shows it."""

        def compute() -> None:
            self.done.takes(signature, args, kwargs)
            self.outputs = self.done.returns(self.done.run(lambda: model(*args, **kwargs)))

        return self._made(compute, grad=grad)

    def run_part(self, module: nn.Module, args: Any, kwargs: Any) -> list[tuple[Op, int]]:
        """Make the pass of one part, whose inputs are known; return where its results came from."""
        links: list[tuple[Op, int]] = []

        def compute() -> None:
            result = self.done.run(lambda: module(*args, **kwargs))
            links.extend(self.done.recorder.links(result))

        self._made(compute, grad=False)
        return links

    def _made(self, compute: Callable[[], None], *, grad: bool) -> Exception | None:
        recorder = self.done.recorder
        with unchanged(self._names.roots.values()), not_compiled(), torch.set_grad_enabled(grad):
            recorder.before_change = self._before_change
            try:
                self._names.look()  # the buffers are copies meanwhile
                compute()
            except Exception as error:
                if not any(isinstance(part, Op) and part.error for part in recorder.parts):
                    raise
                return error
            finally:
                recorder.before_change = None
                self._spared.restore()
        self._names.look()
        return None

    def _before_change(self, tensor: torch.Tensor) -> None:
        base = tensor._base if tensor._is_view() and tensor._base is not None else tensor
        known = self.done.recorder.known(base)
        if known is None or known[0].kind in ("input", "parameter", "constant"):
            self._spared.keep(base)


def is_compiled_inside(module: nn.Module) -> bool:
    """Whether something that a module calls is compiled: it would be compiled anew, were it called under our eyes."""
    modules = list(module.modules())
    if any(one._compiled_call_impl is not None or "_orig_mod" in one._modules for one in modules):
        return True
    dynamo: Any = sys.modules.get("torch._dynamo")
    backends = getattr(getattr(dynamo, "eval_frame", None), "cached_backends", None) or {}
    if all(backend is None for backend in backends.values()):  # nothing was ever compiled in this process
        return False
    if any(_is_compiled(value) for one in modules for value in vars(one).values()):
        return True
    homes = {type(one).__module__ for one in modules}
    near = {getattr(value, "__module__", None) for home in homes for value in _names_of(home)}
    return any(_is_compiled(value) for home in homes | near for value in _names_of(home))


def _names_of(home: Any) -> list[Any]:
    """Return what the names in a person's module of Python stand for."""
    if not isinstance(home, str) or home.partition(".")[0] in ("torch", "builtins", "typing"):
        return []
    return list(vars(sys.modules[home]).values()) if home in sys.modules else []


def _is_compiled(value: Any) -> bool:
    return isinstance(value, types.FunctionType) and "_torchdynamo_orig_callable" in vars(value)
