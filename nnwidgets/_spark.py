"""The course of a run's loss in a few values, read from its file without reading all of it."""

from __future__ import annotations

import bisect
import itertools
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from nnwidgets._points import Floats
from nnwidgets.desk_facts import MOST_SPARKS

if TYPE_CHECKING:
    import sqlite3

#: Points around each place whose mean is taken: a loss of single batches is too noisy for its points to be drawn.
_AROUND: Final = 256
SERIES: Final[tuple[tuple[Literal["val", "train"], str], ...]] = (
    ("val", "val/loss"),
    ("train", "train/loss"),
)


class Spark(NamedTuple):
    """At most `MOST_SPARKS` values, None where the loss is not finite, and of which loss they are."""

    values: tuple[float | None, ...] = ()
    of: Literal["val", "train", "none"] = "none"


def read_spark(db: sqlite3.Connection) -> Spark:
    """Return the validation loss in a file, or the training loss where there is none."""
    for split, name in SERIES:
        rows = db.execute(
            "SELECT id, n FROM chunks WHERE series = (SELECT id FROM series WHERE name = ?) ORDER BY id",
            (name,),
        ).fetchall()
        if rows:
            return Spark(_values(db, rows), split)
    return Spark()


def spark_of(values: Floats) -> tuple[float | None, ...]:
    """Return values that are few enough already, as a list of runs shows them."""
    return tuple(float(f"{value:.3g}") if np.isfinite(value) else None for value in values.tolist())


def _values(db: sqlite3.Connection, rows: list[tuple[int, int]]) -> tuple[float | None, ...]:
    """Return the means around evenly spaced points. Only the rows that hold those are read."""
    ends = np.cumsum([n for _, n in rows]).tolist()
    edges = np.linspace(0, ends[-1], min(MOST_SPARKS, ends[-1]) + 1).round().astype(int).tolist()
    held, chunk = -1, np.empty(0)
    parts: list[Floats] = []
    for begin, end in itertools.pairwise(edges):
        middle = (begin + end) // 2
        row = bisect.bisect_right(ends, middle)
        if row != held:
            blob = db.execute("SELECT value FROM chunks WHERE id = ?", (rows[row][0],)).fetchone()[0]
            held, chunk = row, np.frombuffer(blob, "<f8")
        first = ends[row] - rows[row][1]
        lo = max(begin, middle - _AROUND // 2, first) - first
        parts.append(chunk[lo : max(lo + 1, min(end, middle + _AROUND // 2) - first)])
    starts = np.cumsum([0, *map(len, parts)])[:-1]
    values = np.concatenate(parts)
    finite = np.isfinite(values)
    sums = np.add.reduceat(np.where(finite, values, 0.0), starts)
    counts = np.add.reduceat(finite, starts, dtype=float)
    return spark_of(np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0))
