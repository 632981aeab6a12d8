"""What a run asks of a framework, with the answers of one that knows nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Restore = Callable[[], None]


class Framework:
    """The adapter between a run and PyTorch, Keras, Lightning or hand-written code.

    This base is the adapter for hand-written code: batches pass through, there are no modes.
    """

    name = "numpy"

    def default_name(self) -> str:
        """Return what to call a run that nobody named."""
        return "run"

    def train_mode(self) -> None:
        """Put the model into training mode."""

    def eval_mode(self) -> Restore:
        """Put the model into evaluation mode without gradients; return what puts everything back."""
        return _nothing

    def to_device(self, batch: Any) -> Any:
        """Return the batch on the model's device."""
        return batch

    def batch_size(self, batch: Any) -> int | None:
        """Return the number of samples in a batch, or None if it cannot be told."""
        return leading_length(batch)

    def learning_rate(self) -> float | None:
        """Return the learning rate in force, or None; must be cheap and must not wait for a device."""
        return None

    def facts(self) -> dict[str, Any]:
        """Return what a person would note down about the model: parameters, device, optimizer. JSON-able."""
        return {}


def leading_length(batch: Any) -> int | None:
    """Return the first dimension of the first array in a batch of arrays, tuples, lists and dicts."""
    if isinstance(batch, dict):
        batch = next(iter(batch.values()), None)
        return None if batch is None else leading_length(batch)
    if isinstance(batch, (tuple, list)) and batch:
        first = batch[0]
        if isinstance(first, (tuple, list, dict)) or hasattr(first, "shape"):
            return leading_length(first)
        return len(batch)  # a list of plain samples
    shape = getattr(batch, "shape", None)
    if shape is not None and len(shape) > 0:
        return int(shape[0])
    return None


def _nothing() -> None:
    pass
