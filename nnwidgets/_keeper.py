"""The worker's end of a run: what was appended becomes history, file, progress and frames."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nnwidgets._cost import WorkerClock
from nnwidgets._errors import StoreError
from nnwidgets._flags import Flags, as_event
from nnwidgets._notices import Notices, as_entry
from nnwidgets._open_runs import open_runs, unjudged
from nnwidgets._points import Points
from nnwidgets._progress import Meter
from nnwidgets._resources import Resources, read_resources
from nnwidgets._rows import Rows
from nnwidgets._saver import Saver, place
from nnwidgets._worker import worker
from nnwidgets.graph import Graph
from nnwidgets.history import History
from nnwidgets.protocol import Notice, Progress
from nnwidgets.store import RunWriter

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Seconds between two readings of memory and processor use.
_RESOURCES: Final = 2.0
#: Seconds between two readings of the model's facts, which change when a lazily built model is built.
_FACTS: Final = 10.0
#: Points of a series that stay in memory where a file holds them too; zooming reads older ones back in milliseconds.
_KEPT: Final = 200_000


class Keeper:
    """Everything of a run that the training thread does not touch."""

    def __init__(self, run: Run, store: bool | str | Path, *, exclusive: bool) -> None:
        self._run = run
        self._exclusive = exclusive
        #: Whether the run is only a recording, opened from a file or made of a dict.
        self.recorded = False
        self.progress = Progress()
        self.resources: Resources | None = None
        self._notices = Notices()
        self._store = place(store, self._notices.add)
        #: Whether the run is to be kept when old runs are cleared away.
        self.pinned = False
        self._saver = Saver(self._open_writer, self.notify) if self._store is not None else None
        self.history = History(source=self._saver, keep=_KEPT)
        if self._saver is not None:
            self._saver.history = self.history
        self.flags = Flags(self.history)
        self._meter = Meter()
        self._observers: list[Callable[[Run], object]] = []
        self._changed = True
        self._created = False
        self._next_resources = self._next_inline = self._next_config = 0.0
        self._config: dict[str, Any] = {}
        self._rows = Rows(run)
        self._told = 0

    @property
    def root(self) -> Path | None:
        """The folder that the run is kept in, or None."""
        return self._store.root if self._store else None

    @property
    def is_stored(self) -> bool:
        """Whether the run's file is there."""
        return self._store is not None and self._store.has(self._run.id)

    @property
    def snapshots(self) -> Path | None:
        """The folder for the run's snapshots, or None."""
        return self._store.snapshots(self._run.id) if self._store else None

    @property
    def notices(self) -> list[Notice]:
        return self._notices.all()

    @property
    def saved_step(self) -> int | None:
        return self._saver.saved_step if self._saver else None

    def open(self) -> None:
        """Begin to take rows, at the start and when an ended run goes on."""
        if self._exclusive and self._saver is not None and not self._created:
            # A disk that refuses is met again, and told, at the first save; an id that is taken raises here.
            with contextlib.suppress(StoreError):
                self._saver.begin()
        self._meter.restart()
        open_runs[id(self)] = self._run
        worker.add(id(self), self._tick)
        if not worker.threaded:
            self._run._intake.attentive = True

    def close(self) -> None:
        """Take the last rows, save, show the last frame, and let go."""
        open_runs.pop(id(self), None)
        self._and_wait(self._last_tick, 10.0)

    def flush(self, timeout: float) -> bool:
        if self.recorded:
            return True
        return self._and_wait(functools.partial(self._tick, now=True), timeout)

    def amend(self) -> None:
        """Write the status anew after it turned out how the run really ended."""
        self._and_wait(self._last_tick, 10.0)

    def touch(self) -> None:
        """Show and store a change of the run's own facts with the next tick."""
        self._changed = True
        if self._run.status not in ("running", "paused") and not self.recorded:
            self.amend()
        elif self._saver is not None:
            self._saver.touch()

    def fault(self, error: Exception) -> None:
        """Say that something of ours broke. Any thread."""
        self.call_soon(functools.partial(self._notices.fault, error))
        self._changed = True

    def observe(self, callback: Callable[[Run], object]) -> Callable[[], None]:
        observers = self._observers
        observers.append(callback)

        def forget() -> None:  # it holds no run: whoever may end it must not keep a model alive
            with contextlib.suppress(ValueError):
                observers.remove(callback)

        return forget

    def call_soon(self, job: Callable[[], object]) -> None:
        worker.call_soon(functools.partial(self.shield, job))

    def tick_inline(self, now: float) -> float:
        """Do the worker's part on the caller's thread, where threads cannot be started; return the seconds it took."""
        if now < self._next_inline:
            return 0.0
        self._tick()
        spent = time.perf_counter() - now
        self._next_inline = now + spent + worker.pause(spent)
        return spent

    def _and_wait(self, job: Callable[[], None], timeout: float) -> bool:
        with contextlib.suppress(Exception):  # a lost device must not keep the rest from being saved
            self._run._intake.device.drain()
        done = threading.Event()

        def then() -> None:
            try:
                self.shield(job)
            finally:
                done.set()

        worker.call_soon(then)
        return done.wait(timeout)

    def shield(self, job: Callable[[], object]) -> None:
        """Run a job of ours; a fault in it becomes a notice."""
        with WorkerClock(self._run._cost):
            try:
                job()
            except Exception as error:  # noqa: BLE001 — whatever it is, it must not reach the training
                self._notices.fault(error)
                self._changed = True

    def _tick(self, *, now: bool = False) -> None:
        self.shield(functools.partial(self._work, now=now))

    def _last_tick(self) -> None:
        worker.remove(id(self))
        self._work(now=True)
        if self._saver is not None:
            self._saver.close()

    def _work(self, *, now: bool) -> None:
        batch, anchors = self._rows.take()
        for step, epoch in anchors:
            self.history.epochs.begin(step, epoch)
        if batch or anchors:
            self.history.extend(batch)
            self._changed = True
            self._notices.after(batch, self.history)
            if self._saver is not None:
                self._saver.add(batch, anchors)
        self._watch(batch)
        self._take_samples(now=now)
        self._read_progress()
        if self._saver is not None and self._saver.save(self._run._position.step, self._meta, now=now):
            self._changed = self._changed or now
        if self._changed or now:
            self._changed = False
            for callback in tuple(self._observers):
                # A view may leave a part for its next frame, so that each one stays small.
                self._changed = self._call(callback) or self._changed

    def _watch(self, batch: Mapping[str, Points]) -> None:
        """Keep and show what was decided since the last time, and the flags that follow from it all."""
        told, ledger = self._told, self._run._steering.ledger.entries
        self._told = len(ledger)
        decided = ledger[told : self._told]
        flags = self.flags.take(batch, decided, self._run._ended_at)
        for event in (*(outcome.as_event() for outcome in decided), *(as_event(flag) for flag in flags)):
            if self._saver is not None:
                self._saver.event(event)
            self._changed = True
        for flag in flags:
            self.shield(functools.partial(self.flags.tell, flag))

    def _take_samples(self, *, now: bool) -> None:
        samples = self._run._sampling.take(all_of_them=now)
        if samples:
            self.history.layers.append(*samples)
            if self._saver is not None:
                self._saver.samples(samples)
            self._changed = True

    def _read_progress(self) -> None:
        run = self._run
        self.history.epochs.planned(run._position.steps_per_epoch)
        progress = self._meter.read(run._position, run.elapsed)
        self._changed = (
            self._changed or progress.step != self.progress.step or progress.phase != self.progress.phase
        )
        self.progress = progress
        clock = time.monotonic()
        if clock >= self._next_resources and self._observers:
            self._next_resources = clock + _RESOURCES
            self.resources = read_resources()
            self._changed = True

    def _call(self, callback: Callable[[Run], object]) -> bool:
        try:
            return callback(self._run) is True
        except Exception as error:  # noqa: BLE001 — whatever a view does must not reach the training
            self._notices.fault(error)
            return False

    def notify(self, notice: Notice) -> None:
        """Tell a person something. The worker thread."""
        self._notices.add(notice)
        self._changed = True

    def keep_graph(self, step: int, label: str, graph: Graph) -> None:
        """Keep a graph with the run. The worker thread."""
        if self._saver is not None:
            self._saver.graph(step, label, graph)
        self._changed = True

    def _open_writer(self) -> RunWriter:
        assert self._store is not None
        if self._created:
            return self._store.reopen(self._run.id)
        writer = self._store.create(self._run.id, self._meta())
        self._created = True
        return writer

    def _facts(self) -> dict[str, Any]:
        """Return the run's facts; counting a large model's parameters takes too long for every commit."""
        clock = time.monotonic()
        if clock >= self._next_config or self._run._ended_at is not None:
            self._next_config = clock + _FACTS
            self._config = self._run.config
        return self._config

    def _meta(self) -> Mapping[str, Any]:
        run, progress = self._run, self.progress
        loss = self.history.get("val/loss")
        lowest = loss.lowest if loss is not None else None
        ended = run._ended_at is not None
        return {
            "name": run.name,
            "status": run.status,
            "error": run.error,
            "framework": run.framework,
            "started": run.started.isoformat(),
            "duration": run.elapsed,
            "ended": ended,
            # Should the process end before its cell, only this tells that the run did not end by itself.
            "unjudged": unjudged(run),
            "step": run._position.step,
            "epochs_done": progress.epoch,
            "epochs_planned": progress.epochs,
            "best": lowest.value if lowest is not None else None,
            "flag": self.flags.level,
            "pinned": self.pinned,
            "config": self._facts(),
            "notices": [as_entry(notice) for notice in self.notices],
            "layer_notes": list(self.history.layers.notes),
        }
