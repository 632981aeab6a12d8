"""The way in where nobody else answers while a cell runs: the training itself looks for messages, between two steps.

ipykernel before 7.0 has no subshells. There comm messages, and what a page asks when it connects, wait until the cell
ends, unless the cell takes them out. All other messages that it finds on the way are handed to the kernel's own queue,
which deals with them after the cell, in their order.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import threading
from time import perf_counter
from typing import Any, Final

try:
    import zmq
except ImportError:  # in a browser, where no sockets are
    zmq = None  # type: ignore[assignment]

logger = logging.getLogger("nnwidgets")

#: Seconds between two looks at the socket; a look costs a system call.
INTERVAL: Final = 0.02
_NOW: Final = ("comm_msg", "comm_open", "comm_close", "comm_info_request", "kernel_info_request")


class Pump:
    """Takes messages out of a kernel's shell channel that need not wait. Used on the main thread, while it runs a cell.

    Parameters
    ----------
    kernel
        The running kernel. Its hooks are private: where one is missing the pump does nothing.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._due = 0.0
        #: Whether a message is being handled by the pump now.
        self.at_work = False
        self._socket, self._stream, self._subshells = _sockets(kernel)

    @property
    def possible(self) -> bool:
        """Whether this kernel has what it takes."""
        return self._socket is not None

    def look(self) -> None:
        """Handle the messages that need not wait; on another thread than the main one, nothing. Never raises."""
        now = perf_counter()
        if (
            now < self._due
            or self._socket is None
            or threading.current_thread() is not threading.main_thread()
        ):
            return
        self._due = now + INTERVAL
        if self.at_work:
            return
        self.at_work = True
        try:
            self._drain()
        except zmq.ZMQError:
            logger.debug("nnwidgets: the kernel's messages could not be read", exc_info=True)
        except Exception:
            logger.exception("nnwidgets: a message could not be handled while the cell ran")
        finally:
            self.at_work = False

    def _drain(self) -> None:
        while self._socket.get(zmq.EVENTS) & zmq.POLLIN:
            try:
                frames = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            idents, rest = self._kernel.session.feed_identities(frames, copy=False)
            header = self._kernel.session.unpack(rest[1].bytes)
            if header["msg_type"] in _NOW:
                self._handle(idents, self._kernel.session.deserialize(rest, content=True, copy=False))
            else:
                self._later(frames)

    def _handle(self, idents: Any, message: Any) -> None:
        kernel = self._kernel
        parent, ident = kernel.get_parent("shell"), self._ident()
        kernel.set_parent(idents, message, channel="shell")
        try:
            kernel._publish_status("busy", "shell")
            try:
                _finish(kernel.shell_handlers[message["header"]["msg_type"]](self._stream, idents, message))
            finally:  # a page counts the kernel as busy with each message until it hears this
                kernel._publish_status("idle", "shell")
            if hasattr(
                self._stream, "flush"
            ):  # a stream sends when its loop is free, which is not before the end
                self._stream.flush(zmq.POLLOUT)
        finally:
            kernel.set_parent(ident, parent, channel="shell")

    def _ident(self) -> Any:
        if self._subshells:
            return self._kernel._shell_parent_ident.get()
        return self._kernel._parent_ident["shell"]

    def _later(self, frames: list[Any]) -> None:
        """Hand a message to the kernel's own queue."""
        if self._subshells:
            self._kernel.io_loop.add_callback(self._kernel.shell_main, None, frames)
        else:
            self._kernel.schedule_dispatch(self._kernel.dispatch_shell, frames)


def _finish(handling: Any) -> None:
    """Run a handler to its end that was written to be awaited: those for our messages wait for nothing."""
    if inspect.iscoroutine(handling):
        with contextlib.suppress(StopIteration):
            handling.send(None)
            handling.close()


def _sockets(kernel: Any) -> tuple[Any, Any, bool]:
    """Return where messages are read and answered, and whether the kernel has subshells; nothing where hooks miss."""
    subshells = bool(getattr(kernel, "_supports_kernel_subshells", False))
    needed = ("_shell_parent_ident", "shell_main") if subshells else ("_parent_ident", "schedule_dispatch")
    if not all(hasattr(kernel, name) for name in (*needed, "shell_handlers", "_publish_status")):
        return None, None, False
    with contextlib.suppress(AttributeError):
        if not subshells:
            return kernel.shell_stream.socket, kernel.shell_stream, False
        manager = kernel.shell_channel_thread.manager
        pair = manager.get_shell_channel_to_subshell_pair(None)
        return pair.to_socket, manager.get_subshell_to_shell_channel_socket(None), True
    return None, None, False
