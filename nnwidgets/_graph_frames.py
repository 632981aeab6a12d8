"""Lays out a scene: each frame by itself, the inner ones first; lines go through the borders of frames by ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from nnwidgets._graph_layout import Item, Layout, Link, layout
from nnwidgets._graph_levels import Box, Frame, Line, Scene

#: Pixels: of a frame's heading, and around what stands in it.
HEADING: Final = 26.0
_PAD: Final = 16.0
_PORT: Final = Item(6, 6, 0, "in"), Item(6, 6, 0, "out")


@dataclass(frozen=True)
class Placed:
    """A box or a frame with its left and upper border and its size."""

    what: Box | Frame
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Wire:
    """A part of a line that comes from a box; ``arrow`` tells whether it ends at one, ``upwards`` at its upper end."""

    src: Box
    dst: Box
    points: tuple[tuple[float, float], ...]
    arrow: bool
    upwards: bool


@dataclass
class Drawing:
    """Where everything is; outer frames stand before inner ones."""

    frames: list[Placed] = field(default_factory=list)
    boxes: list[Placed] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


#: An end of a way inside one frame: what stands in it, or a port of the frame itself.
End = Box | Frame | Literal["in", "out"]


@dataclass(eq=False)
class _Inside:
    """What a frame holds, the ways in it by their ends and the box that they come from, and what became of it."""

    ways: dict[tuple[End, End, Box], Box] = field(default_factory=dict)
    ins: dict[Box, int] = field(default_factory=dict)
    outs: dict[Box, int] = field(default_factory=dict)
    layout: Layout = field(default_factory=lambda: Layout([], []))
    shift: float = 0.0
    top: float = 0.0
    width: float = 0.0
    height: float = 0.0
    #: Where lines from a box come in or leave, from the left border.
    port_in: dict[Box, float] = field(default_factory=dict)
    port_out: dict[Box, float] = field(default_factory=dict)


def drawing(scene: Scene, item: Callable[[Box], Item], heading: Callable[[Frame], float]) -> Drawing:
    """Lay everything out.

    Parameters
    ----------
    item
        The size of a box.
    heading
        How wide a frame's heading is.
    """
    inside = {frame: _Inside() for frame in scene.frames}
    for line in scene.lines:
        _route(line, inside)
    for frame in reversed(scene.frames):
        _lay_out(frame, inside, item, heading)
    return _absolute(scene, inside, item)


def _route(line: Line, inside: Mapping[Frame, _Inside]) -> None:
    """Split a line into ways inside frames: out of those of its source, into those of its end."""
    src, dst = line.src, line.dst
    one: Box | Frame = src
    other: Box | Frame = dst
    into: list[tuple[Frame, Box | Frame]] = []
    while one.frame is not other.frame:
        above, beyond = one.frame, other.frame
        if beyond is None or (above is not None and above.depth >= beyond.depth):
            assert above is not None
            inside[above].ways.setdefault((one, "out", src), dst)
            inside[above].outs[src] = 0
            one = above
        else:
            into.append((beyond, other))
            other = beyond
    frame = one.frame
    assert frame is not None
    inside[frame].ways.setdefault((one, other, src), dst)
    for inner, end in into:
        inside[inner].ways.setdefault(("in", end, src), dst)
        inside[inner].ins[src] = 0


def _lay_out(
    frame: Frame,
    inside: Mapping[Frame, _Inside],
    item: Callable[[Box], Item],
    heading: Callable[[Frame], float],
) -> None:
    own = inside[frame]
    place: dict[object, int] = {}
    items: list[Item] = []
    for box in own.ins:
        place["in", box] = len(items)
        items.append(_PORT[0])
    for what in frame.items:
        place[what] = len(items)
        items.append(item(what) if isinstance(what, Box) else _frame_item(inside[what]))
    for box in own.outs:
        place["out", box] = len(items)
        items.append(_PORT[1])
    links = [
        Link(*(place[end, src] if isinstance(end, str) else place[end] for end in (one, other)),
             _offset(inside, one, src, out=True), _offset(inside, other, src, out=False))
        for one, other, src in own.ways
    ]  # fmt: skip
    own.layout = layout(items, links)
    own.top = 0.0
    content = own.layout.width
    own.width, own.height = content, own.layout.height
    if frame.group is not None:
        own.width = max(content + 2 * _PAD, heading(frame))
        own.top = HEADING + (0.0 if own.ins else _PAD)
        own.height += own.top + (0.0 if own.outs else _PAD)
    own.shift = (own.width - content) / 2
    own.port_in = {box: own.layout.x[place["in", box]] + own.shift for box in own.ins}
    own.port_out = {box: own.layout.x[place["out", box]] + own.shift for box in own.outs}


def _frame_item(inner: _Inside) -> Item:
    return Item(inner.width / 2, inner.width / 2, inner.height)


def _offset(inside: Mapping[Frame, _Inside], end: End, src: Box, *, out: bool) -> float:
    """Return how far from its middle a line meets what it leaves or comes to."""
    if not isinstance(end, Frame):
        return 0.0
    ports = inside[end].port_out if out else inside[end].port_in
    return ports[src] - inside[end].width / 2


def _absolute(scene: Scene, inside: Mapping[Frame, _Inside], item: Callable[[Box], Item]) -> Drawing:
    whole = inside[scene.frames[0]]
    made = Drawing(width=whole.width, height=whole.height)
    corner = {scene.frames[0]: (0.0, 0.0)}
    for frame in scene.frames:
        own = inside[frame]
        left, top = corner[frame]
        if frame.group is not None:
            made.frames.append(Placed(frame, left, top, own.width, own.height))
        x0, y0 = left + own.shift, top + own.top
        for place, what in enumerate(frame.items, len(own.ins)):
            x, y = x0 + own.layout.x[place], y0 + own.layout.y[place]
            if isinstance(what, Box):
                size = item(what)
                made.boxes.append(Placed(what, x - size.left, y, 2 * size.left, size.height))
            else:
                corner[what] = (x - inside[what].width / 2, y)
        made.wires += _wires(own, x0, y0)
    return made


def _wires(own: _Inside, x0: float, y0: float) -> Iterator[Wire]:
    ways = list(own.ways.items())
    for piece in own.layout.pieces:
        (_, end, src), dst = ways[piece.link]
        points = tuple((x0 + x, y0 + y) for x, y in piece.points)
        yield Wire(src, dst, points, piece.ends and (piece.upwards or isinstance(end, Box)), piece.upwards)
