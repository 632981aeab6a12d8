"""Recognises blocks that are repeated, and folds them: twelve equal layers become one group, "× 12".

Members of a group that stand one after another and are equal inside (the same operations, settings, parameters, shapes
and ways between them) are put into a group of their own. A pattern of several members, as the cell of a recurrent loop
and what stands between two of its calls, is folded too; then each repetition is a group in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nnwidgets._i18n import t
from nnwidgets.graph import Edge, Group, Node

#: Members of a pattern at most, and repetitions at least: of one module with parts, of anything else. A cell of a
#: recurrent network that is written by hand takes some thirty operations.
_LONGEST: Final = 64
_MODULES, _OTHERS = 3, 4
#: What is never folded: people look for it by name.
_SINGLE: Final = ("input", "output", "parameter", "constant")

Part = Group | Node
#: From which member of a group to which, by place.
Way = tuple[int, int]
Places = NDArray[np.int64]


def fold(parts: Sequence[Part], edges: Sequence[Edge]) -> tuple[list[Group], list[Node]]:
    """Return groups, each before its members, and nodes in the order in which they were computed."""
    members: dict[str | None, list[Part]] = {}
    for part in parts:
        members.setdefault(_above(part), []).append(part)
    inner = _inner_edges(parts, members, edges)
    signatures = _Signatures(parts, members, inner)
    folder = _Folder(signatures, {part.key for part in parts})
    nodes: dict[str, Node] = {}
    # Not by recursion: a model may be nested deeper than Python's stack.
    waiting: list[str | None] = [None]
    while waiting:
        parent = waiting.pop()
        for part in folder.folded(members.get(parent, []), parent, inner.get(parent, ())):
            if isinstance(part, Node):
                nodes[part.key] = part
            else:
                folder.groups.append(part)
                waiting.append(part.key)
    computed = [nodes[part.key] for part in parts if isinstance(part, Node)]
    return _sorted(folder.groups, computed), computed


@dataclass(frozen=True)
class _Run:
    """A pattern of ``period`` members that is repeated ``count`` times from ``start`` on."""

    start: int
    period: int
    count: int

    @property
    def length(self) -> int:
        return self.period * self.count


class _Signatures:
    """Gives parts that are equal inside the same number."""

    def __init__(
        self, parts: Sequence[Part], members: dict[str | None, list[Part]], inner: dict[str | None, set[Way]]
    ) -> None:
        self._known: dict[object, int] = {}
        self._of: dict[str, int] = {}
        for part in reversed(parts):  # members come after their group
            if isinstance(part, Node):
                mark: object = _mark(part)
            else:
                inside = tuple(self._of[member.key] for member in members.get(part.key, []))
                mark = (part.type, inside, frozenset(inner.get(part.key, ())))
            self._of[part.key] = self._known.setdefault(mark, len(self._known))

    def of(self, part: Part) -> int:
        return self._of[part.key]


def _mark(node: Node) -> object:
    settings = node.detail if node.kind == "module" else ""
    shapes = tuple((p.name, p.shape, p.trainable) for p in node.parameters)
    return (node.kind, node.op, settings, shapes, node.outputs, node.error)


def _inner_edges(
    parts: Sequence[Part], members: dict[str | None, list[Part]], edges: Sequence[Edge]
) -> dict[str | None, set[Way]]:
    """Return for each group which of its members are joined; an edge belongs to the innermost group of both ends."""
    number = {part.key: i for i, part in enumerate(parts)}
    place = {part.key: i for inside in members.values() for i, part in enumerate(inside)}
    nowhere = len(parts)  # what lies in no group, and itself
    above = np.array([number.get(_above(part) or "", nowhere) for part in parts] + [nowhere])
    src, dst = (np.array([number[key] for key in keys], np.int64) for keys in _ends(edges))
    inner: dict[str | None, set[Way]] = {}
    for i, j in zip(*_beside(above, src, dst), strict=True):
        if i != j:
            inner.setdefault(_above(parts[i]), set()).add((place[parts[i].key], place[parts[j].key]))
    return inner


def _ends(edges: Sequence[Edge]) -> tuple[list[str], list[str]]:
    return [edge.src for edge in edges], [edge.dst for edge in edges]


def _beside(above: Places, one: Places, other: Places) -> tuple[list[int], list[int]]:
    """Return what holds each of two parts in the innermost group of both: they stand there side by side, or are one.

    All pairs at once, by doubling steps upwards: a model may be nested thousands of levels deep.
    """
    depth = np.zeros_like(above)
    for part, group in enumerate(above[:-1].tolist()):
        depth[part] = depth[group] + 1 if group < len(above) - 1 else 1
    steps = [above]
    while 2 ** len(steps) <= depth.max(initial=0):
        steps.append(steps[-1][steps[-1]])
    for power in reversed(range(len(steps))):
        deeper, shallower = depth[one] - depth[other] >= 2**power, depth[other] - depth[one] >= 2**power
        one, other = np.where(deeper, steps[power][one], one), np.where(shallower, steps[power][other], other)
    for step in reversed(steps):
        apart = step[one] != step[other]
        one, other = np.where(apart, step[one], one), np.where(apart, step[other], other)
    return one.tolist(), other.tolist()


class _Folder:
    """Puts what is repeated into groups of its own, which stand in `groups`."""

    def __init__(self, signatures: _Signatures, taken: set[str]) -> None:
        self.groups: list[Group] = []
        self._signatures, self._taken = signatures, taken

    def folded(self, inside: Sequence[Part], parent: str | None, ways: Iterable[Way]) -> list[Part]:
        """Return the members of a group with their new parents."""
        folded: list[Part] = []
        runs = _runs(inside, [self._signatures.of(part) for part in inside], ways)
        at = 0
        for run in [*runs, _Run(len(inside), 1, 0)]:
            folded += [_put_into(part, parent) for part in inside[at : run.start]]
            at = run.start + run.length
            folded += self._stacked(inside[run.start : at], run, parent) if run.count else []
        return folded

    def _stacked(self, block: Sequence[Part], run: _Run, parent: str | None) -> list[Part]:
        first = block[0]
        key = self._free(f"{first.key}×{run.count}")
        kind = _kind(block[: run.period])
        self.groups.append(Group(key, parent, "", _name(block, run), kind, repeat=run.count))
        folded: list[Part] = []
        for i in range(run.count):
            home = key
            if run.period > 1:
                home = self._free(f"{key}/{i + 1}")
                self.groups.append(Group(home, key, "", str(i + 1), kind))
            folded += [_put_into(part, home) for part in block[i * run.period : (i + 1) * run.period]]
        return folded

    def _free(self, wanted: str) -> str:
        key = wanted
        while key in self._taken:
            key += "+"
        self._taken.add(key)
        return key


def _runs(inside: Sequence[Part], marks: Sequence[int], ways: Iterable[Way]) -> list[_Run]:
    """Return the patterns that are repeated, from left to right."""
    if len(inside) < _MODULES:
        return []
    period, count = _repeated(inside, marks)
    sources: dict[int, list[int]] = {}
    for src, dst in ways if period.max() > 1 else ():
        sources.setdefault(dst, []).append(src)
    runs: list[_Run] = []
    at = 0
    for start in np.flatnonzero(count).tolist():
        if start >= at:
            run = _alike(_Run(start, int(period[start]), int(count[start])), sources)
            if run.count:
                runs.append(run)
                at = start + run.length
    return runs


def _repeated(inside: Sequence[Part], marks: Sequence[int]) -> tuple[Places, Places]:
    """Return for each place the period of what is repeated furthest from there on, the shortest, and how often."""
    single = [isinstance(part, Node) and part.kind in _SINGLE for part in inside]
    mark = np.array([-1 - i if single[i] else mark for i, mark in enumerate(marks)])
    modules = np.array([isinstance(part, Group) for part in inside])
    places = np.arange(len(mark))
    best, period, count = np.zeros_like(places), np.ones_like(places), np.zeros_like(places)
    for length in range(1, min(_LONGEST, len(mark) // _MODULES) + 1):
        differs = np.where(mark[:-length] == mark[length:], len(mark) - length, places[:-length])
        same = np.minimum.accumulate(differs[::-1])[::-1] - places[:-length]
        times = np.pad(same // length + 1, (0, length))
        least = np.where(modules, _MODULES, _OTHERS) if length == 1 else _OTHERS
        better = (times >= least) & (times * length > best)
        best[better], period[better], count[better] = times[better] * length, length, times[better]
    return period, count


def _alike(run: _Run, sources: dict[int, list[int]]) -> _Run:
    """Return the run as far as its members are joined as in the first repetition; with count 0 if that is not far."""
    if run.period == 1:
        return run
    known: list[list[int]] = []
    for place in range(run.start, run.start + run.length):
        offset = (place - run.start) % run.period
        within = sorted(offset - (place - src) for src in sources.get(place, ()) if src >= place - offset)
        if place < run.start + run.period:
            known.append(within)
        elif known[offset] != within:
            count = (place - run.start) // run.period
            return replace(run, count=count if count >= _OTHERS else 0)
    return run


def _kind(pattern: Sequence[Part]) -> str:
    kinds = [part.type if isinstance(part, Group) else part.op for part in pattern]
    return ", ".join(kinds) if len(kinds) <= 3 else f"{kinds[0]}, {kinds[1]} … {kinds[-1]}"


def _name(block: Sequence[Part], run: _Run) -> str:
    """Return what to call some equal blocks: by the first part in them that has a place in the model."""
    at = next((i for i, part in enumerate(block[: run.period]) if part.path), 0)
    first, last, end = block[at], block[at - run.period], block[-1]
    if first.path and first.path == last.path:  # one module, called again and again
        return t("{name}, calls {first}–{last}", name=first.name, first=first.call, last=last.call)
    if first.name == last.name:
        return first.name
    above = (first.path or "").rpartition(".")[0]
    if first.name.isdigit() and last.name.isdigit():
        beside = end.name.isdigit() and (end.path or "").rpartition(".")[0] == above
        return f"{above.rpartition('.')[2]} {first.name}–{end.name if beside else last.name}".strip()
    return f"{first.name} … {last.name}"


def _above(part: Part) -> str | None:
    return part.group if isinstance(part, Node) else part.parent


def _put_into(part: Part, home: str | None) -> Part:
    if _above(part) == home:
        return part
    return replace(part, group=home) if isinstance(part, Node) else replace(part, parent=home)


def _sorted(groups: Sequence[Group], nodes: Iterable[Node]) -> list[Group]:
    """Return every group after the one that it lies in, else in the order in which their nodes were computed."""
    above = {group.key: group.parent for group in groups}
    first: dict[str, int] = {}
    for place, node in enumerate(nodes):
        key = node.group
        while key is not None and key not in first:
            first[key] = place
            key = above[key]
    members: dict[str | None, list[Group]] = {}
    for group in sorted(groups, key=lambda group: -first[group.key]):
        members.setdefault(group.parent, []).append(group)
    found: list[Group] = []
    waiting = members.get(None, [])
    while waiting:
        group = waiting.pop()
        found.append(group)
        waiting += members.get(group.key, [])
    return found
