"""What crosses a border about the desk: the live panel and the list of runs that stand in the sidebar."""

from __future__ import annotations

from typing import Final, Literal, TypedDict

from nnwidgets.protocol import Status

#: The model id of every desk begins with this: by it a page tells the desk from the other widgets of a kernel.
DESK_PREFIX: Final = "nnwidgets-desk-"
#: Runs of a kernel that its desk tells about at most, the newest first.
MOST_RUNS: Final = 20
#: Values of a sparkline at most.
MOST_SPARKS: Final = 40

FlagLevel = Literal["none", "raised", "withdrawn"]


class DeskRun(TypedDict):
    """One run of this kernel, in a few words.

    ``val`` is the last validation loss, formatted, or ``""``; ``metric`` is its name. ``panel`` is the model id of its
    panel and ``head`` that of the panel's head, which takes commands; ``cell`` is the id of the cell that trains or
    displayed it, where the front end names its cells, ``cell_busy`` says whether that cell is still being executed, and
    ``cell_shows`` whether the panel stands in it.
    """

    id: str
    name: str
    status: Status
    error: str | None
    step: int
    epoch: int
    epochs: int | None
    val: str
    metric: str
    flag: FlagLevel
    flag_text: str
    panel: str | None
    head: str | None
    cell: str | None
    cell_busy: bool
    cell_shows: bool


class DeskStatus(TypedDict):
    """What the page around the notebook needs to know: ``runs`` of this kernel, newest first, and which is shown."""

    wire: int
    shown: str | None
    runs: list[DeskRun]


class DeskRow(TypedDict):
    """One line of the list of runs, of this kernel (``here``) or from the store.

    ``started`` is ISO text in UTC; ``best`` is the best validation loss, as text and as a number; ``spark`` are at most
    40 values of the validation loss, else of the training loss, null where one is not finite; ``place`` is the colour
    in which the run is drawn beside the shown one, or None; ``reason`` says why a damaged run cannot be read.
    """

    id: str
    name: str
    status: str
    started: str
    epochs: int
    best: str
    best_value: float | None
    flag: FlagLevel
    spark: list[float | None]
    spark_of: Literal["val", "train", "none"]
    pinned: bool
    place: int | None
    here: bool
    reason: str | None


class RunListState(TypedDict):
    """The list of runs. It is made anew when the page asks for it: ``runs`` (null).

    Further commands, each answered once by a `Reply`: ``show`` ({"id"}), ``overlay`` ({"id", "shown"}), ``rename``
    ({"id", "name"}), ``pin`` ({"id", "pinned"}), ``delete`` ({"id"}), ``tab`` ({"id"}), ``tab_closed`` ({"id"}: the
    page shows the run in a tab no more; of those that never say so, eight are kept).
    """

    wire: int
    rows: list[DeskRow]
    shown: str | None
    store: str
    error: str | None


class OpenMessage(TypedDict):
    """From the desk to the page: open the sidebar."""

    kind: Literal["open"]


class TabMessage(TypedDict):
    """From the desk to the page: open a panel (its model id) in a tab of the main area."""

    kind: Literal["tab"]
    run: str
    name: str
    model: str


class Settings(TypedDict):
    """What a person set for all panels: frames a second (1 to 30), and how curves are looked at to begin with."""

    frame_rate: float
    x: Literal["auto", "step", "epoch", "time"]
    log: bool
    smoothing: float
