"""Makes a model deeper by one layer that changes nothing at first (Net2Deeper, arXiv 1511.05641)."""

from __future__ import annotations

import copy
from typing import Any, Final

import torch
from torch import nn

from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets.frameworks._torch_groups import Group, Kind
from nnwidgets.frameworks._torch_moments import begin
from nnwidgets.frameworks._torch_widths import Widths

#: Activations that leave alone what has passed through them once, so that an identity and a second one change nothing.
_IDEMPOTENT: Final = (nn.ReLU, nn.ReLU6, nn.Hardtanh)


def places(widths: Widths, model: nn.Module) -> list[str]:
    """Return the activations after which a layer can be inserted."""
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, _IDEMPOTENT) and (at := widths.after.get(name)) and _fits(*at)
    ]


def deepen(
    model: nn.Module, widths: Widths, after: str | None, optimizer: torch.optim.Optimizer | None
) -> tuple[str, int]:
    """Insert an identity layer and one more activation after an activation.

    The activation's place is taken by a sequence of itself, the layer, and a copy of itself: no other name moves.

    Returns
    -------
    name, width
        The new layer's path, and its width.

    Raises
    ------
    RefusedError
        Where that would change the function.
    """
    there = places(widths, model)
    if after is None:
        if not there:
            raise RefusedError(
                t(
                    "There is no ReLU (or other activation that leaves alone what has passed it once) between two "
                    "layers, after which an identity could be inserted."
                )
            )
        after = there[-1]
    modules = dict(model.named_modules())
    if after not in modules:
        raise RefusedError(
            t(
                "There is no module {after}. A layer can be inserted after: {names}.",
                after=repr(after),
                names=", ".join(there) or t("none"),
            )
        )
    activation = modules[after]
    if after not in there:
        raise RefusedError(
            t(
                "A layer after {after} ({kind}) would change what the model computes. "
                "It can be inserted after: {names}.",
                after=repr(after),
                kind=type(activation).__name__,
                names=", ".join(there) or t("none"),
            )
        )
    group, kind = widths.after[after]
    assert group.width is not None
    weight = group.producers[-1].module.weight
    assert isinstance(weight, torch.Tensor)
    layer = _identity(group.width, kind, weight)
    parent = modules[after.rpartition(".")[0]]
    sequence = nn.Sequential(activation, layer, copy.deepcopy(activation))
    sequence.train(activation.training)
    parent._modules[after.rpartition(".")[2]] = sequence
    for parameter in layer.parameters():
        begin(optimizer, parameter, weight)
    return f"{after}.1", group.width


def _fits(group: Group, kind: Kind | None) -> bool:
    return kind in ("features", "maps") and group.width is not None and bool(group.producers)


def _identity(width: int, kind: Kind | None, like: torch.Tensor) -> nn.Module:
    layer: Any
    if kind == "features":
        layer = nn.Linear(width, width)
        nn.init.eye_(layer.weight)
    else:
        layer = {3: nn.Conv1d, 4: nn.Conv2d, 5: nn.Conv3d}[like.ndim](width, width, 3, padding=1)
        nn.init.dirac_(layer.weight)
    nn.init.zeros_(layer.bias)
    made: nn.Module = layer.to(device=like.device, dtype=like.dtype)
    return made
