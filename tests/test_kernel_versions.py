"""A click during a cell, without a browser, on every version of ipykernel that we claim."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.kernel_versions import VERSIONS
from tests.kernel_page import PATIENCE, PYTHON, START, TRAININGS, Page, begun, result


@pytest.fixture
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    page = Page(request.param, tmp_path)
    yield page
    page.close()


WAYS = [(version, "comm") for version in VERSIONS] + [("7.3.0", "subshell")]


@pytest.mark.parametrize(("page", "by"), WAYS, indirect=["page"], ids=[f"{v} {by}" for v, by in WAYS])
@pytest.mark.parametrize("training", TRAININGS)
def test_a_click_is_obeyed_in_the_middle_of_the_cell(page: Page, by: str, training: str) -> None:
    cell = begun(page, TRAININGS[training])
    for _ in range(8):
        for control in ("pause", "step", "resume"):
            assert page.click(control, by=by)["ok"]
    assert cell not in page.ended
    assert page.click("stop", by=by)["ok"]
    told = result(page, cell)
    waits = [1000 * (entry[2] - sent) for entry, sent in zip(told["ledger"], page.sent, strict=True)]
    version = page.names["ipykernel"]
    print(
        f"ipykernel {version}, {training}, {told['route']}: click → applied "
        f"{statistics.median(waits):.0f} ms median, {max(waits):.0f} ms at worst"
    )
    assert max(waits) < 5000
    expected = {
        "7": "front end's subshell" if version < "7.4" and by == "subshell" else "own subshell",
        "6": "pump",
    }
    assert told["route"].startswith(expected[version[0]])


@pytest.mark.parametrize("page", VERSIONS, indirect=True)
def test_the_control_channel_is_a_way_in_and_a_request_that_comes_twice_counts_once(page: Page) -> None:
    cell = begun(page, PYTHON)
    assert page.click("pause", by="control channel")["ok"]
    data = {"wire": 1, "request": 1, "kind": "control", "value": {"control": "pause", "value": None}}
    message = page.client.session.msg("nnwidgets_request", {"model": page.names["model"], "data": data})
    page.client.control_channel.send(message)
    assert page.click("resume", by="control channel")["ok"]
    assert page.click("stop", by="comm")["ok"]
    assert [entry[0] for entry in result(page, cell)["ledger"]] == ["pause", "resume", "stop"]


EVENTS = """
import threading
ends = []
get_ipython().events.register("post_execute", lambda: ends.append(threading.current_thread().name))
"""


@pytest.mark.parametrize("page", VERSIONS, indirect=True)
def test_a_click_ends_no_cell_for_those_who_listen(page: Page) -> None:
    """Matplotlib's inline backend is one: it shows and closes all figures, also those half drawn."""
    cell = begun(page, EVENTS + PYTHON.replace("def train():", "def train():\n    ends.clear()"))
    for control in ("pause", "resume", "stop"):
        assert page.click(control, by="comm")["ok"]
    result(page, cell)
    page.run("print('ENDS', ends)")
    assert page.lines("ENDS") == ["ENDS ['MainThread']"]


@pytest.mark.parametrize("page", VERSIONS, indirect=True)
def test_cells_that_wait_meanwhile_run_afterwards_in_order_and_once(page: Page) -> None:
    cell = begun(page, PYTHON)
    page.click("pause", by="comm")
    waiting = [page.cell(f"print('CELL', {i})") for i in range(3)]
    page.click("resume", by="comm")
    assert page.lines("CELL") == []
    page.click("stop", by="comm")
    result(page, cell)
    page.listen(lambda: all(request in page.ended for request in waiting))
    assert page.lines("CELL") == ["CELL 0", "CELL 1", "CELL 2"]
    assert [parent for parent, line in page.said if line.startswith("CELL")] == waiting


@pytest.mark.parametrize("page", VERSIONS, indirect=True)
def test_the_interrupt_button_ends_the_cell_and_the_kernel_still_answers(page: Page) -> None:
    cell = begun(page, PYTHON)
    page.click("pause", by="comm")
    page.manager.interrupt_kernel()
    page.listen(lambda: cell in page.ended)
    assert page.lines("KeyboardInterrupt") != []
    page.run("print('STATUS', run.status)")
    assert page.lines("STATUS") == ["STATUS interrupted"]


@pytest.mark.parametrize("page", VERSIONS, indirect=True)
def test_in_the_background_the_interrupt_button_ends_the_training(page: Page) -> None:
    page.run(START + PYTHON + "run.start(train)\nbegin(run)")
    assert page.click("pause", by="comm")["ok"]
    assert page.click("resume", by="comm")["ok"]
    page.run("print('BESIDE', run.status)")
    assert page.lines("BESIDE") == ["BESIDE running"]
    page.manager.interrupt_kernel()
    page.run(f"print('ENDED', run.wait({PATIENCE}), run.status)")
    assert page.lines("ENDED") == ["ENDED True interrupted"]
    # The next cell is interrupted as ever.
    cell = page.cell("print('SPINNING', flush=True)\nwhile True: pass")
    page.listen(lambda: page.lines("SPINNING"))
    page.manager.interrupt_kernel()
    page.listen(lambda: cell in page.ended)
    assert page.lines("KeyboardInterrupt") != []
