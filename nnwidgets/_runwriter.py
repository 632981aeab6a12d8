"""The one writer of a run's file."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nnwidgets import _runfile, _runjson
from nnwidgets._chunks import ChunkLog, read_points
from nnwidgets._errors import MetricError, RunActiveError, RunClosedError, StoreError
from nnwidgets._held import hold, is_held, let_go
from nnwidgets._i18n import later, now, t
from nnwidgets._journal import JournalMode, set_journal
from nnwidgets._layer_sample import Sample
from nnwidgets._layer_tables import Drawn, LayerLog
from nnwidgets._liveness import OWNER_KEYS, is_live, owner
from nnwidgets._naming import MAX_NAME
from nnwidgets._points import Points
from nnwidgets._runreader import RunReader

if TYPE_CHECKING:
    import sqlite3

#: Seconds after a commit in which `RunWriter.beat` has nothing to say.
_FRESH: Final = 2.0

ADVICE: Final = later("Set NNWIDGETS_HOME to a folder that can be written and has room, or pass store=False.")


class RunWriter:
    """Appends to the file of one run; made by `RunStore.create` and `RunStore.reopen`.

    Every method may be called from any thread and waits for the others. Meant for one worker thread, because
    a commit waits for the disk, and up to ten seconds for a reader in another process. A process that was
    forked off cannot use it.

    Attributes
    ----------
    run_id
        The run's id.
    path
        Its file.
    """

    def __init__(self, path: Path, journal: JournalMode) -> None:
        self.path = path
        self.run_id = path.stem
        self.lock = threading.RLock()
        self._journal = journal
        self._pid = os.getpid()
        self._db: sqlite3.Connection | None = None
        self._log: ChunkLog | None = None
        self._layers: LayerLog | None = None
        self._closed = False
        self._written = 0.0
        with self._transaction() as (db, _):
            stored = _runfile.get_meta(db)
            if is_held(path) or is_live(path, stored, stored.get(_runfile.BEAT_KEY)):
                raise RunActiveError(t("Run {id} is still being written elsewhere.", id=repr(self.run_id)))
            _runfile.put_meta(db, owner())
        hold(self)

    def append(
        self,
        points: Mapping[str, Points],
        *,
        epochs: Sequence[tuple[int, float]] = (),
        events: Sequence[Mapping[str, Any]] = (),
        graphs: Sequence[Drawn] = (),
        samples: Sequence[Sample] = (),
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one batch, all of it or nothing. When this returns, the batch survives the process.

        Parameters
        ----------
        points
            New points by name of series.
        epochs
            Pairs of a step and the epoch coordinate that holds exactly there.
        events
            What happened, in order; kept as JSON, a value that JSON does not know as its text.
        graphs
            What the model computes: the step, what had changed before, in words, and the graph.
        samples
            What was measured inside the model; when there are many, some are left out.
        meta
            Facts of the run to set anew, kept in the same way.

        Raises
        ------
        StoreError
            If the disk is full, read-only or gone, or the file locked for ten seconds. Nothing of the batch
            is kept then: call again with it, later.
        MetricError
            If the columns of some points differ in length.
        RunClosedError
            After `close`.
        """
        batch = {name: _checked(name, column) for name, column in points.items()}
        with self._transaction() as (db, log):
            log.add(batch)
            db.executemany("INSERT INTO epochs VALUES (?, ?)", [(int(s), float(e)) for s, e in epochs])
            happened = [(_runjson.dumps(dict(event)),) for event in events]
            db.executemany("INSERT INTO events (event) VALUES (?)", happened)
            if self._layers is None:
                self._layers = LayerLog(db)
            self._layers.add(graphs, samples)
            _runfile.put_meta(db, stored_meta(meta or {}))

    def points(self, name: str, lo: int | None = None, hi: int | None = None) -> Points:
        """Return the points of a series from step ``lo`` to step ``hi``, both included, as far as committed.

        Works after `close`, too.

        Raises
        ------
        StoreError, RunDamagedError
            If the file cannot be read.
        """
        self._check_process()
        with self.lock:
            if self._db is not None:
                with _runfile.reading(self.path):
                    return read_points(self._db, name, lo, hi)
        with RunReader(self.path) as reader:
            return reader.points(name, lo, hi)

    def beat(self) -> None:
        """Say to those who look from another machine that the writer is alive; a commit says so, too.

        Raises
        ------
        StoreError
            As in `append`.
        """
        self._check_process()
        if time.monotonic() - self._written > _FRESH:
            self.append({})

    def close(self) -> None:
        """Let go of the file. It is then a single plain file, unless someone is reading it at this moment."""
        if self._pid != os.getpid():
            return
        with self.lock:
            self._closed = True
            let_go(self)
            if self._db is not None:
                import sqlite3

                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("PRAGMA busy_timeout=0")
                    self._db.execute("PRAGMA journal_mode=DELETE")
                self._drop()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[tuple[sqlite3.Connection, ChunkLog]]:
        import sqlite3

        self._check_process()
        with self.lock:
            if self._closed:
                raise RunClosedError(t("The file of run {id} is closed.", id=repr(self.run_id)))
            try:
                db, log = self._connect()
                db.execute("BEGIN IMMEDIATE")
                yield db, log
                _runfile.put_meta(db, {_runfile.BEAT_KEY: time.time()})
                db.execute("COMMIT")
            except sqlite3.Error as error:
                self._drop()
                raise StoreError(
                    t(
                        "Nothing could be saved to {path}: {error}. {advice}",
                        path=self.path,
                        error=error,
                        advice=now(ADVICE),
                    )
                ) from error
            except BaseException:
                self._drop()
                raise
            self._written = time.monotonic()

    def _connect(self) -> tuple[sqlite3.Connection, ChunkLog]:
        if not self.path.exists():
            raise StoreError(t("{path} is gone, so nothing more can be saved to it.", path=self.path))
        if self._db is None:
            self._db = _runfile.open_to_write(self.path)
            self._journal = set_journal(self._db, self._journal)
        if self._log is None:
            self._log = ChunkLog(self._db)
        return self._db, self._log

    def _drop(self) -> None:
        """Close the connection, which takes back what is not committed; the next use opens a fresh one."""
        db, self._db, self._log, self._layers = self._db, None, None, None
        if db is not None:
            db.close()

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            raise StoreError(
                t(
                    "Run {id} is written by process {pid}, and this one was forked from it. "
                    "Begin a new run here.",
                    id=repr(self.run_id),
                    pid=self._pid,
                )
            )


def stored_meta(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a run's facts: not who writes it, which the writer knows by itself."""
    kept = {key: v for key, v in meta.items() if key not in OWNER_KEYS and not key.startswith(".")}
    if isinstance(kept.get("name"), str):
        kept["name"] = kept["name"][:MAX_NAME]
    return kept


def _checked(name: str, points: Points) -> Points:
    points = Points.of(*points)
    if not len(points.step) == len(points.time) == len(points.value):
        raise MetricError(t("The points of {name} have columns of different lengths.", name=repr(name)))
    return points
