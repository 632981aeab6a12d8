"""What is kept of a running cell, and what is left behind, in kernels that are made for the purpose."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

from nnwidgets.kernel.busy import Busy

CELL: dict[str, Any] = {"header": {"msg_type": "execute_request", "msg_id": "cell"}}
CLICK: dict[str, Any] = {"header": {"msg_type": "comm_msg", "msg_id": "click"}}


class Kernel:
    """A kernel as ipykernel 7.1 and later has it, as far as its status goes."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self._shell_parent: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("shell_parent")
        self._shell_context = contextvars.copy_context()

    def set_parent(self, parent: dict[str, Any]) -> None:
        self._shell_parent.set(parent)
        self._shell_context = contextvars.copy_context()

    def get_parent(self, channel: str | None = None) -> dict[str, Any]:
        try:
            return self._shell_parent.get()
        except LookupError:
            return self._shell_context[self._shell_parent]

    def _publish_status(self, status: str, channel: str, parent: dict[str, Any] | None = None) -> None:
        self.said.append((status, (parent or self.get_parent(channel))["header"]["msg_type"]))


class Plain(Kernel):
    """One as ipykernel 7.0 has it: a thread that no message began belongs to nothing."""

    def __init__(self) -> None:
        super().__init__()
        del self._shell_context

    def set_parent(self, parent: dict[str, Any]) -> None:
        self._shell_parent.set(parent)

    def get_parent(self, channel: str | None = None) -> dict[str, Any]:
        return self._shell_parent.get()


def on_a_thread(act: Callable[[], Any]) -> Any:
    """Do something on a plain thread and return what comes of it, or the error."""
    found: list[Any] = []

    def job() -> None:
        try:
            found.append(act())
        except LookupError as error:
            found.append(error)

    thread = threading.Thread(target=job)
    thread.start()
    thread.join()
    return found[0]


def click(kernel: Kernel) -> None:
    """Deal with a message on another thread."""
    kernel.set_parent(CLICK)
    kernel._publish_status("busy", "shell")
    kernel._publish_status("idle", "shell")


def test_a_thread_belongs_to_the_cell_though_a_click_came_at_the_very_moment_when_it_began() -> None:
    kernel = Kernel()
    Busy(kernel).watch()
    kernel.set_parent(CELL)
    on_a_thread(lambda: kernel.set_parent(CLICK))  # before the main thread says that it is busy
    kernel._publish_status("busy", "shell")
    on_a_thread(lambda: click(kernel))
    assert on_a_thread(kernel.get_parent) == CELL
    assert kernel.said[-1] == ("busy", "execute_request")


def test_nothing_is_left_in_a_kernel_whose_threads_belong_to_nothing() -> None:
    kernel = Plain()
    busy = Busy(kernel)
    busy.watch()
    kernel.set_parent(CELL)
    kernel._publish_status("busy", "shell")
    assert on_a_thread(kernel.get_parent) == CELL
    busy.leave()
    assert isinstance(on_a_thread(kernel.get_parent), LookupError)
    assert sorted(vars(kernel)) == ["_shell_parent", "said"]


def test_a_cell_that_ends_on_another_thread_is_not_waited_for() -> None:
    """A program may embed a kernel in a thread."""
    kernel = Kernel()
    busy = Busy(kernel)
    busy.watch()
    busy.sent("cell")
    assert busy.now

    def cell() -> None:
        kernel.set_parent(CELL)
        kernel._publish_status("busy", "shell")
        kernel._publish_status("idle", "shell")

    on_a_thread(cell)
    assert not busy.now
