"""The thread that writes snapshots to disk, so that neither the training nor the panel waits for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

#: Seconds after which a thread with nothing to do ends.
_IDLE: Final = 5.0


class SnapshotWriter:
    """Writes one file after another. What waits for the same file is replaced by what comes later."""

    def __init__(self) -> None:
        self.forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Begin anew: a forked process has neither the thread nor the files to write."""
        self._jobs: dict[Path, Callable[[], None]] = {}
        self._changed = threading.Condition()
        self._alive = self._busy = False

    def put(self, path: Path, job: Callable[[], None]) -> None:
        """Have a file written, at once where threads cannot be started."""
        with self._changed:
            self._jobs[path] = job
            self._changed.notify_all()
            self._alive = self._alive or self._begin()
            if not self._alive:
                del self._jobs[path]
        if not self._alive:
            job()

    def _begin(self) -> bool:
        thread = threading.Thread(target=self._work, name="nnwidgets snapshots", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # a browser's Python has no threads
            return False
        return True

    def drain(self, timeout: float = 60.0) -> bool:
        """Wait until nothing is left to write; return whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs and not self._busy, timeout)

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: bool(self._jobs), _IDLE):
                    self._alive = False
                    return
                path = next(iter(self._jobs))
                job = self._jobs.pop(path)
                self._busy = True
            try:
                job()
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()


writer: Final = SnapshotWriter()
