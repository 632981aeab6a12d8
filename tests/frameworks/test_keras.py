"""The Keras callback says about a fit what PyTorch's loop says about its own: batches, epochs, validations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import nnwidgets as nnw
from tests.frameworks.programs import result_of, run_program

SETUP = """
import numpy as np, keras, nnwidgets as nnw
keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)
x = rng.normal(size=(80, 6)).astype("float32"); y = rng.integers(0, 2, 80)

def made(rate=0.0, metrics=("accuracy",), **compiled):
    model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(8, activation="relu"),
                              keras.layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy", metrics=list(metrics), **compiled)
    return model

def told(run):
    return {"status": run.status, "step": run.steps, "epoch": run.progress.epoch,
            "series": {name: [s.points().step.tolist(), s.points().value.tolist()] for name, s in run.history.items()},
            "epochs": run.history.epochs.at(np.arange(run.steps + 1)).tolist(), "error": run.error}
"""


BOTH = {
    "batches": """
model = made()
callback = nnw.KerasCallback()
model.fit(x[:64], y[:64], validation_data=(x[64:], y[64:]), batch_size=16, epochs=2, shuffle=False, verbose=0,
          callbacks=[callback])
# With a rate of 0 the weights stay, so that every batch can be asked again.
batches = [model.evaluate(x[i:i + 16], y[i:i + 16], verbose=0) for i in range(0, 64, 16)]
said = told(callback.run) | {"batches": batches, "val": model.evaluate(x[64:], y[64:], verbose=0),
                             "again": told(nnw.load(callback.run.id))["series"]}
""",
    "many fits": """
model = made()
callback = nnw.KerasCallback()
ids = []
for _ in range(2):
    model.fit(x, y, epochs=1, verbose=0, callbacks=[callback])
    ids.append(callback.run.id)
said = {"ids": len(set(ids)), "stored": len({info.id for info in nnw.runs()} & set(ids)), "status": callback.run.status}
""",
    "no means": """
model = made(metrics=[keras.metrics.AUC(name="auc")])
callback = nnw.KerasCallback()
model.fit(x, y, epochs=3, batch_size=16, verbose=0, callbacks=[callback])
said = told(callback.run)
""",
    "rate": """
model = made(rate=0.5)
callback = nnw.KerasCallback()
model.fit(x, y, epochs=3, batch_size=16, verbose=0,
          callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2), callback])
said = told(callback.run)
""",
    "early stopping": """
model = made()
callback = nnw.KerasCallback()
model.fit(x, y, epochs=9, verbose=0, callbacks=[callback, keras.callbacks.EarlyStopping("loss", min_delta=1.0)])
said = told(callback.run)
""",
    "initial epoch": """
model = made()
callback = nnw.KerasCallback()
model.fit(x, y, initial_epoch=3, epochs=5, batch_size=40, verbose=0, callbacks=[callback])
said = told(callback.run)
""",
}

TENSORFLOW = {
    "executions": """
model = made(steps_per_execution=2)
callback = nnw.KerasCallback()
model.fit(x, y, epochs=2, batch_size=16, verbose=0, shuffle=False, callbacks=[callback])
said = told(callback.run) | {"whole": model.evaluate(x, y, verbose=0)[0]}
""",
    "own loop": """
import tensorflow as tf
model, optimizer = made(), keras.optimizers.SGD(0.1)
data = tf.data.Dataset.from_tensor_slices((x, y[:, None].astype("float32"))).batch(16)
run = nnw.watch(model, optimizer)
for epoch in run.epochs(2):
    for a, b in run.train(data):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(b, model(a, training=True)))
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        run.log(loss=loss)
    for a, b in run.validate(data):
        run.log(loss=tf.reduce_mean(keras.losses.binary_crossentropy(b, model(a))))
said = told(run)
""",
}

FAILING = (
    SETUP
    + """
class Broken(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            raise ZeroDivisionError("on purpose")
made().fit(x, y, epochs=2, batch_size=16, verbose=0, callbacks=[nnw.KerasCallback(), Broken()])
"""
)


def said_by(cases: dict[str, str], backend: str, home: Path) -> Any:
    """Run all cases in one process: starting a backend takes longer than every fit here."""
    program = "".join(f"{code}\nresult[{name!r}] = said\n" for name, code in cases.items())
    return result_of(f"{SETUP}\nresult = {{}}\n{program}", home, KERAS_BACKEND=backend)


@pytest.fixture(scope="module", params=["tensorflow", "torch"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def both(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return said_by(BOTH, backend, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def tensorflow(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return said_by(TENSORFLOW, "tensorflow", tmp_path_factory.mktemp("home"))


def test_a_fit_is_recorded_batch_by_batch(both: Any) -> None:
    said = both["batches"]
    assert (said["status"], said["step"], said["epoch"]) == ("finished", 8, 2)
    steps, losses = said["series"]["train/loss"]
    assert steps == [1, 2, 3, 4, 5, 6, 7, 8]
    assert losses == pytest.approx([loss for loss, _ in said["batches"]] * 2, rel=1e-4)
    assert said["series"]["train/accuracy"][1] == pytest.approx([a for _, a in said["batches"]] * 2, rel=1e-4)
    assert said["series"]["val/loss"][0] == [4, 8]
    assert said["series"]["val/loss"][1] == pytest.approx([said["val"][0]] * 2, rel=1e-4)
    assert said["epochs"][::4] == [0.0, 1.0, 2.0]
    assert said["again"] == said["series"]


def test_one_callback_serves_many_fits_each_a_run_of_its_own(both: Any) -> None:
    assert both["many fits"] == {"ids": 2, "stored": 2, "status": "finished"}


def test_metrics_that_are_no_means_are_recorded_once_an_epoch(both: Any) -> None:
    series = both["no means"]["series"]
    assert series["train/auc"][0] == [5, 10, 15]
    assert len(series["train/loss"][0]) == 15


def test_the_learning_rate_is_recorded_as_it_changes(both: Any) -> None:
    series = both["rate"]["series"]
    assert series["lr"][1] == [0.25, 0.25, 0.125, 0.125, 0.0625]
    assert set(series) == {"train/loss", "train/accuracy", "lr"}


def test_early_stopping_ends_the_run_where_the_fit_ends(both: Any) -> None:
    assert both["early stopping"]["status"] == "finished"
    assert both["early stopping"]["epoch"] == 2


def test_epochs_are_counted_from_initial_epoch(both: Any) -> None:
    assert both["initial epoch"]["epoch"] == 5
    assert both["initial epoch"]["epochs"][2:] == [4.0, 4.5, 5.0]


def test_a_fit_that_fails_is_closed_as_failed_when_the_script_ends(tmp_path: Path, backend: str) -> None:
    done = run_program(FAILING, tmp_path, KERAS_BACKEND=backend)
    assert "on purpose" in done.stderr
    info = nnw.runs(tmp_path)[0]
    assert info.status == "failed"
    run = nnw.load(info.id, tmp_path)
    assert run.error == "ZeroDivisionError: on purpose"
    assert run.history["train/loss"].count >= 2


def test_several_steps_in_one_execution_are_counted_all(tensorflow: Any) -> None:
    said = tensorflow["executions"]
    assert said["step"] == 10
    assert said["series"]["train/loss"][0] == [2, 4, 5, 7, 9, 10]
    first = said["series"]["train/loss"][1][:3]
    assert (2 * first[0] + 2 * first[1] + first[2]) / 5 == pytest.approx(said["whole"], rel=1e-4)


def test_a_loop_of_ones_own_is_watched_through_the_model(tensorflow: Any) -> None:
    said = tensorflow["own loop"]
    assert said["step"] == 10
    assert said["series"]["val/loss"][0] == [5, 10]
    assert said["series"]["lr"][1] == pytest.approx([0.1])
