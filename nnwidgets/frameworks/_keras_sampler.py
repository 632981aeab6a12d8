"""Measures one training step of a Keras model: what comes out of its layers, gradients and updates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import keras
import numpy as np

from nnwidgets._i18n import later, now, t
from nnwidgets.frameworks._keras_places import HostNumbers, Places
from nnwidgets.frameworks._keras_probe import norm, probe, sampled

if TYPE_CHECKING:
    from nnwidgets.frameworks._keras_fit import Fit

#: Elements of one variable that its norm and its update are computed of at most; of larger ones these are estimates.
_ELEMENTS: Final = 65_536

_HIDDEN: Final = later(
    "On the {backend} backend fit keeps weights and activations to itself while it runs: nothing is measured."
)
_OWN_LOOP: Final = later(
    "In a loop of one's own nobody knows what goes into the model: activations are not measured, only {what}."
)
_NO_ARRAYS: Final = later(
    "Activations are measured where fit is given its training data as arrays; of this data no sample can be taken "
    "without using it up."
)
_PROBED: Final = later(
    "Activations are those of the first {n} training samples in inference mode: fit hides those of its own batches."
)
_PROBED_BOTH: Final = later(
    "Activations and gradients are those of the first {n} training samples in inference mode: fit hides those of its "
    "own batches."
)
_FAILED: Final = later(
    "Activations are not measured: the model could not be called on some of its training data ({why})."
)
_MANY: Final = later("The model has more layers or variables than are measured; the first ones are.")


class KerasSampler:
    """See `nnwidgets._sampling.Sampler`.

    Updates are those of the training's own batch; with several steps in one execution, of all of them. On PyTorch
    gradients are those of the batch, before the optimizer clips them; on TensorFlow those of a few samples of the
    training data, as are all activations.

    Parameters
    ----------
    model
        The model that is trained.
    fit
        What is known of the running ``model.fit``; None in a loop of one's own.
    """

    def __init__(self, model: Any, fit: Fit | None) -> None:
        self.notes: list[str] = []
        self.spent = 0.0
        self._model, self._fit = model, fit
        self._backend = keras.backend.backend()
        self._numbers: HostNumbers | None = None
        self._places: Places | None = None
        self._before: list[Any] = []
        self._cannot_probe = False

    def begin(self) -> None:
        self.close()
        if self._backend not in ("tensorflow", "torch"):
            self._note(now(_HIDDEN, backend=self._backend))
            return
        if not getattr(self._model, "built", False):
            return
        places = Places(self._model)
        if places.left_out:
            self._note(now(_MANY))
        numbers = HostNumbers(places.layout)
        self._probe(places, numbers)
        self._before = self._weights(places)
        self._places, self._numbers = places, numbers

    def end(self) -> HostNumbers | None:
        places, numbers, before = self._places, self._numbers, self._before
        self.close()
        if places is None or numbers is None:
            return None
        after = self._weights(places)
        for (variable, place), old, new in zip(places.variables, before, after, strict=True):
            scale = math.sqrt(math.prod(variable.shape) / max(1, new.size))
            if old.shape == new.shape:
                with np.errstate(all="ignore"):
                    numbers.add(place + 1, norm(new - old) * scale)
            numbers.add(place + 2, norm(new) * scale)
        if self._backend == "torch":
            self._gradients(places, numbers)
        return numbers

    def close(self) -> None:
        self._places, self._numbers, self._before = None, None, []

    def _probe(self, places: Places, numbers: HostNumbers) -> None:
        if self._cannot_probe:
            return
        batch = None if self._fit is None else self._fit.batch()
        if batch is None:
            self._cannot_probe = True
            both = self._backend == "torch"
            what = t("gradients, updates and weights") if both else t("updates and weights")
            self._note(now(_OWN_LOOP, what=what) if self._fit is None else now(_NO_ARRAYS))
            return
        gradients = self._backend == "tensorflow" and batch[1] is not None
        try:
            probe(self._model, places, batch, numbers, gradients=gradients)
        except Exception as error:  # noqa: BLE001 — a model may need what only its fit has
            self._cannot_probe = True
            self._note(now(_FAILED, why=type(error).__name__))
            return
        n = min(32, len(keras.tree.flatten(batch[0])[0]))
        self._note(now(_PROBED_BOTH if gradients else _PROBED, n=n))

    def _weights(self, places: Places) -> list[Any]:
        """Return some elements of each variable, in single precision at least."""
        values = [
            sampled(keras.ops.stop_gradient(variable.value), _ELEMENTS) for variable, _ in places.variables
        ]
        return [value if value.dtype == np.float64 else value.astype(np.float32) for value in values]

    def _gradients(self, places: Places, numbers: HostNumbers) -> None:
        import torch

        from nnwidgets.frameworks._torch_numbers import measurable, norms

        found = [(variable.value.grad, place) for variable, place in places.variables]
        known = [(gradient, place) for gradient, place in found if measurable(gradient)]
        with torch.no_grad():
            for value, (_, place) in zip(norms([gradient for gradient, _ in known]), known, strict=True):
                numbers.add(place, float(value))

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
