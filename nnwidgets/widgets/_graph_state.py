"""The state of a panel's graph, read off a run."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from nnwidgets._graph_findings import findings
from nnwidgets._graph_wire import FindingState, GraphState, GraphTaken
from nnwidgets._i18n import t, told
from nnwidgets._run_graphs import Taken, label_of
from nnwidgets.graph import Graph
from nnwidgets.protocol import OPEN_STATUSES, WIRE

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Steps of the slider at most.
_STEPS: Final = 500
#: Differences from the graph before, at most.
_CHANGES: Final = 500


def packed(graph: Graph | None) -> bytes:
    """Return what the page unpacks: compressed JSON, or nothing."""
    return b"" if graph is None else zlib.compress(graph.to_json().encode(), 6)


def state(run: Run, shown: int, at: int | None, node: str | None) -> GraphState:
    """Return what the graph shows.

    Parameters
    ----------
    run
        Whose graph.
    shown
        Which of its graphs, counted from 0.
    at
        The step whose statistics are shown; None for the latest.
    node
        The key of the node that is plotted.
    """
    taken, layers = run._graphs.taken, run.history.layers
    sample = layers.at(at)
    graph = taken[shown].graph if taken else None
    return {
        "wire": WIRE,
        "message": None if taken else run._adapter.no_graph,
        "graphs": [_labelled(run, one) for one in taken],
        "shown": shown,
        "changes": changes(taken, shown),
        "steps": thinned(layers.steps),
        "at": at,
        "values_step": None if sample is None else sample.step,
        "findings": said(run, graph),
        "notes": [told(note) for note in layers.notes],
        "node": node,
        "open": run.status in OPEN_STATUSES and not run._keeper.recorded,
    }


def _labelled(run: Run, one: Taken) -> GraphTaken:
    label = t("step {step}: {label}", step=f"{one.step:,}", label=label_of(run, one))
    return {"step": one.step, "label": label}


def changes(taken: list[Taken], shown: int) -> dict[str, str]:
    """Return what is different in a graph from the one before, in words, by the key of a node."""
    if shown < 1:
        return {}
    found = taken[shown].graph.changes_since(taken[shown - 1].graph)
    return dict(list(found.items())[:_CHANGES])


def said(run: Run, graph: Graph | None) -> list[FindingState]:
    """Return what the statistics show, in words."""
    found = findings(run.history.layers, graph)
    return [{"level": one.level, "path": one.path, "since": one.since, "text": one.text} for one in found]


def thinned(steps: NDArray[np.int64]) -> list[int]:
    """Return at most 500 steps, evenly chosen, the first and the last among them."""
    if len(steps) > _STEPS:
        steps = steps[np.unique(np.linspace(0, len(steps) - 1, _STEPS).round().astype(int))]
    return [int(step) for step in steps]
