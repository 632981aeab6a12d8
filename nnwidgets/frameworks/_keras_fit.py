"""What can be learned from a running ``model.fit``: its validation data, and one batch of its training data.

Keras gives callbacks neither, but both stand in the frame of ``fit`` while it runs.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any, Final

import keras
import numpy as np

from nnwidgets._random import random_state
from nnwidgets.frameworks._keras_seeds import GlobalSeed
from nnwidgets.frameworks._keras_settings import seeds_of

_NAMES: Final = (
    "x", "y", "sample_weight", "batch_size", "val_x", "val_y", "val_sample_weight", "validation_batch_size",
    "validation_steps",
)  # fmt: skip
_BATCH: Final = 32


class Fit:
    """The data of one fit. Made in ``on_train_begin``, used between two batches.

    Parameters
    ----------
    model
        The model that is fitted.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._data = _arguments(model, sys._getframe(1))

    @property
    def validates(self) -> bool:
        """Whether the fit was given data to validate with, that can be gone through once more."""
        return _again(self._data.get("val_x"))

    def validate(self) -> dict[str, float]:
        """Evaluate the model on the fit's validation data; the training's own running metrics are put back."""
        data = self._data
        with untouched(self._model):
            logs: Mapping[str, Any] = self._model.evaluate(
                x=data["val_x"],
                y=data.get("val_y"),
                sample_weight=data.get("val_sample_weight"),
                batch_size=data.get("validation_batch_size") or data.get("batch_size"),
                steps=data.get("validation_steps"),
                verbose=0,
                return_dict=True,
            )
            return {f"val_{name}": float(value) for name, value in logs.items()}

    def batch(self) -> tuple[Any, Any, Any] | None:
        """Return the first samples, targets and weights of the training data, where these are arrays."""
        x, y, weight = (self._data.get(name) for name in ("x", "y", "sample_weight"))
        if not _arrays(x) or not (y is None or _arrays(y)) or not (weight is None or _arrays(weight)):
            return None
        n = self._data.get("batch_size") or _BATCH
        return _first(x, n), _first(y, n), _first(weight, n)

    def loss(self) -> float | None:
        """Return the loss on that batch in inference mode, changing nothing; None where it cannot be computed."""
        batch = self.batch()
        if batch is None:
            return None
        x, y, weight = batch
        try:
            with untouched(self._model):
                predicted = self._model(x, training=False)
                loss = self._model.compute_loss(
                    x=x, y=y, y_pred=predicted, sample_weight=weight, training=False
                )
                return float(keras.ops.convert_to_numpy(loss))
        except Exception:  # noqa: BLE001 — a loss of the person's own may need what only its fit has
            return None


@contextlib.contextmanager
def untouched(model: Any) -> Iterator[None]:
    """Evaluate without a trace: running metrics, modes and random states come back."""
    restore = random_state()
    seed, variables = GlobalSeed(), [*model.metrics_variables, *seeds_of(model)]
    values = [(variable, np.array(keras.ops.convert_to_numpy(variable))) for variable in variables]
    known = {id(metric) for metric in model.metrics}
    modes = [(m, m.training) for m in model.modules()] if keras.backend.backend() == "torch" else []
    try:
        with without_gradients():
            yield
    finally:
        for variable, value in values:
            variable.assign(value)
        for metric in model.metrics:  # the loss of each output has one, made with the first evaluation
            if id(metric) not in known:
                metric.reset_state()
        for module, training in modes:
            module.training = training
        seed.restore()
        restore()


@contextlib.contextmanager
def without_gradients() -> Iterator[None]:
    """Compute without a trace for gradients, where the backend keeps one of everything."""
    if keras.backend.backend() != "torch":
        yield
        return
    import torch

    with torch.no_grad():
        yield


def _arguments(model: Any, frame: FrameType | None) -> dict[str, Any]:
    while frame is not None:
        if frame.f_code.co_name == "fit" and frame.f_locals.get("self") is model:
            return {name: frame.f_locals.get(name) for name in _NAMES}
        frame = frame.f_back
    return {}


def _arrays(tree: Any) -> bool:
    """Whether this is one array, or several in tuples, lists and dicts."""
    parts = keras.tree.flatten(tree)
    return bool(parts) and all(len(getattr(part, "shape", None) or ()) > 0 for part in parts)


def _again(data: Any) -> bool:
    """Whether data can be gone through once more without using it up."""
    return data is not None and (_arrays(data) or hasattr(data, "__len__") or hasattr(data, "element_spec"))


def _first(tree: Any, n: int) -> Any:
    return None if tree is None else keras.tree.map_structure(lambda part: part[:n], tree)
