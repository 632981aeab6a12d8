"""The oldest JupyterLab that the extension claims has the sidebar, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from scripts.lab_versions import OLDEST, environment
from scripts.laboratory import laboratory
from tests.browser.lab import Lab
from tests.browser.trainings import until


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("old-laboratory")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    with laboratory(folder, environment=environment()) as address:
        yield address


def test_the_sidebar_shows_the_running_panel(lab: Lab) -> None:
    lab.open(until("panel.view.log"))
    assert lab.page.evaluate("() => window.jupyterapp.version") == OLDEST
    lab.command("nnwidgets:open-sidebar")
    lab.run(0, wait=False)
    panel = lab.page.locator("#nnwidgets-sidebar .nnw-panel")
    expect(panel.locator(".nnw-head").get_by_role("status")).to_have_text("running")
    expect(lab.page.locator(".nnw-status")).to_contain_text("/100000 · val 0.")
    panel.get_by_role("button", name="log").click()
    lab.wait_until_ran()
    assert lab.printed(0).startswith("OBEYED")
