"""Which journal the file of a run is written with.

SQLite 3.7.0 to 3.51.2 can lose committed transactions when two connections write or checkpoint a write-ahead
log at once (the WAL-reset bug; repaired in 3.51.3, 3.50.7 and 3.44.6). A write-ahead log also needs memory
shared between all who have the file open, which network file systems do not give. Both fall back to a
rollback journal.

======== =========== ===================================================================================
journal  synchronous after a power cut
======== =========== ===================================================================================
wal      NORMAL      the file is sound; the last commits may be gone
truncate FULL        the file is sound and complete. NORMAL may tear it on some file systems, so FULL it is;
                     a truncated journal, unlike a deleted one, needs no sync of its folder to be gone
======== =========== ===================================================================================

Both keep every commit when only the process dies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from nnwidgets._i18n import t

if TYPE_CHECKING:
    import sqlite3

JournalMode = Literal["wal", "truncate"]

_SYNCHRONOUS: Final[dict[str, str]] = {"wal": "NORMAL", "truncate": "FULL"}


def choose_journal(version: tuple[int, int, int], network_fs: bool) -> JournalMode:
    """Return the fastest journal that is safe.

    Parameters
    ----------
    version
        `sqlite3.sqlite_version_info`, e.g. ``(3, 40, 1)``.
    network_fs
        Whether the file lies on a network file system.

    Returns
    -------
    str
        ``"wal"`` or ``"truncate"``.
    """
    repaired = (
        version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0)
    )
    return "wal" if repaired and not network_fs else "truncate"


def set_journal(db: sqlite3.Connection, wanted: JournalMode) -> JournalMode:
    """Put the journal of an open file in force and return which one it is.

    A file system that cannot hold a write-ahead log gets ``"truncate"``.

    Raises
    ------
    sqlite3.OperationalError
        If the file has a write-ahead log that may not be kept and cannot be left now, because someone reads
        it.
    """
    import sqlite3

    got = str(db.execute(f"PRAGMA journal_mode={wanted}").fetchone()[0])
    if got not in _SYNCHRONOUS:
        got = str(db.execute("PRAGMA journal_mode=truncate").fetchone()[0])
    if got == "wal" != wanted:
        raise sqlite3.OperationalError(t("its write-ahead log is in use"))
    db.execute(f"PRAGMA synchronous={_SYNCHRONOUS[got]}")
    # macOS acknowledges an ordinary fsync before the drive has the data.
    db.execute("PRAGMA fullfsync=ON")
    return "wal" if got == "wal" else "truncate"
