"""Files that exist only while a run's file is being made.

A file is written under a temporary name and appears under its own in one instant, whole, if that name is
free. What a killed process left under a temporary name is swept by the next one that makes a file.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import socket
import time
import zlib
from pathlib import Path
from typing import Final

from nnwidgets._liveness import process_lives

SUFFIX: Final = ".tmp"

_NAME: Final = re.compile(r"\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.tmp(?:-journal|-wal|-shm)?$")
#: Seconds after which a temporary is an orphan, whoever made it.
_OLD: Final = 3600.0


def temporary(path: Path) -> Path:
    """Return a name beside ``path`` that tells whose it is: this machine's and this process's."""
    return path.with_name(f"{path.stem}.{_machine()}-{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}")


def publish(temporary: Path, path: Path) -> None:
    """Give a finished file its own name.

    Raises
    ------
    FileExistsError
        If a file of that name exists; it is left alone.
    """
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        temporary.replace(path)
    sync_folder(path.parent)


def sweep(folder: Path) -> None:
    """Remove what processes that are gone have left in ``folder``."""
    for path in list(folder.iterdir()):
        found = _NAME.search(path.name)
        if found and _orphan(path, *found.groups()):
            with contextlib.suppress(OSError):
                path.unlink()


def _orphan(path: Path, machine: str, pid: str) -> bool:
    try:
        old = time.time() - path.stat().st_mtime > _OLD
    except OSError:
        return False
    return old or (machine == _machine() and not process_lives(int(pid)))


def _machine() -> str:
    return f"{zlib.crc32(socket.gethostname().encode('utf-8', 'surrogateescape')):08x}"


def sync_folder(folder: Path) -> None:
    """Put the new name itself on the disk; not every system can open a folder."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
