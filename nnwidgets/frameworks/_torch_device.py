"""A PyTorch model and its optimizer on another device, in the middle of a training."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from nnwidgets._changes import Change
from nnwidgets._control_offers import no_device
from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets.control_facts import DeviceFacts
from nnwidgets.frameworks._torch_compiled import inner


def options() -> list[str]:
    """Return the devices that are really there, by the names that torch gives them."""
    found = ["cpu"]
    if torch.cuda.is_available():
        found += [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    xpu = getattr(torch, "xpu", None)
    if xpu is not None and xpu.is_available():
        found += [f"xpu:{i}" for i in range(xpu.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    if importlib.util.find_spec("torch_xla") is not None:
        found += _tpus()
    return found


def facts(model: nn.Module, here: torch.device | None, devices: list[str]) -> DeviceFacts:
    """Return where a model is, and where it could be."""
    nbytes = sum(t.nbytes for t in (*model.parameters(), *model.buffers()) if not _lazy(t))
    return {
        "value": None if here is None else name_of(here),
        "options": devices,
        "note": t(
            "weights {megabytes} MB; the optimizer's state and the batches move along",
            megabytes=f"{nbytes / 1e6:,.1f}",
        ),
    }


def move(
    model: nn.Module, optimizer: torch.optim.Optimizer | None, to: str, measure: Callable[[], float | None]
) -> Change:
    """Move weights, buffers, gradients and the optimizer's state. All of it or nothing.

    The Parameters stay the same objects, so optimizer, schedulers and everybody's lists go on pointing at them.

    Parameters
    ----------
    model, optimizer
        What is moved.
    to
        Its name for torch.
    measure
        Returns the loss on one batch, or None; asked before and after.

    Raises
    ------
    RefusedError
        For an unknown device, a model that is spread or wrapped, or where memory does not suffice.
    """
    target = _device(to)
    _check(model)
    before, here = measure(), next((t.device for t in (*model.parameters(), *model.buffers())), None)
    if here is None:
        raise RefusedError(t("This model has neither weights nor buffers, so there is nothing to move."))
    if here == target:
        return Change(
            name_of(here),
            name_of(target),
            t("device {target}, as before", target=name_of(target)),
            kept=t("Nothing moved."),
        )
    moved = _Move(model, optimizer, target)
    try:
        moved.make()
        after = measure()
    except (
        RuntimeError,
        NotImplementedError,
        AssertionError,
    ) as error:  # what torch raises where memory is short
        moved.take_back()
        raise RefusedError(
            t("The model could not be moved to {to}: {error}. It is where it was.", to=to, error=_line(error))
        ) from error
    except BaseException:
        moved.take_back()
        raise
    return Change(
        old=name_of(here),
        new=name_of(target),
        text=t("device {here} → {target}", here=name_of(here), target=name_of(target)),
        kept=_kept(before, after),
        script=(f"device = {name_of(target)!r}", "move(model, optimizer, device)"),
        facts={"loss": [before, after]},
    )


def name_of(device: torch.device) -> str:
    """Return a device's name, always in the same form: ``cpu``, ``cuda:0``, ``mps``."""
    return (
        device.type
        if device.type in ("cpu", "mps") or device.index is None
        else f"{device.type}:{device.index}"
    )


class _Move:
    """Copies everything first and exchanges it then, so that a failure half-way has changed nothing."""

    def __init__(
        self, model: nn.Module, optimizer: torch.optim.Optimizer | None, target: torch.device
    ) -> None:
        self._target = target
        tensors = {id(t): t for t in (*model.parameters(), *model.buffers())}
        gradients = {id(t.grad): t.grad for t in tensors.values() if t.grad is not None}
        self._tensors = [*tensors.values()]
        self._gradients = gradients
        self._entries: list[tuple[dict[Any, Any], Any, torch.Tensor]] = []
        if optimizer is not None:
            for parameter, entry in optimizer.state.items():
                for key, value in entry.items():
                    # A step counter stays where the optimizer put it, on the host, unless it had it on the device.
                    if isinstance(value, torch.Tensor) and (
                        value.device == parameter.device or value.numel() > 1
                    ):
                        self._entries.append((entry, key, value))
        self._before = [(t, t.data, t.grad) for t in self._tensors]

    def make(self) -> None:
        with torch.no_grad():
            data = [t.detach().to(self._target) for t in self._tensors]
            grads = [None if t.grad is None else t.grad.detach().to(self._target) for t in self._tensors]
            state = [value.to(self._target) for _, _, value in self._entries]
            for tensor, value, gradient in zip(self._tensors, data, grads, strict=True):
                _exchange(tensor, value, gradient)
            for (entry, key, _), value in zip(self._entries, state, strict=True):
                entry[key] = value

    def take_back(self) -> None:
        for tensor, value, gradient in self._before:
            _exchange(tensor, value, gradient)
        for entry, key, value in self._entries:
            entry[key] = value


def _exchange(tensor: torch.Tensor, value: torch.Tensor, gradient: torch.Tensor | None) -> None:
    """Give a parameter or a buffer another value on another device, keeping the object."""
    if tensor.data_ptr() == value.data_ptr() and tensor.device == value.device and value.numel():
        return
    tensor.grad = None
    if torch._has_compatible_shallow_copy_type(tensor, value):
        tensor.data = value
    else:  # XLA and other devices whose tensors are of another make
        other = nn.Parameter(value, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else value
        torch.utils.swap_tensors(tensor, other)  # type: ignore[no-untyped-call]
    tensor.grad = gradient


def _device(name: str) -> torch.device:
    there = options()
    for known in (name, f"{name}:0"):
        if known in there:
            return torch.device(known)
    raise no_device(name, there)


def _check(model: nn.Module) -> None:
    wrapped = type(model).__name__
    if wrapped in ("DistributedDataParallel", "FullyShardedDataParallel", "FSDPModule", "DataParallel"):
        raise RefusedError(
            t("The model is wrapped in {wrapped}, which keeps devices itself.", wrapped=wrapped)
        )
    places = {t.device for t in (*model.parameters(), *model.buffers())}
    if len(places) > 1:
        raise RefusedError(
            t(
                "The model is spread over {names}; moving it would join it.",
                names=", ".join(sorted(map(str, places))),
            )
        )
    for name, module in inner(model).named_modules():
        if any(isinstance(p, nn.parameter.UninitializedParameter) for p in module._parameters.values()):
            raise RefusedError(
                t(
                    "{name} has no weights yet; they are made with the first batch. Then it can move.",
                    name=name,
                )
            )


def _kept(before: float | None, after: float | None) -> str:
    moved = t("Weights, buffers and the optimizer's state moved.")
    if before is None or after is None:
        return t("{moved} The loss could not be compared.", moved=moved)
    difference = abs(after - before)
    return t(
        "{moved} The loss on one batch: {before} before, {after} after, difference {difference}.",
        moved=moved,
        before=f"{before:.6g}",
        after=f"{after:.6g}",
        difference=f"{difference:.2g}",
    )


def _line(error: BaseException) -> str:
    return (
        str(error).strip().splitlines()[0].rstrip(".")[:300] if str(error).strip() else type(error).__name__
    )


def _lazy(tensor: torch.Tensor) -> bool:
    return isinstance(tensor, (nn.parameter.UninitializedParameter, nn.parameter.UninitializedBuffer))


def _tpus() -> list[str]:
    try:
        xla = importlib.import_module("torch_xla.core.xla_model")
        return [str(device).lower() for device in xla.get_xla_supported_devices("TPU") or []]
    except Exception:  # noqa: BLE001 — installed, but nothing to run on
        return []
