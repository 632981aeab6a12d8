"""Drawn graphs: well-formed whatever is in them, readable by everybody, and no size is too much."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from nnwidgets._graph_builder import GraphBuilder
from nnwidgets._graph_levels import scene
from nnwidgets.graph import Graph
from tests.graph_samples import X, residual

MARKUP = "<script>alert('x')</script> & \"quoted\" \x00\x1b\ud800"


def texts(picture: str) -> list[str]:
    root = ET.fromstring(picture)
    return ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_levels_open_one_after_another() -> None:
    graph = residual()
    closed, root, blocks, all_ = (texts(graph.to_svg(open=levels)) for levels in (0, 1, 2, 3))
    assert "37 operations" in closed
    assert {"layersModuleList", "36 operations"} <= set(root)
    assert {"layers 0–11Block", "× 12", "36 operations"} <= set(blocks)
    assert {"LinearA", "Lineara", "Linearb", "+", "× 12"} & set(all_) == {"Lineara", "Linearb", "+", "× 12"}
    assert texts(graph.to_svg()) == all_
    assert texts(graph.to_svg(open=99)) == all_
    assert texts(graph.to_svg(open=-1)) == closed


def test_shapes_stand_on_lines() -> None:
    assert (
        texts(residual(2).to_svg()).count("8×16") == 8
    )  # of the input, of each operation, not of the output


def test_a_failure_is_red_and_said() -> None:
    graph = residual(failing=True)
    picture = graph.to_svg()
    assert picture.count('class="layer failed"') == 1
    assert "RuntimeError: mat1 and mat2" in " ".join(texts(picture))
    assert "Failed at head" in picture
    assert picture.count("<title>") > 5
    assert 'class="closed failed"' in graph.to_svg(open=0)


def test_markup_and_what_xml_cannot_hold_stay_text() -> None:
    builder = GraphBuilder("torch", "forward")
    group = builder.group(None, type=MARKUP, path=MARKUP, source=MARKUP)
    for kind in ("input", "output", "module", "function", "parameter", "constant", "backward"):
        key = builder.node(
            group, op=MARKUP, kind=kind, path=f"{MARKUP}.{kind}", detail=MARKUP, source=MARKUP, outputs=[X]
        )
        builder.fail(key, MARKUP)
    builder.note(MARKUP)
    graph = builder.finish()
    for levels in (0, 9):
        picture = graph.to_svg(open=levels)
        picture.encode()
        ET.fromstring(picture)
        assert "<script" not in picture
        assert any("<script>" in text for text in texts(picture))


def test_long_names_are_shortened_and_told_in_full() -> None:
    builder = GraphBuilder("torch", "forward")
    builder.node(None, op="VeryLongNameOfALayer" * 10, kind="module", path="a." * 50 + "b")
    picture = builder.finish().to_svg()
    assert max(len(text) for text in texts(picture)) < 60
    assert "VeryLongNameOfALayer" * 10 in picture


def test_it_is_told_to_who_cannot_see_it() -> None:
    graph = residual()
    root = ET.fromstring(graph.to_svg())
    assert root.get("role") == "img"
    title, desc = root[0], root[1]
    assert title.text == "Computation graph of Net"
    assert desc.text is not None
    assert "Inputs: x." in desc.text


def test_it_is_one_file_for_light_and_dark_pages() -> None:
    picture = residual().to_svg()
    assert "prefers-color-scheme:dark" in picture
    assert re.search(r"(href|url\(|@import|<script|<image)", picture) is None
    assert "var(" not in picture  # programs that turn SVG into PDF do not know it


def test_a_file(tmp_path: Path) -> None:
    graph = residual()
    text = graph.to_svg(tmp_path / "graph.svg")
    assert (
        (tmp_path / "graph.svg").read_text(encoding="utf-8")
        == text
        == graph.to_svg(str(tmp_path / "other.svg"))
    )


def test_an_empty_graph_is_a_picture_too() -> None:
    ET.fromstring(Graph("numpy", "forward").to_svg())


def chain(count: int, *, equal: bool = False) -> GraphBuilder:
    builder = GraphBuilder("numpy", "forward")
    last: str | None = None
    for i in range(count):
        key = builder.node(None, op="step" if equal else f"step{i}", outputs=[X])
        builder.edge(last, 0, key, 0)
        last = key
    return builder


def test_of_a_row_that_is_too_long_the_middle_is_left_out() -> None:
    picture = chain(10_000).finish().to_svg()
    words = texts(picture)
    assert {"step0", "step9999", "9,850 operations are not drawn here"} <= set(words)
    assert len(picture) < 100_000


def test_equal_operations_in_a_row_are_one_box() -> None:
    assert "× 10,000" in texts(chain(10_000, equal=True).finish().to_svg())


@pytest.mark.parametrize("levels", [None, 10**9])
def test_deep_nesting_does_not_recurse(levels: int | None) -> None:
    builder = GraphBuilder("numpy", "forward")
    group: str | None = None
    last: str | None = None
    for i in range(5_000):
        group = builder.group(group, type="Deep")
        key = builder.node(group, op=f"step{i}", outputs=[X])
        builder.edge(last, 0, key, 0)
        last = key
    assert len(builder.finish().to_svg(open=levels)) < 1_000_000


def test_a_thousand_groups_stay_closed() -> None:
    builder = GraphBuilder("numpy", "forward")
    for i in range(1_000):
        group = builder.group(None, type=f"Part{i}")
        for j in range(20):
            builder.node(group, op=f"step{j}")
    assert len(builder.finish().to_svg(open=99)) < 300_000


def test_every_operation_takes_all_before_it() -> None:
    builder = GraphBuilder("numpy", "forward")
    keys = [builder.node(None, op=f"step{i}", outputs=[X]) for i in range(120)]
    for dst in range(120):
        for src in range(dst):
            builder.edge(keys[src], 0, keys[dst], src)
    graph = builder.finish()
    assert len(scene(graph, None, 150).lines) == 120 * 119 // 2
    assert len(graph.to_svg()) < 2_000_000


def test_the_same_graph_gives_the_same_picture() -> None:
    assert residual().to_svg() == residual().to_svg()
