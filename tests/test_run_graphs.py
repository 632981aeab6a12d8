"""The graphs of a run: taken once, anew after a change that reshapes the model, kept in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import nnwidgets as nnw
from nnwidgets._changes import Change
from nnwidgets._framework import Framework
from nnwidgets._graph_builder import GraphBuilder
from nnwidgets.control_facts import ControlFacts
from nnwidgets.graph import Graph


def graph_of(*ops: str) -> Graph:
    """Return a chain of operations."""
    builder = GraphBuilder("test", "forward")
    before = None
    for op in ops:
        key = builder.node(None, op=op)
        builder.edge(before, 0, key, 0)
        before = key
    return builder.finish()


class Watched(Framework):
    """A framework whose next forward pass is made by hand."""

    def __init__(self) -> None:
        self.watching: list[Callable[[Graph], object]] = []

    def controls(self) -> ControlFacts:
        rate: Any = {"value": 0.1, "layers": [{"name": "drop", "rate": 0.1}], "offer": []}
        return {**super().controls(), "dropout": rate}

    def change(self, control: str, value: Any) -> Change:
        return Change(0.1, value, f"{control} 0.1 → {value}")

    def watch_graph(self, arrived: Callable[[Graph], object], failed: object = None) -> Callable[[], None]:
        self.watching.append(arrived)
        return lambda: self.watching.remove(arrived) if arrived in self.watching else None

    def forward(self, graph: Graph) -> None:
        """Make a pass."""
        for arrived in tuple(self.watching):
            self.watching.remove(arrived)
            arrived(graph)


@pytest.fixture
def framework() -> Watched:
    return Watched()


@pytest.fixture
def run(framework: Watched) -> nnw.Run:
    return nnw.Run(store=False, show=False, framework=framework)


def test_the_first_pass_is_taken_once(run: nnw.Run, framework: Watched) -> None:
    assert run.graph is None
    first = graph_of("a", "b")
    framework.forward(first)
    assert run.graph is first
    framework.forward(graph_of("c"))
    assert run.graph is first


def test_a_change_that_reshapes_has_it_taken_anew(run: nnw.Run, framework: Watched) -> None:
    framework.forward(graph_of("a", "b"))
    run.controls.dropout = 0.5
    run.log(loss=1.0)
    framework.forward(graph_of("a", "c"))
    assert [(taken.label, len(taken.graph.nodes)) for taken in run._graphs.taken] == [
        ("at the start", 2),
        ("dropout 0.1 → 0.5", 2),
    ]
    run.controls.learning_rate = 0.01
    run.log(loss=1.0)
    assert framework.watching == []


def test_the_same_graph_again_is_not_kept(run: nnw.Run, framework: Watched) -> None:
    framework.forward(graph_of("a", "b"))
    run.controls.dropout = 0.5
    run.log(loss=1.0)
    framework.forward(graph_of("a", "b"))
    assert len(run._graphs.taken) == 1


def test_another_device_is_told_though_the_same_is_computed(run: nnw.Run, framework: Watched) -> None:
    framework.forward(graph_of("a", "b"))
    run.controls.device = "cpu"
    run.log(loss=1.0)
    framework.forward(graph_of("a", "b"))
    assert [taken.label for taken in run.graphs] == ["at the start", "device 0.1 → cpu"]
    assert run.graphs[1].graph.changes_since(run.graphs[0].graph) == {}


def test_the_end_of_a_run_ends_the_watching(run: nnw.Run, framework: Watched) -> None:
    run.finish()
    assert framework.watching == []


def test_a_fault_in_watching_is_a_notice(framework: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("cannot watch")

    monkeypatch.setattr(framework, "watch_graph", broken)
    run = nnw.Run(store=False, show=False, framework=framework)
    run.log(loss=1.0)
    run.flush()
    assert any("cannot watch" in notice.text for notice in run.notices)


def test_a_run_of_numbers_is_given_its_graph() -> None:
    run = nnw.Run(store=False, show=False)
    given = graph_of("a")
    run.graph = given
    assert run.graph is given
    with pytest.raises(nnw.NnwidgetsError, match=r"takes what nnw\.trace"):
        run.graph = "a picture"  # type: ignore[assignment]  # the mistake is the point


def test_many_graphs_keep_the_first_and_the_latest(run: nnw.Run) -> None:
    for i in range(80):
        run.graph = graph_of(*"a" * (i + 1))
    assert len(run._graphs.taken) == 50
    assert len(run._graphs.taken[0].graph.nodes) == 1
    assert len(run._graphs.taken[-1].graph.nodes) == 80
