"""Lays out boxes in rows, so that what is computed first stands above: ranks, rows, places, and the ways between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from nnwidgets._graph_places import places
from nnwidgets._graph_rows import Mesh, Way, ordered

#: Pixels between two rows, and more of them where lines go far aside.
_GAP: Final = 34.0
_SLANT: Final = 0.06
_MOST: Final = 34.0


@dataclass(frozen=True)
class Item:
    """A box of so many pixels to the left and the right of its middle; a port lies on the upper or the lower border.

    What is "top" stays as high as it can; what stands aside is at the right end of its row.
    """

    left: float
    right: float
    height: float
    role: Literal["box", "top", "in", "out"] = "box"
    aside: bool = False


@dataclass(frozen=True)
class Link:
    """A line from one item to another, by place, and how far from their middles it leaves and arrives."""

    src: int
    dst: int
    src_off: float = 0.0
    dst_off: float = 0.0


@dataclass(frozen=True)
class Piece:
    """A part of a line, from above to below; of several lines from one place those that they share are drawn once.

    ``begins`` and ``ends`` tell whether it leaves and arrives at the items, ``upwards`` whether the line runs from
    below to above.
    """

    link: int
    points: tuple[tuple[float, float], ...]
    begins: bool
    ends: bool
    upwards: bool


@dataclass
class Layout:
    """Where everything is: the middles of the items, their upper borders, the lines; the size of the whole."""

    x: list[float]
    y: list[float]
    pieces: list[Piece] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def layout(items: Sequence[Item], links: Sequence[Link], *, keep: bool = False) -> Layout:
    """Lay items out that are given in the order in which they are computed: "in" ports first, "out" ports last.

    With ``keep`` ports stand in the order in which they are given.
    """
    mesh = _mesh(items, links, _ranks(items, links))
    mesh.aside = frozenset(i for i, item in enumerate(items) if item.aside)
    if keep:
        mesh.kept = frozenset(mesh.rank[i] for i, item in enumerate(items) if item.role in ("in", "out"))
    middle = places(mesh, ordered(mesh))
    top, bottom = _levels(items, mesh, middle)
    count = len(items)
    y = [(top[r] + bottom[r] - item.height) / 2 for item, r in zip(items, mesh.rank, strict=False)]
    made = Layout(middle[:count], y, width=_width(mesh, middle), height=bottom[-1] if bottom else 0.0)
    for way in mesh.ways:
        upper, lower = (middle[way.upper] + way.upper_off, middle[way.lower] + way.lower_off)
        begins, ends = way.upper < count, way.lower < count
        start = y[way.upper] + items[way.upper].height if begins else top[mesh.rank[way.upper]]
        points = [(upper, start), (upper, bottom[mesh.rank[way.upper]]), (lower, top[mesh.rank[way.lower]])]
        if ends:
            points.append((lower, y[way.lower]))
        link = links[way.link]
        upwards = link.src > link.dst
        flags = (ends, begins) if upwards else (begins, ends)
        made.pieces.append(Piece(way.link, tuple(points), *flags, upwards))
    return made


def _ranks(items: Sequence[Item], links: Sequence[Link]) -> list[int]:
    """Return the row of each item: as high as possible, unless that makes lines longer."""
    above: list[list[int]] = [[] for _ in items]
    below: list[list[int]] = [[] for _ in items]
    for link in links:
        first, second = sorted((link.src, link.dst))
        below[first].append(second)
        above[second].append(first)
    base = int(any(item.role == "in" for item in items))
    rank = [0] * len(items)
    for i, item in enumerate(items):
        if item.role != "in":
            rank[i] = max([base, *(rank[j] + 1 for j in above[i])])
    last = max(rank, default=0)
    if any(item.role == "out" for item in items):
        last = max([last, *(rank[i] + 1 for i, item in enumerate(items) if item.role != "out")])
    for i in reversed(range(len(items))):
        if items[i].role == "out":
            rank[i] = last
        elif items[i].role == "box" and below[i] and len(above[i]) < len(below[i]):
            rank[i] = min(rank[j] for j in below[i]) - 1
    return rank


def _mesh(items: Sequence[Item], links: Sequence[Link], rank: Sequence[int]) -> Mesh:
    """Return items and bends in rows; links from one place share their bends, as far as they go the same way."""
    mesh = Mesh([item.left for item in items], [item.right for item in items], list(rank), len(items))
    trunks: dict[tuple[int, float, int], list[int]] = {}
    for number, link in enumerate(links):
        forward = link.src < link.dst
        upper, lower = (link.src, link.dst) if forward else (link.dst, link.src)
        upper_off, lower_off = (link.src_off, link.dst_off) if forward else (link.dst_off, link.src_off)
        trunk = trunks.setdefault((upper, upper_off, -1 if forward else number), [])
        for row in range(rank[upper] + 1 + len(trunk), rank[lower]):
            before, off = (trunk[-1], 0.0) if trunk else (upper, upper_off)
            trunk.append(mesh.bend(row))
            mesh.ways.append(Way(before, trunk[-1], off, 0.0, number))
        passed = rank[lower] - rank[upper] - 1
        last, off = (trunk[passed - 1], 0.0) if passed else (upper, upper_off)
        mesh.ways.append(Way(last, lower, off, lower_off, number))
    return mesh


def _levels(items: Sequence[Item], mesh: Mesh, middle: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the upper and the lower border of each row."""
    rows = max(mesh.rank, default=-1) + 1
    heights, aside = [0.0] * rows, [0.0] * rows
    for item, rank in zip(items, mesh.rank, strict=False):
        heights[rank] = max(heights[rank], item.height)
    for way in mesh.ways:
        far = abs(middle[way.upper] + way.upper_off - middle[way.lower] - way.lower_off)
        aside[mesh.rank[way.upper]] = max(aside[mesh.rank[way.upper]], far)
    top, bottom = list[float](), list[float]()
    y = 0.0
    for height, far in zip(heights, aside, strict=True):
        top.append(y)
        bottom.append(y + height)
        y += height + _GAP + min(far * _SLANT, _MOST)
    return top, bottom


def _width(mesh: Mesh, middle: Sequence[float]) -> float:
    return max((x + right for x, right in zip(middle, mesh.right, strict=True)), default=0.0)
