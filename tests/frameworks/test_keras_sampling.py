"""What is measured of a Keras model in training: right numbers, and a fit that knows nothing of it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.frameworks.programs import result_on

BACKENDS = ["tensorflow", "torch"]

PROGRAM = """
import math, random
import numpy as np, keras
import nnwidgets as nnw
import nnwidgets._sampling as sampling
from nnwidgets._sampling_plan import Plan

backend = keras.backend.backend()
rng = np.random.default_rng(7)
x = rng.normal(size=(128, 8, 8, 1)).astype("float32"); y = rng.integers(0, 3, 128)
sampling.Plan = lambda: Plan(every_step=True)


class Own(keras.layers.Layer):
    def __init__(self):
        super().__init__(name="own")
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")
    def call(self, x):
        self.count.assign(self.count + 1)
        return x * 2


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.body = keras.Sequential([keras.layers.Dense(8, activation="relu", name="fc"), Own()], name="body")
        self.lstm = keras.layers.LSTM(4, name="lstm")
        self.head = keras.layers.Dense(3, name="head")
    def call(self, x, training=False):
        return self.head(self.lstm(self.body(x[:, :, :, 0])))


def sequential():
    return keras.Sequential([
        keras.layers.Input((8, 8, 1)), keras.layers.Conv2D(8, 3, activation="relu", name="conv"),
        keras.layers.BatchNormalization(name="bn"), keras.layers.Flatten(name="flat"),
        keras.layers.Dropout(0.4, name="drop"), keras.layers.Dense(3, name="head", activity_regularizer="l2"),
    ])


def fit(build, statistics, data=None, callbacks=()):
    keras.utils.set_random_seed(7)
    model = build()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-2, clipnorm=1.0), loss, metrics=["accuracy"])
    watcher = nnw.KerasCallback(store=False, show=False, statistics=statistics)
    arguments = dict(x=x, y=y, validation_split=0.25, batch_size=32) if data is None else data
    history = model.fit(**arguments, epochs=2, verbose=0, callbacks=[watcher, *callbacks])
    numbers = [value for values in history.history.values() for value in values]
    numbers += [float(w) for layer in model.get_weights() for w in np.ravel(layer)]
    numbers += [random.random(), float(np.random.rand()), float(keras.random.uniform(()))]
    return model, watcher.run, numbers


def series(run, key, statistic):
    return run.history.layers.series(key, statistic)[1].tolist()


result = {}
for build in (sequential, Subclassed):
    plain, bare, numbers = fit(build, False)
    model, run, watched = fit(build, True)
    layers = run.history.layers
    result[build.__name__] = {
        "equal": numbers == watched,
        "count": len(numbers),
        "bare": len(bare.history.layers),
        "steps": layers.steps.tolist(),
        "modules": list(layers.layout.modules),
        "parameters": list(layers.layout.parameters),
        "nodes": [node.path for node in run.graph.nodes] if run.graph else [],
        "std": {key: series(run, key, "std") for key in layers.layout.modules},
        "dead": {key: len(series(run, key, "dead")) for key in layers.layout.modules},
        "grad": {key: series(run, key, "grad") for key in layers.layout.parameters},
        "update": {key: series(run, key, "update") for key in layers.layout.parameters},
        "weight": {key: series(run, key, "weight")[-1] for key in layers.layout.parameters},
        "norms": {v.path.split("/", 1)[-1]: float(np.linalg.norm(v.numpy() if backend == "tensorflow"
                  else v.value.detach().numpy())) for v in model.trainable_variables},
        "notes": list(layers.notes),
        "notices": [notice.text for notice in run.notices],
        "left": [layer.name for layer in model._flatten_layers() if "call" in vars(layer)],
        "inbound": sum(len(layer._inbound_nodes) for layer in model._flatten_layers()),
        "bare inbound": sum(len(layer._inbound_nodes) for layer in plain._flatten_layers()),
        "cost": run._cost.in_training,
    }

if backend == "tensorflow":
    import tensorflow as tf
    model, run, _ = fit(sequential, True, dict(x=tf.data.Dataset.from_tensor_slices((x, y)).batch(32)))
    result["dataset"] = {"notes": list(run.history.layers.notes), "notices": [n.text for n in run.notices],
                         "mean": len(series(run, "conv", "mean")), "update": len(series(run, "conv.kernel", "update"))}
    counts = []
    class Counted(keras.Sequential):
        def train_step(self, data):  # Python comes here only to trace it
            counts[-1] += 1
            return super().train_step(data)
    for statistics in (False, True):
        counts.append(0)
        fit(lambda: Counted(sequential().layers), statistics)
    result["traces"] = counts


class Stops(keras.layers.Layer):
    armed = False
    def call(self, x):
        if self.armed:
            raise KeyboardInterrupt
        return x

def stopping():
    return keras.Sequential([keras.layers.Input((8, 8, 1)), keras.layers.Flatten(), Stops(name="stops"),
                             keras.layers.Dense(3, name="head")])

class Arms(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        Stops.armed = batch == 1
        self.held = self.model

arms = Arms()
try:
    fit(stopping, True, callbacks=[arms])
    result["interrupted"] = False
except KeyboardInterrupt:
    result["interrupted"] = True
result["left"] = [layer.name for layer in arms.held._flatten_layers() if "call" in vars(layer)]
Stops.armed = False

def keeps_its_own_call():
    # As that of dropout that was inserted after the layer.
    model = sequential()
    conv = model.get_layer("conv")
    plain = conv.call
    own = lambda *args, **kwargs: plain(*args, **kwargs)
    object.__setattr__(conv, "call", own)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    watcher = nnw.KerasCallback(store=False, show=False)
    model.fit(x, y, verbose=0, callbacks=[watcher])
    return [len(watcher.run.history.layers) > 0, vars(conv).get("call") is own]


result["own call"] = keeps_its_own_call()

result["outputs"] = []
for statistics in (False, True):
    keras.utils.set_random_seed(7)
    entry = keras.layers.Input((64,))
    heads = {"one": keras.layers.Dense(3, name="one"), "two": keras.layers.Dense(1, name="two")}
    model = keras.Model(entry, {name: head(entry) for name, head in heads.items()})
    model.compile("sgd", {"one": keras.losses.SparseCategoricalCrossentropy(from_logits=True), "two": "mse"})
    watcher = nnw.KerasCallback(store=False, show=False, statistics=statistics)
    flat = x.reshape(-1, 64)
    history = model.fit(flat, {"one": y, "two": flat[:, :1]}, verbose=0, callbacks=[watcher])
    result["outputs"].append(history.history)

from nnwidgets.frameworks._keras_sampler import KerasSampler
hidden = KerasSampler(model, None)
hidden._backend = "jax"
hidden.begin()
result["jax"] = [hidden.end() is None, hidden.notes]
keras.utils.set_random_seed(7)
model = keras.Sequential([keras.layers.Input((64,)), keras.layers.Dense(3, name="head")])
optimizer = keras.optimizers.SGD(0.1)
run = nnw.watch(model, optimizer, store=False, show=False)
for batch in run.train([(x[:32].reshape(32, 64), y[:32])] * 3):
    if backend == "tensorflow":
        with tf.GradientTape() as tape:
            loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(batch[1], model(batch[0]), True))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    else:
        model.zero_grad()
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(batch[1], model(batch[0]), True))
        loss.backward()
        import torch
        with torch.no_grad():
            optimizer.apply([v.value.grad for v in model.trainable_variables], model.trainable_variables)
    run.log(loss=float(loss))
run.finish()
result["own loop"] = {"update": series(run, "head.kernel", "update"), "grad": series(run, "head.kernel", "grad"),
                      "mean": series(run, "head", "mean"), "notes": list(run.history.layers.notes),
                      "notices": [notice.text for notice in run.notices]}
"""


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def result(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return result_on(backend, PROGRAM, tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("build", ["sequential", "Subclassed"])
def test_a_fit_that_is_sampled_in_every_step_is_bit_equal(result: Any, build: str) -> None:
    found = result[build]
    assert found["count"] > 50
    assert found["equal"]
    assert found["notices"] == []
    assert found["bare"] == 0
    assert found["left"] == []
    assert found["inbound"] == found["bare inbound"]
    assert found["cost"] > 0


def test_each_layer_and_each_variable_is_measured(result: Any) -> None:
    found = result["sequential"]
    assert found["steps"] == list(range(1, 7))
    assert found["modules"] == ["conv", "bn", "flat", "drop", "head"]
    assert found["parameters"] == [
        "conv.kernel", "conv.bias", "bn.gamma", "bn.beta", "head.kernel", "head.bias",
    ]  # fmt: skip
    assert set(found["modules"]) <= set(found["nodes"])
    assert all(len(values) == 6 and min(values) > 0 for values in found["std"].values())
    assert found["dead"] == {"conv": 6, "bn": 0, "flat": 0, "drop": 0, "head": 0}
    for what in ("grad", "update"):
        assert all(len(values) == 6 and min(values) > 0 for values in found[what].values())
    assert found["weight"]["head.kernel"] == pytest.approx(found["norms"]["head/kernel"], rel=1e-5)
    assert all(math.isfinite(value) for value in found["weight"].values())


def test_layers_of_a_subclassed_model_are_found_by_their_nested_names(result: Any) -> None:
    found = result["Subclassed"]
    assert found["modules"] == ["body.fc", "body.own", "lstm", "head"]
    assert {"body.fc.kernel", "lstm.lstm_cell.kernel", "head.bias"} <= set(found["parameters"])
    assert all(len(values) >= 5 for values in found["std"].values())


def test_it_is_said_where_the_numbers_come_from(result: Any, backend: str) -> None:
    (note,) = result["sequential"]["notes"]
    assert ("Activations and gradients are" in note) == (backend == "tensorflow")
    assert "first 32 training samples in inference mode" in note


def test_data_that_is_used_up_is_left_alone(result: Any, backend: str) -> None:
    if backend == "tensorflow":
        found = result["dataset"]
        assert ["no sample can be taken" in note for note in found["notes"]] == [True]
        assert (found["notices"], found["mean"], found["update"]) == ([], 0, 8)


def test_nothing_is_traced_anew(result: Any, backend: str) -> None:
    if backend == "tensorflow":
        assert result["traces"][0] == result["traces"][1] > 0


def test_an_interrupt_leaves_no_layer_watched(result: Any) -> None:
    assert result["interrupted"] is True
    assert result["left"] == []


def test_a_layer_keeps_a_call_of_its_own(result: Any) -> None:
    assert result["own call"] == [True, True]


def test_in_a_loop_of_ones_own_updates_are_measured(result: Any, backend: str) -> None:
    found = result["own loop"]
    assert found["notices"] == []
    assert len(found["update"]) == 3
    assert min(found["update"]) > 0
    assert len(found["grad"]) == (3 if backend == "torch" else 0)
    assert found["mean"] == []
    assert ["In a loop of one's own" in note for note in found["notes"]] == [True]


def test_the_losses_of_several_outputs_are_those_of_the_fit(result: Any) -> None:
    bare, sampled = result["outputs"]
    assert set(bare) == {"loss", "one_loss", "two_loss"}
    assert bare == sampled


def test_where_fit_keeps_everything_to_itself_that_is_said(result: Any) -> None:
    nothing, (note,) = result["jax"]
    assert nothing
    assert note.startswith("On the jax backend fit keeps weights and activations to itself")
