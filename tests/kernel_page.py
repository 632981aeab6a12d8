"""What a page does with a kernel, without a browser; and trainings that block one."""

from __future__ import annotations

import contextlib
import json
import queue
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

from scripts.kernel_versions import environment

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
#: A loop of one's own with nothing of ours in it but the record.
LOGGING = """
run = nnw.Run(name="by hand", controls={"learning_rate": 0.1})
def train():
    with run:
        while True:
            for i in range(20_000): pass
            run.log(loss=1.0)
"""
TRAININGS = {"pure Python": PYTHON, "torch": TORCH, "model.fit": KERAS}
START = """
import ipykernel, json, nnwidgets as nnw
run = None
def begin(run):
    view = run.panel.head
    names = {"comm": view.comm.comm_id, "model": view.model_id, "ipykernel": ipykernel.__version__}
    print("BEGUN", json.dumps(names), flush=True)
"""
GO = """
if run is not None: begin(run)
train()
run = run or callback.run
from nnwidgets.kernel import routes
ledger = [[o.control, o.applied, run.started.timestamp() + o.moment] for o in run.interventions]
told = {"ledger": ledger, "route": routes.in_words(), "described": routes.describe()}
print("ENDED", json.dumps(told), flush=True)
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
        self.begun: dict[str, str] = {}
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
        # As pages do; and up to ipykernel 7.3 a request that arrives while the reply is sent may lie there unread.
        while self.client.get_shell_msg(timeout=PATIENCE)["parent_header"].get("msg_id") != request:
            pass

    def listen(self, until: Callable[[], Any]) -> None:
        """Take what the kernel says until a condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not until():
            assert time.monotonic() < deadline, self.said[-5:]
            self._take(self.client.get_iopub_msg(timeout=PATIENCE))

    def catch_up(self) -> None:
        """Take all that the kernel has said, before it is too much to be kept."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._take(self.client.get_iopub_msg(timeout=0))

    def _take(self, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        parent = message["parent_header"].get("msg_id", "")
        if kind == "stream":
            # A line may come in pieces.
            *lines, self.begun[parent] = (self.begun.get(parent, "") + content["text"]).split("\n")
            for line in lines:
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


class Visitor:
    """A second page: it connects to the kernel of another one, whatever that does at the time."""

    def __init__(self, page: Page) -> None:
        self.client: BlockingKernelClient = page.manager.client()
        self.client.session.session = (
            uuid.uuid4().hex
        )  # it would be that of the other page, with the same messages
        self.client.start_channels()
        #: What the kernel said, and the status that a page shows: the last one that was not about a question.
        self.heard: list[dict[str, Any]] = []
        self.status = "unknown"

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()

    def ask(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """Send a request on the shell channel; return the content of its reply."""
        message = self.client.session.msg(kind, content)
        self.client.shell_channel.send(message)
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"]["msg_id"] == message["msg_id"]:
                return dict(reply["content"])

    def send(self, kind: str, content: dict[str, Any], **metadata: Any) -> str:
        """Send a message that has no reply; return its id."""
        message = self.client.session.msg(kind, content, metadata=metadata)
        self.client.shell_channel.send(message)
        return str(message["msg_id"])

    def click(self, page: Page, control: str) -> dict[str, Any]:
        """Steer the training of the other page, and wait for the answer and until the message was dealt with."""
        request = 1_000_000 + len(self.heard)
        value = {"control": control, "value": None}
        content = {"wire": 1, "request": request, "kind": "control", "value": value}
        data = {"method": "custom", "content": content}
        sent = self.send("comm_msg", {"comm_id": page.names["comm"], "data": data})
        replies: list[dict[str, Any]] = []

        def answered(message: dict[str, Any]) -> bool:
            told = message["content"].get("data")
            reply = told.get("content") if isinstance(told, dict) else None
            if isinstance(reply, dict) and reply.get("request") == request:
                replies.append(reply)
            return bool(replies) and any(
                m["content"].get("execution_state") == "idle" and m["parent_header"]["msg_id"] == sent
                for m in self.heard
            )

        self.hear(answered)
        return replies[0]

    def hear(self, what: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Listen until the kernel says something of the kind; return that."""
        deadline = time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < deadline
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            self.heard.append(message)
            asked_by = message["parent_header"].get("msg_type")
            if message["msg_type"] == "status" and asked_by not in (
                "kernel_info_request",
                "comm_info_request",
            ):
                self.status = message["content"]["execution_state"]
            if what(message):
                return message

    def states(self, comm: str = "ask") -> dict[str, Any]:
        """Ask for the states of all widgets, as ipywidgets does in a page that connects."""
        self.open_states(comm)
        self.ask_states(comm)
        return self.hear_states(comm)

    def open_states(self, comm: str) -> None:
        """Open the comm by which states are asked for."""
        target = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
        self.send("comm_open", target, version="1.0.0")

    def ask_states(self, comm: str) -> None:
        """Ask, by a comm that was opened."""
        self.send("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}})

    def hear_states(self, comm: str) -> dict[str, Any]:
        """Wait for the answer, and close the comm."""
        answer = self.hear(lambda m: m["msg_type"] == "comm_msg" and m["content"]["comm_id"] == comm)
        self.send("comm_close", {"comm_id": comm, "data": {}})
        return dict(answer["content"]["data"]["states"])
