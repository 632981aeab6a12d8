"""Makes channels narrower, keeping those that matter, and refits the layers that read them.

Channels are ranked by how much they move times how much is made of them: the standard deviation of the activation
times the norm of the outgoing weights. A Linear layer that reads them is refitted by ridge regression on one batch, so
that it says what it said before as nearly as the channels that are left allow; a convolution gets the mean of what is
gone in its bias.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import nn

from nnwidgets.frameworks._torch_groups import Consumer, Group, Kind, own_parameters
from nnwidgets.frameworks._torch_moments import carry
from nnwidgets.frameworks._torch_state import set_data

#: Pull of the regression towards the old weights, as a share of the mean square of the activations.
_RIDGE: Final = 1e-3


def narrow(
    group: Group, new: int, optimizer: torch.optim.Optimizer | None, inputs: dict[nn.Module, torch.Tensor]
) -> list[str]:
    """Give a group fewer channels.

    Parameters
    ----------
    group
        Resizable.
    new
        Its new width, less than the old one.
    optimizer
        Its memory is cut along.
    inputs
        What each consumer read in one batch.

    Returns
    -------
    list of str
        The layers that could not be refitted.
    """
    assert group.width is not None
    scores = [_score(consumer, inputs[consumer.module]) for consumer in group.consumers]
    keep = torch.stack(scores).sum(0).topk(new).indices.sort().values
    unfitted = [
        consumer.name
        for consumer in group.consumers
        if not _refit(consumer, keep, group.width, inputs[consumer.module], optimizer)
    ]
    for producer in group.producers:
        for name, tensor in own_parameters(producer.module):
            _cut(tensor, optimizer, producer.dim if name == "weight" else 0, keep)
    for _, module in group.followers:
        for _, tensor in own_parameters(module):
            if tensor.ndim:
                _cut(tensor, optimizer, 0, keep)
    return unfitted


def record_inputs(groups: list[Group], forward: Callable[[], Any]) -> dict[nn.Module, torch.Tensor]:
    """Run a forward and return what each consumer read."""
    read: dict[nn.Module, torch.Tensor] = {}
    modules = {consumer.module for group in groups for consumer in group.consumers}

    def keep(module: nn.Module, args: tuple[Any, ...]) -> None:
        read[module] = args[0].detach()

    hooks = [module.register_forward_pre_hook(keep) for module in modules]
    try:
        forward()
    finally:
        for hook in hooks:
            hook.remove()
    return read


def _score(consumer: Consumer, x: torch.Tensor) -> torch.Tensor:
    weight, dim, per = consumer.weight, consumer.dim, consumer.per
    rows = _rows(x, consumer.kind)
    spread = rows.double().std(0).reshape(-1, per).mean(1)
    outgoing = weight.detach().double().movedim(dim, 0).flatten(1).norm(dim=1).reshape(-1, per).norm(dim=1)
    score: torch.Tensor = (spread * outgoing).cpu()
    return score


def _rows(x: torch.Tensor, kind: Kind) -> torch.Tensor:
    """Return activations as a table with one column for each entry that a weight reads."""
    return x.movedim(1, -1).flatten(0, -2) if kind == "maps" else x.reshape(-1, x.shape[-1])


def _refit(
    consumer: Consumer,
    keep: torch.Tensor,
    old: int,
    x: torch.Tensor,
    optimizer: torch.optim.Optimizer | None,
) -> bool:
    module, weight, dim, per = consumer.module, consumer.weight, consumer.dim, consumer.per
    bias = module.bias
    index = (keep[:, None] * per + torch.arange(per)).reshape(-1).to(weight.device)
    rows = _rows(x, consumer.kind).double()
    fitted = type(module) is nn.Linear
    if fitted:
        kept, constant = _regress(weight.detach().double(), rows, index, intercept=bias is not None)
    else:
        gone = torch.ones(old, dtype=torch.bool)
        gone[keep] = False
        means = rows.mean(0)[gone.to(rows.device)]
        lost = weight.detach().double().movedim(dim, 0)[gone.to(weight.device)]
        lost = lost.flatten(2).sum(2) if lost.ndim > 2 else lost
        kept, constant = weight.detach().double().index_select(dim, index), means @ lost
    carry(optimizer, weight, lambda memory, _: memory.index_select(dim, index.to(memory.device)).clone())
    set_data(weight, kept.to(weight.dtype).contiguous())
    if isinstance(bias, torch.Tensor):
        set_data(bias, (bias.detach().double() + constant).to(bias.dtype))
    return fitted


def _regress(
    weight: torch.Tensor, rows: torch.Tensor, index: torch.Tensor, *, intercept: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the weights of what is kept, and what to add to the bias, nearest to the old output on these rows."""
    target = rows @ weight.T
    left, start = rows.index_select(1, index), weight.index_select(1, index)
    if intercept:
        mean, aim = left.mean(0), target.mean(0)
    else:
        mean, aim = torch.zeros_like(left[0]), torch.zeros_like(target[0])
    centred = left - mean
    missing = (target - aim) - centred @ start.T
    gram = centred.T @ centred
    ridge = _RIDGE * gram.diagonal().mean().clamp_min(1e-12)
    more = torch.linalg.solve(
        gram + ridge * torch.eye(len(gram), dtype=gram.dtype, device=gram.device), centred.T @ missing
    )
    kept = start + more.T
    return kept, aim - kept @ mean


def _cut(tensor: torch.Tensor, optimizer: torch.optim.Optimizer | None, dim: int, keep: torch.Tensor) -> None:
    index = keep.to(tensor.device)
    carry(optimizer, tensor, lambda memory, _: memory.index_select(dim, index.to(memory.device)).clone())
    set_data(tensor, tensor.detach().index_select(dim, index).contiguous())
