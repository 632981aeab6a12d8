"""Where the epochs lie on the axis of steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnwidgets._points import Floats

#: Steps after which an epoch of unknown length is drawn as half done.
_HALF = 100.0


class EpochAxis:
    """Turns steps into epochs and back: straight between the boundaries that are known.

    Beyond the last boundary the open epoch has the planned length, else that of the epoch before. Where nothing is
    known, in a first epoch without a length, the coordinate rises ever more slowly towards the next whole number.
    """

    def __init__(self) -> None:
        self._steps = np.zeros(16)
        self._epochs = np.zeros(16)
        self._size = 0
        self._planned: int | None = None
        #: Grows with every boundary.
        self.version = 0

    def begin(self, step: int, epoch: float) -> None:
        """Say that the coordinate is exactly ``epoch`` when ``step`` steps are completed."""
        if self._size and (step < self._steps[self._size - 1] or epoch < self._epochs[self._size - 1]):
            return
        self.version += 1
        if self._size and step == self._steps[self._size - 1]:
            self._epochs[self._size - 1] = epoch
            return
        if self._size == len(self._steps):
            self._steps = np.resize(self._steps, 2 * self._size)
            self._epochs = np.resize(self._epochs, 2 * self._size)
        self._steps[self._size], self._epochs[self._size] = step, epoch
        self._size += 1

    def planned(self, steps_per_epoch: int | None) -> None:
        """Say how many steps the open epoch will have, or None where that is not known."""
        self._planned = steps_per_epoch

    @property
    def known(self) -> bool:
        """Whether there is anything to say about epochs."""
        return self._size > 1 or bool(self._size and self._epochs[0]) or self._planned is not None

    @property
    def boundaries(self) -> list[tuple[int, float]]:
        """Every boundary, as (completed steps, epoch)."""
        return [
            (int(s), float(e))
            for s, e in zip(self._steps[: self._size], self._epochs[: self._size], strict=True)
        ]

    def at(self, steps: ArrayLike) -> Floats:
        """Return the epoch coordinate of each step."""
        where = np.asarray(steps, dtype=np.float64)
        if not self._size:
            return self._open(where)
        inside = np.interp(where, self._steps[: self._size], self._epochs[: self._size])
        beyond = where - self._steps[self._size - 1]
        return np.where(
            beyond > 0, self._epochs[self._size - 1] + self._open(np.maximum(beyond, 0.0)), inside
        )

    def steps_at(self, epochs: ArrayLike) -> Floats:
        """Return the steps at which the coordinate has these values."""
        where = np.asarray(epochs, dtype=np.float64)
        size = self._size
        first_step, first = (self._steps[size - 1], self._epochs[size - 1]) if size else (0.0, 0.0)
        length = self._length()
        ahead = np.maximum(where - first, 0.0)
        beyond = first_step + (ahead * length if length else _HALF * ahead / np.maximum(1.0 - ahead, 1e-3))
        if not size:
            return beyond
        inside = np.interp(where, self._epochs[:size], self._steps[:size])
        return np.where(where > first, beyond, inside)

    def starts(self, lo: float, hi: float, n: int) -> list[tuple[int, float]]:
        """Return at most ``n`` whole epochs between two steps, as (completed steps, epoch), on a round stride."""
        steps, epochs = self._steps[: self._size], self._epochs[: self._size]
        inside = (steps >= lo) & (steps <= hi) & (epochs == np.floor(epochs)) & (epochs > 0)
        steps, epochs = steps[inside], epochs[inside]
        stride, tens, pick = 1, 1, 0
        while np.count_nonzero(epochs % stride == 0) > n:
            pick = (pick + 1) % 3
            tens = tens * 10 if pick == 0 else tens
            stride = (1, 2, 5)[pick] * tens
        kept: NDArray[np.bool_] = epochs % stride == 0
        return [(int(s), float(e)) for s, e in zip(steps[kept], epochs[kept], strict=True)]

    def _length(self) -> float | None:
        """Return the steps of the open epoch, as far as anyone can tell."""
        if self._planned:
            return float(self._planned)
        if self._size > 1:
            steps = self._steps[self._size - 1] - self._steps[self._size - 2]
            epochs = self._epochs[self._size - 1] - self._epochs[self._size - 2]
            return float(steps / epochs) if epochs > 0 else None
        return None

    def _open(self, beyond: Floats) -> Floats:
        length = self._length()
        if length:
            return np.minimum(beyond / length, 1.0) if self._planned else beyond / length
        return beyond / (beyond + _HALF)
