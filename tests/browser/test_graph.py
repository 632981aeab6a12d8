"""A person opens the graph of a running training, tints it, goes back in time, and changes the model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from scripts.laboratory import notebook
from tests.browser.lab import Lab

#: What the path of a line looks like that has points.
DRAWN = re.compile(r"^M[-\d.]+")
ROOT = Path(__file__).resolve().parents[2]
MODELS = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
import torch, nnwidgets as nnw
from torch import nn
from torch.nn import functional as F
from benchmarks import graph_models
torch.manual_seed(0); torch.set_num_threads(1)
"""
#: It trains until it is stopped; one of its units is dead for ever.
ALIVE = (
    MODELS
    + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(20, 32); self.open = nn.ReLU()
        self.drop = nn.Dropout(0.1)
        self.shut = nn.Linear(32, 32); self.dead = nn.ReLU()
        self.last = nn.Linear(32, 2)
        nn.init.constant_(self.shut.bias, -50.0)
    def forward(self, x):
        x = self.drop(self.open(self.first(x)))
        return self.last(x + self.dead(self.shut(x)))
model = Net()
x = torch.randn(128, 20); y = (x[:, 0] > 0).long()
optimizer = torch.optim.SGD(model.parameters(), 0.01)
run = nnw.watch(model, optimizer, name="alive")
for epoch in run.epochs(10_000_000):
    for a, b in run.train([(x[i:i + 16], y[i:i + 16]) for i in range(0, 128, 16)]):
        loss = F.cross_entropy(model(a), b)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        run.log(loss=loss)
print(run.status, [taken.label for taken in run.graphs], [one.text for one in run.findings])
"""
)
STEP = """
run = nnw.watch(model, torch.optim.SGD(model.parameters(), 0.01), name={name!r})
for batch in run.train([{batch}] * 4):
    loss = model(batch).square().mean()
    model.zero_grad(); loss.backward(); run._adapter.optimizer.step(); run.log(loss=loss)
run.finish()
"""


def opened(lab: Lab, cell: str, *, wait: bool = True) -> Locator:
    """Run a cell and open the graph of its panel."""
    lab.visit(notebook(lab.folder, "graph", [cell]))
    lab.run(0, wait=wait)
    lab.panel().get_by_role("tab", name="Graph").click()
    graph = lab.panel().locator(".nnw-graph")
    expect(graph.get_by_role("application")).to_be_visible(timeout=90_000)
    return graph


def box(graph: Locator, key: str) -> Locator:
    """Return the box of a node or a group, in a drawing that is small enough to have elements."""
    return graph.locator(f"[data-key='{key}']").first


def test_the_graph_lives_while_the_cell_runs(lab: Lab) -> None:
    graph = opened(lab, ALIVE, wait=False)
    for key in ("first", "drop", "shut", "Net/add", "last"):
        expect(box(graph, key)).to_be_visible()
    expect(box(graph, "first")).to_contain_text("Linear")
    expect(graph).to_contain_text("16×20")
    assert lab.is_running

    graph.get_by_label("Tint the boxes by").select_option("grad")
    expect(graph.locator(".nnw-graph-legend")).to_contain_text("log")
    box(graph, "first").click()
    details = graph.get_by_role("complementary", name="Details")
    for words in ("Linear", "weight", "32×20", "16×32", "in_features=20", "FLOPs"):
        expect(details).to_contain_text(words)
    plot = lab.panel().locator(".nnw-layer")
    expect(plot).to_contain_text("first: norm of the gradient")
    expect(plot.locator("path.line").nth(1)).to_have_attribute("d", DRAWN, timeout=30_000)

    finding = graph.get_by_role("button", name="of units dead")
    expect(finding).to_be_visible(timeout=90_000)
    finding.click()
    expect(details).to_contain_text("dead")

    slider = graph.get_by_label("Step whose values are shown")
    expect(slider).to_be_enabled()
    slider.focus()
    lab.page.keyboard.press("Home")
    live = graph.get_by_role("button", name="Live")
    expect(live).to_have_attribute("aria-pressed", "false")
    expect(details).to_contain_text("step")
    live.click()
    expect(live).to_have_attribute("aria-pressed", "true")

    lab.panel().get_by_role("slider", name="Dropout").press("End")
    expect(graph.get_by_role("button", name="drop: p=0.1 → 0.95")).to_be_visible(timeout=60_000)
    graph.get_by_label("Graph of this run").select_option(index=0)
    expect(graph.get_by_role("button", name="drop: p=0.1 → 0.95")).to_have_count(0)
    assert lab.is_running
    lab.panel().get_by_role("button", name="Stop").click()
    lab.wait_until_ran()
    said = lab.printed(0)
    assert "dropout 0.1 → 0.95" in said
    assert "units dead" in said


def test_resnet_50_closed_and_opened(lab: Lab) -> None:
    cell = MODELS + "model = graph_models.ResNet(width=4)\n"
    graph = opened(lab, cell + STEP.format(name="resnet 50", batch="torch.randn(4, 3, 32, 32)"))
    stage = graph.get_by_role("application")
    expect(box(graph, "layer3.1×5")).to_contain_text("× 5")
    stage.screenshot(path=lab.folder / "resnet-closed.png")
    stage.focus()
    lab.page.keyboard.press("/")
    search = graph.get_by_label("Search the graph")
    expect(search).to_be_focused()
    search.fill("layer3.4.conv2")
    search.press("Enter")
    expect(box(graph, "layer3.4.conv2")).to_be_visible()
    details = graph.get_by_role("complementary", name="Details")
    expect(details).to_contain_text("layer3.4.conv2")
    stage.screenshot(path=lab.folder / "resnet-open.png")
    stage.focus()
    lab.page.keyboard.press("ArrowDown")
    expect(details).to_contain_text("layer3.4.bn2")
    lab.page.keyboard.press("ArrowUp")
    expect(details).to_contain_text("layer3.4.conv2")
    lab.page.keyboard.press("Escape")
    expect(details).to_have_count(0)


def test_a_transformer_of_twelve_layers(lab: Lab) -> None:
    cell = MODELS + "model = graph_models.Transformer()\n"
    graph = opened(lab, cell + STEP.format(name="transformer", batch="torch.randint(0, 100, (2, 16))"))
    folded = graph.locator("[data-key$='×12']").first
    expect(folded).to_contain_text("× 12")
    graph.get_by_role("button", name="Outline").click()
    tree = graph.get_by_role("tree", name="Outline of the graph")
    expect(tree.get_by_role("treeitem").first).to_be_visible()
    folded.dblclick()
    expect(folded).to_be_visible()


def test_the_graph_of_a_run_that_was_kept_also_after_a_reload(lab: Lab) -> None:
    cell = (
        MODELS
        + "model = graph_models.mlp()\n"
        + STEP.format(name="kept", batch="torch.randn(4, 64)").replace(
            "name='kept'", "name='kept', show=False"
        )
    )
    graph = opened(lab, cell + "nnw.load(run.id).panel")
    expect(graph.locator("[data-key]").first).to_be_visible()
    graph.get_by_label("Tint the boxes by").select_option("std")
    expect(graph.locator(".nnw-graph-legend")).to_contain_text("log")
    lab.command("docmanager:save")
    lab.visit("graph.ipynb")
    lab.panel().get_by_role("tab", name="Graph").click()
    expect(graph.locator("[data-key]").first).to_be_visible()
    graph.get_by_label("Tint the boxes by").select_option("std")
    expect(graph.locator(".nnw-graph-legend")).to_contain_text("log")


NUMBERS = """
import nnwidgets as nnw
run = nnw.Run(name="numbers")
run.log(loss=1.0)
"""


def test_a_run_of_numbers_says_what_to_do(lab: Lab) -> None:
    lab.open(NUMBERS)
    lab.run(0)
    lab.panel().get_by_role("tab", name="Graph").click()
    expect(lab.panel().locator(".nnw-graph")).to_contain_text("run.graph = nnw.trace(function, *arrays)")


def test_before_the_first_batch_it_says_so(lab: Lab) -> None:
    lab.open(MODELS + "run = nnw.watch(nn.Linear(4, 2), name='waiting')")
    lab.run(0)
    lab.panel().get_by_role("tab", name="Graph").click()
    expect(lab.panel().locator(".nnw-graph")).to_contain_text("The graph appears with the first batch.")


def test_markup_in_names_is_text(lab: Lab) -> None:
    name = "<img src=x onerror=alert(1)>"
    cell = (
        MODELS
        + f"model = nn.Sequential(); model.add_module({name!r}, nn.Linear(4, 4)); model.add_module('b', nn.ReLU())\n"
    )
    graph = opened(lab, cell + STEP.format(name="markup", batch="torch.randn(2, 4)"))
    expect(graph.locator("[data-key]").first).to_be_visible()
    expect(graph).to_contain_text("<img src=x")
    assert graph.locator("img").count() == 0


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_keras_shows_its_graph_in_fit(lab: Lab, backend: str) -> None:
    graph = opened(
        lab,
        f"""
import os; os.environ["KERAS_BACKEND"], os.environ["TF_CPP_MIN_LOG_LEVEL"] = "{backend}", "3"
import keras, numpy as np, nnwidgets as nnw
x = np.random.default_rng(0).normal(size=(256, 8)).astype("float32"); y = (x.sum(1) > 0).astype(int)
inputs = keras.Input((8,), name="measured")
hidden = keras.layers.Dense(8, "relu", name="hidden")(inputs)
outputs = keras.layers.Dense(2, "softmax", name="answer")(keras.layers.add([inputs, hidden], name="shortcut"))
model = keras.Model(inputs, outputs)
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x, y, epochs=30, verbose=0, callbacks=[nnw.KerasCallback(name="keras")])
""",
    )
    for key in ("hidden", "shortcut", "answer"):
        expect(box(graph, key)).to_be_visible()
    box(graph, "hidden").click()
    details = graph.get_by_role("complementary", name="Details")
    expect(details).to_contain_text("Dense")
    expect(details).to_contain_text("8×8")


@pytest.mark.parametrize("width", [320, 900])
def test_it_fits_and_follows_the_theme(lab: Lab, width: int) -> None:
    cell = MODELS + "import ipywidgets\nmodel = graph_models.mlp()\n"
    show = f"display(ipywidgets.Box([run.panel], layout={{'width': '{width}px'}}))\n"
    step = STEP.format(name="narrow", batch="torch.randn(4, 64)").replace(
        "name='narrow'", "name='n', show=False"
    )
    graph = opened(lab, cell + step + show)
    assert graph.evaluate("graph => graph.scrollWidth <= graph.clientWidth + 1")
    boxes = graph.locator("[data-key]")
    expect(boxes.first).to_be_visible()
    boxes.last.click()
    expect(graph.get_by_role("complementary", name="Details")).to_be_visible()
    assert lab.panel().evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    stage = graph.get_by_role("application")
    light = stage.evaluate("e => getComputedStyle(e).backgroundColor")
    lab.theme("JupyterLab Dark")
    expect(stage).not_to_have_css("background-color", light)
