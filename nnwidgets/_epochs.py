"""Where the epochs lie on the axis of steps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from nnwidgets._points import Floats, Steps

#: Steps after which an epoch of unknown length is drawn as half done.
_HALF: Final = 100.0
#: By how much of an epoch a boundary may lie beside the line through its neighbours to be dispensable.
_STRAIGHT: Final = 1e-9


class EpochAxis:
    """Turns steps into epochs and back: straight between the boundaries that are known.

    Beyond the last boundary the open epoch has the planned length, and ends where that is reached; with no plan it has
    the length of the epoch before, and goes on. Where nothing is known, in a first epoch without a length, the
    coordinate rises ever more slowly towards the next whole number: half of it after 100 steps.

    One thread calls `begin` and `planned` (the worker's), any thread the rest.
    """

    def __init__(self) -> None:
        self._steps = np.zeros(16)
        self._epochs = np.zeros(16)
        self._size = 0
        self._repeated = 0.0
        self._planned: int | None = None
        #: Grows with everything that moves the coordinates of steps.
        self.version = 0

    def begin(self, step: int, epoch: float) -> None:
        """Say that the coordinate is exactly ``epoch`` when ``step`` steps are completed.

        Said again later, as by a person who logs ``epoch=3`` with each batch, it means that the epoch is still open:
        the first time counts. What would go backwards is ignored. A run that begins elsewhere has its 0.0 at step 0.
        """
        if not self._size and step > 0 and epoch > 0:
            self._append(0, 0.0)
        last_step, last = self._last()
        if self._size and epoch == last:
            self._repeated = max(self._repeated, step)
        elif not self._size or (step > last_step and epoch > last):
            if self._dispensable(step, epoch):
                self._size -= 1
            self._append(step, epoch)
        elif step == last_step and epoch > last:
            self._epochs[self._size - 1] = epoch
            self.version += 1

    def planned(self, steps_per_epoch: int | None) -> None:
        """Say how many steps the open epoch will have, or None where that is not known."""
        if steps_per_epoch != self._planned:
            self._planned = steps_per_epoch
            self.version += 1

    @property
    def known(self) -> bool:
        """Whether there is anything to say about epochs."""
        begun = self._size > 1 or bool(self._size and self._epochs[0]) or self._repeated > 0
        return begun or self._planned is not None

    @property
    def boundaries(self) -> list[tuple[int, float]]:
        """The boundaries, as (completed steps, epoch); without those that lie within an epoch, straight on the way."""
        steps, epochs = self._all()
        return [(int(step), float(epoch)) for step, epoch in zip(steps, epochs, strict=True)]

    def at(self, steps: ArrayLike) -> Floats:
        """Return the epoch coordinate of each step; the shape is kept."""
        where = np.asarray(steps, dtype=np.float64)
        known_steps, known_epochs = self._all()
        if not len(known_steps):
            return self._open(np.maximum(where, 0.0))
        beyond = where - known_steps[-1]
        return np.where(
            beyond > 0,
            known_epochs[-1] + self._open(np.maximum(beyond, 0.0)),
            np.interp(where, known_steps, known_epochs),
        )

    def steps_at(self, epochs: ArrayLike) -> Floats:
        """Return the steps, fractions among them, at which the coordinate has these values; the shape is kept."""
        where = np.asarray(epochs, dtype=np.float64)
        known_steps, known_epochs = self._all()
        if not len(known_steps):
            return self._until(np.maximum(where, 0.0))
        beyond = where - known_epochs[-1]
        return np.where(
            beyond > 0,
            known_steps[-1] + self._until(np.maximum(beyond, 0.0)),
            np.interp(where, known_epochs, known_steps),
        )

    def starts(self, lo: float, hi: float, n: int) -> list[tuple[int, float]]:
        """Return where epochs begin, from step ``lo`` to ``hi``, as (completed steps, epoch): at most ``n``.

        They are every 1st, 2nd, 5th, 10th … epoch; not the first of all, nor those that have not begun.
        """
        known = self._all()[1]
        if n < 1 or not len(known) or hi < lo:
            return []
        first, last = (float(np.minimum(self.at(bound), known[-1])) for bound in (lo, hi))
        begin, end = max(1, int(np.ceil(first))), int(np.floor(last))
        stride = _stride(begin, end, n)
        epochs: Steps = np.arange(-(-begin // stride) * stride, end + 1, stride)
        steps = np.rint(self.steps_at(epochs))
        inside = (steps >= lo) & (steps <= hi)
        return [(int(s), float(e)) for s, e in zip(steps[inside], epochs[inside], strict=True)]

    def _all(self) -> tuple[Floats, Floats]:
        size = self._size  # read once: the worker may add one meanwhile
        return self._steps[:size], self._epochs[:size]

    def _last(self) -> tuple[float, float]:
        return (self._steps[self._size - 1], self._epochs[self._size - 1]) if self._size else (0.0, 0.0)

    def _append(self, step: float, epoch: float) -> None:
        if self._size == len(self._steps):
            self._steps = np.resize(self._steps, 2 * self._size)
            self._epochs = np.resize(self._epochs, 2 * self._size)
        self._steps[self._size], self._epochs[self._size] = step, epoch
        self._size += 1
        self.version += 1

    def _dispensable(self, step: float, epoch: float) -> bool:
        """Tell whether the last boundary, within an epoch, lies on the line from the one before to the new one."""
        last_step, last = self._last()
        if self._size < 2 or last == np.floor(last):
            return False
        before_step, before = self._steps[self._size - 2], self._epochs[self._size - 2]
        share = (last_step - before_step) / (step - before_step)
        return bool(abs(before + share * (epoch - before) - last) < _STRAIGHT)

    def _length(self) -> float | None:
        """Return the steps of the open epoch, as far as anyone can tell."""
        if self._planned:
            return float(self._planned)
        steps, epochs = self._all()
        if len(steps) < 2:
            return None
        length = float((steps[-1] - steps[-2]) / (epochs[-1] - epochs[-2]))
        return length if self._repeated - steps[-1] < length else None

    def _open(self, beyond: Floats) -> Floats:
        """Return how much of the coordinate some steps after the last boundary add to it."""
        length = self._length()
        if length is None:
            return beyond / (beyond + _HALF)
        if self._planned:
            return np.minimum(beyond / length, self._left())
        return beyond / length

    def _until(self, ahead: Floats) -> Floats:
        """Return the steps after the last boundary that add so much to the coordinate."""
        length = self._length()
        if length is None:
            return _HALF * ahead / np.maximum(1.0 - ahead, 1e-3)
        return ahead * length

    def _left(self) -> float:
        """Return how far the last boundary is from the next whole epoch."""
        last = self._last()[1]
        return float(np.floor(last)) + 1.0 - last


def _stride(begin: int, end: int, n: int) -> int:
    """Return the least of 1, 2, 5, 10 … of which at most ``n`` multiples lie from ``begin`` to ``end``."""
    strides: Iterator[int] = (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))
    return next(stride for stride in strides if end // stride - (begin - 1) // stride <= n)
