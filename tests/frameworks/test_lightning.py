"""The Lightning callback, in real trainers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.frameworks.programs import result_of

SETUP = """
import warnings
warnings.filterwarnings("ignore")
import numpy as np, torch, lightning as L, nnwidgets as nnw
from torch.utils.data import DataLoader, TensorDataset
L.seed_everything(3, verbose=False)
x = torch.randn(80, 6); y = torch.randint(0, 2, (80,))
train = DataLoader(TensorDataset(x[:64], y[:64]), batch_size=16)
val = DataLoader(TensorDataset(x[64:], y[64:]), batch_size=12)

class Module(L.LightningModule):
    def __init__(self, fail_at=None, error=ZeroDivisionError("on purpose")):
        super().__init__()
        self.net = torch.nn.Linear(6, 2)
        self.losses, self.fail_at, self.error = [], fail_at, error
    def training_step(self, batch, i):
        if self.fail_at == len(self.losses):
            raise self.error
        loss = torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1])
        self.losses.append(loss.item())
        self.log("train_acc", (self.net(batch[0]).argmax(1) == batch[1]).float().mean())
        return loss
    def validation_step(self, batch, i):
        loss = torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1])
        self.log("val_loss", loss)
        self.log("accuracy", (self.net(batch[0]).argmax(1) == batch[1]).float().mean())
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

def fit(module, callback, epochs=2):
    trainer = L.Trainer(max_epochs=epochs, logger=False, enable_checkpointing=False, enable_progress_bar=False,
                        enable_model_summary=False, accelerator="cpu", callbacks=[callback])
    trainer.fit(module, train, val)
    return trainer

def told(run):
    return {"status": run.status, "step": run.steps, "epoch": run.progress.epoch, "epochs": run.progress.epochs,
            "series": {name: [s.points().step.tolist(), s.points().value.tolist()] for name, s in run.history.items()},
            "coordinates": run.history.epochs.at(np.arange(run.steps + 1)).tolist(), "error": run.error}
"""


def told(program: str, home: Path) -> Any:
    return result_of(SETUP + program, home)


def test_a_fit_is_recorded_batch_by_batch(tmp_path: Path) -> None:
    program = """
module, callback = Module(), nnw.LightningCallback()
trainer = fit(module, callback)
result = told(callback.run) | {"losses": module.losses, "val": float(trainer.callback_metrics["val_loss"])}
"""
    said = told(program, tmp_path)
    assert (said["status"], said["step"], said["epoch"], said["epochs"]) == ("finished", 8, 2, 2)
    assert said["series"]["train/loss"] == [[1, 2, 3, 4, 5, 6, 7, 8], pytest.approx(said["losses"], rel=1e-6)]
    assert said["series"]["val/loss"][0] == [4, 8]
    assert said["series"]["val/loss"][1][-1] == pytest.approx(said["val"])
    assert said["series"]["val/accuracy"][0] == [4, 8]
    assert said["series"]["lr"][1] == [0.1]
    assert "train/acc" in said["series"]
    assert said["coordinates"][::4] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        ("ZeroDivisionError('on purpose')", "failed", "ZeroDivisionError: on purpose"),
        ("KeyboardInterrupt()", "interrupted", None),
    ],
)
def test_an_exception_closes_the_run_and_keeps_its_curves(
    tmp_path: Path, error: str, status: str, reason: str | None
) -> None:
    program = f"""
module, callback = Module(fail_at=3, error={error}), nnw.LightningCallback()
try:
    fit(module, callback)
except (ZeroDivisionError, KeyboardInterrupt, SystemExit):
    pass
result = told(callback.run)
"""
    said = told(program, tmp_path)
    assert (said["status"], said["error"]) == (status, reason)
    assert len(said["series"]["train/loss"][0]) == 3


def test_one_callback_serves_many_fits(tmp_path: Path) -> None:
    program = """
callback = nnw.LightningCallback()
ids = []
for _ in range(2):
    fit(Module(), callback, epochs=1)
    ids.append(callback.run.id)
result = [len(set(ids)), len(nnw.runs()), callback.run.status]
"""
    assert told(program, tmp_path) == [2, 2, "finished"]


STEERING = """
class Net(Module):
    def __init__(self):
        super().__init__()
        layers = [torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Dropout(0.0), torch.nn.Linear(8, 2)]
        self.net = torch.nn.Sequential(*layers)
class Acts(L.Callback):
    def __init__(self, acts): self.acts, self.n = acts, 0
    def on_train_batch_end(self, trainer, module, *_):
        self.n += 1
        if self.n in self.acts: callback.run._steering.submit(*self.acts[self.n], "panel")
module, callback = Net(), nnw.LightningCallback(show=False, store=False)
acts = {1: ("learning_rate", 0.05), 2: ("dropout", 0.5), 3: ("size", 2.0), 4: ("device", "cpu"), 5: ("evaluate", None),
        6: ("undo", None), 9: ("stop", None)}
trainer = L.Trainer(max_epochs=50, logger=False, enable_checkpointing=False, enable_progress_bar=False,
                    enable_model_summary=False, accelerator="cpu", callbacks=[callback, Acts(acts)])
trainer.fit(module, train, val)
run = callback.run
result = told(run) | {"ledger": [[o.control, o.applied, o.text, o.step, o.reason] for o in run.interventions],
                      "width": module.net[0].out_features, "losses": [o.loss_after for o in run.interventions],
                      "size": run.interventions[2].facts}
"""


def test_lightning_is_steered_between_its_batches(tmp_path: Path) -> None:
    said = told(STEERING, tmp_path)
    ledger = said["ledger"]
    assert [entry[:4] for entry in ledger[:3]] == [
        ["learning_rate", True, "learning rate 0.1 → 0.05", 1],
        ["dropout", True, "dropout 0 → 0.5", 2],
        ["size", True, "size 1× → 2×", 3],
    ]
    assert "Lightning's Trainer keeps the device" in ledger[3][4]
    assert "Lightning's Trainer validates by its own plan" in ledger[4][4]
    assert [entry[:3] for entry in ledger[5:]] == [
        ["undo", True, "undone: size 1× → 2×"],
        ["stop", True, "stopped"],
    ]
    assert said["width"] == 8
    assert said["size"]["layers"] == {"0": [8, 16]}
    assert (said["status"], said["step"] < 20) == ("finished", True)
    assert said["losses"][2] is not None


def test_the_best_state_is_kept_and_comes_back(tmp_path: Path) -> None:
    program = """
class Worse(Module):
    def log(self, name, value):  # once it is stopped: Lightning validates after the step that it began
        super().log(name, value + (callback.run is not None and callback.run.stopping))
module = Worse()
kept, callback = [], nnw.LightningCallback(show=False, store=False)
class Keep(L.Callback):
    def on_validation_end(self, trainer, module):
        if not trainer.sanity_checking:
            kept.append([float(trainer.callback_metrics["val_loss"]), module.net.weight.detach().clone(),
                         module.training])
def fit_with(act, epochs):
    class Act(L.Callback):
        def on_train_batch_start(self, trainer, module, batch, i):
            act(trainer.global_step)
    trainer = L.Trainer(max_epochs=epochs, logger=False, enable_checkpointing=False, enable_progress_bar=False,
                        enable_model_summary=False, accelerator="cpu", callbacks=[Keep(), Act(), callback])
    trainer.fit(module, train, val)
modes = []
def act(step):
    modes.append(module.net.training)
    if step == 13:
        callback.run.stop(restore="best")
fit_with(act, 50)
best = min(range(len(kept)), key=lambda i: kept[i][0])
run = callback.run
result = {"same": torch.equal(kept[best][1], module.net.weight), "text": run.interventions[-1].text,
          "best": f"stopped, back at best, epoch {best + 1}",
          "value": run.snapshots.best.value, "lowest": kept[best][0], "status": run.status, "steps": run.steps,
          "modes": all(modes), "notices": [n.text for n in run.notices]}
"""
    seen = told(program, tmp_path)
    assert seen["notices"] == []
    assert seen["same"]
    assert seen["text"] == seen["best"]
    assert seen["status"] == "finished"
    assert seen["steps"] <= 16
    assert seen["modes"]
    assert seen["value"] == pytest.approx(seen["lowest"])


SNAPSHOTS = """
import os
from pathlib import Path
from nnwidgets import _snapshot_file
class Net(Module):
    def __init__(self, optimizers=1, vals=None):
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Dropout(0.3), torch.nn.Linear(8, 4))
        self.head, self.vals = torch.nn.Linear(4, 2), vals
        self.automatic_optimization = optimizers == 1
    def training_step(self, batch, i):
        loss = torch.nn.functional.cross_entropy(self.head(self.net(batch[0])), batch[1])
        if not self.automatic_optimization:
            for optimizer in self.optimizers(): optimizer.zero_grad()
            self.manual_backward(loss)
            for optimizer in self.optimizers(): optimizer.step()
        self.losses.append(loss.item())
        return loss
    def validation_step(self, batch, i):
        loss = torch.nn.functional.cross_entropy(self.head(self.net(batch[0])), batch[1])
        self.log("val_loss", loss if self.vals is None else torch.tensor(self.vals[self.current_epoch]))
    def configure_optimizers(self):
        if not self.automatic_optimization:
            return [torch.optim.Adam(self.net.parameters(), 0.01), torch.optim.Adam(self.head.parameters(), 0.02)]
        adam = torch.optim.Adam(self.parameters(), 0.01)
        return [adam], [torch.optim.lr_scheduler.ExponentialLR(adam, 0.8)]

class Watch(L.Callback):
    def __init__(self, acts, checks): self.acts, self.checks, self.n, self.states = acts, checks, 0, []
    def on_train_batch_end(self, trainer, module, *_):
        self.n += 1
        self.acts.get(self.n, lambda: None)()
    def on_validation_batch_end(self, trainer, module, outputs, batch, i, *_):
        if not trainer.sanity_checking: self.checks.get((len(self.states), i), lambda: None)()
    def on_validation_end(self, trainer, module):
        if not trainer.sanity_checking:
            dict(trainer.callback_metrics)  # as ModelCheckpoint and EarlyStopping do
            self.states.append({name: t.clone() for name, t in module.state_dict().items()})

runs = []
def run(): return runs[-1].run
def fit_net(module, acts=None, checks=None, epochs=4, stops=False, **options):
    torch.manual_seed(7)
    runs.append(nnw.LightningCallback(show=False, store=False, stop_on_divergence=stops))
    watch = Watch(acts or {}, checks or {})
    L.Trainer(max_epochs=epochs, logger=False, enable_checkpointing=False, enable_progress_bar=False,
              enable_model_summary=False, accelerator="cpu", callbacks=[runs[-1], watch], **options
              ).fit(module, train, val)
    return watch
def made(*args):
    torch.manual_seed(5)
    return Net(*args)
def final(module, watch):
    same = lambda state: all(torch.equal(t, state[name]) for name, t in module.state_dict().items())
    return [i for i, state in enumerate(watch.states) if same(state)]
def ledger(): return [[o.text, o.applied, o.note, o.reason] for o in run().interventions]
result = {}
def back(which): return lambda: run()._steering.submit("restore", which, "panel")
BEST = [0.5, 0.3, 0.6, 0.7]

for optimizers in (1, 2):
    plain, again = made(optimizers, BEST), made(optimizers, BEST)
    fit_net(plain)
    rates = run().history["lr"].points().value.tolist()
    points = run().history["val/loss"].points().step.tolist()
    fit_net(again, {12: back("best")})
    result[f"back {optimizers}"] = {"plain": plain.losses, "again": again.losses, "ledger": ledger(), "rates": rates,
                                    "rates again": run().history["lr"].points().value.tolist(), "points": points}
    mid, twice = made(optimizers, BEST), made(optimizers, BEST)
    fit_net(mid, val_check_interval=2, epochs=3)
    fit_net(twice, {10: back("last")}, val_check_interval=2, epochs=3)
    result[f"mid {optimizers}"] = {"plain": mid.losses, "again": twice.losses, "ledger": ledger()}

module = made(1, [1.0, 0.8, 0.6, 0.5] + [0.55 + 0.05 * i for i in range(60)])
watch = fit_net(module, stops=True, epochs=40)
result["alone"] = {"final": final(module, watch), "steps": run().steps, "flag": run().divergence.step,
                   "status": run().status, "ledger": ledger()}

module = made(1, BEST)
watch = fit_net(module, checks={(2, 0): lambda: run().stop(restore="best")})
result["checked"] = {"final": final(module, watch), "steps": run().steps, "ledger": ledger(),
                     "status": run().status}

module = made(2, BEST)
fit_net(module, {3: lambda: run()._steering.submit("size", 2.0, "panel"),
                 4: lambda: run()._steering.submit("learning_rate", 0.005, "panel")})
def state(): return [t.clone() for o in adapter._trainer.optimizers for e in o.state.values() for t in e.values()]
adapter = run()._adapter
path, before = Path(os.environ["NNWIDGETS_HOME"]) / "state.safetensors", state()
_snapshot_file.write(path, adapter.snapshot(on_host=True).contents(), {})
held = _snapshot_file.read(path)
rates = [o.param_groups[0]["lr"] for o in adapter._trainer.optimizers]
for optimizer in adapter._trainer.optimizers:
    optimizer.param_groups[0]["lr"] = 1.0
    for entry in optimizer.state.values():
        for t in entry.values(): t.zero_()
adapter.load(held)
result["file"] = {"same": all(map(torch.equal, before, state())), "ledger": ledger(),
                  "rates": rates, "loaded": [o.param_groups[0]["lr"] for o in adapter._trainer.optimizers]}
fit_net(made(1, BEST), epochs=1)
try:
    run()._adapter.load(held)
except ValueError as error:
    result["file"]["other"] = str(error)
"""

_seen: dict[str, Any] = {}


@pytest.fixture
def seen(tmp_path: Path) -> Any:
    if not _seen:
        _seen.update(told(SNAPSHOTS, tmp_path))
    return _seen


@pytest.mark.parametrize("optimizers", [1, 2])
def test_going_back_to_the_best_repeats_every_value(seen: Any, optimizers: int) -> None:
    back = seen[f"back {optimizers}"]
    assert back["again"][:12] == back["plain"][:12]
    assert back["again"][12:] == back["plain"][8:12]
    assert back["ledger"][0][:2] == ["back to best, epoch 2", True]


@pytest.mark.parametrize("optimizers", [1, 2])
def test_going_back_within_an_epoch_repeats_the_optimizers(seen: Any, optimizers: int) -> None:
    # The best one was kept in the middle of the second epoch, and is gone back to in the middle of the third.
    mid = seen[f"mid {optimizers}"]
    assert mid["again"][:10] == mid["plain"][:10]
    assert mid["again"][10:] == mid["plain"][6:8]
    assert mid["ledger"][0][:2] == ["back to best, epoch 1.5", True]


def test_a_schedule_goes_back_as_well(seen: Any) -> None:
    back = seen["back 1"]
    assert back["rates"] == pytest.approx([0.01, 0.01, 0.008, 0.008, 0.0064, 0.0064, 0.00512])


def test_a_validation_is_recorded_once_whoever_else_reads_it(seen: Any) -> None:
    assert seen["back 1"]["points"] == [4, 8, 12, 16]


def test_a_run_that_stops_by_itself_ends_with_its_best(seen: Any) -> None:
    alone = seen["alone"]
    assert alone["status"] == "finished"
    assert alone["final"] == [3]
    assert alone["steps"] == alone["flag"] + 1
    assert alone["ledger"][0][:2] == ["stopped, back at best, epoch 4", True]


def test_a_stop_within_a_validation_ends_with_the_best(seen: Any) -> None:
    checked = seen["checked"]
    assert checked["final"] == [1]
    assert checked["steps"] == 12
    assert checked["status"] == "finished"
    assert checked["ledger"][0][:2] == ["stopped, to go back to snapshot 'best' when it ends", True]


def test_every_optimizer_is_in_a_file(seen: Any) -> None:
    file = seen["file"]
    assert file["same"]
    assert file["rates"] == file["loaded"] == [0.005, 0.02]
    assert "2 optimizers, and this one has 1. Nothing was changed." in file["other"]


def test_with_several_optimizers_the_network_keeps_its_size(seen: Any) -> None:
    size, rate = seen["file"]["ledger"]
    assert not size[1]
    assert "This training has 2 optimizers" in size[3]
    assert "Of the first of 2 optimizers" in rate[2]
