"""Makes channels wider without changing what the model computes (Net2Wider), in a way that the new ones learn.

Each new channel is a copy of an old one (Chen et al., arXiv 1511.05641). What the consumers read is shared out among
the copies unevenly, entry by entry, with shares that sum to 1 (after Wang et al., "LEMON", arXiv 2310.07999): the sum
is kept, and since each copy has other outgoing weights it receives another gradient, so the copies part.
"""

from __future__ import annotations

from typing import Final

import torch

from nnwidgets.frameworks._torch_groups import Consumer, Group, own_parameters
from nnwidgets.frameworks._torch_moments import carry
from nnwidgets.frameworks._torch_state import set_data

#: How far a share may stand from an equal one.
_UNEVEN: Final = 0.8


def widen(
    group: Group, new: int, optimizer: torch.optim.Optimizer | None, generator: torch.Generator
) -> None:
    """Give a group more channels.

    Parameters
    ----------
    group
        Resizable.
    new
        Its new width, more than the old one.
    optimizer
        Its memory is carried along.
    generator
        Draws copies and shares; a private one, on the CPU, so that the training's own random state stays.
    """
    assert group.width is not None
    old = group.width
    extra = torch.cat([torch.randperm(old, generator=generator) for _ in range(-(-(new - old) // old))])[
        : new - old
    ]
    source = torch.cat([torch.arange(old), extra])
    copies = torch.bincount(source, minlength=old)[source].double()
    for producer in group.producers:
        for name, tensor in own_parameters(producer.module):
            _replicate(tensor, optimizer, producer.dim if name == "weight" else 0, source, copies)
    for _, module in group.followers:
        for _, tensor in own_parameters(module):
            if tensor.ndim:
                _replicate(tensor, optimizer, 0, source, copies)
    for consumer in group.consumers:
        _share(consumer, optimizer, source, old, generator)


def _replicate(
    tensor: torch.Tensor,
    optimizer: torch.optim.Optimizer | None,
    dim: int,
    source: torch.Tensor,
    copies: torch.Tensor,
) -> None:
    index = source.to(tensor.device)
    shape = [1] * tensor.ndim
    shape[dim] = -1
    # A copy receives its share of the old gradient: 1/n of it on the average.
    share = (1 / copies).reshape(shape).to(tensor.device)

    def moved(memory: torch.Tensor, power: int) -> torch.Tensor:
        grown = memory.index_select(dim, index.to(memory.device))
        return (grown * share.to(memory.device) ** power).to(memory.dtype)

    carry(optimizer, tensor, moved)
    set_data(tensor, tensor.detach().index_select(dim, index).contiguous())


def _share(
    consumer: Consumer,
    optimizer: torch.optim.Optimizer | None,
    source: torch.Tensor,
    old: int,
    generator: torch.Generator,
) -> None:
    weight, dim, per = consumer.weight, consumer.dim, consumer.per
    index = (source[:, None] * per + torch.arange(per)).reshape(-1).to(weight.device)
    carry(optimizer, weight, lambda memory, _: memory.index_select(dim, index.to(memory.device)))
    grown = weight.detach().index_select(dim, index)
    # Shares in double precision, drawn where the private generator lives.
    shape = list(grown.shape)
    raw = 1 + _UNEVEN * (2 * torch.rand(shape, generator=generator, dtype=torch.float64) - 1)
    sums = torch.zeros([old * per if d == dim else n for d, n in enumerate(shape)], dtype=torch.float64)
    sums.index_add_(dim, index.cpu(), raw)
    share = raw / sums.index_select(dim, index.cpu())
    set_data(weight, (grown.double() * share.to(weight.device)).to(weight.dtype).contiguous())
