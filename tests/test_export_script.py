"""The plain script of a run trains the same model with the same changes at the same steps, without nnwidgets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TRAINING = """
import sys
import torch
import nnwidgets as nnw
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
x = torch.randn(160, 6)
y = (x.sum(1) > 0).long()
model = nn.Sequential(nn.Linear(6, 12), nn.ReLU(), {dropout}nn.Linear(12, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
scheduler = {scheduler}
loader = DataLoader(TensorDataset(x[:128], y[:128]), batch_size=16, shuffle=True)
held_out = DataLoader(TensorDataset(x[128:], y[128:]), batch_size=16)
ACTS = {acts}
run = nnw.watch(model, optimizer, name="to be written", show=False)
for epoch in run.epochs(5):
    for a, b in run.train(loader):
        loss = nn.functional.cross_entropy(model(a), b)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.log(loss=loss)
        if run.steps in ACTS:
            run._steering.post(*ACTS[run.steps])
    for a, b in run.validate(held_out):
        run.log(loss=nn.functional.cross_entropy(model(a), b))
    if scheduler is not None:
        scheduler.step()
run.flush()
points = run.history["train/loss"].points()
nnw.__version__
import json
__import__("pathlib").Path(sys.argv[1]).write_text(json.dumps([points.step.tolist(), points.value.tolist(),
                                                               [[o.text, o.applied] for o in run.interventions]]))
try:
    run.export_script(sys.argv[2])
except nnw.NnwidgetsError as error:
    print("REFUSED", error)
"""
NONE, DROPOUT = "None", "nn.Dropout(0.2), "
CASES: dict[str, tuple[str, str, dict[int, tuple[Any, ...]]]] = {
    "nothing": (DROPOUT, NONE, {}),
    "learning rate": (DROPOUT, NONE, {5: ("learning_rate", 1e-3), 20: ("learning_rate", "×2")}),
    "a schedule": (DROPOUT, "torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.7)", {13: ("learning_rate", "×0.5")}),
    "LambdaLR": (
        DROPOUT, "torch.optim.lr_scheduler.LambdaLR(optimizer, lambda e: 1 / (1 + e))",
        {13: ("learning_rate", 0.1), 22: ("undo",)},
    ),
    "dropout": (DROPOUT, NONE, {8: ("dropout", 0.6), 17: ("dropout", 0.0)}),
    "inserted dropout": ("", NONE, {4: ("insert_dropout", 0.5), 12: ("dropout", 0.1)}),
    "undo": (DROPOUT, NONE, {5: ("dropout", 0.7), 11: ("undo",), 14: ("learning_rate", 0.5), 20: ("undo",)}),
    "stop": (DROPOUT, NONE, {5: ("dropout", 0.7), 19: ("stop",)}),
    "refusals": (DROPOUT, NONE, {6: ("learning_rate", {9: 0.1}), 7: ("undo",)}),
}  # fmt: skip


def run_it(folder: Path, dropout: str, scheduler: str, acts: dict[int, tuple[Any, ...]]) -> tuple[Any, str]:
    (folder / "training.py").write_text(TRAINING.format(dropout=dropout, scheduler=scheduler, acts=acts))
    done = subprocess.run(
        [sys.executable, "training.py", "watched.json", "plain.py"], cwd=folder, capture_output=True, text=True,
        timeout=120, check=False, env={**__import__("os").environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads((folder / "watched.json").read_text()), done.stdout


@pytest.mark.parametrize("case", CASES)
def test_the_script_gives_the_same_curve_value_for_value(tmp_path: Path, case: str) -> None:
    (steps, values, interventions), said = run_it(tmp_path, *CASES[case])
    assert "REFUSED" not in said
    script = (tmp_path / "plain.py").read_text()
    assert "nnwidgets" not in script
    done = subprocess.run(
        [sys.executable, "-I", "plain.py", "plain.json"], cwd=tmp_path, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    curve = json.loads((tmp_path / "plain.json").read_text())
    assert [step for step, _ in curve] == steps
    assert [entry["loss"] for _, entry in curve] == values
    if case == "stop":
        assert steps[-1] == 19
    if case not in ("nothing", "refusals"):
        assert all(applied for _, applied in interventions)


def test_what_cannot_be_written_is_refused_by_step(tmp_path: Path) -> None:
    _, said = run_it(tmp_path, DROPOUT, NONE, {7: ("size", 2.0)})
    assert "REFUSED What was done at step 7 (size 1× → 2×) cannot be written as plain Python" in said
    assert not (tmp_path / "plain.py").exists()
