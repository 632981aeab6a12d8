"""What is known of a stored run without reading its points."""

from __future__ import annotations

import math
import stat
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nnwidgets import _runfile, _runjson
from nnwidgets._i18n import t
from nnwidgets._naming import MAX_NAME
from nnwidgets._runreader import public_meta
from nnwidgets.desk_facts import FlagLevel
from nnwidgets.protocol import OPEN_STATUSES, RUN_ID, Status

if TYPE_CHECKING:
    import sqlite3

#: Seconds that a list waits for one run that is being written at that moment.
PATIENCE: Final = 1.0
_STATUSES: Final = (*OPEN_STATUSES, "finished", "interrupted", "failed")


@dataclass(frozen=True)
class RunInfo:
    """One stored run, as `RunStore.list` shows it.

    Attributes
    ----------
    id
        What `RunStore.open` takes.
    name
        What its person called it; free text.
    status
        ``"running"``, ``"paused"``, ``"finished"``, ``"interrupted"``, ``"failed"``, or ``"damaged"`` where
        the file cannot be read.
    started
        When it began, in UTC.
    duration
        Seconds that it took so far, or None.
    step
        Training steps begun.
    epochs
        Whole epochs completed.
    best
        The lowest validation loss, or None.
    framework
        ``"torch"``, ``"keras"``, ``"lightning"``, ``"numpy"``, ``"recorded"`` or None.
    path
        Its file.
    size
        Bytes of that file.
    pinned
        Whether it is to be kept when old runs are cleared away.
    reason
        Why the file cannot be read, or None.
    flag
        How the divergence flag stands, or stood at the end: ``"none"``, ``"raised"`` or ``"withdrawn"``.
    """

    id: str
    name: str
    status: Status | str
    started: datetime
    path: Path
    size: int
    duration: float | None = None
    step: int = 0
    epochs: int = 0
    best: float | None = None
    framework: str | None = None
    pinned: bool = False
    reason: str | None = None
    flag: FlagLevel = "none"


def read_info(path: Path) -> RunInfo:
    """Describe the run in the file at ``path``. Whatever the file holds, this does not raise."""
    try:
        facts = path.stat()
    except OSError as error:
        return _damaged(path, 0, 0.0, error.strerror or str(error))
    reason = _refusal(path, facts.st_mode, facts.st_size)
    if reason is not None:
        return _damaged(path, facts.st_size, facts.st_mtime, reason)
    try:
        return _read(path, facts.st_size, facts.st_mtime)
    except Exception as error:  # noqa: BLE001 - one bad file must not hide the others
        if _runfile.is_busy(error):
            return RunInfo(path.stem, path.stem, "running", _moment(facts.st_mtime), path, facts.st_size)
        return _damaged(path, facts.st_size, facts.st_mtime, str(error) or type(error).__name__)


def _refusal(path: Path, mode: int, size: int) -> str | None:
    """Say why a file is not even opened, or None."""
    if not stat.S_ISREG(mode):
        return t("it is not a file")
    if not RUN_ID.fullmatch(path.stem):
        return t("its name is not the id of a run")
    return None if size else t("it is empty")


def _read(path: Path, size: int, modified: float) -> RunInfo:
    with closing(_runfile.open_to_read(path, PATIENCE)) as db:
        return describe(db, path, size, modified)


def describe(db: sqlite3.Connection, path: Path, size: int, modified: float) -> RunInfo:
    """Describe the run in an open file; raises whatever its contents cause."""
    stored = _runfile.get_meta(db)
    step, epochs = _whole(stored.get("step")), _whole(stored.get("epochs_done"))
    if stored.get("status") in OPEN_STATUSES:  # its facts may be older than its points
        step = max(step, _whole(db.execute("SELECT max(last) FROM chunks").fetchone()[0]))
        epochs = max(epochs, _whole(db.execute("SELECT max(epoch) FROM epochs").fetchone()[0]))
    flag = _flag(db, stored)
    meta = public_meta(path, stored)
    started = _started(meta.get("started"), path.stem, modified)
    status = meta.get("status")
    return RunInfo(
        id=path.stem,
        name=_text(meta.get("name")) or path.stem,
        status=status if status in _STATUSES else "interrupted",
        started=started,
        duration=_duration(meta, started, stored.get(_runfile.BEAT_KEY)),
        step=step,
        epochs=epochs,
        best=_number(meta.get("best")),
        framework=_text(meta.get("framework")),
        path=path,
        size=size,
        pinned=meta.get("pinned") is True,
        flag=flag,
    )


def _flag(db: sqlite3.Connection, stored: Mapping[str, Any]) -> FlagLevel:
    """Return the flag that is written; older files say only when one was raised or withdrawn."""
    said = stored.get("flag")
    if said is None:
        query = "SELECT event FROM events WHERE event LIKE '%\"divergence\"%' ORDER BY id DESC LIMIT 1"
        row = db.execute(query).fetchone()
        event = _runjson.loads(row[0]) if row else None
        said = event.get("what") if isinstance(event, dict) and event.get("kind") == "divergence" else None
    return said if said in ("raised", "withdrawn") else "none"


def _damaged(path: Path, size: int, modified: float, reason: str) -> RunInfo:
    started = _started(None, path.stem, modified)
    return RunInfo(path.stem, path.stem, "damaged", started, path, size, reason=reason)


def _started(value: object, run_id: str, modified: float) -> datetime:
    """Return when a run began: what it says, else what its id says, else when its file was last written."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        try:
            moment = datetime.strptime(run_id[:15] + "+0000", "%Y%m%d-%H%M%S%z")
        except ValueError:
            return _moment(modified)
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _duration(meta: Mapping[str, Any], started: datetime, beat: object) -> float | None:
    said, heard = _number(meta.get("duration")), _number(beat)
    if said is not None or heard is None:
        return said
    return max(0.0, heard - started.timestamp())


def _number(value: object) -> float | None:
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if usable else None  # type: ignore[arg-type]  # mypy does not follow `usable`


def _whole(value: object) -> int:
    number = _number(value)
    return 0 if number is None else max(0, int(number))


def _text(value: object) -> str | None:
    return value[:MAX_NAME] if isinstance(value, str) and value.strip() else None
