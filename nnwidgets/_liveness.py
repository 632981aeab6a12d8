"""Who writes a run, and whether they still do.

On the writer's own machine a run lives as long as its process; a process id alone would be taken over by a
stranger after a while, so the process's time of birth goes with it. Seen from another machine only the
heartbeat tells.
"""

from __future__ import annotations

import functools
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from nnwidgets._held import is_held
from nnwidgets.protocol import OPEN_STATUSES

#: Seconds of silence after which a run written on another machine counts as interrupted.
SILENCE: Final = 60.0
#: Seconds by which two readings of one process's birth may differ.
_TOLERANCE: Final = 2.0

#: Entries of a run's meta that its writer fills in by itself.
OWNER_KEYS: Final = frozenset({"pid", "host", "create_time"})


def owner() -> dict[str, Any]:
    """Return the entries of meta that say which process writes a run: this one."""
    return {"pid": os.getpid(), "host": _host(), "create_time": _own_birth()}


def is_live(path: Path, meta: Mapping[str, Any], beat: object) -> bool:
    """Return whether the run in the file at ``path`` goes on: its status says so, and its writer is there.

    Parameters
    ----------
    path
        The run's file.
    meta
        The run's meta.
    beat
        When its writer was last heard, in seconds since 1970; anything else if never.
    """
    return meta.get("status") in OPEN_STATUSES and is_written(path, meta, beat)


def is_written(path: Path, meta: Mapping[str, Any], beat: object) -> bool:
    """Return whether the process that ``meta`` names still has the file at ``path`` in its hands."""
    if meta.get("host") == _host() and meta.get("pid") == os.getpid():
        return is_held(path)
    return is_there(meta, beat)


def is_there(meta: Mapping[str, Any], beat: object) -> bool:
    """Return whether the process that ``meta`` names lives, whatever it has in its hands."""
    if meta.get("host") != _host():
        return isinstance(beat, (int, float)) and time.time() - beat < SILENCE
    pid, born = meta.get("pid"), meta.get("create_time")
    if not isinstance(pid, int) or not isinstance(born, (int, float)):
        return False
    return process_lives(pid, born)


def process_lives(pid: int, born: float | None = None) -> bool:
    """Return whether a process of this machine is alive, and was ``born`` then (seconds since 1970)."""
    try:
        import psutil
    except ImportError:  # a browser has one process, and every other one that wrote there is gone
        return False
    try:
        process = psutil.Process(pid)
        birth = process.create_time()
        # A killed process that nobody has waited for yet is dead all the same.
        zombie = process.status() == psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, OverflowError, ValueError):
        return False
    except psutil.AccessDenied:  # it is there, and it is somebody else's
        return True
    return not zombie and (born is None or abs(birth - born) < _TOLERANCE)


def _own_birth() -> float | None:
    try:
        import psutil
    except ImportError:  # a browser has one process, and `is_held` knows it
        return None
    return float(psutil.Process().create_time())


@functools.cache
def _host() -> str:
    return socket.gethostname()
