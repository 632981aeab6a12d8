"""The graphs of a run: what its model computed at first, and anew after each change of it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from nnwidgets._i18n import Said, later, now, told
from nnwidgets.graph import Graph

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Graphs kept in memory at most; the first one always stays.
_MOST: Final = 50
#: The changes after which another thing is computed.
RESHAPING: Final = ("dropout", "insert_dropout", "device", "size", "deepen", "restore", "branch", "undo")
#: What graphs are called that no change brought.
_AT_THE_START: Final = later("at the start")
_GIVEN: Final = later("given")


class Taken(NamedTuple):
    """A graph, the training step at which it was taken, and what had changed before, in words."""

    step: int
    label: str
    graph: Graph


class Graphs:
    """Watches for graphs on the training thread; read by any.

    Attributes
    ----------
    taken
        All of them, the oldest first.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.taken: list[Taken] = []
        self._end: Callable[[], None] | None = None

    @property
    def last(self) -> Graph | None:
        """The graph of the model as it is now, or None before its first pass."""
        return self.taken[-1].graph if self.taken else None

    def watch(self, label: str, *, anyway: bool = False) -> None:
        """Have the graph of the next training forward pass taken. The training thread, between two steps.

        Parameters
        ----------
        label
            What had changed, in words.
        anyway
            Whether it is kept also where the same is computed, only elsewhere.
        """
        with self._run._steering.shielded():
            self.close()
            arrived = functools.partial(self.put, label=label, anyway=anyway)
            self._end = self._run._adapter.watch_graph(arrived, self._run._keeper.fault)

    def watch_if_none(self) -> None:
        """Watch, unless there is a graph already, and one of a whole pass."""
        if not self.taken or self.taken[-1].graph.failed is not None:
            self.watch(_AT_THE_START)

    def changed(self, control: str, text: str) -> None:
        """Take a change that was just made."""
        if control in RESHAPING:
            self.watch(text, anyway=control == "device")

    def put(self, graph: Graph, label: str = _GIVEN, *, anyway: bool = True) -> None:
        """Take a graph; one that says nothing new is kept only ``anyway``."""
        step = self._run._position.step
        if self.taken and self.taken[-1].graph.hash == graph.hash and not anyway:
            return
        if len(self.taken) >= _MOST:
            del self.taken[1]
        self.taken.append(Taken(step, label, graph))
        keeper = self._run._keeper
        keeper.call_soon(lambda: keeper.keep_graph(step, label, graph))
        keeper.touch()

    def recall(self, kept: Iterable[tuple[int, str, Graph]]) -> None:
        """Take the graphs of a recording."""
        self.taken = [Taken(*one) for one in kept]

    def close(self) -> None:
        """Watch no more."""
        end, self._end = self._end, None
        if end is not None:
            end()


def label_of(run: Run, taken: Taken) -> str:
    """Return what had changed before a graph was taken, in the language in force."""
    if isinstance(taken.label, Said):
        return told(taken.label)
    if taken.label in (_AT_THE_START, _GIVEN):
        return now(taken.label)
    # A file keeps the label alone; what the change was made of is kept with the change.
    return next((told(one.text) for one in run.interventions if one.text == taken.label), taken.label)
