"""What a run tells about itself; `Run` adds what it does."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nnwidgets._cost import Cost
from nnwidgets._errors import GraphError
from nnwidgets._framework import Framework
from nnwidgets._graph_findings import Finding, findings
from nnwidgets._i18n import t
from nnwidgets._naming import unique_name
from nnwidgets._progress import Position
from nnwidgets._resources import Resources
from nnwidgets.divergence import Raised, Withdrawn
from nnwidgets.graph import Graph
from nnwidgets.history import History
from nnwidgets.protocol import Notice, Progress, Status

if TYPE_CHECKING:
    from nnwidgets._keeper import Keeper
    from nnwidgets._recording import Recording
    from nnwidgets._run_graphs import Graphs, Taken
    from nnwidgets.run import Run


class RunFacts:
    """The readable side of a run. Every attribute may be read from any thread."""

    _adapter: Framework
    _config: dict[str, Any]
    _cost: Cost
    _ended_at: float | None
    _error: str | None
    _graphs: Graphs
    _id: str
    _keeper: Keeper | Recording
    _name: str
    _position: Position
    _started: datetime
    _status: Status
    _t0: float

    @property
    def id(self) -> str:
        """The name of the run's file."""
        return self._id

    @property
    def name(self) -> str:
        """What people call the run."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = unique_name(name, self._name)
        self._keeper.touch()

    @property
    def status(self) -> Status:
        """``running``, ``paused``, ``finished``, ``interrupted`` or ``failed``."""
        return self._status

    @property
    def error(self) -> str | None:
        """Why the run failed, in a line."""
        return self._error

    @property
    def framework(self) -> str:
        """``torch``, ``keras``, ``lightning``, ``numpy`` or ``recorded``."""
        return self._adapter.name

    @property
    def config(self) -> dict[str, Any]:
        """The facts kept with the run: the person's own and the model's."""
        return {**self._adapter.facts(), **self._config}

    @property
    def started(self) -> datetime:
        """When the run began, UTC."""
        return self._started

    @property
    def elapsed(self) -> float:
        """Seconds since the run began, up to its end."""
        return self._ended_at if self._ended_at is not None else time.perf_counter() - self._t0

    @property
    def history(self) -> History:
        """Everything recorded; complete after `finish` or `flush`, at most 0.1 s behind while the run goes on."""
        return self._keeper.history

    @property
    def progress(self) -> Progress:
        """How far the run has come, at most 0.1 s ago."""
        return self._keeper.progress

    @property
    def steps(self) -> int:
        """Training steps begun so far."""
        return self._position.step

    @property
    def notices(self) -> list[Notice]:
        """What the person should know, the newest last."""
        return self._keeper.notices

    @property
    def divergence(self) -> Raised | None:
        """The flag that stands: the validation loss has left its minimum. None while there is no such sign."""
        return self._keeper.flags.standing

    def on_divergence(self, callback: Callable[[Raised | Withdrawn], object]) -> Callable[[], None]:
        """Have ``callback`` called with each flag that is raised or withdrawn, on the worker thread.

        An error in it becomes a notice. To change the training from there, use `controls` or `stop`: they only ask, and
        the training obeys between two steps.

        Returns
        -------
        Callable
            Ends it when called.
        """
        return self._keeper.flags.listen(callback)

    @property
    def graph(self) -> Graph | None:
        """What the model computes, from its last training forward pass that was looked at, or None before the first.

        It is taken once, from the training's own pass, and anew after a change of dropout, device or size. A run that
        watches only numbers has none; give it one: ``run.graph = nnw.trace(forward, x)``.
        """
        return self._graphs.last

    @graph.setter
    def graph(self, graph: Graph) -> None:
        if not isinstance(graph, Graph):
            raise GraphError(
                t("run.graph takes what nnw.trace(…) returns, not {kind}.", kind=type(graph).__name__)
            )
        self._graphs.put(graph)

    @property
    def graphs(self) -> list[Taken]:
        """All graphs of the run, the oldest first, each with ``step``, ``label`` (what had changed) and ``graph``."""
        return list(self._graphs.taken)

    @property
    def findings(self) -> list[Finding]:
        """What the statistics of layers and parameters say, in words, the worst first; see `Finding`."""
        return findings(self.history.layers, self.graph)

    @property
    def cost(self) -> float | None:
        """Our share of the time, 0 to 1, or None until half a second was measured."""
        return self._cost.share(self.elapsed)

    @property
    def resources(self) -> Resources | None:
        """Memory and processor use, at most two seconds ago."""
        return self._keeper.resources

    @property
    def saved_step(self) -> int | None:
        """The last step that is safe on disk, or None."""
        return self._keeper.saved_step

    def flush(self, timeout: float = 10.0) -> bool:
        """Bring everything logged so far into the history and onto the disk; return whether that was done.

        Parameters
        ----------
        timeout
            Seconds to wait for the worker thread at most.
        """
        return self._keeper.flush(timeout)

    def observe(self, callback: Callable[[Run], object]) -> Callable[[], None]:
        """Call ``callback(run)`` when something changed, at most ten times a second, on the worker thread.

        A callback that returns True has left something for later and is called again though nothing changed.

        Returns
        -------
        Callable
            Ends the observation when called. An error in ``callback`` becomes a notice and never reaches the training.
        """
        return self._keeper.observe(callback)

    def call_soon(self, job: Callable[[], object]) -> None:
        """Run ``job`` on the worker thread, where all widgets are written."""
        self._keeper.call_soon(job)
