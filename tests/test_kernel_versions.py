"""A click during a cell, without a browser, on every version of ipykernel that we claim."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

from scripts.kernel_versions import VERSIONS, environment

PATIENCE = 60

PYTHON = """
run = nnw.Run(name="by hand", controls={"learning_rate": 0.1})
def train():
    for _ in run.epochs(10**6):
        for _ in run.train(range(50)):
            for i in range(20_000): pass
            run.log(loss=1.0)
"""
TORCH = """
import torch
torch.set_num_threads(1)
model = torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 2))
optimizer = torch.optim.Adam(model.parameters(), 1e-3)
x, y = torch.randn(128, 64), torch.randint(0, 2, (128,))
run = nnw.watch(model, optimizer)
def train():
    for _ in run.epochs(10**6):
        for a, b in run.train([(x, y)] * 50):
            loss = torch.nn.functional.cross_entropy(model(a), b)
            optimizer.zero_grad(); loss.backward(); optimizer.step()
            run.log(loss=loss)
"""
KERAS = """
import os
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras, numpy as np
x = np.random.normal(size=(512, 16)).astype("float32"); y = (x.sum(1) > 0).astype(int)
model = keras.Sequential([keras.layers.Input((16,)), keras.layers.Dense(64, "relu"), keras.layers.Dense(2)])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
callback = nnw.KerasCallback()
class Begun(keras.callbacks.Callback):
    def on_train_begin(self, logs=None): begin(callback.run)
def train():
    model.fit(x, y, epochs=10**6, verbose=0, callbacks=[callback, Begun()])
"""
TRAININGS = {"pure Python": PYTHON, "torch": TORCH, "model.fit": KERAS}
START = """
import ipykernel, json, nnwidgets as nnw
run = None
def begin(run):
    view = run.panel.head
    print("BEGUN", json.dumps({"comm": view.comm.comm_id, "model": view.model_id, "ipykernel": ipykernel.__version__}), flush=True)
"""
GO = """
if run is not None: begin(run)
train()
run = run or callback.run
from nnwidgets.kernel import routes
print("ENDED", json.dumps({"ledger": [[o.control, o.applied, run.started.timestamp() + o.moment] for o in run.interventions],
                           "route": routes.in_words(), "described": routes.describe()}), flush=True)
"""


class Page:
    """What a page does with a kernel: runs cells, reads what they say, sends the messages of its widgets."""

    def __init__(self, version: str, home: Path) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(env=environment(version) | {"NNWIDGETS_HOME": str(home)})
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)
        self.names: dict[str, str] = {}
        self.said: list[tuple[str, str]] = []
        self.replies: dict[int, dict[str, Any]] = {}
        self.ended: set[str] = set()
        self.sent: list[float] = []
        self.subshell: str | None = None

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self.client.context.destroy()

    def cell(self, code: str) -> str:
        return str(self.client.execute(code))

    def run(self, code: str) -> None:
        request = self.cell(code)
        self.listen(lambda: request in self.ended)

    def listen(self, until: Any) -> None:
        """Take what the kernel says until a condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not until():
            assert time.monotonic() < deadline, self.said[-5:]
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            kind, content = message["msg_type"], message["content"]
            parent = message["parent_header"].get("msg_id", "")
            if kind == "stream":
                for line in content["text"].splitlines():
                    self.said.append((parent, line))
                    if line.startswith("BEGUN "):
                        self.names = json.loads(line[6:])
            elif kind == "error":
                self.said.append((parent, f"{content['ename']}: {content['evalue']}"))
            elif kind == "comm_msg" and content["data"].get("method") == "custom":
                reply = content["data"]["content"]
                if reply.get("kind") == "reply":
                    self.replies[reply["request"]] = reply
            elif kind == "status" and content["execution_state"] == "idle":
                self.ended.add(parent)

    def lines(self, begin: str) -> list[str]:
        return [line for _, line in self.said if line.startswith(begin)]

    def click(self, control: str, *, by: str) -> dict[str, Any]:
        """Send a command as a page does, and wait for its answer."""
        request = len(self.sent) + 1
        data = {
            "wire": 1,
            "request": request,
            "kind": "control",
            "value": {"control": control, "value": None},
        }
        session, client = self.client.session, self.client
        self.sent.append(time.time())
        if by == "control channel":
            message = session.msg("nnwidgets_request", {"model": self.names["model"], "data": data})
            client.control_channel.send(message)
        else:
            message = session.msg(
                "comm_msg", {"comm_id": self.names["comm"], "data": {"method": "custom", "content": data}}
            )
            if by == "subshell":
                message["header"]["subshell_id"] = self._made_subshell()
            client.shell_channel.send(message)
        self.listen(lambda: request in self.replies)
        return self.replies[request]

    def _made_subshell(self) -> str:
        if self.subshell is None:
            self.client.control_channel.send(self.client.session.msg("create_subshell_request"))
            self.subshell = self.client.control_channel.get_msg(timeout=PATIENCE)["content"]["subshell_id"]
        return self.subshell


@pytest.fixture
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    page = Page(request.param, tmp_path)
    yield page
    page.close()


def begun(page: Page, training: str) -> str:
    """Begin a training that blocks the kernel; return the id of its cell."""
    page.run(START + training)
    cell = page.cell(GO)
    page.listen(lambda: page.names)
    return cell


def result(page: Page, cell: str) -> dict[str, Any]:
    page.listen(lambda: cell in page.ended)
    (line,) = page.lines("ENDED ")
    return dict(json.loads(line[6:]))


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
        "7": "own subshell" if version >= "7.4" else "front end's subshell" if by == "subshell" else "pump",
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
