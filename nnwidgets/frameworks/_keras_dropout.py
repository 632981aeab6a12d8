"""Dropout of a Keras model, changed while it trains.

TensorFlow traces a training step once and then never looks at ``layer.rate`` again. So at its first change a layer gets
its rate from a variable: one more trace, and every later change is in force from the next batch. The PyTorch backend
looks in every call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import keras

from nnwidgets._changes import Change
from nnwidgets._control_offers import has_dropout, no_activation, no_dropout, no_layer
from nnwidgets._i18n import t
from nnwidgets.frameworks._keras_variables import retrace

#: Activations after which dropout makes no sense: they end a network, or are none.
_NOT_AFTER: Final = ("linear", "softmax", "log_softmax")
_ACTIVATION_LAYERS: Final = (
    keras.layers.Activation, keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.PReLU, keras.layers.ELU,
)  # fmt: skip


class KerasDropout:
    """Reads, sets and inserts dropout. Used between two batches.

    Parameters
    ----------
    model
        The model.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._inserted: dict[str, Inserted] = {}
        self._live: dict[int, Live] = {}

    def rates(self) -> dict[str, float]:
        """Return the rate of every dropout layer, by name."""
        return {name: float(layer.rate) for name, layer in self._layers().items()}

    def offer(self) -> list[str]:
        """Return the layers after which dropout could be inserted."""
        last = self._model.layers[-1:] if getattr(self._model, "layers", None) else []
        return [layer.name for layer in self._all() if layer not in last and _activates(layer)]

    def set(self, to: float | Mapping[str, float]) -> Change:
        """Set the rate of every layer, or of some by name.

        Raises
        ------
        RefusedError
            Where there is no such layer, or none at all.
        """
        layers = self._layers()
        if not layers:
            raise no_dropout(self.offer())
        wanted = dict(to) if isinstance(to, Mapping) else dict.fromkeys(layers, to)
        for name in wanted:
            if name not in layers:
                raise no_layer(name, layers)
        old = {name: float(layers[name].rate) for name in wanted}
        if self._upgrade([layers[name] for name in wanted]):
            retrace(self._model)
        for name, rate in wanted.items():
            self._put(layers[name], rate)
        return Change(_one(old), _one(wanted), _text(old, wanted, whole=len(wanted) == len(layers)))

    def insert(self, rate: float, after: Sequence[str] | None) -> Change:
        """Insert dropout on the outputs of activations; no layer and no weight is added.

        Raises
        ------
        RefusedError
            Where there is dropout already, or no such activation.
        """
        if self._layers():
            raise has_dropout(self._layers())
        offer = self.offer()
        for name in after or ():
            if name not in offer:
                raise no_activation(name, offer)
        places = list(after or offer)
        if not places:
            raise no_dropout([])
        layers = {layer.name: layer for layer in self._all()}
        for name in places:
            self._inserted[f"after {name}"] = Inserted(layers[name], rate)
        retrace(self._model)
        shown = ", ".join(places[:3])
        if len(places) > 3:
            shown = t("{names} and {count} more", names=shown, count=len(places) - 3)
        return Change(0.0, rate, t("dropout {rate} inserted after {places}", rate=f"{rate:g}", places=shown))

    def snapshot(self) -> Callable[[], None]:
        """Copy rates and insertions; return what puts them back."""
        rates, inserted = self.rates(), dict(self._inserted)

        def restore() -> None:
            gone = [layer for name, layer in self._inserted.items() if name not in inserted]
            back = [layer for name, layer in inserted.items() if name not in self._inserted]
            for layer in gone:
                layer.remove()
            for layer in back:
                layer.add()
            self._inserted = dict(inserted)
            layers = self._layers()
            for name, rate in rates.items():
                self._put(layers[name], rate)
            if gone or back:
                retrace(self._model)

        return restore

    def _all(self) -> list[Any]:
        return list(self._model._flatten_layers(include_self=False, recursive=True))

    def _layers(self) -> dict[str, Any]:
        found = [layer for layer in self._all() if isinstance(layer, keras.layers.Dropout)]
        names = [layer.name for layer in found]
        # Nested models may use one name twice.
        named = {layer.name if names.count(layer.name) == 1 else layer.path: layer for layer in found}
        return {**named, **self._inserted}

    def _upgrade(self, layers: list[Any]) -> bool:
        """Have layers take their rate from a variable; return whether anything must be traced anew."""
        traced = False
        for layer in layers:
            if isinstance(layer, Inserted):
                continue
            if getattr(layer, "seed_generator", None) is None:  # built with rate 0
                _give(layer, "seed_generator", keras.random.SeedGenerator(layer.seed))
                traced = True
            if keras.backend.backend() == "tensorflow" and id(layer) not in self._live:
                self._live[id(layer)] = Live(layer)
                traced = True
        return traced

    def _put(self, layer: Any, rate: float) -> None:
        if isinstance(layer, Inserted):
            layer.put(rate)
            return
        live = self._live.get(id(layer))
        if live is not None:
            live.rate.assign(rate)
        layer.rate = rate


class Live:
    """A dropout layer that takes its rate from a variable, with Keras's own random numbers.

    The variable belongs to nobody: the model's weights, and what is saved of it, stay as they are.
    """

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.rate = keras.Variable(float(layer.rate), trainable=False, dtype="float32", name="rate")
        object.__setattr__(layer, "call", self._call)

    def _call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        shape = getattr(self.layer, "_get_noise_shape", None)
        noise = shape(inputs) if shape is not None else self.layer.noise_shape
        return drop(inputs, self.rate, noise, self.layer.seed_generator)


class Inserted:
    """Dropout on the output of one layer."""

    def __init__(self, layer: Any, rate: float) -> None:
        self._layer = layer
        self.rate = rate
        self._variable = keras.Variable(rate, trainable=False, dtype="float32", name="rate")
        self._seeds = keras.random.SeedGenerator()
        self._plain = layer.call
        self._has_own = "call" in vars(layer)
        self.add()

    def add(self) -> None:
        """Begin."""
        object.__setattr__(self._layer, "call", self._call)

    def remove(self) -> None:
        """End."""
        if self._has_own:
            object.__setattr__(self._layer, "call", self._plain)
        else:
            object.__delattr__(self._layer, "call")

    def put(self, rate: float) -> None:
        """Set the rate."""
        self.rate = rate
        self._variable.assign(rate)

    def _call(self, *args: Any, **kwargs: Any) -> Any:
        output = self._plain(*args, **kwargs)
        return (
            drop(output, self._variable, None, self._seeds)
            if self._layer._get_call_context().training
            else output
        )


def drop(x: Any, rate: Any, noise_shape: Any, seeds: Any) -> Any:
    """Drop out at a rate that is a variable."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        shape = tf.shape(x) if noise_shape is None else _concrete(tf.shape(x), noise_shape)
        seed = tf.cast(seeds.next(), tf.int32)
        return tf.nn.experimental.stateless_dropout(
            x, rate=tf.cast(rate.value, x.dtype), noise_shape=shape, seed=seed
        )
    shape = keras.ops.shape(x)
    if noise_shape is not None:
        shape = tuple(n if wanted is None else wanted for n, wanted in zip(shape, noise_shape, strict=True))
    keep = keras.random.uniform(shape, dtype="float32", seed=seeds) >= rate
    share = keras.ops.cast(1.0 - rate, x.dtype)
    return keras.ops.where(keep, x / share, keras.ops.zeros_like(x))


def _concrete(shape: Any, wanted: Any) -> list[Any]:
    return [shape[i] if n is None else n for i, n in enumerate(wanted)]


def _give(layer: Any, name: str, value: Any) -> None:
    """Set what a built layer tracks."""
    layer._tracker.unlock()
    try:
        setattr(layer, name, value)
    finally:
        layer._tracker.lock()


def _activates(layer: Any) -> bool:
    if isinstance(layer, _ACTIVATION_LAYERS):
        return getattr(getattr(layer, "activation", None), "__name__", "") not in _NOT_AFTER
    name = getattr(getattr(layer, "activation", None), "__name__", "linear")
    return name not in _NOT_AFTER and not isinstance(layer, keras.layers.RNN)


def _one(rates: Mapping[str, float]) -> Any:
    return next(iter(rates.values())) if len(set(rates.values())) == 1 else dict(rates)


def _text(old: Mapping[str, float], new: Mapping[str, float], *, whole: bool) -> str:
    if len(set(old.values())) == 1 and len(set(new.values())) == 1:
        where = "" if whole else " of " + ", ".join(list(new)[:3])
        return f"dropout{where} {_one(old):g} → {_one(new):g}"
    return "dropout " + ", ".join(f"{name} {old[name]:g} → {rate:g}" for name, rate in list(new.items())[:3])
