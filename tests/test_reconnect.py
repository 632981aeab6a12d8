"""A page that connects while a cell runs, without a browser, on every version of ipykernel that we claim."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.kernel_versions import VERSIONS
from tests.kernel_page import LOGGING, PYTHON, TORCH, Page, Visitor, begun, result

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
