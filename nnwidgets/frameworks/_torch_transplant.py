"""Gives a model the shapes of another one that the person built, and carries over what overlaps."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets.frameworks._torch_moments import carry
from nnwidgets.frameworks._torch_state import set_data


def transplant(model: nn.Module, new: Any, optimizer: torch.optim.Optimizer | None) -> float:
    """Take over shapes, settings and further layers of ``new``, in place.

    Where both have a parameter of one name, the old values are kept as far as the shapes overlap, and the new model's
    are taken beyond. What only the new one has is adopted, what it lacks is dropped.

    Returns
    -------
    float
        The share of the new model's numbers that was carried over.

    Raises
    ------
    RefusedError
        If ``new`` is no module, or of another kind.
    """
    if not isinstance(new, nn.Module):
        raise RefusedError(t("build(size) returns a model, not {new}.", new=type(new).__name__))
    if type(new) is not type(model):
        raise RefusedError(
            t(
                "build(size) returns a {new}; the model is a {kind}.",
                new=type(new).__name__,
                kind=type(model).__name__,
            )
        )
    counts = [0, 0]
    device = next((p.device for p in model.parameters()), None)
    if device is not None:
        new.to(device)
    before = {id(p) for p in model.parameters()}
    _merge(model, new, optimizer, counts)
    if optimizer is not None:
        _update_groups(model, optimizer, before)
    return counts[0] / max(1, counts[1])


def _merge(
    old: nn.Module, new: nn.Module, optimizer: torch.optim.Optimizer | None, counts: list[int]
) -> None:
    plain = (bool, int, float, str, tuple, type(None))
    settings = {k: v for k, v in new.__dict__.items() if isinstance(v, plain) and not k.startswith("_")}
    settings.pop("training", None)
    old.__dict__.update(settings)
    for part in ("_parameters", "_buffers"):
        ours, theirs = old.__dict__[part], new.__dict__[part]
        for name in [name for name in ours if name not in theirs]:
            del ours[name]
        for name, value in theirs.items():
            mine = ours.get(name)
            if mine is None or value is None or mine.ndim != value.ndim or mine.dtype != value.dtype:
                ours[name] = value
            else:
                counts[0] += _overlap(mine, value, optimizer)
            counts[1] += 0 if value is None else value.numel()
    for name in [name for name in old._modules if name not in new._modules]:
        del old._modules[name]
    order: dict[str, nn.Module | None] = {}
    for name, module in new._modules.items():
        known = old._modules.get(name)
        if known is not None and module is not None and type(known) is type(module):
            _merge(known, module, optimizer, counts)
            order[name] = known
        else:
            order[name] = module
            counts[1] += 0 if module is None else sum(p.numel() for p in module.parameters())
    old._modules.clear()
    old._modules.update(order)


def _overlap(mine: torch.Tensor, value: torch.Tensor, optimizer: torch.optim.Optimizer | None) -> int:
    if mine.shape == value.shape:
        return mine.numel()
    window = tuple(slice(0, min(a, b)) for a, b in zip(mine.shape, value.shape, strict=True))

    def moved(memory: torch.Tensor, _: int) -> torch.Tensor:
        grown = torch.zeros(value.shape, dtype=memory.dtype, device=memory.device)
        grown[window] = memory[window]
        return grown

    carry(optimizer, mine, moved)
    with torch.no_grad():
        merged = value.detach().clone()
        merged[window] = mine.detach()[window]
        set_data(mine, merged)
    return int(merged[window].numel())


def _update_groups(model: nn.Module, optimizer: torch.optim.Optimizer, before: set[int]) -> None:
    """Have the optimizer train what was adopted and forget what was dropped."""
    now = {id(p): p for p in model.parameters()}
    for group in optimizer.param_groups:
        for parameter in [p for p in group["params"] if id(p) in before and id(p) not in now]:
            optimizer.state.pop(parameter, None)
        group["params"] = [p for p in group["params"] if id(p) not in before or id(p) in now]
    optimizer.param_groups[-1]["params"] += [p for key, p in now.items() if key not in before]
