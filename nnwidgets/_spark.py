"""The course of a run's loss in a few values, read from its file without reading all of it."""

from __future__ import annotations

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
    ends = np.cumsum([n for _, n in rows])
    edges = np.linspace(0, int(ends[-1]), min(MOST_SPARKS, int(ends[-1])) + 1).round().astype(int)
    means = np.full(len(edges) - 1, np.nan)
    held, chunk = -1, np.empty(0)
    for i, (begin, end) in enumerate(itertools.pairwise(edges.tolist())):
        row = int(np.searchsorted(ends, (begin + end) // 2, side="right"))
        if row != held:
            blob = db.execute("SELECT value FROM chunks WHERE id = ?", (rows[row][0],)).fetchone()[0]
            held, chunk = row, np.frombuffer(blob, "<f8")
        first, middle = int(ends[row]) - rows[row][1], (begin + end) // 2
        lo = max(begin, middle - _AROUND // 2, first) - first
        part = chunk[lo : max(lo + 1, min(end, middle + _AROUND // 2) - first)]
        part = part[np.isfinite(part)]
        if len(part):
            means[i] = part.mean()
    return spark_of(means)
