"""The weight decay of a PyTorch optimizer."""

from __future__ import annotations

import torch

from nnwidgets._changes import Change
from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t


def set_weight_decay(optimizer: torch.optim.Optimizer | None, value: float) -> Change:
    """Set the weight decay of the groups that have any, or of all where none has.

    Raises
    ------
    RefusedError
        If there is no optimizer, or it knows no weight decay.
    """
    if optimizer is None:
        raise RefusedError(t("This run knows no optimizer. Begin it with nnw.watch(model, optimizer)."))
    groups = [(i, group) for i, group in enumerate(optimizer.param_groups) if "weight_decay" in group]
    if not groups:
        raise RefusedError(t("{kind} has no weight decay.", kind=type(optimizer).__name__))
    # A group of biases or of normalisation is often kept out on purpose.
    chosen = [(i, group) for i, group in groups if group["weight_decay"]] or groups
    old = float(chosen[0][1]["weight_decay"])
    for _, group in chosen:
        group["weight_decay"] = value
    kept = None
    if len(chosen) < len(groups):
        kept = t("{count} groups without weight decay stay without.", count=len(groups) - len(chosen))
    script = tuple(f"optimizer.param_groups[{i}]['weight_decay'] = {value!r}" for i, _ in chosen)
    return Change(old, value, t("weight decay {old} → {new}", old=f"{old:g}", new=f"{value:g}"), kept, script)
