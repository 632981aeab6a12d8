"""What resizing says and asks in the same way of a PyTorch and of a Keras model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, TypeVar

from nnwidgets import _control_values
from nnwidgets._changes import Change
from nnwidgets._errors import RefusedError
from nnwidgets._i18n import later, now, t

BUILD: Final = later("Give build=, a function of the size.")


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
        more = t("Single layers can be: {names}.", names=", ".join(single[:6])) if single else now(BUILD)
        return t(
            "The model cannot be resized as a whole: {why}. {more}",
            why="; ".join(map(str, obstacles[:3])),
            more=more,
        )
    if not single:
        return t("The model has no hidden layer that could be resized: only its input and its output.")
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
            raise RefusedError(
                t(
                    "{name} would have {new} units; the limits are {lo} and {hi}.",
                    name=group.names[0],
                    new=f"{new:,}",
                    lo=lo,
                    hi=f"{hi:,}",
                )
            )
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
        if old is None:
            return t("size {new}", new=f"{to:g}×")
        return t("size {old} → {new}", old=f"{old:g}×", new=f"{to:g}×")
    shown = [
        t("{name} {old} → {new} units", name=name, old=named[name][0], new=named[name][1])
        for name in to
        if name in named
    ]
    return ", ".join(shown) or t("size as before")


def no_change(old: float | None, to: float | Mapping[str, int]) -> Change:
    """Return the change to the size that a model has already."""
    return Change(old, to, in_words(old, to, {}), kept=t("It has that size already."))


def shrunk(unfitted: Sequence[str] = ()) -> str:
    """Return what is kept of a model that has got smaller, where some layers could not be refitted."""
    kept = t("The units that matter most were kept, and the layers that read them refitted on one batch.")
    if not unfitted:
        return kept
    return t("{kept} {names} got only the mean of what is gone.", kept=kept, names=", ".join(unfitted[:3]))


def moved(difference: float | None) -> str:
    """Return how far the outputs moved, as a share of the largest."""
    if difference is None:
        return t("the outputs were not compared")
    return t("outputs moved by {difference} of the largest", difference=f"{difference:.1g}")


def factor_only(to: float | Mapping[str, int]) -> float:
    """Return the factor for a model that ``build`` makes.

    Raises
    ------
    RefusedError
        Where single layers were named.
    """
    if isinstance(to, Mapping):
        raise RefusedError(
            t("This model is resized by build=, a function of one factor, not layer by layer.")
        )
    return float(to)


def not_built(factor: float, error: Exception) -> RefusedError:
    """Return the refusal where ``build`` raised."""
    return RefusedError(
        t(
            "build({factor}) did not work: {kind}: {error}",
            factor=f"{factor:g}",
            kind=type(error).__name__,
            error=error,
        )
    )


def built_anew(share: float) -> str:
    """Return what is kept of a model that ``build`` made, from 0 to 1."""
    return t(
        "Built anew; {share} of its numbers were carried over, the rest begins as build() made it.",
        share=f"{share:.0%}",
    )


def _named(groups: Sequence[Group], name: str) -> Group:
    for group in groups:
        if name in group.names:
            if group.resizable:
                return group
            why = group.frozen or t("its width is that of the input or the output")
            raise RefusedError(t("{name} cannot be resized: {why}.", name=repr(name), why=why))
    there = ", ".join(_names(groups)) or t("none")
    raise RefusedError(
        t("There is no layer {name} that can be resized. There is: {there}.", name=repr(name), there=there)
    )


def _names(groups: Sequence[Channels]) -> list[str]:
    return [name for group in groups if group.resizable for name in group.names]
