"""The order of what stands in a row, so that few lines cross."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

#: Half the room that a line takes that passes a row.
_BEND: Final = 6.0
_SWEEPS: Final = 8


@dataclass(frozen=True)
class Way:
    """A line from one row to the next, how far from the middles it leaves and arrives, and of which link it is a part.

    Of several links from one place those that come later in the list begin where the way of earlier ones ends.
    """

    upper: int
    lower: int
    upper_off: float
    lower_off: float
    link: int


@dataclass
class Mesh:
    """Items, then the bends of lines that pass rows: their extents, their rows, and the lines between."""

    left: list[float]
    right: list[float]
    rank: list[int]
    items: int
    #: What stands at the right end of its row, and the rows that keep the order in which they are given.
    aside: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()
    ways: list[Way] = field(default_factory=list)

    def bend(self, row: int) -> int:
        self.left.append(_BEND)
        self.right.append(_BEND)
        self.rank.append(row)
        return len(self.rank) - 1

    def sweeps(self, most: int) -> int:
        """Return how often everything is gone through: less often where there is much."""
        return max(2, min(most, most * 6_000 // (len(self.ways) + 1)))

    def neighbours(self) -> tuple[list[list[Way]], list[list[Way]]]:
        """Return for each item and bend the lines from above and those to below."""
        above: list[list[Way]] = [[] for _ in self.rank]
        below: list[list[Way]] = [[] for _ in self.rank]
        for way in self.ways:
            above[way.lower].append(way)
            below[way.upper].append(way)
        return above, below


def ordered(mesh: Mesh) -> list[list[int]]:
    """Return the rows, each from left to right."""
    rows: list[list[int]] = [[] for _ in range(max(mesh.rank, default=-1) + 1)]
    for vertex, rank in enumerate(mesh.rank):
        rows[rank].append(vertex)
    above, below = mesh.neighbours()
    place = [0.0] * len(mesh.rank)
    for row in rows:
        row.sort(key=lambda v: v in mesh.aside)
        _number(row, place)
    best, least = [list(row) for row in rows], _crossings(rows, below, place)
    for sweep in range(mesh.sweeps(_SWEEPS)):
        if least == 0 and sweep:
            break
        down = sweep % 2 == 0
        ways = above if down else below
        for rank in range(len(rows)) if down else reversed(range(len(rows))):
            row = rows[rank]
            if rank in mesh.kept:
                continue
            aim = {v: (v in mesh.aside, _aim(v, ways[v], place, down=down)) for v in row}
            row.sort(key=aim.__getitem__)
            _number(row, place)
        crossings = _crossings(rows, below, place)
        if crossings < least or (sweep == 0 and crossings == least):
            best, least = [list(row) for row in rows], crossings
    return best


def _number(row: Sequence[int], place: list[float]) -> None:
    for i, vertex in enumerate(row):
        place[vertex] = float(i)


def _aim(vertex: int, ways: Sequence[Way], place: Sequence[float], *, down: bool) -> float:
    """Return the mean place of the neighbours in the row before; where a line leaves a box counts a little."""
    if not ways:
        return place[vertex]
    if down:
        return sum(place[way.upper] + way.upper_off * 1e-3 for way in ways) / len(ways)
    return sum(place[way.lower] + way.lower_off * 1e-3 for way in ways) / len(ways)


def _crossings(rows: Sequence[Sequence[int]], below: Sequence[Sequence[Way]], place: Sequence[float]) -> int:
    """Count the lines that cross, row by row."""
    crossings = 0
    for row in rows:
        seen: list[float] = []
        for vertex in row:
            ends = sorted(place[way.lower] for way in below[vertex])
            crossings += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return crossings
