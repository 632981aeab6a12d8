"""Graphs as data: what builds them, their JSON and networkx forms, and what is refused."""

from __future__ import annotations

import copy
import itertools
import json
import subprocess
import sys
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnwidgets._errors import GraphError
from nnwidgets._graph_builder import GraphBuilder
from nnwidgets._graph_words import big, operations, shape
from nnwidgets.graph import MAX_NODES, Array, Graph, Parameter

MARKUP = "<script>alert('x')</script> & \"quoted\""


def small() -> Graph:
    """x -> Linear -> relu -> output, the layer in a module; the layer is called twice."""
    builder = GraphBuilder("torch", "forward")
    x = builder.node(None, op="input", kind="input", name="x", outputs=[Array((4, 8), "float32")])
    root = builder.group(None, type="Net", source="net.py:3")
    empty = builder.group(root, type="Nothing", path="nothing")
    builder.group(empty, type="Nothing", path="nothing.inside")
    weight = Parameter("weight", (8, 8))
    last = x
    for call in (1, 2):
        linear = builder.node(root, op="Linear", kind="module", path="fc", call=call, detail="8, 8",
                              parameters=[weight, Parameter("bias", (8,), False)])  # fmt: skip
        builder.outputs(linear, [Array((4, 8), "float32")], flops=512)
        builder.edge(last, 0, linear, 0)
        last = linear
    relu = builder.node(root, op="relu", outputs=[Array((4, 8), "float32")])
    builder.edge(last, 0, relu, 0)
    builder.edge(relu, 0, builder.node(None, op="output", kind="output"), 0)
    builder.note("One branch was taken.")
    builder.note("One branch was taken.")
    return builder.finish()


def test_what_a_builder_makes() -> None:
    graph = small()
    assert [node.key for node in graph.nodes] == ["x", "fc", "fc@2", "Net/relu", "output"]
    assert [(edge.src, edge.dst) for edge in graph.edges] == [
        ("x", "fc"), ("fc", "fc@2"), ("fc@2", "Net/relu"), ("Net/relu", "output")
    ]  # fmt: skip
    assert [group.key for group in graph.groups] == ["Net"]  # those that stayed empty are not there
    assert {edge.array for edge in graph.edges} == {Array((4, 8), "float32")}
    assert graph.notes == ("One branch was taken.",)
    assert graph.nodes[1].name == "fc"
    assert graph.failed is None


def test_parameters_count_once_and_operations_each_time() -> None:
    graph = small()
    assert graph.params == graph.groups[0].params == 8 * 8 + 8
    assert graph.flops == graph.groups[0].flops == 2 * 512
    assert Parameter("w", (3, None)).count == 0
    assert Parameter("scale", ()).count == 1


def test_it_says_in_a_line_what_it_is() -> None:
    assert repr(small()) == ("<Graph of torch: 5 nodes, 4 edges, 1 groups, 72 parameters, 1.02 kFLOPs>")
    bundle = small()._repr_mimebundle_()
    assert bundle["text/plain"] == repr(small())
    assert bundle["image/svg+xml"].startswith("<svg")


def test_beyond_the_limit_nothing_is_taken_and_it_is_said() -> None:
    builder = GraphBuilder("torch", "forward", limit=3)
    keys = [builder.node(None, op="add") for _ in range(5)]
    for src, dst in itertools.pairwise(keys):
        builder.edge(src, 0, dst, 0)
    graph = builder.finish()
    assert keys == ["add", "add_2", "add_3", None, None]
    assert [(edge.src, edge.dst) for edge in graph.edges] == [("add", "add_2"), ("add_2", "add_3")]
    assert graph.notes == ("Only the first 3 operations are shown.",)
    assert builder.full


def test_an_edge_from_or_to_what_is_no_node_is_not_taken() -> None:
    builder = GraphBuilder("torch", "forward")
    group = builder.group(None, type="Net")
    node = builder.node(group, op="add")
    for src, dst in [
        (node, group),
        (group, node),
        (None, node),
        (node, None),
        ("gone", node),
        (node, "gone"),
    ]:
        builder.edge(src, 0, dst, 0)
    assert builder.finish().edges == ()


def test_a_failure_is_marked() -> None:
    builder = GraphBuilder("torch", "forward")
    key = builder.node(None, op="matmul")
    builder.fail(key, "RuntimeError: shapes do not fit")
    graph = builder.finish()
    assert graph.failed is not None
    assert graph.failed.error == "RuntimeError: shapes do not fit"
    assert repr(graph).endswith("failed at matmul>")


def test_structure_tells_two_graphs_apart() -> None:
    def built(*, width: int = 8, batch: int = 2, detail: str = "p=0.1", swapped: bool = False) -> str:
        builder = GraphBuilder("torch", "forward")
        x = builder.node(None, op="input", kind="input", name="x", outputs=[Array((batch, 8), "float32")])
        layer = builder.node(None, op="Dropout", kind="module", path="drop", detail=detail)
        sub = builder.node(
            None, op="sub", parameters=[Parameter("w", (width,))], outputs=[Array((batch,), "float32")]
        )
        builder.edge(x, 0, layer, 0)
        builder.edge(x, 0, sub, int(swapped))
        builder.edge(layer, 0, sub, 1 - int(swapped))
        return builder.finish().hash

    assert built() == built(batch=64)
    assert len({built(), built(width=9), built(detail="p=0.5"), built(swapped=True)}) == 4


def test_json_holds_everything_and_leaves_out_what_has_its_default() -> None:
    graph = small()
    assert Graph.from_json(graph.to_json()) == graph
    assert Graph.from_json(graph.to_json().encode()) == graph
    assert Graph.from_dict(graph.to_dict()) == graph
    data = graph.to_dict()
    assert data["nodes"][3] == {
        "key": "Net/relu", "group": "Net", "kind": "function", "op": "relu", "name": "relu",
        "outputs": [[[4, 8], "float32"]],
    }  # fmt: skip
    assert data["nodes"][1]["parameters"] == [["weight", [8, 8]], ["bias", [8], False]]
    assert data["edges"][0] == ["x", 0, "fc", 0, [4, 8], "float32"]


def test_names_with_markup_stay_text() -> None:
    builder = GraphBuilder("torch", "forward")
    group = builder.group(None, type=MARKUP, path=MARKUP)
    key = builder.node(group, op=MARKUP, kind="module", path=f"{MARKUP}.0", detail=MARKUP)
    builder.fail(key, MARKUP)
    graph = builder.finish()
    assert Graph.from_json(graph.to_json()) == graph
    assert "<script" not in graph.to_svg()


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A graph as JSON with something in it replaced or taken away."""
    data = copy.deepcopy(small().to_dict())
    at: Any = data
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = draw(st.sampled_from(keys))
        if isinstance(at[key], dict | list) and at[key] and draw(st.booleans()):
            at = at[key]
            continue
        if draw(st.booleans()):
            at[key] = draw(values)
        else:
            del at[key]
        return data


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_damaged_json_is_refused_or_makes_a_graph_that_can_be_used(data: Any) -> None:
    text = json.dumps(data)
    try:
        graph = Graph.from_json(text)
    except GraphError:
        return
    repr(graph)
    graph.to_svg()
    graph.to_networkx()
    graph.changes_since(small())
    assert Graph.from_json(graph.to_json()) == graph


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '"text"', "{}", "[" * 100_000, b"\xff\xfe\x00"])
def test_what_is_no_graph_is_refused(text: str | bytes) -> None:
    with pytest.raises(GraphError):
        Graph.from_json(text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(version=99), "version 99"),
        (lambda d: d["nodes"][1].update(group="gone"), "not there"),
        (lambda d: d["nodes"][1].update(key="x"), "same key"),
        (lambda d: d["nodes"][1].update(kind="odd"), "odd"),
        (lambda d: d["nodes"][1].update(name=3), "name of 'fc' is 3"),
        (lambda d: d["groups"][0].update(parent="Net"), "does not stand before"),
        (lambda d: d["edges"][0].__setitem__(2, "gone"), "gone"),
        (lambda d: d["nodes"][0].update(unknown=1), "unknown"),
        (lambda d: d["nodes"][0].update(outputs=[[[float("inf")], "float32"]]), "infinity"),
    ],
)
def test_what_does_not_fit_together_is_said(change: Any, words: str) -> None:
    data = small().to_dict()
    change(data)
    with pytest.raises(GraphError, match=words):
        Graph.from_dict(data)


def test_a_hundred_thousand_operations_are_taken() -> None:
    """Rows of functions in a deep nest, one result used by all of them: nothing of it is slow or recurses."""
    builder = GraphBuilder("torch", "forward", limit=MAX_NODES)
    group = builder.group(None, type="Net")
    first = last = builder.node(group, op="input", kind="input", outputs=[Array((1,), "float32")])
    number = 0
    while not builder.full:
        number += 1
        if number % 10 == 0 and number <= 20_000:
            group = builder.group(group, type="Deep")
        key = builder.node(
            group, op=f"op{number % 7919 if number % 3 else 0}", parameters=[Parameter("w", (2,))]
        )
        builder.edge(last, 0, key, 0)
        builder.edge(first, 0, key, 1)
        last = key
    graph = builder.finish()
    assert len(graph.nodes) == MAX_NODES
    assert graph.groups[0].params == graph.params == 2 * (MAX_NODES - 1)
    again = Graph.from_json(graph.to_json())
    assert again.hash == graph.hash
    assert len(graph.to_svg()) < 3_000_000


def test_a_row_of_equal_constants_is_no_burden() -> None:
    builder = GraphBuilder("torch", "forward")
    for _ in range(20_000):
        builder.node(None, op="constant", kind="constant")
    assert len(builder.finish().groups) == 0


def test_networkx() -> None:
    graph = small()
    other = graph.to_networkx()
    assert isinstance(other, nx.MultiDiGraph)
    assert list(other.nodes) == [node.key for node in graph.nodes]
    assert other.nodes["fc"]["op"] == "Linear"
    assert other.nodes["fc"]["params"] == 72
    assert list(nx.topological_sort(other)) == ["x", "fc", "fc@2", "Net/relu", "output"]
    ((_, _, edge),) = other.edges("x", data=True)
    assert (edge["src_out"], edge["dst_in"], edge["array"]) == (0, 0, Array((4, 8), "float32"))
    assert other.graph["framework"] == "torch"


def test_without_networkx_it_says_what_to_install() -> None:
    code = """
import sys
sys.modules["networkx"] = None
from nnwidgets._errors import MissingDependencyError
from nnwidgets.graph import Graph
try:
    Graph("torch", "forward").to_networkx()
except MissingDependencyError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install networkx" in done.stdout


def test_words() -> None:
    assert [big(n) for n in (0, 999, 1000, 25_557_032, 4.1e9, 999_950)] == [
        "0", "999", "1.00 k", "25.6 M", "4.10 G", "1.00 M"
    ]  # fmt: skip
    assert operations(320) == "320 FLOPs"
    assert operations(4_120_000_000) == "4.12 GFLOPs"
    assert shape(Array((None, 3, 32), "float32")) == "?×3×32"
    assert shape(Array((), "float32")) == "scalar"
    assert shape(None) == ""
