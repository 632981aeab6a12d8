"""A person sees the flag rise while the cell runs, tries a remedy, and reads what came of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from scripts.laboratory import notebook
from tests.browser.lab import Lab

#: 96 samples whose labels are half chance: they can only be learnt by heart. It trains until it is stopped.
DATA = """
import numpy as np, nnwidgets as nnw, json
random = np.random.default_rng(0)
x = random.normal(size=(480, 20)).astype("float32")
y = ((x[:, 0] + random.normal(size=480)) > 0).astype("int64")
"""
TORCH = (
    DATA
    + """
import torch
from torch import nn
torch.manual_seed(0)
a, b = torch.tensor(x), torch.tensor(y)
model = nn.Sequential(nn.Linear(20, 128), nn.ReLU(), nn.Dropout(0.0), nn.Linear(128, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(a[:96], b[:96]), 16, shuffle=True)
run = nnw.watch(model, optimizer, name="learnt by heart")
for epoch in run.epochs(10_000_000):
    for i, j in run.train(data):
        loss = nn.functional.cross_entropy(model(i), j)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        run.log(loss=loss)
    for i, j in run.validate([(a[96:], b[96:])]):
        run.log(loss=nn.functional.cross_entropy(model(i), j))
"""
)
KERAS = (
    DATA
    + """
import os
os.environ["KERAS_BACKEND"], os.environ["TF_CPP_MIN_LOG_LEVEL"] = "{backend}", "3"
import keras
keras.utils.set_random_seed(0)
model = keras.Sequential([keras.layers.Input((20,)), keras.layers.Dense(128, "relu"), keras.layers.Dropout(0.0),
                          keras.layers.Dense(2)])
model.compile(keras.optimizers.Adam(5e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
callback = nnw.KerasCallback(name="learnt by heart")
model.fit(x[:96], y[:96], validation_data=(x[96:], y[96:]), batch_size=16, epochs=10_000_000, verbose=0,
          callbacks=[callback])
run = callback.run
"""
)
AFTER = """
print(json.dumps({"ledger": [[o.control, o.applied, o.text] for o in run.interventions], "status": run.status,
                  "raised": [f.text for f in run._keeper.flags.entries], "best": run.snapshots.best.value}))
"""
TRAININGS = {"torch": TORCH, "tensorflow fit": KERAS.format(backend="tensorflow")}


def flagged(lab: Lab, training: str) -> Locator:
    """Run a training until its flag is raised; return the flag."""
    lab.visit(notebook(lab.folder, "flagged", [training + AFTER]))
    lab.run(0, wait=False)
    flag = lab.panel().get_by_role("group", name="Divergence")
    expect(flag).to_contain_text("The validation loss has risen", timeout=90_000)
    return flag


def stopped(lab: Lab) -> Any:
    lab.panel().get_by_role("button", name="Stop").click()
    lab.wait_until_ran()
    return json.loads(lab.printed(0).splitlines()[-1])


@pytest.mark.parametrize("training", TRAININGS)
def test_a_branch_from_the_flag_while_the_cell_runs(lab: Lab, training: str) -> None:
    flag = flagged(lab, TRAININGS[training])
    expect(flag).to_contain_text("epochs since its best at epoch")
    expect(flag).to_contain_text("while the training loss fell")
    choice = flag.get_by_label("What to change in the branch")
    expect(choice.locator("option").first).to_have_text("dropout 0.5")
    flag.get_by_role("button", name="Branch from the best with").click()
    expect(flag.locator(".nnw-answer")).to_contain_text("dropout 0 → 0.5, applied at step")
    expect(flag).to_contain_text("the untouched run had")
    expect(flag).to_contain_text("validations; the untouched run had")
    expect(lab.panel().locator(".nnw-legend", has_text="untouched").first).to_be_visible()
    assert lab.is_running
    after = stopped(lab)
    assert [[control, applied] for control, applied, _ in after["ledger"]] == [
        ["branch", True],
        ["stop", True],
    ]
    assert after["status"] == "finished"
    assert after["raised"]


def test_back_to_the_best_while_the_cell_runs_and_the_help(lab: Lab) -> None:
    flag = flagged(lab, TORCH)
    lab.panel().get_by_role("button", name="Pause").click()
    expect(lab.panel().get_by_role("status")).to_have_text("paused")
    # It may stand in a validation, where nothing is changed; after a single step it stands in training.
    lab.panel().get_by_role("button", name="Step", exact=True).click()
    expect(lab.panel().locator(".nnw-answer").first).to_contain_text("one step")
    best = flag.get_by_role("button", name="Go back to the best")
    best.focus()
    lab.page.keyboard.press("Enter")
    expect(flag.locator(".nnw-answer")).to_contain_text("back to best, epoch")
    flag.get_by_text("What does this mean?").click()
    expect(flag).to_contain_text("A gap between the two losses is normal")
    lab.panel().get_by_role("tab", name="Events").click()
    events = lab.panel().get_by_role("tabpanel", name="Events")
    expect(events).to_contain_text("The validation loss has risen")
    expect(events).to_contain_text("is taken back: the run was changed")
    expect(events).to_contain_text("back to best, epoch")
    lab.panel().get_by_role("tab", name="Curves").click()
    lab.panel().get_by_role("button", name="Snapshot").click()
    expect(lab.panel().locator(".nnw-answer").first).to_contain_text("snapshot: step")
    after = stopped(lab)
    assert [entry[0] for entry in after["ledger"]] == ["pause", "step", "restore", "snapshot", "stop"]
    assert all(applied for _, applied, _ in after["ledger"])


def test_keys_in_the_panel_are_the_panels(lab: Lab) -> None:
    """Of JupyterLab's own, two of them would delete the cell, and an arrow would leave it."""
    flag = flagged(lab, TORCH)
    cells = lab.page.locator(".jp-Notebook .jp-Cell")
    flag.get_by_role("button", name="Branch from the best with").focus()
    for key in "dda":
        lab.page.keyboard.press(key)
    expect(cells).to_have_count(1)
    choice = flag.get_by_label("What to change in the branch")
    choice.focus()
    lab.page.keyboard.press("ArrowDown")
    expect(choice).to_have_value("half the size")
    expect(choice).to_be_focused()
    lab.page.keyboard.press("d")
    lab.page.keyboard.press("d")
    expect(cells).to_have_count(1)
    stopped(lab)


def test_back_to_a_snapshot_from_the_list_and_to_the_best_after_the_end(lab: Lab) -> None:
    flag = flagged(lab, TORCH)
    lab.panel().get_by_role("button", name="Snapshot").click()
    snapshots = lab.panel().locator("[data-control=restore]")
    snapshots.get_by_text("Earlier ones").click()
    snapshots.get_by_role("button", name="Go back to step").first.click()
    expect(snapshots).to_contain_text("back to step")
    after = stopped(lab)
    assert [(control, applied) for control, applied, _ in after["ledger"]] == [
        ("snapshot", True),
        ("restore", True),
        ("stop", True),
    ]
    snapshots.get_by_role("button", name="Go back to best").click()
    expect(flag.locator(".nnw-answer").or_(snapshots)).to_contain_text(["back to best, epoch"] * 2)
    # The way to the end is kept as well.
    expect(snapshots.get_by_role("button", name="Go back to end, epoch")).to_be_visible()
