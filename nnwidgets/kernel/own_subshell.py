"""The way in on ipykernel 7.0 and later: a subshell of our own, to which the messages of our widgets are sent.

While a cell runs, the kernel's main thread is busy and would answer a click only at the end. A kernel subshell (JEP 91)
is a second thread that answers messages. ipykernel 7.4 asks each comm where its messages belong, but remembers the
subshell of whoever *sent* last, which is the busy one; so the answer is pinned. Before, `reconnect` sees to it. These
hooks are private: each one is looked for, and where one is missing nothing is done.
"""

from __future__ import annotations

import logging
import threading
from typing import Any
from weakref import ref

logger = logging.getLogger("nnwidgets")

_ROUTE = "_reply_subshell_for"
_PATIENCE = 5.0


class OwnSubshell:
    """One subshell for all widgets of a kernel, made with the first of them."""

    def __init__(self, kernel: Any) -> None:
        self._manager: Any = getattr(getattr(kernel, "shell_channel_thread", None), "manager", None)
        self._lock = threading.Lock()
        self._id: str | None = None
        self._failed = False
        # Plain references without callbacks: one that ran while ■ is pressed would swallow the KeyboardInterrupt.
        self._comms: list[ref[Any]] = []

    @property
    def possible(self) -> bool:
        """Whether this kernel has what it takes."""
        return all(
            hasattr(self._manager, name)
            for name in ("_create_subshell", "_delete_subshell", "_shell_channel_io_loop")
        )

    @property
    def is_here(self) -> bool:
        """Whether the caller is the thread of the subshell."""
        return self._id is not None and threading.current_thread().name == f"subshell-{self._id}"

    def pin(self, comm: Any) -> None:
        """Send the messages of a comm to the subshell."""
        if not self.possible or not hasattr(comm, _ROUTE) or _ROUTE in vars(comm):
            return
        subshell = self.made()
        if subshell is not None:
            setattr(comm, _ROUTE, lambda data, default: subshell)
            self._comms.append(ref(comm))

    def release(self) -> None:
        """Send every message where it went before, and end the subshell."""
        for comm in [reference() for reference in self._comms]:
            if comm is not None:
                vars(comm).pop(_ROUTE, None)
        self._comms.clear()
        with self._lock:
            subshell, self._id = self._id, None
        if subshell is not None:
            self.on_channel(lambda: self._manager._delete_subshell(subshell))

    def made(self) -> str | None:
        """Return the id of the subshell, which is made if it is not there yet; None where that is not possible."""
        if not self.possible:
            return None
        with self._lock:
            if self._id is None and not self._failed:
                made: list[str] = []
                self.on_channel(lambda: made.append(self._manager._create_subshell()))
                self._id = made[0] if made else None
                self._failed = not made
            return self._id

    def on_channel(self, act: Any) -> None:
        """Act on the thread that owns the sockets, and wait for it."""
        done = threading.Event()

        def guarded() -> None:
            try:
                act()
            except Exception:  # a hook that changed must not break a kernel
                logger.debug("nnwidgets: the kernel's subshells could not be used", exc_info=True)
            finally:
                done.set()

        self._manager._shell_channel_io_loop.add_callback(guarded)
        done.wait(_PATIENCE)
