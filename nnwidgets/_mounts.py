"""Whether a folder lies on a network file system."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

# fmt: off
_NETWORK: Final = frozenset({
    "9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "glusterfs", "gpfs",
    "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "orangefs", "panfs", "prl_fs", "prlfs", "pvfs2",
    "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "webdav", "wekafs",
})
# fmt: on
#: FUSE file systems that lie on a disk of this machine; any other may be a bucket or a server.
_LOCAL_FUSE: Final = frozenset({"fuse.exfat", "fuse.fuse-overlayfs", "fuse.ntfs", "fuse.ntfs-3g"})
_MOUNTINFO: Final = Path("/proc/self/mountinfo")


def on_network(path: Path) -> bool:
    """Return whether ``path`` lies on a network file system; True where that cannot be found out.

    True is the careful answer: it only costs the faster journal.
    """
    real = os.path.realpath(path)
    if real.startswith("\\\\"):
        return True
    try:
        mounts = list(parse_mountinfo(_MOUNTINFO.read_text(errors="surrogateescape")))
    except OSError:
        mounts = _from_psutil()
    return is_network(file_system(real, mounts))


def parse_mountinfo(text: str) -> Iterable[tuple[str, str]]:
    """Yield mount point and type of file system for each line of ``/proc/self/mountinfo``."""
    for line in text.splitlines():
        fields, _, source = line.partition(" - ")
        words = fields.split(" ")
        if len(words) > 4 and source:
            yield re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), words[4]), source.split(" ")[0]


def file_system(path: str, mounts: Iterable[tuple[str, str]]) -> str | None:
    """Return the type of the file system that holds ``path``, or None where no mount does.

    Of two mounts on one point the later one hides the earlier.
    """
    found, kind = -1, None
    for point, candidate in mounts:
        stem = point.rstrip("/\\")
        inside = path == stem or path.startswith((stem + "/", stem + "\\"))
        if inside and len(stem) >= found:
            found, kind = len(stem), candidate
    return kind


def is_network(kind: str | None) -> bool:
    """Return whether a file system of this type is reached over a network, or may be."""
    if kind is None:
        return True
    kind = kind.lower()
    return kind in _NETWORK or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)


def _from_psutil() -> list[tuple[str, str]]:
    try:
        import psutil

        partitions = psutil.disk_partitions(all=True)
    except (ImportError, OSError):
        return []
    return [(p.mountpoint, "nfs" if "remote" in p.opts.split(",") else p.fstype) for p in partitions]
