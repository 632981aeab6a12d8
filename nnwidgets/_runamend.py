"""Changes what a run's file says of the run, after its writer is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from nnwidgets import _runfile
from nnwidgets._errors import RunActiveError, RunDamagedError, StoreError
from nnwidgets._held import is_held
from nnwidgets._i18n import now, t
from nnwidgets._liveness import is_live
from nnwidgets._runwriter import ADVICE, stored_meta


def amend(path: Path, meta: Mapping[str, Any]) -> None:
    """Set some facts of the run in the file at ``path`` anew; who wrote it and when stays as it was.

    Raises
    ------
    RunActiveError
        If the run is being written.
    RunDamagedError
        If the file cannot be read.
    StoreError
        If it cannot be written.
    """
    sqlite3 = _runfile.sqlite()
    try:
        with closing(_runfile.open_to_write(path)) as db:
            db.execute("BEGIN IMMEDIATE")
            with _runfile.reading(path):
                stored = _runfile.get_meta(db)
            if is_held(path) or is_live(path, stored, stored.get(_runfile.BEAT_KEY)):
                raise RunActiveError(t("Run {id} is still being written. Stop it first.", id=repr(path.stem)))
            _runfile.put_meta(db, stored_meta(meta))
            db.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise StoreError(
            t(
                "Nothing could be saved to {path}: {error}. {advice}",
                path=path,
                error=error,
                advice=now(ADVICE),
            )
        ) from error
    except sqlite3.Error as error:
        raise RunDamagedError(t("{path} cannot be read: {error}.", path=path, error=error)) from error
