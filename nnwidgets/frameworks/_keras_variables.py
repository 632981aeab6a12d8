"""The whole state of a Keras model and its optimizer, taken and put back in place.

Every `keras.Variable` stays the same object: layers, optimizer and running ``fit`` keep pointing at what trains. So a
change of shape exchanges the backend's variable inside it, and the traced functions are made anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import keras
import numpy as np

#: Attributes of a layer that tell how large it is.
SIZES: Final = ("units", "filters", "input_spec", "_build_shapes_dict")


def number_of(value: Any) -> Any:
    """Return a variable or a tensor as a numpy array of its own."""
    return np.array(keras.ops.convert_to_numpy(value))


def set_value(variable: Any, value: Any) -> None:
    """Give a variable another value, of any shape, keeping the object.

    Parameters
    ----------
    variable
        A `keras.Variable`.
    value
        An array.
    """
    if tuple(variable.shape) == np.shape(value):
        variable.assign(value)
        return
    backend = keras.backend.backend()
    array = np.asarray(value, dtype=variable.dtype)
    variable._shape, variable._ndim = array.shape, array.ndim
    if backend == "torch":
        import torch

        from nnwidgets.frameworks._torch_state import set_data

        parameter = variable._value
        with torch.no_grad():
            set_data(parameter, torch.from_numpy(array).to(parameter.device))
    elif backend == "tensorflow":
        import tensorflow as tf

        with tf.init_scope(), tf.device(variable._value.device):
            variable._value = None
            variable._initialize(tf.convert_to_tensor(array))
    else:
        variable._value = None
        variable._initialize(keras.ops.convert_to_tensor(array))


def retrace(model: Any, optimizer: Any = None) -> None:
    """Have what Keras traced made anew, and the optimizer find its variables again."""
    if optimizer is not None and optimizer.built:
        known = optimizer._trainable_variables
        optimizer._trainable_variables_indices = {optimizer._var_key(v): i for i, v in enumerate(known)}
    model.predict_function = None
    if getattr(model, "compiled", False):
        if model.train_function is not None:
            model.make_train_function(force=True)
        if model.test_function is not None:
            model.make_test_function(force=True)


class KerasState:
    """A copy of everything that makes a training go on as it would have.

    Parameters
    ----------
    model, optimizer
        What is trained; the optimizer may be None.
    """

    def __init__(self, model: Any, optimizer: Any = None) -> None:
        self._model, self._optimizer = model, optimizer
        variables = {
            id(v): v for v in (*model.variables, *(optimizer.variables if optimizer is not None else ()))
        }
        self._values = [(v, number_of(v)) for v in variables.values()]
        self._settings = [(layer, _settings(layer)) for layer in model._flatten_layers()]

    @property
    def nbytes(self) -> int:
        """Bytes that this copy takes."""
        return int(sum(value.nbytes for _, value in self._values))

    @property
    def values(self) -> list[tuple[Any, Any]]:
        """Every variable with a copy of its value."""
        return self._values

    def restore(self) -> None:
        """Put everything back into the same objects. May be called more than once."""
        reshaped = False
        for variable, value in self._values:
            reshaped = reshaped or tuple(variable.shape) != value.shape
            set_value(variable, value)
        for layer, settings in self._settings:
            for name, value in settings.items():
                object.__setattr__(layer, name, value)
        if reshaped:
            retrace(self._model, self._optimizer)


def all_or_nothing(model: Any, optimizer: Any, change: Callable[[], Any]) -> Any:
    """Make a change; where anything goes wrong, put everything back and let the error go on."""
    before = KerasState(model, optimizer)
    try:
        return change()
    except BaseException:
        before.restore()
        raise


def _settings(layer: Any) -> dict[str, Any]:
    """Return the settings of a layer that tell how large it is."""
    return {name: getattr(layer, name) for name in SIZES if hasattr(layer, name)}
