"""A Keras model and its optimizer as named arrays, as files hold them, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from nnwidgets._contents import Array, Contents
from nnwidgets._errors import SnapshotError
from nnwidgets._i18n import t
from nnwidgets.frameworks._keras_dropout import KerasDropout
from nnwidgets.frameworks._keras_variables import all_or_nothing

#: What a damaged file makes of the code that reads it, where that does not see it coming.
_MISREAD: Final = (TypeError, ValueError, LookupError, AttributeError)
#: What `KerasDropout` calls dropout that is no layer of its own.
_INSERTED: Final = "after "


def names_of(model: Any, optimizer: Any) -> dict[int, str]:
    """Return a name for every variable, by the id of the variable: what it is, its place, and its path.

    Weights stand apart from seeds and running metrics, which a model has or lacks without being another one. Before
    the path of an optimizer's variable stands the optimizer's class.
    """
    kinds = (("model", model.weights), ("seed", _seeds(model)), ("metric", _metrics(model)))
    own = {id(v): f"{head}/{i}/{v.path}" for head, variables in kinds for i, v in enumerate(variables)}
    theirs = () if optimizer is None else optimizer.variables
    kind = type(optimizer).__name__
    return {**{id(v): f"optimizer/{i}/{kind}/{v.path}" for i, v in enumerate(theirs)}, **own}


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
        What is trained; without an optimizer, what the file holds of one is left out.
    held
        What the file held.
    put
        Gives a variable a value.
    set_dropout
        Gives dropout layers their rates.

    Raises
    ------
    SnapshotError
        If it belongs to another model or optimizer, or to this one in another size, or is damaged; nothing was changed.
    """
    try:
        pairs = _weights(model, held)
        rates = _rates(model, held)
        theirs = [] if optimizer is None else _compared(_built(model, optimizer, held), "optimizer", held)
    except SnapshotError:
        raise
    except _MISREAD as error:
        raise SnapshotError(
            t("The snapshot is damaged ({error}). Nothing was changed.", error=error)
        ) from error
    if optimizer is not None and not optimizer.built:
        optimizer.build(model.trainable_variables)
    if optimizer is not None:
        pairs += [(own, array) for own, (_, array) in zip(optimizer.variables, theirs, strict=True)]

    def write() -> None:
        for variable, array in pairs:
            put(variable, array)
        if rates:
            set_dropout(rates)  # may give a layer its seed
        for variable, array in (
            *_loose("seed", _seeds(model), held),
            *_loose("metric", _metrics(model), held),
        ):
            put(variable, array)

    before = {name: rate for name, rate in KerasDropout(model).rates().items() if name in rates}
    try:
        all_or_nothing(model, optimizer, write)
    except Exception as error:
        if before:
            set_dropout(before)
        raise SnapshotError(
            t("The snapshot could not be put back ({error}). Nothing was changed.", error=error)
        ) from error


def _weights(model: Any, held: Contents) -> list[tuple[Any, Array]]:
    if held.facts.get("framework") != "keras":
        raise SnapshotError(t("This snapshot is not of a Keras model. Nothing was changed."))
    if not model.built:
        raise SnapshotError(
            t(
                "The model has no weights yet: they are made with the first batch. Call model.build() or give it a "
                "batch, then restore the snapshot. Nothing was changed."
            )
        )
    return _compared(model.weights, "model", held)


def _built(model: Any, optimizer: Any, held: Contents) -> Sequence[Any]:
    """Return the variables that the optimizer has, or would have once it is built."""
    kinds = {name.split("/", 3)[2] for name in _placed(held, "optimizer").values()}
    if not kinds:
        raise SnapshotError(
            t(
                "The snapshot holds no optimizer. Restore it into a model that is not compiled, for the weights alone. "
                "Nothing was changed."
            )
        )
    kind = type(optimizer).__name__
    if kinds != {kind}:
        raise SnapshotError(
            t(
                "The snapshot holds what {theirs} knew, and this optimizer is {kind}. Nothing was changed.",
                theirs=min(kinds),
                kind=kind,
            )
        )
    if optimizer.built:
        return list(optimizer.variables)
    try:
        # Another one, since nothing takes back what building adds.
        like = type(optimizer).from_config(optimizer.get_config())
        like.build(model.trainable_variables)
    except Exception as error:
        raise SnapshotError(
            t(
                "The optimizer has no memory yet, and none could be made ({error}). Call "
                "optimizer.build(model.trainable_variables), then restore the snapshot. Nothing was changed.",
                error=error,
            )
        ) from error
    return list(like.variables)


def _compared(variables: Sequence[Any], head: str, held: Contents) -> list[tuple[Any, Array]]:
    """Return every variable with what it gets, both being of one kind and size all through."""
    placed = _placed(held, head)
    if len(placed) != len(variables):
        raise SnapshotError(_other_count(head, len(placed), len(variables)))
    found = []
    for i, variable in enumerate(variables):
        name = placed[i]
        array = _array(held, name)
        same = array.shape == tuple(variable.shape) and (
            head != "model" or _last(name) == _last(variable.path)
        )
        if not same:
            here = repr(variable.path), tuple(variable.shape)
            raise SnapshotError(_other_shape(head, here, (repr(_last(name)), array.shape)))
        found.append((variable, array))
    return found


def _other_count(head: str, theirs: int, own: int) -> str:
    if head == "model":
        return t(
            "The snapshot is of another model, with {theirs} variables; this one has {own}. Nothing was changed.",
            theirs=theirs,
            own=own,
        )
    return t(
        "The snapshot is of another optimizer, with {theirs} variables; this one has {own}. Nothing was changed.",
        theirs=theirs,
        own=own,
    )


def _other_shape(head: str, here: tuple[str, Any], there: tuple[str, Any]) -> str:
    values = {"name": here[0], "here": here[1], "other": there[0], "there": there[1]}
    if head == "model":
        return t(
            "The snapshot is of another model, or of this one in another size: {name} is {here} here and {other}, "
            "{there}, there. Nothing was changed.",
            **values,
        )
    return t(
        "The snapshot is of another optimizer, or of this one in another size: {name} is {here} here and {other}, "
        "{there}, there. Nothing was changed.",
        **values,
    )


def _loose(head: str, variables: Sequence[Any], held: Contents) -> list[tuple[Any, Array]]:
    """Return what is put back where both have the same of it, and left alone otherwise."""
    try:
        return _compared(variables, head, held)
    except SnapshotError:
        return []


def _placed(held: Contents, head: str) -> dict[int, str]:
    """Return the names of one kind by their place.

    Keras counts names up in one process, dense, dense_1 …: a model that was made again differs in them alone.
    """
    names = [name for name in held.arrays if name.startswith(f"{head}/")]
    return {int(name.split("/", 2)[1]): name for name in names}


def _array(held: Contents, name: str) -> Array:
    array, kind = held.arrays[name], held.types.get(name)
    if kind is None:
        return array
    wanted = np.dtype(kind)
    if array.dtype.kind != "u" or array.dtype.itemsize != wanted.itemsize:
        raise SnapshotError(
            t(
                "The snapshot is damaged: {name} is no {kind} in it, but {dtype}. Nothing was changed.",
                name=repr(name),
                kind=repr(kind),
                dtype=array.dtype,
            )
        )
    return array.view(wanted)


def _rates(model: Any, held: Contents) -> dict[str, float]:
    """Return what the file, by place, has for those of the model's dropout layers that have another rate now."""
    rates = [rate for name, rate in held.facts.get("dropout", {}).items() if not name.startswith(_INSERTED)]
    own = KerasDropout(model).rates()
    if len(rates) != len(own):
        raise SnapshotError(
            t(
                "The snapshot is of another model: one with {theirs} dropout layers, and this one has {own}. "
                "Nothing was changed.",
                theirs=len(rates),
                own=len(own),
            )
        )
    for rate in rates:
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate <= 1:
            raise SnapshotError(
                t(
                    "The snapshot is damaged: a layer has dropout {rate}. Nothing was changed.",
                    rate=repr(rate),
                )
            )
    return {name: rate for name, rate in zip(own, rates, strict=True) if rate != own[name]}


def _metrics(model: Any) -> list[Any]:
    return list(model.metrics_variables)


def _seeds(model: Any) -> list[Any]:
    known = {id(v) for v in (*model.weights, *_metrics(model))}
    return [v for v in model.variables if id(v) not in known]


def _last(path: str) -> str:
    """Return what a variable is called in its layer, without the number that Keras may have counted up."""
    return re.sub(r"_\d+$", "", path.rsplit("/", 1)[-1])
