"""All runs of a folder again and again, with their sparklines: only files that changed are read anew."""

from __future__ import annotations

import math
import os
import time
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
_NOTHING: Final = (0, 0)


class Row(NamedTuple):
    """One stored run and the course of its loss."""

    info: RunInfo
    spark: Spark


class RunRows:
    """Reads the runs of one folder. Used on the worker thread."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._known: dict[str, tuple[_Stamp, Row]] = {}
        #: Whether some files were left for the next time.
        self.behind = False

    def read(self, store: RunStore, seconds: float | None = None) -> list[Row]:
        """Return all runs of a folder, the newest first.

        Parameters
        ----------
        store
            The folder.
        seconds
            How long to read at most, but one file in any case: what changed last comes as it was, and what is new is
            left out, the oldest first.

        Raises
        ------
        StoreError
            If the folder cannot be read.
        """
        if store.root != self._root:
            self._root, self._known = store.root, {}
        self.behind, read = False, 0
        known: dict[str, tuple[_Stamp, Row]] = {}
        stamps = _stamps(store)
        end = math.inf if seconds is None else time.perf_counter() + seconds
        for name in sorted(stamps, reverse=True):
            before, stamp = self._known.get(name), stamps[name]
            # A run that is written may have lost its writer meanwhile: nothing in its file tells.
            if before is None or before[0] != stamp or before[1].info.status in OPEN_STATUSES:
                if not read or time.perf_counter() < end:
                    before, read = (stamp, _read(store.root / name)), read + 1
                else:
                    self.behind = True
            if before is not None:
                known[name] = before
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


def _stamps(store: RunStore) -> dict[str, _Stamp]:
    """Return, for each file of a run, when it and its journal were written and how large they are."""
    try:
        with os.scandir(store.root) as entries:
            found = {entry.name: entry for entry in entries}
    except OSError:
        return {path.name: (0, 0, 0, 0) for path in store.paths()}  # which tells what is wrong
    return {
        name: (*_facts(entry), *(_facts(found[name + _WAL]) if name + _WAL in found else _NOTHING))
        for name, entry in found.items()
        if name.endswith(_runfile.SUFFIX)
    }


def _facts(entry: os.DirEntry[str]) -> tuple[int, int]:
    try:
        facts = entry.stat()
    except OSError:
        return _NOTHING
    return facts.st_mtime_ns, facts.st_size
