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
module = Module()
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
          "value": run.snapshots.best.value, "lowest": kept[best][0], "status": run.status, "steps": run.steps,
          "modes": all(modes), "notices": [n.text for n in run.notices]}
"""
    seen = told(program, tmp_path)
    assert seen["notices"] == []
    assert seen["text"].startswith("stopped, back at best, epoch")
    assert seen["status"] == "finished"
    assert seen["steps"] <= 16
    assert seen["modes"]
    assert seen["value"] == pytest.approx(seen["lowest"])
