"""The values of single batches, from the running means that Keras reports.

After batch k of an epoch Keras reports the mean over batches 1 … k. The curve should show the batch itself, as it does
for PyTorch, so the mean is taken apart again: ``b_k = m_{k-1} + k (m_k - m_{k-1})``. This is exact for batches of equal
weight; a smaller last batch, or sample weights, scale the difference ``b_k - m_{k-1}`` by the batch's share. In float32
the relative error is about ``6e-8 k``.
"""

from __future__ import annotations


class RunningMeans:
    """Takes the running means of one epoch apart, in order of batches though they may arrive out of order."""

    def __init__(self) -> None:
        self._means: dict[str, tuple[int, float]] = {}
        self._early: dict[int, tuple[int, dict[str, float]]] = {}
        self._next = 0

    def add(self, batch: int, count: int, logs: dict[str, float]) -> list[tuple[int, dict[str, float]]]:
        """Take the means after batches ``batch … batch + count - 1``, counted from 0.

        Returns
        -------
        list of (last batch, values)
            What can be said now, in order; values are the means over the batches of one report.
        """
        self._early[batch] = (count, logs)
        ready = []
        while self._next in self._early:
            count, logs = self._early.pop(self._next)
            self._next += count
            ready.append((self._next - 1, self._apart(count, logs)))
        return ready

    def _apart(self, count: int, logs: dict[str, float]) -> dict[str, float]:
        values = {}
        for name, mean in logs.items():
            seen, before = self._means.get(name, (0, 0.0))
            total = seen + count
            values[name] = before + (mean - before) * total / count if seen else mean
            self._means[name] = (total, mean)
        return values
