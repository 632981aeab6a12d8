"""The learning rate of a Keras optimizer, changed while it trains; a schedule goes on, scaled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from nnwidgets._changes import Change
from nnwidgets._control_values import HIGHEST_RATE
from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets.frameworks._keras_variables import number_of, retrace

_Schedule = keras.optimizers.schedules.LearningRateSchedule


@keras.saving.register_keras_serializable(package="nnwidgets")
class ScaledSchedule(_Schedule):  # type: ignore[misc, valid-type]  # keras ships no types
    """A schedule times a factor that can be changed without tracing anything anew.

    Parameters
    ----------
    schedule
        The schedule itself.
    factor
        What its values are multiplied by.
    """

    def __init__(self, schedule: Any, factor: float = 1.0) -> None:
        self.schedule = schedule
        self.factor = keras.Variable(float(factor), trainable=False, dtype="float32", name="factor")

    def __call__(self, step: Any) -> Any:
        """Return the rate at a step."""
        rate = self.schedule(step)
        return rate * keras.ops.cast(self.factor, keras.backend.standardize_dtype(rate.dtype))

    def get_config(self) -> dict[str, Any]:
        """Return what a saved model needs to make it again."""
        serialize = keras.optimizers.schedules.serialize
        return {"schedule": serialize(self.schedule), "factor": float(number_of(self.factor))}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ScaledSchedule:
        """Make it again."""
        schedule = keras.optimizers.schedules.deserialize(config["schedule"])
        return cls(schedule, config["factor"])


class KerasRate:
    """Reads and sets the learning rate. Used between two batches.

    Parameters
    ----------
    model, optimizer
        The optimizer is the compiled one where none is given.
    """

    def __init__(self, model: Any, optimizer: Any = None) -> None:
        self._model, self._given = model, optimizer

    def value(self) -> float | None:
        """Return the rate in force, or None where there is none."""
        rate = getattr(self._optimizer, "learning_rate", None)
        return None if rate is None else float(number_of(rate))

    def set(self, to: float | str | Mapping[int, float | str]) -> Change:
        """Set a rate, or multiply it (``"×0.5"``); for a schedule that is where it stands now.

        Raises
        ------
        RefusedError
            Without an optimizer, for a rate out of range, or a schedule that stands at 0.
        """
        old = self.value()
        if old is None:
            raise RefusedError(t("This model is not compiled with an optimizer, so it has no learning rate."))
        if isinstance(to, Mapping):
            if set(to) != {0}:
                raise RefusedError(
                    t("A Keras optimizer has one learning rate for all weights; its number is 0.")
                )
            to = to[0]
        new = old * float(to[1:]) if isinstance(to, str) else float(to)
        if not 0 <= new <= HIGHEST_RATE:
            raise RefusedError(
                t("The learning rate would be {new}; it lies between 0 and 1,000,000.", new=f"{new:g}")
            )
        scheduled = isinstance(self._optimizer._learning_rate, _Schedule)
        if scheduled:
            self._scale(old, new)
        else:
            self._optimizer.learning_rate = new
        return Change(
            old,
            new,
            t("learning rate {old} → {new}", old=f"{old:.3g}", new=f"{new:.3g}"),
            kept=self._outlook() if scheduled else None,
        )

    def factor(self) -> float | None:
        """Return the factor of a schedule that was scaled, or None."""
        schedule = getattr(self._optimizer, "_learning_rate", None)
        return float(number_of(schedule.factor)) if isinstance(schedule, ScaledSchedule) else None

    def set_factor(self, factor: float | None) -> None:
        """Put the factor of a schedule back."""
        schedule = getattr(self._optimizer, "_learning_rate", None)
        if isinstance(schedule, ScaledSchedule):
            schedule.factor.assign(1.0 if factor is None else factor)

    @property
    def _optimizer(self) -> Any:
        return self._given or getattr(self._model, "optimizer", None)

    def _scale(self, old: float, new: float) -> None:
        if old == 0:
            raise RefusedError(
                t("The schedule has the learning rate at 0 now, and cannot be scaled from there.")
            )
        schedule = self._optimizer._learning_rate
        if not isinstance(schedule, ScaledSchedule):
            schedule = ScaledSchedule(schedule)
            self._optimizer._learning_rate = schedule
            retrace(self._model)
        schedule.factor.assign(float(number_of(schedule.factor)) * new / old)

    def _outlook(self) -> str:
        schedule = self._optimizer._learning_rate
        ahead = float(number_of(schedule(self._optimizer.iterations + 1)))
        name = type(schedule.schedule).__name__
        return t(
            "{name} goes on, scaled by the same factor: {ahead} at its next step.",
            name=name,
            ahead=f"{ahead:.3g}",
        )
