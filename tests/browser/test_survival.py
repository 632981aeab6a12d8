"""A panel survives what happens to its page and its kernel: in the end the page shows each recorded step, once.

Cases 22 and 23 of the list of faults: full state without a gap, and a kernel that is restarted under the panel.
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

import nnwidgets as nnw
from scripts.laboratory import laboratory
from tests.browser.connection import Bell, connection
from tests.browser.lab import PATIENCE, Diary, Lab
from tests.browser.shown import assert_shown, drawn, recorded, unsmoothed

#: Trains until the file ``end`` is there; each step has a value of its own. It sleeps as long as a step of a real
#: network takes: up to 400 steps are all drawn.
TRAIN = """
import json, os, time, nnwidgets as nnw
from pathlib import Path
run = nnw.Run(name="{name}")
print(json.dumps([run.id, os.getpid()]))
{before}
while not Path("{end}").exists():
    step = run.steps + 1
    run.log(loss={scale} / step ** 0.5 + 0.1 * (7 * step % 5))
    time.sleep({pace})
    {each}
run.finish()
"""
#: Rings ten steps after the start, and again after 20 s of recorded time in which the file ``cut`` was there.
RINGS = """if step == 10:
        bell()
    if Path("cut").exists() and since is None:
        since = run.elapsed
    if since is not None and not rang and run.elapsed > since + 20:
        rang = True
        bell()"""


def train(name: str = "endures", **changes: object) -> str:
    """Return a cell that trains; up to 400 steps, each one is drawn."""
    usual = {"scale": 2.0, "end": "end", "before": "", "each": "", "pace": 0.08}
    return TRAIN.format(name=name, **{**usual, **changes})


@pytest.fixture
def bell() -> Iterator[Bell]:
    made = Bell()
    yield made
    made.close()


def begin(lab: Lab, cell: int = 0) -> tuple[str, int]:
    """Run a cell that trains, and return the id of its run and its process once the panel is there and unsmoothed."""
    lab.run(cell, wait=False)
    expect(status(lab.panel())).to_have_text("running")
    unsmoothed(lab.panel())
    lab.wait_for_growth(300)
    run_id, process = json.loads(lab.printed(cell).splitlines()[0])
    assert lab.is_running
    return str(run_id), int(process)


def status(panel: Locator) -> Locator:
    return panel.locator(".nnw-pill")


def banner(lab: Lab) -> Locator:
    """Return the lines above the panels."""
    return lab.page.locator(".nnw-output-banner")


def finish(lab: Lab, panel: Locator, run_id: str, end: str = "end") -> None:
    """Let the training end, and assert that the page shows all that was recorded, each step once."""
    (lab.folder / end).touch()
    expect(status(panel)).to_have_text("finished", timeout=2 * PATIENCE)
    steps, values = recorded(run_id, lab.folder.parent)
    assert steps.tolist() == list(range(1, len(steps) + 1))
    expect(panel.locator(".nnw-facts")).to_contain_text(f"step\u00a0{len(steps):,}")
    assert_shown(panel, steps, values)


def assert_last_picture(panel: Locator, run_id: str, lab: Lab) -> None:
    """Assert that a panel without its kernel shows what it knew: a beginning of the run, no step left out or twice.

    The page and the file each may lack what came in the last moment before the end.
    """
    steps, values, across, up = drawn(panel)
    known, kept = recorded(run_id, lab.folder.parent)
    assert len(steps) > 10
    assert np.abs(steps - np.arange(1, len(steps) + 1)).max() <= across
    both = min(len(steps), len(known))
    assert known.tolist() == list(range(1, len(known) + 1))
    assert both > 10
    assert np.abs(values[:both] - kept[:both]).max() <= up
    assert nnw.load(run_id, lab.folder.parent / "runs").status == "interrupted"


def assert_still(lab: Lab, run_id: str, words: str) -> None:
    """Assert that a panel says what became of its kernel, and that nothing in it pretends to work."""
    panel = lab.panel()
    expect(banner(lab)).to_have_text(f'{words} What was recorded is kept: nnw.load("{run_id}")')
    expect(banner(lab)).to_have_attribute("role", "status")
    expect(status(panel)).to_have_text("interrupted")
    for name in ("Pause", "Step", "Evaluate now", "Stop", "Snapshot"):
        expect(panel.get_by_role("button", name=name, exact=True, include_hidden=True)).to_be_disabled()
    for part in (".nnw-steer", ".nnw-export", ".nnw-options", ".nnw-figure"):
        expect(panel.locator(part).first).to_have_attribute("inert", "")
    panel.get_by_role("tab", name="Table").click()  # the page's own
    expect(panel.get_by_role("rowheader", name="train/loss")).to_be_visible()
    panel.get_by_role("tab", name="Curves").click()


def test_a_page_without_a_connection_for_twenty_seconds_shows_all_of_it_afterwards(
    lab: Lab, bell: Bell
) -> None:
    with connection(lab) as line:
        lab.open(train(before=f"since, rang = None, False; {bell.define}", each=RINGS, pace=0.25))
        run_id, _ = begin(lab)
        bell.wait()
        line.cut()
        (lab.folder / "cut").touch()
        expect(banner(lab)).to_have_text("The connection is lost; the panel goes on when it is back.")
        expect(lab.panel().get_by_role("button", name="Stop", exact=True)).to_be_disabled()
        before = len(drawn(lab.panel())[0])
        bell.wait()
        assert len(drawn(lab.panel())[0]) == before
        line.mend()
        expect(banner(lab)).to_be_hidden(timeout=2 * PATIENCE)
        expect(status(lab.panel())).to_have_text("running")
        expect(lab.panel().get_by_role("button", name="Stop", exact=True)).to_be_enabled()
        finish(lab, lab.panel(), run_id)


def test_a_panel_whose_kernel_is_restarted_says_so_and_the_run_is_kept(lab: Lab) -> None:
    """Case 23."""
    lab.open(train(), "import nnwidgets as nnw; print(nnw.runs()[0].status)")
    run_id, _ = begin(lab)
    lab.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:restart-kernel'); }")
    lab.page.get_by_role("button", name="Confirm Kernel Restart").click()
    assert_still(lab, run_id, "The kernel was restarted.")
    assert_last_picture(lab.panel(), run_id, lab)
    lab.run(1)
    assert lab.printed(1) == "interrupted\n"
    # The same cell again: a new run, a new panel, and nothing of the old one.
    again, _ = begin(lab)
    assert again != run_id
    expect(banner(lab)).to_be_hidden()
    expect(lab.page.locator(".nnw-panel")).to_have_count(1)
    finish(lab, lab.panel(), again)


def test_a_panel_whose_kernel_is_killed_says_so_and_the_run_is_kept(lab: Lab) -> None:
    lab.open(train())
    run_id, process = begin(lab)
    expect(lab.panel().locator(".nnw-saved")).not_to_have_text("")
    os.kill(process, signal.SIGKILL)
    lab.page.get_by_role("dialog").get_by_role("button", name="Ok").click()
    assert_still(lab, run_id, "The kernel died and was started again.")
    assert_last_picture(lab.panel(), run_id, lab)


def test_a_panel_whose_kernel_is_shut_down_says_so(lab: Lab) -> None:
    lab.open(train())
    run_id, _ = begin(lab)
    expect(lab.panel().locator(".nnw-saved")).not_to_have_text("")
    lab.page.evaluate("() => { window.jupyterapp.shell.currentWidget.sessionContext.shutdown(); }")
    assert_still(lab, run_id, "The kernel was shut down.")
    assert_last_picture(lab.panel(), run_id, lab)


def test_two_notebooks_that_train_at_once_have_their_own_numbers(lab: Lab, page: Page) -> None:
    lab.open(train("one", end="end one"), name="one")
    one, _ = begin(lab)
    other_page = page.context.new_page()
    other = Lab(other_page, lab.url.replace(f"{lab.folder.name}/{{}}", "{}"), lab.folder)
    other.open(train("two", scale=5.0, end="end two"), name="two")
    two, _ = begin(other)
    assert lab.is_running
    assert other.is_running
    assert lab.panel().locator(".nnw-name").text_content() == "one"
    assert other.panel().locator(".nnw-name").text_content() == "two"
    finish(other, other.panel(), two, "end two")
    finish(lab, lab.panel(), one, "end one")
    assert recorded(one, lab.folder.parent)[1][0] == pytest.approx(2.2)
    assert recorded(two, lab.folder.parent)[1][0] == pytest.approx(5.2)


@pytest.mark.parametrize("show", ["display(run.panel)", "run.show()", "%nnwidgets panel"])
def test_a_run_begun_before_is_shown_whole_by_a_later_cell(lab: Lab, show: str) -> None:
    """Case 22, a late display."""
    early = """
import nnwidgets as nnw
run = nnw.Run(name="late", show=False)
for step in range(1, 41):
    run.log(loss=2 / step ** 0.5 + 0.1 * (7 * step % 5))
"""
    late = train().replace('run = nnw.Run(name="endures")', show)
    lab.open(f"%load_ext nnwidgets\n{early}", late)
    lab.run(0)
    assert lab.page.locator(".nnw-panel").count() == 0
    run_id, _ = begin(lab, 1)
    finish(lab, lab.panel(), run_id)


@pytest.fixture
def strict(page: Page, diary: Diary, tmp_path: Path) -> Iterator[Lab]:
    """Give a notebook whose server drops what comes faster than 100 messages a second.

    Usually it is 1,000, which a machine that is busy with tests may not even bring as far as the server.
    """
    config = tmp_path / ".jupyter" / "jupyter_config_dir" / "jupyter_server_config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"ZMQChannelsWebsocketConnection": {"iopub_msg_rate_limit": 100}}))
    with laboratory(tmp_path) as server:
        (tmp_path / "own").mkdir()
        yield Lab(page, server, tmp_path / "own")
        page.context.close()
    assert diary.errors == []


def test_what_the_server_drops_is_never_needed(strict: Lab) -> None:
    """Case 22: somebody's own widget sends more than the server lets through, and messages of the panel are lost."""
    flood = """if Path("flood").exists():
        for i in range(1000):
            slider.comm.send({"method": "custom", "content": i})"""
    lab = strict
    lab.open(train(before="import ipywidgets; slider = ipywidgets.IntSlider()", each=flood))
    run_id, _ = begin(lab)
    lab.page.evaluate(
        """() => {
          window.told = false;
          window.gap = false;
          let last = Infinity;
          const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
          kernel.iopubMessage.connect((_, { content }) => {
            const head = content?.data?.state?.state;
            if (head?.steps_per_epoch !== undefined) {
              window.gap ||= head.frame > last + 1;
              last = head.frame;
            }
            window.told ||= `${content?.text}`.startsWith('IOPub message rate exceeded');
          });
        }"""
    )
    (lab.folder / "flood").touch()
    lab.page.wait_for_function("() => window.told && window.gap")
    (lab.folder / "flood").unlink()
    finish(lab, lab.panel(), run_id)


def test_the_last_frame_is_missed_too(lab: Lab, page: Page) -> None:
    """Case 22: what is lost at the end of a run leaves no gap that a later frame could show."""
    loss = {"going on": False}

    def hand_on(page_end: WebSocketRoute) -> None:
        server = page_end.connect_to_server()
        server.on_message(
            lambda message: None if loss["going on"] and b'"comm_msg"' in message else page_end.send(message)
        )

    page.route_web_socket(re.compile(r"/api/kernels/[^/]+/channels"), hand_on)
    lab.open(train())
    run_id, _ = begin(lab)
    loss["going on"] = True
    (lab.folder / "end").touch()
    lab.wait_until_ran()
    expect(status(lab.panel())).to_have_text("running")
    loss["going on"] = False
    finish(lab, lab.panel(), run_id)
