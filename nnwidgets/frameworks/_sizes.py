"""What resizing says and asks in the same way of a PyTorch and of a Keras model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, TypeVar

from nnwidgets import _control_values
from nnwidgets._errors import RefusedError

BUILD: Final = "Give build=, a function of the size."


class Channels(Protocol):
    """Channels that must have one width."""

    boundary: bool
    frozen: str | None

    @property
    def names(self) -> list[str]:
        """The layers that make them."""

    @property
    def resizable(self) -> bool:
        """Whether their number can be changed."""


Group = TypeVar("Group", bound=Channels)


def refusal(groups: Sequence[Channels]) -> str | None:
    """Return why a model as a whole cannot be resized, or None if it can."""
    obstacles = list(dict.fromkeys(group.frozen for group in groups if group.frozen and not group.boundary))
    single = _names(groups)
    if obstacles:
        more = f"Single layers can be: {', '.join(single[:6])}." if single else BUILD
        return f"The model cannot be resized as a whole: {'; '.join(map(str, obstacles[:3]))}. {more}"
    if not single:
        return "The model has no hidden layer that could be resized: only its input and its output."
    return None


def wanted(
    groups: Sequence[Group], to: float | Mapping[str, int], first: Mapping[str, int]
) -> list[tuple[Group, int]]:
    """Return which groups are asked to have which widths.

    Parameters
    ----------
    groups
        All groups of the model.
    to
        A factor of the first widths, or widths by layer.
    first
        The width that each layer had at factor 1.

    Raises
    ------
    RefusedError
        Where the model, or a layer of that name, cannot be resized, or a width is out of limits.
    """
    if isinstance(to, Mapping):
        pairs = [(_named(groups, name), width) for name, width in to.items()]
    else:
        reason = refusal(groups)
        if reason is not None:
            raise RefusedError(reason)
        pairs = [(g, max(1, round(first[g.names[0]] * to))) for g in groups if g.resizable]
    lo, hi = _control_values.WIDTHS
    for group, new in pairs:
        if not lo <= new <= hi:
            raise RefusedError(f"{group.names[0]} would have {new:,} units; the limits are {lo} and {hi:,}.")
    return pairs


def in_words(old: float | None, to: float | Mapping[str, int], named: Mapping[str, Sequence[int]]) -> str:
    """Return a change of size in a few words.

    Parameters
    ----------
    old
        The factor before, if there was one.
    to
        What was asked for.
    named
        The widths before and after, by layer.
    """
    if not isinstance(to, Mapping):
        return f"size {'' if old is None else f'{old:g}× → '}{to:g}×"
    shown = [f"{name} {named[name][0]} → {named[name][1]} units" for name in to if name in named]
    return ", ".join(shown) or "size as before"


def _named(groups: Sequence[Group], name: str) -> Group:
    for group in groups:
        if name in group.names:
            if group.resizable:
                return group
            why = group.frozen or "its width is that of the input or the output"
            raise RefusedError(f"{name!r} cannot be resized: {why}.")
    there = ", ".join(_names(groups)) or "none"
    raise RefusedError(f"There is no layer {name!r} that can be resized. There is: {there}.")


def _names(groups: Sequence[Channels]) -> list[str]:
    return [name for group in groups if group.resizable for name in group.names]
