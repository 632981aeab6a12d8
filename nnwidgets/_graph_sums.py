"""What the groups of a graph hold in all: parameters, each once, and floating-point operations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from nnwidgets.graph import Group, Node


def with_sums(groups: Sequence[Group], nodes: Iterable[Node]) -> list[Group]:
    """Return the groups with the sums of what lies in them; a parent stands before its members."""
    inside: dict[str, _Inside] = {group.key: _Inside() for group in groups}
    for node in nodes:
        if node.group is not None:
            inside[node.group].flops += node.flops or 0
            for parameter in node.parameters:
                inside[node.group].add((node.path or node.key, parameter.name), parameter.count)
    summed: list[Group] = []
    for group in reversed(groups):
        own = inside.pop(group.key)
        summed.append(replace(group, params=own.params, flops=own.flops))
        if group.parent is not None:
            inside[group.parent] = own.joined(inside[group.parent])
    return summed[::-1]


class _Inside:
    """What some nodes hold: each parameter once, by the path and its name."""

    def __init__(self) -> None:
        self.params, self.flops = 0, 0
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, key: tuple[str, str], count: int) -> None:
        if key not in self._counts:
            self._counts[key] = count
            self.params += count

    def joined(self, other: _Inside) -> _Inside:
        """Return both in one; the smaller goes into the larger, so that deep nesting does not copy all of it often."""
        small, large = sorted((self, other), key=lambda inside: len(inside._counts))
        for key, count in small._counts.items():
            large.add(key, count)
        large.flops += small.flops
        return large
