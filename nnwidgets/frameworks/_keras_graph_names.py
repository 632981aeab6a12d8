"""What the layers and variables of a Keras model are called: the dotted path by nested names, ``encoder.dense_1``.

Graphs and statistics use the same paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Names:
    """The paths of everything in a model, at the time when this is made.

    Parameters
    ----------
    model
        A Keras layer or model; its own path is "".
    """

    def __init__(self, model: Any) -> None:
        self._paths: dict[int, str] = {}
        self._layers: list[Any] = []
        self._variables: dict[int, str] = {}
        self._own: dict[int, list[Any]] = {}
        for path, layer in _walk(model):
            self._paths[id(layer)] = path
            self._layers.append(layer)  # held, so that no other object gets its id
            own = [*layer._trainable_variables, *layer._non_trainable_variables]
            self._own[id(layer)] = own
            known: dict[str, int] = {}
            for variable in own:
                name = str(variable.name)
                known[name] = known.get(name, 0) + 1
                name = name if known[name] == 1 else f"{name}_{known[name]}"
                self._variables.setdefault(id(variable), f"{path}.{name}".lstrip("."))

    @property
    def layers(self) -> list[tuple[str, Any]]:
        """All layers with their paths, the model first, each before its parts."""
        return [(self._paths[id(layer)], layer) for layer in self._layers]

    def path(self, layer: Any) -> str:
        """Return the path of a layer; its name if it does not belong to the model."""
        return self._paths.get(id(layer), str(layer.name))

    def variable(self, variable: Any) -> str | None:
        """Return the full name of a variable, ``encoder.dense_1.kernel``; None for one of another model."""
        return self._variables.get(id(variable))

    def own(self, layer: Any) -> list[Any]:
        """Return the variables that a layer holds itself, not those of its parts."""
        return self._own.get(id(layer), [])

    def parameters(self, layer: Any) -> list[tuple[str, Any]]:
        """Return all variables of a layer and of its parts, with their names below its path."""
        path = self.path(layer)
        found: dict[int, tuple[str, Any]] = {}
        for _, part in _walk(layer):
            for variable in self.own(part):
                full = self._variables[id(variable)]
                name = full.removeprefix(f"{path}.") if path else full
                found.setdefault(id(variable), (name, variable))
        return list(found.values())


def parts(layer: Any) -> list[Any]:
    """Return the layers that a layer holds, in their order of use where it is known."""
    held = getattr(layer, "layers", None)
    if not isinstance(held, (list, tuple)):
        held = ()
    return [*held, *getattr(layer, "_layers", ())]


def _walk(layer: Any) -> Iterator[tuple[str, Any]]:
    """Give every layer once, depth first, with its path; not by recursion, as models may be nested deeply."""
    seen = {id(layer)}
    waiting = [("", layer)]
    while waiting:
        path, current = waiting.pop()
        yield path, current
        below, taken = [], set()
        for part in parts(current):
            if id(part) in seen or not hasattr(part, "_trainable_variables"):
                continue
            seen.add(id(part))
            name, number = str(part.name), 1
            while name in taken:
                number += 1
                name = f"{part.name}_{number}"
            taken.add(name)
            below.append((f"{path}.{name}".lstrip("."), part))
        waiting += reversed(below)
