"""Measures one training step of a PyTorch model: what comes out of its layers, gradients and updates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import get_ident
from time import perf_counter
from typing import Any, Final

import torch
from torch import nn

from nnwidgets._i18n import later, now
from nnwidgets.frameworks import _torch_graph_calls as module_calls
from nnwidgets.frameworks._torch_aside import aside
from nnwidgets.frameworks._torch_compiled import anything_is_compiled, is_compiled
from nnwidgets.frameworks._torch_numbers import ELEMENTS, dead_share, first_measurable, sampled, widened
from nnwidgets.frameworks._torch_places import Place, Places
from nnwidgets.frameworks._torch_reading import Numbers, Reading, capturing
from nnwidgets.frameworks._torch_updates import Updates

#: Calls of one module in a step that are measured; a cell in a loop over time may be called a thousand times.
_CALLS: Final = 16

_COMPILED: Final = later(
    "torch.compile is in use, and a look at activations would have it compile anew: only gradients, updates and "
    "weights are measured."
)
_MANY: Final = later("The model has more layers or parameters than are measured; the first ones are.")


class TorchSampler:
    """See `nnwidgets._sampling.Sampler`.

    Activations are seen where modules are called, in the sampled step only; there is nothing in a module, so copies and
    files of the model know nothing of it, and no hook, for which torch would compile anew what calls the model.
    Gradients and updates are seen from the hooks around the optimizer's step: gradients are as the optimizer gets them,
    after clipping, and still scaled where a GradScaler scales them and the loop does not unscale them.

    Parameters
    ----------
    model
        The module that is trained.
    optimizers
        What trains it; parameters of none of them are looked at when the step is over.
    """

    def __init__(self, model: nn.Module, optimizers: Iterable[torch.optim.Optimizer] = ()) -> None:
        self.notes: list[str] = []
        self.spent = 0.0
        self._model = model
        self._optimizers = list(optimizers)
        self._places: Places | None = None
        self._numbers = Numbers()
        self._updates = Updates(self._numbers, [])
        self.thread = 0
        self._axis = -1
        self._calls: dict[int, int] = {}
        self._stepped = False
        self._fault: Exception | None = None
        #: Whether anything is compiled in this process, and whether it is the model.
        self._anything = self._compiled = False
        #: What is registered: one object each, by which it is found again.
        self._hooks_of: dict[int, tuple[Callable[..., None], Callable[..., None]]] = {}

    def begin(self) -> None:
        self.close()
        places = Places(self._model)
        if self._places is None or not places.same_as(self._places):
            self._places = places
            if places.left_out:
                self._note(now(_MANY))
        self.spent, self._fault, self._stepped = 0.0, None, False
        self.thread, self._axis, self._calls = get_ident(), -1, {}
        self._numbers = Numbers()
        plain = not self._is_compiled()
        # The step of an optimizer may be compiled, alone or within a larger one, and would be for each new hook.
        hooked = [one for one in self._optimizers if not self._anything and _takes_hooks(one)]
        theirs = {id(p) for one in hooked for group in one.param_groups for p in group["params"]}
        parameters = self._places.parameters
        # Those of no optimizer are looked at before and after the step.
        self._updates = Updates(self._numbers, [(p, place) for p, place in parameters if id(p) not in theirs])
        with aside():
            self._updates.remember()
        for optimizer in hooked:
            own = {id(p) for group in optimizer.param_groups for p in group["params"]}
            self._hook(optimizer, Updates(self._numbers, [one for one in parameters if id(one[0]) in own]))
        if plain:
            module_calls.begin(self)

    def end(self) -> Reading | None:
        self._unhook()
        if self._fault is not None:
            raise self._fault
        assert self._places is not None
        if self._anything and not self._calls:
            self._note(now(_COMPILED))
        if capturing():
            return None
        with aside():
            self._updates.gradients()
            self._updates.after()
            return self._numbers.reading(self._places.layout)

    def close(self) -> None:
        self._unhook()
        self._numbers = Numbers()
        self._updates = Updates(self._numbers, [])

    def _hook(self, optimizer: torch.optim.Optimizer, updates: Updates) -> None:
        fired: list[bool] = []
        closes: list[bool] = []

        def before(_: Any, args: Any = (), kwargs: Any = None) -> None:
            if fired or torch.compiler.is_compiling():  # a loop that logs every tenth step makes ten of them
                return
            # A closure makes the gradients within the step, as Lightning's does; they are there when it is over.
            closure = any(callable(one) for one in (*args, *(kwargs or {}).values()))
            closes[:] = [True] if closure else []
            self._shielded(updates.remember if closure else updates.before)

        def after(*_: Any) -> None:
            if fired or torch.compiler.is_compiling():
                return
            fired.append(True)
            self._stepped = True
            if closes:
                self._shielded(updates.gradients)
            self._shielded(updates.after)

        self._hooks_of[id(optimizer)] = before, after
        optimizer.register_step_pre_hook(before)
        optimizer.register_step_post_hook(after)

    def _unhook(self) -> None:
        """Remove what is registered, by what it is: whoever was interrupted may not have noted it."""
        module_calls.end(self)
        for optimizer in self._optimizers if self._hooks_of else ():
            before, after = self._hooks_of.get(id(optimizer), (None, None))
            _remove(getattr(optimizer, "_optimizer_step_pre_hooks", {}), before)
            _remove(getattr(optimizer, "_optimizer_step_post_hooks", {}), after)
        self._hooks_of = {}

    def wants(self, module: nn.Module) -> bool:
        """See `nnwidgets.frameworks._torch_graph_calls.Taker`."""
        return self._places is not None and id(module) in self._places.of

    def call(self, original: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        """See `nnwidgets.frameworks._torch_graph_calls.Taker`."""
        output = original(module, *args, **kwargs)
        # In what torch writes down for a traced program must be nothing of ours.
        if torch.is_grad_enabled() and not _is_tracing() and self._places is not None:
            place = self._places.of.get(id(module))
            if place is not None:
                self._shielded(self._returned, place, output)
        return output

    def _returned(self, place: Place, output: Any) -> None:
        calls = self._calls.get(place.first, 0)
        # After the optimizer's step this is the pass of another step; only a loop that logs first has no other.
        if calls >= _CALLS or (self._stepped and calls):
            return
        self._calls[place.first] = calls + 1
        self._measure(place, output)

    def _measure(self, place: Place, output: Any) -> None:
        tensor = first_measurable(output)
        if place.axis is not None:
            self._axis = place.axis
        if tensor is None or (tensor.is_cuda and capturing()):
            return
        some = widened(sampled(tensor, ELEMENTS))
        variance, mean = torch.var_mean(some, correction=0)
        add, first = self._numbers.add, place.first
        add(first, mean)
        add(first + 1, variance)
        add(first + 2, (some == 0).to(some.dtype).mean())
        if place.rectifies and tensor.ndim > 1:
            dead = dead_share(tensor, 1 if tensor.ndim == 2 else self._axis)
            if dead is not None:
                add(first + 3, dead)

    def _shielded(self, work: Callable[..., None], *args: Any) -> None:
        """Do a part of the work within the step: count its time, and keep a fault of ours from the training."""
        began = perf_counter()
        try:
            # Unseen by who watches what torch computes, for example to draw the graph.
            if self._fault is None:
                with aside():
                    work(*args)
        except Exception as error:  # noqa: BLE001 — told when the step is over
            self._fault = error
        finally:
            self.spent += perf_counter() - began

    def _is_compiled(self) -> bool:
        """Whether the model is compiled, so that its layers are not called."""
        assert self._places is not None
        if not self._anything and anything_is_compiled():  # to look takes some ten milliseconds
            self._anything, self._compiled = True, self._compiled or is_compiled(self._model)
        if self._compiled or self._places.compiled:
            self._note(now(_COMPILED))
            return True
        return False

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def _is_tracing() -> bool:
    jit: Any = torch.jit  # not all of it has types
    return bool(jit.is_tracing())


def _takes_hooks(optimizer: Any) -> bool:
    return hasattr(optimizer, "_optimizer_step_pre_hooks") and hasattr(
        optimizer, "_optimizer_step_post_hooks"
    )


def _remove(hooks: Any, hook: Any) -> None:
    for key in [key for key, one in hooks.items() if one is hook]:
        del hooks[key]
