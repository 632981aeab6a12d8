"""The one thread beside the training: it reads what was logged, stores it and feeds the views.

Everything slow happens here, so that a training step pays for one append. All widget writes happen here too: traits
are not safe to write from two threads. The thread is a daemon, begins with the first run and sleeps while none is
open.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable

from nnwidgets._cost import thread_time

logger = logging.getLogger("nnwidgets")

#: Seconds between two frames, at least, unless a person set another pace.
FRAME_INTERVAL = 0.1
#: The share of a processor that frames may take: on a slow machine there are fewer of them, at least two a second.
FRAME_BUDGET = 0.02
SLOWEST_FRAMES = 0.5


class Worker:
    """Runs ticks at a steady pace and jobs as soon as it can."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._wake = threading.Event()
        self._jobs: deque[Callable[[], object]] = deque()
        self._ticks: dict[int, Callable[[], None]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        #: The process that this belongs to. Asking the system in every training step would be a system call.
        self.process = os.getpid()
        #: Seconds between two frames, at least.
        self.interval = FRAME_INTERVAL
        #: False where threads cannot be started (Pyodide): then callers run their own ticks.
        self.threaded = True

    def add(self, key: int, tick: Callable[[], None]) -> None:
        """Call ``tick`` every `interval` on the worker thread until `remove`. Any thread."""
        with self._lock:
            self._ticks[key] = tick
        self._start()
        self._wake.set()

    def remove(self, key: int) -> None:
        """End the ticks of ``key``. Any thread."""
        with self._lock:
            self._ticks.pop(key, None)

    def call_soon(self, job: Callable[[], object]) -> None:
        """Run ``job`` on the worker thread, before the next tick. Any thread; at once where threads do not exist."""
        self._start()
        if not self.threaded or self.here():
            _guarded(job)
            return
        self._jobs.append(job)
        self._wake.set()

    def here(self) -> bool:
        """Whether the caller is on the worker thread."""
        return threading.current_thread() is self._thread

    def pause(self, spent: float) -> float:
        """Return the seconds until the next frames, after some that took ``spent`` seconds."""
        return max(self.interval, min(spent / FRAME_BUDGET, SLOWEST_FRAMES))

    def _start(self) -> None:
        with self._lock:
            if not self.threaded or (self._thread is not None and self._thread.is_alive()):
                return
            thread = threading.Thread(target=self._loop, name="nnwidgets", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                self.threaded = False
                return
            self._thread = thread

    def _loop(self) -> None:
        due = time.monotonic()
        while True:
            with self._lock:
                ticks = list(self._ticks.values())
            wait = max(0.0, due - time.monotonic()) if ticks else None
            self._wake.wait(wait)
            self._wake.clear()
            while self._jobs:
                _guarded(self._jobs.popleft())
            if time.monotonic() >= due:
                began = thread_time()
                _all_guarded(ticks)
                due = time.monotonic() + self.pause(thread_time() - began)


def _all_guarded(calls: list[Callable[[], None]]) -> None:
    """Call all. In a function of its own, as the last one would stay in a local of a loop that sleeps: with its run."""
    for call in calls:
        _guarded(call)


def _guarded(call: Callable[[], object]) -> None:
    """Call, and keep a fault of ours away from the other runs."""
    try:
        call()
    except Exception:
        logger.exception("nnwidgets: a fault in its worker thread; the training is not affected")


worker = Worker()

# A forked child (a data loader's) has the parent's objects but not its thread.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=worker._reset)
