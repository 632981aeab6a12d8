"""A Keras model and its optimizer on another device, in the middle of a training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from nnwidgets._changes import Change
from nnwidgets._control_offers import no_device
from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets.frameworks._keras_variables import number_of, retrace


class KerasDevice:
    """Moves one model. Used between two batches.

    TensorFlow's variables cannot move, so each `keras.Variable` gets a new one inside, on the other device; the steps
    are traced anew and run there from then on.

    Parameters
    ----------
    model, optimizer
        The optimizer is the compiled one where none is given.
    """

    def __init__(self, model: Any, optimizer: Any = None) -> None:
        self._model, self._optimizer = model, optimizer
        self._moved_to: str | None = None

    def current(self) -> str | None:
        """Return where the weights are, or None before there are any."""
        variables = self._model.variables
        if not variables:
            return None
        value = variables[0]._value
        if keras.backend.backend() == "tensorflow":
            return _short(value.device)
        return str(getattr(value, "device", "cpu"))

    def options(self) -> list[str]:
        """Return the devices that are really there."""
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            return [_short(device.name) for device in tf.config.list_logical_devices()]
        if keras.backend.backend() == "torch":
            from nnwidgets.frameworks._torch_device import options

            return options()
        return ["cpu"]

    def move(self, to: str) -> Change:
        """Move weights, running statistics, random seeds and the optimizer's variables. All of it or nothing.

        Raises
        ------
        RefusedError
            For an unknown device, or where the backend cannot do it.
        """
        there, here = self.options(), self.current()
        target = next((name for name in (to, f"{to}:0") if name in there), None)
        if target is None:
            raise no_device(to, there)
        if target == here:
            return Change(
                here, target, t("device {target}, as before", target=target), kept=t("Nothing moved.")
            )
        if keras.backend.backend() != "tensorflow":
            raise RefusedError(
                t(
                    "On the {backend} backend Keras puts every batch on the device that it found when it "
                    "was loaded. Choose it before: with keras.device({target}).",
                    backend=keras.backend.backend(),
                    target=repr(target),
                )
            )
        self._move_tensorflow(target)
        return Change(
            here,
            target,
            t("device {here} → {target}", here=here, target=target),
            kept=t("Weights, random seeds and the optimizer's variables moved; the steps were traced anew."),
        )

    def snapshot(self) -> Callable[[], None]:
        """Return what moves the model back to where it is now."""
        here = self.current()

        def restore() -> None:
            if here is not None and self.current() != here:
                self._move_tensorflow(here)

        return restore

    def _move_tensorflow(self, target: str) -> None:
        import tensorflow as tf

        strategy = type(self._model.distribute_strategy).__name__ if self._model.distribute_strategy else None
        if strategy not in (None, "_DefaultDistributionStrategy"):
            raise RefusedError(
                t("The model is distributed by {strategy}, which keeps devices itself.", strategy=strategy)
            )
        optimizer = self._optimizer or getattr(self._model, "optimizer", None)
        all_of_them = (*self._model.variables, *(optimizer.variables if optimizer is not None else ()))
        variables = list({id(v): v for v in all_of_them}.values())
        before = [(v, v._value) for v in variables]
        try:
            for variable in variables:
                value = number_of(variable)
                with tf.init_scope(), tf.device(target):
                    variable._value = None
                    variable._initialize(tf.convert_to_tensor(value))
        except Exception as error:
            for variable, value in before:
                variable._value = value
            raise RefusedError(
                t(
                    "The model could not be moved to {target}: {error_kind}: {error}. It is where it was.",
                    target=target,
                    error_kind=type(error).__name__,
                    error=str(error)[:200],
                )
            ) from error
        self._moved_to = target
        _run_on(self._model, target)
        retrace(self._model, optimizer)


def _run_on(model: Any, target: str) -> None:
    """Have every step run on a device, also after Keras made it anew."""
    import tensorflow as tf

    for kind in ("train", "test"):
        name = f"make_{kind}_function"
        plain = vars(model).get(f"_nnw_{name}") or getattr(model, name)
        object.__setattr__(model, f"_nnw_{name}", plain)

        def make(force: bool = False, *, kind: str = kind, plain: Any = plain) -> Any:
            attribute = f"{kind}_function"
            if getattr(model, attribute) is not None and not force:
                return getattr(model, attribute)
            plain(force=force)
            step = getattr(model, attribute)

            def there(iterator: Any) -> Any:
                with tf.device(target):
                    return step(iterator)

            object.__setattr__(model, attribute, there)
            return there

        object.__setattr__(model, name, make)


def _short(name: str) -> str:
    """Return ``cpu:0`` for ``/job:localhost/replica:0/task:0/device:CPU:0``."""
    kind, _, index = name.lower().rpartition(":")
    return f"{kind.rpartition(':')[2].rpartition('/')[2]}:{index}"
