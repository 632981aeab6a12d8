"""Reads the file of a run, also while it is being written, and never changes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nnwidgets import _runfile, _runjson
from nnwidgets._chunks import read_names, read_points
from nnwidgets._layer_sample import Sample
from nnwidgets._layer_tables import Drawn, read_graphs, read_samples
from nnwidgets._liveness import is_live, is_there
from nnwidgets._points import Points
from nnwidgets.protocol import OPEN_STATUSES

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")


class RunReader:
    """One stored run; made by `RunStore.open`. Use it in a ``with`` statement, or call `close`.

    Every attribute is read from the file when it is asked for, so a run that is being written is seen as it
    grows. May be used from any thread.

    Attributes
    ----------
    run_id
        The run's id.
    path
        Its file.

    Raises
    ------
    RunDamagedError
        If the file cannot be read; also by every attribute and method.
    StoreError
        If its writer kept it locked for ten seconds; likewise.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run_id = path.stem
        self._lock = threading.Lock()
        with _runfile.reading(path):
            self._db: sqlite3.Connection = _runfile.open_to_read(path)

    @property
    def meta(self) -> dict[str, Any]:
        """The facts of the run. A run that was cut off has the status ``"interrupted"``."""
        return self._read(lambda db: public_meta(self.path, _runfile.get_meta(db)))

    @property
    def epochs(self) -> list[tuple[int, float]]:
        """Pairs of a step and the epoch coordinate that holds exactly there."""
        return self._read(lambda db: db.execute("SELECT step, epoch FROM epochs ORDER BY rowid").fetchall())

    @property
    def events(self) -> list[dict[str, Any]]:
        """What happened, in order."""
        query = "SELECT event FROM events ORDER BY id"
        return self._read(lambda db: [_runjson.loads(text) for (text,) in db.execute(query)])

    @property
    def graphs(self) -> list[Drawn]:
        """What the model computed: the step, what had changed before, in words, and the graph."""
        return self._read(read_graphs)

    @property
    def samples(self) -> list[Sample]:
        """What was measured inside the model, oldest first."""
        return self._read(read_samples)

    @property
    def names(self) -> list[str]:
        """The names of all series, in the order in which they first appeared."""
        return self._read(read_names)

    def points(self, name: str, lo: int | None = None, hi: int | None = None) -> Points:
        """Return the points of a series, steps ``lo`` to ``hi`` included; none for an unknown name."""
        return self._read(lambda db: read_points(db, name, lo, hi))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> RunReader:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        # The history of a loaded run reads from here for as long as it lives, and nobody knows when that ends.
        if hasattr(self, "_db"):
            self._db.close()

    def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock, _runfile.reading(self.path):
            return query(self._db)


def public_meta(path: Path, stored: dict[str, Any]) -> dict[str, Any]:
    """Return a run's facts without the store's own, and with the status that holds now."""
    meta = {key: value for key, value in stored.items() if not key.startswith(".")}
    if meta.get("status") in OPEN_STATUSES and not is_live(path, meta, stored.get(_runfile.BEAT_KEY)):
        meta["status"] = "interrupted"
    if meta.pop("unjudged", False) and not is_there(meta, stored.get(_runfile.BEAT_KEY)):
        meta["status"] = "interrupted"
    return meta
