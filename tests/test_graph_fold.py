"""What is repeated is folded, nothing is lost by it, and what people look for by name stays in its place."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from nnwidgets._graph_builder import GraphBuilder
from nnwidgets.graph import Array, Graph, Group, Node, Parameter

X = Array((8, 16), "float32")
WEIGHT = Parameter("weight", (16, 16))


class Chain:
    """Builds a graph in which each node takes what the one before it gives."""

    def __init__(self) -> None:
        self.builder = GraphBuilder("torch", "forward")
        self.root = self.builder.group(None, type="Net")
        self.last = self.builder.node(None, op="input", kind="input", name="x", outputs=[X])

    def linear(self, path: str, group: str | None = None, width: int = 16, call: int = 1) -> str | None:
        parameters = (Parameter("weight", (width, width)), Parameter("bias", (width,)))
        return self._after(
            self.builder.node(
                group or self.root, op="Linear", kind="module", path=path, call=call,
                detail=f"in_features={width}", outputs=[X], parameters=parameters, flops=100,
            )
        )  # fmt: skip

    def module(self, op: str, path: str, group: str | None = None, call: int = 1) -> str | None:
        return self._after(
            self.builder.node(group or self.root, op=op, kind="module", path=path, call=call, outputs=[X])
        )

    def function(self, op: str, group: str | None = None) -> str | None:
        return self._after(self.builder.node(group or self.root, op=op, outputs=[X]))

    def block(self, path: str, parent: str | None = None, *, width: int = 16, down: bool = False) -> None:
        """A residual block: two layers, an addition of what came in, and maybe a projection of it."""
        group = self.builder.group(parent or self.root, type="Block", path=path)
        before = self.last
        self.linear(f"{path}.conv1", group, width)
        main = self.linear(f"{path}.conv2", group, width)
        if down:
            self.last = before
            before = self.linear(f"{path}.downsample", group, width)
            self.last = main
        added = self.function("add", group)
        self.builder.edge(before, 0, added, 1)

    def _after(self, key: str | None) -> str | None:
        self.builder.edge(self.last, 0, key, 0)
        self.last = key
        return key

    def finish(self) -> Graph:
        self.builder.edge(self.last, 0, self.builder.node(None, op="output", kind="output"), 0)
        return self.builder.finish()


def folded(graph: Graph) -> list[tuple[str, str, int]]:
    return [(group.name, group.type, group.repeat) for group in graph.groups if group.repeat > 1]


def members(graph: Graph, key: str) -> list[str]:
    return [g.key for g in graph.groups if g.parent == key] + [n.key for n in graph.nodes if n.group == key]


def test_twelve_equal_layers_become_one_group() -> None:
    chain = Chain()
    layers = chain.builder.group(chain.root, type="ModuleList", path="encoder.layers")
    for i in range(12):
        chain.block(f"encoder.layers.{i}", layers)
    graph = chain.finish()
    assert folded(graph) == [("layers 0–11", "Block", 12)]
    stack = next(group for group in graph.groups if group.repeat == 12)
    assert members(graph, stack.key) == [f"encoder.layers.{i}" for i in range(12)]
    assert stack.parent == layers
    assert stack.params == 12 * 2 * (16 * 16 + 16)
    assert stack.flops == 12 * 200


def test_blocks_that_differ_stay_outside() -> None:
    """The stages of a ResNet: the first block of each has a projection."""
    chain = Chain()
    for stage, (count, width) in enumerate([(3, 16), (4, 32), (6, 64), (3, 128)], 1):
        group = chain.builder.group(chain.root, type="Sequential", path=f"layer{stage}")
        for i in range(count):
            chain.block(f"layer{stage}.{i}", group, width=width, down=i == 0)
    graph = chain.finish()
    assert folded(graph) == [("layer2 1–3", "Block", 3), ("layer3 1–5", "Block", 5)]
    assert [g.key for g in graph.groups if g.parent == "layer3"] == ["layer3.0", "layer3.1×5"]


def test_a_recurrent_loop_is_folded_with_what_stands_between_its_calls() -> None:
    chain = Chain()
    for call in range(1, 101):
        chain.function("getitem")
        chain.module("GRUCell", "cell", call=call)
    chain.linear("head")
    graph = chain.finish()
    assert folded(graph) == [("cell, calls 1–100", "getitem, GRUCell", 100)]
    stack = next(group for group in graph.groups if group.repeat > 1)
    assert [g.name for g in graph.groups if g.parent == stack.key] == [str(i) for i in range(1, 101)]
    assert {n.op for n in graph.nodes if n.group == chain.root} == {"Linear"}


def test_a_long_cell_is_found_too() -> None:
    chain = Chain()
    for _ in range(6):
        for i in range(40):
            chain.function(f"step{i}")
    assert [repeat for *_, repeat in folded(chain.finish())] == [6]


def test_layers_with_functions_between_them_need_four_repetitions() -> None:
    def mlp(pairs: int) -> Graph:
        chain = Chain()
        for i in range(pairs):
            chain.linear(str(2 * i))
            chain.module("ReLU", str(2 * i + 1))
        return chain.finish()

    assert folded(mlp(3)) == []
    assert folded(mlp(4)) == [("0–7", "Linear, ReLU", 4)]


def test_one_layer_called_again_and_again() -> None:
    chain = Chain()
    for call in range(1, 13):
        chain.module("Shared", "encoder.layer", call=call)
    assert folded(chain.finish()) == [("layer, calls 1–12", "Shared", 12)]


def test_names_with_numbers_in_them() -> None:
    chain = Chain()
    for i in range(5):
        chain.linear(f"stage.dense_{i}")
    assert folded(chain.finish()) == [("dense_0 … dense_4", "Linear", 5)]


def test_other_widths_settings_or_ways_are_not_equal() -> None:
    chain = Chain()
    for width in (16, 16, 32, 32, 16, 16):
        chain.linear(f"l{width}", width=width)
    assert folded(chain.finish()) == []
    crossed = Chain()
    for i in range(8):  # two nodes each; in every other repetition the second does not take the first
        before = crossed.last
        crossed.function("mul")
        if i % 2:
            crossed.last = before
        crossed.function("add")
    assert ("mul", "mul, add", 8) not in folded(crossed.finish())


def test_what_people_look_for_by_name_is_never_folded() -> None:
    builder = GraphBuilder("torch", "forward")
    for i in range(6):
        builder.node(None, op="input", kind="input", name=f"x{i}", outputs=[X])
    for i in range(6):
        builder.node(None, op="parameter", kind="parameter", path=f"w{i}", outputs=[X])
    assert folded(builder.finish()) == []


def test_a_failed_block_is_not_one_of_the_equal_ones() -> None:
    chain = Chain()
    for i in range(5):
        chain.block(f"layers.{i}")
    chain.builder.fail("layers.4.conv1", "ValueError: no")
    graph = chain.finish()
    assert folded(graph) == [("layers 0–3", "Block", 4)]
    assert graph.failed is not None
    assert graph.failed.group == "layers.4"


def test_a_key_that_is_taken_is_not_given_again() -> None:
    chain = Chain()
    chain.module("Odd", "layers.0×3")
    for i in range(3):
        chain.block(f"layers.{i}")
    graph = chain.finish()
    assert [g.key for g in graph.groups if g.repeat == 3] == ["layers.0×3+"]
    assert Graph.from_dict(graph.to_dict()) == graph


@st.composite
def programs(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """Steps of a program: open a group, close one, or compute from an earlier result."""
    step = st.tuples(
        st.sampled_from(["open", "close", "a", "b", "c", "input"]), st.integers(1, 3), st.integers(1, 9)
    )
    body = draw(st.lists(step, max_size=12))
    return [("input", 1, 1), *body * draw(st.integers(1, 6)), *draw(st.lists(step, max_size=6))]


def build(program: list[tuple[str, int, int]], batch: int = 8) -> Graph:
    builder = GraphBuilder("torch", "forward")
    above: list[str | None] = [None]
    keys: list[str | None] = []
    x = Array((batch, 16), "float32")
    for what, back, other in program:
        if what == "open":
            above.append(builder.group(above[-1], type=f"Part{back}"))
        elif what == "close":
            above = above[:-1] or [None]
        else:
            kind = "input" if what == "input" else "function"
            key = builder.node(above[-1], op=what, kind=kind, outputs=[x], flops=1, parameters=[WEIGHT])
            for place, distance in enumerate({back, other}):
                if distance <= len(keys):
                    builder.edge(keys[-distance], 0, key, place)
            keys.append(key)
        above = above or [None]
    return builder.finish()


@settings(max_examples=200, deadline=None)
@given(programs())
def test_nothing_is_lost_or_added(program: list[tuple[str, int, int]]) -> None:
    graph = build(program)
    computed = [what for what, *_ in program if what not in ("open", "close")]
    assert [node.op for node in graph.nodes] == computed
    assert len({part.key for part in (*graph.nodes, *graph.groups)}) == len(graph.nodes) + len(graph.groups)
    known: set[str | None] = {None}
    for group in graph.groups:
        assert group.parent in known
        known.add(group.key)
    assert {node.group for node in graph.nodes} <= known
    _check_sums(graph)
    _check_repeats(graph)
    assert Graph.from_json(graph.to_json()) == graph
    other = build(program, batch=3)
    assert other.hash == graph.hash
    assert [e.src for e in other.edges] == [e.src for e in graph.edges]
    assert other.changes_since(graph) == {}


def _check_sums(graph: Graph) -> None:
    inside = _counter(graph, lambda node: node.params)
    assert {group.key: group.params for group in graph.groups} == inside
    assert {group.key: group.flops for group in graph.groups} == _counter(graph, lambda node: node.flops or 0)


def _counter(graph: Graph, count: Callable[[Node], int]) -> dict[str, int]:
    parents = {group.key: group.parent for group in graph.groups}
    sums = dict.fromkeys(parents, 0)
    for node in graph.nodes:
        above = node.group
        while above is not None:
            sums[above] += count(node)
            above = parents[above]
    return sums


def _check_repeats(graph: Graph) -> None:
    for group in graph.groups:
        if group.repeat > 1:
            inside: list[Group | Node] = [g for g in graph.groups if g.parent == group.key]
            inside += [n for n in graph.nodes if n.group == group.key]
            assert len(inside) == group.repeat
