"""A person steers a training whose cell is still running: in JupyterLab and in Notebook 7, in every kind of loop."""

from __future__ import annotations

import json
import statistics
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from scripts.laboratory import notebook
from tests.browser.lab import Lab

#: Each trains until somebody stops it, and then says what became of the commands.
AFTER = """
import json
print("AFTER THE LOOP")
print(json.dumps([[o.control, o.applied, o.text, run.started.timestamp() + o.moment, o.delay, o.reason]
                  for o in run.interventions]))
"""
PYTHON = """
import nnwidgets as nnw
run = nnw.Run(name="by hand", controls={"learning_rate": 0.1, "dropout": 0.2})
w = 1.0
for epoch in run.epochs(10_000_000):
    for step in run.train(range(50)):
        for i in range(20_000):
            w += run.controls.learning_rate * 1e-9 if i == 0 else 0.0
        run.log(loss=1 / (1 + run.steps))
"""
TORCH = """
import torch, nnwidgets as nnw
from torch import nn
torch.manual_seed(0)
x = torch.randn(512, 16); y = (x.sum(1) > 0).long()
model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
batches = [(x[i:i + 32], y[i:i + 32]) for i in range(0, 448, 32)]
run = nnw.watch(model, optimizer, name="torch loop")
for epoch in run.epochs(10_000_000):
    for a, b in run.train(batches):
        loss = nn.functional.cross_entropy(model(a), b)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        run.log(loss=loss)
    for a, b in run.validate([(x[448:], y[448:])]):
        run.log(loss=nn.functional.cross_entropy(model(a), b))
"""
KERAS = """
import os
os.environ["KERAS_BACKEND"], os.environ["TF_CPP_MIN_LOG_LEVEL"] = "{backend}", "3"
import keras, numpy as np, nnwidgets as nnw
x = np.random.default_rng(0).normal(size=(512, 16)).astype("float32"); y = (x.sum(1) > 0).astype(int)
model = keras.Sequential([keras.layers.Input((16,)), keras.layers.Dense(64, "relu"), keras.layers.Dropout(0.2),
                          keras.layers.Dense(2)])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
callback = nnw.KerasCallback(name="keras fit")
history = model.fit(x, y, validation_split=0.1, epochs=10_000_000, verbose=0, callbacks=[callback])
run = callback.run
"""
TRAININGS = {
    "pure Python": PYTHON,
    "torch": TORCH,
    "tensorflow fit": KERAS.format(backend="tensorflow"),
    "torch fit": KERAS.format(backend="torch"),
}
#: Notes when each click was made, by the clock that the kernel has, too.
WATCH = """() => { window.clicks = [];
    document.addEventListener('click', e => window.clicks.push([Date.now(), e.target.textContent]), true); }"""


def begun(lab: Lab, cell: str, *, app: str = "lab/tree") -> Locator:
    """Run a training and return its panel once the curve is there."""
    lab.visit(notebook(lab.folder, "steered", [cell + AFTER]), app=app)
    lab.run(0, wait=False)
    expect(lab.value()).not_to_have_text("")
    expect(lab.panel().get_by_role("status")).to_have_text("running")
    return lab.panel()


def stopped(lab: Lab) -> list[list[Any]]:
    """Press Stop, and return what the cell says after its loop."""
    lab.panel().get_by_role("button", name="Stop").click()
    lab.wait_until_ran()
    after, ledger = lab.printed(0).splitlines()[-2:]
    assert after == "AFTER THE LOOP"
    expect(lab.panel().get_by_role("status")).to_have_text("finished")
    return list(json.loads(ledger))


def button(lab: Lab, name: str) -> Locator:
    return lab.panel().get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize("app", ["lab/tree", "notebooks"], ids=["lab", "nb7"])
@pytest.mark.parametrize("training", TRAININGS)
def test_clicks_are_obeyed_in_the_cell(lab: Lab, training: str, app: str) -> None:
    begun(lab, TRAININGS[training], app=app)
    lab.page.evaluate(WATCH)
    for _ in range(5):
        button(lab, "Pause").click()
        expect(lab.panel().get_by_role("status")).to_have_text("paused")
        button(lab, "Step").click()
        expect(lab.panel().locator(".nnw-answer").first).to_contain_text("one step")
        button(lab, "Resume").click()
        expect(lab.panel().get_by_role("status")).to_have_text("running")
    assert lab.is_running
    ledger = stopped(lab)
    clicks = lab.page.evaluate("() => window.clicks")
    assert [entry[0] for entry in ledger] == ["pause", "step", "resume"] * 5 + ["stop"]
    assert all(entry[1] for entry in ledger)
    waits = [1000 * entry[3] - click[0] for entry, click in zip(ledger, clicks, strict=True)]
    worst = max(waits)
    print(
        f"{training}, {app}: click → applied {statistics.median(waits):.0f} ms median, {worst:.0f} ms at worst"
    )
    assert worst < 5000


def test_every_control_of_the_panel_changes_the_training(lab: Lab) -> None:
    panel = begun(lab, TORCH)
    panel.get_by_role("slider", name="Dropout").press("End")
    expect(panel.locator("[data-control=dropout] .nnw-said")).to_contain_text("0.2 → 0.95, applied at step")
    exact = panel.get_by_label("Learning rate, exact value")
    exact.fill("×0.5")
    exact.press("Enter")
    expect(panel.locator("[data-control=learning_rate] .nnw-said")).to_contain_text(
        "0.001 → 0.0005, applied at step"
    )
    expect(exact).to_have_value("5e-4")
    panel.get_by_role("group", name="Size").get_by_role("button", name="2×").click()
    expect(panel.locator("[data-control=size] .nnw-said")).to_contain_text("1× → 2×, applied at step")
    expect(panel.locator("[data-control=size] .nnw-value")).to_have_text(
        f"{16 * 128 + 128 + 128 * 2 + 2:,} parameters"
    )
    panel.locator("[data-control=size] summary").click()
    expect(panel.get_by_label("Width of 0")).to_have_value("128")
    expect(panel.get_by_label("Device")).to_have_value("cpu")
    button(lab, "Evaluate now").click()
    expect(panel.locator(".nnw-answer").first).to_contain_text("validated, applied at step")
    button(lab, "Undo").click()
    expect(panel.locator("[data-control=size] .nnw-value")).to_have_text(
        f"{16 * 64 + 64 + 64 * 2 + 2:,} parameters"
    )
    assert lab.is_running
    panel.get_by_role("tab", name="Events").click()
    for words in ("dropout 0.2 → 0.95 · by panel", "size 1× → 2× · by panel", "undone: size 1× → 2×"):
        expect(panel.locator(".nnw-events")).to_contain_text(words)
    panel.get_by_role("tab", name="Curves").click()
    expect(panel.locator(".nnw-figure").first.get_by_text("dropout 0.2 → 0.95")).to_be_visible()
    assert [entry[0] for entry in stopped(lab)] == [
        "dropout",
        "learning_rate",
        "size",
        "evaluate",
        "undo",
        "stop",
    ]
    expect(panel.get_by_role("slider", name="Dropout")).to_be_disabled()


def test_what_cannot_be_is_refused_and_the_old_value_is_shown_again(lab: Lab) -> None:
    panel = begun(lab, TORCH)
    exact = panel.get_by_label("Learning rate, exact value")
    for wrong in ("-1", "NaN", "fast", "1e99"):
        exact.fill(wrong)
        exact.press("Enter")
        said = panel.locator("[data-control=learning_rate] .nnw-said")
        expect(said).to_have_attribute("data-kind", "refused")
        expect(said).to_contain_text("refused")
        expect(exact).to_have_value("1e-3")
    panel.locator("[data-control=size] summary").click()
    width = panel.get_by_label("Width of 0")
    width.fill("0")
    width.press("Enter")
    expect(panel.locator("[data-control=size] .nnw-said")).to_contain_text("from 1 to 65,536")
    assert lab.is_running
    ledger = stopped(lab)
    assert [entry[1] for entry in ledger] == [False] * 5 + [True]


def test_the_keyboard_does_what_the_buttons_do(lab: Lab) -> None:
    panel = begun(lab, PYTHON)
    button(lab, "Step").focus()
    for key, status in (("p", "paused"), ("p", "running"), ("n", "paused")):
        lab.page.keyboard.press(key)
        expect(panel.get_by_role("status")).to_have_text(status)
    lab.page.keyboard.press("x")
    lab.wait_until_ran()
    assert "AFTER THE LOOP" in lab.printed(0)


def test_the_interrupt_button_still_ends_a_paused_training(lab: Lab) -> None:
    begun(lab, TORCH)
    button(lab, "Pause").click()
    expect(lab.panel().get_by_role("status")).to_have_text("paused")
    lab.command("notebook:interrupt-kernel")
    lab.wait_until_ran()
    expect(lab.panel().get_by_role("status")).to_have_text("interrupted")
    assert "AFTER THE LOOP" not in lab.printed(0)


#: Sleeps as long as a step of a real network takes, for the processor is needed by the page as well.
BACKGROUND = """
import time, nnwidgets as nnw
run = nnw.Run(name="in the background", controls={"learning_rate": 0.1})
def train():
    for epoch in run.epochs(10_000_000):
        for step in run.train(range(20)):
            run.log(loss=1 / (1 + run.steps))
            time.sleep(0.002)
        if epoch == 3: print("printed in the background")
    print("the end of", run.name)
run.start(train)
print("the cell is over")
"""


def test_in_the_background_the_cell_is_over_and_the_training_can_be_steered(lab: Lab) -> None:
    lab.open(BACKGROUND, "print(run.status, 6 * 7)")
    lab.run(0)
    expect(lab.panel().get_by_role("status")).to_have_text("running")
    lab.run(1)
    assert lab.printed(1) == "running 42\n"
    button(lab, "Pause").click()
    expect(lab.panel().get_by_role("status")).to_have_text("paused")
    button(lab, "Resume").click()
    button(lab, "Stop").click()
    expect(lab.panel().get_by_role("status")).to_have_text("finished")
    expect(lab.page.locator(".jp-OutputArea").first).to_contain_text("the end of in the background")
    assert "printed in the background" in lab.printed(0)
    assert "background" not in lab.printed(1)
