"""What the groups of a graph hold in all: parameters, each once, and floating-point operations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from nnwidgets.graph import Group, Node


def with_sums(groups: Sequence[Group], nodes: Iterable[Node]) -> list[Group]:
    """Return the groups with the sums of what lies in them; a parent stands before its members."""
    params: dict[str, dict[tuple[str, str], int]] = {group.key: {} for group in groups}
    flops = dict.fromkeys(params, 0)
    for node in nodes:
        if node.group is not None:
            flops[node.group] += node.flops or 0
            for parameter in node.parameters:
                params[node.group][node.path or node.key, parameter.name] = parameter.count
    for group in reversed(groups):
        if group.parent is not None:
            params[group.parent].update(params[group.key])
            flops[group.parent] += flops[group.key]
    return [
        replace(group, params=sum(params[group.key].values()), flops=flops[group.key]) for group in groups
    ]
