"""The adapter to a Keras model, in ``fit`` and in loops of one's own."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Final

import keras

from nnwidgets._changes import Change
from nnwidgets._contents import Contents
from nnwidgets._framework import Framework, Restore, WayBack
from nnwidgets._i18n import t
from nnwidgets._sampling import Sampler
from nnwidgets.control_facts import ControlFacts
from nnwidgets.frameworks._keras_fit import Fit
from nnwidgets.frameworks._keras_graph_watch import GraphWatch
from nnwidgets.frameworks._keras_sampler import KerasSampler
from nnwidgets.frameworks._keras_steering import KerasSteering
from nnwidgets.graph import Graph

#: Seconds between two readings of the learning rate inside an epoch; on a GPU each one waits for the device.
_RATE_INTERVAL: Final = 1.0


class KerasLoop(Framework):
    """The adapter for a Keras model in a loop of one's own, for example with ``tf.GradientTape``."""

    name = "keras"

    def __init__(
        self,
        model: Any,
        optimizer: Any = None,
        build: Callable[[float], Any] | None = None,
        fit: Fit | None = None,
    ) -> None:
        self.model = model
        self._optimizer = optimizer
        self._build = build
        self.fit = fit
        self._rate: float | None = None
        self._rate_due = 0.0
        self._steered: KerasSteering | None = None
        self._watch: GraphWatch | None = None

    @property
    def optimizer(self) -> Any:
        return self._optimizer or getattr(self.model, "optimizer", None)

    def default_name(self) -> str:
        return str(getattr(self.model, "name", None) or type(self.model).__name__)

    def learning_rate(self) -> float | None:
        if self._watch is not None:
            self._look_for_graph(self._watch)
        now = time.monotonic()
        if now >= self._rate_due:
            self._rate_due = now + _RATE_INTERVAL
            self._rate = _float(getattr(self.optimizer, "learning_rate", None))
        return self._rate

    def read_rate_again(self) -> None:
        """Have the next question answered from the optimizer, whatever was read before."""
        self._rate_due = 0.0

    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"model": type(self.model).__name__, "backend": keras.backend.backend()}
        if getattr(self.model, "built", False):
            facts["parameters"] = int(self.model.count_params())
        if self.optimizer is not None:
            facts["optimizer"] = type(self.optimizer).__name__
        return facts

    def controls(self) -> ControlFacts:
        return self._steering.controls()

    def change(self, control: str, value: Any) -> Change:
        self.read_rate_again()
        return self._steering.change(control, value)

    def look(self) -> None:
        self._steering.look()

    @property
    def no_graph(self) -> str:
        return t("The graph appears with the first batch.")

    def watch_graph(
        self, arrived: Callable[[Graph], object], failed: Callable[[Exception], object] | None = None
    ) -> Restore:
        watch = self._watch = GraphWatch(self.model, self.fit, arrived, failed)
        watch.begin()
        return watch.close

    def _look_for_graph(self, watch: GraphWatch) -> None:
        watch.look_again()
        if not watch.waits:
            self._watch = None

    @property
    def keeps_state(self) -> bool:  # type: ignore[override]  # it depends on the backend
        return _reaches_state() and bool(getattr(self.model, "built", True))

    @property
    def no_state(self) -> str:
        if _reaches_state():
            return t("The model has no weights yet; they are made with the first batch.")
        return t(
            "On the {backend} backend fit keeps weights and optimizer to itself while it runs.",
            backend=keras.backend.backend(),
        )

    def snapshot(self, *, on_host: bool = False) -> WayBack:
        return self._steering.snapshot()

    def state_bytes(self) -> int:
        optimizer = self.optimizer
        variables = [*self.model.variables, *(optimizer.variables if optimizer is not None else ())]
        return sum(4 * math.prod(variable.shape) for variable in variables)  # most are of single precision

    def load(self, contents: Contents) -> None:
        self._steering.load(contents)

    def measure(self) -> float | None:
        return self._steering.measure()

    @property
    def no_validation(self) -> str:  # a fit has another reason than a loop
        if self.fit is None:
            return super().no_validation
        return t("This fit was given no validation data, or data that can be gone through only once.")

    def sampler(self) -> Sampler | None:
        return KerasSampler(self.model, self.fit)

    def request_stop(self) -> bool:
        if self.fit is None:
            return False
        self.model.stop_training = True
        return True

    @property
    def _steering(self) -> KerasSteering:
        if self._steered is None:
            self._steered = KerasSteering(self.model, self.optimizer, self._build, self.fit)
        return self._steered


def _reaches_state() -> bool:
    """Whether weights and optimizer can be read and written while a fit runs."""
    return keras.backend.backend() in ("tensorflow", "torch")


def _float(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
