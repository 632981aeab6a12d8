"""Keras: going back to a snapshot within ``fit`` and afterwards, on both backends, value for value.

A Keras process takes seconds to start, so one program makes many observations, and the tests read them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.frameworks.programs import result_of
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

_seen: dict[str, Any] = {}


@pytest.fixture(params=BACKENDS)
def seen(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    backend = request.param
    if backend not in _seen:
        _seen[backend] = result_of(PROGRAM, tmp_path, KERAS_BACKEND=backend)
    return _seen[backend]


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
