"""Floating-point operations of one call, a multiplication and an addition counted as two, from shapes alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch

Args = tuple[Any, ...]
Kwargs = dict[str, Any]
Count = Callable[[Args, Kwargs, Any], Any]


def flops(name: str, args: Args, kwargs: Kwargs, result: Any) -> int | None:
    """Return how many floating-point operations a call took, or None where nobody knows.

    Parameters
    ----------
    name
        The function's name: ``linear``, ``conv2d``.
    args, kwargs, result
        What it was given and what came out.
    """
    count = _COUNTS.get(name)
    if count is None:
        return None
    try:
        return int(count(args, kwargs, result))
    except Exception:  # noqa: BLE001 — arguments that nobody thought of
        return None


def _numel(shape: Sequence[Any]) -> int:
    return math.prod(int(length) for length in shape)


def _given(args: Args, kwargs: Kwargs, place: int, *names: str) -> Any:
    if place < len(args):
        return args[place]
    return next(kwargs[name] for name in names if name in kwargs)


def _product(first: int) -> Count:
    """Count a product of matrices whose left factor is the argument at a place."""

    def count(args: Args, kwargs: Kwargs, result: Any) -> Any:
        left = _given(args, kwargs, first, "input", "mat1", "batch1", "self", "tensor", "mat")
        return 2 * result.numel() * int(left.shape[-1])

    return count


def _reversed(args: Args, kwargs: Kwargs, result: Any) -> Any:
    right = args[0]
    return 2 * result.numel() * int(right.shape[-2] if right.dim() > 1 else right.shape[0])


def _bilinear(args: Args, kwargs: Kwargs, result: Any) -> Any:
    return 2 * result.numel() * _numel(_given(args, kwargs, 2, "weight").shape[1:])


def _tensordot(args: Args, kwargs: Kwargs, result: Any) -> Any:
    a, b = args[0].numel(), args[1].numel()
    return 2 * result.numel() * math.isqrt(a * b // max(1, result.numel()))


def _addbmm(args: Args, kwargs: Kwargs, result: Any) -> Any:
    left = _given(args, kwargs, 1, "batch1")
    return 2 * result.numel() * int(left.shape[0]) * int(left.shape[-1])


def _conv(args: Args, kwargs: Kwargs, result: Any) -> Any:
    return 2 * result.numel() * _numel(_given(args, kwargs, 1, "weight").shape[1:])


def _conv_transpose(args: Args, kwargs: Kwargs, result: Any) -> Any:
    return (
        2
        * int(_given(args, kwargs, 0, "input").numel())
        * _numel(_given(args, kwargs, 1, "weight").shape[1:])
    )


def _attention(args: Args, kwargs: Kwargs, result: Any) -> Any:
    query, key, value = (_given(args, kwargs, i, name) for i, name in enumerate(("query", "key", "value")))
    pairs = _numel(query.shape[:-1]) * int(key.shape[-2])
    return 2 * pairs * (int(query.shape[-1]) + int(value.shape[-1]))


def _multi_head(args: Args, kwargs: Kwargs, result: Any) -> Any:
    query, key, value = (_given(args, kwargs, i, name) for i, name in enumerate(("query", "key", "value")))
    width = int(query.shape[-1])
    projections = width * (2 * query.numel() + key.numel() + value.numel())
    batch = int(query.shape[1]) if query.dim() == 3 else 1
    pairs = batch * int(query.shape[0]) * int(key.shape[0])
    return 2 * projections + 4 * pairs * width


def _einsum(args: Args, kwargs: Kwargs, result: Any) -> Any:
    equation, operands = args[0], args[1:]
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    if len(operands) != 2 or not isinstance(equation, str):
        raise ValueError("the order of the products is not known")
    lengths: dict[str, int] = {}
    for letters, operand in zip(
        equation.partition("->")[0].replace(" ", "").split(","), operands, strict=True
    ):
        before, dots, after = letters.partition("...")
        shape = [int(length) for length in operand.shape]
        middle = shape[len(before) : len(shape) - len(after)] if dots else []
        wide = [f".{len(middle) - i}" for i in range(len(middle))]
        for letter, length in zip((*before, *wide, *after), shape, strict=True):
            lengths[letter] = max(length, lengths.get(letter, 1))
    return 2 * math.prod(lengths.values())


def _recurrent(args: Args, kwargs: Kwargs, result: Any) -> Any:
    # Every matrix is used once for each step of each sequence; packed sequences come with the sizes of their batches.
    packed = isinstance(args[1], torch.Tensor) and args[1].dtype == torch.int64 and args[1].dim() == 1
    weights = args[3] if packed else args[2]
    steps = int(args[0].shape[0]) if packed or args[0].dim() < 3 else _numel(args[0].shape[:2])
    return 2 * steps * sum(weight.numel() for weight in weights if weight.dim() == 2)


def _cell(args: Args, kwargs: Kwargs, result: Any) -> Any:
    steps = int(args[0].shape[0]) if args[0].dim() > 1 else 1
    return 2 * steps * int(args[2].numel() + args[3].numel())


def _none(args: Args, kwargs: Kwargs, result: Any) -> Any:
    return 0


_COUNTS: Final[dict[str, Count]] = {
    **dict.fromkeys(("linear", "matmul", "mm", "bmm", "mv", "dot", "vdot", "inner"), _product(0)),
    **dict.fromkeys(("addmm", "baddbmm", "addmv"), _product(1)),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _conv_transpose),
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _recurrent),
    **dict.fromkeys(("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"), _cell),
    **dict.fromkeys(("embedding", "embedding_bag"), _none),
    "rmatmul": _reversed,
    "addbmm": _addbmm,
    "bilinear": _bilinear,
    "tensordot": _tensordot,
    "einsum": _einsum,
    "scaled_dot_product_attention": _attention,
    "multi_head_attention_forward": _multi_head,
}
