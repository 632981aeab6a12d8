"""What the statistics of a model show, in words: dead units, gradients that vanish, activations that lose their scale.

Each finding needs three samples in a row, and thresholds lie far from what healthy trainings show: small networks for
digits, iris and breast cancer with ReLU, tanh and sigmoid, a convolutional network and a transformer, each with Adam
and SGD at usual rates, give none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from nnwidgets import _graph_finding_words as words
from nnwidgets._graph_depths import IN_A_ROW, Stats, Table, last, read

if TYPE_CHECKING:
    from nnwidgets._layer_history import LayerHistory
    from nnwidgets.graph import Graph

#: Findings at a time at most.
MOST: Final = 6
#: Samples that are looked at first; earlier ones where what they show began before.
_NEWEST: Final = 64

#: The share of a layer's units that are zero for the whole batch. Units of a healthy ReLU layer are up to half dead in
#: small networks (measured: 0.5); a layer of which nearly all are dead learns no more (Lu, Shin, Su and Karniadakis
#: 2019, "Dying ReLU and initialization").
DEAD: Final = 0.8
#: How much smaller or larger the gradient of the first layers is than that of the last one (Glorot and Bengio 2010,
#: "Understanding the difficulty of training deep feedforward neural networks"; Pascanu, Mikolov and Bengio 2013).
#: Measured in healthy networks: between 0.015 and 5.
VANISHES: Final = 1e-4
EXPLODES: Final = 1e3
#: Beyond what a gradient is large by itself, as against a small one at the head of a network that has learned.
LARGE: Final = 10.0
#: How much the gradient of all weights has grown since earlier samples.
GROWS: Final = 1e3
#: How far the deviation of activations falls or grows with depth (He, Zhang, Ren and Sun 2015, "Delving deep into
#: rectifiers": it should stay about the same). Measured in healthy networks: between 0.05 and 4.
LOSES_SCALE: Final = 1e-3
GAINS_SCALE: Final = 1e3
#: The root mean square, as a share of the highest value, beyond which nearly all of a tanh or a sigmoid lies where it
#: is flat (Glorot and Bengio 2010).
SATURATED: Final = 0.97
#: The norm of an update as a share of the norm of the weights. About 1e-3 is usual (a rule of thumb from Karpathy's
#: "CS231n: learning and evaluation"); Adam at a rate of 0.01 begins with 0.1 (measured). Below the rounding of single
#: precision nothing changes at all.
LARGE_UPDATE: Final = 0.2
SMALL_UPDATE: Final = 1e-8
#: Steps in which updates may be large: weights may begin at zero, and Adam's first steps are as long as its rate.
_FIRST_STEPS: Final = 10

_ORDER: Final = (
    "not finite",
    "dead",
    "exploding",
    "vanishing",
    "scale",
    "saturated",
    "large update",
    "small update",
)

Level = Literal["info", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that the statistics show.

    Attributes
    ----------
    kind
        ``not finite``, ``dead``, ``exploding``, ``vanishing``, ``scale``, ``saturated``, ``large update`` or ``small
        update``.
    level
        ``warning``, or ``info`` for what may be meant.
    path
        The layer that it is about, the first of several.
    since
        The step of the first sample that shows it, of those in a row.
    text
        A sentence.
    """

    kind: str
    level: Level
    path: str
    since: int
    text: str


def findings(layers: LayerHistory, graph: Graph | None = None) -> list[Finding]:
    """Return what the newest samples show, the worst first, at most six. Any thread.

    Parameters
    ----------
    layers
        The samples of a run.
    graph
        Says in which order the layers are computed, and what they are; None: in the order of the samples' layout.
    """
    found = _found(read(layers, graph, _NEWEST))
    if found and any(one.since <= layers.recent(_NEWEST)[0][0] for one in found):  # it began earlier, perhaps
        found = _found(read(layers, graph, len(layers)))
    return sorted(found, key=lambda one: (_ORDER.index(one.kind), one.since))[:MOST]


def _found(stats: Stats | None) -> list[Finding]:
    if stats is None:
        return []
    with np.errstate(all="ignore"):
        return [one for look in _LOOKS for one in look(stats)]


def _not_finite(stats: Stats) -> Iterator[Finding]:
    """Say where numbers are not finite: one finding, as everything after the first place is not finite either."""
    for what, values, names in (
        ("activations", np.maximum(stats.mean, stats.std), stats.modules),
        ("gradients", stats.grad, stats.owners),
        ("weights", stats.weight, stats.owners),
    ):
        lost = stats.streaks(np.isinf(values), ~np.isnan(values))
        if lost:
            since = min(lost.values())
            path = next(names[place] for place in lost if lost[place] == since)
            others = len(set(_at(names, lost))) - 1
            text = words.not_finite(what, stats.named(path), others, since)
            yield Finding("not finite", "warning", path, since, text)
            return


def _dead(stats: Stats) -> Iterator[Finding]:
    lost = stats.streaks(stats.dead >= DEAD, ~np.isnan(stats.dead))
    if not lost:
        return
    since = min(lost.values())
    shares = [last(stats.dead[:, place]) for place in lost]
    paths = _at(stats.modules, lost)
    text = words.of_layers("dead", _named(stats, paths), since, shares)
    yield Finding("dead", "warning", paths[0], since, text)


def _gradients(stats: Stats) -> Iterator[Finding]:
    """Compare the gradients of the first layers with that of the last."""
    grad, names = stats.gradients()
    if len(names) >= 3:
        head = np.fmax.reduce(np.where(np.isfinite(grad[:, -2:]), grad[:, -2:], np.nan), axis=1)
        top = stats.named(names[-1] if last(grad[:, -1]) >= last(grad[:, -2]) else names[-2])
        known = np.isfinite(grad) & np.isfinite(head)[:, None]
        small = np.logical_and.accumulate((grad <= VANISHES * head[:, None]) & (head > 0)[:, None], axis=1)
        lost = stats.streaks(small[:, :-2], known[:, :-2])
        if lost:
            place = max(lost)
            since = lost[min(lost)]
            layer, norm, other = stats.named(names[place]), last(grad[:, 0]), last(head)
            text = words.vanishing(layer, norm, other, top, since, deep=place > 0)
            yield Finding("vanishing", "warning", names[place], since, text)
        large = (grad >= EXPLODES * head[:, None]) & (grad >= LARGE)
        lost = stats.streaks(large[:, :-2], known[:, :-2])
        if lost:
            place = max(lost, key=lambda i: last(grad[:, i]))
            layer, norm = stats.named(names[place]), last(grad[:, place])
            text = words.exploding(layer, norm, last(head), top, lost[place])
            yield Finding("exploding", "warning", names[place], lost[place], text)
            return
    yield from _growth(stats, grad, names)


def _growth(stats: Stats, grad: Table, names: Sequence[str]) -> Iterator[Finding]:
    total = np.sqrt(np.nansum(np.square(np.where(np.isfinite(grad), grad, np.nan)), axis=1))
    known = total > 0
    past = total[known][:-IN_A_ROW]
    if len(past) < IN_A_ROW or not known[-1] or not names:
        return
    usual = float(np.median(past))
    lost = stats.streaks((total >= GROWS * usual)[:, None] & (total >= LARGE)[:, None], known[:, None])
    if lost:
        norm, path = last(total), names[int(np.nanargmax(grad[np.flatnonzero(known)[-1]]))]
        text = words.growing(norm, usual, lost[0])
        yield Finding("exploding", "warning", path, lost[0], text)


def _scale(stats: Stats) -> Iterator[Finding]:
    """Compare the deviation of activations with that of the first layers; the last layer may give what it wants."""
    known = np.isfinite(stats.std) & (stats.std > 0)
    used = np.flatnonzero(known[-IN_A_ROW:].all(axis=0) & ~(stats.dead[-1] >= DEAD))[:-1]
    if len(used) < 3:
        return
    std = stats.std[:, used]
    names = _at(stats.modules, used)
    start = np.where(known[:, used[:2]].any(axis=1), np.fmax.reduce(std[:, :2], axis=1), np.nan)
    for lost, way in (
        (std <= LOSES_SCALE * start[:, None], "loses"),
        (std >= GAINS_SCALE * start[:, None], "gains"),
    ):
        # Up to the end: what normalizes puts it right.
        to_the_end = np.logical_and.accumulate(lost[:, ::-1], axis=1)[:, ::-1]
        places = stats.streaks(to_the_end, known[:, used] & np.isfinite(start)[:, None])
        if len(places) >= 2:
            first, since = min(places), max(places.values())
            ends = stats.named(names[first]), stats.named(names[-1])
            text = words.scale(way, *ends, last(start), last(std[:, -1]), since=since)
            yield Finding("scale", "warning", names[first], since, text)


def _saturated(stats: Stats) -> Iterator[Finding]:
    lost: dict[int, int] = {}
    for kind, middle, reach in (("tanh", 0.0, 1.0), ("sigmoid", 0.5, 0.5)):
        # What the network ends with says yes and no, as it should.
        places = [i for i, path in enumerate(stats.modules[:-2]) if stats.ops.get(path, "").lower() == kind]
        rms = np.sqrt(stats.std[:, places] ** 2 + (stats.mean[:, places] - middle) ** 2) / reach
        found = stats.streaks(rms >= SATURATED, np.isfinite(rms))
        lost |= {places[i]: since for i, since in found.items()}
    if lost:
        paths, since = _at(stats.modules, sorted(lost)), min(lost.values())
        text = words.of_layers("saturated", _named(stats, paths), since)
        yield Finding("saturated", "warning", paths[0], since, text)


def _updates(stats: Stats) -> Iterator[Finding]:
    weights = [i for i, weight in enumerate(stats.is_weight) if weight]
    ratio = stats.update[:, weights] / stats.weight[:, weights]
    known = np.isfinite(ratio) & np.isfinite(stats.weight[:, weights])
    owners = _at(stats.owners, weights)
    late = (stats.steps > _FIRST_STEPS)[:, None]
    large = stats.streaks(ratio >= LARGE_UPDATE, known & late)
    if large:
        paths, since = list(dict.fromkeys(_at(owners, large))), min(large.values())
        shares = [last(ratio[:, place]) for place in large]
        text = words.of_layers("large update", _named(stats, paths), since, shares)
        yield Finding("large update", "warning", paths[0], since, text)
    moved = stats.grad[:, weights] > 0
    small = stats.streaks((ratio <= SMALL_UPDATE) & moved, known & np.isfinite(stats.grad[:, weights]))
    if small and len(small) == int(known.any(axis=0).sum()):
        since = max(small.values())
        most = max(last(ratio[:, place]) for place in small)
        text = words.hardly_moving(most, since)
        yield Finding("small update", "info", owners[0], since, text)


_LOOKS: Final = (_not_finite, _dead, _gradients, _scale, _saturated, _updates)


def _at(names: Sequence[str], places: Iterable[int]) -> list[str]:
    return [names[place] for place in places]


def _named(stats: Stats, paths: Sequence[str]) -> list[str]:
    return [stats.named(path) for path in dict.fromkeys(paths)]
