"""The runs that a desk opened from their files, with their panels: kept as long as somebody looks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from nnwidgets import library

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Tabs whose runs are kept at most: a page that goes away does not say that its tabs are gone.
_TABS: Final = 8


class Loaded:
    """Opens runs and lets them go. The worker thread."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._tabs: list[str] = []

    def get(self, run_id: str) -> Run | None:
        """Return a run that is open."""
        return self._runs.get(run_id)

    def open(self, run_id: str, store: Path | None) -> Run:
        """Return a run with a panel, from its file if it is not open already.

        Raises
        ------
        RunNotFoundError
            If there is no such run.
        RunDamagedError
            If its file cannot be read.
        """
        run = self._runs.get(run_id)
        if run is None:
            run = library.load(run_id, store)
            _ = run.panel
            self._runs[run_id] = run
        return run

    def in_tab(self, run_id: str) -> None:
        """Keep an open run for a tab; beyond eight the oldest tab loses its panel."""
        self.tab_closed(run_id)
        self._tabs = [*self._tabs, run_id][-_TABS:]

    def tab_closed(self, run_id: str) -> None:
        """Keep a run for its tab no more."""
        self._tabs = [tab for tab in self._tabs if tab != run_id]

    def keep(self, shown: str | None) -> None:
        """Let every run go that is neither shown nor in a tab."""
        for run_id in [key for key in self._runs if key != shown and key not in self._tabs]:
            self.drop(run_id)

    def drop(self, run_id: str) -> None:
        """Close the panel of a run and let it go."""
        self.tab_closed(run_id)
        run = self._runs.pop(run_id, None)
        if run is not None and run._panel is not None:
            run._panel.close()
            run._panel = None

    def close(self) -> None:
        """Let all go."""
        for run_id in list(self._runs):
            self.drop(run_id)
