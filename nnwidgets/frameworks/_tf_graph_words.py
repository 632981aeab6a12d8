"""What operations of a TensorFlow graph are called, their settings in words, and what they cost."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from typing import Any, Final

import tensorflow as tf

from nnwidgets._i18n import later
from nnwidgets.frameworks._graph_einsum import einsum_flops

Shape = tuple[int | None, ...]

#: What is said of a graph in which something is left out, or stands once for many.
LEFT_OUT: Final = later(
    "The way back along which gradients are computed, and what is done with them, is left out; "
    "nnw.trace(…, backward=True) shows it."
)
BOTH_WAYS: Final = later("Both ways of an if that depends on data are shown; one of them is computed.")
LOOP: Final = later("A loop that depends on data is shown once, however often it is gone through.")

#: Attributes of operations that say what is computed.
_SETTINGS: Final = (
    "transpose_a",
    "transpose_b",
    "adj_x",
    "adj_y",
    "strides",
    "padding",
    "ksize",
    "dilations",
    "equation",
)
_USUAL: Final = (False, [1, 1, 1, 1], "", None)
_SHORT: Final = 8


@functools.lru_cache(maxsize=1024)
def op_name(kind: str) -> str:
    """Return the plain word for a type of operation: ``add`` for ``AddV2``."""
    kind = re.sub(r"V\d$", "", kind)
    kind = re.sub(r"(VariableOp|Op)$", "", kind) or kind
    words = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", kind)
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", words).lower().strip("_")
    return _PLAIN.get(words, words)


_PLAIN: Final = {
    "mat_mul": "matmul",
    "batch_mat_mul": "batch_matmul",
    "arg_max": "argmax",
    "arg_min": "argmin",
}


def detail(op: Any) -> str:
    """Return the settings of an operation: its attributes, and short constants that go in."""
    words = []
    names = [arg.name for arg in op.op_def.input_arg] if op.op_def is not None else []
    for place, tensor in enumerate(op.inputs):
        value = small(tensor.op)
        if value is not None:
            name = names[place] if place < len(names) and len(names) == len(op.inputs) else ""
            words.append(str(value) if name in ("", "x", "y") else f"{name}={value}")
    for name in _SETTINGS:
        if name in op.node_def.attr:
            value = op.get_attr(name)
            value = value.decode() if isinstance(value, bytes) else value
            if value not in _USUAL:
                words.append(f"{name}={value}")
    return ", ".join(words)[:120]


def small(op: Any) -> Any:
    """Return the value of a constant that is short enough to be said in words, else None."""
    if op.type != "Const":
        return None
    shape = op.outputs[0].shape
    if shape.rank is None or shape.rank > 1 or (shape.num_elements() or 0) > _SHORT:
        return None
    value = tf.make_ndarray(op.get_attr("value"))
    if value.dtype == object:
        return None
    plain = value.tolist()
    return tuple(plain) if isinstance(plain, list) else plain if isinstance(plain, bool) else f"{plain:g}"


def flops(op: Any) -> int | None:
    """Return the floating-point operations of products of matrices and convolutions; None for anything else."""
    kind, shapes = op.type, [tensor.shape for tensor in op.inputs]
    if any(shape.rank is None for shape in shapes) or not op.outputs or op.outputs[0].shape.rank is None:
        return None
    kind = "BatchMatMul" if kind.startswith("BatchMatMul") else kind
    count = _COUNTS.get(kind)
    try:
        return (
            None
            if count is None
            else count(op, [tuple(shape) for shape in shapes], tuple(op.outputs[0].shape))
        )
    except (IndexError, ValueError):
        return None


def _size(shape: Shape) -> int:
    return math.prod(length or 1 for length in shape)


def _matmul(op: Any, shapes: list[Shape], out: Shape) -> int:
    first = "transpose_a" if op.type == "MatMul" else "adj_x"
    return 2 * _size(out) * (shapes[0][-2 if op.get_attr(first) else -1] or 1)


def _conv(op: Any, shapes: list[Shape], out: Shape) -> int:
    return 2 * _size(out) * _size(shapes[1][:-1])


def _depthwise(op: Any, shapes: list[Shape], out: Shape) -> int:
    return 2 * _size(out) * _size(shapes[1][:2])


def _einsum(op: Any, shapes: list[Shape], out: Shape) -> int:
    return einsum_flops(op.get_attr("equation").decode(), shapes)


def _conv_to_input(op: Any, shapes: list[Shape], out: Shape) -> int:
    return 2 * _size(shapes[2]) * _size(shapes[1][:3])


def _conv_to_filter(op: Any, shapes: list[Shape], out: Shape) -> int:
    return 2 * _size(shapes[2]) * _size(out[:-1])


_COUNTS: Final[dict[str, Callable[[Any, list[Shape], Shape], int]]] = {
    "MatMul": _matmul,
    "BatchMatMul": _matmul,
    "Einsum": _einsum,
    "Conv2D": _conv,
    "Conv3D": _conv,
    "DepthwiseConv2dNative": _depthwise,
    "Conv2DBackpropInput": _conv_to_input,
    "Conv2DBackpropFilter": _conv_to_filter,
}
