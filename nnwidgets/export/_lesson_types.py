"""What an exported page holds: the counterpart of ``js/src/replay/protocol.ts``.

The page carries a `Lesson` as base64 of gzip of JSON.
"""

from __future__ import annotations

from typing import Final, Literal, TypedDict

from nnwidgets.protocol import Level, Status

#: Version of what follows; a page's program reads the lessons of its own version.
LESSON: Final = 1

#: A sentence that was written down once, or one for each language, by its code.
Text = str | dict[str, str]


class Column(TypedDict):
    """Numbers: ``data`` is base64 of them in little-endian order. NaN stands for what is not known."""

    type: Literal["f4", "f8", "i4"]
    data: str


class Switch(TypedDict):
    """What the reader may choose: ``name`` is the key in `LessonRun.choice`, ``values`` are in their order."""

    name: str
    label: Text
    values: list[str]


class LeftOut(TypedDict):
    """A run that could not be exported, and why."""

    name: str
    reason: Text


class LessonSeries(TypedDict):
    """One metric, in at most 2,000 rows; ``low`` and ``high`` are None where every row is one point (``exact``).

    ``gap_steps`` are steps at which the value was not finite, ``gaps`` how many such values there were.
    """

    name: str
    metric: str
    split: str
    points: int
    gaps: int
    exact: bool
    more_is_better: bool
    step: Column
    time: Column
    mean: Column
    low: Column | None
    high: Column | None
    gap_steps: list[int]


class LessonEvent(TypedDict):
    """One thing that happened, sorted by step; ``short`` is what stands beside a line in the chart."""

    step: int | None
    time: float | None
    level: Level
    kind: Literal["start", "end", "notice", "flag", "intervention"]
    applied: bool
    text: Text
    short: Text | None


class LessonFlag(TypedDict):
    """A flag that was raised or withdrawn at a step; the rest belongs to the raised one."""

    step: int
    level: Literal["raised", "withdrawn"]
    kind: Literal["overfitting", "instability"]
    text: Text
    onset: int | None
    best_step: int | None
    best: float | None


class LessonGraph(TypedDict):
    """A computation graph: base64 of what the live view receives, and what differs from the one before, by node."""

    step: int
    label: Text
    graph: str
    changes: dict[str, Text]


class SampleColumns(TypedDict):
    """Whose statistics samples are: four numbers of each module, then three of each parameter."""

    modules: list[str]
    parameters: list[str]


class LessonSamples(TypedDict):
    """Statistics at some steps: ``values`` are those of the first step, then of the second, and so on."""

    columns: SampleColumns
    steps: list[int]
    values: Column


class LessonFinding(TypedDict):
    """What the statistics show; known from ``step`` on."""

    step: int
    level: Level
    path: str
    since: int
    text: Text


class LessonRun(TypedDict):
    """One run. ``epochs`` are (completed steps, epoch) where epochs begin; ``metrics`` has the main one first."""

    id: str
    name: str
    status: Status
    error: str | None
    started: str
    framework: str
    choice: dict[str, str]
    facts: list[tuple[Text, str]]
    steps: int
    elapsed: float
    epochs: list[tuple[int, float]]
    planned_epochs: int | None
    metrics: list[str]
    series: list[LessonSeries]
    events: list[LessonEvent]
    flags: list[LessonFlag]
    graphs: list[LessonGraph]
    samples: list[LessonSamples]
    findings: list[LessonFinding]
    notes: list[Text]


class Lesson(TypedDict):
    """Everything. ``first`` is the run that is shown at first, ``baseline`` the one that stays as a ghost."""

    lesson: int
    made_by: str
    title: str
    language: str | None
    runs: list[LessonRun]
    first: int
    baseline: int
    switches: list[Switch]
    left_out: list[LeftOut]
