"""A number from whatever a person logs, without importing any framework.

A tensor can only exist if its framework was imported, so `sys.modules` tells whether to look for one. Values that
already lie in the computer's own memory become floats at once: the person may change the tensor in place in the next
line. A value on an accelerator is copied there, which waits for nothing; `DeviceQueue` reads it later.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from nnwidgets._errors import MetricError
from nnwidgets._i18n import t


def host_number(name: str, value: Any) -> float | None:
    """Return ``value`` as a float, or None if it lies on an accelerator.

    Raises
    ------
    MetricError
        If ``value`` is not one real number.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        if value.numel() != 1:
            raise not_scalar(name, tuple(value.shape))
        return _real(name, value.item()) if value.is_cpu else None
    if isinstance(value, (int, float)):
        return _real(name, value)
    if value is None or isinstance(value, (str, bytes, list, tuple, dict, set)):
        raise MetricError(
            t(
                "{name} is {described}, not a number. Log one number for each metric, "
                "for example run.log({keyword}=0.5).",
                name=repr(name),
                described=_describe(value),
                keyword=_safe_keyword(name),
            )
        )
    try:
        array = np.asarray(value)
    except Exception as error:
        raise MetricError(
            t(
                "{name} is {described} and cannot be read as a number: {error}",
                name=repr(name),
                described=_describe(value),
                error=error,
            )
        ) from error
    if array.size != 1:
        raise not_scalar(name, array.shape)
    return _real(name, array.reshape(()).item())


def tensor_class() -> type | None:
    """Return ``torch.Tensor``, or None while nobody has imported torch."""
    torch = sys.modules.get("torch")
    return getattr(torch, "Tensor", None)  # torch may be half imported, by another thread


def not_scalar(name: str, shape: tuple[int, ...]) -> MetricError:
    """Make the error for a value of many numbers."""
    return MetricError(
        t(
            "{name} has shape {shape}, but a metric is one number a step. "
            "Reduce it first, for example with .mean(), or log its parts under names of their own.",
            name=repr(name),
            shape=shape,
        )
    )


def _real(name: str, value: object) -> float:
    if isinstance(value, (int, float)):  # bool is an int
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")
    raise MetricError(
        t("{name} is {described}, not a real number.", name=repr(name), described=_describe(value))
    )


def _describe(value: object) -> str:
    if value is None:
        return "None"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 40 else text[:39] + '…'}"


def _safe_keyword(name: str) -> str:
    return name if name.isidentifier() else "loss"
