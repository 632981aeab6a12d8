"""Keras: going back to a snapshot within ``fit`` and afterwards, on both backends, value for value.

A Keras process takes seconds to start, so one program makes many observations, and the tests read them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.frameworks.programs import result_on
from tests.frameworks.test_keras_steering import BACKENDS, SETUP

PROGRAM = (
    SETUP
    + """
result = {}
def batches(run): return run.history["train/loss"].points().value.tolist()
def state(model): return [number(v).copy() for v in (*model.weights, *model.optimizer.variables)]
def same(one, other): return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
def val(model): return float(model.evaluate(x[:64], y[:64], batch_size=64, verbose=0)[0])

# In the running fit: the state before the ninth batch, the first of the second epoch, is gone back to at the 33rd.
plain, _, _ = fit(made(0.3), {}, epochs=6)
back, _, _ = fit(made(0.3), {9: put("snapshot", "second epoch"), 33: lambda: run()._steering.submit(
    "restore", [s.number for s in run().snapshots if s.label == "second epoch"][0], "panel") and None}, epochs=6)
result["loop"] = {"plain": batches(plain), "back": batches(back), "ledger": ledger(back)}

# Afterwards, and in a file.
class Keep(keras.callbacks.Callback):
    def on_train_begin(self, logs=None): self.states, self.losses = [], []
    def on_epoch_end(self, epoch, logs): self.states.append(state(self.model)); self.losses.append(logs["val_loss"])

def kept_fit(acts=None, store=False, epochs=8, rate=0.05, decay=None):
    model = made(0.3, keras.optimizers.AdamW(rate, weight_decay=0.004))
    keep = Keep()
    callback = nnw.KerasCallback(show=False, store=store)
    run_of["callback"] = callback
    model.fit(x[:64], rng.integers(0, 2, 64), validation_data=(x[64:], y[64:]), batch_size=32, epochs=epochs,
              shuffle=False, verbose=0, callbacks=[keep, At(acts or {}), callback])
    return model, keep, callback.run

model, keep, run_ = kept_fit(store="store")
best = int(np.argmin(keep.losses))
command = run_.snapshots.best.restore()
result["after"] = {"best": best, "value": run_.snapshots.best.value, "losses": keep.losses,
                   "same": same(keep.states[best], state(model)), "applied": command.outcome.applied}
other = made(0.3, keras.optimizers.AdamW(0.5))
other.optimizer.build(other.trainable_variables)
stored = nnw.load(run_.id, store="store").snapshots.best
stored.restore(other)
result["file"] = {"same": same(keep.states[best], state(other)), "on disk": stored.path is not None}
try:
    stored.restore(keras.Sequential([layers.Input((12,)), layers.Dense(3)]))
except ValueError as error:
    result["file"]["other"] = str(error)

# Stopped in the seventh epoch, with the best state.
model, keep, run_ = kept_fit({13: lambda: run().stop(restore="best") and None}, epochs=100)
best = int(np.argmin(keep.losses[:6]))
result["stop"] = {"same": same(keep.states[best], state(model)), "text": run_.interventions[-1].text,
                  "status": run_.status, "epochs": len(keep.losses), "best": best}

# Stopped by itself.
def alone():
    model = made(0.0, keras.optimizers.Adam(0.02))
    keep = Keep()
    labels = np.random.default_rng(0).integers(0, 2, 256)
    callback = nnw.KerasCallback(show=False, store=False, stop_on_divergence=True)
    model.fit(x[:64], labels[:64], validation_data=(x[64:], labels[64:]), batch_size=16, epochs=80, shuffle=False,
              verbose=0, callbacks=[keep, callback])
    return model, keep, callback.run
model, keep, run_ = alone()
_, again, _ = alone()
result["alone"] = {"epochs": len(keep.losses), "again": keep.losses == again.losses,
                   "same": same(keep.states[int(np.argmin(keep.losses))], state(model)), "status": run_.status,
                   "flag": run_.divergence.text if run_.divergence else None}

# A branch.
decays = []
look = lambda: decays.append(model_.optimizer.weight_decay)
model_ = made(0.3, keras.optimizers.AdamW(0.01, weight_decay=0.004))
branched, _, _ = fit(model_, {17: put("branch", {"weight_decay": 0.2}), 18: look,
                                19: put("undo", None), 20: look}, epochs=3)
dropped, _, _ = fit(made(0.3), {17: put("branch", {"dropout": 0.7})}, epochs=3)
result["branch"] = {"decays": decays, "ledger": ledger(branched), "dropped": ledger(dropped)}
"""
)


@pytest.fixture(params=BACKENDS)
def seen(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return result_on(request.param, PROGRAM, tmp_path)


def test_going_back_in_a_running_fit_repeats_every_value(seen: Any) -> None:
    plain, back = seen["loop"]["plain"], seen["loop"]["back"]
    assert back[:32] == plain[:32]
    assert back[32:] == plain[8:24]
    assert all(applied for _, applied, *_ in seen["loop"]["ledger"])
    assert "the loader goes on where it is" in seen["loop"]["ledger"][-1][5]


def test_after_the_fit_the_best_state_comes_back_at_once(seen: Any) -> None:
    after = seen["after"]
    assert after["applied"]
    assert after["same"]
    assert after["value"] == after["losses"][after["best"]]


def test_a_file_holds_weights_and_optimizer(seen: Any) -> None:
    assert seen["file"]["on disk"]
    assert seen["file"]["same"]
    assert "another model" in seen["file"]["other"]
    assert "Nothing was changed" in seen["file"]["other"]


def test_stop_ends_with_the_best_state(seen: Any) -> None:
    stop = seen["stop"]
    assert stop["status"] == "finished"
    assert stop["epochs"] <= 7
    assert stop["same"]
    assert stop["text"] == f"stopped, back at best, epoch {stop['best'] + 1}"


def test_a_run_that_memorises_stops_by_itself(seen: Any) -> None:
    alone = seen["alone"]
    assert alone["epochs"] < 40
    assert alone["again"]
    assert alone["same"]
    assert alone["status"] == "finished"
    assert "has risen" in alone["flag"]


def test_a_branch_changes_one_thing_and_can_be_undone(seen: Any) -> None:
    assert seen["branch"]["decays"] == pytest.approx([0.2, 0.004])
    first, second = seen["branch"]["ledger"]
    assert first[2].startswith("branch from best, epoch ")
    assert first[2].endswith(": weight decay 0.004 → 0.2")
    assert second[2].startswith("undone: branch")
    assert "dropout 0.3 → 0.7" in seen["branch"]["dropped"][0][2]
    assert np.isfinite(seen["after"]["losses"]).all()


EDGES = (
    SETUP
    + """
result = {}
def batches(run): return run.history["train/loss"].points().value.tolist()
def back(label): return lambda: run()._steering.submit(
    "restore", [s.number for s in run().snapshots if s.label.startswith(label)][-1], "panel") and None

class Noise(layers.Layer):
    "Draws from Keras's own generator, in validations as well."
    def call(self, inputs): return inputs + 0.1 * keras.random.normal(keras.ops.shape(inputs))

class Weights(keras.callbacks.Callback):
    def on_train_begin(self, logs=None): self.seen = []
    def on_train_batch_end(self, batch, logs=None):
        self.seen.append([number(v).copy() for v in self.model.trainable_variables])
def same(one, other): return len(one) == len(other) and all(
    np.array_equal(a, b) for state, twin in zip(one, other) for a, b in zip(state, twin))

class Scores(keras.callbacks.Callback):
    "Puts validations of its own choice into the logs, before they are recorded."
    def __init__(self, values): super().__init__(); self.values = values
    def on_epoch_end(self, epoch, logs): logs["val_loss"] = self.values[epoch]

def small(optimizer, *inner):
    keras.utils.set_random_seed(4)
    model = keras.Sequential([layers.Input((12,)), layers.Dense(8, activation="relu"),
                              *(make() for make in inner), layers.Dense(2)])
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model

def watched(model, acts=None, epochs=4, before=(), after=(), data=None, start=None):
    callback, weights = nnw.KerasCallback(show=False, store=False), Weights()
    run_of["callback"] = callback
    begins = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: start and start())
    xs, ys = data or (x[:64], y[:64])
    model.fit(xs, ys, validation_data=(x[64:128], y[64:128]), batch_size=16, epochs=epochs, shuffle=False, verbose=0,
              callbacks=[At(acts or {}), weights, *before, callback, *after, begins])
    return weights.seen, callback.run

adam = lambda: keras.optimizers.Adam(0.01)
plain, plain_run = watched(small(adam(), Noise))
again, _ = watched(small(adam(), Noise), {6: put("snapshot", "here"), 14: back("here")})
result["noise"] = {"again": same(again[13:16], plain[5:8]), "first": same(again[:13], plain[:13])}
asked, asked_run = watched(small(adam(), Noise), {6: put("evaluate", None), 8: put("weight_decay", 0.0)})
result["watched"] = {"same": same(asked, plain), "ledger": ledger(asked_run)}

for name, make in {"momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9), "accumulator": lambda:
                   keras.optimizers.Adagrad(0.05), "nadam": lambda: keras.optimizers.Nadam(0.01)}.items():
    model = small(make(), Noise)
    seen, _ = watched(model, {9: back("start")}, start=lambda: run().snapshots.take("start"))
    result[name] = {"again": same(seen[8:16], seen[:8]), "iterations": int(number(model.optimizer.iterations))}

# A schedule of the person's, which is stepped after the best state was kept, and before the next batch.
rates = [0.01, 0.02, 0.03, 0.04]
schedule = lambda: [keras.callbacks.LearningRateScheduler(lambda epoch: rates[epoch])]
scores = lambda: [Scores([0.5, 0.3, 0.6, 0.7])]
drop = lambda: layers.Dropout(0.3)
plain, _ = watched(small(adam(), drop), before=scores(), after=schedule())
again, again_run = watched(small(adam(), drop), {13: back("best")}, before=scores(), after=schedule())
result["schedule"] = {"again": same(again, plain[:12] + plain[8:12]), "ledger": ledger(again_run)}

# All batches are alike, so that what follows is the same wherever in an epoch it is gone back.
alike = np.tile(x[:16], (4, 1)), np.tile(y[:16], 4)
_, plain_run = watched(small(adam()), data=alike)
_, again_run = watched(small(adam()), {4: put("snapshot", "here"), 15: back("here")}, data=alike)
result["phase"] = {"plain": batches(plain_run), "again": batches(again_run)}

# Stopped within the validation of the fourth epoch.
class InValidation(keras.callbacks.Callback):
    def on_train_begin(self, logs=None): self.states = []
    def on_test_batch_begin(self, batch, logs=None):
        if len(self.states) == 3 and batch == 1: run().stop(restore="best")
    def on_epoch_end(self, epoch, logs): self.states.append([number(v).copy() for v in self.model.trainable_variables])
model, checks = small(adam()), InValidation()
_, stopped = watched(model, epochs=8, before=[checks, Scores([0.5, 0.3, 0.6, 0.7])])
final = [number(v) for v in model.trainable_variables]
result["stopped"] = {"final": [i for i, state in enumerate(checks.states) if same([state], [final])],
                     "ledger": ledger(stopped), "status": stopped.status}

try:
    unmade = nnw.watch(keras.Sequential([layers.Dense(2)]), show=False, store=False)
    unmade.snapshots.take()
    result["unmade"] = ledger(unmade)
finally:
    unmade.finish()
"""
)


@pytest.fixture(params=BACKENDS)
def edges(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return result_on(request.param, EDGES, tmp_path)


def test_noise_without_a_seed_of_its_own_is_repeated(edges: Any) -> None:
    assert edges["noise"] == {"first": True, "again": True}


def test_measuring_draws_nothing_from_the_training(edges: Any) -> None:
    assert [applied for _, applied, *_ in edges["watched"]["ledger"]] == [True, True]
    assert edges["watched"]["same"]


@pytest.mark.parametrize("optimizer", ["momentum", "accumulator", "nadam"])
def test_before_the_first_step_an_optimizer_has_no_moments(edges: Any, optimizer: str) -> None:
    assert edges[optimizer] == {"again": True, "iterations": 8}


def test_what_is_scheduled_between_two_epochs_belongs_to_the_best(edges: Any) -> None:
    assert edges["schedule"]["ledger"][0][:2] == ["restore", True]
    assert edges["schedule"]["again"]


def test_losses_of_batches_are_right_wherever_in_an_epoch_one_goes_back(edges: Any) -> None:
    plain, again = edges["phase"]["plain"], edges["phase"]["again"]
    assert again[:14] == plain[:14]
    assert again[14:] == pytest.approx(plain[3:5], rel=1e-5)


def test_a_stop_within_a_validation_ends_with_the_best_after_it(edges: Any) -> None:
    assert edges["stopped"]["final"] == [1]
    assert edges["stopped"]["status"] == "finished"
    assert edges["stopped"]["ledger"][0][2] == "stopped, to go back to snapshot 'best' when it ends"


def test_a_model_without_weights_says_why_it_cannot_be_kept(edges: Any) -> None:
    assert "no weights yet" in edges["unmade"][0][4]
