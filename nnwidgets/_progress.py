"""How far, how fast and how long: counted on the training thread, read by the worker."""

from __future__ import annotations

import time
from collections import deque

from nnwidgets.protocol import Phase, Progress

#: Seconds over which the speed is measured.
WINDOW = 3.0


class Position:
    """Where a training stands. Written by the training thread alone; each read is one attribute."""

    def __init__(self) -> None:
        self.step = 0
        self.epoch = 0
        self.epochs: int | None = None
        self.step_in_epoch = 0
        self.steps_per_epoch: int | None = None
        self.phase: Phase = "idle"

    @property
    def coordinate(self) -> float:
        """Epochs completed, with the share of the open one where its length is known."""
        per_epoch = self.steps_per_epoch
        return self.epoch + (min(1.0, self.step_in_epoch / per_epoch) if per_epoch else 0.0)


class Meter:
    """Turns positions into speed and remaining time. Used on the worker thread."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()
        self._first: tuple[float, float] | None = None

    def read(self, position: Position, elapsed: float) -> Progress:
        """Return the progress at ``elapsed`` seconds since the run began."""
        now = time.monotonic()
        self._marks.append((now, position.step))
        while len(self._marks) > 2 and now - self._marks[0][0] > WINDOW:
            self._marks.popleft()
        done = position.coordinate
        rate = self._rate()
        epoch_left, run_left = self._left(position, done, elapsed, rate)
        return Progress(
            step=position.step,
            epoch=position.epoch,
            epochs=position.epochs,
            step_in_epoch=position.step_in_epoch,
            steps_per_epoch=position.steps_per_epoch,
            phase=position.phase,
            steps_per_second=rate,
            elapsed=elapsed,
            epoch_left=epoch_left,
            run_left=run_left,
            fraction=min(1.0, done / position.epochs) if position.epochs else None,
        )

    def restart(self) -> None:
        """Forget the speed measured so far, after a break in the training."""
        self._marks.clear()
        self._first = None

    def _rate(self) -> float | None:
        (t0, s0), (t1, s1) = self._marks[0], self._marks[-1]
        return (s1 - s0) / (t1 - t0) if t1 > t0 and s1 > s0 else None

    def _left(
        self, position: Position, done: float, elapsed: float, rate: float | None
    ) -> tuple[float | None, float | None]:
        if self._first is None:
            self._first = (elapsed, done)
        epoch_left = None
        if rate and position.steps_per_epoch:
            epoch_left = max(0, position.steps_per_epoch - position.step_in_epoch) / rate
        since, before = self._first
        run_left = None
        if position.epochs and done > before:  # validation and all else between two epochs is in this average
            run_left = max(0.0, (position.epochs - done) * (elapsed - since) / (done - before))
        return epoch_left, run_left
