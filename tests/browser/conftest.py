"""One JupyterLab and one browser for all browser tests; each test has a page, a notebook and a kernel of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from scripts import chromium
from scripts.laboratory import FLAGS, laboratory, notebook, open_notebook, run_cell, theme

#: Milliseconds to wait for a state; a loaded machine may need them.
PATIENCE = 60_000

#: The length of the longest line drawn in a chart.
LONGEST = """() => Math.max(0, ...[...document.querySelectorAll('.nnw-figure path.line')]
     .map(path => (path.getAttribute('d') ?? '').length))"""

expect.set_options(timeout=PATIENCE)


class Lab:
    """A notebook in a page of JupyterLab, as a person has it before them."""

    def __init__(self, page: Page, url: str, folder: Path) -> None:
        self.page, self.url, self.folder = page, url, folder
        self.complaints: list[str] = []
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: self.complaints.append(str(e)))

    def open(self, *cells: str, name: str = "test") -> None:
        """Open a notebook with these cells."""
        open_notebook(self.page, self.url, notebook(self.folder, name, list(cells)))

    def run(self, cell: int, *, wait: bool = True) -> None:
        """Run a cell."""
        run_cell(self.page, cell, wait=wait)

    def wait_until_ran(self) -> None:
        """Wait for the end of the cell that was begun."""
        self.page.wait_for_function("() => window.ran", timeout=2 * PATIENCE)

    @property
    def is_running(self) -> bool:
        """Whether the cell that was begun still runs."""
        return not self.page.evaluate("() => window.ran")

    def printed(self, cell: int) -> str:
        """Return what a cell printed."""
        outputs: list[dict[str, Any]] = self.page.evaluate(
            "cell => window.jupyterapp.shell.currentWidget.content.widgets[cell].model.outputs.toJSON()", cell
        )
        return "".join("".join(o["text"]) for o in outputs if o["output_type"] == "stream")

    def panel(self, place: int = 0) -> Locator:
        """Return a panel of the page."""
        return self.page.locator(".nnw-panel").nth(place)

    def longest_line(self) -> int:
        """Return the length of the longest path drawn now: that of the training curve."""
        return int(self.page.evaluate(LONGEST))

    def command(self, name: str) -> None:
        """Do what an entry of JupyterLab's menus does."""
        self.page.evaluate("name => window.jupyterapp.commands.execute(name)", name)

    def theme(self, name: str) -> None:
        """Switch the theme."""
        theme(self.page, name)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("laboratory")


@pytest.fixture(scope="session")
def url(folder: Path) -> Iterator[str]:
    with laboratory(folder) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1180, "height": 1000}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    if getattr(request.node, "failed", False):
        page.screenshot(path=str(tmp_path / "failure.png"))
    context.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome: Any = yield
    if outcome.get_result().failed:
        item.failed = True  # type: ignore[attr-defined]


@pytest.fixture
def lab(page: Page, url: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    own = folder / re.sub(r"\W+", "-", request.node.name)[:60]
    own.mkdir()
    lab = Lab(page, url.replace("{}", f"{own.name}/{{}}"), own)
    yield lab
    page.evaluate("async () => { await window.jupyterapp?.shell.currentWidget?.sessionContext?.shutdown(); }")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)
