"""The desk in a real kernel, as the page around a notebook meets it, and what a kernel leaves in the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

from nnwidgets.desk_facts import DESK_PREFIX
from nnwidgets.store import RunStore

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0

ENDLESS = """
import nnwidgets as nnw
run = nnw.Run(name="{name}", {options})
for epoch in run.epochs(10 ** 9):
    for batch in run.train(range(100)):
        run.log(loss=1 / run.steps)
"""


class Lab:
    """What JupyterLab does around a notebook: runs cells that it names, listens, asks on the control channel."""

    def __init__(self, home: Path) -> None:
        self.manager = KernelManager(kernel_name="python3")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NNWIDGETS_HOME", str(home))
            self.manager.start_kernel(cwd=str(ROOT))
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)
        self.heard: list[dict[str, Any]] = []

    def close(self) -> None:
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()

    def begin(self, code: str, cell: str) -> str:
        """Run a cell; return the id of the request."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell})
        self.client.shell_channel.send(message)
        return str(message["msg_id"])

    def run(self, code: str, cell: str = "some cell") -> list[dict[str, Any]]:
        """Run a cell to its end; return what came out of it."""
        return self.end(self.begin(code, cell))

    def end(self, request: str) -> list[dict[str, Any]]:
        """Wait for the end of a cell."""

        def outputs() -> list[dict[str, Any]]:
            return [m for m in self.heard if m["parent_header"].get("msg_id") == request]

        self.listen(lambda: any(m["content"].get("execution_state") == "idle" for m in outputs()))
        return [
            m["content"]
            for m in outputs()
            if m["msg_type"] in ("display_data", "stream", "error", "execute_result")
        ]

    def listen(self, until: Callable[[], Any]) -> Any:
        """Take what the kernel says until a condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not (found := until()):
            assert time.monotonic() < deadline, self.heard[-5:]
            self.heard.append(self.client.get_iopub_msg(timeout=PATIENCE))
        return found

    def ask(self, **content: Any) -> dict[str, Any]:
        """Ask on the control channel."""
        message = self.client.session.msg("nnwidgets_request", content)
        self.client.control_channel.send(message)
        while True:
            reply = self.client.control_channel.get_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == message["msg_id"]:
                return dict(reply["content"])

    @property
    def desks(self) -> list[str]:
        """The ids of the desks that were opened."""
        opened = [m["content"]["comm_id"] for m in self.heard if m["msg_type"] == "comm_open"]
        return [name for name in opened if name.startswith(DESK_PREFIX)]

    @property
    def statuses(self) -> list[dict[str, Any]]:
        """What the desk told, the newest last."""
        told = []
        for m in self.heard:
            content = m["content"]
            if m["msg_type"] in ("comm_open", "comm_msg") and content["comm_id"] in self.desks:
                told.append(content["data"].get("state", {}).get("status"))
        return [status for status in told if status]

    @property
    def run_told(self) -> dict[str, Any]:
        """The newest run as the desk told of it last."""
        return dict(self.statuses[-1]["runs"][0]) if self.statuses else {}

    @property
    def asked_for(self) -> list[Any]:
        """What the desk asked of the page."""
        return [
            m["content"]["data"]["content"]
            for m in self.heard
            if m["msg_type"] == "comm_msg"
            and m["content"]["comm_id"] in self.desks
            and m["content"]["data"]["method"] == "custom"
        ]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "runs"
    monkeypatch.setenv("NNWIDGETS_HOME", str(folder))
    return folder


@pytest.fixture
def lab(home: Path) -> Iterator[Lab]:
    found = Lab(home)
    yield found
    found.close()


def test_a_run_in_the_sidebar_is_told_of_while_its_cell_runs(lab: Lab) -> None:
    request = lab.begin(ENDLESS.format(name="aside", options="where='sidebar'"), "cell 7")
    lab.listen(lambda: lab.run_told.get("step", 0) > 0)
    (desk,) = lab.desks
    told = lab.run_told
    assert (told["name"], told["status"], told["cell"], told["cell_busy"]) == (
        "aside", "running", "cell 7", True,
    )  # fmt: skip
    assert lab.statuses[-1]["shown"] == told["id"]
    assert lab.asked_for == [{"kind": "open"}]

    answer = lab.ask(ask="desk")
    assert (answer["status"], answer["desk"]) == ("ok", desk)
    assert answer["state"]["runs"][0]["panel"] == told["panel"]
    assert lab.ask(ask="settings", value={"frame_rate": 20, "x": "step", "log": False, "smoothing": 0}) == {
        "status": "ok"
    }
    refused = lab.ask(ask="settings", value={"frame_rate": 100})
    assert refused["status"] == "error"
    assert "between 1 and 30" in refused["reason"]

    stop = {"wire": 1, "request": 1, "kind": "control", "value": {"control": "stop", "value": None}}
    assert lab.ask(model=told["head"], data=stop)["status"] == "ok"
    (line,) = lab.end(request)
    assert list(line["data"]) == ["text/plain"]
    assert "'aside'" in line["data"]["text/plain"]
    assert "%nnwidgets panel" in line["data"]["text/plain"]
    lab.listen(lambda: lab.run_told["status"] == "finished" and not lab.run_told["cell_busy"])

    lab.run(
        "nnw.Run(name='second', where='sidebar', store=False); get_ipython().run_line_magic('load_ext', 'nnwidgets')"
    )
    lab.listen(lambda: lab.run_told["name"] == "second" and lab.statuses[-1]["shown"] == lab.run_told["id"])
    assert lab.asked_for == [{"kind": "open"}]
    assert lab.run_told["cell_shows"] is False
    # A page was heard, so there is nothing to explain.
    assert lab.run("%nnwidgets sidebar") == []
    lab.listen(lambda: lab.asked_for == [{"kind": "open"}, {"kind": "open"}])
    (panel,) = lab.run("%nnwidgets panel", "cell 9")
    assert "application/vnd.jupyter.widget-view+json" in panel["data"]
    lab.listen(lambda: lab.run_told["cell"] == "cell 9" and not lab.run_told["cell_busy"])
    assert lab.run_told["cell_shows"] is True
    lab.run("%nnwidgets off")
    closed = [m["content"]["comm_id"] for m in lab.heard if m["msg_type"] == "comm_close"]
    assert desk in closed


def test_the_magic_says_what_to_do_where_no_page_was_heard(lab: Lab) -> None:
    (line,) = lab.run("%load_ext nnwidgets\n%nnwidgets sidebar")
    assert line["text"].count("\n") == 1
    assert "JupyterLab" in line["text"]
    assert "%nnwidgets panel" in line["text"]
    lab.listen(lambda: lab.asked_for == [{"kind": "open"}])
    assert lab.statuses[-1] == {"wire": 1, "shown": None, "runs": []}


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "restarted"])
def test_a_kernel_that_ends_leaves_its_run_interrupted(lab: Lab, home: Path, kill: bool) -> None:
    lab.begin(ENDLESS.format(name="cut off", options=""), "cell 1")
    lab.listen(lambda: lab.run_told.get("step", 0) > 0)
    store = RunStore(home)
    lab.listen(lambda: [run.status for run in store.list()] == ["running"])
    if kill:
        lab.manager.shutdown_kernel(now=True)
    else:
        lab.manager.restart_kernel()
    (run,) = store.list()
    assert (run.status, run.name) == ("interrupted", "cut off")
    assert run.step > 0


@pytest.mark.parametrize(("between", "status"), [("", "interrupted"), ("the end of a cell", "finished")])
def test_a_loop_that_is_left_counts_as_interrupted_until_its_cell_is_over(
    lab: Lab, home: Path, between: str, status: str
) -> None:
    left = """
import os, nnwidgets as nnw
run = nnw.Run(name="left")
for epoch in run.epochs(5):
    run.log(loss=1.0)
    break
seen = [info.status for info in nnw.runs()]
"""
    if between:
        lab.run(left)
        (said,) = lab.run("print(seen)")
        assert said["text"] == "['finished']\n"
        lab.begin("os._exit(1)", "cell 2")
    else:
        lab.begin(left + "os._exit(1)", "cell 1")
    process = lab.manager.provisioner.process
    assert process.wait(PATIENCE) == 1
    (run,) = RunStore(home).list()
    assert run.status == status
