"""Keras: what a file holds goes into a model and an optimizer that fit, and nothing of it into any other.

A Keras process takes seconds to start, so one program makes many observations, and the tests read them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.frameworks.programs import result_on
from tests.frameworks.test_keras_steering import BACKENDS, SETUP

PROGRAM = (
    SETUP
    + """
from nnwidgets._contents import Contents
from nnwidgets.frameworks._keras_steering import KerasSteering

def net(hidden=2, rate=0.3, optimizer=None, compiled=True, inputs=True, units=12):
    shape = [layers.Input((12,))] if inputs else []
    model = keras.Sequential([*shape, *(layers.Dense(units, activation="relu") for _ in range(hidden)),
                              layers.Dropout(rate), layers.Dense(2)])
    if compiled:
        model.compile(optimizer or keras.optimizers.Adam(1e-2),
                      keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
def held(model): return KerasSteering(model, getattr(model, "optimizer", None)).snapshot().contents()
def state(model):
    own = [number(v).tolist() for v in model.variables]
    optimizer = getattr(model, "optimizer", None)
    return [own, [number(v).tolist() for v in optimizer.variables] if optimizer is not None else None,
            [layer.rate for layer in model.layers if isinstance(layer, layers.Dropout)]]
def train(model, epochs=1):
    model.evaluate(x[:32], y[:32], verbose=0)  # builds the metrics, for which the first fit would draw from the seed
    keras.utils.set_random_seed(7)  # on PyTorch, dropout draws from the global state, which is no part of this
    return model.fit(x, y, batch_size=32, epochs=epochs, shuffle=False, verbose=0).history["loss"]
def tried(model, contents):
    before = state(model)
    try:
        KerasSteering(model, getattr(model, "optimizer", None)).load(contents)
    except ValueError as error:
        return {"said": f"{type(error).__name__}: {error}", "changed": state(model) != before}
    return {"said": None, "changed": state(model) != before}
def damaged(change):
    copy = Contents(dict(kept.arrays), {**kept.facts}, dict(kept.types))
    change(copy)
    fresh = net()
    fresh.optimizer.build(fresh.trainable_variables)
    return tried(fresh, copy)

result = {}
keras.utils.set_random_seed(3)
source = net()
train(source)
kept = held(source)
result["expected"] = train(source)

# A model that was made anew: its layers have other names, its optimizer no memory yet.
fresh = net(rate=0.1)
result["fresh"] = {**tried(fresh, kept), "rates": state(fresh)[2], "losses": train(fresh)}
built = net(optimizer=keras.optimizers.Adam(0.5))
built.optimizer.build(built.trainable_variables)
result["built"] = {**tried(built, kept), "losses": train(built)}
plain = net(compiled=False)
result["weights alone"] = tried(plain, kept)
result["same weights"] = all(np.array_equal(kept.arrays[name], number(v)) for name, v in zip(
    [f"model/{i}/{w.path}" for i, w in enumerate(source.weights)], plain.weights, strict=True))

result["refused"] = {
    "fewer layers": tried(net(1), kept), "more layers": tried(net(3), kept), "wider": tried(net(units=13), kept),
    "unbuilt": tried(net(inputs=False), kept),
    "no dropout": tried(keras.Sequential([layers.Input((12,)), *(layers.Dense(n, activation="relu") for n in (12, 12)),
                                          layers.Dense(2)]), kept),
    "sgd": tried(net(optimizer=keras.optimizers.SGD(0.1, momentum=0.9)), kept),
    "rmsprop": tried(net(optimizer=keras.optimizers.RMSprop(0.1, momentum=0.9)), kept),
    "no optimizer": tried(net(), held(net(compiled=False))),
}
untouched = net(1)
tried(untouched, kept)
result["still unbuilt"] = not untouched.optimizer.built
first, moment = "model/0/" + source.weights[0].path, [n for n in kept.arrays if n.startswith("optimizer/")][3]
result["damaged"] = {
    "type": damaged(lambda c: c.types.update({first: "float64"})),
    "no type": damaged(lambda c: c.types.update({first: "nn"})),
    "moment": damaged(lambda c: c.arrays.update({moment: np.zeros((2, 3), "float32")})),
    "moment gone": damaged(lambda c: c.arrays.pop(moment)),
    "place": damaged(lambda c: c.arrays.update({"model/x/y": np.zeros(2, "float32")})),
    "dropout": damaged(lambda c: c.facts.update(dropout={"a": "much"})),
    "dropouts": damaged(lambda c: c.facts.update(dropout=[1])),
    "framework": damaged(lambda c: c.facts.update(framework="torch")),
}

# What fails half-way changes nothing.
from nnwidgets.frameworks import _keras_contents
from nnwidgets.frameworks._keras_variables import set_value
half, seen = net(), []
half.optimizer.build(half.trainable_variables)
before = state(half)
def put(variable, value):
    seen.append(variable)
    if len(seen) == 3: raise RuntimeError("no memory is left")
    set_value(variable, value)
try:
    _keras_contents.load(half, half.optimizer, kept, put, lambda rates: None)
except ValueError as error:
    result["half"] = {"said": str(error), "changed": state(half) != before}
"""
)


@pytest.fixture(params=BACKENDS)
def seen(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return result_on(request.param, PROGRAM, tmp_path)


def test_a_model_made_anew_goes_on_as_if_nothing_had_been(seen: Any) -> None:
    assert seen["fresh"]["said"] is None
    assert seen["fresh"]["rates"] == [0.3]
    assert seen["fresh"]["losses"] == seen["expected"]
    assert seen["built"]["said"] is None
    assert seen["built"]["losses"] == seen["expected"]


def test_a_model_without_an_optimizer_gets_the_weights(seen: Any) -> None:
    assert seen["weights alone"]["said"] is None
    assert seen["same weights"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("fewer layers", "with 6 variables; this one has 4"),
        ("more layers", "with 6 variables; this one has 8"),
        ("wider", "another size"),
        ("unbuilt", "no weights yet"),
        ("no dropout", "one with 1 dropout layers, and this one has 0"),
        ("sgd", "what Adam knew, and this optimizer is SGD"),
        ("rmsprop", "what Adam knew, and this optimizer is RMSprop"),
        ("no optimizer", "holds no optimizer"),
    ],
)
def test_another_model_or_optimizer_is_left_alone(seen: Any, other: str, said: str) -> None:
    refused = seen["refused"][other]
    assert said in refused["said"]
    assert "Nothing was changed" in refused["said"]
    assert not refused["changed"]


def test_a_refusal_does_not_build_the_optimizer(seen: Any) -> None:
    assert seen["still unbuilt"]


def test_a_damaged_file_changes_nothing(seen: Any) -> None:
    for name, refused in seen["damaged"].items():
        assert refused["said"] is not None, name
        assert refused["said"].startswith("SnapshotError"), name
        assert "Nothing was changed" in refused["said"], name
        assert not refused["changed"], name


def test_what_fails_half_way_changes_nothing(seen: Any) -> None:
    assert "no memory is left" in seen["half"]["said"]
    assert not seen["half"]["changed"]
