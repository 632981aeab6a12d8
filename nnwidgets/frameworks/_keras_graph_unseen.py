"""Follows arrays of a backend through operations of its own, which Keras does not tell about."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import keras

from nnwidgets.frameworks._keras_graph_calls import Wire, array_of
from nnwidgets.frameworks._leaves import leaves

if TYPE_CHECKING:
    from nnwidgets.frameworks._keras_graph_record import Recorder


@contextlib.contextmanager
def unseen(recorder: Recorder) -> Iterator[None]:
    """Have a recorder know which layers an array was computed from, through whatever stands between."""
    before = recorder.origins
    backend = keras.backend.backend()
    try:
        if backend == "torch":
            recorder.origins = lambda value: ()
            with _torch_functions(recorder):
                yield
        else:
            recorder.origins = _Placeholders(recorder) if backend == "tensorflow" else lambda value: ()
            yield
    finally:
        recorder.origins = before


def _torch_functions(recorder: Recorder) -> Any:
    import torch
    from torch.overrides import TorchFunctionMode

    class Following(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            outputs = func(*args, **(kwargs or {}))
            made = [value for value in leaves(outputs) if isinstance(value, torch.Tensor)]
            if any(recorder.known(value) is None for value in made):
                given = [recorder.known(v) for v in leaves((args, kwargs)) if isinstance(v, torch.Tensor)]
                via = tuple(wire for wire in given if wire is not None)
                for value in made:
                    if via and recorder.known(value) is None:
                        recorder.know(value, Wire(array_of(value), via=via))
            return outputs

    return Following()


class _Placeholders:
    """Goes back from a tensor of a TensorFlow graph to those that are known."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._names: dict[tuple[int, str], Wire] = {}
        self._read = 0

    def __call__(self, value: Any) -> Sequence[Wire]:
        if _place(value) is None:
            return ()
        held = self._recorder.held
        for known in held[self._read :]:
            place = _place(known)
            if place is not None:
                self._names[place] = self._recorder.wire(known)
        self._read = len(held)
        found: dict[int, Wire] = {}
        waiting, seen = [value], set()
        while waiting:
            tensor = waiting.pop()
            place = _place(tensor)
            if place is None or place in seen:
                continue
            seen.add(place)
            if place in self._names:
                found[id(self._names[place])] = self._names[place]
            else:
                waiting += tensor.op.inputs
        return list(found.values())


def _place(value: Any) -> tuple[int, str] | None:
    """Return the graph and the name of a tensor of a graph; None for anything else."""
    try:
        return id(value.graph), value.name
    except (AttributeError, ValueError):  # an array that exists has no graph, and says so
        return None
