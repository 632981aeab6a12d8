"""The runs that were begun or opened in this process, as long as someone holds them.

Plain weak references: the containers of `weakref` clean up in Python, and when the garbage collector calls that in the
middle of a training, an interrupt (■) that arrives at the same moment is raised there and lost.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnwidgets.run import Run


@dataclass(frozen=True)
class Held:
    """The runs that began while somebody held them: on the thread of who holds them, and on others."""

    here: list[Run] = field(default_factory=list)
    elsewhere: list[Run] = field(default_factory=list)
    thread: int = field(default_factory=threading.get_ident)

    def add(self, run: Run) -> None:
        """Take a run that this thread begins."""
        held = self.here if threading.get_ident() == self.thread else self.elsewhere
        if not any(run is other for other in held):
            held.append(run)


class Recent:
    """Knows runs without keeping them alive. May be used from any thread."""

    def __init__(self) -> None:
        self._begun: list[weakref.ref[Run]] = []
        self._opened: list[weakref.ref[Run]] = []
        self._holders: list[Held] = []
        #: The id of the run that was begun last, also when nobody holds it any more.
        self.last_id: str | None = None

    def note_begun(self, run: Run) -> None:
        """Note a run that begins, or that goes on after its end."""
        self.last_id = run.id
        self._begun = _with(self._begun, run)
        for held in self._holders:
            held.add(run)

    @contextmanager
    def holding(self) -> Iterator[Held]:
        """Give the runs that begin until the end of the block, on any thread; it keeps them alive."""
        held = Held()
        self._holders = [*self._holders, held]
        try:
            yield held
        finally:
            self._holders = [other for other in self._holders if other is not held]

    def note_opened(self, run: Run) -> None:
        """Note a run that was opened from a file; there may be several of one id, and one that is still written."""
        self._opened = _with(self._opened, run)

    def forget(self, run: Run) -> None:
        """Know a run no more."""
        self._begun = [weakref.ref(other) for other in _alive(self._begun) if other is not run]

    def begun(self) -> list[Run]:
        """Return the runs that were begun here."""
        return _alive(self._begun)

    def all(self) -> list[Run]:
        """Return the runs that were begun or opened here."""
        return _alive(self._begun) + _alive(self._opened)


def _alive(refs: list[weakref.ref[Run]]) -> list[Run]:
    return [run for ref in refs if (run := ref()) is not None]


def _with(refs: list[weakref.ref[Run]], run: Run) -> list[weakref.ref[Run]]:
    """Return references to the runs that are alive, and to one more."""
    return [*(weakref.ref(other) for other in _alive(refs) if other is not run), weakref.ref(run)]


recent = Recent()
