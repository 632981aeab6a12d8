"""What the functions that pass through torch's dispatch are called, and their settings."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch

#: Characters of the settings of a function at most.
_LONGEST: Final = 60

#: Operators by the names of their methods, where they differ from the functions.
_SAME: Final = {
    "iadd": "add", "radd": "add", "isub": "sub", "imul": "mul", "rmul": "mul", "truediv": "div", "itruediv": "div",
    "idiv": "div", "floordiv": "floor_divide", "ifloordiv": "floor_divide", "ipow": "pow", "imatmul": "matmul",
    "mod": "remainder", "imod": "remainder", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "iand": "bitwise_and", "ior": "bitwise_or", "ixor": "bitwise_xor", "invert": "bitwise_not", "rdiv": "div",
    "rtruediv": "div", "rfloordiv": "floor_divide", "subtract": "sub", "multiply": "mul", "divide": "div",
    "true_divide": "div", "concat": "cat", "concatenate": "cat", "data": "detach", "negative": "neg",
}  # fmt: skip

#: Take a value out of a tensor, so that a person's code may decide by it.
DECIDING: Final = frozenset({
    "bool", "int", "float", "complex", "index", "contains", "item", "tolist", "nonzero", "argwhere", "is_nonzero",
    "equal", "allclose", "numpy", "array",
})  # fmt: skip
#: Return the tensor itself, and compute nothing.
SILENT: Final = frozenset(
    {"requires_grad", "retain_grad", "register_hook", "share_memory", "pin_memory", "set"}
)

_names: dict[Any, str] = {}


def name_of(function: Callable[..., Any]) -> str:
    """Return what a function computes, in a plain word: ``add`` for ``__iadd__`` and ``add_``."""
    try:
        return _names[function]
    except (KeyError, TypeError):
        name = getattr(function, "__name__", "") or type(function).__name__
        if name == "__get__":  # an attribute such as x.T
            name = getattr(getattr(function, "__self__", None), "__name__", name)
        plain = name.strip("_")
        plain = _SAME.get(plain, plain) or "function"
        if len(_names) < 10_000:
            with contextlib.suppress(TypeError):  # not hashable
                _names[function] = plain
        return plain


def in_place(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Tell whether a function changes one of its arguments."""
    name = getattr(function, "__name__", "")
    if name.startswith("__"):
        return name == "__setitem__" or (
            name.startswith("__i") and name not in ("__invert__", "__int__", "__index__")
        )
    if name.endswith("_") or kwargs.get("inplace") is True or kwargs.get("out") is not None:
        return True
    # F.relu(x, True)
    return any(value is True for value in args[1:]) and "nn.functional" in getattr(function, "__module__", "")


def detail_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Return the arguments of a function that are no tensors, in a line: ``-1, dim=2``."""
    words = [_word(value) for value in args if not isinstance(value, torch.Tensor)]
    words += [
        f"{name}={word}"
        for name, value in kwargs.items()
        if value is not None and not isinstance(value, torch.Tensor) and (word := _word(value))
    ]
    line = ", ".join(word for word in words if word)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 2]} …"


def _word(value: Any) -> str:
    word = _WORDS.get(type(value))
    if word is not None:
        return word(value)
    return _list(value) if isinstance(value, (tuple, list)) else ""


def _slice(value: slice) -> str:
    words = ["" if part is None else _word(part) for part in (value.start, value.stop, value.step)]
    return ":".join(words if value.step is not None else words[:2])


def _list(values: Sequence[Any]) -> str:
    words = [_word(value) for value in values] if len(values) <= 8 else [""]
    return f"[{', '.join(words)}]" if all(words) else ""


_WORDS: Final[dict[type, Callable[[Any], str]]] = {
    **dict.fromkeys((int, float, bool, type(None)), repr),
    str: lambda value: value if len(value) <= _LONGEST else "",
    torch.dtype: lambda value: str(value).removeprefix("torch."),
    torch.device: str,
    slice: _slice,
    type(Ellipsis): lambda _: "...",
}
