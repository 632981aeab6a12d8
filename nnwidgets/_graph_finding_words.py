"""What a finding says to a person, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nnwidgets._i18n import later, now, t, tn

#: What is said of numbers that are not finite: in one layer, and in others as well.
_NOT_FINITE: Final = {
    "activations": (
        later("Non-finite activations in {layer} since step {step}."),
        later("Non-finite activations in {layer} since step {step}, and in {rest}."),
    ),
    "gradients": (
        later("Non-finite gradients of {layer} since step {step}."),
        later("Non-finite gradients of {layer} since step {step}, and in {rest}."),
    ),
    "weights": (
        later("Non-finite weights in {layer} since step {step}."),
        later("Non-finite weights in {layer} since step {step}, and in {rest}."),
    ),
}
#: What a statistic says of one layer, and of several.
_OF_LAYERS: Final = {
    "dead": (
        later("{layers}: {share} of units dead since step {step}."),
        later("{layers}: {share} of their units dead since step {step}."),
    ),
    "saturated": (
        later("{layers} is saturated since step {step}: nearly all its values are extreme."),
        later("{layers} are saturated since step {step}: nearly all their values are extreme."),
    ),
    "large update": (
        later("The update of {layers} is {share} of its weights at each step, since step {step}."),
        later("The updates of {layers} are {share} of their weights at each step, since step {step}."),
    ),
}
_SCALES: Final = {
    "loses": later(
        "Activations lose their scale from {first} to {last}: standard deviation {was} → {now}, since step {step}."
    ),
    "gains": later(
        "Activations grow with depth from {first} to {last}: standard deviation {was} → {now}, since step {step}."
    ),
}


def not_finite(what: str, layer: str, others: int, since: int) -> str:
    """Say where numbers are not finite: activations, gradients or weights."""
    alone, among = _NOT_FINITE[what]
    if not others:
        return now(alone, layer=layer, step=f"{since:,}")
    return now(among, layer=layer, step=f"{since:,}", rest=tn(others, "{n} other layer", "{n} other layers"))


def of_layers(kind: str, layers: Sequence[str], since: int, shares: Sequence[float] = (0.0,)) -> str:
    """Say what some layers show: that they are dead or saturated, or have large updates."""
    one, several = _OF_LAYERS[kind]
    key = one if len(layers) == 1 else several
    return now(key, layers=_joined(layers), share=_percent(shares), step=f"{since:,}")


def vanishing(layer: str, norm: float, other: float, top: str, since: int, *, deep: bool) -> str:
    """Say how far up gradients vanish."""
    numbers = {"norm": short(norm), "other": short(other), "top": top, "step": f"{since:,}"}
    if deep:
        return t(
            "Gradients vanish up to {layer}: norm {norm}, against {other} at {top}, since step {step}.",
            layer=layer,
            **numbers,
        )
    return t(
        "Gradients vanish at {layer}: norm {norm}, against {other} at {top}, since step {step}.",
        layer=layer,
        **numbers,
    )


def exploding(layer: str, norm: float, other: float, top: str, since: int) -> str:
    """Say where gradients explode, as against the last layer."""
    return t(
        "Gradients explode towards the input: norm {norm} at {layer}, against {other} at {top}, since step {step}.",
        norm=short(norm),
        layer=layer,
        other=short(other),
        top=top,
        step=f"{since:,}",
    )


def growing(norm: float, usual: float, since: int) -> str:
    """Say that gradients explode, as against earlier steps."""
    return t(
        "Gradients explode: norm {norm}, against {usual} before step {step}.",
        norm=short(norm),
        usual=short(usual),
        step=f"{since:,}",
    )


def scale(way: str, first: str, final: str, was: float, is_now: float, *, since: int) -> str:
    """Say that activations lose their scale with depth, or gain."""
    return now(_SCALES[way], first=first, last=final, was=short(was), now=short(is_now), step=f"{since:,}")


def hardly_moving(most: float, since: int) -> str:
    """Say that weights stay where they are."""
    if not most:
        return t("The weights do not move since step {step}.", step=f"{since:,}")
    return t(
        "The weights hardly move: no update is larger than {share} of them, since step {step}.",
        share=short(most),
        step=f"{since:,}",
    )


def short(number: float) -> str:
    """Write a number in one figure."""
    if number == 0 or 1e-3 <= abs(number) < 1e4:
        return f"{float(f'{number:.1g}'):g}"
    return f"{number:.0e}".replace("e-0", "e-").replace("e+0", "e")


def _joined(layers: Sequence[str]) -> str:
    if len(layers) > 3:
        more = f"{len(layers) - 2:,}"
        return t("{first}, {second} and {more} more", first=layers[0], second=layers[1], more=more)
    if len(layers) == 1:
        return layers[0]
    return t("{layers} and {last}", layers=", ".join(layers[:-1]), last=layers[-1])


def _percent(shares: Sequence[float]) -> str:
    low, high = (f"{100 * share:,.0f}" for share in (min(shares), max(shares)))
    return f"{high} %" if low == high else f"{low}–{high} %"
