"""The tables of a run's file for graphs and for samples of what happens inside the model.

::

    graphs   id, step, label, graph      JSON of the graph, compressed (zlib); what had changed before it, in words
    layouts  id, layout                  JSON of names of layers and parameters, compressed
    samples  id, step, time, layout, data
                                         little-endian float32 of one sample; the id of its layout

They are made when first needed, so a file without them is as whole as one with them, and a reader that does not know
them still reads the rest. A row that is damaged is left out.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from nnwidgets._errors import GraphError
from nnwidgets._i18n import t
from nnwidgets._layer_history import MOST
from nnwidgets._layer_sample import Layout, Sample
from nnwidgets.graph import Graph

if TYPE_CHECKING:
    import sqlite3

#: Samples that are kept however fast they come; of further ones at most one in so many seconds.
FREELY: Final = 200
SECONDS: Final = 1.0
#: Bytes of samples at most; when they are full, every second one goes.
MOST_BYTES: Final = 50 * 2**20
#: A graph, or the names of a layout, of one row at most when unpacked: more is no file of ours.
_UNPACKED: Final = 2**28

_CREATE: Final = """
CREATE TABLE IF NOT EXISTS graphs (
    id INTEGER PRIMARY KEY, step INTEGER NOT NULL, label TEXT NOT NULL, graph BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS layouts (id INTEGER PRIMARY KEY, layout BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS samples (
    id INTEGER PRIMARY KEY, step INTEGER NOT NULL, time REAL NOT NULL, layout INTEGER NOT NULL, data BLOB NOT NULL
);
"""
T = TypeVar("T")

#: The step, what had changed before, in words, and the graph.
Drawn = tuple[int, str, Graph]


class LayerLog:
    """Writes them. Used within the transactions of a run's one writer; another one begins anew from the file.

    Parameters
    ----------
    db
        The connection of the writer.
    """

    def __init__(self, db: sqlite3.Connection, *, most_bytes: int = MOST_BYTES) -> None:
        self._db, self._most_bytes = db, most_bytes
        self._ready = False
        self._layouts: dict[Layout, int] = {}
        self._count = self._bytes = 0
        self._latest = -np.inf
        self._pause = SECONDS

    def add(self, graphs: Sequence[Drawn], samples: Sequence[Sample]) -> None:
        """Write graphs and samples, of these not more than there is room for. Within a transaction."""
        if not graphs and not samples:
            return
        self._begin()
        self._db.executemany(
            "INSERT INTO graphs (step, label, graph) VALUES (?, ?, ?)",
            [
                (int(step), str(label), zlib.compress(graph.to_json().encode(), 6))
                for step, label, graph in graphs
            ],
        )
        for sample in samples:
            self._add(sample)

    def _add(self, sample: Sample) -> None:
        if self._count >= FREELY and sample.time - self._latest < self._pause:
            return
        data = sample.values.astype("<f4").tobytes()
        if self._bytes + len(data) > self._most_bytes:
            self._thin()
            if self._bytes + len(data) > self._most_bytes:
                return
        self._db.execute(
            "INSERT INTO samples (step, time, layout, data) VALUES (?, ?, ?, ?)",
            (int(sample.step), float(sample.time), self._id(sample.layout), data),
        )
        self._count += 1
        self._bytes += len(data)
        self._latest = sample.time

    def _id(self, layout: Layout) -> int:
        known = self._layouts.get(layout)
        if known is None:
            names = json.dumps(
                {"modules": layout.modules, "parameters": layout.parameters}, ensure_ascii=False
            )
            # Names may hold what is no text, lone surrogates.
            packed = zlib.compress(names.encode(errors="replace"), 6)
            cursor = self._db.execute("INSERT INTO layouts (layout) VALUES (?)", (packed,))
            known = self._layouts[layout] = int(cursor.lastrowid or 0)
        return known

    def _thin(self) -> None:
        """Let every second sample go, and take half as many from now on."""
        self._db.executemany("DELETE FROM samples WHERE id = ?", _ids(self._db)[1::2])
        self._pause *= 2
        self._measure()

    def _begin(self) -> None:
        if self._ready:
            return
        for statement in _CREATE.split(";"):  # executescript would commit
            if statement.strip():
                self._db.execute(statement)
        self._measure()
        self._ready = True

    def _measure(self) -> None:
        count, size, latest = self._db.execute(
            "SELECT count(*), coalesce(sum(length(data)), 0), max(time) FROM samples"
        ).fetchone()
        self._count, self._bytes = int(count), int(size)
        self._latest = -np.inf if latest is None else float(latest)


def read_graphs(db: sqlite3.Connection) -> list[Drawn]:
    """Return the graphs of a run, oldest first."""
    return _rows(db, "graphs", "SELECT step, label, graph FROM graphs ORDER BY id", _graph)


def read_samples(db: sqlite3.Connection) -> list[Sample]:
    """Return the samples of a run, oldest first, evenly chosen where there are more than memory keeps."""
    layouts = dict(_rows(db, "layouts", "SELECT id, layout FROM layouts", _layout))

    def sample(row: tuple[int, float, int, bytes]) -> Sample:
        step, time, layout, data = row
        values = np.frombuffer(data, "<f4").astype(np.float32)
        if len(values) != layouts[layout].size:
            raise ValueError("of another layout")
        return Sample(int(step), float(time), layouts[layout], values)

    query = "SELECT step, time, layout, data FROM samples ORDER BY id"
    with contextlib.suppress(*_damage()):
        ids = _ids(db) if _has(db, "samples") else []
        if len(ids) > MOST:
            chosen = np.linspace(0, len(ids) - 1, MOST).astype(int)
            one = "SELECT step, time, layout, data FROM samples WHERE id = ?"
            return [found for i in chosen for found in _rows(db, "samples", one, sample, ids[i])]
    return _rows(db, "samples", query, sample)


def _rows(
    db: sqlite3.Connection, table: str, query: str, read: Callable[..., T], given: tuple[int, ...] = ()
) -> list[T]:
    """Read the rows that can be read; none where there is no such table."""
    found: list[T] = []
    with contextlib.suppress(*_damage()):
        for row in db.execute(query, given) if _has(db, table) else ():
            with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError, zlib.error, GraphError):
                found.append(read(row))
    return found


def _has(db: sqlite3.Connection, table: str) -> bool:
    found = db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
    return found.fetchone() is not None


def _ids(db: sqlite3.Connection) -> list[tuple[int]]:
    return db.execute("SELECT id FROM samples ORDER BY id").fetchall()


def _damage() -> tuple[type[Exception], ...]:
    import sqlite3

    return (sqlite3.DatabaseError,)


def _graph(row: tuple[int, str, bytes]) -> Drawn:
    step, label, graph = row
    return int(step), str(label), Graph.from_json(_unpacked(graph))


def _layout(row: tuple[int, bytes]) -> tuple[int, Layout]:
    names = json.loads(_unpacked(row[1]))
    modules, parameters = (tuple(map(str, names[key])) for key in ("modules", "parameters"))
    return int(row[0]), Layout(modules, parameters)


def _unpacked(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    unpacked = stream.decompress(data, _UNPACKED)
    if not stream.eof:
        raise ValueError(t("it is cut off, or larger than anything of ours"))
    return unpacked
