"""Histories as CSV: one row for each point, read back without loss."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nnwidgets._points import Points

_HEADER = ("series", "step", "time", "value")
#: Rows of this name hold the boundaries of epochs; no metric can have it, because every metric has a split.
_EPOCH = "epoch"
#: A spreadsheet would run a cell that begins like this.
_FORMULA = ("=", "+", "-", "@", "'", "\t", "\r")
_BLOCK = 65_536


def write_csv(
    path: str | Path, series: Iterable[tuple[str, Points]], epochs: Iterable[tuple[int, float]]
) -> None:
    """Write the points of each series, and the boundaries of the epochs, in blocks."""
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(_HEADER)
        rows.writerows((_EPOCH, step, "", repr(epoch)) for step, epoch in epochs)
        for name, points in series:
            for at in range(0, len(points.step), _BLOCK):
                rows.writerows(
                    _rows(_guarded(name), Points(*(column[at : at + _BLOCK] for column in points)))
                )


def read_csv(path: str | Path) -> tuple[dict[str, Points], list[tuple[int, float]]]:
    """Read what `write_csv` wrote.

    Raises
    ------
    ValueError
        If the file has other columns.
    """
    columns: dict[str, tuple[list[int], list[float], list[float]]] = {}
    epochs: list[tuple[int, float]] = []
    with Path(path).open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        if tuple(next(rows, ())) != _HEADER:
            raise ValueError(f"{path} is not a history: its first line is not {','.join(_HEADER)}.")
        for name, step, time, value in rows:
            if name == _EPOCH:
                epochs.append((int(step), float(value)))
                continue
            column = columns.setdefault(_unguarded(name), ([], [], []))
            column[0].append(int(step))
            column[1].append(float(time))
            column[2].append(float(value))
    return {name: Points.of(*column) for name, column in columns.items()}, epochs


def _rows(name: str, points: Points) -> Iterator[tuple[Any, ...]]:
    for step, time, value in zip(*(column.tolist() for column in points), strict=True):
        yield name, step, repr(time), repr(value)


def _guarded(name: str) -> str:
    return "'" + name if name.startswith(_FORMULA) else name


def _unguarded(name: str) -> str:
    return name[1:] if name.startswith("'") and name[1:].startswith(_FORMULA) else name
