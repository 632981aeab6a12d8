"""The graphs of a lesson, and what was measured inside the model: so much of it as a page can carry."""

from __future__ import annotations

import base64
import zlib
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from nnwidgets._graph_depths import IN_A_ROW
from nnwidgets._graph_findings import findings
from nnwidgets._i18n import t
from nnwidgets._i18n import told as said_now
from nnwidgets._run_graphs import label_of
from nnwidgets.export._lesson_series import column, spread
from nnwidgets.export._lesson_types import LessonFinding, LessonGraph, LessonSamples, Text
from nnwidgets.export._lesson_words import told, told_all

if TYPE_CHECKING:
    from nnwidgets._layer_sample import Sample
    from nnwidgets._run_graphs import Taken
    from nnwidgets.run import Run

#: Graphs of a run at most, and bytes of those of a lesson.
_GRAPHS: Final = 12
GRAPH_BYTES: Final = 600_000
#: Samples of a run at most, and bytes of those of a lesson.
_SAMPLES: Final = 500
SAMPLE_BYTES: Final = 700_000
#: Differences from the graph before, at most.
_CHANGES: Final = 500
#: Bits of a statistic's 24 that are kept: three digits and a half, which is more than a colour or a label shows.
_BITS: Final = 12


def graphs_of(run: Run, room: int) -> tuple[list[LessonGraph], list[Text]]:
    """Return the graphs of a run, and what is said where some had to be left out."""
    taken = run._graphs.taken
    kept: list[tuple[Taken, bytes]] = []
    # The last one is what most of the run was trained with after its changes, so the room is given from both ends.
    for place in _from_both_ends(len(taken))[:_GRAPHS]:
        data = zlib.compress(taken[place].graph.to_json().encode("utf-8", "replace"), 9)
        if len(data) <= room:
            room -= len(data)
            kept.append((taken[place], data))
    kept.sort(key=lambda one: taken.index(one[0]))
    missing = len(taken) - len(kept)
    notes: list[Text] = []
    if missing:
        notes.append(told(lambda: t("Graphs that are too large for this page: {count}.", count=missing)))
    before: Taken | None = None
    graphs: list[LessonGraph] = []
    for one, data in kept:
        graphs.append(_graph(run, one, data, before))
        before = one
    return graphs, notes


def samples_of(run: Run, room: int) -> list[LessonSamples]:
    """Return what was measured, evenly thinned to so many bytes."""
    samples = run.history.layers.samples
    if not samples:
        return []
    largest = max(sample.values.nbytes for sample in samples)
    most = min(_SAMPLES, room // max(1, largest))
    if most < 2:
        return []
    chosen = [samples[i] for i in spread(len(samples), most)]
    return [_samples(list(group)) for _, group in groupby(chosen, key=lambda one: one.layout)]


def findings_of(run: Run) -> list[LessonFinding]:
    """Return what the statistics say at the end, each from the sample on at which it was known."""
    layers, graph = run.history.layers, run.graph
    found = findings(layers, graph)  # once: a run that goes on may show others a moment later
    texts = told_all(lambda: [said_now(one.text) for one in found])
    return [
        {
            "step": _known_from(layers.steps, one.since),
            "level": one.level,
            "path": one.path,
            "since": one.since,
            "text": text,
        }
        for one, text in zip(found, texts, strict=True)
    ]


def coarse(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return single-precision numbers rounded to so many bits that they can be compressed; what is not finite stays."""
    bits = values.view(np.uint32)
    dropped = 24 - _BITS
    rounded = (bits + np.uint32(1 << (dropped - 1))) & np.uint32(0xFFFFFFFF << dropped & 0xFFFFFFFF)
    fits = np.isfinite(values) & np.isfinite(rounded.view(np.float32))
    return np.where(fits, rounded.view(np.float32), values)


def _from_both_ends(count: int) -> list[int]:
    """Return 0, the last, 1, the one before the last, and so on."""
    order = [place for i in range(count) for place in (i, count - 1 - i)]
    return list(dict.fromkeys(order))[:count]


def _graph(run: Run, one: Taken, data: bytes, before: Taken | None) -> LessonGraph:
    changes: dict[str, Text] = {}
    if before is not None:
        keys = list(one.graph.changes_since(before.graph))[:_CHANGES]
        texts = told_all(lambda: list(one.graph.changes_since(before.graph).values())[:_CHANGES])
        changes = dict(zip(keys, texts, strict=True))
    return {
        "step": one.step,
        "label": told(lambda: t("step {step}: {what}", step=f"{one.step:,}", what=label_of(run, one))),
        "graph": base64.b64encode(data).decode(),
        "changes": changes,
    }


def _samples(samples: list[Sample]) -> LessonSamples:
    layout = samples[0].layout
    values: NDArray[Any] = coarse(np.stack([sample.values for sample in samples]))
    return {
        "columns": {"modules": list(layout.modules), "parameters": list(layout.parameters)},
        "steps": [int(sample.step) for sample in samples],
        "values": column(values.ravel(), "f4"),
    }


def _known_from(steps: NDArray[np.int64], since: int) -> int:
    """Return the step of the sample with which enough in a row had shown it."""
    place = int(np.searchsorted(steps, since)) + IN_A_ROW - 1
    return int(steps[min(place, len(steps) - 1)]) if len(steps) else since
