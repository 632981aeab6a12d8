"""What stands around a PyTorch module: the wrapper of ``torch.compile``."""

from __future__ import annotations

from typing import Any

from torch import nn


def inner(model: nn.Module) -> nn.Module:
    """Return the module inside ``torch.compile``'s wrapper, or the module itself."""
    original: Any = model.__dict__.get("_modules", {}).get("_orig_mod")
    return model if original is None else original
