"""The lines of the table, and the statistics in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Met = Literal[True, False, "undecided"] | None


@dataclass(frozen=True)
class Row:
    """One line: `key` is how pages refer to it, `met` is None where there is no target.

    Where the noise of the measurement spans the target, `met` is ``"undecided"``.
    """

    key: str
    part: str
    what: str
    measured: str
    spread: str = ""
    target: str = ""
    met: Met = None


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of some measurements, and how many there were."""

    low: float
    middle: float
    high: float
    count: int = 1

    @property
    def margin(self) -> float:
        """Two standard errors of the median, judged by the quartiles as if the noise were normal."""
        return 2 * 1.253 * (self.high - self.low) / 1.349 / math.sqrt(self.count)

    def within(self, limit: float) -> Met:
        """Whether the median is at most ``limit``, where the noise lets that be said."""
        if abs(self.middle - limit) < self.margin:
            return "undecided"
        return self.middle <= limit

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        found = np.fromiter(values, float)
        low, middle, high = np.percentile(found, (25, 50, 75))
        return cls(float(low), float(middle), float(high), len(found))

    def quartiles(self, show: Callable[[float], str]) -> str:
        return f"{show(self.low)} … {show(self.high)}"


def table(rows: Sequence[Row]) -> str:
    """Return all rows as one Markdown table; a part is named in its first line."""
    lines = ["| part | what | measured | quartiles | target | met |", "|---|---|---|---|---|---|"]
    before = None
    for row in rows:
        part = row.part if row.part != before else ""
        before = row.part
        met = {True: "yes", False: "**no**", None: "", "undecided": "undecided: noise"}[row.met]
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
