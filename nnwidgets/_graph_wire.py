"""What travels between the graph in the page and the kernel; the counterpart of ``js/src/graph/protocol.ts``.

Beside the state there are three traits: ``graph``, the JSON of `Graph.to_dict` as UTF-8, compressed with zlib;
``columns``, a `ColumnsState`; and ``values``, one sample of the statistics as float32 in that order.
"""

from __future__ import annotations

from typing import TypedDict


class GraphTaken(TypedDict):
    """One graph of a run: the training step at which it was taken, and what had changed before."""

    step: int
    label: str


class FindingState(TypedDict):
    """Something that the statistics show: about the module or parameter at ``path``, since a training step."""

    level: str
    path: str
    since: int
    text: str


class GraphState(TypedDict):
    """What the graph shows.

    ``message`` is what to say where there is no graph. ``shown`` is which of ``graphs`` is in the trait ``graph``, and
    ``changes`` what is different in it from the one before, by the key of a node. ``steps`` are those of which there
    are statistics, ``at`` the one that the person chose (None: the latest), ``values_step`` the one of the trait
    ``values``. ``notes`` say what the statistics leave out. ``node`` is the key of the node whose history is plotted.
    """

    wire: int
    message: str | None
    graphs: list[GraphTaken]
    shown: int
    changes: dict[str, str]
    steps: list[int]
    at: int | None
    values_step: int | None
    findings: list[FindingState]
    notes: list[str]
    node: str | None
    open: bool


class ColumnsState(TypedDict):
    """Whose statistics the values are, in order: four of each module, then three of each parameter."""

    modules: list[str]
    parameters: list[str]
