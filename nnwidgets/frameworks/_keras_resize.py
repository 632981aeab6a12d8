"""Makes a Keras model wider or narrower in the middle of ``fit``: all of it or nothing.

The methods are those of `_torch_widen` and `_torch_narrow`; the numbers are computed by numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from nnwidgets import _control_values
from nnwidgets._changes import Change
from nnwidgets._errors import RefusedError
from nnwidgets.frameworks import _keras_moments
from nnwidgets.frameworks._keras_fit import untouched
from nnwidgets.frameworks._keras_variables import SIZES, all_or_nothing, number_of, retrace, set_value
from nnwidgets.frameworks._keras_widths import Consumer, Group, KerasWidths

Array = NDArray[Any]

#: How far a share may stand from an equal one, and how far the outputs may move when a model grows.
_UNEVEN: Final = 0.8
_TOLERANCE: Final = {"float64": 1e-10, "float32": 1e-4}
#: Pull of the regression towards the old weights, as a share of the mean square of the activations.
_RIDGE: Final = 1e-3


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
            return _refusal(KerasWidths(self._model))
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
        wanted = self._wanted(widths, to)
        if not wanted:
            return Change(self.factor, to, _text(self.factor, to, {}), kept="It has that size already.")
        shrinking = any(new < group.width for group, new in wanted)
        if shrinking and batch is None:
            raise RefusedError(
                "Shrinking needs one batch to see which units matter; this fit's data are no arrays."
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
            text=_text(old, to, named),
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
            "Keras cannot add a layer to a model while it is fitted: its graph is fixed. Give build=, or make a deeper "
            "model and carry the weights over after this fit."
        )

    def _wanted(self, widths: KerasWidths, to: float | Mapping[str, int]) -> list[tuple[Group, int]]:
        if isinstance(to, Mapping):
            pairs = [(_named(widths, name), width) for name, width in to.items()]
        else:
            refusal = _refusal(widths)
            if refusal is not None:
                raise RefusedError(refusal)
            pairs = [(g, max(1, round(self._first[g.names[0]] * to))) for g in widths.resizable()]
        lo, hi = _control_values.WIDTHS
        for group, new in pairs:
            if not lo <= new <= hi:
                raise RefusedError(
                    f"{group.names[0]} would have {new:,} units; the limits are {lo} and {hi:,}."
                )
        return [(group, new) for group, new in pairs if new != group.width]

    def _change(
        self, widths: KerasWidths, wanted: list[tuple[Group, int]], batch: Any, *, check: bool
    ) -> float | None:
        old = self._outputs(batch) if check else None
        for group, new in wanted:
            if new > group.width:
                self._widen(group, new)
            else:
                self._narrow(widths, group, new, batch)
            group.width = new
            _set_widths(group)
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
            raise RefusedError(f"The outputs would move by {worst:.2g} of the largest. Nothing was changed.")
        return worst

    def _widen(self, group: Group, new: int) -> None:
        old = group.width
        extra = np.concatenate([self._draw.permutation(old) for _ in range(-(-(new - old) // old))])[
            : new - old
        ]
        source = np.concatenate([np.arange(old), extra])
        share = 1.0 / np.bincount(source, minlength=old)[source]
        for variable, dim in _entries(group):
            shape = [1] * len(variable.shape)
            shape[dim] = -1
            self._put(variable, _take(source, dim), _moment(source, dim, share.reshape(shape)))
        for consumer in group.consumers:
            index = _index(source, old, consumer.per)
            grown = np.take(number_of(consumer.layer.kernel), index, axis=consumer.dim)
            raw = 1 + _UNEVEN * (2 * self._draw.random(grown.shape) - 1)
            sums = np.zeros(
                [old * consumer.per if d == consumer.dim else n for d, n in enumerate(grown.shape)]
            )
            np.add.at(np.moveaxis(sums, consumer.dim, 0), index, np.moveaxis(raw, consumer.dim, 0))
            shares = raw / np.take(sums, index, axis=consumer.dim)
            value = (grown.astype(np.float64) * shares).astype(grown.dtype)
            self._put(consumer.layer.kernel, _be(value), _moment(index, consumer.dim, None))

    def _narrow(self, widths: KerasWidths, group: Group, new: int, batch: Any) -> None:
        read = keras.Function(widths.inputs, [consumer.tensor for consumer in group.consumers])
        with untouched(self._model):
            inputs = [number_of(x).astype(np.float64) for x in read(_as_inputs(batch, widths.inputs))]
        rows = [x.reshape(-1, x.shape[-1]) for x in inputs]
        scores = [_score(consumer, x, group.width) for consumer, x in zip(group.consumers, rows, strict=True)]
        keep = np.sort(np.argsort(-np.sum(scores, axis=0), kind="stable")[:new])
        for consumer, x in zip(group.consumers, rows, strict=True):
            self._refit(consumer, keep, group.width, x)
        for variable, dim in _entries(group):
            self._put(variable, _take(keep, dim), _moment(keep, dim, None))

    def _refit(self, consumer: Consumer, keep: NDArray[np.intp], old: int, rows: Array) -> None:
        layer, dim = consumer.layer, consumer.dim
        kernel = number_of(layer.kernel).astype(np.float64)
        index = _index(keep, old, consumer.per)
        if len(kernel.shape) == 2:
            kept, constant = _regress(kernel, rows, index, intercept=layer.bias is not None)
        else:
            gone = np.setdiff1d(np.arange(kernel.shape[dim]), index)
            lost = np.moveaxis(np.take(kernel, gone, axis=dim), dim, 0)
            lost = lost.reshape(len(gone), -1, kernel.shape[-1]).sum(1)
            kept, constant = np.take(kernel, index, axis=dim), rows.mean(0)[gone] @ lost
        self._put(layer.kernel, _be(kept), _moment(index, dim, None))
        if layer.bias is not None:
            set_value(layer.bias, (number_of(layer.bias) + constant).astype(layer.bias.dtype))

    def _put(
        self, variable: Any, change: Callable[[Array], Array], remembered: Callable[[Array, int], Array]
    ) -> None:
        for slot, power in _keras_moments.slots(self._optimizer, variable):
            set_value(slot, remembered(number_of(slot), power))
        set_value(variable, change(number_of(variable)))

    def _outputs(self, batch: Any) -> list[Array] | None:
        if batch is None:
            return None
        with untouched(self._model):
            return [number_of(x) for x in keras.tree.flatten(self._model(batch, training=False))]

    def _rebuild(self, to: float | Mapping[str, int], batch: Any) -> Change:
        if isinstance(to, Mapping):
            raise RefusedError(
                "This model is resized by build=, a function of one factor, not layer by layer."
            )
        assert self._build is not None
        before = int(self._model.count_params())
        try:
            new = self._build(float(to))
            share = all_or_nothing(self._model, self._optimizer, lambda: self._transplant(new, batch))
        except RefusedError:
            raise
        except Exception as error:
            raise RefusedError(f"build({to:g}) did not work: {type(error).__name__}: {error}") from error
        old, self.factor = self.factor, float(to)
        return Change(
            old,
            to,
            _text(old, to, {}),
            kept=f"Built anew; {share:.0%} of its numbers were carried over, the rest begins as build() made it.",
            facts={"parameters": [before, int(self._model.count_params())], "layers": {}, "difference": None},
        )

    def _transplant(self, new: Any, batch: Any) -> float:
        if not isinstance(new, keras.Model):
            raise RefusedError(f"build(size) returns a Keras model, not {type(new).__name__}.")
        if not new.built and batch is not None:
            new(batch, training=False)
        ours, theirs = list(self._model._flatten_layers()), list(new._flatten_layers())
        same = [
            type(a) is type(b) and len(a.weights) == len(b.weights)
            for a, b in zip(ours, theirs, strict=False)
        ]
        if len(ours) != len(theirs) or not all(same):
            raise RefusedError("build(size) returns a model of other layers; only their sizes may differ.")
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

            self._put(variable, _be(value), grown)
        for layer, other in zip(ours, theirs, strict=True):
            for name in SIZES:
                if hasattr(other, name):
                    object.__setattr__(layer, name, getattr(other, name))
        retrace(self._model, self._optimizer)
        self._outputs(batch)
        return kept / max(1, total)


def _entries(group: Group) -> list[tuple[Any, int]]:
    """Return every variable that has one entry for each channel, and along which dimension."""
    found = []
    for layer in group.producers:
        found.append((layer.kernel, len(layer.kernel.shape) - 1))
        if layer.bias is not None:
            found.append((layer.bias, 0))
    for layer in group.followers:
        found += [(variable, max(0, len(variable.shape) - 2)) for variable in layer.weights]
    return found


def _take(index: Array, dim: int) -> Callable[[Array], Array]:
    return lambda value: np.take(value, index, axis=dim)


def _be(value: Array) -> Callable[[Array], Array]:
    return lambda old: value.astype(old.dtype)


def _moment(index: Array, dim: int, share: Array | None) -> Callable[[Array, int], Array]:
    """Return what carries a memory over: a copy of a channel receives its share of the old gradient."""

    def moved(memory: Array, power: int) -> Array:
        taken: Array = np.take(memory, index, axis=dim)
        return taken if share is None else (taken * share**power).astype(memory.dtype)

    return moved


def _index(channels: Array, old: int, per: int) -> Array:
    """Return where channels stand in a flattened row, in which they are innermost."""
    index: Array = (np.arange(per)[:, None] * old + channels[None, :]).reshape(-1)
    return index


def _score(consumer: Consumer, rows: Array, width: int) -> Array:
    spread = rows.std(0).reshape(-1, width).mean(0)
    kernel = np.moveaxis(number_of(consumer.layer.kernel).astype(np.float64), consumer.dim, 0)
    outgoing = np.linalg.norm(kernel.reshape(len(kernel), -1), axis=1)
    score: Array = spread * np.linalg.norm(outgoing.reshape(-1, width), axis=0)
    return score


def _regress(kernel: Array, rows: Array, index: Array, *, intercept: bool) -> tuple[Array, Array]:
    """Return the kernel of what is kept, and what to add to the bias, nearest to the old output on these rows."""
    target, left, start = rows @ kernel, rows[:, index], kernel[index]
    mean, aim = (left.mean(0), target.mean(0)) if intercept else (0 * left[0], 0 * target[0])
    centred = left - mean
    missing = (target - aim) - centred @ start
    gram = centred.T @ centred
    ridge = _RIDGE * max(float(np.diagonal(gram).mean()), 1e-12)
    kept: Array = start + np.linalg.solve(gram + ridge * np.eye(len(gram)), centred.T @ missing)
    return kept, aim - mean @ kept


def _as_inputs(batch: Any, inputs: list[Any]) -> Any:
    if isinstance(batch, dict):
        batch = [batch[tensor.name] for tensor in inputs]
    parts = batch if isinstance(batch, (list, tuple)) else [batch]
    return [keras.ops.convert_to_tensor(x, dtype=t.dtype) for x, t in zip(parts, inputs, strict=True)]


def _set_widths(group: Group) -> None:
    """Have the layers say what they are."""
    for layer in group.producers:
        name = "units" if hasattr(layer, "units") else "filters"
        object.__setattr__(layer, name, group.width)
    for consumer in group.consumers:
        _reads(consumer.layer, group.width * consumer.per)
    for layer in group.followers:
        _reads(layer, group.width)


def _reads(layer: Any, width: int) -> None:
    spec = layer.input_spec
    if spec is not None and spec.axes:
        axes = dict.fromkeys(spec.axes, width)
        spec = keras.layers.InputSpec(ndim=spec.ndim, min_ndim=spec.min_ndim, axes=axes)
        object.__setattr__(layer, "input_spec", spec)
    shapes = getattr(layer, "_build_shapes_dict", None)
    if shapes and isinstance(shapes.get("input_shape"), tuple):
        changed = {**shapes, "input_shape": (*shapes["input_shape"][:-1], width)}
        object.__setattr__(layer, "_build_shapes_dict", changed)


def _refusal(widths: KerasWidths) -> str | None:
    obstacles = widths.obstacles()
    if obstacles:
        single = [n for g in widths.resizable() for n in g.names]
        more = (
            f" Single layers can be: {', '.join(single[:6])}."
            if single
            else " Give build=, a function of the size."
        )
        return f"The model cannot be resized as a whole: {'; '.join(obstacles[:3])}.{more}"
    if not widths.resizable():
        return "The model has no hidden layer that could be resized: only its input and its output."
    return None


def _named(widths: KerasWidths, name: str) -> Group:
    for group in widths.groups():
        if name in group.names:
            if group.resizable:
                return group
            raise RefusedError(
                f"{name!r} cannot be resized: {group.frozen or 'its width is that of the input or the output'}."
            )
    known = [n for g in widths.resizable() for n in g.names]
    raise RefusedError(
        f"There is no layer {name!r} that can be resized. There is: {', '.join(known) or 'none'}."
    )


def _text(old: float | None, to: float | Mapping[str, int], named: Mapping[str, list[int]]) -> str:
    if not isinstance(to, Mapping):
        return f"size {'' if old is None else f'{old:g}× → '}{to:g}×"
    return ", ".join(f"{n} {named[n][0]} → {named[n][1]} units" for n in to if n in named) or "size as before"


def _kept(difference: float | None, *, shrinking: bool) -> str:
    if shrinking:
        return "The units that matter most were kept, and the layers that read them refitted on one batch."
    moved = (
        "the outputs were not compared"
        if difference is None
        else f"outputs moved by {difference:.1g} of the largest"
    )
    return f"The function was kept in inference: {moved}. The optimizer's memory was carried over."
