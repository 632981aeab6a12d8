"""What a person's callbacks set between a validation and the next step: rate, weight decay, random generators."""

from __future__ import annotations

from typing import Any

import keras

from nnwidgets._contents import Array
from nnwidgets.frameworks._keras_decay import set_weight_decay, weight_decay
from nnwidgets.frameworks._keras_seeds import GlobalSeed
from nnwidgets.frameworks._keras_variables import number_of, retrace, set_value


class Settings:
    """A copy of them, that can be taken anew. Used on the training thread.

    Parameters
    ----------
    model, optimizer
        What is trained; the optimizer may be None.
    """

    def __init__(self, model: Any, optimizer: Any) -> None:
        self._model, self._optimizer = model, optimizer
        self._variables = [*seeds_of(model)]
        rate = getattr(optimizer, "learning_rate", None)
        if isinstance(rate, keras.Variable):  # otherwise a schedule computes it
            self._variables.append(rate)
        self._copy()

    def take(self) -> bool:
        """Take them anew; return whether any of them differs from before."""
        values, seed, decay = self._values, self.seed, self._decay
        self._copy()
        same = all(bool((value == self._values[key]).all()) for key, value in values.items())
        return not (same and seed.same_as(self.seed) and decay == self._decay)

    def value(self, variable: Any, otherwise: Array) -> Array:
        """Return the value of a variable, where it is one of these."""
        return self._values.get(id(variable), otherwise)

    def restore(self) -> None:
        """Put them back."""
        for variable in self._variables:
            set_value(variable, self._values[id(variable)])
        if weight_decay(self._optimizer) != self._decay:
            set_weight_decay(self._model, self._optimizer, self._decay)
        if self.seed.restore():
            retrace(self._model, self._optimizer)

    def _copy(self) -> None:
        self._values: dict[int, Array] = {id(variable): number_of(variable) for variable in self._variables}
        self.seed, self._decay = GlobalSeed(), weight_decay(self._optimizer)


def seeds_of(model: Any) -> list[Any]:
    """Return the states of the model's own random generators."""
    known = {id(v) for v in (*model.weights, *model.metrics_variables)}
    return [variable for variable in model.variables if id(variable) not in known]
