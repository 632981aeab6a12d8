"""What differs between two graphs of a model, in words for each node: after a change of dropout, say."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations

from nnwidgets._graph_settings import settings_differ
from nnwidgets._graph_words import shape
from nnwidgets._i18n import t
from nnwidgets.graph import Array, Graph, Node

#: From what node, which of its outputs, to which input.
Ways = frozenset[tuple[str, int, int]]
#: Lengths that enter in two passes and differ, at most this many taken into account: the size of a batch, of a text.
_LENGTHS = 6


def changes(before: Graph, after: Graph) -> dict[str, str]:
    """See `Graph.changes_since`."""
    if before is after:
        return {}
    known = {node.key: node for node in before.nodes}
    was, now = _ways(before), _ways(after)
    scaled = _scaling(known, after)
    found: dict[str, str] = {}
    for node in after.nodes:
        old = known.get(node.key)
        if old is None:
            found[node.key] = t("new")
            continue
        words = _differences(old, node, after.framework)
        if was.get(node.key) != now.get(node.key):
            words.append(t("other inputs"))
        if not words:
            words = _shapes(old, node, scaled)
        if words:
            found[node.key] = ", ".join(words)
    return found


def _differences(old: Node, new: Node, framework: str) -> list[str]:
    words: list[str] = []
    if old.op != new.op:
        words.append(f"{old.op} → {new.op}")
    elif old.kind == "module" and old.detail != new.detail:
        words += settings_differ(old.op, old.detail, new.detail, framework)
    words += _parameters(old, new, told=bool(words))
    if new.error is not None and old.error is None:
        words.append(t("fails"))
    elif old.error is not None and new.error is None:
        words.append(t("fails no longer"))
    return words


def _parameters(old: Node, new: Node, *, told: bool) -> list[str]:
    """Say what differs in the parameters; not their shapes where settings have told that already."""
    was, words = {p.name: p for p in old.parameters}, list[str]()
    for parameter in new.parameters:
        other = was.pop(parameter.name, None)
        if other is None:
            words.append(t("with {what}", what=parameter.name))
            continue
        if other.shape != parameter.shape and not told:
            words.append(
                f"{parameter.name} {shape(Array(other.shape, ''))} → {shape(Array(parameter.shape, ''))}"
            )
        if other.trainable != parameter.trainable:
            name = parameter.name
            words.append(
                t("{name} trained", name=name) if parameter.trainable else t("{name} frozen", name=name)
            )
    return words + [t("without {what}", what=name) for name in was]


def _shapes(old: Node, new: Node, scaled: Callable[[int | None, int | None], bool]) -> list[str]:
    """Say which outputs have another shape for a reason other than the size of what went in."""
    if len(old.outputs) != len(new.outputs):
        return [t("{old} → {new} outputs", old=len(old.outputs), new=len(new.outputs))]
    for was, now in zip(old.outputs, new.outputs, strict=True):
        same = len(was.shape) == len(now.shape) and all(map(scaled, was.shape, now.shape))
        if not same:
            return [f"{shape(was)} → {shape(now)}"]
    return []


def _scaling(before: dict[str, Node], after: Graph) -> Callable[[int | None, int | None], bool]:
    """Return what tells whether one length became another only because something longer or shorter went in."""
    ratios: set[Fraction] = set()
    for node in after.nodes:
        old = before.get(node.key)
        if node.kind == "input" and old is not None:
            ratios |= _ratios(old, node)
    several = {a * b for a, b in combinations(sorted(ratios)[:_LENGTHS], 2)}
    allowed = {Fraction(1)} | ratios | several

    def scaled(was: int | None, now: int | None) -> bool:
        if was == now or was is None or now is None:
            return True
        return bool(was) and Fraction(now, was) in allowed

    return scaled


def _ratios(old: Node, new: Node) -> set[Fraction]:
    pairs = [
        pair
        for was, now in zip(old.outputs, new.outputs, strict=False)
        for pair in zip(was.shape, now.shape, strict=False)
    ]
    return {Fraction(now, was) for was, now in pairs if was and now and was != now}


def _ways(graph: Graph) -> dict[str, Ways]:
    found: dict[str, set[tuple[str, int, int]]] = {}
    for edge in graph.edges:
        found.setdefault(edge.dst, set()).add((edge.src, edge.src_out, edge.dst_in))
    return {key: frozenset(ways) for key, ways in found.items()}
