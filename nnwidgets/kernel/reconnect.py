"""A page that connects while a cell runs, on ipykernel 7.0 and later: what it asks first is answered at once.

A page that was reloaded, or a second one, asks what the kernel is, which widgets there are and how they stand, and
waits for the answers in the queue of the main thread until the cell ends. The thread that reads the shell channel is
free, so it gets a doorman: these requests go to our own subshell, all others where they went before. The hooks are
private: each one is looked for, and where one is missing nothing is done.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from nnwidgets.kernel import states
from nnwidgets.kernel.busy import Busy

logger = logging.getLogger("nnwidgets")

#: Answered beside a running cell; while none runs they keep their place in the queue.
_ASKED_ON_CONNECTING: Final = ("kernel_info_request", "comm_info_request")
_DISPATCH: Final = "shell_channel_thread_main"


class Doorman:
    """Reads the shell channel of a kernel before the kernel does.

    Parameters
    ----------
    kernel
        The running kernel.
    subshell
        Returns the id of the subshell to which requests go, or None while there is none. Called on the thread that
        reads the channel.
    busy
        Knows whether a cell runs.
    """

    def __init__(self, kernel: Any, busy: Busy) -> None:
        self._kernel, self._busy = kernel, busy
        self._subshell: str | None = None
        self._stream: Any = getattr(kernel, "shell_stream", None)
        self._manager: Any = getattr(getattr(kernel, "shell_channel_thread", None), "manager", None)
        #: The comms whose messages are always ours: those of our widgets, and those that ask for states.
        self.own: set[str] = set()
        self._controls: set[str] = set()

    @property
    def possible(self) -> bool:
        """Whether this kernel has what it takes."""
        return (
            hasattr(self._kernel, _DISPATCH)
            and hasattr(self._stream, "on_recv")
            and all(
                hasattr(self._manager, name)
                for name in ("get_shell_channel_to_subshell_socket", "_shell_channel_io_loop")
            )
        )

    @property
    def standing(self) -> bool:
        """Whether the channel is read here."""
        return self._subshell is not None

    def stand(self, subshell: str) -> None:
        """Read the channel. On the thread that reads it."""
        self._subshell = subshell
        self._stream.on_recv(self._received, copy=False)

    def leave(self) -> None:
        """Let the kernel read its channel itself. On the thread that reads it."""
        self._subshell = None
        self._stream.on_recv(getattr(self._kernel, _DISPATCH), copy=False)

    def _received(self, frames: list[Any]) -> Any:
        try:
            if self._taken(frames):
                return None
        except Exception:  # a hook that changed must not break a kernel
            logger.debug("nnwidgets: a message could not be looked at", exc_info=True)
        return getattr(self._kernel, _DISPATCH)(frames)

    def _taken(self, frames: list[Any]) -> bool:
        session = self._kernel.session
        idents, rest = session.feed_identities(frames, copy=False)
        # This checks the signature too: what is signed anew below was sent by somebody who may.
        message = session.deserialize(rest, content=False, copy=False)
        header = message["header"]
        if header.get("subshell_id") is not None or not self._is_ours(header, message):
            return False
        head = session.unpack(rest[1].bytes) | {"subshell_id": self._subshell}
        parts = [session.pack(head), *(bytes(part.bytes) for part in rest[2:5])]
        socket = self._manager.get_shell_channel_to_subshell_socket(self._subshell)
        from jupyter_client.session import DELIM  # a kernel in a browser has no such package

        socket.send_multipart([*idents, DELIM, session.sign(parts), *parts, *rest[5:]], copy=False)
        return True

    def _is_ours(self, header: dict[str, Any], message: dict[str, Any]) -> bool:
        kind = header["msg_type"]
        if kind == "execute_request":
            self._busy.sent(header["msg_id"])
        if kind in _ASKED_ON_CONNECTING:
            return self._busy.now
        if kind not in ("comm_open", "comm_msg", "comm_close"):
            return False
        content = self._kernel.session.unpack(message["content"])
        comm = content.get("comm_id")
        if kind == "comm_open" and content.get("target_name") == states.TARGET:
            self._controls.add(comm)
            return True
        known = comm in self._controls
        if kind == "comm_close":
            self._controls.discard(comm)
            return known
        return known or (kind == "comm_msg" and comm in self.own)
