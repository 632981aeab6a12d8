"""All runs of a folder again and again, with their sparklines: only files that changed are read anew."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from nnwidgets import _runfile
from nnwidgets._runinfo import PATIENCE, RunInfo, describe, read_info
from nnwidgets._spark import Spark, read_spark
from nnwidgets.protocol import OPEN_STATUSES
from nnwidgets.store import RunStore

#: What a write-ahead journal adds to a file's name; the file itself may stay as it is while that grows.
_WAL: Final = "-wal"
_Stamp = tuple[int, int, int, int]


class Row(NamedTuple):
    """One stored run and the course of its loss."""

    info: RunInfo
    spark: Spark


class RunRows:
    """Reads the runs of one folder. Used on the worker thread."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._known: dict[Path, tuple[_Stamp, Row]] = {}

    def read(self, store: RunStore) -> list[Row]:
        """Return all runs of a folder, the newest first.

        Raises
        ------
        StoreError
            If the folder cannot be read.
        """
        if store.root != self._root:
            self._root, self._known = store.root, {}
        known: dict[Path, tuple[_Stamp, Row]] = {}
        for path in store.paths():
            stamp = _stamp(path)
            before = self._known.get(path)
            # A run that is written may have lost its writer meanwhile: nothing in its file tells.
            if before is None or before[0] != stamp or before[1].info.status in OPEN_STATUSES:
                before = (stamp, _read(path))
            known[path] = before
        self._known = known
        rows = [row for _, row in known.values()]
        return sorted(rows, key=lambda row: (row.info.started, row.info.id), reverse=True)


#: What every list of this process is made from. The worker thread.
listed: Final = RunRows()


def _read(path: Path) -> Row:
    try:
        facts = path.stat()
        with closing(_runfile.open_to_read(path, PATIENCE)) as db:
            return Row(describe(db, path, facts.st_size, facts.st_mtime), read_spark(db))
    except Exception:  # noqa: BLE001 - what is wrong with it is found out, and put into words, there
        return Row(read_info(path), Spark())


def _stamp(path: Path) -> _Stamp:
    return (*_facts(path), *_facts(path.with_name(path.name + _WAL)))


def _facts(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError:
        return 0, 0
    return facts.st_mtime_ns, facts.st_size
