"""Panel: one run, live."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from nnwidgets import _preferences, library
from nnwidgets._i18n import explicit, language, t
from nnwidgets._metrics import main_metric, metrics_of
from nnwidgets._runrows import listed
from nnwidgets._services import services
from nnwidgets._view import View
from nnwidgets.protocol import WIRE
from nnwidgets.store import RunStore
from nnwidgets.widgets import _controls_state, _flag_state, _state
from nnwidgets.widgets._choice import Choice
from nnwidgets.widgets._commands import Commands
from nnwidgets.widgets._parts import parts
from nnwidgets.widgets._views import Head
from nnwidgets.widgets._views import View as Strip
from nnwidgets.widgets.curves import Chart
from nnwidgets.widgets.graph_part import GraphPart
from nnwidgets.widgets.output import bundle

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Seconds between two looks at what stands behind the other tabs.
_PAGES = 1.0
#: Seconds after which figures come with their curve in any case: where frames are few, every other one is too late.
_FIGURES = 0.5
#: Runs drawn beside this one at most: there are no more colours that can be told apart.
_GHOSTS = 4


class Panel(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """The live panel of a run: one widget that may be displayed many times.

    Parameters
    ----------
    run
        What to show. After this is made, everything it holds is written on the run's worker thread.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._leave: Callable[[], None] = _nothing
        self._unset: Callable[[], None] = _nothing
        self.choice = Choice()
        self.view = self.choice.wanted(View(), epochs=run.history.epochs.known)
        self._frame = 0
        self._pages_due = 0.0
        #: The version of the history that each chart and each legend shows.
        self._shown: dict[tuple[int, str], int] = {}
        self._figures_due: dict[int, float] = {}
        #: What the panel speaks, and what the person chose.
        self._spoken = language(), explicit()
        self.ghosts: dict[str, tuple[int, Run]] = {}
        self.charts = [Chart(run, "loss", self.view, self._zoomed)]
        self.mode: str = "none"
        self.head = Head(view="head", state=_state.head(run, 0))
        self._legends = [Strip(view="legend")]
        self._page = Strip(view="page", state={"wire": WIRE, "table": [], "runs": [], "events": []})
        self._foot = Strip(view="foot")
        self._rows: list[Any] = []
        self._charts_box = ipywidgets.Box([self._chart_box(0)]).add_class("nnw-charts")
        self._controls = Strip(view="controls", state=_controls_state.controls(run))
        self._flag = Strip(view="flag", state=_flag_state.flag(run))
        self.graph = GraphPart(run)
        body = ipywidgets.Box([self._charts_box, self.graph.box, self._controls]).add_class("nnw-body")
        super().__init__([self.head, self._flag, body, self._page, self._foot])
        self.add_class("nnw-panel")
        self.commands = Commands(self)
        self._listen()
        run.call_soon(self.refresh)
        self._leave = run.observe(lambda _: self.refresh())
        self._unset = _preferences.listen(self.refresh)

    def refresh(self) -> bool:
        """Show what is new. The worker thread, at most ten times a second.

        Returns
        -------
        bool
            Whether something was left for the next frame.
        """
        self._frame += 1
        self._follow_settings()
        self._follow_metrics()
        running = self.run.status in ("running", "paused")
        whole = self._follow_language() or not running
        self._refresh_charts(whole=whole)
        self.head.put(_state.head(self.run, self._frame))
        self._controls.put(_controls_state.controls(self.run))
        self._flag.put(_flag_state.flag(self.run))
        self.graph.refresh(now=whole)
        self.put_options()
        if self._frame % 2 or whole:
            self._foot.put(_state.foot(self.run, stored=self.run.saved_step is not None))
        if time.monotonic() >= self._pages_due or whole:
            self._pages_due = time.monotonic() + _PAGES
            self.refresh_pages()
        return any(shown != self.run.history.version for shown in self._shown.values())

    def _refresh_charts(self, *, whole: bool) -> None:
        """Draw one chart in a frame, so that it stays small, and write its figures every other time or when due.

        Curves are watched, figures are read; what is left out comes with the next frames.
        """
        now = time.monotonic()
        version = self.run.history.version
        turn, again = self._frame % len(self.charts), self._frame // len(self.charts) % 2
        for i, chart in enumerate(self.charts):
            if i == turn or whole:
                chart.update()
                self._shown[i, "chart"] = version
                if again or whole or now >= self._figures_due.get(i, 0.0):
                    self._figures_due[i] = now + _FIGURES
                    self._legends[i].put(
                        _state.legend(self.run, chart.metric, main=i == 0, ghosts=self.ghosts)
                    )
                    self._shown[i, "figures"] = version

    def refresh_pages(self) -> None:
        """Show what stands behind the other tabs."""
        self._page.put(
            {
                "wire": WIRE,
                "table": _state.table(self.run),
                "runs": self._rows,
                "events": _state.events(self.run),
            }
        )

    def list_runs(self) -> None:
        """Look for earlier runs in the store."""
        infos = [row.info for row in listed.read(RunStore())]
        self._rows = list(_state.run_rows(infos, self.run.id, self.ghosts))
        self.refresh_pages()

    def look(self, view: View) -> None:
        """Look at the curves in another way."""
        self.view = view
        for chart in self.charts:
            # A zoom in y belongs to one metric; the further chart keeps its whole height.
            chart.look(view if chart is self.charts[0] else _without_y(view))
        self.put_options()

    def put_options(self) -> None:
        """Show how the curves are looked at."""
        options = {
            "x": self.view.x,
            "axes": _state.axes(self.run),
            "log": self.view.log,
            "smoothing": self.view.smoothing,
            "mode": self.mode,
            "zoomed": self.view.x_range is not None or self.view.y_range is not None,
        }
        if options != self.head.options:
            self.head.options = options

    def overlay(self, run_id: str, *, shown: bool, store: Path | None = None) -> None:
        """Draw an earlier run, kept in the usual folder or in ``store``, beside this one, or take it away.

        Raises
        ------
        ValueError
            If there are four already.
        """
        if not shown:
            self.ghosts.pop(run_id, None)
            for chart in self.charts:
                chart.remove_overlay(run_id)
        elif run_id not in self.ghosts:
            free = [place for place in range(_GHOSTS) if place not in {at for at, _ in self.ghosts.values()}]
            if not free:
                raise ValueError(t("{count} runs are drawn already. Take one away first.", count=_GHOSTS))
            ghost = library.load(run_id, store)
            self.ghosts[run_id] = (free[0], ghost)
            for chart in self.charts:
                chart.overlay(run_id, ghost, free[0])
        self.list_runs()
        self.refresh()

    def strips(self) -> list[Strip]:
        """Return the views beside the head."""
        own = (
            self._flag,
            self._controls,
            self.graph.view,
            self.graph.legend,
            self.graph.points,
            self._page,
            self._foot,
        )
        return [*self._legends, *own]

    @property
    def frame(self) -> int:
        """The number of the last frame that was sent, counted from 1."""
        return int(self.head.state["frame"])

    def send_again(self) -> None:
        """Send the whole state of every part, for a page that has missed some of it. The worker thread.

        What others are made of goes first, and the head last: whoever has the number of its frame has it all.
        """
        for part in reversed(self._parts()):
            if part is not self.head and not isinstance(part, ipywidgets.Layout):
                part.send_state(_own_traits(part))
        self.head.send_state(_own_traits(self.head))

    def _parts(self) -> list[Any]:
        # A chart's other scale, linear or logarithmic, is in nobody's state while it is not in use.
        touched = (w for chart in self.charts for w in chart.touched())
        return parts(self, *self.graph.chart.parts(), *touched)

    def close(self) -> None:
        """Let the panel and all its parts go."""
        self._leave()
        self._unset()
        own = self._parts()
        super().close()
        for part in own:
            if part is not self:
                part.close()

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return bundle(self)

    def _chart_box(self, i: int) -> Any:
        box = ipywidgets.VBox([self._legends[i], self.charts[i].figure])
        box.add_class("nnw-chart")
        return box

    def _follow_metrics(self) -> None:
        """Open the second chart with the first metric that is not the loss."""
        metrics = metrics_of(self.run.history)
        main = main_metric(self.run.history)
        if self.charts[0].metric not in metrics and self.charts[0].metric != main:
            self.charts[0].show_metric(main)
        others = [metric for metric in metrics if metric not in (main, "lr")]
        if not others and "lr" in metrics and self.run.history["lr"].count > 1:
            others = ["lr"]  # a rate that never changes is no curve
        if len(self.charts) == 1 and others and main in metrics:
            self.charts.append(Chart(self.run, others[0], _without_y(self.view), self._zoomed, worded=False))
            self.charts[1].lead = self.charts[0]
            self._legends.append(Strip(view="legend"))
            for key, (place, ghost) in self.ghosts.items():
                self.charts[1].overlay(key, ghost, place)
            self._charts_box.children = [*self._charts_box.children, self._chart_box(1)]
            self._listen()

    def _follow_settings(self) -> None:
        wanted = self.choice.wanted(self.view, epochs=self.run.history.epochs.known)
        if wanted != self.view:
            self.look(wanted)

    def _follow_language(self) -> bool:
        """Speak the language in force; return whether it has changed, so that everything is said anew."""
        spoken = language(), explicit()
        if spoken == self._spoken:
            return False
        self._spoken = spoken
        for strip in (self.head, *self.strips()):
            strip.speak()
        return True

    def _listen(self) -> None:
        below = (self._flag, self._controls, self.graph.view, self.graph.points, self._page)
        widgets = (self.head, *self._legends, *below)
        for strip in widgets:
            self.commands.listen(strip)
        # Clicks must reach us while the cell runs, and so must the mouse on a chart.
        for widget in (*widgets, *(w for c in self.charts for w in c.touched())):
            services.route(widget)

    def _zoomed(self, chart: Chart) -> None:
        self.run.call_soon(lambda: self.commands.moved(chart))


def _own_traits(part: Any) -> list[str]:
    """Name what can change in a widget; its program and style sheet never do, and are large."""
    return [name for name in part.keys if not name.startswith("_") or name == "_dom_classes"]


def _without_y(view: View) -> View:
    return View(x=view.x, log=view.log, smoothing=view.smoothing, x_range=view.x_range)


def _nothing() -> None:
    pass
