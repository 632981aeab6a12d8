"""The scopes in the names of TensorFlow's operations, as groups."""

from __future__ import annotations

import collections
from collections.abc import Sequence

from nnwidgets._graph_builder import GraphBuilder


class Scopes:
    """The groups of the scopes of one graph, ``a/b`` of ``a/b/MatMul``; one around a single operation is left out.

    Parameters
    ----------
    builder
        Takes the groups.
    home
        The group in which all of them lie.
    above
        A scope that stands before all names and says nothing new.
    names
        The operations that are shown.
    """

    def __init__(self, builder: GraphBuilder, home: str | None, above: str, names: Sequence[str]) -> None:
        self.home = home
        self._builder, self._above = builder, above
        self._made: dict[tuple[str, ...], str | None] = {(): home}
        self._sizes = collections.Counter(
            parts[:depth] for parts in map(self._parts, names) for depth in range(1, len(parts) + 1)
        )

    def of(self, name: str) -> str | None:
        """Return the group of an operation."""
        parts, home = self._parts(name), self.home
        for depth in range(1, len(parts) + 1):
            scope = parts[:depth]
            if scope not in self._made:
                below = self._sizes[parts[: depth + 1]] if depth < len(parts) else 0
                lone = self._sizes[scope] < 2 or self._sizes[scope] == below
                self._made[scope] = home if lone else self._builder.group(home, type="scope", name=scope[-1])
            home = self._made[scope]
        return home

    def _parts(self, name: str) -> tuple[str, ...]:
        parts = name.split("/")[:-1]
        return tuple(parts[1:] if parts and parts[0] == self._above else parts)
