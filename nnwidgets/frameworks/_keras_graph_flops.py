"""Floating-point operations of Keras layers and operations, a multiplication and an addition counted as two.

A dimension that is not fixed, as that of the batch, counts as one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from nnwidgets.frameworks._graph_einsum import einsum_flops
from nnwidgets.graph import Array

Shape = tuple[int | None, ...]


def flops(operation: Any, inputs: Sequence[Array], outputs: Sequence[Array]) -> int | None:
    """Return the operations of one call, or None where nobody knows."""
    for kind in type(operation).__mro__:
        count = _COUNTS.get(kind.__name__)
        if count is not None and kind.__module__.startswith("keras."):
            try:
                return count(operation, [a.shape for a in inputs], [a.shape for a in outputs])
            except (AttributeError, IndexError, TypeError, ValueError):
                return None
    return None


def _size(shape: Sequence[int | None]) -> int:
    return math.prod(length or 1 for length in shape)


def _dense(layer: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    return 2 * _size(outputs[0]) * (inputs[0][-1] or 1)


def _einsum_dense(layer: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    return einsum_flops(str(layer.equation), [inputs[0], tuple(layer.kernel.shape)])


def _conv(layer: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    return 2 * _places(layer, outputs[0]) * _size(layer.kernel.shape)


def _conv_transpose(layer: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    return 2 * _places(layer, inputs[0]) * _size(layer.kernel.shape)


def _separable(layer: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    weights = _size(layer.depthwise_kernel.shape) + _size(layer.pointwise_kernel.shape)
    return 2 * _places(layer, outputs[0]) * weights


def _places(layer: Any, shape: Shape) -> int:
    """Return how many places a kernel is laid on, for all samples."""
    first = getattr(layer, "data_format", "channels_last") == "channels_first"
    return _size((shape[0], *(shape[2:] if first else shape[1:-1])))


def _recurrent(layer: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    weights: int = sum(_size(w.shape) for w in layer.weights if "kernel" in w.name)
    return 2 * _size(inputs[0][:2]) * int(weights)


def _distributed(layer: Any, inputs: list[Shape], outputs: list[Shape]) -> int | None:
    times = inputs[0][1] or 1
    one = Array((inputs[0][0], *inputs[0][2:]), ""), Array((outputs[0][0], *outputs[0][2:]), "")
    count = flops(layer.layer, [one[0]], [one[1]])
    return None if count is None else times * count


def _attention(layer: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    """Count the projections of queries, keys, values and results, and both products of matrices."""
    query, value = inputs[0], inputs[1] if len(inputs) > 1 else inputs[0]
    key = inputs[2] if len(inputs) > 2 else value
    batch, reads, seen = query[0] or 1, _size(query[1:-1]), _size(value[1:-1])
    heads, width, depth = layer.num_heads, layer.key_dim, layer.value_dim or layer.key_dim
    count = reads * (query[-1] or 1) * heads * width + seen * (key[-1] or 1) * heads * width
    count += seen * (value[-1] or 1) * heads * depth + reads * heads * depth * (outputs[0][-1] or 1)
    return 2 * batch * int(count + heads * reads * seen * (width + depth))


def _simple_attention(layer: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    query, value = inputs[0], inputs[1]
    return 2 * (query[0] or 1) * (query[1] or 1) * (value[1] or 1) * ((query[-1] or 1) + (value[-1] or 1))


def _matmul(operation: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    axes = getattr(operation, "axes", -1)  # of the layer `Dot`
    axis = axes if isinstance(axes, int) else axes[0]
    return 2 * _size(outputs[0]) * (inputs[0][axis] or 1)


def _tensordot(operation: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    total = _size(inputs[0]) * _size(inputs[1])
    return 2 * math.isqrt(total * _size(outputs[0]))  # contracted² × kept in one × kept in the other


def _einsum(operation: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    return einsum_flops(operation.subscripts, inputs)


def _conv_operation(operation: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    kernel = inputs[1]
    return 2 * _places(operation, outputs[0]) * _size(kernel)


def _conv_transpose_operation(operation: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    return 2 * _places(operation, inputs[0]) * _size(inputs[1])


def _separable_operation(operation: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    return 2 * _places(operation, outputs[0]) * (_size(inputs[1]) + _size(inputs[2]))


def _dot_product_attention(operation: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    batch, reads, heads, width = (length or 1 for length in inputs[0])
    seen, depth = inputs[1][1] or 1, inputs[2][-1] or 1
    return 2 * batch * heads * reads * seen * (width + depth)


def _nothing(operation: Any, inputs: list[Shape], outputs: list[Shape]) -> int:
    return 0


def _unknown(operation: Any, inputs: list[Shape], outputs: list[Shape]) -> None:
    return None


_COUNTS: dict[str, Callable[[Any, list[Shape], list[Shape]], int | None]] = {
    "Dense": _dense,
    "EinsumDense": _einsum_dense,
    "BaseConv": _conv,
    "BaseDepthwiseConv": _conv,
    "BaseConvTranspose": _conv_transpose,
    "BaseSeparableConv": _separable,
    "Embedding": _nothing,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "SimpleRNN": _recurrent,
    "Bidirectional": _recurrent,
    "TimeDistributed": _distributed,
    "MultiHeadAttention": _attention,
    "AdditiveAttention": _unknown,
    "Attention": _simple_attention,
    "Matmul": _matmul,
    "Dot": _matmul,
    "Einsum": _einsum,
    "Tensordot": _tensordot,
    "Conv": _conv_operation,
    "DepthwiseConv": _conv_operation,
    "ConvTranspose": _conv_transpose_operation,
    "SeparableConv": _separable_operation,
    "DotProductAttention": _dot_product_attention,
}
