"""Parts of a model that are called one by one, as those of a GAN are, joined into one graph."""

from __future__ import annotations

import re
import weakref
from typing import Any, Final

import torch
from torch import nn

from nnwidgets._i18n import later, now, t
from nnwidgets.frameworks._torch_compiled import inner
from nnwidgets.frameworks._torch_graph_backward import arrays_before, step_name
from nnwidgets.frameworks._torch_graph_parts import Fault, Op, Scope
from nnwidgets.frameworks._torch_graph_pass import Pass
from nnwidgets.frameworks._torch_graph_shadow import Shadow
from nnwidgets.frameworks._torch_graph_values import Names, named

PARTS: Final = later(
    "The model was not called as a whole: its parts are joined as they were called in one training step."
)
#: Under this word a step of torch's own graph remembers which operation it belongs to.
_TAG: Final = "nnwidgets"
#: Operations between two parts at most, and calls of parts.
_BETWEEN, _CALLS = 500, 200
#: Parameters by which it is seen whether a part was trained.
_LOOKED_AT: Final = 4

Link = tuple[Op, int]


class Joined:
    """Follows the parts of a model through one training step.

    What a person's code computes between two of them is not watched; it is read off torch's own graph.

    Parameters
    ----------
    model
        The model that they are parts of.
    fault
        Is told what goes wrong in here.
    """

    def __init__(self, model: nn.Module, fault: Fault) -> None:
        self._fault = fault
        self._root = Scope(None, type(model).__name__, module=model)
        self.done = Pass(Names({"": model}), self._root, fault)
        self.done.recorder.notes[now(PARTS)] = None
        self.done.recorder.own = True
        self._links: list[Link] = []
        self._results: list[tuple[weakref.ref[torch.Tensor], Link, str]] = []
        self._ends: dict[Link, str] = {}
        self._first: dict[int, tuple[nn.Module, Any]] = {}
        self._calls = 0

    def is_over(self, module: nn.Module, args: Any, kwargs: Any) -> bool:
        """Whether the training step in which the parts were called is over when this one is called now.

        So it is where a part is given new data again, having been trained meanwhile.
        """
        first = self._first.get(id(module))
        if self._calls >= _CALLS:
            return True
        if first is None or first[1] == _state(module):
            return False
        return not any(self._link(tensor) for tensor in _tensors(args, kwargs))

    def begin(self, module: nn.Module, args: Any, kwargs: Any) -> bool:
        """Say that a part is called."""
        recorder = self.done.recorder
        if recorder.off:
            return False
        self._calls += 1
        if self._root not in recorder.parts:
            recorder.open(self._root)
        recorder.scope = self._root
        fresh = True
        for tensor in _tensors(args, kwargs):
            link = self._link(tensor)
            if link is not None:
                fresh = False
        self.done.takes(module.forward, args, kwargs, known=True)
        if fresh:
            self._first.setdefault(id(module), (module, _state(module)))
        return True

    def shadowed(self, module: nn.Module, args: Any, kwargs: Any) -> list[Link]:
        """Trace a compiled part by a pass of our own; return where its results came from."""
        return Shadow(self.done.recorder.names, self.done, self._fault).run_part(module, args, kwargs)

    def returned(self, module: nn.Module, result: Any, links: list[Link] | None = None) -> None:
        """Say what a part returned."""
        recorder = self.done.recorder
        path = recorder.names.modules.get(id(inner(module)), "")
        for number, (word, tensor) in enumerate(named(result, t("output of {path}", path=path))):
            if links is not None and number < len(links):
                recorder.stand_for(tensor, links[number])
            link = recorder.known(tensor)
            if link is None:
                continue
            self._results.append((weakref.ref(tensor), link, word))
            self._ends[link] = word
            if tensor.grad_fn is not None:
                self._tag(tensor.grad_fn, tensor.output_nr, link)

    def finished(self) -> Pass:
        """Return everything; what no other part took is an output."""
        recorder = self.done.recorder
        used = {link for part in recorder.parts if isinstance(part, Op) for link in part.ins}
        for link, word in self._ends.items():
            if link not in used:
                op = Op(None, "output", "output", word)
                op.ins, op.outs = [link], [link[0].outs[link[1]]]
                recorder.add(op)
        return self.done

    def _link(self, tensor: torch.Tensor) -> Link | None:
        """Return where a tensor comes from that a part returned, or that was computed from what parts returned."""
        recorder = self.done.recorder
        link = recorder.known(tensor)
        if link is None:
            link = self._detached(tensor) if tensor.grad_fn is None else self._walk(tensor)
            if link is not None:
                recorder.stand_for(tensor, link)
        return link

    def _detached(self, tensor: torch.Tensor) -> Link | None:
        for made, link, _ in self._results:
            before = made()
            if before is not None and _same_memory(before, tensor):
                op = Op(self._root, "function", "detach")
                op.ins, op.outs = [link], [link[0].outs[link[1]]]
                self.done.recorder.add(op)
                return op, 0
        return None

    def _tag(self, step: Any, number: int, link: Link) -> None:
        # It goes when torch's graph goes, and keeps nothing alive.
        if step.metadata.get(_TAG, (0,))[0] != id(self):
            step.metadata[_TAG] = (id(self), {})
        step.metadata[_TAG][1][number] = len(self._links)
        self._links.append(link)

    def _tagged(self, step: Any, number: int) -> Link | None:
        owner, numbers = step.metadata.get(_TAG, (0, {}))
        found = numbers.get(number) if owner == id(self) else None
        return None if found is None else self._links[found]

    def _walk(self, tensor: torch.Tensor) -> Link | None:
        """Write down what was computed from results of parts up to a tensor; None where none of them leads there."""
        order: dict[Any, None] = {}
        waiting: list[tuple[Any, int]] = [(tensor.grad_fn, tensor.output_nr)]
        reached = False
        while waiting:
            step, number = waiting.pop()
            if self._tagged(step, number) is not None:
                reached = True
            elif step not in order:
                order[step] = None
                if len(order) > _BETWEEN:
                    return None
                waiting += [(one, out) for one, out in step.next_functions if one is not None]
        if not reached:
            return None
        # As they were computed, but parameters before everything.
        for step in sorted(order, key=lambda step: (not hasattr(step, "variable"), step._sequence_nr())):
            self._between(step)
        return self._tagged(tensor.grad_fn, tensor.output_nr)

    def _between(self, step: Any) -> None:
        variable = getattr(step, "variable", None)
        recorder = self.done.recorder
        if variable is not None:
            link = recorder.producer(variable)
            if link is not None:
                self._tag(step, 0, link)
            return
        op = Op(self._root, "function", _function_name(step))
        links = [self._tagged(one, number) for one, number in step.next_functions if one is not None]
        op.ins = [link for link in links if link is not None]
        op.outs = arrays_before(step)
        recorder.add(op)
        for number in range(len(op.outs)):
            self._tag(step, number, (op, number))


def _tensors(args: Any, kwargs: Any) -> list[torch.Tensor]:
    return [tensor for _, tensor in named((args, kwargs), "")]


def _state(module: nn.Module) -> Any:
    """Return what tells whether a part was trained: its parameters and gradients have been written to."""
    found = []
    for parameter, _ in zip(module.parameters(), range(_LOOKED_AT), strict=False):
        grad = parameter.grad
        found.append((parameter._version, None if grad is None else (id(grad), grad._version)))
    return found


def _same_memory(one: torch.Tensor, other: torch.Tensor) -> bool:
    if one.device != other.device or one.numel() == 0:
        return False
    return one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()


def _function_name(step: Any) -> str:
    plain = step_name(step).removesuffix("Backward")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain).lower() or "function"
