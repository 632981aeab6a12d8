"""What `make demo` serves, used as its README says: open the address, run the notebook, watch the curve move."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from scripts import demo
from tests.browser.lab import LONGEST, PATIENCE, Diary

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    # Its own group, as a terminal gives it, so that Ctrl-C reaches the server and nobody else.
    process = subprocess.Popen(
        [sys.executable, "scripts/demo.py", "--port", str(demo.free_port(8950))],
        cwd=ROOT,
        env={**os.environ, "NNWIDGETS_HOME": str(tmp_path / "runs"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
        process.wait(30)
    assert process.stdout is not None
    process.stdout.close()


def address(server: subprocess.Popen[str]) -> str:
    """Return the address that the demo prints."""
    assert server.stdout is not None
    for line in server.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+/lab/tree/examples/01-first-panel\.ipynb\?token=\w+", line)
        if found:
            return found[0]
    raise AssertionError("the demo printed no address")


def refuse_to_save(route: Route) -> None:
    """Leave the example as it is: JupyterLab saves what is open every two minutes."""
    if route.request.method == "PUT":
        route.abort()
    else:
        route.continue_()


def test_the_first_example_runs_and_its_curve_moves_while_the_cell_is_running(
    server: subprocess.Popen[str], page: Page, diary: Diary
) -> None:
    page.route("**/api/contents/examples/**", refuse_to_save)
    page.goto(address(server), wait_until="domcontentloaded")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    # Before its kernel is there JupyterLab would ask for one.
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    # As a person: Run > Run All Cells.
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    panel = page.locator(".nnw-panel").first
    status = panel.locator(".nnw-pill")
    expect(status).to_have_text("running", timeout=2 * PATIENCE)
    busy = page.locator(".jp-Cell:has(.nnw-panel) .jp-InputPrompt", has_text="[*]")
    expect(busy).to_be_visible()
    expect(panel.locator(".nnw-figure path.line").first).to_be_attached()
    drawn = page.evaluate(LONGEST)
    page.wait_for_function(f"drawn => ({LONGEST})() > drawn + 100", arg=drawn)
    expect(busy).to_be_visible()
    expect(status).to_have_text("finished", timeout=3 * PATIENCE)
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert diary.errors == []
    server.send_signal(signal.SIGINT)
    assert server.wait(60) == 0
