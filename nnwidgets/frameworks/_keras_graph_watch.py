"""Takes the graph of a Keras model that is trained: at once where it can be had, else after its first call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras

from nnwidgets.frameworks._keras_fit import Fit
from nnwidgets.frameworks._keras_graph import graph_in_training
from nnwidgets.frameworks._keras_graph_calls import array_of
from nnwidgets.graph import Graph


class GraphWatch:
    """Waits until the shapes of a model's inputs are known. Used on the training thread.

    The model's own functions are not traced anew. Nothing is computed for it, unless the model depends on its data and
    those of the fit are known.

    Parameters
    ----------
    model
        What is trained.
    fit
        The fit that goes on, which has training data, or None.
    arrived
        Called once with the graph.
    failed
        Told what went wrong between two steps.
    """

    def __init__(
        self,
        model: Any,
        fit: Fit | None,
        arrived: Callable[[Graph], object],
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        self._model, self._arrived, self._failed = model, arrived, failed
        self._called_with: tuple[tuple[Any, ...], dict[str, Any]] | None = None
        batch = fit.batch() if fit is not None else None
        if batch is not None:
            self._called_with = (batch[0],), {}
        self.waits = True

    def begin(self) -> None:
        """Look at once; if that is too early, note what the model is called with."""
        self.look()
        if self.waits and self._called_with is None:
            self._note_next_call()

    def look(self) -> None:
        """Look between two steps."""
        if not self.waits:
            return
        graph = graph_in_training(self._model, self._called_with)
        if graph is not None:
            self.close()
            self._arrived(graph)

    def look_again(self) -> None:
        """Look once more, where it may have become possible; what goes wrong ends the waiting."""
        if self._called_with is None or not self._model.built:
            return
        try:
            self.look()
        except Exception as error:  # noqa: BLE001 — this stands between the steps of a person's training
            if self._failed is not None:
                self._failed(error)
        self.close()

    def close(self) -> None:
        """Wait no more."""
        self.waits = False
        call = vars(self._model).get("call")
        if getattr(call, "_of_nnwidgets", None) is self:
            del vars(self._model)["call"]

    def _note_next_call(self) -> None:
        original = self._model.call
        if "call" in vars(self._model):  # somebody else has put something there
            return

        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            vars(self._model).pop("call", None)
            self._called_with = keras.tree.map_structure(_specification, (args, kwargs))
            return original(*args, **kwargs)

        call._of_nnwidgets = self  # type: ignore[attr-defined]  # so that only our own is removed
        vars(self._model)["call"] = call


def _specification(value: Any) -> Any:
    if not hasattr(value, "shape") or not hasattr(value, "dtype"):
        return value
    return keras.KerasTensor(array_of(value).shape, dtype=keras.backend.standardize_dtype(value.dtype))
