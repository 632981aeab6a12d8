"""The run files that this process is writing, and how they get through a fork.

A data loader forks its workers while the run's file may be in the middle of a commit. A child that inherits a
half-done commit would roll it back, under the hands of its parent, when it ends. So a fork waits for the
commit, for a second at most, and the child refuses to use what it inherited (`RunWriter` looks at the process
id).
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from threading import RLock
from typing import Final, Protocol

#: Seconds that a fork waits for a commit.
_PATIENCE: Final = 1.0


class Held(Protocol):
    """Something that writes a run's file, one commit at a time."""

    path: Path
    lock: RLock


_held: dict[Path, weakref.ref[Held]] = {}
_locked: list[Held] = []


def hold(writer: Held) -> None:
    """Note that ``writer`` has its file in its hands."""
    _held[writer.path] = weakref.ref(writer)


def let_go(writer: Held) -> None:
    """Note that ``writer`` is done with its file."""
    _held.pop(writer.path, None)


def is_held(path: Path) -> bool:
    """Return whether this process is writing the file at ``path``."""
    found = _held.get(path)
    return found is not None and found() is not None


def _before_fork() -> None:
    for reference in list(_held.values()):
        writer = reference()
        if writer is not None and writer.lock.acquire(timeout=_PATIENCE):
            _locked.append(writer)


def _after_fork() -> None:
    while _locked:
        _locked.pop().lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
