"""A Keras model and its optimizer as named arrays, as files hold them, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnwidgets._contents import Array, Contents
from nnwidgets._errors import SnapshotError


def names_of(model: Any, optimizer: Any) -> dict[int, str]:
    """Return a name for every variable, by the id of the variable: its path, with its place before it."""
    own = {id(v): f"model/{i}/{v.path}" for i, v in enumerate(model.variables)}
    theirs = () if optimizer is None else optimizer.variables
    return {**{id(v): f"optimizer/{i}/{v.path}" for i, v in enumerate(theirs)}, **own}


def contents(arrays: dict[str, Array], dropout: Mapping[str, float]) -> Contents:
    """Return what a file holds."""
    plain = {name: array for name, array in arrays.items() if array.dtype.kind in "fiub"}
    types = {}
    for name, array in arrays.items():
        if name not in plain:  # bfloat16 and the like, which numpy knows from ml_dtypes alone
            types[name] = array.dtype.name
            plain[name] = array.view(f"u{array.dtype.itemsize}")
    return Contents(plain, {"framework": "keras", "dropout": dict(dropout)}, types)


def load(
    model: Any,
    optimizer: Any,
    held: Contents,
    put: Callable[[Any, Any], None],
    set_dropout: Callable[[dict[str, float]], object],
) -> None:
    """Put back what a file held.

    Parameters
    ----------
    model, optimizer
        What is trained.
    held
        What the file held.
    put
        Gives a variable a value.
    set_dropout
        Gives dropout layers their rates.

    Raises
    ------
    SnapshotError
        If it belongs to another model, or to this one in another size; nothing was changed.
    """
    if held.facts.get("framework") != "keras":
        raise SnapshotError("This snapshot is not of a Keras model.")
    # Keras counts names up in one process, dense, dense_1 …: a model that was made again differs in them alone.
    own = [*_placed("model", model.variables)]
    if optimizer is not None and any(name.startswith("optimizer/") for name in held.arrays):
        own += _placed("optimizer", optimizer.variables)
    by_place = {"/".join(name.split("/", 2)[:2]): name for name in held.arrays}
    for place, variable in own:
        name = by_place.get(place)
        if name is None or held.arrays[name].shape != tuple(variable.shape):
            there = "is not in it" if name is None else f"is {held.arrays[name].shape} there"
            raise SnapshotError(
                f"The snapshot is of another model, or of this one in another size: {variable.path!r} is "
                f"{tuple(variable.shape)} here and {there}. Nothing was changed."
            )
    for place, variable in own:
        name = by_place[place]
        array, kind = held.arrays[name], held.types.get(name)
        put(variable, array if kind is None else array.view(kind))
    if held.facts.get("dropout"):
        set_dropout(held.facts["dropout"])


def _placed(head: str, variables: Any) -> list[tuple[str, Any]]:
    return [(f"{head}/{i}", variable) for i, variable in enumerate(variables)]
