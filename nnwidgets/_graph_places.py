"""How far to the right everything stands: so that lines are straight, above all those that go to the next row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from nnwidgets._graph_rows import Mesh, Way

#: Pixels between two boxes of a row, and between a box and a line that passes.
_APART: Final = 22.0
_BESIDE: Final = 6.0
_SWEEPS: Final = 14
_STRAIGHTENED: Final = 3
#: How firmly something stands where its neighbours want it: there are none, a line passes rows, it passes this one, it
#: only goes to the next row.
_FIRM: Final = (1e-5, 1e-4, 1e-3, 1.0)


def places(mesh: Mesh, rows: Sequence[Sequence[int]]) -> list[float]:
    """Return the middles; the leftmost border is at 0."""
    above, below = mesh.neighbours()
    x = [0.0] * len(mesh.rank)
    for row in rows:
        _spread(mesh, row, dict.fromkeys(row, (0.0, 1.0)), x)
    for sweep in range(mesh.sweeps(_SWEEPS) // 2 * 2):
        down = sweep % 2 == 1  # so that the last one goes down
        for row in rows if down else reversed(rows):
            aims = {v: _aim(mesh, v, (above[v], below[v]), x, down=down) for v in row}
            _spread(mesh, row, aims, x)
    for _ in range(_STRAIGHTENED):
        _straighten(mesh, rows, x)
    least = min((x[v] - mesh.left[v] for v in range(len(x))), default=0.0)
    return [value - least for value in x]


def _aim(
    mesh: Mesh, vertex: int, ways: tuple[list[Way], list[Way]], x: Sequence[float], *, down: bool
) -> tuple[float, float]:
    """Return where something should stand, and how firmly: by the row before, or by the next where that is firmer."""
    aim, firm = _wanted(mesh, vertex, ways[not down], x, down=down)
    if vertex >= mesh.items:
        return aim, _FIRM[firm]
    other, firmer = _wanted(mesh, vertex, ways[down], x, down=not down)
    return (other, _FIRM[firmer]) if firmer > firm else (aim, _FIRM[firm])


def _wanted(
    mesh: Mesh, vertex: int, ways: Sequence[Way], x: Sequence[float], *, down: bool
) -> tuple[float, int]:
    """Return the mean of what the firmest of the neighbours on one side want."""
    firmest, wanted = 0, list[float]()
    for way in ways:
        other = way.upper if down else way.lower
        # A line between two boxes is kept straight before one that passes rows, and that before where it bends.
        firm = (3, 1, 2)[(vertex >= mesh.items) + (other >= mesh.items)]
        at = x[other] + (way.upper_off - way.lower_off if down else way.lower_off - way.upper_off)
        if firm > firmest:
            firmest, wanted = firm, []
        if firm == firmest:
            wanted.append(at)
    return (sum(wanted) / len(wanted) if wanted else x[vertex]), firmest


def _spread(mesh: Mesh, row: Sequence[int], aims: dict[int, tuple[float, float]], x: list[float]) -> None:
    """Put a row as near as possible to its aims, in the sense of least squares, with enough room between.

    Without the room it is a monotone regression, whose solution is found by joining neighbours that are out of order.
    """
    offset, before = 0.0, -1
    offsets: list[float] = []
    blocks: list[tuple[float, float, int]] = []  # the place of some neighbours, how firmly, how many they are
    for vertex in row:
        if before >= 0:
            offset += mesh.right[before] + mesh.left[vertex] + _between(mesh, before, vertex)
        offsets.append(offset)
        aim, firm = aims[vertex]
        at, count = aim - offset, 1
        while blocks and blocks[-1][0] >= at:
            other, weight, more = blocks.pop()
            at = (at * firm + other * weight) / (firm + weight)
            firm, count = firm + weight, count + more
        blocks.append((at, firm, count))
        before = vertex
    found = [at for at, _, count in blocks for _ in range(count)]
    for vertex, at, shift in zip(row, found, offsets, strict=True):
        x[vertex] = at + shift


def _straighten(mesh: Mesh, rows: Sequence[Sequence[int]], x: list[float]) -> None:
    """Make lines that pass rows straight, as near to their ends as what stands in those rows lets them be."""
    beside: dict[int, tuple[int | None, int | None]] = {}
    for row in rows:
        for place, vertex in enumerate(row):
            if vertex >= mesh.items:
                after = row[place + 1] if place + 1 < len(row) else None
                beside[vertex] = (row[place - 1] if place else None, after)
    for chain, ends in _chains(mesh):
        aim = sum(x[vertex] + off for vertex, off in ends) / len(ends)
        low, high, run = -math.inf, math.inf, list[int]()
        for bend in chain:
            left, right = _room(mesh, bend, beside[bend], x)
            if max(low, left) > min(high, right) and run:
                _put(run, min(max(aim, low), high), x)
                low, high, run = -math.inf, math.inf, []
            low, high = max(low, left), min(high, right)
            run.append(bend)
        _put(run, min(max(aim, low), high), x)


def _chains(mesh: Mesh) -> list[tuple[list[int], list[tuple[int, float]]]]:
    """Return the bends of each line that passes rows, and where it meets the items at its ends; short ones first."""
    following: dict[int, int] = {}
    ends: dict[int, list[tuple[int, float]]] = {}
    first: list[int] = []
    for way in mesh.ways:
        if way.lower >= mesh.items:
            if way.upper >= mesh.items:
                following[way.upper] = way.lower
            else:
                first.append(way.lower)
                ends.setdefault(way.lower, []).append((way.upper, way.upper_off))
        elif way.upper >= mesh.items:
            ends.setdefault(way.upper, []).append((way.lower, way.lower_off))
    chains: list[tuple[list[int], list[tuple[int, float]]]] = []
    for start in first:
        chain = [start]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        chains.append((chain, [end for bend in chain for end in ends.get(bend, ())]))
    return sorted(chains, key=lambda one: len(one[0]))


def _room(
    mesh: Mesh, bend: int, beside: tuple[int | None, int | None], x: Sequence[float]
) -> tuple[float, float]:
    """Return from where to where a bend may be moved."""
    before, after = beside
    low, high = -math.inf, math.inf
    if before is not None:
        low = x[before] + mesh.right[before] + _between(mesh, before, bend) + mesh.left[bend]
    if after is not None:
        high = x[after] - mesh.left[after] - _between(mesh, bend, after) - mesh.right[bend]
    return low, max(low, high)


def _put(run: Sequence[int], at: float, x: list[float]) -> None:
    for bend in run:
        x[bend] = at


def _between(mesh: Mesh, one: int, other: int) -> float:
    return _APART if one < mesh.items and other < mesh.items else _BESIDE
