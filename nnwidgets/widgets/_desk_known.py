"""A run that a desk knows, with what is told of it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from nnwidgets.desk_facts import DeskRun
from nnwidgets.widgets._desk_status import desk_run

if TYPE_CHECKING:
    from nnwidgets.run import Run


class Known:
    """A run of this kernel. It is not kept alive by being known: a run without a panel may hold a large model.

    Parameters
    ----------
    run
        The run.
    told
        Called on the worker thread when something of it has changed.
    """

    def __init__(self, run: Run, told: Callable[[], object]) -> None:
        self._ref = weakref.ref(run)
        self.id = run.id
        self.facts: DeskRun = desk_run(run)

        def changed(_: Run) -> None:
            self.refresh()
            told()

        self.leave = run.observe(changed)

    @property
    def run(self) -> Run | None:
        return self._ref()

    def refresh(self) -> None:
        run = self._ref()
        if run is not None:
            self.facts = desk_run(run)
