"""The panel in a real JupyterLab: what the person sees while a cell trains, and after."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LONGEST, PATIENCE, Lab

TORCH = """
import torch, nnwidgets as nnw
from torch import nn
torch.manual_seed(0)
x = torch.randn(256, 8); y = (x.sum(1) > 0).long()
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
batches = [(x[i:i + 32], y[i:i + 32]) for i in range(0, 192, 32)]
run = nnw.watch(model, optimizer, name="torch run")
for epoch in run.epochs(30):
    for a, b in run.train(batches):
        loss = nn.functional.cross_entropy(model(a), b)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        run.log(loss=loss)
    for a, b in run.validate([(x[192:], y[192:])]):
        run.log(loss=nn.functional.cross_entropy(model(a), b))
"""
KERAS = """
import os
os.environ["KERAS_BACKEND"] = "torch"
import keras, numpy as np, nnwidgets as nnw
x = np.random.default_rng(0).normal(size=(256, 8)); y = (x.sum(1) > 0).astype(int)
model = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(2, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
callback = nnw.KerasCallback(name="keras run")
model.fit(x, y, validation_split=0.25, epochs=5, verbose=0, callbacks=[callback])
run = callback.run
"""
LIGHTNING = """
import warnings; warnings.filterwarnings("ignore")
import logging; logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
import torch, lightning as L, nnwidgets as nnw
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
x = torch.randn(256, 8); y = (x.sum(1) > 0).long()
class Module(L.LightningModule):
    def __init__(self):
        super().__init__(); self.net = nn.Linear(8, 2)
    def training_step(self, batch, i): return nn.functional.cross_entropy(self.net(batch[0]), batch[1])
    def validation_step(self, batch, i):
        self.log("val_loss", nn.functional.cross_entropy(self.net(batch[0]), batch[1]))
    def configure_optimizers(self): return torch.optim.Adam(self.parameters(), lr=1e-2)
callback = nnw.LightningCallback(name="lightning run")
L.Trainer(max_epochs=5, callbacks=[callback], logger=False, enable_checkpointing=False, enable_progress_bar=False,
          enable_model_summary=False, accelerator="cpu").fit(
    Module(), DataLoader(TensorDataset(x, y), batch_size=32), DataLoader(TensorDataset(x, y), batch_size=64))
run = callback.run
"""
NUMPY = """
import numpy as np, nnwidgets as nnw
rng = np.random.default_rng(0)
x = rng.normal(size=(256, 8)); y = x.sum(1)
w = np.zeros(8)
with nnw.Run(name="numpy run") as run:
    for epoch in run.epochs(40):
        error = x[:192] @ w - y[:192]
        w -= 0.05 * x[:192].T @ error / 192
        run.log(loss=(error ** 2).mean(), val_loss=((x[192:] @ w - y[192:]) ** 2).mean())
"""
LAST = """
from nnwidgets._metrics import number
print(number(run.history["train/loss"].last.value), number(run.history["val/loss"].last.value), run.step)
"""
#: Trains until the person has done something in the page, or for a minute.
UNTIL = """
import math, time, nnwidgets as nnw
run = nnw.Run(name="until")
panel = run.panel
for epoch in run.epochs(100_000):
    for batch in run.train(range(20)):
        run.log(loss=2 / (1 + run.step ** 0.5), accuracy=0.5)
        time.sleep(0.001)
    for batch in run.validate(range(2)):
        run.log(loss=1 / (1 + run.step ** 0.5))
    if {condition} or run.elapsed > 60:
        break
print("OBEYED" if run.elapsed < 60 else "NOT OBEYED", panel.view, panel.mode)
"""


@pytest.mark.parametrize(
    "training", [TORCH, KERAS, LIGHTNING, NUMPY], ids=["torch", "keras", "lightning", "numpy"]
)
def test_every_framework_has_the_panel_and_it_tells_the_truth(lab: Lab, training: str) -> None:
    lab.open(training, LAST)
    lab.run(0)
    panel = lab.panel()
    expect(panel.get_by_role("status")).to_have_text("finished")
    lab.run(1)
    train, val, step = lab.printed(1).split()
    legend = panel.locator(".nnw-legend").first
    expect(legend.locator(".nnw-item-train b")).to_have_text(train)
    expect(legend.locator(".nnw-item-val b")).to_have_text(val)
    expect(panel.locator(".nnw-facts")).to_contain_text(f"step\u00a0{int(step):,}")
    expect(panel.locator(".nnw-figure path.line").first).to_be_attached()
    expect(panel.locator(".nnw-saved")).to_have_text(f"saved to step {int(step):,}")


def test_the_curve_moves_while_the_cell_runs_and_clicks_are_obeyed_before_it_ends(lab: Lab) -> None:
    lab.open(
        UNTIL.format(condition="panel.view.x == 'time' and panel.view.log and panel.view.smoothing == 0")
    )
    lab.run(0, wait=False)
    panel = lab.panel()
    expect(panel.get_by_role("status")).to_have_text("running")
    seen = panel.locator(".nnw-facts").text_content()
    expect(panel.locator(".nnw-facts")).not_to_have_text(seen or "")
    expect(panel.locator(".nnw-chart")).to_have_count(2)
    panel.get_by_role("button", name="time").click()
    expect(panel.get_by_role("button", name="time")).to_have_attribute("aria-pressed", "true")
    assert lab.is_running
    panel.get_by_role("button", name="log").click()
    expect(panel.get_by_role("button", name="log")).to_have_attribute("aria-pressed", "true")
    panel.get_by_role("tab", name="Table").click()
    expect(panel.get_by_role("rowheader", name="train/loss")).to_be_visible()
    panel.get_by_role("tab", name="Curves").click()
    panel.get_by_label("Smoothing").press("Home")
    lab.wait_until_ran()
    assert lab.printed(0).startswith("OBEYED")


def test_the_path_of_the_curve_grows_while_the_cell_runs(lab: Lab) -> None:
    lab.open(UNTIL.format(condition="panel.mode == 'zoom'"))
    lab.run(0, wait=False)
    expect(lab.panel().locator(".nnw-item-train b").first).not_to_have_text("")
    first = lab.longest_line()
    lab.page.wait_for_function(f"first => ({LONGEST})() > first + 200", arg=first)
    assert lab.is_running
    lab.panel().get_by_role("button", name="Zoom").click()
    lab.wait_until_ran()
    assert lab.printed(0).startswith("OBEYED")


def test_a_region_dragged_with_the_mouse_is_zoomed_into_and_reset(lab: Lab) -> None:
    lab.open(TORCH)
    lab.run(0)
    panel = lab.panel()
    expect(panel.get_by_role("status")).to_have_text("finished")
    panel.get_by_role("button", name="Zoom").click()
    expect(panel.get_by_role("button", name="Zoom")).to_have_attribute("aria-pressed", "true")
    expect(panel.get_by_role("button", name="Reset")).to_be_disabled()
    panel.locator(".nnw-figure .overlay, .nnw-figure .brushintsel, .nnw-figure .selector").first.wait_for()
    box = panel.locator(".nnw-figure").first.bounding_box()
    assert box is not None
    mouse = lab.page.mouse
    mouse.move(box["x"] + 150, box["y"] + 60)
    mouse.down()
    mouse.move(box["x"] + 300, box["y"] + 160, steps=8)
    mouse.up()
    expect(panel.get_by_role("button", name="Reset")).to_be_enabled()
    panel.get_by_role("button", name="Reset").click()
    expect(panel.get_by_role("button", name="Reset")).to_be_disabled()


def test_a_panel_shown_twice_lives_twice(lab: Lab) -> None:
    lab.open(
        "import nnwidgets as nnw\nrun = nnw.Run(name='twice')",
        "run.panel",
        "run.log(loss=0.5)\nrun.log(loss=0.25)\nrun.finish()",
    )
    for cell in range(3):
        lab.run(cell)
    for place in (0, 1):
        expect(lab.panel(place).locator(".nnw-item-train b")).to_have_text("0.250")
        expect(lab.panel(place).get_by_role("status")).to_have_text("finished")


def test_running_a_cell_again_begins_a_new_run_beside_the_old_one(lab: Lab) -> None:
    lab.open(NUMPY, "print(len({info.id for info in nnw.runs() if info.name == 'numpy run'}))")
    lab.run(1 - 1)
    lab.run(0)
    expect(lab.panel().get_by_role("status")).to_have_text("finished")
    lab.panel().get_by_role("tab", name="Runs").click()
    box = lab.panel().get_by_role("checkbox").first
    box.check()
    expect(lab.panel().locator(".nnw-item-ghost").first).to_contain_text("numpy run")


def test_an_interrupt_keeps_the_curves(lab: Lab) -> None:
    lab.open(
        UNTIL.format(condition="False"),
        "print(run.status, run.history['train/loss'].count > 0, nnw.load(run.id).status)",
    )
    lab.run(0, wait=False)
    expect(lab.panel().locator(".nnw-item-train b").first).not_to_have_text("")
    lab.command("notebook:interrupt-kernel")
    expect(lab.panel().get_by_role("status")).to_have_text("interrupted")
    expect(lab.panel().locator(".nnw-figure path.line").first).to_be_attached()
    lab.run(1)
    assert lab.printed(1) == "interrupted True interrupted\n"


def test_an_exception_is_shown_with_its_reason(lab: Lab) -> None:
    lab.open(NUMPY.replace("run.log(loss", "1 / (epoch < 20)\n        run.log(loss"))
    lab.run(0)
    expect(lab.panel().get_by_role("status")).to_have_text("failed")
    expect(lab.panel().locator(".nnw-error")).to_have_text("ZeroDivisionError: division by zero")


def test_names_are_text_everywhere(lab: Lab) -> None:
    name = '<img src=x onerror="window.pwned=1">'
    evil = 'data-commandlinker-command="x"'
    lab.open(f"""
import nnwidgets as nnw
with nnw.Run(name={name!r}) as run:
    for i in range(5):
        run.log(**{{"loss": 1.0, {name!r}: 0.5, {evil!r}: 0.1, "val_" + {name!r}: 0.2}})
""")
    lab.run(0)
    panel = lab.panel()
    expect(panel.locator(".nnw-name")).to_have_text(name)
    panel.get_by_role("tab", name="Table").click()
    expect(panel.get_by_role("rowheader", name=f"train/{name}")).to_be_visible()
    panel.get_by_role("tab", name="Events").click()
    assert lab.page.evaluate("() => window.pwned") is None
    assert panel.locator("img").count() == 0
    assert lab.page.locator("[data-commandlinker-command]").count() == 0


def test_values_that_are_not_finite_are_gaps_and_counted(lab: Lab) -> None:
    lab.open("""
import nnwidgets as nnw
with nnw.Run(name="gaps") as run:
    for i in range(20):
        run.log(loss=float("nan") if i == 7 else float("inf") if i == 13 else 1.0 / (i + 1))
""")
    lab.run(0)
    panel = lab.panel()
    expect(panel.locator(".nnw-notfinite")).to_have_text("2 not finite")
    expect(panel.locator(".nnw-notice")).to_contain_text("first at step 8")
    pieces = lab.page.evaluate(
        """() => Math.max(...[...document.querySelectorAll('.nnw-figure path.line')]
             .map(p => (p.getAttribute('d')?.match(/M/g) ?? []).length))"""
    )
    assert pieces == 3


def test_the_theme_changes_colours_without_python(lab: Lab) -> None:
    lab.open(NUMPY)
    lab.run(0)
    expect(lab.panel().get_by_role("status")).to_have_text("finished")
    colours = """() => ['.nnw-panel', '.nnw-swatch-train'].map(s => {
      const style = getComputedStyle(document.querySelector(s)); return style.backgroundColor + style.stroke; })"""
    light = lab.page.evaluate(colours)
    lab.theme("JupyterLab Dark")
    dark = lab.page.evaluate(colours)
    assert all(one != other for one, other in zip(light, dark, strict=True))


@pytest.mark.parametrize("width", [320, 500, 900])
def test_nothing_runs_over_at_any_width(lab: Lab, width: int) -> None:
    lab.open(f"""
import ipywidgets, nnwidgets as nnw
run = nnw.Run(name="a rather long name for an experiment with many words in it", show=False)
display(ipywidgets.Box([run.panel], layout={{"width": "{width}px"}}))
for i in range(60):
    run.log(loss=1 / (i + 1), val_loss=1 / (i + 2), accuracy=float("nan") if i == 3 else 0.5)
run.finish()
""")
    lab.run(0)
    expect(lab.panel().get_by_role("status")).to_have_text("finished")
    expect(lab.panel().locator(".nnw-chart")).to_have_count(2)
    for tab in ("Curves", "Table", "Runs", "Events"):
        lab.panel().get_by_role("tab", name=tab).click()
        over = lab.page.evaluate(
            """() => { const panel = document.querySelector('.nnw-panel');
               const edge = panel.getBoundingClientRect().right;
               return [...panel.querySelectorAll('button, .nnw-name, .nnw-facts, .nnw-item, select, .nnw-figure')]
                 .filter(e => e.checkVisibility({ visibilityProperty: true }))
                 .filter(e => e.getBoundingClientRect().right > edge + 1)
                 .map(e => e.outerHTML.slice(0, 80)); }"""
        )
        assert over == []


def test_everything_has_a_name_and_can_be_reached_by_keyboard(lab: Lab) -> None:
    lab.open(NUMPY)
    lab.run(0)
    panel = lab.panel()
    expect(panel.get_by_role("status")).to_have_text("finished")
    for name in ("Zoom", "Pan", "Reset", "Export", "step", "epoch", "time", "log"):
        expect(panel.get_by_role("button", name=name, exact=True)).to_be_visible()
    for name in ("Curves", "Table", "Runs", "Events"):
        expect(panel.get_by_role("tab", name=name)).to_be_visible()
    expect(panel.get_by_role("progressbar", name="Progress")).to_have_attribute("aria-valuenow", "100")
    panel.get_by_role("button", name="Zoom").focus()
    reached = set()
    for _ in range(12):
        reached.add(
            lab.page.evaluate("() => document.activeElement.textContent || document.activeElement.ariaLabel")
        )
        lab.page.keyboard.press("Tab")
    assert {"Zoom", "Pan", "Export", "Curves", "step", "epoch", "time", "log", "Smoothing"} <= reached
    small = lab.page.evaluate(
        """() => [...document.querySelectorAll('.nnw-panel button')]
             .filter(b => b.checkVisibility() && b.offsetHeight < 28).map(b => b.textContent)"""
    )
    assert small == []


def test_pictures_and_numbers_are_exported(lab: Lab) -> None:
    lab.open(NUMPY)
    lab.run(0)
    panel = lab.panel()
    expect(panel.get_by_role("status")).to_have_text("finished")
    begins = {"PNG picture": b"\x89PNG", "SVG picture": b"<svg", "CSV table": b"series,step,time,value"}
    for entry, begin in begins.items():
        panel.get_by_role("button", name="Export").click()
        with lab.page.expect_download() as download:
            panel.get_by_role("menuitem", name=entry).click()
        content = download.value.path().read_bytes()
        assert content.startswith(begin)
        assert re.fullmatch(r"numpy run\.(png|svg|csv)", download.value.suggested_filename)
        assert len(content) > 1000


def test_a_saved_notebook_shows_the_curves_without_a_kernel(lab: Lab) -> None:
    lab.open(NUMPY)
    lab.run(0)
    expect(lab.panel().get_by_role("status")).to_have_text("finished")
    lab.page.evaluate("async () => { await window.jupyterapp.commands.execute('docmanager:save'); }")
    lab.page.evaluate(
        "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.shutdown(); }"
    )
    lab.page.reload(wait_until="domcontentloaded")
    still = lab.page.locator(".jp-OutputArea img[src^='data:image/svg']").first
    expect(still).to_be_visible(timeout=PATIENCE)
    source = lab.page.evaluate(
        "() => decodeURIComponent(document.querySelector(\".jp-OutputArea img[src^='data:image/svg']\").src)"
    )
    assert "numpy run" in source
    assert source.count("finished") >= 1
    assert re.search(r'class="train" d="M[^"]{100,}', source)


def test_six_thousand_calls_in_a_second_lose_nothing(lab: Lab) -> None:
    lab.open("""
import nnwidgets as nnw
with nnw.Run(name="burst") as run:
    for i in range(6000):
        run.log(loss=6000.0 - i)
points = run.history["train/loss"].points()
print(len(points.step), points.value[-1])
""")
    lab.run(0)
    assert lab.printed(0) == "6000 1.0\n"
    expect(lab.panel().locator(".nnw-item-train b")).to_have_text("1.000")


def test_notebook_7_has_the_same_panel(lab: Lab) -> None:
    lab.open(NUMPY, name="seven")  # written to disk; then opened in the other application
    lab.page.evaluate(
        "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.shutdown(); }"
    )
    lab.page.goto(
        lab.url.format("seven.ipynb").replace("/lab/tree/", "/notebooks/"), wait_until="domcontentloaded"
    )
    lab.page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
    expect(
        lab.page.locator(
            ".jp-NotebookKernelStatus, .jp-Notebook-ExecutionIndicator[data-status='idle']"
        ).first
    ).to_be_attached()
    lab.page.keyboard.press("Shift+Enter")
    expect(lab.panel().get_by_role("status")).to_have_text("finished")
    expect(lab.panel().locator(".nnw-item-val b")).not_to_have_text("")
