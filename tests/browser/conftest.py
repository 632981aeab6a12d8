"""One JupyterLab and one browser in a process for all browser tests; each has its own page, notebook and kernel."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from scripts import chromium
from scripts.laboratory import FLAGS, SETTINGS, laboratory
from tests.browser.lab import PATIENCE, Diary, Lab

expect.set_options(timeout=PATIENCE)

#: All that the notebook shows besides its panels, cut where it is long.
OUTPUTS = """() => (window.jupyterapp?.shell.currentWidget?.content?.widgets ?? [])
     .flatMap(cell => cell.model.outputs?.toJSON() ?? [])
     .map(output => JSON.stringify(output).slice(0, 5000)).join('\\n')"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("laboratory")


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[str]:
    with laboratory(folder) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1180, "height": 1000}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


@pytest.fixture
def diary(page: Page) -> Diary:
    return Diary(page)


@pytest.fixture
def lab(page: Page, diary: Diary, server: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    own = folder / re.sub(r"\W+", "-", request.node.name)[:60]
    own.mkdir()
    # Each test meets JupyterLab as it is when new: another one's theme would stay.
    shutil.rmtree(folder / SETTINGS, ignore_errors=True)
    lab = Lab(page, server, own)
    yield lab
    # Errors that nobody caught, before the end of the kernel brings its own.
    broken = list(diary.errors)
    page.context.close()
    lab.end_kernels()
    assert broken == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome: Any = yield
    report: pytest.TestReport = outcome.get_result()
    fixtures: dict[str, Any] = getattr(item, "funcargs", {})
    if report.failed and call.when == "call" and "page" in fixtures:
        report.sections.append(("evidence", _keep_evidence(fixtures)))


def _keep_evidence(fixtures: dict[str, Any]) -> str:
    """Keep what the page shows and said; return where."""
    page, diary = fixtures["page"], fixtures.get("diary")
    place: Path = fixtures["tmp_path"]
    kept = {"console.txt": "\n".join(diary.lines) if diary else ""}
    try:
        page.screenshot(path=place / "failure.png", timeout=10_000)
        kept["outputs.txt"] = page.evaluate(OUTPUTS)
        kept["panels.html"] = json.dumps(
            page.locator(".nnw-panel").evaluate_all("all => all.map(e => e.outerHTML)")
        )
    except Error as error:
        kept["outputs.txt"] = f"The page did not answer: {error}"
    for name, text in kept.items():
        (place / name).write_text(text)
    return "\n".join(str(path) for path in sorted(place.iterdir()) if path.is_file())
