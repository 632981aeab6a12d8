"""Lays out a scene: each frame by itself, the inner ones first; lines go through the borders of frames by ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from nnwidgets._graph_layout import Item, Link, layout
from nnwidgets._graph_levels import Box, Frame, Scene
from nnwidgets._graph_routes import Inside, Way, routed, sort_ports

#: Pixels: of a frame's heading, and around what stands in it.
HEADING: Final = 26.0
_PAD: Final = 16.0
#: How often at most everything is laid out once more.
_AGAIN: Final = 2
_UPPER: Final = Item(6, 6, 0, "in")
_LOWER: Final = Item(6, 6, 0, "out")


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


def drawing(scene: Scene, item: Callable[[Box], Item], heading: Callable[[Frame], float]) -> Drawing:
    """Lay everything out.

    Parameters
    ----------
    item
        The size of a box.
    heading
        How wide a frame's heading is.
    """
    inside = routed(scene)
    # The order of a frame's ports follows from what is around it, whose places follow from the sizes of what is inside.
    for again in range(1 + min(max(frame.depth for frame in scene.frames), _AGAIN)):
        if again:
            sort_ports(inside)
        for frame in reversed(scene.frames):
            _lay_out(frame, inside, item, heading, keep=again > 0)
    return _absolute(scene, inside, item)


def _lay_out(
    frame: Frame,
    inside: Mapping[Frame, Inside],
    item: Callable[[Box], Item],
    heading: Callable[[Frame], float],
    *,
    keep: bool,
) -> None:
    """Lay out what stands in a frame. What belongs to the way back runs upwards, beside the rest."""
    own = inside[frame]
    back, others = (
        [what for what in frame.items if what.back],
        [what for what in frame.items if not what.back],
    )
    listed: list[tuple[object, Item]] = []
    for what in (*reversed(back), *others):
        size = item(what) if isinstance(what, Box) else _frame_item(inside[what])
        listed.append((what, replace(size, aside=bool(others) and what.back)))
    first, last = ("out", "in") if frame.back else ("in", "out")
    ports: dict[str, list[Box]] = {"in": own.ins, "out": own.outs}
    listed = (
        [((first, box), _UPPER) for box in ports[first]]
        + listed
        + [((last, box), _LOWER) for box in ports[last]]
    )
    own.place = {what: place for place, (what, _) in enumerate(listed)}
    own.layout = layout(
        [size for _, size in listed], [_link(own, inside, way) for way in own.ways], keep=keep
    )
    content = own.layout.width
    own.top, own.width, own.height = 0.0, content, own.layout.height
    if frame.group is not None:
        own.width = max(content + 2 * _PAD, heading(frame))
        own.top = HEADING + (0.0 if ports[first] else _PAD)
        own.height += own.top + (0.0 if ports[last] else _PAD)
    own.shift = (own.width - content) / 2
    own.port_in = {box: own.layout.x[own.place["in", box]] + own.shift for box in own.ins}
    own.port_out = {box: own.layout.x[own.place["out", box]] + own.shift for box in own.outs}


def _frame_item(inner: Inside) -> Item:
    return Item(inner.width / 2, inner.width / 2, inner.height)


def _link(own: Inside, inside: Mapping[Frame, Inside], way: Way) -> Link:
    """Return a way with the places of its ends, and how far from their middles it meets them."""
    one, other, src = way
    places = [own.place[(end, src) if isinstance(end, str) else end] for end in (one, other)]
    leaves = inside[one].port_out[src] - inside[one].width / 2 if isinstance(one, Frame) else 0.0
    meets = inside[other].port_in[src] - inside[other].width / 2 if isinstance(other, Frame) else 0.0
    return Link(places[0], places[1], leaves, meets)


def _absolute(scene: Scene, inside: Mapping[Frame, Inside], item: Callable[[Box], Item]) -> Drawing:
    whole = inside[scene.frames[0]]
    made = Drawing(width=whole.width, height=whole.height)
    corner = {scene.frames[0]: (0.0, 0.0)}
    for frame in scene.frames:
        own = inside[frame]
        left, top = corner[frame]
        if frame.group is not None:
            made.frames.append(Placed(frame, left, top, own.width, own.height))
        x0, y0 = left + own.shift, top + own.top
        for what in frame.items:
            x, y = x0 + own.layout.x[own.place[what]], y0 + own.layout.y[own.place[what]]
            if isinstance(what, Box):
                size = item(what)
                made.boxes.append(Placed(what, x - size.left, y, 2 * size.left, size.height))
            else:
                corner[what] = (x - inside[what].width / 2, y)
        made.wires += _wires(own, x0, y0)
    return made


def _wires(own: Inside, x0: float, y0: float) -> Iterator[Wire]:
    ways = list(own.ways.items())
    for piece in own.layout.pieces:
        (_, end, src), dst = ways[piece.link]
        points = tuple((x0 + x, y0 + y) for x, y in piece.points)
        # A line that goes on inside a frame gets its arrow there; one that comes from below may not go on.
        stops = isinstance(end, Box) or (piece.upwards and isinstance(end, Frame) and not end.back)
        yield Wire(src, dst, points, piece.ends and stops, piece.upwards)
