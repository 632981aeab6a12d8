"""Makes of this Python one that lacks what Pyodide lacks, for what cannot be run in Pyodide itself: numpy is compiled.

Import everything compiled that a program needs, then call `become_pyodide` before the first import of ours.
"""

from __future__ import annotations

import importlib.abc
import os
import socket
import sys
import threading
import time
from collections.abc import Collection
from typing import Any

#: What no Pyodide has: compiled without a wheel for it, or in need of processes, sockets or signals.
ABSENT = frozenset(
    {
        "_multiprocessing",
        "ipykernel",
        "jupyter_client",
        "psutil",
        "pynvml",
        "resource",
        "safetensors",
        "tornado",
        "zmq",
    }
)
NO_THREAD = "can't start new thread"


class _Absent(importlib.abc.MetaPathFinder):
    def __init__(self, names: Collection[str]) -> None:
        self.names = names

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def become_pyodide(*, sqlite: bool) -> None:
    """Take away what is missing there, with the same errors; ``sqlite`` says whether SQLite is there."""
    absent = ABSENT | (set() if sqlite else {"sqlite3", "_sqlite3"})
    for name in [name for name in sys.modules if name.partition(".")[0] in absent]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Absent(absent))
    for name in ("_start_new_thread", "_start_joinable_thread"):
        if hasattr(threading, name):
            setattr(threading, name, _no_thread)
    del time.thread_time
    os.getpid = lambda: 42
    socket.gethostname = lambda: "emscripten"
    # Last: what was imported above asked for it.
    sys.platform = "emscripten"


def _no_thread(*_: Any, **__: Any) -> None:
    raise RuntimeError(NO_THREAD)
