"""The lines of the table, and the statistics in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Row:
    """One line: `key` is how pages refer to it, `met` is None where there is no target."""

    key: str
    part: str
    what: str
    measured: str
    spread: str = ""
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Spread:
    """Median and quartiles."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        low, middle, high = np.percentile(np.fromiter(values, float), (25, 50, 75))
        return cls(float(low), float(middle), float(high))

    def quartiles(self, show: Callable[[float], str]) -> str:
        return f"{show(self.low)} … {show(self.high)}"


def table(rows: Sequence[Row]) -> str:
    """Return all rows as one Markdown table; a part is named in its first line."""
    lines = ["| part | what | measured | quartiles | target | met |", "|---|---|---|---|---|---|"]
    before = None
    for row in rows:
        part = row.part if row.part != before else ""
        before = row.part
        met = {True: "yes", False: "**no**", None: ""}[row.met]
        lines.append(f"| {part} | {row.what} | {row.measured} | {row.spread} | {row.target} | {met} |")
    return "\n".join(lines)


def absent(key: str, part: str, what: str, why: str) -> Row:
    """Return the line of something that could not be measured."""
    return Row(key, part, what, f"absent: {why}".replace("|", "/").replace("\n", " ")[:160])


def ratio(value: float) -> str:
    return f"{value:.3f}"


def micros(value: float) -> str:
    return f"{value:,.1f} µs" if abs(value) < 100 else f"{value:,.0f} µs"


def millis(value: float) -> str:
    return f"{value:,.2f} ms" if abs(value) < 100 else f"{value:,.0f} ms"


def kilobytes(value: float) -> str:
    return f"{value / 1024:,.1f} KB"


def megabytes(value: float) -> str:
    return f"{value / 1024**2:,.0f} MB"
