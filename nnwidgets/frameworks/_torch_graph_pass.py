"""One forward pass that is recorded: everything is put into place for it and taken away again, and makes a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from nnwidgets._graph_builder import GraphBuilder
from nnwidgets._i18n import now
from nnwidgets.frameworks import _torch_graph_calls as calls
from nnwidgets.frameworks._torch_graph_parts import Fault, Op, Scope, Writer, array_of
from nnwidgets.frameworks._torch_graph_recorder import Recorder
from nnwidgets.frameworks._torch_graph_sources import Sources
from nnwidgets.frameworks._torch_graph_unknown import UNSEEN
from nnwidgets.frameworks._torch_graph_values import Names, arguments, named
from nnwidgets.graph import Graph


def watched(recorder: Recorder, function: Callable[[], Any]) -> Any:
    """Call a function, and have a recorder see what it computes; whatever happens, nothing stays installed."""
    try:
        try:
            recorder.shielded(_put, recorder)
            return function()
        finally:
            _take_away(recorder)
    finally:  # a KeyboardInterrupt may have come within the first one
        _take_away(recorder)


def _put(recorder: Recorder) -> None:
    calls.begin(recorder)
    calls.begin_functions(recorder)
    calls.push(recorder)


def _take_away(recorder: Recorder) -> None:
    calls.pop(recorder)
    calls.end_functions()
    calls.end(recorder)


class Pass:
    """A pass, or several that belong together.

    Parameters
    ----------
    names
        What modules and tensors are called.
    root
        The scope in which everything lies.
    fault
        Is told what goes wrong in here.
    options
        Further ones of `Recorder`.
    """

    def __init__(self, names: Names, root: Scope, fault: Fault, **options: Any) -> None:
        self.recorder = Recorder(names, fault, **options)
        self.root = root
        self._names = names

    def takes(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        known: bool = False,
    ) -> None:
        """Say what the pass is given, and begin it.

        Parameters
        ----------
        function, args, kwargs
            What is called, for the names of its arguments, and with which.
        known
            Whether what came out of an earlier pass is no input.
        """
        recorder = self.recorder
        taken: list[Op] = []
        for name, value in arguments(function, args, kwargs).items():
            for word, tensor in named(value, name):
                link = recorder.known(tensor)
                if link is None:
                    taken.append(recorder.unknown.input(word, tensor))
                elif link[0] in taken:  # one tensor for two arguments, as where labels are the input
                    link[0].name = f"{link[0].name}, {word}"
                elif not known:
                    taken.append(recorder.unknown.input(word, tensor))
            for word, tensor in named(value, name, objects=True):
                recorder.unknown.expect(word, tensor)
        if self.root not in recorder.parts:
            recorder.open(self.root)

    def run(self, function: Callable[[], Any]) -> Any:
        """Compute, and return what the function returns; what it raises is marked in the graph."""
        recorder = self.recorder
        recorder.scope = self.root
        try:
            result = watched(recorder, function)
        except Exception as error:
            recorder.shielded(recorder.failed_with, error)
            raise
        recorder.shielded(recorder.ended)
        return result

    def returns(self, result: Any, name: str = "output") -> list[torch.Tensor]:
        """Say what came out of the pass; return the tensors."""
        recorder = self.recorder
        recorder.scope = self.root
        tensors = []
        for word, tensor in named(result, name):
            op = Op(None, "output", "output", word)
            op.ins = recorder.links(tensor)
            if any(source.kind == "constant" for source, _ in op.ins):
                recorder.notes[now(UNSEEN)] = None
            op.outs.append(array_of(tensor))
            recorder.add(op)
            tensors.append(tensor)
        return tensors

    def write(self, extractor: str = "forward") -> GraphBuilder:
        """Return everything that was seen, written into a builder."""
        self.recorder.unknown.forget()
        builder = GraphBuilder("torch", extractor)
        Writer(builder, Sources(self._names.roots)).write(self.recorder.parts)
        for note in self.recorder.notes:
            builder.note(note)
        return builder

    def graph(self) -> Graph:
        """Return what was seen."""
        return self.write().finish()
