"""An array that tells a tape what is computed with it, and is a plain array for everybody else."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from nnwidgets._i18n import later, now
from nnwidgets.frameworks._leaves import leaves
from nnwidgets.frameworks._numpy_graph_tape import Op, Source, Tape, array_of, flops

_asarray = np.asarray  # which is another one while something is traced
#: Methods of arrays that compute something; the others are left to numpy.
_METHODS: Final = (
    "all", "any", "argmax", "argmin", "argsort", "astype", "clip", "conj", "copy", "cumprod", "cumsum", "diagonal",
    "dot", "flatten", "max", "mean", "min", "prod", "ravel", "repeat", "reshape", "round", "squeeze", "std", "sum",
    "swapaxes", "take", "trace", "transpose", "var",
)  # fmt: skip
_BRANCH: Final = later(
    "One way of an `if` or a `while` that depends on data was taken; the others are not shown."
)


class Seen(np.ndarray):
    """An array whose origin is known.

    Attributes
    ----------
    tape
        Is told; None or closed: nobody is.
    source
        The operation that it comes from; None for what no input or parameter went into.
    origin
        For a copy of a parameter that is as it was: the parameter, and what it is called.
    """

    tape: Tape | None
    source: Source | None
    origin: tuple[Any, str] | None

    def __array_finalize__(self, obj: Any) -> None:
        self.tape = getattr(obj, "tape", None)
        self.source = getattr(obj, "source", None)
        self.origin = getattr(obj, "origin", None)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        targets = out if isinstance(out, tuple) else None if out is None else (out,)
        if targets is not None:
            kwargs["out"] = tuple(plain(target) for target in targets)
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"

        def compute(*args: Any) -> Any:
            result = getattr(ufunc, method)(*args, **kwargs)
            return targets[0] if targets is not None and len(targets) == 1 else result

        if method == "at":  # changes its first argument and returns nothing
            return changed(inputs[0], name, compute, inputs)
        words = {key: value for key, value in kwargs.items() if key != "out"}
        return computed(self.tape, name, compute, inputs, words)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = str(getattr(func, "__name__", func))
        if name == "copyto":
            return changed(args[0], name, func, args)
        out = kwargs.get("out")

        def compute(*args: Any) -> Any:
            result = func(*args, **{key: _plain_tree(value) for key, value in kwargs.items()})
            return out if out is not None else result

        words = {key: value for key, value in kwargs.items() if key != "out"}
        return computed(self.tape, name, compute, args, words)

    def __getitem__(self, key: Any) -> Any:
        return computed(self.tape, "getitem", lambda array, at: array[at], (self, key), {})

    def __setitem__(self, key: Any, value: Any) -> None:
        def put(array: Any, at: Any, given: Any) -> None:
            array[at] = given

        changed(self, "setitem", put, (self, key, value))

    @property
    def T(self) -> Any:  # noqa: N802 — numpy's name
        """The transposed array."""
        return computed(self.tape, "transpose", lambda array: array.T, (self,), {})

    def __bool__(self) -> bool:
        known = self.source is not None or self.origin is not None
        if self.tape is not None and known and now(_BRANCH) not in self.tape.notes:
            self.tape.notes.append(now(_BRANCH))
        return bool(plain(self))

    def __iter__(self) -> Iterator[Any]:
        return (self[place] for place in range(len(self)))

    def __hash__(self) -> int:  # type: ignore[override]  # numbers of numpy can be keys, arrays cannot
        return hash(plain(self).item() if self.ndim == 0 else plain(self))

    def __reduce__(self) -> Any:
        return plain(self).__reduce__()


def _method(name: str) -> Callable[..., Any]:
    def method(self: Seen, *args: Any, **kwargs: Any) -> Any:
        def compute(array: Any, *args: Any) -> Any:
            return getattr(array, name)(*args, **{key: _plain_tree(value) for key, value in kwargs.items()})

        return computed(self.tape, name, compute, (self, *args), kwargs)

    return method


def _in_place(name: str) -> Callable[..., Any]:
    """Return an operator such as ``+=``; it gives a new number where numpy would have had one, not an array."""
    change, compute = getattr(np.ndarray, f"__i{name}__"), getattr(operator, name)

    def method(self: Seen, other: Any) -> Any:
        return compute(self, other) if self.ndim == 0 else change(self, other)

    return method


for _name in _METHODS:
    setattr(Seen, _name, _method(_name))
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    setattr(Seen, f"__i{_name}__", _in_place(_name))


def seen(array: Any, tape: Tape | None, source: Source | None, origin: tuple[Any, str] | None = None) -> Seen:
    """Return a view of an array that tells a tape what is computed with it."""
    view: Seen = _asarray(array).view(Seen)
    view.tape, view.source, view.origin = tape, source, origin
    return view


def plain(value: Any) -> Any:
    """Return the same array as one of numpy's own."""
    return value.view(np.ndarray) if isinstance(value, Seen) else value


def computed(
    tape: Tape | None, name: str, compute: Callable[..., Any], args: Any, kwargs: dict[str, Any]
) -> Any:
    """Compute with plain arrays; tell the tape, if an input or a parameter goes in."""
    tape = tape or next((leaf.tape for leaf in leaves((args, kwargs)) if isinstance(leaf, Seen)), None)
    if tape is None or not tape.open:
        return compute(*_plain_tree(args))
    op = _operation(tape, name, args, kwargs)
    try:
        result = compute(*_plain_tree(args))
    except Exception as error:
        if op is not None:
            tape.fail(error, tape.take(op))
        raise
    if op is not None and any(_array_like(leaf) for leaf in leaves(result)):
        op.outputs = [array_of(leaf) for leaf in leaves(result) if _array_like(leaf)]
        op.flops = flops(name, [leaf for leaf in leaves(args) if _array_like(leaf)], result, args)
        tape.take(op)
    return _wrapped(result, tape, op, iter(range(10**6)))


def changed(target: Any, name: str, compute: Callable[..., Any], args: Any) -> None:
    """Change an array in place; from then on it comes from that operation."""
    tape = target.tape if isinstance(target, Seen) else None
    op = None if tape is None or not tape.open else _operation(tape, name, args, {})
    try:
        compute(*_plain_tree(args))
    except Exception as error:
        if op is not None and tape is not None:
            tape.fail(error, tape.take(op))
        raise
    if op is not None and tape is not None:
        op.outputs = [array_of(target)]
        tape.take(op)
        target.source, target.origin = (op, 0), None


def _operation(tape: Tape, name: str, args: Any, kwargs: dict[str, Any]) -> Op | None:
    """Return the operation, with what goes in; None where nothing does that comes from an input or a parameter."""
    arrays = [leaf for leaf in leaves((args, kwargs)) if isinstance(leaf, np.ndarray)]
    sources = [source_of(tape, array) for array in arrays]
    if not any(sources):
        return None
    inputs = [
        source or tape.outside(array, None)
        for array, source in zip(arrays, sources, strict=True)
        if source or array.ndim
    ]
    return Op(name, inputs=inputs, detail=_detail(args, kwargs))


def source_of(tape: Tape, array: Any) -> Source | None:
    """Return where an array comes from; None where no input or parameter went into it."""
    if not isinstance(array, Seen):
        return None if tape.parameter is None else tape.parameter(array)
    if array.source is None and array.origin is not None:
        return tape.outside(*array.origin)
    return array.source


def _plain_tree(tree: Any) -> Any:
    if isinstance(tree, Seen):
        return plain(tree)
    if type(tree) in (tuple, list):
        return type(tree)(_plain_tree(part) for part in tree)
    if type(tree) is dict:
        return {key: _plain_tree(part) for key, part in tree.items()}
    return tree


def _wrapped(result: Any, tape: Tape, op: Op | None, places: Iterator[int]) -> Any:
    """Return results that are followed further; they keep their own shapes and numbers."""
    if isinstance(result, Seen):  # was changed in place
        if op is not None:
            result.source, result.origin = (op, next(places)), None
        return result
    if _array_like(result):
        return seen(result, tape, None if op is None else (op, next(places)))
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return type(result)(*(_wrapped(part, tape, op, places) for part in result))
    if isinstance(result, (tuple, list)):
        return type(result)(_wrapped(part, tape, op, places) for part in result)
    return result


def _array_like(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.number, np.bool_))


def _detail(args: Any, kwargs: dict[str, Any]) -> str:
    words = [word for value in args if (word := _word(value)) is not None]
    words += [f"{key}={word}" for key, value in kwargs.items() if (word := _word(value)) is not None]
    return ", ".join(words)[:120]


def _word(value: Any) -> str | None:
    """Return a setting in words; None for an array, and for what is too long."""
    if isinstance(value, slice):
        said = ["" if part is None else str(part) for part in (value.start, value.stop, value.step)]
        return ":".join(said if said[2] else said[:2])
    if isinstance(value, (tuple, list)):
        parts = [_word(part) for part in value[:9]]
        return None if len(parts) > 8 or None in parts else f"({', '.join(map(str, parts))})"
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, (float, np.number)):
        return f"{value:g}"
    known = value is None or value is Ellipsis or isinstance(value, (bool, int, str))
    return ("…" if value is Ellipsis else str(value)) if known else None
