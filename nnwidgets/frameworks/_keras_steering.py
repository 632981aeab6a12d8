"""Everything of a Keras training that a person may change while it runs, behind one door."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import keras

from nnwidgets._changes import Change
from nnwidgets._contents import Contents
from nnwidgets._errors import RefusedError
from nnwidgets._framework import WayBack
from nnwidgets._i18n import t
from nnwidgets.control_facts import ControlFacts, SizeFacts
from nnwidgets.frameworks._keras_beginning import Beginning
from nnwidgets.frameworks._keras_contents import contents, load, names_of
from nnwidgets.frameworks._keras_decay import set_weight_decay
from nnwidgets.frameworks._keras_device import KerasDevice
from nnwidgets.frameworks._keras_dropout import KerasDropout
from nnwidgets.frameworks._keras_rate import KerasRate
from nnwidgets.frameworks._keras_seeds import NAME, load_seed
from nnwidgets.frameworks._keras_settings import Settings
from nnwidgets.frameworks._keras_variables import KerasState, number_of, set_value

if TYPE_CHECKING:
    from nnwidgets.frameworks._keras_fit import Fit
    from nnwidgets.frameworks._keras_resize import KerasResizer


class KerasSteering:
    """The controls of one model. Used on the training thread, between two batches.

    Parameters
    ----------
    model, optimizer
        What is trained; the optimizer is the compiled one where none is given.
    build
        Makes the model anew in another size, for models that cannot be resized layer by layer.
    fit
        What is known of the running ``model.fit``; None in a loop of one's own.
    """

    def __init__(
        self, model: Any, optimizer: Any, build: Callable[[float], Any] | None = None, fit: Fit | None = None
    ) -> None:
        self._model, self._optimizer = model, optimizer
        self._fit = fit
        self._build = build
        self._rate = KerasRate(model, optimizer)
        self._dropout = KerasDropout(model)
        self._device = KerasDevice(model, optimizer)
        self._resizer: KerasResizer | None = None
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
            self._devices = self._device.options()
        built = getattr(self._model, "built", False)
        rates = self._dropout.rates()
        same = set(rates.values())
        rate = self._rate.value()
        self._size = {
            **self._size,
            "value": 1.0 if self._resizer is None else self._resizer.factor,
            "parameters": int(self._model.count_params()) if built else None,
        }
        return {
            "learning_rate": None
            if rate is None
            else {
                "value": rate,
                "groups": [{"name": t("all weights"), "value": rate}],
                "note": None,
            },
            "dropout": {
                "value": same.pop() if len(same) == 1 else None,
                "layers": [{"name": name, "rate": value} for name, value in rates.items()],
                "offer": [] if rates else self._dropout.offer(),
            },
            "device": {
                "value": self._device.current(),
                "options": self._devices,
                "note": t("the optimizer's variables move along"),
            },
            "size": self._size,
        }

    def look(self) -> None:
        """See `Framework.look`."""
        resizer = self._made_resizer()
        self._size = {
            **self._size,
            "layers": [{"name": name, "width": width} for name, width in resizer.layers().items()],
            "refused": resizer.refusal(),
            "looked": True,
        }

    def change(self, control: str, value: Any) -> Change:
        """See `Framework.change`."""
        if keras.backend.backend() not in ("tensorflow", "torch"):
            raise RefusedError(
                t(
                    "On the {backend} backend fit keeps weights and optimizer to itself while it runs. "
                    "Pausing, single steps and stopping work.",
                    backend=keras.backend.backend(),
                )
            )
        if keras.backend.backend() == "tensorflow" and self._fit is None and control != "learning_rate":
            raise RefusedError(
                t(
                    "In a loop of one's own, a step that tf.function has traced would go on with what it knew before. "
                    "In model.fit this can be changed; here the learning rate can, and the buttons work."
                )
            )
        if not getattr(self._model, "built", False):
            raise RefusedError(t("The model has no weights yet; they are made with the first batch."))
        if control == "learning_rate":
            return self._rate.set(value)
        if control == "dropout":
            return self._dropout.set(value)
        if control == "insert_dropout":
            return self._dropout.insert(*value)
        if control == "weight_decay":
            return set_weight_decay(self._model, self._optimizer, value)
        if control == "device":
            return self._device.move(value)
        resizer = self._made_resizer()
        batch = self._fit.batch() if self._fit is not None else None
        inputs = None if batch is None else batch[0]
        change = resizer.resize(value, inputs) if control == "size" else resizer.deepen(value, inputs)
        self.look()
        return change

    def snapshot(self) -> WayBack:
        """See `Framework.snapshot`."""
        state, drop = KerasState(self._model, self._optimizer), self._dropout.snapshot()
        settings, beginning = Settings(self._model, self._optimizer), Beginning(self._optimizer)
        device, factor = self._device.snapshot(), self._rate.factor()
        resizer = None if self._resizer is None else dict(vars(self._resizer))
        names, rates = names_of(self._model, self._optimizer), self._dropout.rates()

        def restore() -> None:
            device()
            with self._running_metrics():
                state.restore()
            beginning.restore()
            settings.restore()
            drop()
            self._rate.set_factor(factor)
            if resizer is None:
                self._resizer = None
            else:
                vars(self._resizer).update(resizer)
            if self._size["looked"]:
                self.look()

        def held() -> Contents:
            arrays = {names[id(v)]: settings.value(v, value) for v, value in state.values if id(v) in names}
            if settings.seed.value is not None:
                arrays[NAME] = settings.seed.value
            return contents(arrays, rates)

        return WayBack(restore, state.nbytes, held, refresh=settings.take)

    def load(self, held: Contents) -> None:
        """See `Framework.load`."""
        with self._running_metrics():
            load(self._model, self._optimizer, held, set_value, self._dropout.set)
        load_seed(held.arrays.get(NAME))

    def measure(self) -> float | None:
        """See `Framework.measure`."""
        return None if self._fit is None else self._fit.loss()

    @contextlib.contextmanager
    def _running_metrics(self) -> Iterator[None]:
        """Keep the running means of a fit: they are of its epoch, and batches are counted on in it."""
        metrics = () if self._fit is None else self._model.metrics_variables
        values = [(variable, number_of(variable)) for variable in metrics]
        try:
            yield
        finally:
            for variable, value in values:
                set_value(variable, value)

    def _made_resizer(self) -> KerasResizer:
        if self._resizer is None:
            from nnwidgets.frameworks._keras_resize import KerasResizer

            self._resizer = KerasResizer(self._model, self._optimizer, self._build)
        return self._resizer
