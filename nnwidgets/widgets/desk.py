"""Desk: what stands in the sidebar, the panel of one run and the list of all of them. There is one in a kernel."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import ipywidgets
import traitlets

from nnwidgets import _preferences
from nnwidgets._errors import RunNotFoundError
from nnwidgets._i18n import t
from nnwidgets._services import services
from nnwidgets._worker import worker
from nnwidgets.desk_facts import DESK_PREFIX, MOST_RUNS, DeskStatus
from nnwidgets.protocol import WIRE
from nnwidgets.widgets._desk_commands import DeskCommands
from nnwidgets.widgets._desk_known import Known
from nnwidgets.widgets._desk_loaded import Loaded
from nnwidgets.widgets._desk_rows import DeskRows, no_list
from nnwidgets.widgets._desk_status import news, panel_of
from nnwidgets.widgets._parts import parts
from nnwidgets.widgets._views import View

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Seconds between two messages about nothing but progress.
_PACE: Final = 1.0


class Desk(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """The panel of the run that is shown, and the list of runs. It is made and used on the worker thread alone.

    Parameters
    ----------
    runs
        The runs that were begun in this kernel, the newest last.
    """

    #: A `DeskStatus`: what the page around the notebook is told.
    status = traitlets.Dict().tag(sync=True)

    def __init__(self, runs: Iterable[Run] = ()) -> None:
        self._known: list[Known] = []
        #: The run that is shown; nobody else may hold it any more.
        self._shown: Run | None = None
        #: The id of the run that the person chose, or None to show the newest.
        self._chosen: str | None = None
        self._loaded = Loaded()
        self._rows = DeskRows()
        self._sent = 0.0
        #: Whether files are still being read for the list, and when it is shown as far as it got.
        self._reading = False
        self._list_due = 0.0
        #: Whether something waits for its second to be over.
        self._late = False
        self._ready = False
        self._opened_once = False
        self._panel_box = ipywidgets.Box().add_class("nnw-desk-panel")
        for run in runs:
            self.begun(run)
        self._list = View(view="runlist", state=no_list())
        self._show()
        super().__init__(
            [self._panel_box, self._list],
            model_id=f"{DESK_PREFIX}{uuid.uuid4().hex}",
            status=dict(self._status()),
            _dom_classes=["nnw-desk"],
        )
        services.route(self)
        DeskCommands(self, self._list)
        self._ready = True
        self._unset = _preferences.listen(self._follow_settings)
        self.look()

    def begun(self, run: Run) -> None:
        """Take a run that begins, or that goes on after its end."""
        before = [known for known in self._known if known.id == run.id]
        others = [known for known in self._known if known.id != run.id]
        for known in (*before, *others[MOST_RUNS - 1 :]):
            known.leave()
        self._known = [Known(run, self._tick), *others[: MOST_RUNS - 1]]
        self.look()

    def look(self, *, anew: bool = True) -> None:
        """Show and tell what is new; what is only progress waits until a second has passed since the last time.

        Parameters
        ----------
        anew
            Whether every run is looked at again. A run that goes on tells by itself what is new of it.
        """
        if not self._ready:
            return
        if anew:
            for known in self._known:
                known.refresh()
        self._show()
        status = self._status()
        now = time.monotonic()
        late = status != self.status and now - self._sent < _PACE and news(status) == news(self.status)
        if late != self._late:
            self._late = late
            if late:
                worker.add(id(self), self._tick)
            else:
                worker.remove(id(self))
        if not late and status != self.status:
            self._sent = now
            self.status = dict(status)

    def _follow_settings(self) -> None:
        self._list.speak()
        self.look()

    def _tick(self) -> None:
        self.look(anew=False)

    def choose(self, run_id: str) -> None:
        """Show a run, from its file if need be; choosing the newest is to follow the newest.

        Raises
        ------
        RunNotFoundError
            If there is no such run.
        RunDamagedError
            If its file cannot be read.
        """
        newest = self._newest()
        run = self._with_panel(run_id)
        self._chosen = None if newest is run else run_id
        self.look()

    def overlay(self, run_id: str, *, shown: bool) -> None:
        """Draw a run beside the one that is shown, or take it away.

        Raises
        ------
        ValueError
            If that cannot be done.
        """
        if self._shown is None:
            raise ValueError(t("No run is shown that another one could be drawn beside."))
        if run_id == self._shown.id:
            raise ValueError(t("This run is shown already."))
        here = self._here(run_id)
        if shown and here is not None and here._keeper.root is None:
            raise ValueError(
                t("This run is in memory only. Only runs that are kept can be drawn beside another.")
            )
        self._shown.panel.overlay(run_id, shown=shown, store=self.store_of(run_id))

    def open_tab(self, run_id: str) -> None:
        """Have the page open the panel of a run in a tab.

        Raises
        ------
        RunNotFoundError
            If there is no such run.
        RunDamagedError
            If its file cannot be read.
        """
        run = self._with_panel(run_id)
        if run is self._loaded.get(run_id):
            self._loaded.in_tab(run_id)
        self.send({"kind": "tab", "run": run.id, "name": run.name, "model": run.panel.model_id})
        self.look()

    def tab_closed(self, run_id: str) -> None:
        """Note that the page shows a run in a tab no more."""
        self._loaded.tab_closed(run_id)
        self.look()

    def open_sidebar(self, *, again: bool = True) -> None:
        """Have the page open the sidebar; unless ``again``, only once."""
        if again or not self._opened_once:
            self._opened_once = True
            self.send({"kind": "open"})

    def list_runs(self) -> None:
        """Look for all runs, and show them; where there are many new ones, the oldest come later."""
        shown = self._shown
        here = [run for known in self._known if (run := known.run) is not None]
        ghosts = {} if shown is None else shown.panel.ghosts
        state = self._rows.state(here, None if shown is None else shown.id, ghosts)
        now = time.monotonic()
        if not self._rows.behind or now >= self._list_due or not self._reading:
            self._list_due = now + _PACE
            self._list.put(state)
        if self._rows.behind != self._reading:
            self._reading = self._rows.behind
            if self._reading:
                worker.add(id(self._list), self.list_runs)
            else:
                worker.remove(id(self._list))

    def renamed(self, run_id: str, name: str) -> None:
        """Show the new name of a run that is open from its file, too."""
        run = self._loaded.get(run_id)
        if run is not None:
            run.name = name
            run.panel.refresh()
        self.look()

    def may_delete(self, run_id: str) -> None:
        """Refuse to delete what is in no file.

        Raises
        ------
        RunNotFoundError
            If it is in memory only.
        """
        here = self._here(run_id)
        if here is not None and here._keeper.root is None:
            raise RunNotFoundError(t("This run is in memory only, so there is nothing to delete."))

    def deleted(self, run_id: str) -> None:
        """Show a run no more whose file is gone."""
        if self._shown is not None and run_id in self._shown.panel.ghosts:
            self._shown.panel.overlay(run_id, shown=False)
        if self._chosen == run_id:
            self._chosen = None
        self._show()
        self._loaded.drop(run_id)
        self.look()

    def store_of(self, run_id: str) -> Path | None:
        """Return the folder in which a run is kept, or None for the usual one."""
        here = self._here(run_id)
        return None if here is None else here._keeper.root

    def close(self) -> None:
        """Let the desk go; the panels of runs of this kernel stay."""
        self._ready = False
        self._unset()
        worker.remove(id(self))
        worker.remove(id(self._list))
        for known in self._known:
            known.leave()
        self._panel_box.children = ()
        own = parts(self)
        super().close()
        for part in own:
            if part is not self:
                part.close()
        self._loaded.close()

    def _show(self) -> None:
        """Put the panel of the run that is to be shown into its place."""
        chosen = None if self._chosen is None else self._here(self._chosen) or self._loaded.get(self._chosen)
        if chosen is None or panel_of(chosen) is None:
            self._chosen, chosen = None, self._newest()
        self._shown = chosen
        panels = () if chosen is None else (chosen.panel,)
        if self._panel_box.children != panels:
            self._panel_box.children = panels
        self._loaded.keep(self._chosen)

    def _newest(self) -> Run | None:
        """Return the newest run of this kernel that has a panel."""
        for known in self._known:
            run = known.run
            if run is not None and panel_of(run) is not None:
                return run
        return None

    def _with_panel(self, run_id: str) -> Run:
        run = self._here(run_id)
        if run is None:
            return self._loaded.open(run_id, None)
        _ = run.panel
        return run

    def _here(self, run_id: str) -> Run | None:
        return next((known.run for known in self._known if known.id == run_id), None)

    def _status(self) -> DeskStatus:
        return {
            "wire": WIRE,
            "shown": None if self._shown is None else self._shown.id,
            "runs": [known.facts for known in self._known],
        }
