"""The runs that were kept: list, open, delete."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnwidgets._flags import from_event
from nnwidgets._recording import Recording
from nnwidgets.controls import Intervention
from nnwidgets.history import History
from nnwidgets.protocol import Notice, Progress
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
    return Run._of(_recording(run_id, kept.open(run_id), kept.snapshots(run_id)))


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
        status=meta.get("status", "interrupted"),
        error=meta.get("error"),
        framework=str(meta.get("framework") or "recorded"),
        config=dict(meta.get("config") or {}),
        started=_when(meta.get("started")),
        interventions=[
            Intervention.from_event(event) for event in reader.events if event.get("kind") == "intervention"
        ],
        flagged=[from_event(event) for event in reader.events if event.get("kind") == "divergence"],
        notices=[_notice(entry) for entry in meta.get("notices") or []],
        saved_step=int(meta.get("step") or 0),
        snapshots=snapshots,
        graphs=reader.graphs,
    )


def _when(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.fromtimestamp(0, timezone.utc)


def _notice(entry: dict[str, Any]) -> Notice:
    return Notice(str(entry["kind"]), entry["level"], str(entry["text"]), entry.get("step"))
