"""Why channels cannot be resized, in words that PyTorch and Keras models share: the reason a group is frozen for."""

from __future__ import annotations

from nnwidgets._i18n import t


def mixes(name: str, kind: str) -> str:
    """Say that a layer such as a softmax computes with all channels together."""
    return t("{name} ({kind}) mixes channels", name=name, kind=kind)


def inexact(name: str, kind: str) -> str:
    """Say that nobody knows how a layer would be resized so that it computes the same."""
    return t("{name} ({kind}) cannot be resized exactly", name=name, kind=kind)


def spreads(where: str) -> str:
    """Say that values of different widths are put together, as by broadcasting."""
    return t("{where} spreads one channel over several", where=where)


def outside(parameter: str) -> str:
    """Say that a parameter belongs to no layer."""
    return t("the parameter {name} is used outside of a layer", name=parameter)


def image(name: str) -> str:
    """Say that a dense layer reads along the last side of an image."""
    return t("{name} (Linear) reads the width of an image", name=name)


def grouped(name: str, kind: str, groups: int) -> str:
    """Say that a convolution has groups."""
    return t("{name} ({kind}) has {groups} groups of channels", name=name, kind=kind, groups=groups)


def reads(name: str, kind: str, inputs: int, channels: int | None) -> str:
    """Say that a layer reads another number than comes in."""
    return t(
        "{name} ({kind}) reads {reads} inputs of {channels} channels",
        name=name,
        kind=kind,
        reads=inputs,
        channels=channels,
    )


def entries(name: str, kind: str, width: int, channels: int | None) -> str:
    """Say that a layer such as a BatchNorm has another width than comes in."""
    return t(
        "{name} ({kind}) has {entries} entries for {channels} channels",
        name=name,
        kind=kind,
        entries=width,
        channels=channels,
    )


def joins(name: str) -> str:
    """Say that an operation takes values that are laid out differently."""
    return t("the operation {name} joins values of different shapes", name=name)


def unknown(name: str) -> str:
    """Say that nobody knows what an operation does with channels."""
    return t("the operation {name} is not understood", name=name)
