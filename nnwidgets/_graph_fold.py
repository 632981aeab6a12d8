"""Recognises blocks that are repeated, and folds them: twelve equal layers become one group, "× 12".

Members of a group that stand one after another and are equal inside (the same operations, settings, parameters, shapes
and ways between them) are put into a group of their own. A pattern of several members, as the cell of a recurrent loop
and what stands between two of its calls, is folded too; then each repetition is a group in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from nnwidgets.graph import Edge, Group, Node

#: Members of a pattern at most, and repetitions at least: of one module with parts, of anything else.
_LONGEST: Final = 16
_MODULES, _OTHERS = 3, 4
#: What is never folded: people look for it by name.
_SINGLE: Final = ("input", "output", "parameter", "constant")

Part = Group | Node


def fold(parts: Sequence[Part], edges: Sequence[Edge]) -> tuple[list[Group], list[Node]]:
    """Return groups, each before its members, and nodes in the order in which they were computed."""
    members: dict[str | None, list[Part]] = {}
    for part in parts:
        members.setdefault(_above(part), []).append(part)
    groups: list[Group] = []
    nodes: dict[str, Node] = {}
    signatures = _Signatures(parts, members, edges)
    # Not by recursion: a model may be nested deeper than Python's stack.
    waiting: list[tuple[str | None, list[Part]]] = [(None, members.get(None, []))]
    while waiting:
        parent, inside = waiting.pop()
        for part in _folded(inside, parent, signatures, groups):
            if isinstance(part, Node):
                nodes[part.key] = part
            else:
                groups.append(part)
                waiting.append((part.key, members.get(part.key, [])))
    return _sorted(groups), [nodes[part.key] for part in parts if isinstance(part, Node)]


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
        self, parts: Sequence[Part], members: dict[str | None, list[Part]], edges: Sequence[Edge]
    ) -> None:
        self._known: dict[object, int] = {}
        self._of: dict[str, int] = {}
        inner = _inner_edges(parts, members, edges)
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
) -> dict[str | None, set[tuple[int, int]]]:
    """Return which members of each group, by place, are joined; an edge belongs to the innermost group of both."""
    above = {part.key: _above(part) for part in parts}
    place = {part.key: i for inside in members.values() for i, part in enumerate(inside)}
    depth: dict[str | None, int] = {None: 0}
    for part in parts:
        depth[part.key] = depth[above[part.key]] + 1
    inner: dict[str | None, set[tuple[int, int]]] = {}
    for edge in edges:
        src, dst = edge.src, edge.dst
        while depth[src] > depth[dst]:
            src = above[src] or src
        while depth[dst] > depth[src]:
            dst = above[dst] or dst
        while above[src] != above[dst]:
            src, dst = above[src] or src, above[dst] or dst
        if src != dst:
            inner.setdefault(above[src], set()).add((place[src], place[dst]))
    return inner


def _folded(
    inside: Sequence[Part], parent: str | None, signatures: _Signatures, groups: list[Group]
) -> list[Part]:
    """Return the members of a group with their new parents; the groups made for them are appended to ``groups``."""
    folded: list[Part] = []
    marks = [signatures.of(part) for part in inside]
    at = 0
    while at < len(inside):
        run = _run_at(inside, marks, at)
        if run is None:
            folded.append(_put_into(inside[at], parent))
            at += 1
            continue
        block = inside[at : at + run.length]
        stack = _stack(block, run, parent)
        groups.append(stack)
        for i in range(run.count):
            repetition = block[i * run.period : (i + 1) * run.period]
            home = stack.key
            if run.period > 1:
                home = f"{stack.key}/{i + 1}"
                groups.append(Group(home, stack.key, "", str(i + 1), stack.type))
            folded += [_put_into(part, home) for part in repetition]
        at += run.length
    return folded


def _run_at(inside: Sequence[Part], marks: Sequence[int], at: int) -> _Run | None:
    """Return the pattern that is repeated furthest from here on, the shortest one of several."""
    best: _Run | None = None
    for period in range(1, min(_LONGEST, (len(marks) - at) // _MODULES) + 1):
        end = at
        while end + period < len(marks) and marks[end] == marks[end + period]:
            end += 1
        run = _Run(at, period, (end - at) // period + 1)
        if run.count < _MODULES or (best is not None and run.length <= best.length):
            continue
        pattern = inside[at : at + period]
        if any(isinstance(part, Node) and part.kind in _SINGLE for part in pattern):
            continue
        single = period == 1 and isinstance(pattern[0], Group)
        if run.count >= (_MODULES if single else _OTHERS):
            best = run
    return best


def _stack(block: Sequence[Part], run: _Run, parent: str | None) -> Group:
    """Return the group into which some equal blocks are folded."""
    pattern = block[: run.period]
    kinds = [part.type if isinstance(part, Group) else part.op for part in pattern]
    kind = ", ".join(kinds) if len(kinds) <= 3 else f"{kinds[0]}, {kinds[1]} … {kinds[-1]}"
    first, last = pattern[0], block[-run.period]
    return Group(f"{first.key}×{run.count}", parent, "", _name(first, last), kind, repeat=run.count)


def _name(first: Part, last: Part) -> str:
    if first.path and first.path == last.path:  # one module, called again and again
        return f"{first.name}, calls {first.call}–{last.call}"
    if first.name == last.name:
        return first.name
    above = (first.path or "").rpartition(".")[0].rpartition(".")[2]
    if first.name.isdigit() and last.name.isdigit():
        return f"{above} {first.name}–{last.name}".strip()
    return f"{first.name} … {last.name}"


def _above(part: Part) -> str | None:
    return part.group if isinstance(part, Node) else part.parent


def _put_into(part: Part, home: str | None) -> Part:
    if _above(part) == home:
        return part
    return replace(part, group=home) if isinstance(part, Node) else replace(part, parent=home)


def _sorted(groups: Sequence[Group]) -> list[Group]:
    """Return every group after the one that it lies in, else in the order given."""
    members: dict[str | None, list[Group]] = {}
    for group in groups:
        members.setdefault(group.parent, []).append(group)
    found: list[Group] = []
    waiting = list(reversed(members.get(None, [])))
    while waiting:
        group = waiting.pop()
        found.append(group)
        waiting += reversed(members.get(group.key, []))
    return found
