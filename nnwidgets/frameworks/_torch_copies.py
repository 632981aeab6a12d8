"""Copies of tensors, and of what is made of them, that know where the tensors lay."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from typing import Any

import torch


@contextlib.contextmanager
def ordinary() -> Iterator[None]:
    """Make tensors that can be trained with, also where a person's code stands in `torch.inference_mode`.

    What is made in that mode can never take part in a backward pass, and a command may be obeyed anywhere.
    """
    grad = torch.is_grad_enabled()
    with torch.inference_mode(False), torch.set_grad_enabled(grad):
        yield


@contextlib.contextmanager
def without_graph() -> Iterator[None]:
    """Make ordinary tensors that remember nothing of where they come from."""
    with ordinary(), torch.no_grad():
        yield


class Copy:
    """A copy of one tensor.

    Parameters
    ----------
    tensor
        What is copied.
    on_host
        Whether the copy of what lies on an accelerator is kept in the computer's own memory.
    """

    __slots__ = ("device", "value")

    def __init__(self, tensor: torch.Tensor, *, on_host: bool) -> None:
        self.device = tensor.device
        plain = tensor.detach()
        # What lies nowhere has no numbers that could be brought here.
        self.value = plain.to("cpu", copy=True) if on_host and not plain.is_meta else plain.clone()

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        value = self.value
        if value.layout is torch.sparse_coo:
            return int(value._indices().nbytes + value._values().nbytes)
        return value.numel() * value.element_size()

    def given(self) -> torch.Tensor:
        """Return a tensor of its own, where the one before lay."""
        return self.value.to(self.device, copy=True)

    def put(self, tensor: torch.Tensor) -> bool:
        """Give a tensor these numbers in place; return False where it has another form, and nothing was done."""
        if not _alike(tensor, self.value, self.device):
            return False
        write(tensor, self.value)
        return True


def write(tensor: torch.Tensor, value: torch.Tensor) -> None:
    """Give a tensor other numbers in place: whatever else points into its memory sees them."""
    # Past the count of versions, as the optimizer's state is no part of it either: a loop may have computed its loss
    # already, and backward() would refuse.
    tensor.data.copy_(value)


def fits(tensor: torch.Tensor, value: torch.Tensor) -> bool:
    """Tell whether a tensor can take numbers in place."""
    return _alike(tensor, value, value.device)


def _alike(tensor: torch.Tensor, value: torch.Tensor, device: torch.device) -> bool:
    return (
        type(value)
        is torch.Tensor  # a kind of its own, as quantized weights are, may lie in memory otherwise
        and tensor.layout is value.layout is torch.strided
        and tensor.shape == value.shape
        and tensor.dtype == value.dtype
        and tensor.device == device
        # One place in memory for several numbers, as `expand` makes it, cannot take several.
        and not any(step == 0 and n > 1 for step, n in zip(tensor.stride(), tensor.shape, strict=True))
    )


def taken(value: Any, *, on_host: bool = False) -> Any:
    """Return a copy of anything that shares no memory, with a `Copy` in place of each tensor."""
    if isinstance(value, torch.Tensor):
        return Copy(value, on_host=on_host)
    if isinstance(value, dict):
        return {key: taken(entry, on_host=on_host) for key, entry in value.items()}
    if type(value) in (list, tuple):
        return type(value)(taken(entry, on_host=on_host) for entry in value)
    return copy.deepcopy(value)


def given(value: Any) -> Any:
    """Return what was `taken`, in memory of its own and where it lay."""
    if isinstance(value, Copy):
        return value.given()
    if isinstance(value, dict):
        return {key: given(entry) for key, entry in value.items()}
    if type(value) in (list, tuple):
        return type(value)(given(entry) for entry in value)
    return copy.deepcopy(value)


def nbytes_of(value: Any) -> int:
    """Return the bytes of all tensors in what was `taken`."""
    if isinstance(value, Copy):
        return value.nbytes
    if isinstance(value, dict):
        return sum(nbytes_of(entry) for entry in value.values())
    return sum(nbytes_of(entry) for entry in value) if isinstance(value, (list, tuple)) else 0
