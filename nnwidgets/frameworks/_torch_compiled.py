"""What stands around a PyTorch module: the wrapper of ``torch.compile``."""

from __future__ import annotations

import gc
from typing import Any

import torch
from torch import nn


def inner(model: nn.Module) -> nn.Module:
    """Return the module inside ``torch.compile``'s wrapper, or the module itself."""
    parts = model.__dict__.get("_modules")
    original: Any = parts.get("_orig_mod") if isinstance(parts, dict) else None  # else it is a scripted one
    return model if original is None else original


def is_compiled(model: nn.Module) -> bool:
    """Whether a model runs under ``torch.compile``, also where the wrapper is in the person's hands alone."""
    if inner(model) is not model or model._compiled_call_impl is not None:
        return True
    if not anything_is_compiled():
        return False
    # Nothing leads from a module to what wraps it.
    return any(type(one) is dict and one.get("_orig_mod") is model for one in gc.get_referrers(model))


def anything_is_compiled() -> bool:
    """Whether anything was ever compiled in this process."""
    dynamo = getattr(torch, "_dynamo", None)
    backends = getattr(getattr(dynamo, "eval_frame", None), "cached_backends", None) or {}
    return any(backend is not None for backend in tuple(backends.values()))
