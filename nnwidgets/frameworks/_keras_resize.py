"""Makes a Keras model wider or narrower in the middle of ``fit``: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import keras
import numpy as np

from nnwidgets import _control_values
from nnwidgets._changes import Change
from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets.frameworks import _keras_moments, _sizes
from nnwidgets.frameworks._keras_channels import Array, be, narrow, put, set_widths, widen
from nnwidgets.frameworks._keras_fit import untouched
from nnwidgets.frameworks._keras_variables import SIZES, all_or_nothing, number_of, retrace
from nnwidgets.frameworks._keras_widths import Group, KerasWidths

#: How far the outputs may move when a model grows, relative to the largest.
_TOLERANCE: Final = {"float64": 1e-10, "float32": 1e-4}


class KerasResizer:
    """Resizes one model. Used on the training thread, between two batches.

    Parameters
    ----------
    model
        Its sizes now are factor 1.
    optimizer
        What it remembers is carried along; the compiled one where none is given.
    build
        Makes the model anew from a factor; then that is how it is resized.

    Attributes
    ----------
    factor
        The factor now, or None where layers were set one by one.
    """

    def __init__(
        self, model: Any, optimizer: Any = None, build: Callable[[float], Any] | None = None
    ) -> None:
        self._model, self._optimizer, self._build = (
            model,
            optimizer or getattr(model, "optimizer", None),
            build,
        )
        self.factor: float | None = 1.0
        self._first: dict[str, int] = {}
        self._draw = np.random.default_rng(20)

    def layers(self) -> dict[str, int]:
        """Return the widths of the layers that can be resized, by name."""
        if self._build is not None:
            return {}
        try:
            return {name: g.width for g in KerasWidths(self._model).resizable() for name in g.names}
        except RefusedError:
            return {}

    def refusal(self) -> str | None:
        """Return why the model as a whole cannot be resized, or None if it can."""
        if self._build is not None:
            return None
        try:
            _keras_moments.check(self._optimizer)
            return _sizes.refusal(KerasWidths(self._model).groups())
        except RefusedError as error:
            return str(error)

    def resize(self, to: float | Mapping[str, int], batch: Any) -> Change:
        """Resize to a factor of the first size, or some layers to widths.

        Parameters
        ----------
        to
            See `Run.controls`.
        batch
            The inputs of one batch; needed to shrink, and used to check that growing changed nothing.

        Raises
        ------
        RefusedError
            With the reason by name; nothing was changed.
        """
        to = _control_values.size(to)
        _keras_moments.check(self._optimizer)
        if self._build is not None:
            return self._rebuild(to, batch)
        widths = KerasWidths(self._model)
        self._first = {**{n: g.width for g in widths.resizable() for n in g.names}, **self._first}
        pairs = _sizes.wanted(widths.groups(), to, self._first)
        wanted = [(group, new) for group, new in pairs if new != group.width]
        if not wanted:
            return _sizes.no_change(self.factor, to)
        shrinking = any(new < group.width for group, new in wanted)
        if shrinking and batch is None:
            raise RefusedError(
                t("Shrinking needs one batch to see which units matter; this fit's data are no arrays.")
            )
        named = {name: [group.width, new] for group, new in wanted for name in group.names}
        before = int(self._model.count_params())
        difference = all_or_nothing(
            self._model, self._optimizer, lambda: self._change(widths, wanted, batch, check=not shrinking)
        )
        old, self.factor = self.factor, None if isinstance(to, Mapping) else float(to)
        return Change(
            old=old if not isinstance(to, Mapping) else {n: a for n, (a, _) in named.items()},
            new=to if not isinstance(to, Mapping) else {n: b for n, (_, b) in named.items()},
            text=_sizes.in_words(old, to, named),
            kept=_kept(difference, shrinking=shrinking),
            facts={
                "parameters": [before, int(self._model.count_params())],
                "layers": named,
                "difference": difference,
            },
        )

    def deepen(self, after: str | None, batch: Any) -> Change:
        """Refuse: a layer cannot be added to the graph of a Keras model that is being fitted.

        Raises
        ------
        RefusedError
            Always, naming the other way.
        """
        raise RefusedError(
            t(
                "Keras cannot add a layer to a model while it is fitted: its graph is fixed. Give build=, or make a "
                "deeper model and carry the weights over after this fit."
            )
        )

    def _change(
        self, widths: KerasWidths, wanted: list[tuple[Group, int]], batch: Any, *, check: bool
    ) -> float | None:
        old = self._outputs(batch) if check else None
        for group, new in wanted:
            if new > group.width:
                widen(group, new, self._optimizer, self._draw)
            else:
                narrow(group, new, self._optimizer, self._read(widths, group, batch))
            group.width = new
            set_widths(group)
        retrace(self._model, self._optimizer)
        new_outputs = self._outputs(batch)
        if old is None or new_outputs is None:
            return None
        worst = max(
            float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-30))
            for a, b in zip(new_outputs, old, strict=True)
        )
        # The model itself casts its inputs, too, so one layer in single precision decides.
        precision = {str(layer.compute_dtype) for layer in self._model._flatten_layers()}
        if (
            keras.backend.backend() == "torch"
        ):  # Keras computes in single precision there, whatever the weights have
            precision.add("float32")
        if not worst <= max(_TOLERANCE.get(one, 1e-2) for one in precision):
            raise RefusedError(
                t(
                    "The outputs would move by {worst} of the largest. Nothing was changed.",
                    worst=f"{worst:.2g}",
                )
            )
        return worst

    def _read(self, widths: KerasWidths, group: Group, batch: Any) -> list[Array]:
        """Return what each consumer of a group reads in a batch."""
        read = keras.Function(widths.inputs, [consumer.tensor for consumer in group.consumers])
        with untouched(self._model):
            return [number_of(x).astype(np.float64) for x in read(_as_inputs(batch, widths.inputs))]

    def _outputs(self, batch: Any) -> list[Array] | None:
        if batch is None:
            return None
        with untouched(self._model):
            return [number_of(x) for x in keras.tree.flatten(self._model(batch, training=False))]

    def _rebuild(self, to: float | Mapping[str, int], batch: Any) -> Change:
        factor = _sizes.factor_only(to)
        assert self._build is not None
        before = int(self._model.count_params())
        try:
            new = self._build(factor)
            share = all_or_nothing(self._model, self._optimizer, lambda: self._transplant(new, batch))
        except RefusedError:
            raise
        except Exception as error:
            raise _sizes.not_built(factor, error) from error
        old, self.factor = self.factor, factor
        return Change(
            old,
            to,
            _sizes.in_words(old, to, {}),
            kept=_sizes.built_anew(share),
            facts={"parameters": [before, int(self._model.count_params())], "layers": {}, "difference": None},
        )

    def _transplant(self, new: Any, batch: Any) -> float:
        if not isinstance(new, keras.Model):
            raise RefusedError(t("build(size) returns a Keras model, not {new}.", new=type(new).__name__))
        if not new.built and batch is not None:
            new(batch, training=False)
        ours, theirs = list(self._model._flatten_layers()), list(new._flatten_layers())
        same = [
            type(a) is type(b) and len(a.weights) == len(b.weights)
            for a, b in zip(ours, theirs, strict=False)
        ]
        if len(ours) != len(theirs) or not all(same):
            raise RefusedError(t("build(size) returns a model of other layers; only their sizes may differ."))
        kept = total = 0
        for variable, other in zip(self._model.weights, new.weights, strict=True):
            value = number_of(other)
            window = tuple(slice(0, min(a, b)) for a, b in zip(variable.shape, value.shape, strict=True))
            value[window] = number_of(variable)[window]
            kept, total = kept + value[window].size, total + value.size

            def grown(memory: Array, _: int, shape: Any = value.shape, window: Any = window) -> Array:
                larger = np.zeros(shape, memory.dtype)
                larger[window] = memory[window]
                return larger

            put(self._optimizer, variable, be(value), grown)
        for layer, other in zip(ours, theirs, strict=True):
            for name in SIZES:
                if hasattr(other, name):
                    object.__setattr__(layer, name, getattr(other, name))
        retrace(self._model, self._optimizer)
        self._outputs(batch)
        return kept / max(1, total)


def _as_inputs(batch: Any, inputs: list[Any]) -> Any:
    if isinstance(batch, dict):
        batch = [batch[tensor.name] for tensor in inputs]
    parts = batch if isinstance(batch, (list, tuple)) else [batch]
    return [keras.ops.convert_to_tensor(x, dtype=t.dtype) for x, t in zip(parts, inputs, strict=True)]


def _kept(difference: float | None, *, shrinking: bool) -> str:
    if shrinking:
        return _sizes.shrunk()
    moved = _sizes.moved(difference)
    return t(
        "The function was kept in inference: {moved}. The optimizer's memory was carried over.", moved=moved
    )
