"""The learning rates of a PyTorch optimizer, and what its schedulers make of them next."""

from __future__ import annotations

import gc
import sys
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any, Final

import torch
from torch.optim import lr_scheduler

from nnwidgets._changes import Change
from nnwidgets._control_values import HIGHEST_RATE
from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets.control_facts import RateFacts

#: What schedulers keep of a group's learning rate, in the group and in themselves; scaled together with it.
_IN_GROUPS: Final = ("initial_lr", "max_lr", "min_lr")
_IN_SCHEDULERS: Final = ("base_lrs", "max_lrs")
#: Schedulers that lead others, which set the rate.
_LEADERS: Final = (lr_scheduler.SequentialLR, lr_scheduler.ChainedScheduler)

#: Seconds for which an optimizer that nobody new refers to is believed to have the schedulers that it had.
_BELIEVED: Final = 10.0


class TorchRate:
    """Reads and sets the learning rate of each parameter group, in place.

    A change is a factor: schedulers that compute the rate anew from where it began (LambdaLR, OneCycleLR …) would
    overwrite a new value at their next step, so what they compute from is scaled with it.

    Parameters
    ----------
    optimizer
        The optimizer.
    """

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer
        #: What schedulers that were scaled here computed from before the first time.
        self._plain: dict[tuple[int, str], tuple[list[Any], list[Any]]] = {}
        #: The schedulers, how many references there were to the optimizer then, and until when that is believed.
        self._found: list[weakref.ref[Any]] = []
        self._references, self._believed_until = -1, 0.0

    def facts(self) -> RateFacts:
        """Return where the rates stand."""
        rates = [_rate(group) for group in self._optimizer.param_groups]
        return {
            "value": rates[0] if rates else None,
            "groups": [
                {"name": str(group.get("name", t("group {i}", i=i))), "value": rate}
                for i, (group, rate) in enumerate(zip(self._optimizer.param_groups, rates, strict=True))
            ],
            "note": None,
        }

    def set(self, to: float | str | Mapping[int, float | str]) -> Change:
        """Set a rate for every group, or multiply each group's own (``"×0.5"``), or either by number of the group.

        Raises
        ------
        RefusedError
            For a group that does not exist, a rate out of range, or a scheduler that cannot go on from another rate.
        """
        groups = self._optimizer.param_groups
        wanted = dict(to) if isinstance(to, Mapping) else dict.fromkeys(range(len(groups)), to)
        for i in wanted:
            if not 0 <= i < len(groups):
                raise RefusedError(
                    t(
                        "There is no parameter group {i}; there are {count}, counted from 0.",
                        i=i,
                        count=len(groups),
                    )
                )
        old = [_rate(group) for group in groups]
        new = [_wanted(wanted[i], rate) if i in wanted else rate for i, rate in enumerate(old)]
        schedulers = schedulers_of(self._optimizer)
        for i, rate in enumerate(new):
            if not 0 <= rate <= HIGHEST_RATE:
                raise RefusedError(
                    t(
                        "The learning rate of group {i} would be {rate}; it lies between 0 and 1,000,000.",
                        i=i,
                        rate=f"{rate:g}",
                    )
                )
            if schedulers and i in wanted and old[i] == 0:
                raise RefusedError(
                    t(
                        "The scheduler {names} has the learning rate at 0 now, and a schedule cannot be "
                        "scaled from there. Wait until it has raised the rate.",
                        names=_names(schedulers),
                    )
                )
        for scheduler in _all(schedulers):
            for key in _IN_SCHEDULERS:
                values = scheduler.__dict__.get(key)
                if isinstance(values, list):
                    self._plain.setdefault((id(values), key), (values, list(values)))
        for i in wanted:
            _put(groups[i], new[i])
            if schedulers:
                _scale(groups[i], schedulers, i, new[i] / old[i])
        return Change(
            old=old[0] if len(old) == 1 else old,
            new=new[0] if len(new) == 1 else new,
            text=_text(old, new),
            kept=outlook(schedulers),
            script=_script(groups, schedulers, sorted(wanted), new),
        )

    def snapshot(self) -> Callable[[], None]:
        """Copy what scaled schedulers compute from; return what puts it back."""
        now = {key: list(values) for key, (values, _) in self._plain.items()}

        def restore() -> None:
            for key, (values, plain) in self._plain.items():
                values[:] = now.get(key, plain)

        return restore

    def schedules(self) -> list[Callable[[], None]]:
        """Copy how far the schedulers have come; return what puts each of them back."""
        return [_position(scheduler) for scheduler in _all(self._schedulers())]

    def _schedulers(self) -> list[Any]:
        """Return the schedulers, which takes tens of milliseconds where they must be looked for."""
        # Most wrap the optimizer's step, but ReduceLROnPlateau only refers to it. A new one makes one reference more;
        # one may have gone meanwhile, so that is believed for some seconds only.
        references, clock = sys.getrefcount(self._optimizer), time.monotonic()
        if references == self._references and clock < self._believed_until:
            known = [reference() for reference in self._found]
            if all(one is not None for one in known):
                return known
        found = schedulers_of(self._optimizer)
        self._found = [weakref.ref(one) for one in found]
        self._references, self._believed_until = references, clock + _BELIEVED
        return found


def _position(scheduler: Any) -> Callable[[], None]:
    """Copy how far a scheduler has come: its numbers, and its lists of numbers; return what puts them back."""
    plain = (bool, int, float, str, type(None))
    numbers = {name: value for name, value in vars(scheduler).items() if isinstance(value, plain)}
    lists = {
        name: list(value)
        for name, value in vars(scheduler).items()
        if isinstance(value, list) and all(isinstance(entry, plain) for entry in value)
    }

    def restore() -> None:
        vars(scheduler).update(numbers)
        for name, values in lists.items():
            vars(scheduler)[name][:] = values

    return restore


def schedulers_of(optimizer: torch.optim.Optimizer) -> list[Any]:
    """Return the schedulers of an optimizer. Nothing leads from it to them, so the garbage collector is asked."""
    found: dict[int, Any] = {}
    for one in gc.get_referrers(optimizer):
        if issubclass(type(one), lr_scheduler.LRScheduler):
            found[id(one)] = one
        elif type(one) is dict and one.get("optimizer") is optimizer and "last_epoch" in one:
            owners = gc.get_referrers(
                one
            )  # the attributes of an object are a dict of their own, once looked at
            found |= {id(o): o for o in owners if issubclass(type(o), lr_scheduler.LRScheduler)}
    led = {id(inner) for one in found.values() for inner in getattr(one, "_schedulers", ())}
    return [one for key, one in found.items() if key not in led]


def outlook(schedulers: list[Any]) -> str | None:
    """Return what the schedulers will do next, or None where there are none."""
    if not schedulers:
        return None
    return " ".join(_next(one) for one in schedulers)


def _next(scheduler: Any) -> str:
    name = type(scheduler).__name__
    if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau):
        return t(
            "{name} goes on from here: it multiplies the rate by {factor} when its metric stalls.",
            name=name,
            factor=f"{scheduler.factor:g}",
        )
    if isinstance(scheduler, _LEADERS):
        return t("{name} goes on, scaled by the same factor.", name=name)
    value = _ahead(scheduler)
    if value is None:
        return t("{name} sets the rate at its next step, from its own schedule.", name=name)
    return t(
        "{name} goes on, scaled by the same factor: {value} at its next step.",
        name=name,
        value=f"{value:.3g}",
    )


def _ahead(scheduler: Any) -> float | None:
    """Return the first group's rate after the scheduler's next step, without making it."""
    before = dict(scheduler.__dict__)
    groups = [dict(group) for group in scheduler.optimizer.param_groups]
    try:
        scheduler.last_epoch += 1
        scheduler._step_count = getattr(scheduler, "_step_count", 1) + 1
        scheduler._get_lr_called_within_step = True
        scheduler._is_initial = False
        return float(scheduler.get_lr()[0])
    except Exception:  # noqa: BLE001 — a scheduler of the person's own may need anything
        return None
    finally:
        scheduler.__dict__.clear()
        scheduler.__dict__.update(before)
        for group, saved in zip(scheduler.optimizer.param_groups, groups, strict=True):
            group.update(saved)


def _scale(group: dict[str, Any], schedulers: list[Any], i: int, factor: float) -> None:
    for key in _IN_GROUPS:
        if key in group:
            group[key] = group[key] * factor
    for scheduler in _all(schedulers):
        for key in _IN_SCHEDULERS:
            values = scheduler.__dict__.get(key)
            if isinstance(values, list) and i < len(values):
                values[i] = values[i] * factor


def _all(schedulers: list[Any]) -> list[Any]:
    inner = [one for scheduler in schedulers for one in getattr(scheduler, "_schedulers", ())]
    return schedulers + (_all(inner) if inner else [])


def _rate(group: dict[str, Any]) -> float:
    return float(group["lr"])


def _put(group: dict[str, Any], rate: float) -> None:
    if isinstance(group["lr"], torch.Tensor):  # a capturable or compiled optimizer reads the tensor it knows
        group["lr"].fill_(rate)
    else:
        group["lr"] = rate


def _wanted(value: float | str, rate: float) -> float:
    return rate * float(value[1:]) if isinstance(value, str) else value


def _names(schedulers: list[Any]) -> str:
    return " and ".join(type(one).__name__ for one in schedulers)


def _text(old: list[float], new: list[float]) -> str:
    changed = [i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b] or [0]
    if len(old) > 1 and len(changed) == 1:
        i = changed[0]
        return t("learning rate of group {i} {old} → {new}", i=i, old=f"{old[i]:.3g}", new=f"{new[i]:.3g}")
    more = " …" if len(changed) > 1 and len(set(new)) > 1 else ""
    return t("learning rate {old} → {new}", old=f"{old[0]:.3g}", new=f"{new[0]:.3g}{more}")


def _script(
    groups: list[dict[str, Any]], schedulers: list[Any], changed: list[int], new: list[float]
) -> tuple[str, ...]:
    lines = []
    for i in changed:
        if isinstance(groups[i]["lr"], torch.Tensor):
            lines.append(f"optimizer.param_groups[{i}]['lr'].fill_({new[i]!r})")
        else:
            lines.append(f"optimizer.param_groups[{i}]['lr'] = {new[i]!r}")
        lines += [
            f"optimizer.param_groups[{i}][{key!r}] = {groups[i][key]!r}"
            for key in _IN_GROUPS
            if key in groups[i]
        ]
    for scheduler in _all(schedulers):
        kept = {
            key: scheduler.__dict__[key]
            for key in _IN_SCHEDULERS
            if isinstance(scheduler.__dict__.get(key), list)
        }
        lines += [
            f"schedulers(optimizer, {type(scheduler).__name__!r}).{key}[:] = {values!r}"
            for key, values in kept.items()
        ]
    return tuple(lines)
