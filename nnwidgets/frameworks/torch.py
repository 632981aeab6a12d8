"""PyTorch: training and evaluation mode, batches on the model's device, the optimizer's learning rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from nnwidgets._changes import Change
from nnwidgets._contents import Contents
from nnwidgets._framework import Framework, Order, Restore, WayBack
from nnwidgets._i18n import t
from nnwidgets._sampling import Sampler
from nnwidgets.control_facts import ControlFacts
from nnwidgets.frameworks._torch_compiled import is_compiled
from nnwidgets.frameworks._torch_order import StepOrder
from nnwidgets.frameworks._torch_sampler import TorchSampler
from nnwidgets.frameworks._torch_steering import TorchSteering
from nnwidgets.graph import Graph


class TorchFramework(Framework):
    """The adapter for a PyTorch module in a loop of one's own.

    Parameters
    ----------
    model
        The module that is trained.
    optimizer
        Read for the learning rate of its first parameter group, and changed with the model; optional.
    build
        Makes the model in another size, given a factor; for models that cannot be resized layer by layer.
    core
        The part of the model that is resized, if it is not the whole.
    """

    name = "torch"
    keeps_state = True

    #: Who else keeps the model on its device, so that it cannot be moved from here.
    keeps_device: str | None = None

    def __init__(
        self,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer | None = None,
        build: Callable[[float], torch.nn.Module] | None = None,
        core: torch.nn.Module | None = None,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self._first: torch.Tensor | None = None
        self._steering = TorchSteering(model, optimizer, build, core, self.keeps_device)

    def default_name(self) -> str:
        return type(self.model).__name__

    def train_mode(self) -> None:
        self.model.train()

    def eval_mode(self) -> Restore:
        # Modules may differ (a frozen BatchNorm stays in evaluation mode), so each one gets its own mode back.
        modes = [(module, module.training) for module in self.model.modules()]
        grad = torch.is_grad_enabled()
        self.model.eval()
        torch.set_grad_enabled(False)

        def restore() -> None:
            torch.set_grad_enabled(grad)
            for module, training in modes:
                module.training = training

        return restore

    def device(self) -> torch.device | None:
        """Return where the model's first parameter or buffer lies; None for a model that has neither."""
        # Walking a model's parameters costs microseconds; a module keeps its Parameter objects when it moves.
        if self._first is None:
            self._first = next(self.model.parameters(), None)
        if self._first is None:
            self._first = next(self.model.buffers(), None)
        return None if self._first is None else self._first.device

    def to_device(self, batch: Any) -> Any:
        first = self._first
        # The common case in few calls: this runs in every step, with cold caches.
        if first is not None and first.is_cpu and type(batch) in (tuple, list):
            for part in batch:
                if type(part) is not torch.Tensor or not part.is_cpu:
                    break
            else:
                return batch
        device = self.device()
        return batch if device is None else _move(batch, device)

    def learning_rate(self) -> float | None:
        if self.optimizer is None or not self.optimizer.param_groups:
            return None
        rate = self.optimizer.param_groups[0].get("lr")
        if type(rate) is float:
            return rate
        if isinstance(rate, torch.Tensor):  # a capturable optimizer keeps it on the device
            return rate.item() if rate.is_cpu and rate.numel() == 1 else None
        return float(rate) if rate is not None else None

    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "model": type(self.model).__name__,
            "parameters": sum(p.numel() for p in self.model.parameters() if not _lazy(p)),
            "device": str(self.device() or "none"),
        }
        if self.optimizer is not None:
            facts["optimizer"] = type(self.optimizer).__name__
        return facts

    def controls(self) -> ControlFacts:
        return self._steering.controls()

    def change(self, control: str, value: Any) -> Change:
        return self._steering.change(control, value)

    def look(self) -> None:
        self._steering.look()

    def snapshot(self, *, on_host: bool = False) -> WayBack:
        return self._steering.snapshot(on_host=on_host)

    def state_bytes(self) -> int:
        own = [p for p in self.model.parameters() if not _lazy(p)]
        gradients = [p.grad for p in own if p.grad is not None]
        entries = {} if self.optimizer is None else self.optimizer.state
        moments = [
            value
            for entry in entries.values()
            if isinstance(entry, dict)
            for value in entry.values()
            if isinstance(value, torch.Tensor)
        ]
        return sum(_nbytes(tensor) for tensor in (*own, *gradients, *moments))

    def load(self, contents: Contents) -> None:
        self._steering.load(contents)

    def measure(self) -> float | None:
        return self._steering.measure()

    def rehearse(self) -> Callable[[], None] | None:
        return self._steering.rehearse()

    def order(self, gap: Callable[[], None]) -> Order | None:
        # Lightning says itself where its gaps are; what is compiled would be compiled anew with a hook.
        if self.optimizer is None or type(self) is not TorchFramework or is_compiled(self.model):
            return None
        return StepOrder(self.model, self.optimizer, gap)

    def sampler(self) -> Sampler | None:
        return TorchSampler(self.model, () if self.optimizer is None else (self.optimizer,))

    def watch_graph(
        self, arrived: Callable[[Graph], object], failed: Callable[[Exception], object] | None = None
    ) -> Restore:
        # What goes wrong in it is told to `failed`, or logged.
        from nnwidgets.frameworks._torch_graph_watch import Watch

        watch = Watch(self.model, arrived, failed)
        watch.begin()
        return watch.end

    @property
    def no_graph(self) -> str:
        return t("The graph appears with the first batch.")


def _lazy(parameter: torch.nn.Parameter) -> bool:
    return isinstance(parameter, torch.nn.parameter.UninitializedParameter)


def _nbytes(tensor: torch.Tensor) -> int:
    if tensor.layout is torch.sparse_coo:  # an embedding's gradient
        return int(tensor._indices().nbytes + tensor._values().nbytes)
    return tensor.numel() * tensor.element_size()


def _move(batch: Any, device: torch.device) -> Any:
    """Move every tensor of a batch, keeping its shape of tuples, lists and dicts.

    A batch that lies on the device already is returned as the same object.
    """
    if isinstance(batch, torch.Tensor):
        return batch if batch.device == device else batch.to(device, non_blocking=True)
    if isinstance(batch, (tuple, list)):
        moved = [_move(part, device) for part in batch]
        if all(a is b for a, b in zip(moved, batch, strict=True)):
            return batch
        return type(batch)(*moved) if hasattr(batch, "_fields") else type(batch)(moved)
    if isinstance(batch, dict):
        return {key: _move(part, device) for key, part in batch.items()}
    if callable(getattr(batch, "to", None)):  # packed sequences, graph batches, transformers' encodings
        return batch.to(device)
    return batch
