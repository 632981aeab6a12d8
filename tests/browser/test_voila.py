"""Voilà shows a panel once its cells have run; with a training in the background it is live, and steers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from scripts.laboratory import FOLDERS, notebook, own_port, wait_until_served
from tests.browser.lab import CURVE, Diary
from tests.browser.trainings import NUMPY

#: Sleeps as long as a step of a real network takes, for the processor is needed by the page as well.
BEHIND = """
import time, nnwidgets as nnw
run = nnw.Run(name="behind the page", controls={"learning_rate": 0.1})
def train():
    for epoch in run.epochs(100_000):
        for _ in run.train(range(20)):
            run.log(loss=2 / (1 + run.steps ** 0.5))
            time.sleep(0.001)
        for _ in run.validate(range(2)):
            run.log(loss=1 / (1 + run.steps ** 0.5))
run.start(train)
"""


@pytest.fixture(scope="module")
def voila(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a Voilà with two notebooks, ``{}`` in place of the name of one."""
    folder: Path = tmp_path_factory.mktemp("voila")
    notebook(folder, "behind", [BEHIND])
    notebook(folder, "blocking", [NUMPY])
    port = own_port()
    own = {name: str(folder / ".jupyter" / name.lower()) for name in FOLDERS}
    own |= {"IPYTHONDIR": str(folder / ".ipython"), "NNWIDGETS_HOME": str(folder / "runs")}
    command = [
        sys.executable,
        "-m",
        "voila",
        str(folder),
        "--no-browser",
        f"--port={port}",
        "--Voila.ip=127.0.0.1",
    ]
    log = folder / "server.log"
    with log.open("wb") as file:
        server = subprocess.Popen(command, cwd=folder, env=os.environ | own, stdout=file, stderr=file)
    try:
        wait_until_served(f"http://127.0.0.1:{port}/", server, log)
        yield f"http://127.0.0.1:{port}/voila/render/{{}}.ipynb"
    finally:
        server.terminate()
        server.wait(60)


def panel(page: Page, address: str, name: str) -> Locator:
    """Open a notebook; return its panel, which comes when the cells have run."""
    page.goto(address.format(name), wait_until="domcontentloaded")
    found = page.locator(".nnw-panel")
    expect(found.get_by_role("status")).to_be_visible()
    return found


def test_a_training_in_the_background_is_live_and_is_steered(voila: str, page: Page, diary: Diary) -> None:
    found = panel(page, voila, "behind")
    expect(found.get_by_role("status")).to_have_text("running")
    before = page.evaluate(CURVE)
    page.wait_for_function(f"before => ({CURVE})() !== before", arg=before)
    found.get_by_role("button", name="log").click()
    expect(found.get_by_role("button", name="log")).to_have_attribute("aria-pressed", "true")
    found.get_by_role("button", name="Pause").click()
    expect(found.get_by_role("status")).to_have_text("paused")
    found.get_by_role("button", name="Resume").click()
    expect(found.get_by_role("status")).to_have_text("running")
    found.get_by_role("button", name="Stop", exact=True).click()
    expect(found.get_by_role("status")).to_have_text("finished")
    assert diary.errors == []


def test_a_training_in_a_cell_is_shown_when_it_is_over_and_its_views_work(
    voila: str, page: Page, diary: Diary
) -> None:
    found = panel(page, voila, "blocking")
    expect(found.get_by_role("status")).to_have_text("finished")
    expect(found.locator(".nnw-head")).to_contain_text("step 40")
    assert len(page.evaluate(CURVE)) > 100
    found.get_by_role("tab", name="Table").click()
    expect(found.get_by_role("table").first).to_contain_text("val/loss")
    found.get_by_role("tab", name="Curves").click()
    expect(found.locator(".nnw-figure path.line").first).to_be_visible()
    assert diary.errors == []
