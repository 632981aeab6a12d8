"""Takes the graph from a person's own next forward pass in training; what is computed is computed once, by them."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import nn

from nnwidgets._i18n import later, now
from nnwidgets.frameworks import _torch_graph_calls as calls
from nnwidgets.frameworks._torch_compiled import inner
from nnwidgets.frameworks._torch_graph_joined import Joined
from nnwidgets.frameworks._torch_graph_parts import Fault, Scope
from nnwidgets.frameworks._torch_graph_pass import Pass
from nnwidgets.frameworks._torch_graph_shadow import Shadow, is_compiled_inside
from nnwidgets.frameworks._torch_graph_sources import homes_of
from nnwidgets.frameworks._torch_graph_values import Names
from nnwidgets.graph import Graph

#: What these compute with a step's values belongs to no model.
_TRAINERS: Final = ("lightning", "pytorch_lightning", "lightning_fabric", "torchmetrics")
Arrived = Callable[[Graph], object]
COMPILED: Final = later(
    "The model is compiled, so the code that was compiled was traced once, with the inputs of a training step and in a "
    "pass that changes nothing."
)


class Deliverer:
    """Hands a graph over; whatever goes wrong in that, or anywhere in our part, never reaches the training.

    Parameters
    ----------
    arrived
        Takes the graph.
    failed
        Is told what went wrong here; by default it is logged.
    """

    def __init__(self, arrived: Arrived, failed: Fault | None) -> None:
        self._arrived = arrived
        self.fault: Fault = failed or _log

    def shielded(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function of ours, seen by no mode of torch's; return None where it fails."""
        with torch._C.DisableTorchFunction():
            return self.guarded(function, *args)

    def guarded(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function of ours that computes; return None where it fails."""
        try:
            return function(*args)
        except Exception as error:  # noqa: BLE001 — whatever it is, it must not reach the training
            try:
                self.fault(error)
            except Exception as again:  # noqa: BLE001 — not even what reports it
                _log(again)
            return None

    def deliver(self, done: Pass, note: str | None = None) -> None:
        """Hand over what was seen, if that is all of it."""
        if done.recorder.off:
            return
        if note is not None:
            done.recorder.notes[note] = None
        self._arrived(done.graph())

    def own_pass(self, done: Pass | None, function: Callable[..., Any], compute: Callable[[], Any]) -> Any:
        """Compute what a person asked for, and hand over its graph."""
        if done is None:
            return function()
        done.recorder.own = True
        try:
            result = done.run(compute)
        except Exception:
            self.shielded(self.deliver, done)
            raise
        self.shielded(self._returned, done, result)
        return result

    def _returned(self, done: Pass, result: Any) -> None:
        done.returns(result)
        self.deliver(done)


class Watch(Deliverer):
    """Waits for a model to be called in training mode.

    Parameters
    ----------
    model
        The model; its parts are watched as well, for loops that call those alone.
    arrived, failed
        See `Deliverer`.
    """

    def __init__(self, model: nn.Module, arrived: Arrived, failed: Fault | None = None) -> None:
        super().__init__(arrived, failed)
        self.thread = threading.get_ident()
        self._model = inner(model)
        self._members = {id(module): module for module in (model, *self._model.modules())}
        self._inside = 0
        self._joined: Joined | None = None

    def begin(self) -> None:
        """Wait from now on."""
        calls.begin(self)

    def end(self) -> None:
        """Wait no more; what was seen of parts by then is the graph."""
        calls.end(self)
        joined, self._joined = self._joined, None
        if joined is not None:
            self.shielded(lambda: self.deliver(joined.finished()))

    def wants(self, module: nn.Module) -> bool:
        """See `Taker.wants`."""
        return not self._inside and id(inner(module)) in self._members

    def call(self, original: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        """See `Taker.call`."""
        whole = inner(module)
        if not self.shielded(self._is_meant, whole):
            return self._through(original, module, args, kwargs)
        if whole is self._model:
            calls.end(self)
            self._joined = None
            return self._whole(original, module, args, kwargs)
        return self._part(original, module, args, kwargs)

    @staticmethod
    def _is_meant(module: nn.Module) -> bool:
        if not module.training or not torch.is_grad_enabled():
            return False
        # Others who look at what is computed would see us.
        jit: Any = torch.jit
        fx: Any = sys.modules.get("torch.fx._symbolic_trace")
        return not (jit.is_tracing() or getattr(fx, "_is_fx_tracing_flag", False))

    def _through(self, original: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        # What a model calls within is no part that a person calls.
        self._inside += 1
        try:
            return original(module, *args, **kwargs)
        finally:
            self._inside -= 1

    def _whole(self, original: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        if self.shielded(is_compiled_inside, module) is not False:
            self.guarded(self._shadowed, args, kwargs)
            return original(module, *args, **kwargs)
        done = self.shielded(self._begun, args, kwargs)
        return self.own_pass(
            done,
            lambda: original(module, *args, **kwargs),
            lambda: done.recorder.call(original, module, args, kwargs),
        )

    def _begun(self, args: Any, kwargs: Any) -> Pass:
        model = self._model
        done = Pass(Names({"": model}), Scope(None, type(model).__name__, module=model), self.fault)
        done.takes(model.forward, args, kwargs)
        return done

    def _shadowed(self, args: Any, kwargs: Any) -> None:
        model = self._model
        shadow = Shadow(Names({"": model}), Scope(None, type(model).__name__, module=model), self.fault)
        shadow.run(model, model.forward, args, kwargs)
        self.deliver(shadow.done, now(COMPILED))

    def _part(self, original: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        joined = self._joined
        if joined is not None and self.shielded(joined.is_over, module, args, kwargs):
            self.end()
            return original(module, *args, **kwargs)
        if joined is None:
            joined = self._joined = self.shielded(Joined, self._model, self.fault)
        if joined is None or self.shielded(joined.begin, module, args, kwargs) is not True:
            calls.end(self)
            self._joined = None
            return original(module, *args, **kwargs)
        if self.shielded(is_compiled_inside, module) is not False:
            return self._compiled_part(joined, original, module, args, kwargs)
        recorder = joined.done.recorder

        def recorded(one: nn.Module, /, *given: Any, **named: Any) -> Any:
            return recorder.call(original, one, given, named)

        result = joined.done.run(lambda: self._through(recorded, module, args, kwargs))
        self.shielded(joined.returned, module, result)
        return result

    def _compiled_part(self, joined: Joined, original: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        links = self.guarded(joined.shadowed, inner(module), args, kwargs)
        result = self._through(original, module, args, kwargs)
        self.shielded(joined.returned, module, result, links)
        return result


class StepWatch(Deliverer):
    """Waits for a method of a module to be called in training mode, such as Lightning's ``training_step``.

    Stands in the module's own attributes meanwhile; in a copy or a pickle of the module is the plain method.
    """

    def __init__(self, module: nn.Module, method: str, arrived: Arrived, failed: Fault | None = None) -> None:
        super().__init__(arrived, failed)
        self._module, self._method = module, method
        self._had = method in module.__dict__
        self._before: Callable[..., Any] = getattr(module, method)
        self.__name__ = method
        self.__wrapped__ = self._before
        self.__code__ = getattr(self._before, "__code__", None)

    def begin(self) -> None:
        """Wait from now on."""
        self._module.__dict__[self._method] = self

    def end(self) -> None:
        """Wait no more."""
        own = self._module.__dict__
        if own.get(self._method) is self:
            if self._had:
                own[self._method] = self._before
            else:
                del own[self._method]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        function = self._before
        if not (self._module.training and torch.is_grad_enabled()):
            return function(*args, **kwargs)
        self.end()
        done = self.shielded(self._begun, args, kwargs)
        return self.own_pass(done, lambda: function(*args, **kwargs), lambda: function(*args, **kwargs))

    def __reduce__(self) -> Any:
        return getattr, (self._module, self._method)

    def _begun(self, args: Any, kwargs: Any) -> Pass:
        module = self._module
        done = Pass(Names({"": module}), Scope(None, type(module).__name__, module=module), self.fault)
        done.recorder.unseen = homes_of(_TRAINERS)
        done.takes(self._before, args, kwargs)
        return done


def _log(error: Exception) -> None:
    logging.getLogger("nnwidgets").warning("The graph could not be taken: %r", error)
