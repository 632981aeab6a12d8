"""Cheap numbers about tensors: from evenly spaced elements, on the tensor's own device, without waiting for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch

#: Elements of an activation that its mean and deviation are computed of at most.
ELEMENTS: Final = 4_096
#: Elements that are looked at for units that are dead: more, because each unit is judged by its own.
_FOR_UNITS: Final = 2**18
#: Numbers of each unit that it takes to judge it, and samples of a batch that are looked at in any case.
_FOR_ONE_UNIT: Final = 16
_PLAIN: Final = (torch.Tensor, torch.nn.Parameter)

_is_wrapped: Callable[[torch.Tensor], bool] = getattr(
    getattr(torch._C, "_functorch", None), "is_functorch_wrapped_tensor", lambda _: False
)


def measurable(value: Any) -> bool:
    """Whether this is a plain tensor of real numbers that lies somewhere.

    Parts of a tensor that is spread over processes are left alone: reading one would have all of them wait.
    """
    return (
        type(value) in _PLAIN
        and value.layout is torch.strided
        and value.is_floating_point()
        and not value.is_meta
        and not value.is_nested
        and value.numel() > 0
        and not _is_wrapped(value)
    )


def first_measurable(output: Any) -> torch.Tensor | None:
    """Return the first such tensor in what a module returned."""
    if isinstance(output, torch.Tensor):
        return output if measurable(output) else None
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, (tuple, list)):
        for part in output[:4]:
            found = first_measurable(part)
            if found is not None:
                return found
    return None


def sampled(tensor: torch.Tensor, most: int) -> torch.Tensor:
    """Return at most about ``most`` elements, evenly spaced, of one dimension; a view where that is possible."""
    plain = tensor.detach()
    count = plain.numel()
    if plain.is_contiguous():
        flat = plain.view(-1)
    elif plain.ndim == 4 and plain.is_contiguous(memory_format=torch.channels_last):
        flat = plain.permute(0, 2, 3, 1).reshape(-1)
    else:
        while plain.numel() > 2 * most:  # what follows copies it
            plain = _halved(plain, max(range(plain.ndim), key=lambda d: plain.shape[d]))
        flat = plain.reshape(-1)
        count = flat.numel()
    stride = count // most
    if stride <= 1:
        return flat
    while math.gcd(stride, count) != 1:  # else it would meet the same columns in each row
        stride += 1
    return flat[::stride]


def widened(tensor: torch.Tensor) -> torch.Tensor:
    """Return numbers of half precision as of single: their squares would not fit."""
    return tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.float()


def dead_share(output: torch.Tensor, axis: int) -> torch.Tensor | None:
    """Return the share of units that are zero for the whole batch, or None where too little of each is known.

    Parameters
    ----------
    output
        What comes out of a ReLU, of at least two dimensions.
    axis
        The dimension of the units: channels or features.
    """
    plain = output.detach()
    axis %= plain.ndim
    units = plain.shape[axis]
    if plain.numel() // units < _FOR_ONE_UNIT:
        return None
    most = max(_FOR_UNITS, units * _FOR_ONE_UNIT)
    while plain.numel() > most:
        lengths = {
            d: n for d, n in enumerate(plain.shape) if d != axis and n > (_FOR_ONE_UNIT if d == 0 else 1)
        }
        if not lengths:
            break
        # The samples of a batch are alike; then every second place of a picture or a text.
        d = 0 if 0 in lengths else max(lengths, key=lengths.__getitem__)
        if d == 0:
            plain = plain.narrow(0, 0, max(_FOR_ONE_UNIT, plain.shape[0] * most // plain.numel()))
        else:
            plain = _halved(plain, d)
    highest = plain.amax([d for d in range(plain.ndim) if d != axis])
    return (highest <= 0).float().mean()


def norms(tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return the L2 norm of each tensor, in single precision at least."""
    exact = [tensor for tensor in tensors if tensor.dtype in (torch.float32, torch.float64)]
    found = iter(_norms(exact))
    return [
        next(found)
        if tensor.dtype in (torch.float32, torch.float64)
        else torch.linalg.vector_norm(tensor, dtype=torch.float32)
        for tensor in tensors
    ]


def _norms(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    if not tensors:
        return []
    try:
        return list(torch._foreach_norm(tensors))
    except (AttributeError, RuntimeError):  # it is private, and not every device has it
        return [torch.linalg.vector_norm(tensor) for tensor in tensors]


def _halved(tensor: torch.Tensor, dimension: int) -> torch.Tensor:
    """Return every second slice along a dimension."""
    return tensor[(slice(None),) * dimension + (slice(None, None, 2),)]
