"""Passes a few samples through a Keras model in inference mode, and measures what comes out of its layers.

A compiled fit hides what its layers give. Nothing of the model changes by the pass: variables, random states and
running metrics come back, and the layers are watched only while it goes on.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import keras
import numpy as np

from nnwidgets.frameworks._keras_fit import untouched
from nnwidgets.frameworks._keras_places import HostNumbers, Place, Places
from nnwidgets.frameworks._keras_variables import number_of

#: Elements of an activation that its mean and deviation are computed of at most.
_ELEMENTS: Final = 4_096
#: Numbers of each unit that it takes to judge it.
_FOR_ONE_UNIT: Final = 16
#: Samples that are passed through at most.
ROWS: Final = 32

_ABSENT: Final = object()


def probe(
    model: Any, places: Places, batch: tuple[Any, Any, Any], numbers: HostNumbers, *, gradients: bool
) -> None:
    """Measure a batch.

    Parameters
    ----------
    model
        A model that is built.
    places
        Its layers.
    batch
        Samples, targets and weights; the first 32 of each are taken.
    numbers
        Takes what is measured.
    gradients
        Whether the gradients of the loss on the batch are measured, too; on TensorFlow only.
    """
    x, y, weight = (_first(part) for part in batch)
    with untouched(model), _unchanged(model.non_trainable_variables), _watched(places, numbers):
        if not gradients:
            model(x, training=False)
            return
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=True) as tape:
            predicted = model(x, training=False)
            loss = model.compute_loss(x=x, y=y, y_pred=predicted, sample_weight=weight, training=False)
        variables = [v for v, _ in places.variables]
        for gradient, (_, place) in zip(tape.gradient(loss, variables), places.variables, strict=True):
            if isinstance(gradient, tf.Tensor):
                numbers.add(place, norm(keras.ops.convert_to_numpy(gradient)))


def sampled(tensor: Any, most: int) -> Any:
    """Return at most about ``most`` elements of a tensor, evenly spaced, as a numpy array of its own."""
    count = math.prod(tensor.shape)
    flat = keras.ops.reshape(tensor, (-1,))
    stride = count // most
    if stride > 1:
        while math.gcd(stride, count) != 1:  # else it would meet the same columns in each row
            stride += 1
        flat = flat[::stride]
    return number_of(flat)


def norm(values: Any) -> float:
    """Return the L2 norm of a numpy array."""
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.sum(np.square(values, dtype=np.float64))))


@contextlib.contextmanager
def _watched(places: Places, numbers: HostNumbers) -> Iterator[None]:
    """Measure what the layers give while this goes on."""
    # A layer may have a call of its own already: dropout that was inserted after it, or a person's.
    before = [(place.layer.__dict__, place.layer.__dict__.get("call", _ABSENT)) for place in places.layers]
    try:
        for place in places.layers:
            # Keras's own way to set an attribute would take it for a part of the layer.
            object.__setattr__(place.layer, "call", _measuring(place, numbers))
        yield
    finally:
        for own, call in before:
            if call is _ABSENT:
                own.pop("call", None)
            else:
                own["call"] = call


def _measuring(place: Place, numbers: HostNumbers) -> Callable[..., Any]:
    call = place.layer.call

    @functools.wraps(call)
    def measured(*args: Any, **kwargs: Any) -> Any:
        output = call(*args, **kwargs)
        tensor = next((part for part in keras.tree.flatten(output) if _is_real(part)), None)
        if tensor is not None:
            _measure(tensor, place, numbers)
        return output

    return measured


def _measure(tensor: Any, place: Place, numbers: HostNumbers) -> None:
    values = sampled(tensor, _ELEMENTS).astype(np.float64)
    with np.errstate(all="ignore"):
        numbers.add(place.first, float(values.mean()))
        numbers.add(place.first + 1, float(values.std()))
        numbers.add(place.first + 2, float((values == 0).mean()))
    axis = place.axis % len(tensor.shape)
    if (
        place.rectifies
        and len(tensor.shape) > 1
        and math.prod(tensor.shape) // tensor.shape[axis] >= _FOR_ONE_UNIT
    ):
        others = [d for d in range(len(tensor.shape)) if d != axis]
        numbers.add(place.first + 3, float((number_of(keras.ops.max(tensor, axis=others)) <= 0).mean()))


@contextlib.contextmanager
def _unchanged(variables: list[Any]) -> Iterator[None]:
    """Put back what a pass changes even in inference mode, as the state of a stateful layer."""
    before = [(variable, number_of(variable)) for variable in variables]
    try:
        yield
    finally:
        for variable, value in before:
            if not np.array_equal(number_of(variable), value, equal_nan=value.dtype.kind == "f"):
                variable.assign(value)


def _is_real(value: Any) -> bool:
    shape = getattr(value, "shape", None)
    if shape is None or not hasattr(value, "dtype") or None in tuple(shape) or 0 in tuple(shape):
        return False
    return "float" in keras.backend.standardize_dtype(value.dtype)


def _first(tree: Any) -> Any:
    return None if tree is None else keras.tree.map_structure(lambda part: part[:ROWS], tree)
