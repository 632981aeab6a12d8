"""Channels that hang together, and the layers that make, read and keep them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import nn

#: Where the channels of a value are: in the last dimension, in the second one of images, or spread over a flat row.
Kind = Literal["features", "maps", "flat"]


@dataclass(frozen=True)
class Producer:
    """A layer whose weight makes channels; ``dim`` of the weight counts them."""

    name: str
    module: nn.Module
    dim: int


@dataclass(frozen=True)
class Consumer:
    """A layer whose weight reads channels: ``per`` entries of ``dim`` for each, laid out as ``kind`` says."""

    name: str
    module: nn.Module
    dim: int
    per: int
    kind: Kind

    @property
    def weight(self) -> torch.Tensor:
        weight = self.module.weight
        assert isinstance(weight, torch.Tensor)
        return weight


@dataclass
class Group:
    """Channels that must have one width."""

    width: int | None
    producers: list[Producer] = field(default_factory=list)
    consumers: list[Consumer] = field(default_factory=list)
    #: Layers that keep them and have one entry for each: BatchNorm, depthwise convolution, PReLU.
    followers: list[tuple[str, nn.Module]] = field(default_factory=list)
    #: Whether they are the model's input or output.
    boundary: bool = False
    #: Why their number cannot be changed, by name and reason.
    frozen: str | None = None

    @property
    def names(self) -> list[str]:
        """The paths of the layers that make them."""
        return [producer.name for producer in self.producers]

    @property
    def resizable(self) -> bool:
        return not self.boundary and self.frozen is None and bool(self.producers) and bool(self.consumers)


def own_parameters(module: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the parameters and buffers of one layer that are there."""
    for part in (module._parameters, module._buffers):
        yield from ((name, tensor) for name, tensor in part.items() if tensor is not None)


def set_widths(group: Group) -> None:
    """Have the layers say what they are."""
    width = group.width
    assert width is not None
    for module in (producer.module for producer in group.producers):
        for name in ("out_features", "out_channels", "embedding_dim"):
            if name in module.__dict__:
                setattr(module, name, width)
    for consumer in group.consumers:
        for name in ("in_features", "in_channels"):
            if name in consumer.module.__dict__:
                setattr(consumer.module, name, width * consumer.per)
    for _, module in group.followers:
        for name in ("num_features", "num_parameters", "in_channels", "out_channels", "groups"):
            if name in module.__dict__:
                setattr(module, name, width)
