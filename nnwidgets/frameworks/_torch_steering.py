"""Everything of a PyTorch training that a person may change while it runs, behind one door."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from nnwidgets._changes import Call, Change
from nnwidgets._contents import Contents
from nnwidgets._errors import RefusedError
from nnwidgets._framework import WayBack
from nnwidgets._i18n import now, t
from nnwidgets.control_facts import ControlFacts, SizeFacts
from nnwidgets.frameworks import _torch_device
from nnwidgets.frameworks._torch_attributes import untouched
from nnwidgets.frameworks._torch_compiled import anything_is_compiled, is_compiled
from nnwidgets.frameworks._torch_contents import contents, load, names_of
from nnwidgets.frameworks._torch_copies import ordinary
from nnwidgets.frameworks._torch_decay import set_weight_decay
from nnwidgets.frameworks._torch_dropout import TorchDropout
from nnwidgets.frameworks._torch_rate import TorchRate
from nnwidgets.frameworks._torch_state import TorchState
from nnwidgets.frameworks._torch_tape import Replay, Tape

if TYPE_CHECKING:
    from nnwidgets.frameworks._torch_resize import TorchResizer


class TorchSteering:
    """The controls of one module and its optimizer. Used on the training thread, between two steps.

    Parameters
    ----------
    model, optimizer
        What is trained; without an optimizer there is no learning rate.
    build
        Makes the model anew in another size, for models that cannot be resized layer by layer.
    core
        The part of the model that is resized; None for all of it.
    keeps_device
        Who else keeps the model on its device, by name; then it cannot be moved from here.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer | None,
        build: Callable[[float], nn.Module] | None = None,
        core: nn.Module | None = None,
        keeps_device: str | None = None,
    ) -> None:
        self._model, self._optimizer = model, optimizer
        self._core = model if core is None else core
        self._rate = None if optimizer is None else TorchRate(optimizer)
        self._dropout = TorchDropout(model)
        self._build = build
        self._resizer: TorchResizer | None = None
        self._keeps_device = keeps_device
        self._replay: Replay | None = None
        self._devices: list[str] = []
        self._size: SizeFacts = {
            "value": 1.0,
            "parameters": None,
            "layers": [],
            "refused": None,
            "looked": False,
        }

    def controls(self) -> ControlFacts:
        """See `Framework.controls`."""
        if not self._devices:
            self._devices = _torch_device.options()
        here = next((t.device for t in (*self._model.parameters(), *self._model.buffers())), None)
        lazy = nn.parameter.UninitializedParameter
        count = sum(p.numel() for p in self._model.parameters() if not isinstance(p, lazy))
        self._size = {
            **self._size,
            "value": 1.0 if self._resizer is None else self._resizer.factor,
            "parameters": count,
        }
        device = _torch_device.facts(self._model, here, self._devices)
        if self._keeps_device:
            device = {**device, "note": t("{keeper} keeps the device", keeper=now(self._keeps_device))}
        return {
            "learning_rate": None if self._rate is None else self._rate.facts(),
            "dropout": self._dropout.facts(),
            "device": device,
            "size": self._size,
        }

    def look(self) -> None:
        """See `Framework.look`."""
        resizer = self._made_resizer()
        layers = resizer.layers()
        self._size = {
            **self._size,
            "layers": [{"name": name, "width": width} for name, width in layers.items()],
            "refused": resizer.refusal(),
            "looked": True,
        }

    def change(self, control: str, value: Any) -> Change:
        """See `Framework.change`."""
        with ordinary():
            return self._change(control, value)

    def _change(self, control: str, value: Any) -> Change:
        if control == "learning_rate":
            if self._rate is None:
                raise RefusedError(
                    t("This run knows no optimizer. Begin it with nnw.watch(model, optimizer).")
                )
            return self._rate.set(value)
        if control == "dropout":
            return self._dropout.set(value)
        if control == "insert_dropout":
            return self._dropout.insert(*value)
        if control == "weight_decay":
            return set_weight_decay(self._optimizer, value)
        if control == "device":
            if self._keeps_device:
                raise RefusedError(
                    t(
                        "{keeper} keeps the device of the model and of its batches.",
                        keeper=now(self._keeps_device),
                    )
                )
            return _torch_device.move(self._model, self._optimizer, value, self.measure)
        resizer = self._made_resizer()
        change = resizer.resize(value, self._call) if control == "size" else resizer.deepen(value, self._call)
        self.look()
        return change

    def snapshot(self, *, on_host: bool = False) -> WayBack:
        """See `Framework.snapshot`."""
        state, drop = TorchState(self._model, self._optimizer, on_host=on_host), self._dropout.snapshot()
        rate = None if self._rate is None else self._rate.snapshot()
        schedules = [] if self._rate is None else self._rate.schedules()
        resizer = None if self._resizer is None else dict(vars(self._resizer))
        names, rates = names_of(self._model), self._dropout.rates()

        def restore() -> None:
            state.restore()
            drop()
            if rate is not None:
                rate()
            if resizer is None:
                self._resizer = None
            else:
                vars(self._resizer).update(resizer)
            if self._size["looked"]:
                self.look()

        kind = None if self._optimizer is None else type(self._optimizer).__name__

        def held() -> Contents:
            return contents(state, names, rates, kind)

        def rewind() -> None:
            for put_back in schedules:
                put_back()

        def refresh() -> bool:
            if self._rate is not None:
                schedules[:] = self._rate.schedules()
            return state.take_groups()

        return WayBack(restore, state.nbytes, held, rewind, refresh)

    def load(self, held: Contents) -> None:
        """See `Framework.load`."""
        load(self._model, self._optimizer, held, self._set_known_dropout)

    def _set_known_dropout(self, rates: dict[str, float]) -> None:
        """Set the rates of those layers that are there; a model made anew has no dropout that was inserted here."""
        known = self._dropout.rates()
        wanted = {name: rate for name, rate in rates.items() if name in known}
        if wanted:
            self._dropout.set(wanted)

    def measure(self) -> float | None:
        """See `Framework.measure`."""
        if self._replay is None:
            return None
        with untouched(self._model):
            return self._replay.loss()

    def rehearse(self) -> Callable[[], None] | None:
        """See `Framework.rehearse`."""
        # What is compiled would be compiled anew for this step, and that may be a function around the model.
        if anything_is_compiled() or is_compiled(self._model):
            return None
        tape = Tape(self._model, self._core)
        tape.open()

        def end() -> None:
            self._replay = tape.close()

        return end

    def _made_resizer(self) -> TorchResizer:
        if self._resizer is None:
            # Made with the first change of size: it brings torch.fx along.
            from nnwidgets.frameworks._torch_resize import TorchResizer

            self._resizer = TorchResizer(self._core, self._optimizer, self._build)
        return self._resizer

    @property
    def _call(self) -> Call | None:
        return None if self._replay is None else self._replay.call
