"""The runs that were kept: list, open, rename, pin, delete."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from nnwidgets._errors import NnwidgetsError, OptionError, RunDamagedError, RunNotFoundError
from nnwidgets._flags import from_event
from nnwidgets._i18n import t
from nnwidgets._keeper import Keeper
from nnwidgets._naming import unique_name
from nnwidgets._notices import from_entry
from nnwidgets._recent import recent
from nnwidgets._recording import Recording
from nnwidgets.controls import Intervention
from nnwidgets.history import History
from nnwidgets.protocol import OPEN_STATUSES, Progress, Status
from nnwidgets.run import Run
from nnwidgets.store import RunStore

if TYPE_CHECKING:
    from nnwidgets.store import RunList, RunReader


def runs(store: str | Path | None = None) -> RunList:
    """List the runs that are kept, the newest first.

    Parameters
    ----------
    store
        The folder; default ``$NNWIDGETS_HOME``, or ``.nnwidgets/`` in the current directory.
    """
    return RunStore(store).list()


def load(run_id: str, store: str | Path | None = None) -> Run:
    """Open a run that is kept; it has a panel and exports like a live one and takes no new values.

    Parameters
    ----------
    run_id
        The id, as `runs` lists it.
    store
        See `runs`.

    Raises
    ------
    RunNotFoundError
        If there is no such run.
    RunDamagedError
        If its file cannot be read.
    """
    kept = RunStore(store)
    reader = kept.open(run_id)
    try:
        return Run._of(_recording(run_id, reader, kept.snapshots(run_id)))
    except NnwidgetsError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # A database that is whole may hold what nobody wrote: steps that decrease, text in place of numbers.
        why = str(error).rstrip(".")
        raise RunDamagedError(t("{path} cannot be read: {error}.", path=reader.path, error=why)) from error


def delete(run_id: str, store: str | Path | None = None) -> None:
    """Delete a run that is kept, for good.

    Parameters
    ----------
    run_id
        The id, as `runs` lists it.
    store
        See `runs`.

    Raises
    ------
    RunNotFoundError
        If there is no such run.
    RunActiveError
        If it is still being written.
    """
    RunStore(store).delete(run_id)


def rename(run_id: str, name: str, store: str | Path | None = None) -> None:
    """Give a run another name: one that is kept, or one of this process, also while it goes on.

    Parameters
    ----------
    run_id
        The id, as `runs` lists it.
    name
        Free text; line breaks become spaces, and what exceeds 200 characters is cut off.
    store
        See `runs`.

    Raises
    ------
    OptionError
        If ``name`` is no text, or empty.
    RunNotFoundError
        If there is no such run.
    RunActiveError
        If another process is writing it.
    RunDamagedError, StoreError
        If its file cannot be read, or not be written.
    """
    name = unique_name(name, "")
    if not name:
        raise OptionError(t("A run's name cannot be empty."))
    here = _here(run_id, store)
    if here is None:
        RunStore(store).amend(run_id, {"name": name})
    else:
        here.name = name


def pin(run_id: str, pinned: bool = True, store: str | Path | None = None) -> None:
    """Mark a run to be kept when old runs are cleared away, or take the mark back.

    Parameters
    ----------
    run_id
        The id, as `runs` lists it.
    pinned
        False takes the mark back.
    store
        See `runs`.

    Raises
    ------
    RunNotFoundError
        If no such run is kept.
    RunActiveError
        If another process is writing it.
    RunDamagedError, StoreError
        If its file cannot be read, or not be written.
    """
    here = _here(run_id, store)
    keeper = None if here is None else here._keeper
    if not isinstance(keeper, Keeper):
        RunStore(store).amend(run_id, {"pinned": bool(pinned)})
    elif keeper.root is None:
        raise RunNotFoundError(t("Run {id} is in memory only, so there is nothing to keep.", id=repr(run_id)))
    else:
        keeper.pinned = bool(pinned)
        keeper.touch()


def _here(run_id: str, store: str | Path | None) -> Run | None:
    """Return the run of this process that is meant, if it goes on or its file is still there."""
    for run in recent.begun():
        keeper = run._keeper
        if run.id != run_id or not isinstance(keeper, Keeper):
            continue
        if store is not None and keeper.root != RunStore(store).root:
            continue
        if run.status in OPEN_STATUSES or keeper.root is None or keeper.is_stored:
            return run
    return None


def _recording(run_id: str, reader: RunReader, snapshots: Path) -> Recording:
    history = History(source=reader)
    for step, epoch in reader.epochs:
        history.epochs.begin(step, epoch)
    for name in reader.names:
        points = reader.points(name)
        history.extend({name: points})
        history.committed(name, len(points.step))
    history.layers.append(*reader.samples)
    meta = reader.meta
    notes = meta.get("layer_notes")
    for note in notes if isinstance(notes, list) else ():
        history.layers.note(str(note))
    epoch, planned = int(meta.get("epochs_done") or 0), meta.get("epochs_planned")
    progress = Progress(
        step=int(meta.get("step") or 0),
        epoch=epoch,
        epochs=planned,
        elapsed=float(meta.get("duration") or 0.0),
        fraction=min(1.0, epoch / planned) if planned else None,
    )
    return Recording(
        id=run_id,
        name=str(meta.get("name") or run_id),
        history=history,
        progress=progress,
        status=_status(meta.get("status")),
        error=meta.get("error"),
        framework=str(meta.get("framework") or "recorded"),
        config=dict(meta.get("config") or {}),
        started=_when(meta.get("started")),
        interventions=[
            Intervention.from_event(event) for event in reader.events if event.get("kind") == "intervention"
        ],
        flagged=[from_event(event) for event in reader.events if event.get("kind") == "divergence"],
        notices=[from_entry(entry) for entry in meta.get("notices") or []],
        saved_step=int(meta.get("step") or 0),
        snapshots=snapshots,
        graphs=reader.graphs,
    )


def _status(word: Any) -> Status:
    return word if word in get_args(Status) else "interrupted"


def _when(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.fromtimestamp(0, timezone.utc)
