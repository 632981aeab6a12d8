"""Whether a cell runs, and a kernel status that stays true: busy until it ends, whatever is answered beside it.

Each message that a kernel handles ends with the status "idle", and pages show the last status that they heard of. So a
click that is answered on another thread, or between two steps, would show a kernel that still trains as free. After
such an "idle" the cell's "busy" is said again. And what plain threads send to widgets meanwhile belongs to the cell,
not to the message that was handled last.
"""

from __future__ import annotations

import contextvars
import sys
import threading
import time
import uuid
from typing import Any, Final

_HOOK: Final = "_publish_status"
_PARENT: Final = "get_parent"
#: What threads go by that no message began.
_CONTEXT: Final = "_shell_context"
_CELL: Final = "execute_request"
#: Seconds for which a kernel counts as busy after a cell: the next one of "Run All" begins within that time.
_BETWEEN: Final = 0.2


class Busy:
    """Follows the cells of a kernel's main thread. May be asked from any thread.

    Parameters
    ----------
    kernel
        The running kernel. Its hook is private: where it is missing, the kernel never counts as busy.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._lock = threading.Lock()
        self._cell: dict[str, Any] | None = None
        self._context: Any = None
        self._ended = 0.0
        #: The subshell to which requests are sent that were not meant for it; their answers shall not say so for long.
        self.subshell: str | None = None
        #: Cells that were sent on to the main thread, which it has not begun or not ended yet.
        self._sent: set[str] = set()
        self._publish: Any = getattr(kernel, _HOOK, None)

    @property
    def now(self) -> bool:
        """Whether a cell runs, or is about to."""
        return self._cell is not None or bool(self._sent) or time.monotonic() - self._ended < _BETWEEN

    def watch(self) -> None:
        """Begin to follow; also in the middle of a cell."""
        if self._publish is None or _HOOK in vars(self._kernel):
            return
        self._cell = _running_cell()
        self._context = getattr(self._kernel, _CONTEXT, None)
        setattr(self._kernel, _HOOK, self._said)
        if hasattr(self._kernel, "_shell_parent") and self._context is None:
            setattr(self._kernel, _PARENT, self._parent)

    def leave(self) -> None:
        """Follow no more."""
        for name, hook in ((_HOOK, self._said), (_PARENT, self._parent)):
            if self._publish is not None and vars(self._kernel).get(name) == hook:
                delattr(self._kernel, name)

    def sent(self, message_id: str) -> None:
        """Note that a cell is on its way to the main thread."""
        self._sent.add(message_id)

    def _parent(self, channel: str | None = None) -> Any:
        """Return what a thread belongs to: on ipykernel 7.0 one that no message began could send nothing at all."""
        try:
            return type(self._kernel).get_parent(self._kernel, channel)
        except LookupError:
            return self._cell or {}

    def _said(self, status: str, channel: str, parent: Any = None) -> None:
        of = parent or self._kernel.get_parent(channel)
        header = of.get("header") or {}
        # Of two threads that say something, the one that has the lock is heard first; so no "busy" follows the end.
        with self._lock:
            self._publish(status, channel, parent)
            if status == "idle" and header.get("msg_type") == _CELL:
                self._sent.discard(
                    header.get("msg_id", "")
                )  # on any thread: a program may embed a kernel in one
            if header.get("msg_type") == _CELL and threading.current_thread() is threading.main_thread():
                self._cell = of if status == "busy" else None
                if self._context is not None:
                    # Not the kernel's own: another thread may have put that of its message there a moment ago.
                    self._context = contextvars.copy_context()
                if status == "idle":
                    self._ended = time.monotonic()
                return
            if status == "idle" and self.subshell is not None and header.get("subshell_id") == self.subshell:
                del header["subshell_id"]
            if self._cell is None:
                return
            if self._context is not None:
                setattr(self._kernel, _CONTEXT, self._context)
            if status == "idle":
                self._publish("busy", channel, _another(self._cell))


def _another(cell: dict[str, Any]) -> dict[str, Any]:
    """Return a parent that no page waits for: what it keeps of the cell's own messages, times say, stays as it is."""
    return {"header": {**cell["header"], "msg_id": uuid.uuid4().hex}}


def _running_cell() -> dict[str, Any] | None:
    """Return the request of the cell that the main thread runs at this moment."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        if frame.f_code.co_name == _CELL:
            found = frame.f_locals.get("parent")
            return found if isinstance(found, dict) and "header" in found else None
        frame = frame.f_back
    return None
