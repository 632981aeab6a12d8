"""What can be controlled and where it stands, as an adapter tells it and a page reads it."""

from __future__ import annotations

from typing import TypedDict


class RateGroup(TypedDict):
    """One parameter group and its learning rate."""

    name: str
    value: float


class RateFacts(TypedDict):
    """The learning rate in force; ``note`` tells what a scheduler will do next."""

    value: float | None
    groups: list[RateGroup]
    note: str | None


class LayerRate(TypedDict):
    """One dropout layer."""

    name: str
    rate: float


class DropoutFacts(TypedDict):
    """Dropout in force: one rate where all layers agree; ``offer`` names activations after which it may be inserted."""

    value: float | None
    layers: list[LayerRate]
    offer: list[str]


class DeviceFacts(TypedDict):
    """Where the model is, and where it could be."""

    value: str | None
    options: list[str]
    note: str | None


class LayerWidth(TypedDict):
    """One layer that can be resized."""

    name: str
    width: int


class SizeFacts(TypedDict):
    """How large the model is; ``layers`` and ``refused`` are known after the first look at its structure."""

    value: float | None
    parameters: int | None
    layers: list[LayerWidth]
    refused: str | None
    looked: bool


class ControlFacts(TypedDict):
    """What can be controlled, and where it stands. A part is None where the framework has no such control."""

    learning_rate: RateFacts | None
    dropout: DropoutFacts | None
    device: DeviceFacts | None
    size: SizeFacts | None
