"""The numbers of a Keras model with more or fewer channels, computed by numpy.

The methods are those of `_torch_widen` and `_torch_narrow`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from nnwidgets.frameworks import _keras_moments
from nnwidgets.frameworks._keras_variables import number_of, set_value
from nnwidgets.frameworks._keras_widths import Consumer, Group

Array = NDArray[Any]

#: How far a share may stand from an equal one.
_UNEVEN: Final = 0.8
#: Pull of the regression towards the old weights, as a share of the mean square of the activations.
_RIDGE: Final = 1e-3


def widen(group: Group, new: int, optimizer: Any, draw: np.random.Generator) -> None:
    """Give a group more channels; see `_torch_widen`.

    Parameters
    ----------
    group
        Resizable.
    new
        Its new width, more than the old one.
    optimizer
        Its memory is carried along.
    draw
        Draws copies and shares; a private one.
    """
    old = group.width
    extra = np.concatenate([draw.permutation(old) for _ in range(-(-(new - old) // old))])[: new - old]
    source = np.concatenate([np.arange(old), extra])
    share = 1.0 / np.bincount(source, minlength=old)[source]
    for variable, dim in _entries(group):
        shape = [1] * len(variable.shape)
        shape[dim] = -1
        put(optimizer, variable, _take(source, dim), _moment(source, dim, share.reshape(shape)))
    for consumer in group.consumers:
        index = _index(source, old, consumer.per)
        grown = np.take(number_of(consumer.layer.kernel), index, axis=consumer.dim)
        raw = 1 + _UNEVEN * (2 * draw.random(grown.shape) - 1)
        sums = np.zeros([old * consumer.per if d == consumer.dim else n for d, n in enumerate(grown.shape)])
        np.add.at(np.moveaxis(sums, consumer.dim, 0), index, np.moveaxis(raw, consumer.dim, 0))
        shares = raw / np.take(sums, index, axis=consumer.dim)
        value = (grown.astype(np.float64) * shares).astype(grown.dtype)
        put(optimizer, consumer.layer.kernel, be(value), _moment(index, consumer.dim, None))


def narrow(group: Group, new: int, optimizer: Any, inputs: list[Array]) -> None:
    """Give a group fewer channels; see `_torch_narrow`.

    Parameters
    ----------
    group
        Resizable.
    new
        Its new width, less than the old one.
    optimizer
        Its memory is cut along.
    inputs
        What each consumer read in one batch, in double precision.
    """
    rows = [x.reshape(-1, x.shape[-1]) for x in inputs]
    scores = [_score(consumer, x, group.width) for consumer, x in zip(group.consumers, rows, strict=True)]
    keep = np.sort(np.argsort(-np.sum(scores, axis=0), kind="stable")[:new])
    for consumer, x in zip(group.consumers, rows, strict=True):
        _refit(consumer, keep, group.width, x, optimizer)
    for variable, dim in _entries(group):
        put(optimizer, variable, _take(keep, dim), _moment(keep, dim, None))


def _refit(consumer: Consumer, keep: NDArray[np.intp], old: int, rows: Array, optimizer: Any) -> None:
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
    put(optimizer, layer.kernel, be(kept), _moment(index, dim, None))
    if layer.bias is not None:
        set_value(layer.bias, (number_of(layer.bias) + constant).astype(layer.bias.dtype))


def put(
    optimizer: Any,
    variable: Any,
    change: Callable[[Array], Array],
    remembered: Callable[[Array, int], Array],
) -> None:
    """Change a variable, and what an optimizer remembers of it."""
    for slot, power in _keras_moments.slots(optimizer, variable):
        set_value(slot, remembered(number_of(slot), power))
    set_value(variable, change(number_of(variable)))


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


def be(value: Array) -> Callable[[Array], Array]:
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


def set_widths(group: Group) -> None:
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
