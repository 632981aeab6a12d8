"""Which training steps are sampled, so that what is measured in them costs little of the training's time."""

from __future__ import annotations

import math
import sys
from typing import Final

#: The share of the training's time that samples may take. What they slow down besides (caches that they empty, a device
#: that they keep busy) is not measured, so half of the two percent that are promised.
SHARE: Final = 0.01
#: Steps, and seconds, between two samples at least.
STEPS: Final = 10
SECONDS: Final = 0.25
#: The first samples need not be so many seconds apart if each takes less than this: short trainings have samples, too.
EARLY: Final = 3
CHEAP: Final = 0.005
#: What the first sample takes holds what happens once (imports, memory, warming up), so it counts this much less.
_ONCE: Final = 5
#: Steps between two looks at the clock at most: the pace may change.
_LOOK: Final = 64
_FIRST: Final = 2


class Plan:
    """Says when to sample next. The training thread.

    Parameters
    ----------
    every_step
        Sample every step, whatever it costs; for tests.

    Attributes
    ----------
    look_at : int
        The step at which to ask `is_due`; before it the answer is no.
    """

    def __init__(self, *, every_step: bool = False) -> None:
        self.every_step = every_step
        self.look_at = 1 if every_step else _FIRST
        self._step_due, self._time_due = self.look_at, -math.inf
        self._count = 0
        self._pace: tuple[int, float] | None = None

    def is_due(self, step: int, now: float) -> bool:
        """Tell whether a step is sampled; if not, move `look_at` on.

        Parameters
        ----------
        step
            The step that comes.
        now
            Seconds, by any clock that goes evenly.
        """
        if self.every_step or (step >= self._step_due and now >= self._time_due):
            return True
        self._look_again(step, now)
        return False

    def sampled(self, step: int, now: float, cost: float) -> None:
        """Take what the sample of a step cost, in seconds, and find the next."""
        self._count += 1
        if self.every_step:
            self.look_at = step + 1
            return
        # Ten, eleven, … steps: a loop that steps its optimizer every tenth batch must not be missed each time.
        self._step_due = step + STEPS + (self._count - 1) % 7
        cost /= _ONCE if self._count == 1 else 1
        early = self._count < EARLY and cost < CHEAP
        self._time_due = now + (0.0 if early else max(SECONDS, cost / SHARE))
        self._look_again(step, now)

    def dropped(self, step: int) -> None:
        """Say that the sample of a step came to nothing: the next step will do."""
        self.look_at = step + 1

    def stop(self) -> None:
        """Sample no more."""
        self.every_step = False
        self._step_due = self.look_at = sys.maxsize

    def _look_again(self, step: int, now: float) -> None:
        ahead = STEPS if now < self._time_due else 1
        if self._pace is not None and step > self._pace[0] and now > self._pace[1]:
            per_step = (now - self._pace[1]) / (step - self._pace[0])
            ahead = min(_LOOK, math.ceil(max(0.0, self._time_due - now) / per_step))
        self._pace = step, now
        self.look_at = max(self._step_due, step + max(1, ahead))
