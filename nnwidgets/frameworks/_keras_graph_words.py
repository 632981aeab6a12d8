"""What Keras layers and operations are called, and their settings in words."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import keras

from nnwidgets.frameworks._keras_dropout import Inserted

#: Settings of layers that people look for; those that stand without their name come first.
_PLAIN: Final = (
    "units",
    "filters",
    "rate",
    "num_heads",
    "input_dim",
    "output_dim",
    "target_shape",
    "pool_size",
)
_NAMED: Final = (
    "kernel_size", "strides", "padding", "dilation_rate", "groups", "depth_multiplier", "key_dim", "value_dim", "size",
    "axis", "n", "dims", "merge_mode", "negative_slope", "alpha", "interpolation",
)  # fmt: skip
#: Those that are said where they are set.
_FLAGS: Final = (
    "return_sequences",
    "return_state",
    "go_backwards",
    "keepdims",
    "stateful",
    "mask_zero",
    "use_causal_mask",
)
_LONGEST: Final = 120


def is_layer(operation: Any) -> bool:
    """Tell whether this is a layer, not a function."""
    return isinstance(operation, keras.Layer)


def op_name(operation: Any) -> str:
    """Return the word for what is computed: ``Dense`` for a layer, ``expand_dims`` for a function."""
    kind = type(operation).__name__
    return kind if is_layer(operation) else _snake(kind).replace("get_item", "getitem")


def detail(operation: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> str:
    """Return the settings of a layer or an operation, without those that are usual.

    Parameters
    ----------
    operation
        What is called.
    args, kwargs
        What it is called with; numbers among it are settings of an operation.
    """
    if is_layer(operation):
        words = _layer_words(operation)
    else:
        words = [_word(value) for value in args if _simple(value) and not isinstance(value, bool)]
        words += [f"{name}={_word(value)}" for name, value in (kwargs or {}).items() if _simple(value)]
        words += _function_words(operation)
    text = ", ".join(words)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def inserted_dropout(layer: Any) -> Inserted | None:
    """Return the dropout that was inserted behind a layer while it was trained."""
    owner = getattr(vars(layer).get("call"), "__self__", None)
    return owner if isinstance(owner, Inserted) else None


def automatic(name: str, kind: str) -> bool:
    """Tell whether Keras chose this name: the class in small letters, and a number."""
    return re.fullmatch(re.escape(_snake(kind)) + r"(_\d+)?", name) is not None


@functools.cache
def _snake(name: str) -> str:
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower().strip("_")


def _layer_words(layer: Any) -> list[str]:
    usual = _usual(_class(layer))
    words = []
    for name in _PLAIN:
        value = getattr(layer, name, None)
        if _simple(value):
            words.append(_word(value))
    for name in _NAMED:
        value = getattr(layer, name, None)
        if value is not None and _simple(value) and not _same(value, usual.get(name)):
            words.append(f"{name}={_word(value)}")
    words += [name for name in _FLAGS if getattr(layer, name, None) is True]
    activation = getattr(layer, "activation", None)
    if activation is not None and (said := _function(activation)) != "linear":
        words.append(said)
    return words


def _function_words(operation: Any) -> list[str]:
    usual = _usual(_class(operation))
    words = []
    for name, default in usual.items():
        value = getattr(operation, name, None)
        if value is not None and _simple(value) and not _same(value, default):
            words.append(f"{name}={_word(value)}")
    return words


@functools.cache
def _usual(kind: type) -> dict[str, Any]:
    """Return the defaults of what a class is made with."""
    usual: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        made: Any = vars(base).get("__init__")
        if made is not None and issubclass(base, keras.Operation):
            given = inspect.signature(made).parameters.values()
            usual.update(
                {p.name: p.default for p in given if p.name not in ("self", "name", "kwargs", "args")}
            )
    return usual


def _class(operation: Any) -> Any:
    return type(operation)


def _same(value: Any, default: Any) -> bool:
    if isinstance(value, (tuple, list)):
        if isinstance(default, (int, float)):
            return all(part == default for part in value)
        return isinstance(default, (tuple, list)) and list(value) == list(default)
    return isinstance(default, (bool, int, float, str)) and bool(value == default)


def _simple(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return len(value) <= 12 and all(part is None or _simple(part) for part in value)
    return isinstance(value, (bool, int, float, str, slice)) or value is Ellipsis


def _word(value: Any) -> str:
    if isinstance(value, slice):
        said = ["" if part is None else str(part) for part in (value.start, value.stop, value.step)]
        return ":".join(said if said[2] else said[:2])
    if value is Ellipsis:
        return "…"
    if isinstance(value, (tuple, list)):
        inner = ", ".join(_word(part) for part in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _function(function: Any) -> str:
    return str(
        getattr(function, "__name__", None) or getattr(function, "name", None) or type(function).__name__
    )
