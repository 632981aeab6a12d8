"""What is plotted of a node: lines of its layer, its parameters, or the layers inside a group."""

from __future__ import annotations

import numpy as np
import pytest

from nnwidgets._graph_builder import GraphBuilder
from nnwidgets._layer_history import LayerHistory
from nnwidgets._layer_sample import Layout, Sample
from nnwidgets._layer_series import MOST, WORDS, name_of, series_of
from nnwidgets.graph import Graph, Parameter


@pytest.fixture
def graph() -> Graph:
    builder = GraphBuilder("test", "forward")
    root = builder.group(None, type="Net")
    for i in range(10):
        builder.node(
            root, op="Linear", kind="module", path=f"layers.{i}", detail=str(i),
            parameters=[Parameter("weight", (3, 4)), Parameter("bias", (3,))],
        )  # fmt: skip
    builder.node(root, op="add")
    return builder.finish()


@pytest.fixture
def layers() -> LayerHistory:
    paths = tuple(f"layers.{i}" for i in range(10))
    names = tuple(f"{path}.{name}" for path in paths for name in ("weight", "bias"))
    layout = Layout(paths, names)
    history = LayerHistory()
    for step in (1, 5, 9):
        modules = [[0.0, float(step), 0.5, np.nan] for _ in paths]
        parameters = [[3.0, 0.2, 2.0] if name.endswith("weight") else [4.0, 0.1, 0.0] for name in names]
        values = np.array([*np.ravel(modules), *np.ravel(parameters)], np.float32)
        history.append(Sample(step, step / 10, layout, values))
    return history


def test_a_layer_has_one_line(graph: Graph, layers: LayerHistory) -> None:
    (line,) = series_of(graph, layers, "layers.3", "std")
    assert line.name == "3"
    assert line.steps.tolist() == [1, 5, 9]
    assert line.values.tolist() == [1, 5, 9]


def test_each_parameter_has_a_line(graph: Graph, layers: LayerHistory) -> None:
    lines = series_of(graph, layers, "layers.3", "grad")
    assert [(line.name, line.values.tolist()) for line in lines] == [
        ("weight", [3, 3, 3]),
        ("bias", [4, 4, 4]),
    ]


def test_the_ratio_is_that_of_update_and_weight(graph: Graph, layers: LayerHistory) -> None:
    weight, bias = series_of(graph, layers, "layers.0", "ratio")
    assert weight.values == pytest.approx([0.1, 0.1, 0.1])
    assert np.isinf(bias.values).all()


def test_a_group_has_a_line_for_each_of_a_few_layers(graph: Graph, layers: LayerHistory) -> None:
    lines = series_of(graph, layers, "Net", "grad")
    assert len(lines) == MOST
    assert lines[0].name == "layers.0"
    assert lines[-1].name == "layers.9"
    assert lines[0].values == pytest.approx([5, 5, 5])  # of 3 and 4
    assert series_of(graph, layers, "Net", "zeros")[0].name == "layers.0"


def test_what_is_not_measured_has_no_line(graph: Graph, layers: LayerHistory) -> None:
    assert all(series_of(graph, layers, "Net/add", statistic) == [] for statistic in WORDS)
    assert series_of(graph, layers, "nowhere", "std") == []
    assert series_of(graph, LayerHistory(), "Net", "grad") == []


def test_what_people_call_it(graph: Graph) -> None:
    assert [name_of(graph, key) for key in ("layers.3", "Net", "Net/add", "gone")] == [
        "layers.3",
        "Net",
        "add",
        "gone",
    ]
