"""Take the pictures of JupyterLab's sidebar: a training beside its notebook, and the list of runs under it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from scripts.laboratory import notebook, open_notebook, run_cell, theme

NETWORK = """
def train(width, epochs, lr=2e-3, dropout=0.0, brake=0.0):
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(64, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    name = f"{width} units, dropout {dropout:g}, lr {lr:g}"
    run = nnw.watch(model, optimizer, name=name, where="sidebar")
    for epoch in run.epochs(epochs):
        for x, y in run.train(training):
            loss = loss_fn(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.log(loss=loss)
            time.sleep(brake)
        for x, y in run.validate(validation):
            scores = model(x)
            run.log(loss=loss_fn(scores, y), accuracy=(scores.argmax(1) == y).float().mean())
    return run
"""
DATA = """
%load_ext nnwidgets
import time
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
import nnwidgets as nnw

torch.set_num_threads(1)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
training = DataLoader(TensorDataset(x[:100], y[:100]), batch_size=10, shuffle=True)
validation = DataLoader(TensorDataset(x[1000:], y[1000:]), batch_size=200)
loss_fn = nn.CrossEntropyLoss()
"""
EARLIER = """
for width, lr, dropout in ((4, 2e-3, 0.0), (24, 2e-3, 0.0), (24, 0.1, 0.0), (128, 2e-3, 0.5)):
    run = train(width, 40, lr, dropout)
nnw.pin(run.id)
"""


def sidebar(page: Page, url: str, folder: Path, out: Path) -> None:
    """Take the pictures of the sidebar."""
    page.set_viewport_size({"width": 1280, "height": 1000})
    cells = [DATA, NETWORK, EARLIER, "run = train(128, 200, brake=0.005)"]
    open_notebook(page, url, notebook(folder, "sidebar", cells))
    for cell in range(3):
        run_cell(page, cell)
    run_cell(page, 3, wait=False)
    shown = page.locator("#nnwidgets-sidebar")
    shown.locator(".nnw-head .nnw-name", has_text="128 units, dropout 0,").wait_for(timeout=60_000)
    shown.locator(".nnw-flagcard", has_text="has risen").wait_for(timeout=120_000)
    picture(page, out / "sidebar-light.png")
    theme(page, "JupyterLab Dark")
    shown.locator(".nnw-figure .axis text").first.wait_for()
    picture(page, out / "sidebar-dark.png")
    theme(page, "JupyterLab Light")
    shown.get_by_role("button", name="All runs").click()
    beside = shown.get_by_role("checkbox", name="24 units, dropout 0, lr 0.002")
    beside.check()
    shown.locator(".nnw-swatch-ghost").first.wait_for()
    picture(page, out / "sidebar-runs.png")
    page.wait_for_function("() => window.ran", timeout=180_000)


def picture(page: Page, path: Path) -> None:
    """Take a picture of the whole page."""
    page.screenshot(path=str(path))
    print(path)
