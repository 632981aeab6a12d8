"""Keeps a run on disk as it goes, and says so when it cannot.

A disk that is full or read-only never stops a training: what could not be written is kept and tried again, and the
person sees since which step nothing is saved.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from nnwidgets._errors import NnwidgetsError
from nnwidgets._i18n import t
from nnwidgets._layer_sample import Sample
from nnwidgets._points import NO_POINTS, Points
from nnwidgets.graph import Graph
from nnwidgets.history import History
from nnwidgets.protocol import Notice
from nnwidgets.store import RunStore, RunWriter, can_store

#: Seconds between two commits, between two tries after a failure, and between two heartbeats.
COMMIT, RETRY, BEAT = 0.5, 5.0, 5.0
#: Samples of layers that wait for the disk at most.
_WAITING: Final = 500


def place(store: bool | str | Path, notify: Callable[[Notice], None]) -> RunStore | None:
    """Return where a run is to be kept.

    Parameters
    ----------
    store
        A folder, True for the usual one, False for none.
    notify
        Told where nothing can be kept although it should be.

    Returns
    -------
    RunStore or None
        None keeps the run in memory only.
    """
    if store is False:
        return None
    if can_store():
        return RunStore(None if store is True else store)
    text = t("This Python has no sqlite3: the run is kept in memory only, and is gone when the kernel ends.")
    notify(Notice("store", "warning", text))
    return None


class Saver:
    """Writes batches in commits of half a second. Used on the worker thread.

    Parameters
    ----------
    open_writer
        Makes the run's file; called with the first data, so that a run that logs nothing leaves no file.
    notify
        Called with a notice when saving fails or works again.
    """

    def __init__(
        self,
        open_writer: Callable[[], RunWriter],
        notify: Callable[[Notice], None],
    ) -> None:
        self._open = open_writer
        #: Told what is safe on disk, so that it may drop old points from memory.
        self.history: History | None = None
        self._notify = notify
        self.writer: RunWriter | None = None
        self._closed: RunWriter | None = None
        self.saved_step: int | None = None
        self._points: dict[str, list[Points]] = {}
        self._epochs: list[tuple[int, float]] = []
        self._events: list[Mapping[str, Any]] = []
        self._graphs: list[tuple[int, str, Graph]] = []
        self._samples: list[Sample] = []
        self._dirty = False
        self._next = 0.0
        self._beat = 0.0
        self._failing_since: int | None = None

    def begin(self) -> None:
        """Make the run's file now instead of with the first data."""
        if self.writer is None:
            self.writer = self._open()

    def add(self, batch: Mapping[str, Points], epochs: list[tuple[int, float]]) -> None:
        """Take what was just recorded."""
        for name, points in batch.items():
            self._points.setdefault(name, []).append(points)
        self._epochs += epochs
        self._dirty = True

    def event(self, event: Mapping[str, Any]) -> None:
        """Take something that happened, to be listed with the run."""
        self._events.append(event)
        self._dirty = True

    def touch(self) -> None:
        """Write the run's facts with the next commit, where there is a file of them."""
        self._dirty = self._dirty or self.writer is not None

    def graph(self, step: int, label: str, graph: Graph) -> None:
        """Take a graph, with the step and what had changed before it in words."""
        self._graphs.append((step, label, graph))
        self._dirty = True

    def samples(self, samples: Sequence[Sample]) -> None:
        """Take what was measured inside the model; while nothing can be saved, only the newest wait."""
        self._samples = [*self._samples, *samples][-_WAITING:]
        self._dirty = True

    def save(self, step: int, meta: Callable[[], Mapping[str, Any]], *, now: bool = False) -> bool:
        """Commit when it is time, or ``now``; return whether everything is on disk."""
        clock = time.monotonic()
        if not (self._dirty or now):
            self._heartbeat(clock)
            return True
        if clock < self._next and not now:
            return False
        try:
            self._commit(meta())
        except (NnwidgetsError, OSError) as error:
            self._next = clock + RETRY
            self._failed(step, error)
            return False
        self._next, self._beat = clock + COMMIT, clock + BEAT
        self.saved_step = step
        self._recovered(step)
        return True

    def close(self) -> None:
        """Let go of the file; it can still be read."""
        if self.writer is not None:
            self.writer.close()
            self._closed, self.writer = self.writer, None

    def points(self, name: str, lo: int | None, hi: int | None) -> Points:
        """Read back points that only the file still holds (the history's `PointSource`)."""
        writer = self.writer or self._closed
        return NO_POINTS if writer is None else writer.points(name, lo, hi)

    def _commit(self, meta: Mapping[str, Any]) -> None:
        self.begin()
        assert self.writer is not None
        batch = {
            name: parts[0] if len(parts) == 1 else Points(*map(np.concatenate, zip(*parts, strict=True)))
            for name, parts in self._points.items()
        }
        self.writer.append(
            batch,
            epochs=self._epochs,
            events=self._events,
            graphs=self._graphs,
            samples=self._samples,
            meta=meta,
        )
        for name, points in batch.items():
            if self.history is not None:
                self.history.committed(name, len(points.step))
        self._points, self._epochs, self._events = {}, [], []
        self._graphs, self._samples = [], []
        self._dirty = False

    def _heartbeat(self, clock: float) -> None:
        if self.writer is not None and clock >= self._beat:
            self._beat = clock + BEAT
            try:
                self.writer.beat()
            except (NnwidgetsError, OSError):  # the next commit reports it
                self._dirty = True

    def _failed(self, step: int, error: Exception) -> None:
        if self._failing_since is None:
            self._failing_since = 0 if self.saved_step is None else self.saved_step
        self._notify(
            Notice(
                "store",
                "error",
                t(
                    "Not saved since step {step}: {error} The training goes on.",
                    step=f"{self._failing_since:,}",
                    error=error,
                ),
                self._failing_since,
            )
        )

    def _recovered(self, step: int) -> None:
        if self._failing_since is not None:
            since, self._failing_since = self._failing_since, None
            self._notify(
                Notice(
                    "store",
                    "info",
                    t("Saved again: nothing was lost since step {step}.", step=f"{since:,}"),
                    step,
                )
            )
