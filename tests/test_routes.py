"""A click during a cell, in a real kernel: the message of a pinned comm is handled before the cell ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

PATIENCE = 30

SETUP = """
import threading, time
import comm as comm_package
from nnwidgets.kernel import routes

clicked = threading.Event()

class Widget:
    comm = comm_package.create_comm(target_name="test")

Widget.comm.on_msg(lambda message: clicked.set())
# What a streaming widget does all the time; it makes the kernel forget where replies belong.
send = lambda: Widget.comm.send({"frame": 1})
"""
BLOCK = """
deadline = time.monotonic() + {seconds}
while not clicked.is_set() and time.monotonic() < deadline:
    send()
    time.sleep(0.02)
print("CLICKED" if clicked.is_set() else "NOTHING")
"""


@pytest.fixture
def client() -> Iterator[BlockingKernelClient]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()
    client.context.destroy()


def said(client: BlockingKernelClient, code: str) -> str:
    """Run a cell and return what it printed."""
    return ended(client, client.execute(code))


def ended(client: BlockingKernelClient, request: str) -> str:
    printed = ""
    while True:
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "stream":
            printed += message["content"]["text"]
        assert message["msg_type"] != "error", message["content"]["evalue"]
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return printed


def click_during_a_cell(client: BlockingKernelClient, setup: str, *, seconds: float) -> str:
    comm_id = said(client, setup + "print(Widget.comm.comm_id, end='')")
    request = client.execute(BLOCK.format(seconds=seconds))
    while True:  # the cell is at work when its first frame arrives
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["msg_type"] == "comm_msg" and message["parent_header"].get("msg_id") == request:
            break
    client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": comm_id, "data": {"click": 1}}))
    return ended(client, request)


def test_a_click_on_a_pinned_widget_arrives_while_the_cell_runs(client: Any) -> None:
    assert click_during_a_cell(client, SETUP + "routes.pin(Widget)\n", seconds=PATIENCE) == "CLICKED\n"


def test_without_the_pin_it_would_wait_for_the_end_of_the_cell(client: Any) -> None:
    assert click_during_a_cell(client, SETUP, seconds=2.0) == "NOTHING\n"


def test_the_route_is_named_and_released_without_a_trace(client: Any) -> None:
    code = (
        SETUP
        + """
import ipywidgets
kernel = get_ipython().kernel
manager = kernel.shell_channel_thread.manager

def hooks():
    return (manager.list_subshell(), kernel.shell_stream._recv_callback, vars(kernel).get("_publish_status"),
            dict(kernel.comm_manager.targets), dict(kernel.shell_handlers), dict(kernel.control_handlers))

before = hooks()
routes.pin(Widget)
routes.pin(Widget)
print(routes.live_route().name, len(manager.list_subshell()) - len(before[0]))
print([one != other for one, other in zip(before, hooks())])
routes.release()
print(hooks() == before, {"_reply_subshell_for", "handle_msg"} & set(vars(Widget.comm)))
"""
    )
    changed = [True] * 6
    assert said(client, code) == f"own subshell 1\n{changed}\nTrue set()\n"


def test_outside_a_kernel_nothing_happens() -> None:
    from nnwidgets.kernel import routes

    routes.pin(object())
    assert routes.live_route().name == "none"
    routes.release()
