"""Points in a run's file: written a few at a time, read many at a time.

Each flush adds one small row for each series. Rows are merged like the digits of a counter: of `FAN` rows of
one level becomes one of the next, and as soon as the unfinished rows hold `BLOCK` points they become one
finished row. So a series has one row for each `BLOCK` points and some 200 more at most, and a point is
rewritten four times at most, however it arrives. Merging is part of the transaction that made it necessary.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from nnwidgets import _runjson
from nnwidgets._errors import RunDamagedError
from nnwidgets._i18n import t
from nnwidgets._points import Points

if TYPE_CHECKING:
    import sqlite3

FAN = 64
BLOCK = 1 << 15

#: What one transaction spends on merging: a thousand series must not all be merged in one long one.
BUDGET = 1 << 18
#: What merging a row costs, where a point costs 1.
_ROW_COST: Final = 64

#: The level of rows that are never merged again.
FINISHED: Final = 99

_INSERT: Final = "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_BLOBS: Final = "SELECT step, time, value, first, last FROM chunks WHERE series = ? AND "


class _Row(NamedTuple):
    id: int
    level: int
    n: int


@dataclass
class _Tail:
    """The unfinished rows of a series, in order; their levels never rise."""

    rows: list[_Row] = field(default_factory=list)
    n: int = 0

    def add(self, row: _Row) -> None:
        self.rows.append(row)
        self.n += row.n

    def mergeable(self) -> tuple[int, int] | None:
        """Return from which row on to merge, and into which level, or None."""
        rows = self.rows
        if self.n >= BLOCK:
            return 0, FINISHED
        if len(rows) < FAN or rows[-FAN].level != rows[-1].level:
            return None
        level = rows[-1].level
        return next(i for i, row in enumerate(rows) if row.level == level), level + 1


class ChunkLog:
    """The points in one open file, as its only writer sees them. Not thread-safe.

    After a transaction that was rolled back this object is out of step with the file: make a new one.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._ids: dict[str, int] = dict(db.execute("SELECT name, id FROM series").fetchall())
        self._next: int = db.execute("SELECT coalesce(max(id), 0) + 1 FROM chunks").fetchone()[0]
        self._tails: defaultdict[int, _Tail] = defaultdict(_Tail)
        unfinished = "SELECT series, id, level, n FROM chunks WHERE level < ? ORDER BY id"
        for series, *row in db.execute(unfinished, (FINISHED,)):
            self._tails[series].add(_Row(*row))
        self._left = BUDGET

    def add(self, batch: dict[str, Points]) -> None:
        """Append points, inside a transaction of the caller's."""
        self._left = BUDGET
        for name, points in batch.items():
            series = self._series(name)
            for start in range(0, len(points.step), BLOCK):
                self._insert(series, points.part(slice(start, start + BLOCK)))
                self._merge(series)

    def _series(self, name: str) -> int:
        name = _runjson.text(name)
        if name not in self._ids:
            self._db.execute("INSERT INTO series (name) VALUES (?)", (name,))
            self._ids[name] = self._db.execute("SELECT last_insert_rowid()").fetchone()[0]
        return self._ids[name]

    def _insert(self, series: int, points: Points) -> None:
        n, tail = len(points.step), self._tails[series]
        level = FINISHED if n >= BLOCK and not tail.rows else 0
        first, last = int(points.step.min()), int(points.step.max())
        blobs = (points.step.astype("<i8"), points.time.astype("<f8"), points.value.astype("<f8"))
        self._db.execute(_INSERT, (self._next, series, level, n, first, last, *(b.tobytes() for b in blobs)))
        if level != FINISHED:
            tail.add(_Row(self._next, level, n))
        self._next += 1

    def _merge(self, series: int) -> None:
        """Merge what has become mergeable, as far as the budget reaches; the rest waits for a later batch."""
        tail = self._tails[series]
        while self._left > 0 and (found := tail.mergeable()) is not None:
            start, level = found
            parts = tail.rows[start:]
            n = self._replace(series, parts, level)
            del tail.rows[start:]
            tail.n -= n
            if level != FINISHED:
                tail.add(_Row(parts[0].id, level, n))
            self._left -= n + _ROW_COST * len(parts)

    def _replace(self, series: int, parts: list[_Row], level: int) -> int:
        """Put one row in the place of ``parts`` and return how many points it has."""
        span = (series, parts[0].id, parts[-1].id)
        rows = self._db.execute(_BLOBS + "id BETWEEN ? AND ? ORDER BY id", span).fetchall()
        self._db.execute("DELETE FROM chunks WHERE series = ? AND id BETWEEN ? AND ?", span)
        steps, times, values, firsts, lasts = zip(*rows, strict=True)
        n = sum(row.n for row in parts)
        joined = (b"".join(steps), b"".join(times), b"".join(values))
        self._db.execute(_INSERT, (parts[0].id, series, level, n, min(firsts), max(lasts), *joined))
        return n


def read_names(db: sqlite3.Connection) -> list[str]:
    """Return the names of all series, in the order in which they first appeared."""
    return [name for (name,) in db.execute("SELECT name FROM series ORDER BY id")]


def read_points(db: sqlite3.Connection, name: str, lo: int | None, hi: int | None) -> Points:
    """Return the points of a series whose steps lie in ``lo .. hi``, both included; none for an unknown name.

    The file is locked against its writer only while the rows are fetched.

    Raises
    ------
    RunDamagedError
        If the stored arrays do not fit together.
    """
    where, bounds = "series = (SELECT id FROM series WHERE name = ?)", [_runjson.text(name)]
    query = _BLOBS.replace("series = ?", where) + "last >= ? AND first <= ? ORDER BY id"
    limits = (_INT64.min if lo is None else int(lo), _INT64.max if hi is None else int(hi))
    rows = db.execute(query, (*bounds, *limits)).fetchall()
    points = Points(
        _join([row[0] for row in rows], "<i8", np.int64),
        _join([row[1] for row in rows], "<f8", np.float64),
        _join([row[2] for row in rows], "<f8", np.float64),
    )
    if not len(points.step) == len(points.time) == len(points.value):
        raise RunDamagedError(t("the points of {name} do not fit together", name=repr(name)))
    inside = (points.step >= limits[0]) & (points.step <= limits[1])
    return points if inside.all() else points.part(inside)


def _join(blobs: list[Any], stored: str, wanted: type) -> Any:
    whole = bytearray().join(blobs)
    if len(whole) % 8:
        raise RunDamagedError(t("a stored array is cut short"))
    return np.frombuffer(whole, dtype=stored).astype(wanted, copy=False)


_INT64: Final = np.iinfo(np.int64)
