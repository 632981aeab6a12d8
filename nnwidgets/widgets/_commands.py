"""What the page asks a panel for. Receivers only hand on; everything is done on the worker thread and answered once."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nnwidgets._control_values import JUDGES
from nnwidgets._csv import write_rows
from nnwidgets._i18n import t
from nnwidgets._layer_series import WORDS
from nnwidgets._metrics import metrics_of
from nnwidgets._seen import Seen
from nnwidgets._services import services
from nnwidgets.controls import Intervention, as_control
from nnwidgets.protocol import WIRE
from nnwidgets.widgets import _points_table
from nnwidgets.widgets._controls_state import in_words
from nnwidgets.widgets._nudge import WAYS, nudged

if TYPE_CHECKING:
    from nnwidgets.widgets.curves import Chart
    from nnwidgets.widgets.panel import Panel

#: Points up to which a CSV file travels through the page; more are written by Python alone.
_CSV_POINTS = 200_000


class RefusedError(ValueError):
    """A command that cannot be obeyed, with the reason for the person."""


class Commands:
    """Receives, checks, obeys and answers."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._heard: set[str] = set()
        self._seen = Seen()
        self._kinds: dict[str, Callable[[Any], str | None]] = {
            "x": self._axis,
            "log": self._log,
            "smoothing": self._smoothing,
            "mode": self._mode,
            "reset": self._reset,
            "nudge": self._nudge,
            "points": self._points,
            "metric": self._metric,
            "overlay": self._overlay,
            "runs": self._runs,
            "export": self._export,
            "state": self._state,
            "ping": self._ping,
            "graph_at": self._graph_at,
            "graph_show": self._graph_show,
            "graph_node": self._graph_node,
        }

    def listen(self, widget: Any) -> None:
        """Take the commands of a view; harmless when repeated."""
        if widget.model_id not in self._heard:
            self._heard.add(widget.model_id)
            widget.on_msg(self._received)

    def moved(self, chart: Chart) -> None:
        """Refine what the mouse zoomed into on one chart, and show the same part on the other."""
        x, y = chart.ranges()
        panel = self._panel
        if x is None or (x == panel.view.x_range and y == panel.view.y_range):
            return
        panel.look(
            replace(panel.view, x_range=x, y_range=y if chart is panel.charts[0] else panel.view.y_range)
        )

    def _received(self, widget: Any, content: Any, _: Any) -> None:
        services.arrived()
        request = content.get("request") if isinstance(content, dict) else None
        if not isinstance(request, int) or not self._seen.first(request):
            return  # nobody waits for an answer, or it came by another way already
        if isinstance(content, dict) and content.get("kind") == "control" and content.get("wire") == WIRE:
            self._steer(widget, content)  # into the mailbox at once, past all that the worker may be drawing
        else:
            self._panel.run.call_soon(lambda: self._obey(widget, content))

    def _steer(self, widget: Any, content: dict[str, Any]) -> None:
        """Hand a command on to the training; it is answered when it is decided."""
        request, asked = content["request"], content.get("value")
        run = self._panel.run
        asked = asked if isinstance(asked, dict) else {}
        name = asked.get("control")
        if not isinstance(name, str) or name not in JUDGES:
            unknown = t("There is no control {name}.", name=repr(name))
            run.call_soon(lambda: self._answer(widget, request, error=unknown, data=None))
            return

        def decided(outcome: Intervention) -> None:
            words = in_words(outcome)
            error, data = (None, words) if outcome.applied else (words, None)
            run.call_soon(lambda: self._answer(widget, request, error=error, data=data))

        run._steering.submit(as_control(name), asked.get("value"), "panel").then(decided)

    def _obey(self, widget: Any, content: Any) -> None:
        data = error = None
        try:
            if content.get("wire") != WIRE:
                self._state(None)
                raise RefusedError(t("This page is of another version of nnwidgets. Reload it."))
            obey = self._kinds.get(str(content.get("kind")))
            if obey is None:
                raise RefusedError(t("There is no command {name}.", name=repr(content.get("kind"))))
            data = obey(content.get("value"))
        except Exception as fault:  # noqa: BLE001 — whatever went wrong, the page gets its answer
            error = str(fault) or type(fault).__name__
        self._answer(widget, content["request"], error=error, data=data)

    def _answer(self, widget: Any, request: int, *, error: str | None, data: str | None) -> None:
        widget.send({"kind": "reply", "request": request, "ok": error is None, "error": error, "data": data})

    def _axis(self, value: Any) -> None:
        if value not in ("step", "epoch", "time"):
            raise RefusedError(t("There is no axis {name}.", name=repr(value)))
        self._panel.choice.note("x")
        self._panel.look(replace(self._panel.view, x=value, x_range=None))

    def _log(self, value: Any) -> None:
        self._panel.choice.note("log")
        self._panel.look(replace(self._panel.view, log=bool(value), y_range=None))

    def _smoothing(self, value: Any) -> None:
        if not isinstance(value, (int, float)) or not math.isfinite(value) or not 0 <= value < 1:
            raise RefusedError(t("Smoothing lies between 0 and 0.99."))
        self._panel.choice.note("smoothing")
        self._panel.look(replace(self._panel.view, smoothing=min(float(value), 0.99)))

    def _mode(self, value: Any) -> None:
        if value not in ("none", "zoom", "pan"):
            raise RefusedError(t("There is no mode {name}.", name=repr(value)))
        self._panel.mode = value
        for chart in self._panel.charts:
            chart.interact(value)
            for widget in chart.touched():
                services.route(widget)
        self._panel.put_options()

    def _reset(self, _: Any) -> None:
        self._panel.look(replace(self._panel.view, x_range=None, y_range=None))

    def _nudge(self, value: Any) -> None:
        if value not in WAYS:
            raise RefusedError(t("A chart is moved {ways}.", ways=", ".join(WAYS)))
        view, chart = self._panel.view, self._panel.charts[0]
        shown = view.x_range or chart.whole
        self._panel.look(replace(view, x_range=nudged(shown, chart.whole, value)))

    def _points(self, value: Any) -> str:
        if value is None:
            return _points_table.of_layers(self._panel.graph.lines)
        if value not in metrics_of(self._panel.run.history):
            raise RefusedError(t("There is no metric {metric}.", metric=repr(value)))
        return _points_table.of_metric(self._panel.run, value)

    def _metric(self, value: Any) -> None:
        if value not in metrics_of(self._panel.run.history):
            raise RefusedError(t("There is no metric {name}.", name=repr(value)))
        self._panel.charts[-1].show_metric(value)
        self._panel.refresh()

    def _overlay(self, value: Any) -> None:
        if not isinstance(value, dict) or not isinstance(value.get("id"), str):
            raise RefusedError(t("An overlay names the id of a run."))
        self._panel.overlay(value["id"], shown=bool(value.get("shown")))

    def _runs(self, _: Any) -> None:
        self._panel.list_runs()

    def _ping(self, value: Any) -> str:
        """Take the time that the ping before took, there and back; return the number of the last frame."""
        if isinstance(value, (int, float)) and math.isfinite(value) and value >= 0:
            services.took(float(value))
        return str(self._panel.frame)

    def _graph_at(self, value: Any) -> None:
        if value is not None and not (isinstance(value, int) and value >= 0):
            raise RefusedError(t("The graph stands at a step, counted from 0, or at the latest (null)."))
        self._panel.graph.look_at(value)

    def _graph_show(self, value: Any) -> None:
        if not isinstance(value, int) or not 0 <= value < len(self._panel.run._graphs.taken):
            raise RefusedError(t("There is no graph {name}.", name=repr(value)))
        self._panel.graph.show(value)

    def _graph_node(self, value: Any) -> None:
        if value is None:
            self._panel.graph.plot(None, "std")
        elif (
            isinstance(value, dict) and isinstance(value.get("key"), str) and value.get("statistic") in WORDS
        ):
            self._panel.graph.plot(value["key"], value["statistic"])
        else:
            there = ", ".join(WORDS)
            raise RefusedError(t("A node is plotted by its key and one of: {there}.", there=there))

    def _state(self, _: Any) -> str:
        """Send everything anew; return the number of the frame that it is."""
        self._panel.send_again()
        return str(self._panel.frame)

    def _export(self, value: Any) -> str:
        run = self._panel.run
        run.flush()
        if value == "svg":
            return services.svg(run)
        if value != "csv":
            raise RefusedError(t("There is no export {name}.", name=repr(value)))
        points = sum(series.count for series in run.history.values())
        if points > _CSV_POINTS:
            raise RefusedError(
                t(
                    "{count} points are too many for the page. In a cell: {code}",
                    count=f"{points:,}",
                    code="run.export_csv('history.csv')",
                )
            )
        text = io.StringIO(newline="")
        write_rows(
            text, ((name, s.points()) for name, s in run.history.items()), run.history.epochs.boundaries
        )
        return text.getvalue()
