"""The graph of a panel from Python's side: what it sends, and what it makes of the page's commands."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets import _graph_wire
from nnwidgets._graph_builder import GraphBuilder
from nnwidgets._layer_sample import Layout, Sample
from nnwidgets.graph import Graph, Parameter
from nnwidgets.run import Run
from nnwidgets.widgets import _graph_state

FIXTURE = Path(__file__).parent / "fixtures" / "protocol" / "graph.json"
LAYOUT = Layout(("fc",), ("fc.weight",))


def graph_of(units: int) -> Graph:
    builder = GraphBuilder("torch", "forward")
    key = builder.node(None, op="input", kind="input")
    layer = builder.node(
        None, op="Linear", kind="module", path="fc", detail=f"in_features=4, out_features={units}, bias=True",
        parameters=[Parameter("weight", (units, 4))],
    )  # fmt: skip
    builder.edge(key, 0, layer, 0)
    return builder.finish()


def sample(step: int) -> Sample:
    return Sample(step, step / 10, LAYOUT, np.array([0.1, step, 0.5, np.nan, 3.0, 0.2, 2.0], np.float32))


@pytest.fixture
def run() -> Run:
    run = nnw.Run(name="shown", store=False, show=False)
    run.graph = graph_of(8)
    for step in (1, 5, 9):
        run.history.layers.append(sample(step))
    return run


def part(run: Run) -> Any:
    assert run.flush()
    run.panel.graph.refresh(now=True)
    return run.panel.graph


def state(run: Run) -> Any:
    return part(run).view.state


def unpacked(run: Run) -> Graph:
    return Graph.from_json(zlib.decompress(part(run).view.graph))


def test_what_the_page_gets(run: Run) -> None:
    view = part(run).view
    assert unpacked(run) == run.graph
    assert view.columns == {"modules": ["fc"], "parameters": ["fc.weight"]}
    assert np.frombuffer(view.values, "<f4")[1] == 9
    assert view.state["steps"] == [1, 5, 9]
    assert view.state["values_step"] == 9
    assert view.state["at"] is None
    assert view.state["message"] is None


def test_the_state_is_that_of_the_fixture(run: Run) -> None:
    fixture = json.loads(FIXTURE.read_text(encoding="utf-8"))
    assert set(fixture) == set(get_type_hints(_graph_wire.GraphState)) == set(state(run))


def test_back_to_a_step_and_live_again(run: Run) -> None:
    part(run).look_at(6)
    assert state(run)["values_step"] == 5
    assert np.frombuffer(part(run).view.values, "<f4")[1] == 5
    part(run).look_at(None)
    assert state(run)["values_step"] == 9


def test_a_new_graph_is_shown_unless_an_old_one_was_chosen(run: Run) -> None:
    run.graph = graph_of(16)
    assert state(run)["shown"] == 1
    assert unpacked(run) == run.graphs[1].graph
    assert list(state(run)["changes"]) == ["fc"]
    part(run).show(0)
    assert unpacked(run) == run.graphs[0].graph
    assert state(run)["changes"] == {}
    run.graph = graph_of(32)
    assert state(run)["shown"] == 0
    part(run).show(2)
    run.graph = graph_of(64)
    assert state(run)["shown"] == 3


def test_a_node_is_plotted(run: Run) -> None:
    part(run).plot("fc", "grad")
    assert state(run)["node"] == "fc"
    legend = part(run).legend.state
    assert legend["metric"] == "fc: norm of the gradient"
    assert [(item["label"], item["value"]) for item in legend["items"]] == [("weight", "3.000")]
    lines = [mark for mark in part(run).chart.figure.marks if len(mark.x)]
    assert [line.y.tolist() for line in lines] == [[3, 3, 3]]
    part(run).look_at(5)
    assert part(run).chart.figure.marks[0].x.tolist() == [5, 5]
    part(run).plot(None, "std")
    assert "nnw-away" in part(run)._plot._dom_classes


def test_infinite_values_have_no_place(run: Run) -> None:
    values = np.array([np.inf, np.inf, 0, np.nan, np.inf, np.inf, np.inf], np.float32)
    run.history.layers.append(Sample(10, 1.0, LAYOUT, values))
    part(run).plot("fc", "std")
    line = part(run).chart.figure.marks[1]
    assert line.x.tolist() == [1, 5, 9]


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("graph_at", "x", "counted from 0"),
        ("graph_at", -1, "counted from 0"),
        ("graph_show", 7, "no graph 7"),
        ("graph_show", None, "no graph None"),
        ("graph_node", {"key": "fc", "statistic": "beauty"}, "plotted by its key"),
        ("graph_node", {"key": 3, "statistic": "std"}, "plotted by its key"),
    ],
)
def test_what_cannot_be_obeyed_is_said(run: Run, kind: str, value: Any, said: str) -> None:
    obey = run.panel.commands._kinds[kind]
    with pytest.raises(ValueError, match=said):
        obey(value)


def test_without_a_graph_there_is_a_message() -> None:
    run = nnw.Run(store=False, show=False)
    assert "nnw.trace" in state(run)["message"]
    assert part(run).view.graph == b""
    assert part(run).view.values == b""


def test_a_long_run_has_no_long_state(run: Run) -> None:
    run.history.layers.append(*(sample(step) for step in range(10, 1900)))
    steps = state(run)["steps"]
    assert len(steps) <= 500
    assert (steps[0], steps[-1]) == (1, 1899)


def test_a_thousand_changes_are_cut() -> None:
    many = {str(i): "new" for i in range(1000)}

    class Changed:
        def changes_since(self, _: object) -> dict[str, str]:
            return many

    taken: Any = [type("Taken", (), {"graph": Changed()})] * 2
    assert len(_graph_state.changes(taken, 1)) == 500
