"""Follows the calls of a Keras model that are written in Python: subclassed models, and layers of a person's own."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from nnwidgets._errors import GraphError
from nnwidgets._i18n import t
from nnwidgets._wording import listed
from nnwidgets.frameworks._graph_paths import by_name, paths_in
from nnwidgets.frameworks._keras_graph_calls import Call, Traced, Wire, array_of
from nnwidgets.frameworks._keras_graph_patches import recording
from nnwidgets.frameworks._keras_graph_record import Recorder, arrays_in, failed, opens, reason
from nnwidgets.frameworks._keras_graph_structure import output_names
from nnwidgets.frameworks._keras_graph_unseen import unseen


class Given:
    """What a model is called with, by the names of its parameters.

    Parameters
    ----------
    model
        The model.
    args, kwargs
        Arrays, or specifications of them.

    Raises
    ------
    GraphError
        If something is missing.
    """

    def __init__(self, model: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self.model = model
        signature = inspect.signature(model.call)
        context = {
            name: kwargs[name]
            for name in ("training",)
            if name in kwargs and name not in signature.parameters
        }
        named = {name: value for name, value in kwargs.items() if name not in context}
        try:
            bound = signature.bind(*args, **named)
        except TypeError as error:
            raise GraphError(
                _missing(model, signature, args, named) or f"{type(model).__name__}.call(): {error}."
            ) from None
        self.args = tuple(_arrays(arg) for arg in args)
        self.kwargs = {name: _arrays(value) for name, value in kwargs.items()}
        self._names = [name for name in bound.arguments if name not in named]

    def symbols(self, *, batch: bool) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the same with symbols instead of arrays.

        Parameters
        ----------
        batch
            Whether the number of samples stays open.
        """
        arrays = arrays_in((self.args, self.kwargs))
        lengths = {array.shape[0] for array in arrays if len(array.shape)}
        free = batch and len(lengths) == 1 and all(len(array.shape) for array in arrays)

        def symbol(value: Any) -> Any:
            if not hasattr(value, "shape") or not hasattr(value, "dtype"):
                return value
            array = array_of(value)
            shape = (None, *array.shape[1:]) if free else tuple(length or 1 for length in array.shape)
            dtype = keras.backend.standardize_dtype(value.dtype)
            floating = keras.backend.is_float_dtype(dtype)
            return keras.KerasTensor(shape, dtype=self.model.compute_dtype if floating else dtype)

        changed: tuple[tuple[Any, ...], dict[str, Any]] = keras.tree.map_structure(
            symbol, (self.args, self.kwargs)
        )
        return changed

    def tensors(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the same as arrays of the backend, as Keras itself converts them."""

        def tensor(value: Any) -> Any:
            if not hasattr(value, "shape") or not hasattr(value, "dtype"):
                return value
            floating = keras.backend.is_float_dtype(keras.backend.standardize_dtype(value.dtype))
            return keras.ops.convert_to_tensor(value, dtype=self.model.compute_dtype if floating else None)

        changed: tuple[tuple[Any, ...], dict[str, Any]] = keras.tree.map_structure(
            tensor, (self.args, self.kwargs)
        )
        return changed

    @property
    def computable(self) -> bool:
        """Whether these are arrays, not specifications."""
        return not any(isinstance(value, keras.KerasTensor) for value in arrays_in((self.args, self.kwargs)))

    def names(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Return the arrays of a call with what they are called: ``x``, ``batch['ids']``."""
        names = self._names if len(self._names) == len(args) else [f"args[{i}]" for i in range(len(args))]
        found = []
        for name, value in [*zip(names, args, strict=True), *kwargs.items()]:
            found += [pair for pair in paths_in(value, name, order=by_name) if hasattr(pair[1], "shape")]
        return found


def follow(given: Given) -> Traced:
    """Return what a model computes when it is called; nothing may be left behind, see `untouched`.

    Parameters
    ----------
    given
        What it is called with. If symbols do not do, it is computed with these, where they are arrays.
    """
    tried = []
    for batch in (True, False):
        traced, recorder = _symbolic(given, batch=batch)
        if not failed(traced.root) and not recorder.opaque:
            return traced
        tried.append((traced, recorder))
    if keras.backend.backend() == "torch":
        tried.reverse()  # Keras makes up a number of samples where it stays open
    for traced, recorder in tried:
        if not failed(traced.root) and not recorder.closed:
            return _with_notes(traced, recorder)
    if given.computable:
        traced = _computed(given)
        if not failed(traced.root):
            return traced
    for traced, recorder in tried:
        if not failed(traced.root):
            return _with_notes(traced, recorder)
    return tried[-1][0]


def opener(session: Any) -> Any:
    """Return what looks into layers of a person's own that stand in a functional model."""

    def open_layer(call: Call, arguments: Any) -> bool:
        layer = call.operation
        if not isinstance(layer, keras.Layer) or not opens(layer):
            return False
        session.begin()
        recorder = Recorder()
        for tensor, wire in zip(arguments.keras_tensors, call.inputs, strict=False):
            recorder.know(tensor, wire)
        outer = Call(None, inside=[])
        try:
            with recording(recorder), recorder.inside(outer):
                layer(*arguments.args, **arguments.kwargs)
        except Exception:  # noqa: BLE001 — it is shown as one node then
            return False
        assert outer.inside is not None
        made = outer.inside[-1]
        if made.inside is None or len(made.outputs) != len(call.outputs):
            return False
        call.inside, call.outputs, call.opened = made.inside, made.outputs, made.opened
        session.notes += _notes(recorder)
        return True

    return open_layer


def _symbolic(given: Given, *, batch: bool) -> tuple[Traced, Recorder]:
    recorder = Recorder()
    args, kwargs = given.symbols(batch=batch)
    return _passed(given, recorder, args, kwargs, "structure"), recorder


def _computed(given: Given) -> Traced:
    """Compute with the example, and see which layers are called."""
    recorder = Recorder()
    args, kwargs = given.tensors()
    with unseen(recorder):
        traced = _passed(given, recorder, args, kwargs, "forward")
    traced.notes.append(
        t(
            "{kind}.call() depends on its data, or computes what symbols cannot follow: what was "
            "computed for the example is shown, and of what stands between the layers only that it is computed.",
            kind=type(given.model).__name__,
        )
    )
    return traced


def _passed(given: Given, recorder: Recorder, args: Any, kwargs: Any, extractor: str) -> Traced:
    inputs = []
    for name, value in given.names(args, kwargs):
        wire = Wire(array_of(value))
        recorder.know(value, wire)
        inputs.append((name, wire))
    outer = Call(None, inside=[])
    outputs: Any = None
    error: Exception | None = None
    with recording(recorder), recorder.inside(outer):
        try:
            outputs = given.model(*args, **kwargs)
        except Exception as raised:  # noqa: BLE001 — a person's call may raise anything
            error = raised
    members = outer.inside or [Call(given.model, [wire for _, wire in inputs])]
    root = members[-1]
    root.opened = True
    if error is not None and not failed(root):
        root.error = reason(error)
    named = zip(output_names(outputs), keras.tree.flatten(outputs), strict=False) if error is None else ()
    made = [(name, recorder.wire(value)) for name, value in named if hasattr(value, "shape")]
    return Traced(root, inputs, made, extractor)


def _with_notes(traced: Traced, recorder: Recorder) -> Traced:
    traced.notes += _notes(recorder)
    return traced


def _notes(recorder: Recorder) -> list[str]:
    return [
        t(
            "Of {name} ({kind}) only the layers are shown, not what is computed between them: its "
            "call() cannot be followed with symbols ({why}).",
            name=layer.name,
            kind=type(layer).__name__,
            why=why,
        )
        for layer, why in recorder.opaque.values()
    ]


def _arrays(value: Any) -> Any:
    """Turn lists of numbers into arrays."""
    if isinstance(value, (list, tuple)) and value:
        leaves = keras.tree.flatten(value)
        if all(isinstance(leaf, (int, float)) and not isinstance(leaf, bool) for leaf in leaves):
            return np.asarray(value)
    return value


def _missing(
    model: Any, signature: inspect.Signature, args: Sequence[Any], named: Mapping[str, Any]
) -> str | None:
    needed = [
        p.name
        for p in list(signature.parameters.values())[len(args) :]
        if p.default is p.empty
        and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        and p.name not in named
    ]
    if not needed:
        return None
    if not args and not named:
        return t(
            "Give an example input of {kind}: nnw.trace(model, {names}).",
            kind=type(model).__name__,
            names=", ".join(needed),
        )
    told = ", ".join(f"{name}=…" for name in needed)
    said = listed([repr(name) for name in needed])
    return t(
        "{kind}.call() also needs {said}: nnw.trace(model, x, {told}).",
        kind=type(model).__name__,
        said=said,
        told=told,
    )
