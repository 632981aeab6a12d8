"""Take the pictures of the documentation: a real training in a real JupyterLab, mid-run, in both themes.

``--all`` also takes the odd cases that nobody puts into a README but everybody should look at once in a while: long
names, NaN, many widths, the other tabs, a saved notebook without a kernel.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import chromium  # noqa: E402 — the scripts are no installed package
from scripts.laboratory import FLAGS, laboratory, notebook, open_notebook, run_cell, theme  # noqa: E402
from scripts.sidebar_pictures import sidebar  # noqa: E402

TRAINING = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import load_digits
import ipywidgets
import nnwidgets as nnw

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
train = DataLoader(TensorDataset(x[:250], y[:250]), batch_size=8, shuffle=True)
val = DataLoader(TensorDataset(x[1000:], y[1000:]), batch_size=200)
loss_fn = nn.CrossEntropyLoss()


def train_model(name, epochs, break_at=None, width=None):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    run = nnw.watch(model, optimizer, name=name, show=width is None)
    if width:
        display(ipywidgets.Box([run.panel], layout={"width": f"{width}px"}))
    for epoch in run.epochs(epochs):
        for a, b in run.train(train):
            output = model(a)
            loss = loss_fn(output, b)
            optimizer.zero_grad(); loss.backward(); optimizer.step()
            broken = break_at is not None and run.steps % 97 == break_at
            run.log(loss=float("nan") if broken else loss, accuracy=(output.argmax(1) == b).float().mean())
        for a, b in run.validate(val):
            output = model(a)
            run.log(loss=loss_fn(output, b), accuracy=(output.argmax(1) == b).float().mean())
    return run
"""
RESNET = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import torch
from torch.nn import functional as F
from benchmarks.graph_models import ResNet
import nnwidgets as nnw

torch.manual_seed(0)
torch.set_num_threads(1)
model = ResNet(width=8)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
batches = [(torch.randn(8, 3, 32, 32), torch.randint(0, 10, (8,))) for _ in range(10)]
run = nnw.watch(model, optimizer, name="ResNet-50, narrow")
for epoch in run.epochs(24):
    for x, y in run.train(batches):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        run.log(loss=loss)
"""
#: What JupyterLab has above and below a notebook's outputs, in pixels.
_AROUND = 260
WIDTH = "ipywidgets.Box([run.panel], layout={{'width': '{}px'}})"
LONG = (
    "a very long name of an experiment <img src=x onerror=alert(1)> with everything that people write into names "
    * 2
)


def reach(page: Page, share: float) -> None:
    """Wait until the run has come so far."""
    page.wait_for_function(
        "share => Number(document.querySelector('.nnw-bar')?.getAttribute('aria-valuenow')) >= 100 * share",
        arg=share, timeout=180_000,
    )  # fmt: skip


def take(page: Page, path: Path, selector: str = ".nnw-panel") -> None:
    """Take a picture of an element, in a window that it fits into."""
    element, window = page.locator(selector).first, page.viewport_size
    box = element.bounding_box()
    if window and box and box["height"] + _AROUND > window["height"]:
        page.set_viewport_size({"width": window["width"], "height": int(box["height"]) + _AROUND})
    element.scroll_into_view_if_needed()
    element.screenshot(path=str(path))
    if window:
        page.set_viewport_size(window)
    print(path)


def documentation(page: Page, url: str, folder: Path, out: Path) -> None:
    """Take the pictures that the README shows."""
    name = notebook(
        folder,
        "readme",
        [TRAINING, "run = train_model('digits-mlp', 60)", "run = train_model('digits-mlp', 60, width=320)"],
    )
    open_notebook(page, url, name)
    run_cell(page, 0)
    run_cell(page, 1, wait=False)
    reach(page, 0.4)
    take(page, out / "panel-light.png")
    theme(page, "JupyterLab Dark")
    take(page, out / "panel-dark.png")
    theme(page, "JupyterLab Light")
    page.wait_for_function("() => window.ran", timeout=180_000)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    run_cell(page, 2, wait=False)
    reach(page, 0.4)
    take(page, out / "panel-narrow.png")
    page.wait_for_function("() => window.ran", timeout=180_000)


def lesson(page: Page, url: str, folder: Path, out: Path) -> None:
    """Take the pictures of the lesson on overfitting: the flag, and a branch beside its ghost."""
    shutil.copy(ROOT / "examples" / "03-overfitting.ipynb", folder / "lesson.ipynb")
    cells = [cell.id for cell in nbformat.read(folder / "lesson.ipynb", as_version=4).cells]
    open_notebook(page, url, "lesson.ipynb")
    for i, name in enumerate(cells[: cells.index("smaller")]):
        if name in ("untouched", "dropout"):
            run_cell(page, i, wait=False)
            panel = f".jp-Cell:nth-child({i + 1}) .nnw-panel"
            words = "has risen" if name == "untouched" else "the untouched run had"
            page.locator(f"{panel} .nnw-flagcard", has_text=words).wait_for(timeout=60_000)
            if name == "dropout":
                page.locator(f"{panel} .nnw-verdict", has_text="than the noise").wait_for(timeout=60_000)
            take(page, out / f"lesson-{'flag' if name == 'untouched' else 'branch'}.png", panel)
            page.wait_for_function("() => window.ran", timeout=180_000)
        else:
            run_cell(page, i)
        if name == "curves":
            take(page, out / "lesson-points.png", f".jp-Cell:nth-child({i + 1}) .bqplot")


def graphs(page: Page, url: str, folder: Path, out: Path) -> None:
    """Take the pictures of the graph: a large network as it trains, and one whose gradients get lost."""
    shutil.copy(ROOT / "examples" / "04-graph.ipynb", folder / "graphs.ipynb")
    cells = [cell.id for cell in nbformat.read(folder / "graphs.ipynb", as_version=4).cells]
    open_notebook(page, url, notebook(folder, "resnet", [RESNET]))
    run_cell(page, 0, wait=False)
    reach(page, 0.5)
    open_graph(page, "update")
    page.locator(".nnw-graph [data-key='layer3.1×5']").click(position={"x": 60, "y": 12}, force=True)
    page.locator(".nnw-layer .nnw-figure path.line[d^=M]").first.wait_for(timeout=30_000)
    take(page, out / "graph-light.png")
    theme(page, "JupyterLab Dark")
    take(page, out / "graph-dark.png")
    theme(page, "JupyterLab Light")
    page.wait_for_function("() => window.ran", timeout=300_000)
    open_notebook(page, url, "graphs.ipynb")
    for i in (cells.index(name) for name in ("graph-01", "data", "sigmoid")):
        run_cell(page, i)
    open_graph(page, "grad")
    page.locator(".nnw-graph-findings button").first.click()
    page.locator(".nnw-layer .nnw-figure path.line[d^=M]").first.wait_for(timeout=30_000)
    take(page, out / "graph-vanishing.png")


def player(page: Page, _: str, folder: Path, out: Path) -> None:
    """Take the pictures of an exported page in the middle of its training."""
    program = ROOT / "docs" / "lessons" / "overfitting.py"
    subprocess.run([sys.executable, str(program), str(folder)], check=True)
    page.set_viewport_size({"width": 1000, "height": 700})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto((folder / "overfitting.html").as_uri())
        page.get_by_role("radio", name="0.5").check(force=True)
        position = page.get_by_role("slider", name="Position in the training")
        position.press("Home")
        for _hundredth in range(70):
            position.press("ArrowRight")
        position.blur()
        take(page, out / f"page-{scheme}.png", ".nnw-replay")


def open_graph(page: Page, statistic: str) -> None:
    """Open the graph of the page's panel, tinted."""
    page.locator(".nnw-tabs").get_by_role("tab", name="Graph").first.click()
    page.locator(".nnw-graph [data-key]").first.wait_for(timeout=60_000)
    page.get_by_label("Tint the boxes by").first.select_option(statistic)


def odd_cases(page: Page, url: str, folder: Path, out: Path) -> None:
    """Take the pictures that somebody should look at."""
    name = notebook(
        folder,
        "odd",
        [
            TRAINING,
            f"run = train_model({LONG!r}, 12, break_at=5)",
            *(WIDTH.format(w) for w in (320, 500, 700)),
        ],
    )
    open_notebook(page, url, name)
    run_cell(page, 0)
    run_cell(page, 1)
    take(page, out / "odd-long-nan.png")
    for label in ("log", "time", "step"):
        page.locator(".nnw-seg button", has_text=label).first.click()
        page.wait_for_function(
            "label => [...document.querySelectorAll('.nnw-seg button')].some("
            "b => b.textContent === label && b.getAttribute('aria-pressed') === 'true')",
            arg=label,
        )
        take(page, out / f"odd-{label}.png")
    for tab in ("Graph", "Table", "Runs", "Events"):
        page.locator(".nnw-tabs").get_by_role("tab", name=tab).first.click()
        if tab == "Runs":
            page.locator(".nnw-run input").first.check()
            page.wait_for_selector(".nnw-swatch-ghost")
        take(page, out / f"odd-tab-{tab.lower()}.png")
    page.locator(".nnw-tabs").get_by_role("tab", name="Curves").first.click()
    page.get_by_role("button", name="Export").first.click()
    take(page, out / "odd-ghost-menu.png")
    page.keyboard.press("Escape")
    theme(page, "JupyterLab Dark")
    take(page, out / "odd-dark.png")
    for cell, width in enumerate((320, 500, 700), start=2):
        run_cell(page, cell)
        take(page, out / f"odd-{width}.png", f".jp-Cell:nth-child({cell + 1}) .nnw-panel")


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--all", action="store_true", help="also the odd cases")
    parser.add_argument(
        "--only", nargs="*", help="of documentation, lesson, graphs, sidebar, player, odd_cases"
    )
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as temporary,
        laboratory(Path(temporary)) as url,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        known = {case.__name__: case for case in (documentation, lesson, graphs, sidebar, player, odd_cases)}
        chosen = arguments.only or [
            "documentation",
            "lesson",
            "graphs",
            "sidebar",
            "player",
            *(["odd_cases"] if arguments.all else []),
        ]
        cases: list[Any] = [known[name] for name in chosen]
        for case in cases:
            page = browser.new_context(viewport={"width": 1180, "height": 1000}).new_page()
            page.on("console", lambda m: print("console:", m.text[:300]) if m.type == "error" else None)
            case(page, url, Path(temporary), arguments.out)
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
