"""A page that connects while a cell runs, without a browser, on every version of ipykernel that we claim."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.kernel_versions import VERSIONS
from tests.kernel_page import GO, LOGGING, PATIENCE, PYTHON, START, TORCH, Page, Visitor, begun, result

TRAININGS = {"run.train": PYTHON, "run.log alone": LOGGING, "torch": TORCH}


@pytest.fixture(params=VERSIONS)
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    page = Page(request.param, tmp_path)
    yield page
    page.close()


@pytest.mark.parametrize("training", TRAININGS)
def test_a_second_page_gets_all_that_it_asks_for_before_the_cell_ends(page: Page, training: str) -> None:
    cell = begun(page, TRAININGS[training])
    began = time.perf_counter()
    with Visitor(page) as visitor:
        assert visitor.ask("kernel_info_request", {})["status"] == "ok"
        visitor.hear(lambda _: True)  # it is heard now
        told = visitor.ask("comm_info_request", {"target_name": "jupyter.widget"})
        assert page.names["comm"] in told["comms"]
        states = visitor.states()
        print(  # noqa: T201 — the time, which pytest -s shows
            f"ipykernel {page.names['ipykernel']}, {training}: all of {len(states)} widgets after "
            f"{1000 * (time.perf_counter() - began):.0f} ms"
        )
        assert set(told["comms"]) == set(states)
        assert states[page.names["model"]]["state"]["view"] == "head"
        assert visitor.click(page, "pause")["ok"]
        # The kernel is shown as what it is, although each of the messages was dealt with.
        visitor.hear(lambda _: visitor.status == "busy")
        assert cell not in page.ended
        assert visitor.click(page, "stop")["ok"]
        result(page, cell)
        visitor.hear(lambda m: m["parent_header"].get("msg_id") == cell and visitor.status == "idle")


def test_what_was_asked_before_the_panel_was_made_is_answered_when_it_is(page: Page, tmp_path: Path) -> None:
    page.run(START)
    go = tmp_path / "go"
    # The cell blocks until this test has heard what it waits for; it has no other way to be told.
    wait = f"import os, time\nprint('WAITING', flush=True)\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)"
    cell = page.cell(f"{wait}\n{PYTHON}\n{GO}")
    page.listen(lambda: page.lines("WAITING"))
    with Visitor(page) as visitor:
        asked = visitor.send("kernel_info_request", {})
        go.touch()
        reply = visitor.client.get_shell_msg(timeout=PATIENCE)
        assert reply["parent_header"]["msg_id"] == asked
        page.listen(lambda: page.names)
        assert cell not in page.ended
        assert page.click("stop", by="comm")["ok"]
    result(page, cell)


NEWEST = pytest.mark.parametrize("page", VERSIONS[:1], indirect=True)
#: Widgets come and go beside the training.
BUSTLE = """
import threading, time, ipywidgets
def bustle():
    while run.status in ("running", "paused"):
        for slider in [ipywidgets.IntSlider() for _ in range(20)]: slider.close()
        time.sleep(0.05)
threading.Thread(target=bustle, daemon=True).start()
"""


@NEWEST
def test_widgets_that_come_and_go_meanwhile_cost_nobody_an_answer(page: Page) -> None:
    cell = begun(page, PYTHON.replace("def train():", f"def train():\n    exec({BUSTLE!r}, globals())"))
    with Visitor(page) as visitor:
        visitor.hear(lambda _: True)
        for i in range(10):
            assert page.names["comm"] in visitor.ask("comm_info_request", {})["comms"]
            assert page.names["model"] in visitor.states(f"ask {i}")
            page.catch_up()
        assert visitor.click(page, "stop")["ok"]
    result(page, cell)


@NEWEST
def test_two_pages_that_ask_at_once_are_both_answered(page: Page) -> None:
    cell = begun(page, PYTHON)
    with Visitor(page) as one, Visitor(page) as other:
        pages = {"one": one, "other": other}
        for visitor in pages.values():
            visitor.hear(lambda _: True)
        for name, visitor in pages.items():
            visitor.open_states(name)
        for name, visitor in pages.items():
            visitor.ask_states(name)
        for name, visitor in pages.items():
            assert page.names["model"] in visitor.hear_states(name)
        assert one.click(page, "stop")["ok"]
    result(page, cell)


def test_what_changed_before_the_page_had_its_widgets_is_sent_again(page: Page) -> None:
    page.run(
        START + "import ipywidgets\nslider = ipywidgets.IntSlider()\nrun = nnw.Run(name='x')\nbegin(run)"
    )
    page.run("print('SLIDER', slider.comm.comm_id)")
    slider = page.lines("SLIDER")[0].split()[1]

    def moved(message: dict[str, Any]) -> bool:
        data = message["content"].get("data", {})
        return message["content"].get("comm_id") == slider and data.get("state", {}).get("value") == 5

    with Visitor(page) as visitor:
        visitor.ask("kernel_info_request", {})
        page.run("print(1)")
        visitor.hear(lambda _: True)
        assert visitor.states()[slider]["state"]["value"] == 0
        page.run("run.flush(); slider.value = 5")
        visitor.hear(moved)  # a page that still builds its widgets has no ear for this
        data = {"wire": 1, "request": 1, "kind": "ping", "value": 1}
        visitor.send(
            "comm_msg", {"comm_id": page.names["comm"], "data": {"method": "custom", "content": data}}
        )
        visitor.hear(moved)
