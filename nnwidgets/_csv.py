"""Histories as CSV: one row for each point, written and read in blocks, and read back without loss."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TextIO

from nnwidgets._i18n import t
from nnwidgets._points import Points

_HEADER: Final = ("series", "step", "time", "value")
#: Rows of this name hold the boundaries of the epochs.
_EPOCH: Final = "epoch"
#: A spreadsheet would run a cell that begins like this (OWASP, "CSV Injection"; the last four are full-width).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
#: It takes a cell that begins like this as text.
_TEXT: Final = "'"
#: Rows that are Python objects at a time.
_BLOCK: Final = 16_384


def write_csv(
    path: str | Path, series: Iterable[tuple[str, Points]], epochs: Iterable[tuple[int, float]]
) -> None:
    """Write the points of each series, and the boundaries of the epochs, to a file.

    Parameters
    ----------
    series
        Pairs of a name and points; a series may come in several consecutive parts.
    epochs
        Pairs of completed steps and epochs.
    """
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        write_rows(file, series, epochs)


def write_rows(
    file: TextIO, series: Iterable[tuple[str, Points]], epochs: Iterable[tuple[int, float]]
) -> None:
    """As `write_csv`, to an open text file whose line ends are left alone (``newline=""``)."""
    rows = csv.writer(file)
    rows.writerow(_HEADER)
    rows.writerows((_EPOCH, step, "", repr(epoch)) for step, epoch in epochs)
    for name, points in series:
        for at in range(0, len(points.step), _BLOCK):
            rows.writerows(_rows(_guarded(name), points.part(slice(at, at + _BLOCK))))


def read_csv(
    path: str | Path,
    *,
    extend: Callable[[Mapping[str, Points]], None],
    begin: Callable[[int, float], None],
) -> None:
    """Read what `write_csv` wrote, also where a spreadsheet has put a byte order mark before it.

    Parameters
    ----------
    extend
        Takes points, block by block.
    begin
        Takes the boundaries of the epochs.

    Raises
    ------
    ValueError
        If the file has other columns, or a row that is not three numbers after a name.
    """
    block = _Block()
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        if tuple(next(rows, ())) != _HEADER:
            raise ValueError(
                t(
                    "{path} is not a history: its first line is not {header}.",
                    path=path,
                    header=",".join(_HEADER),
                )
            )
        for row in rows:
            try:
                name, step, time, value = row
                if name == _EPOCH:
                    begin(int(step), float(value))
                else:
                    block.add(name, int(step), float(time), float(value))
            except ValueError:
                raise ValueError(
                    t(
                        "{path}, line {line}: {row} is not {header}.",
                        path=path,
                        line=rows.line_num,
                        row=repr(row),
                        header=",".join(_HEADER),
                    )
                ) from None
            if block.size >= _BLOCK:
                extend(block.take())
    extend(block.take())


class _Block:
    """Some rows of a file, by series."""

    def __init__(self) -> None:
        self.size = 0
        self._columns: dict[str, tuple[list[int], list[float], list[float]]] = {}

    def add(self, name: str, step: int, time: float, value: float) -> None:
        steps, times, values = self._columns.setdefault(name, ([], [], []))
        steps.append(step)
        times.append(time)
        values.append(value)
        self.size += 1

    def take(self) -> dict[str, Points]:
        columns, self._columns, self.size = self._columns, {}, 0
        return {_unguarded(name): Points.of(*column) for name, column in columns.items()}


def _rows(name: str, points: Points) -> Iterator[tuple[Any, ...]]:
    for step, time, value in zip(*(column.tolist() for column in points), strict=True):
        yield name, step, repr(time), repr(value)


def _guarded(name: str) -> str:
    return _TEXT + name if name == _EPOCH or name.startswith((*_FORMULA, _TEXT)) else name


def _unguarded(name: str) -> str:
    rest = name.removeprefix(_TEXT)
    return rest if _guarded(rest) == name else name
