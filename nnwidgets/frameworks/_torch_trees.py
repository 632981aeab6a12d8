"""What an optimizer remembers beyond tensors and numbers, such as LBFGS's lists of directions, as JSON and arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch

from nnwidgets._errors import SnapshotError
from nnwidgets._i18n import t
from nnwidgets.frameworks._torch_copies import Copy

PLAIN: Final = (bool, int, float, str, type(None))
_LISTS: Final = {"list": list, "tuple": tuple}


class UnwritableError(Exception):
    """A file has no words for this."""


def written(value: Any, name: str, put: Callable[[str, torch.Tensor], None]) -> Any:
    """Return a value as JSON, its tensors put into a file under names that begin with ``name``.

    Raises
    ------
    UnwritableError
        If that cannot be.
    """
    if isinstance(value, Copy):
        put(name, value.value)
        return {"tensor": name}
    if type(value) in PLAIN:
        return {"plain": value}
    if type(value) in (list, tuple):
        return {type(value).__name__: [written(part, f"{name}/{i}", put) for i, part in enumerate(value)]}
    if type(value) is dict and all(type(key) is str for key in value):
        return {"dict": {key: written(part, f"{name}/{key}", put) for key, part in value.items()}}
    raise UnwritableError(type(value).__name__)


def read(tree: Any, tensor: Callable[[str], torch.Tensor]) -> Any:
    """Return what was `written`.

    Raises
    ------
    SnapshotError
        If it was not.
    """
    ((kind, value),) = tree.items()
    if kind == "tensor":
        return tensor(value)
    if kind == "plain" and type(value) in PLAIN:
        return value
    if kind in _LISTS and type(value) is list:
        return _LISTS[kind](read(part, tensor) for part in value)
    if kind == "dict" and type(value) is dict:
        return {key: read(part, tensor) for key, part in value.items()}
    raise SnapshotError(
        t("The snapshot is damaged: what the optimizer remembers cannot be read. Nothing was changed.")
    )
