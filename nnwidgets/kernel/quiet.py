"""Messages that are dealt with beside a running cell, without telling everybody that a cell began and ended.

A comm has IPython's events ``pre_execute`` and ``post_execute`` called around each message. In the middle of a cell, on
another thread even, that does harm: matplotlib's inline backend then shows and closes the figures that the cell draws.
"""

from __future__ import annotations

from typing import Any, Final
from weakref import ref

_HANDLE: Final = "handle_msg"
_CALLBACK: Final = "_msg_callback"


class Quiet:
    """Hands the messages of comms to their widgets and tells nobody else."""

    def __init__(self) -> None:
        # Plain references without callbacks: one that ran while ■ is pressed would swallow the KeyboardInterrupt.
        self._comms: list[ref[Any]] = []

    def keep(self, comm: Any) -> None:
        """Keep a comm quiet. Its hook is private: where it is missing, nothing is done. Harmless when repeated."""
        if not hasattr(comm, _HANDLE) or not hasattr(comm, _CALLBACK) or _HANDLE in vars(comm):
            return
        weakly = ref(comm)

        def handle(message: Any) -> None:
            callback = getattr(weakly(), _CALLBACK, None)
            if callback is not None:
                callback(message)

        setattr(comm, _HANDLE, handle)
        self._comms = [*(known for known in self._comms if known() is not None), ref(comm)]

    def release(self) -> None:
        """Let every comm tell again."""
        for comm in [reference() for reference in self._comms]:
            if comm is not None:
                vars(comm).pop(_HANDLE, None)
        self._comms.clear()
