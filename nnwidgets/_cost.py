"""A meter of what watching costs, so that the panel can say it."""

from __future__ import annotations

import time
from typing import Final

#: Processor time of this thread; a browser's Python counts none, and has one thread.
thread_time: Final = getattr(time, "thread_time", time.perf_counter)


class Cost:
    """Our share of the time since the run began.

    The training thread adds the seconds that it spent in our calls (every 16th call is measured and stands for
    16), the worker adds its processor time. The sum is an upper bound: on a second core the worker may cost the
    training nothing.
    """

    SAMPLE = 16

    def __init__(self) -> None:
        self.in_training = 0.0
        self.in_worker = 0.0

    def share(self, elapsed: float) -> float | None:
        """Return the share of ``elapsed`` seconds, 0 to 1, or None before half a second has passed."""
        if elapsed < 0.5:
            return None
        return min(1.0, (self.in_training + self.in_worker) / elapsed)


class WorkerClock:
    """Adds the processor time of a block to a cost. ``with WorkerClock(cost): …``."""

    def __init__(self, cost: Cost) -> None:
        self._cost = cost

    def __enter__(self) -> None:
        self._since = thread_time()

    def __exit__(self, *_: object) -> None:
        self._cost.in_worker += thread_time() - self._since
