"""Where the boxes of a drawn graph stand: apart, in their frames, and joined by lines that can be followed."""

from __future__ import annotations

from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from nnwidgets._graph_builder import GraphBuilder
from nnwidgets._graph_frames import HEADING, Drawing, Placed, Wire, drawing
from nnwidgets._graph_layout import Item, Link, layout
from nnwidgets._graph_levels import Box, Frame, Line, Scene, scene
from nnwidgets._graph_svg import svg
from nnwidgets.graph import Edge, Graph, Node
from tests.graph_samples import X, residual


def test_of_folded_blocks_one_is_drawn_with_all_that_goes_in_and_out() -> None:
    shown = scene(residual(), None, 150)
    ends = [(name(line.src), name(line.dst)) for line in shown.lines]
    assert ends == [
        ("x", "layers.0.a"), ("layers.0.a", "layers.0.b"), ("layers.0.b", "layers.0/add"), ("x", "layers.0/add"),
        ("layers.0/add", "head"), ("head", "output"),
    ]  # fmt: skip


def name(box: Box) -> str:
    return box.part.key if box.part is not None else "…"


def test_a_skip_connection_goes_through_every_border() -> None:
    """From a node deep in one group to one deep in another, and what is between is not touched."""
    builder = GraphBuilder("torch", "forward")
    root = builder.group(None, type="Net")
    nodes = []
    for side in ("encoder", "middle", "decoder"):
        outer = builder.group(root, type="Stage", path=side)
        inner = builder.group(outer, type="Part", path=f"{side}.part")
        nodes.append(builder.node(inner, op=side, outputs=[X]))
    for src, dst, place in [(0, 1, 0), (1, 2, 0), (0, 2, 1)]:
        builder.edge(nodes[src], 0, nodes[dst], place)
    graph = builder.finish()
    for levels in range(4):
        assert len(scene(graph, levels, 150).lines) == (0 if levels == 0 else 3)
    shown = scene(graph, None, 150)
    assert_joined(laid_out(shown), shown.lines)


def placed(graph: Graph, levels: int | None = None) -> Drawing:
    return laid_out(scene(graph, levels, 150))


def laid_out(shown: Scene) -> Drawing:
    return drawing(shown, lambda box: Item(30, 50, 26), lambda frame: 80.0)


def assert_joined(made: Drawing, lines: list[Line]) -> None:
    """Every line can be followed from the border of its box to an arrow at the border of the other, without a gap."""
    boxes = {id(one.what): one for one in made.boxes}
    for line in lines:
        wires = [wire for wire in made.wires if wire.src is line.src]
        begins = borders(boxes[id(line.src)])
        reached = {end for wire in wires for end in ends_of(wire) if round(end[1]) in begins}
        waiting = list(reached)
        while waiting:
            x, y = waiting.pop()
            for wire in wires:
                start, end = ends_of(wire)
                # Behind the heading of a frame a line is not drawn.
                if end not in reached and any(near(start, (x, y + by)) for by in (0.0, HEADING, -HEADING)):
                    reached.add(end)
                    waiting.append(end)
        goal = borders(boxes[id(line.dst)])
        arrows = [ends_of(wire)[1] for wire in wires if wire.dst is line.dst and wire.arrow]
        assert arrows
        assert any(round(y) in goal for x, y in arrows if (x, y) in reached)


def ends_of(wire: Wire) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return where a part of a line begins and ends."""
    first, last = wire.points[0], wire.points[-1]
    return (last, first) if wire.upwards else (first, last)


def borders(box: Placed) -> set[int]:
    return {round(box.y), round(box.y + box.height)}


def near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) < 0.5 and abs(one[1] - other[1]) < 0.5


@st.composite
def graphs(draw: st.DrawFn, *, ordered: bool = False) -> Graph:
    """Groups in groups, edges of all kinds; unless all is ordered as it is computed also circles, and a way back."""
    count = draw(st.integers(0, 14))
    builder = GraphBuilder("torch", "forward")
    groups: list[str | None] = [None]
    keys: list[str] = []
    for _ in range(count):
        group = draw(st.integers(0, len(groups) - 1))
        if ordered:  # a group that is left is not entered again
            del groups[group + 1 :]
        if draw(st.booleans()):
            groups.append(builder.group(groups[group], type="Part"))
            group = -1 if ordered else draw(st.sampled_from([group, -1]))
        kinds = ["function", "module", "input", "output", "parameter", *["backward"] * (not ordered)]
        kind = draw(st.sampled_from(kinds))
        op = draw(st.sampled_from(["add", "mul", "relu", "Linear"]))
        key = builder.node(groups[group], op=op, kind=kind, outputs=[X])
        assert key is not None
        keys.append(key)
    graph = builder.finish()
    if not keys:
        return graph
    ends = st.tuples(st.sampled_from(keys), st.sampled_from(keys))
    drawn = draw(st.lists(ends, max_size=25))
    if ordered:
        drawn = [(src, dst) for src, dst in drawn if keys.index(src) < keys.index(dst)]
    edges = [Edge(src, 0, dst, place, X) for place, (src, dst) in enumerate(drawn)]
    return Graph("torch", "forward", graph.groups, graph.nodes, tuple(edges))


@settings(max_examples=150, deadline=None)
@given(graphs(), st.sampled_from([None, 0, 1, 2, 9]))
def test_boxes_lie_apart_and_in_their_frames(graph: Graph, levels: int | None) -> None:
    ET.fromstring(svg(graph, levels))
    made = placed(graph, levels)
    where = {id(one.what): one for one in (*made.frames, *made.boxes)}
    for one in (*made.frames, *made.boxes):
        outer = one.what.frame
        if outer is not None and outer.group is not None:
            assert inside(one, where[id(outer)])
        assert one.x >= -0.1
        assert one.x + one.width <= made.width + 0.1
    for one, other in combinations([*made.frames, *made.boxes], 2):
        if one.what.frame is other.what.frame:
            assert apart(one, other)


def inside(one: Placed, frame: Placed) -> bool:
    return (
        one.x >= frame.x - 0.1
        and one.y >= frame.y - 0.1
        and one.x + one.width <= frame.x + frame.width + 0.1
        and one.y + one.height <= frame.y + frame.height + 0.1
    )


def apart(one: Placed, other: Placed) -> bool:
    return (
        one.x + one.width <= other.x
        or other.x + other.width <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


@settings(max_examples=150, deadline=None)
@given(graphs(ordered=True))
def test_every_edge_is_drawn(graph: Graph) -> None:
    """From any box along the lines that leave it, every box is reached to which it has an edge."""
    shown = scene(graph, 99, 150)
    drawn = {(name(line.src), name(line.dst)) for line in shown.lines}
    box_of = {name(box): box for frame in shown.frames for box in frame.items if isinstance(box, Box)}
    stacks = {group.key for group in graph.groups if group.repeat > 1}
    for edge in graph.edges:
        if edge.src in box_of and edge.dst in box_of and edge.src != edge.dst:
            assert (edge.src, edge.dst) in drawn or stacks
    assert_joined(laid_out(shown), shown.lines)


def test_what_is_computed_first_stands_above() -> None:
    made = placed(residual())
    y = {name(one.what): one.y for one in made.boxes if isinstance(one.what, Box)}
    order = ["x", "layers.0.a", "layers.0.b", "layers.0/add", "head", "output"]
    assert [y[key] for key in order] == sorted(y[key] for key in order)


def test_a_main_line_is_straight_and_a_skip_connection_goes_round_it() -> None:
    made = placed(residual())
    middle = {name(one.what): one.x + one.width / 2 for one in made.boxes if isinstance(one.what, Box)}
    assert max(middle.values()) - min(middle.values()) < 1
    aside = [x for wire in made.wires for x, _ in wire.points if abs(x - middle["head"]) > 30]
    assert aside


def test_parameters_stand_near_to_where_they_are_used() -> None:
    items = [Item(30, 30, 20, "top"), Item(30, 30, 20), Item(30, 30, 20), Item(30, 30, 20), Item(30, 30, 20)]
    made = layout(items, [Link(0, 1), Link(1, 2), Link(2, 4), Link(3, 4)])
    assert made.y[3] == made.y[2]


def test_the_way_back_runs_upwards_beside_the_way_there() -> None:
    builder = GraphBuilder("torch", "forward")
    there = builder.group(None, type="f")
    back = builder.group(None, type="backward")
    x = builder.node(None, op="input", kind="input", name="x", outputs=[X])
    mul = builder.node(there, op="matmul", outputs=[X])
    mean = builder.node(there, op="mean", outputs=[X])
    loss = builder.node(None, op="output", kind="output", name="loss")
    mean_back = builder.node(back, op="MeanBackward", kind="backward", outputs=[X], of=mean)
    mul_back = builder.node(back, op="MmBackward", kind="backward", outputs=[X], of=mul)
    chain = [x, mul, mean, loss, mean_back, mul_back]
    for src, dst in pairwise(chain):
        builder.edge(src, 0, dst, 0)
    graph = builder.finish()
    made = placed(graph)
    at = {name(one.what): one for one in made.boxes if isinstance(one.what, Box)}
    assert mul is not None
    assert mul_back is not None
    assert at["x"].y < at[mul].y < at["f/mean"].y < at["loss"].y
    assert at[mul_back].y < at["backward/MeanBackward"].y < at["loss"].y
    assert at[mul_back].x > at[mul].x + at[mul].width
    assert 'class="wire back"' in graph.to_svg()


def test_frames_know_what_they_hold() -> None:
    shown = scene(residual(), 1, 150)
    frame = shown.frames[1]
    assert isinstance(frame, Frame)
    assert [type(item) for item in frame.items] == [Box, Box]
    assert [
        item.part.key for item in frame.items if isinstance(item, Box) and isinstance(item.part, Node)
    ] == ["head"]
