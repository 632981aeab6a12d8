"""Tensors within the values that a forward pass takes and returns, and what to call them."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import torch

#: Values that are looked through in one tree, at most, and how far down.
_MOST: Final = 10_000
_DEEPEST: Final = 8


def collect(value: Any, into: list[torch.Tensor]) -> None:
    """Append the tensors in the arguments or results of one operation: tuples, lists and dicts are looked through."""
    if isinstance(value, torch.Tensor):
        into.append(value)
    elif isinstance(value, (tuple, list)):
        for part in value:
            collect(part, into)
    elif isinstance(value, dict):
        for part in value.values():
            collect(part, into)
    elif isinstance(value, slice):
        collect((value.start, value.stop, value.step), into)


def named(value: Any, name: str, *, objects: bool = False) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the tensors in the arguments or results of a module, each with its name: ``batch['ids']``, ``pair[0]``.

    Parameters
    ----------
    value
        A tensor, or tuples, lists, dicts and dataclasses with tensors.
    name
        What the whole is called.
    objects
        Whether the attributes of other objects are looked through as well.
    """
    waiting: list[tuple[Any, str, int]] = [(value, name, 0)]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST:
        one, called, depth = waiting.pop()
        if isinstance(one, torch.Tensor):
            yield called, one
        elif depth < _DEEPEST and id(one) not in seen:
            seen.add(id(one))
            parts = _parts(one, called, objects=objects)
            waiting += [(part, word, depth + 1) for word, part in reversed(parts)]


def _parts(value: Any, called: str, *, objects: bool) -> list[tuple[str, Any]]:
    parts: Iterable[tuple[str, Any]] = ()
    fields = getattr(value, "_fields", None)
    if value is None or isinstance(value, (bool, int, float, str, bytes, type)):
        pass
    elif isinstance(value, Mapping):
        parts = ((f"{called}[{key!r}]", part) for key, part in value.items())
    elif isinstance(value, tuple) and fields is not None:
        parts = ((f"{called}.{field}", part) for field, part in zip(fields, value, strict=False))
    elif isinstance(value, (tuple, list)):
        parts = ((f"{called}[{i}]", part) for i, part in enumerate(value))
    elif dataclasses.is_dataclass(value):
        parts = ((f"{called}.{f.name}", getattr(value, f.name, None)) for f in dataclasses.fields(value))
    elif objects and not callable(value):
        parts = ((f"{called}.{key}", part) for key, part in getattr(value, "__dict__", {}).items())
    return list(parts)


def arguments(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return arguments by the names that the function gives them; those of ``**kwargs`` by their own."""
    try:
        signature = inspect.signature(function)
        bound = signature.bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return {**{f"input{i}" if i else "input": value for i, value in enumerate(args)}, **kwargs}
    found: dict[str, Any] = {}
    for name, value in bound.items():
        if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            found.update(value)
        else:
            found[name] = value
    return found


class Names:
    """What the modules and tensors of a model are called.

    Parameters
    ----------
    roots
        The model as ``{"": model}``, or the models that a function uses by their names.
    tensors
        Further tensors by their names, as those that a function finds outside of itself.
    """

    def __init__(
        self, roots: dict[str, torch.nn.Module], tensors: dict[str, torch.Tensor] | None = None
    ) -> None:
        self.roots = roots
        self.modules: dict[int, str] = {}
        #: Names of tensors that belong to no module.
        self.outside = frozenset(tensors or ())
        self._more = tensors or {}
        self._tensors: dict[int, tuple[torch.Tensor, str]] = {}
        self.look()

    def look(self) -> None:
        """Look anew which tensors belong to the modules."""
        self._tensors.clear()
        for root, model in self.roots.items():
            for path, module in model.named_modules():
                full = f"{root}.{path}".strip(".")
                self.modules.setdefault(id(module), full)
                for own in (module._parameters, module._buffers):
                    for name, tensor in own.items():
                        if tensor is not None:
                            self._tensors.setdefault(id(tensor), (tensor, f"{full}.{name}".lstrip(".")))
        for name, tensor in self._more.items():
            self._tensors.setdefault(id(tensor), (tensor, name))

    def of_tensor(self, tensor: torch.Tensor) -> str | None:
        """Return the full name of a parameter or buffer, or None."""
        found = self._tensors.get(id(tensor))
        return found[1] if found is not None and found[0] is tensor else None


def surroundings(function: Callable[..., Any]) -> tuple[dict[str, torch.nn.Module], dict[str, torch.Tensor]]:
    """Return the modules and tensors that a function finds outside of itself, by the names that it uses for them."""
    inner: Any = inspect.unwrap(function)
    found: dict[str, Any] = {}
    while isinstance(inner, functools.partial):
        found = {**_held(inner), **found}
        inner = inner.func
    owner = getattr(inner, "__self__", None)
    inner = getattr(inner, "__func__", inner)
    modules: dict[str, torch.nn.Module] = {}
    tensors: dict[str, torch.Tensor] = {}
    if isinstance(owner, torch.nn.Module):
        modules[""] = owner
    else:
        found.update(getattr(owner if hasattr(inner, "__code__") else inner, "__dict__", {}))
    found.update(_outside(inner))
    for name, value in found.items():
        if isinstance(value, torch.nn.Module) and value is not owner:
            modules[name] = value
        elif isinstance(value, (torch.Tensor, tuple, list, dict)):
            tensors.update(named(value, name))
    return modules, tensors


def _held(function: functools.partial[Any]) -> dict[str, Any]:
    """Return what a partial function holds, by the names of the arguments."""
    try:
        return dict(
            inspect.signature(function.func).bind_partial(*function.args, **function.keywords).arguments
        )
    except (TypeError, ValueError):
        return dict(function.keywords)


def _outside(function: Any) -> dict[str, Any]:
    """Return what a function's code finds in the functions and the module around it."""
    code = getattr(function, "__code__", None)
    if code is None:
        return {}
    found: dict[str, Any] = {}
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        with contextlib.suppress(ValueError):  # not set yet
            found[name] = cell.cell_contents
    return found | {
        name: function.__globals__[name] for name in code.co_names if name in function.__globals__
    }
