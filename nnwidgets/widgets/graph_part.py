"""The part of a panel that shows the graph: the view, and under it the history of the node that was clicked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import ipywidgets

from nnwidgets._i18n import language, now
from nnwidgets._layer_series import LOGARITHMIC, WORDS, LayerSeries, name_of, series_of
from nnwidgets._metrics import number
from nnwidgets.protocol import WIRE
from nnwidgets.widgets import _graph_state
from nnwidgets.widgets._graph_view import GraphView
from nnwidgets.widgets._layer_chart import LayerChart
from nnwidgets.widgets._views import View as Strip

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Seconds between two looks at the statistics, at least; and bytes of them a second at most.
_PACE: Final = 0.5
_BYTES: Final = 100_000
#: The roles of the legend, in the order of the chart's lines.
_ROLES: Final = (("train", 0), ("val", 0), ("ghost", 0), ("ghost", 1), ("ghost", 2), ("ghost", 3))


class GraphPart:
    """The graph of a run, live. After it is made, everything is written on the run's worker thread.

    Attributes
    ----------
    box
        The widget.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._shown: int | None = None
        self._at: int | None = None
        self._node: str | None = None
        self._statistic = "std"
        self._known: tuple[Any, ...] = ()
        self._due = 0.0
        self._packed: tuple[Any, bytes] = (None, b"")
        self.view = GraphView(view="graph", state=_graph_state.state(run, self.shown, None, None))
        self.legend = Strip(view="legend")
        self.chart = LayerChart()
        self.points = Strip(view="points", state={"wire": WIRE})
        #: What is drawn under the graph.
        self.lines: list[LayerSeries] = []
        self._plot = ipywidgets.VBox([self.legend, self.chart.figure, self.points]).add_class("nnw-layer")
        self._plot.add_class("nnw-away")
        self.box = ipywidgets.VBox([self.view, self._plot]).add_class("nnw-graph-part")

    @property
    def shown(self) -> int:
        """Which of the run's graphs is shown; the newest, unless the person chose another."""
        last = max(len(self._run._graphs.taken) - 1, 0)
        return last if self._shown is None else min(self._shown, last)

    def refresh(self, *, now: bool = False) -> None:
        """Show what is new, at most twice a second; ``now`` after the person asked for something."""
        clock = time.monotonic()
        run = self._run
        known = (len(run._graphs.taken), run.history.layers.version, run.status, language())
        if not now and (clock < self._due or known == self._known):
            return
        self._known = known
        self._put_graph()
        sample = run.history.layers.at(self._at)
        values = b"" if sample is None else sample.values.astype("<f4").tobytes()
        self._due = clock + max(_PACE, len(values) / _BYTES)
        if sample is not None:
            columns = {"modules": list(sample.layout.modules), "parameters": list(sample.layout.parameters)}
            if columns != self.view.columns:
                self.view.columns = columns
        if values != self.view.values:
            self.view.values = values
        self.view.put(_graph_state.state(run, self.shown, self._at, self._node))
        self._draw()

    def look_at(self, step: int | None) -> None:
        """Show the statistics of a step; None for the latest, as they come."""
        self._at = step
        self.refresh(now=True)

    def show(self, which: int) -> None:
        """Show another of the run's graphs."""
        newest = which == len(self._run._graphs.taken) - 1
        self._shown = None if newest else which
        self.refresh(now=True)

    def plot(self, node: str | None, statistic: str) -> None:
        """Plot a node's statistic over the steps; None to plot nothing."""
        self._node, self._statistic = node, statistic
        self.refresh(now=True)

    def _put_graph(self) -> None:
        taken = self._run._graphs.taken
        graph = taken[self.shown].graph if taken else None
        if graph is not self._packed[0]:
            self._packed = (graph, _graph_state.packed(graph))
            self.view.graph = self._packed[1]

    def _draw(self) -> None:
        taken = self._run._graphs.taken
        lines: list[LayerSeries] = []
        if self._node is not None and taken:
            graph = taken[self.shown].graph
            lines = series_of(graph, self._run.history.layers, self._node, self._statistic)
            self.legend.put(_legend(f"{name_of(graph, self._node)}: {now(WORDS[self._statistic])}", lines))
        self.lines = lines
        if lines:
            self._plot.remove_class("nnw-away")
            self.chart.draw(lines, self._at, log=self._statistic in LOGARITHMIC)
        else:
            self._plot.add_class("nnw-away")


def _legend(title: str, lines: list[LayerSeries]) -> dict[str, Any]:
    items = [
        {
            "role": role,
            "place": place,
            "label": line.name,
            "value": number(float(line.values[-1]) if len(line.values) else None),
            "gaps": 0,
        }
        for (role, place), line in zip(_ROLES, lines, strict=False)
    ]
    return {"wire": WIRE, "metric": title, "metrics": [], "main": True, "items": items}
