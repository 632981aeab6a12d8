"""The still counterpart of a keeper: a run that was read from a file or made of a dict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnwidgets._flags import Flag, Flags
from nnwidgets._framework import Framework
from nnwidgets._i18n import t
from nnwidgets._worker import worker
from nnwidgets.controls import Intervention
from nnwidgets.graph import Graph
from nnwidgets.history import History
from nnwidgets.protocol import Notice, Progress, Status

if TYPE_CHECKING:
    from nnwidgets.run import Run


class RecordedFramework(Framework):
    """Stands for the framework that a recorded run was trained with."""

    @property
    def no_graph(self) -> str:
        return t("No graph was kept with this run.")

    def __init__(self, name: str) -> None:
        self.name = name


@dataclass
class Recording:
    """What is known of a run that is over; it answers in place of a keeper."""

    id: str
    name: str
    history: History
    progress: Progress
    status: Status = "finished"
    error: str | None = None
    framework: str = "recorded"
    config: dict[str, Any] = field(default_factory=dict)
    started: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    notices: list[Notice] = field(default_factory=list)
    interventions: list[Intervention] = field(default_factory=list)
    saved_step: int | None = None
    snapshots: Path | None = None
    flags: Flags = field(init=False)
    flagged: list[Flag] = field(default_factory=list)
    #: Step, words of what had changed, and graph.
    graphs: list[tuple[int, str, Graph]] = field(default_factory=list)
    recorded = True
    #: Nothing more is written, wherever it was read from.
    root: Path | None = None
    is_stored = pinned = False
    resources = None

    def __post_init__(self) -> None:
        self.flags = Flags(self.history)
        self.flags.recall(self.flagged)

    def open(self) -> None:
        """Nothing to take."""

    def close(self) -> None:
        """Nothing to end."""

    def amend(self) -> None:
        """Nothing to write."""

    def touch(self) -> None:
        """Nothing to write."""

    def flush(self, timeout: float) -> bool:
        """Everything is there already."""
        return True

    def fault(self, error: Exception) -> None:
        """Nothing runs that could break."""

    def keep_graph(self, step: int, label: str, graph: Graph) -> None:
        """Nothing to write."""

    def notify(self, notice: Notice) -> None:
        """Nothing happens that would have to be told."""

    def observe(self, callback: Callable[[Run], object]) -> Callable[[], None]:
        """Nothing changes, so nobody is called."""
        return lambda: None

    def call_soon(self, job: Callable[[], object]) -> None:
        """Run a view's job where all widgets are written."""
        worker.call_soon(job)

    def shield(self, job: Callable[[], object]) -> None:
        """Run a job of ours."""
        job()

    def tick_inline(self, now: float) -> float:
        """Nothing to take."""
        return 0.0
