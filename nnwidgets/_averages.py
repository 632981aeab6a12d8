"""Means over the samples of a validation."""

from __future__ import annotations

from typing import Any


class Averages:
    """Adds up what is logged for each batch, weighted by the number of its samples.

    Values on an accelerator are added up there, so that no batch waits for the device.
    """

    def __init__(self) -> None:
        #: Samples in the current batch; 1 where they cannot be told.
        self.batch_size: int | None = None
        self._sums: dict[str, Any] = {}
        self._weights: dict[str, float] = {}

    def add(self, values: dict[str, Any], batch_size: int | None) -> None:
        """Take the means over one batch: floats, or one-element tensors on a device."""
        weight = batch_size or self.batch_size or 1
        for name, value in values.items():
            term = value * weight
            self._sums[name] = self._sums[name] + term if name in self._sums else term
            self._weights[name] = self._weights.get(name, 0.0) + weight

    def means(self) -> dict[str, Any]:
        """Return the mean of each metric, still on its device."""
        return {name: total / self._weights[name] for name, total in self._sums.items()}
