"""Computing something of our own while a person's computation goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch.utils._python_dispatch import _disable_current_modes


@contextlib.contextmanager
def aside() -> Iterator[None]:
    """Compute without gradients, seen by no mode of torch's: not by those of a person, nor by those of ours.

    Selective checkpointing, for example, counts what is computed, and would miss what it does not find again.
    """
    with torch._C.DisableTorchFunction(), torch.no_grad():
        if not torch._C._len_torch_dispatch_stack():
            yield
            return
        with _disable_current_modes():
            yield
