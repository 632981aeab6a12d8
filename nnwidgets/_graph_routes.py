"""How lines go through frames: out of those of their source by ports, into those of their end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from nnwidgets._graph_layout import Layout
from nnwidgets._graph_levels import Box, Frame, Line, Scene

#: An end of a way inside one frame: what stands in it, or a port of the frame itself.
End = Box | Frame | Literal["in", "out"]


#: From where to where in a frame, and of which box.
Way = tuple[End, End, Box]


@dataclass(eq=False)
class Inside:
    """What a frame holds, the ways in it by their ends and the box that they come from, and what became of it."""

    ways: dict[Way, Box] = field(default_factory=dict)
    ins: list[Box] = field(default_factory=list)
    outs: list[Box] = field(default_factory=list)
    #: Where in the layout something stands: what lies in the frame, and ports by the box whose line goes through.
    place: dict[object, int] = field(default_factory=dict)
    layout: Layout = field(default_factory=lambda: Layout([], []))
    shift: float = 0.0
    top: float = 0.0
    width: float = 0.0
    height: float = 0.0
    #: Where lines from a box come in or leave, from the left border.
    port_in: dict[Box, float] = field(default_factory=dict)
    port_out: dict[Box, float] = field(default_factory=dict)


def routed(scene: Scene) -> dict[Frame, Inside]:
    """Return for each frame the ways inside it."""
    inside = {frame: Inside() for frame in scene.frames}
    for line in scene.lines:
        _route(line, inside)
    for own in inside.values():
        own.ins = list(dict.fromkeys(src for one, _, src in own.ways if one == "in"))
        own.outs = list(dict.fromkeys(src for _, other, src in own.ways if other == "out"))
    return inside


def _route(line: Line, inside: Mapping[Frame, Inside]) -> None:
    src, dst = line.src, line.dst
    one: Box | Frame = src
    other: Box | Frame = dst
    into: list[tuple[Frame, Box | Frame]] = []
    while one.frame is not other.frame:
        above, beyond = one.frame, other.frame
        if beyond is None or (above is not None and above.depth >= beyond.depth):
            assert above is not None
            inside[above].ways.setdefault((one, "out", src), dst)
            one = above
        else:
            into.append((beyond, other))
            other = beyond
    frame = one.frame
    assert frame is not None
    inside[frame].ways.setdefault((one, other, src), dst)
    for inner, end in into:
        inside[inner].ways.setdefault(("in", end, src), dst)


def sort_ports(inside: Mapping[Frame, Inside]) -> None:
    """Put the ports of each frame into the order in which their lines come to it and go on from it outside."""
    towards: dict[tuple[str, Frame, Box], float] = {}
    for own in inside.values():
        ways = list(own.ways)
        for piece in own.layout.pieces:
            one, other, src = ways[piece.link]
            upper, lower = piece.points[0][0], piece.points[-1][0]
            if piece.ends and isinstance(other, Frame):
                towards["in", other, src] = lower if piece.upwards else upper
            if piece.begins and isinstance(one, Frame):
                towards.setdefault(("out", one, src), upper if piece.upwards else lower)
    for frame, own in inside.items():
        own.ins.sort(key=lambda src, frame=frame: towards.get(("in", frame, src), 0.0))  # type: ignore[misc]
        own.outs.sort(key=lambda src, frame=frame: towards.get(("out", frame, src), 0.0))  # type: ignore[misc]
