"""What crosses a border: the words of a run's state, as they stand in files and on the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal, TypedDict

from nnwidgets.control_facts import ControlFacts

Status = Literal["running", "paused", "finished", "interrupted", "failed"]
Level = Literal["info", "warning", "error"]
Split = Literal["train", "val", "test"]
Phase = Literal["train", "validate", "idle"]

OPEN_STATUSES: Final = ("running", "paused")

#: Run ids name files, so they hold nothing that a file system or a URL could read otherwise.
RUN_ID: Final = re.compile(r"^[0-9a-z][0-9a-z-]{0,63}$")


@dataclass(frozen=True)
class Notice:
    """One thing that a person should know about their run."""

    #: What it is about; a later notice of the same kind replaces an earlier one.
    kind: str
    level: Level
    #: One or two sentences, ready to show.
    text: str
    #: The training step since which it holds, counted from 1, or None.
    step: int | None = None


@dataclass(frozen=True)
class Progress:
    """How far a run has come."""

    #: Training steps begun so far, and whole epochs completed.
    step: int = 0
    epoch: int = 0
    #: Epochs planned in all, or None where nobody said.
    epochs: int | None = None
    #: Position in the current epoch; the second is None until it is known.
    step_in_epoch: int = 0
    steps_per_epoch: int | None = None
    phase: Phase = "idle"
    #: Over the last few seconds, or None before there is anything to measure.
    steps_per_second: float | None = None
    #: Seconds since the run began, up to its end.
    elapsed: float = 0.0
    #: Estimated seconds to the end of the epoch and of the run, or None.
    epoch_left: float | None = None
    run_left: float | None = None
    #: Share of the planned epochs that is done, 0 to 1, or None.
    fraction: float | None = None


#: Version of what travels between the panel in the page and the kernel; a message of another one is not obeyed.
WIRE: Final = 1

Axis = Literal["step", "epoch", "time"]
Mode = Literal["none", "zoom", "pan"]


class HeadState(TypedDict):
    """What the head of a panel shows. ``frame`` counts the frames of the panel, so that a gap is noticed."""

    wire: int
    frame: int
    name: str
    status: Status
    error: str | None
    phase: Phase
    step: int
    epoch: int
    epochs: int | None
    step_in_epoch: int
    steps_per_epoch: int | None
    rate: float | None
    elapsed: float
    epoch_left: float | None
    run_left: float | None
    fraction: float | None
    cost: float | None
    events: int
    open: bool
    undo: str | None


class OptionsState(TypedDict):
    """How the curves are looked at: the person's choices, one for the whole panel."""

    x: Axis
    axes: list[Axis]
    log: bool
    smoothing: float
    mode: Mode
    zoomed: bool


class LegendItem(TypedDict):
    """One line of a legend: the last value of a series, as text where it is not finite."""

    role: Literal["train", "val", "ghost"]
    place: int
    label: str
    value: str
    gaps: int


class LegendState(TypedDict):
    """The line above a chart."""

    wire: int
    metric: str
    metrics: list[str]
    main: bool
    items: list[LegendItem]


class Remedy(TypedDict):
    """One thing to try against a divergence: in words, and as the value of a branch."""

    label: str
    change: dict[str, Any]


class FlagState(TypedDict):
    """What is said of a validation loss that left its minimum, and of what was tried against it.

    ``now`` tells what followed a flag that stands. ``best`` names the snapshot that can be gone back to, also after the
    end of the run, and ``nothing`` says why there is none; ``remedies`` need a run that goes on. ``last`` is what
    became of the last way back or branch.
    """

    wire: int
    level: Literal["none", "raised", "withdrawn"]
    kind: Literal["overfitting", "instability"]
    text: str
    now: str | None
    open: bool
    best: str | None
    nothing: str | None
    remedies: list[Remedy]
    last: str | None
    verdict: str | None


class GpuState(TypedDict):
    """One GPU: bytes and percent."""

    name: str
    used: int
    total: int
    use: int | None


class FootState(TypedDict):
    """The quiet line at the bottom of a panel."""

    wire: int
    memory: int | None
    cpu: float | None
    gpus: list[GpuState]
    stored: bool
    saved_step: int | None
    notices: list[NoticeState]


class NoticeState(TypedDict):
    """A notice, as in `Notice`."""

    kind: str
    level: Level
    text: str
    step: int | None


class TableRow(TypedDict):
    """One series in words."""

    name: str
    last: str
    best: str
    best_step: int | None
    points: int
    gaps: int


class RunRow(TypedDict):
    """One earlier run."""

    id: str
    name: str
    status: str
    started: str
    epochs: int
    best: str
    place: int | None


class EventRow(TypedDict):
    """One thing that happened."""

    level: Level
    step: int | None
    text: str


class PageState(TypedDict):
    """What stands behind the other tabs."""

    wire: int
    table: list[TableRow]
    runs: list[RunRow]
    events: list[EventRow]


class Requested(TypedDict):
    """A command that waits for the next safe point."""

    control: str
    text: str


class Decided(TypedDict):
    """The last command about a control, with its outcome in words."""

    control: str
    applied: bool
    step: int
    text: str
    note: str | None


class SnapshotRow(TypedDict):
    """A snapshot that can be gone back to."""

    number: int
    best: bool
    label: str
    value: str


class ControlsState(TypedDict):
    """What the controls of a panel show.

    ``snapshots`` are those that can be gone back to, the best first, then the latest; also after the end of the run.
    """

    wire: int
    status: Status
    open: bool
    facts: ControlFacts
    requested: list[Requested]
    decided: list[Decided]
    snapshots: list[SnapshotRow]
    undo: str | None
    route: str | None


class Command(TypedDict):
    """What the page asks for. Each one is answered once by a `Reply` with the same ``request``.

    ``kind`` and ``value``: ``x`` (an axis), ``log`` (bool), ``smoothing`` (0 to 0.99), ``mode``, ``reset`` (None),
    ``nudge`` (``"in"``, ``"out"``, ``"left"`` or ``"right"``: what the keys of a chart do), ``points`` (a metric, or
    None for the chart under the graph; answered with a `PointsTable` as JSON),
    ``metric`` (a name), ``overlay`` (``{"id", "shown"}``), ``runs`` (None: list them again), ``export``
    (``"csv"`` or ``"svg"``), ``graph_at`` (a step, or None for the latest), ``graph_show`` (which graph),
    ``graph_node`` (``{"key", "statistic"}`` or None: plot it), ``state`` (None: send everything again), ``control``
    (``{"control", "value"}``: steer the training; answered when it is decided, with what became of it in words),
    ``ping`` (None, or the milliseconds that the one before took). ``state`` and ``ping`` are answered with the number
    of the last frame. The list of runs in the sidebar takes others: see `nnwidgets.desk_facts.RunListState`.
    """

    wire: int
    request: int
    kind: str
    value: Any


class PointsTable(TypedDict):
    """The points of a chart: heads of columns, a row of texts for each shown point, and how many points there are."""

    wire: int
    columns: list[str]
    rows: list[list[str]]
    count: int


class Reply(TypedDict):
    """The answer to a `Command`; ``data`` is an exported text, what became of a control, or the number of a frame."""

    kind: Literal["reply"]
    request: int
    ok: bool
    error: str | None
    data: str | None
