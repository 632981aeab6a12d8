"""An exported page as its reader has it: opened from the disk, with every request blocked."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, Route, expect

import nnwidgets as nnw

MARKUP = '</script><img src=x onerror="window.pwned=1"><b>net</b>'
#: How many px of the curves are still hidden; 0 when all of them are shown.
HIDDEN = """chart => Number(
  chart.querySelector('.nnw-c-curves').style.clipPath.match(/inset\\(0(?:px)? ([\\d.]+)px/)?.[1] ?? 0)"""
PAUSE = re.compile("Pause|Пауза")
SETTINGS = """
extensions = ["myst_nb"]
root_doc = "course"
nb_execution_mode = "off"
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
"""
TRAIN = """
import nnwidgets as nnw
with nnw.Run(name="in a notebook", store=False) as run:
    for epoch in run.epochs(40):
        for step in range(5):
            run.log(loss=1 / (1 + epoch))
        run.log(val_loss=1 / (1 + epoch) + 0.01 * epoch)
"""


class Visit:
    """What a page asked for and complained about while it was looked at."""

    def __init__(self, context: BrowserContext) -> None:
        self.asked: list[str] = []
        self.said: list[str] = []
        context.route("**/*", self._judge)
        self.page = context.new_page()
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"uncaught: {error}"))

    def _judge(self, route: Route) -> None:
        self.asked.append(route.request.url)
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            route.abort()

    def open(self, path: Path) -> Page:
        self.page.goto(path.as_uri())
        return self.page


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a small network twice, with two rates of dropout, and export both."""
    import torch
    from torch import nn

    draws = torch.Generator().manual_seed(0)
    x = torch.randn(64, 8, generator=draws)
    y = (x[:, 0] + torch.randn(64, generator=draws) > 0).long()

    def train(dropout: float) -> nnw.Run:
        model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Dropout(dropout), nn.Linear(64, 2))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        run = nnw.watch(model, optimizer, name=MARKUP, show=False, store=False, snapshots=False)
        for epoch in run.epochs(16):
            if epoch == 12:
                run.controls.learning_rate = 0.001
            for a, b in run.train([(x[:16], y[:16]), (x[16:32], y[16:32])]):
                loss = nn.functional.cross_entropy(model(a), b)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                run.log(loss=loss)
            for a, b in run.validate([(x[32:], y[32:])]):
                run.log(loss=nn.functional.cross_entropy(model(a), b))
        return run

    runs = nnw.sweep(train, dropout=(0, 0.5))
    folder = tmp_path_factory.mktemp("lesson")
    nnw.export_mjs(runs, folder / "lesson.mjs", title=MARKUP)
    return nnw.export_html(runs, folder / "lesson.html", title=MARKUP).path


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    yield Visit(context)
    context.close()


def hidden(chart: Locator) -> float:
    return float(chart.evaluate(HIDDEN))


def play(page: Page | FrameLocator, *, of: Page) -> None:
    """Play, and wait until more of the curve is shown than at the start."""
    page.locator(".nnw-replay-play").click()
    expect(page.locator(".nnw-replay-play")).to_have_text(PAUSE)
    chart = page.locator(".nnw-c").first.element_handle()
    frame = chart.owner_frame() or of.main_frame
    before = frame.wait_for_function(f"chart => ({HIDDEN})(chart)", arg=chart).json_value()
    frame.wait_for_function(f"([chart, before]) => ({HIDDEN})(chart) < before - 20", arg=[chart, before])


def test_a_page_from_the_disk_plays_without_a_network(lesson: Path, visit: Visit) -> None:
    page = visit.open(lesson)
    chart, slider = page.locator(".nnw-c").first, page.get_by_label("Position in the training")
    play(page, of=page)
    page.locator(".nnw-replay-play").click()
    expect(page.locator(".nnw-replay-play")).to_have_text("Play")

    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_value("0")
    at_first = hidden(chart)
    page.keyboard.press("ArrowRight")
    expect(slider).not_to_have_value("0")
    assert hidden(chart) < at_first
    page.keyboard.press("End")
    expect(page.locator(".nnw-pill")).to_have_text("finished")
    assert hidden(chart) == 0

    assert page.locator(".nnw-c-ghost").count() == 0
    untouched = chart.locator(".nnw-c-val").get_attribute("d") or ""
    page.get_by_role("radio", name="0.5").check(force=True)
    expect(chart.locator(".nnw-c-ghost-val")).to_have_attribute("d", untouched)
    expect(chart.locator(".nnw-c-val")).not_to_have_attribute("d", untouched)

    page.get_by_role("tab", name="Graph").click()
    page.locator("[data-key='0']").click()
    details = page.get_by_role("complementary", name="Details")
    expect(details).to_contain_text("Linear")
    at_the_end = details.inner_text()
    slider.focus()
    page.keyboard.press("Home")
    expect(details).not_to_have_text(at_the_end)
    page.keyboard.press("End")
    expect(details).to_have_text(at_the_end, use_inner_text=True)

    page.get_by_role("tab", name="Events").click()
    expect(page.get_by_role("tabpanel", name="Events")).to_contain_text("learning rate 0.02 → 0.001")

    expect(page.locator(".nnw-name")).to_have_text(MARKUP)
    assert page.title() == MARKUP
    assert page.locator("img, b:has-text('net')").count() == 0
    assert page.evaluate("() => window.pwned") is None
    assert [url for url in visit.asked if not url.startswith(("file:", "blob:"))] == []
    assert visit.said == []


def test_a_page_is_dark_narrow_in_another_language_and_printed(
    lesson: Path, browser: Browser, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 800}, color_scheme="dark", locale="uk-UA")
    visit = Visit(context)
    page = visit.open(lesson)
    root = page.locator(".nnw-replay").first
    expect(root).to_have_attribute("lang", "uk")
    expect(page.get_by_role("tab", name="Граф")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") == 320
    shade = "element => getComputedStyle(element).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    assert max(root.evaluate(shade)) < 60
    play(page, of=page)
    page.evaluate("() => addEventListener('beforeprint', () => { window.printed = true; })")
    page.pdf(path=tmp_path / "lesson.pdf")
    assert page.evaluate("() => window.printed")
    page.emulate_media(media="print")
    expect(page.locator(".nnw-replay-transport")).not_to_be_visible()
    expect(page.locator(".nnw-c-curves").first).to_be_visible()
    assert min(root.evaluate(shade)) > 200
    assert visit.said == []
    context.close()


def test_where_no_script_runs_the_picture_is_shown(lesson: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(lesson.as_uri())
    expect(page.locator("main svg")).to_be_visible()
    expect(page.locator("main svg path.val").last).to_be_visible()
    context.close()


def test_the_module_plays_in_another_page(lesson: Path, visit: Visit) -> None:
    module = lesson.with_suffix(".mjs").read_text(encoding="utf-8")
    html = """<!doctype html><html lang="en"><title>A course</title><div id="here"></div><script type="module">
      import lesson from './lesson.mjs';
      lesson.render({ model: { get() {} }, el: document.getElementById('here') });
    </script></html>"""
    answers = {
        "http://course.test/": {"content_type": "text/html", "body": html},
        "http://course.test/lesson.mjs": {"content_type": "text/javascript", "body": module},
    }
    visit.page.route("http://course.test/**", lambda route: route.fulfill(**answers[route.request.url]))
    visit.page.goto("http://course.test/")
    play(visit.page, of=visit.page)
    assert visit.said == []


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Execute a notebook whose last line is the page."""
    cells = [nbformat.v4.new_code_cell(TRAIN), nbformat.v4.new_code_cell('run.export_html("lesson.html")')]
    made = nbformat.v4.new_notebook(cells=cells)
    folder = tmp_path_factory.mktemp("notebook")
    resources = {"metadata": {"path": str(folder)}}
    # Without the state of its widgets: with it a page asks the network for what draws them.
    NotebookClient(
        made, timeout=120, kernel_name="python3", resources=resources, store_widget_state=False
    ).execute()
    nbformat.write(made, folder / "course.ipynb")
    return folder


def convert(folder: Path) -> Path:
    """Do what ``jupyter nbconvert --to html`` does."""
    body, _ = HTMLExporter().from_filename(str(folder / "course.ipynb"))
    (folder / "course.html").write_text(body, encoding="utf-8")
    return folder / "course.html"


def build(folder: Path) -> Path:
    """Do what ``sphinx-build`` does where myst-nb reads the notebooks."""
    (folder / "conf.py").write_text(SETTINGS)
    command = [sys.executable, "-m", "sphinx", "-q", str(folder), str(folder / "site")]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "site" / "course.html"


@pytest.mark.parametrize("made", [convert, build], ids=["nbconvert", "myst-nb"])
def test_the_page_plays_in_what_is_made_of_the_notebook(made: Any, notebook: Path, visit: Visit) -> None:
    page = visit.open(made(notebook))
    inside = page.frame_locator("iframe[title='in a notebook']")
    inside.locator(".nnw-replay-play").scroll_into_view_if_needed()
    play(inside, of=page)
    expect(page.locator("img[src*='svg']").first).to_be_visible()
