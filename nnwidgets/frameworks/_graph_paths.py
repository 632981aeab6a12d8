"""Where arrays lie in tuples, lists and dicts, in words: ``x``, ``batch['ids']``, ``output[0]``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any


def paths_in(
    tree: Any, name: str = "", *, order: Callable[[Iterable[Any]], Iterable[Any]] = list
) -> Iterator[tuple[str, Any]]:
    """Give everything that lies in a tree, with its way.

    Parameters
    ----------
    tree
        Tuples, named tuples, lists and dicts, nested; anything else is a leaf.
    name
        What the tree itself is called.
    order
        Orders the keys of a dict, as the framework does it.
    """
    if isinstance(tree, Mapping):
        for key in order(tree):
            yield from paths_in(tree[key], f"{name}[{key!r}]", order=order)
    elif isinstance(tree, (tuple, list)):
        fields = getattr(tree, "_fields", None)
        for place, part in enumerate(tree):
            at = f"[{place}]" if fields is None else f".{fields[place]}"
            yield from paths_in(part, name + at, order=order)
    else:
        yield name, tree


def by_name(keys: Iterable[Any]) -> Iterable[Any]:
    """Order keys as TensorFlow and Keras do: sorted, where they can be."""
    keys = list(keys)
    try:
        return sorted(keys)
    except TypeError:
        return keys
