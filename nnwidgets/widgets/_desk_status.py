"""What a desk tells of the runs of its kernel, read off them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nnwidgets._metrics import number
from nnwidgets.desk_facts import DeskRun

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: What changes with every step; all else is news.
_FLOWS = ("step", "epoch", "val")


def desk_run(run: Run) -> DeskRun:
    """Return a run in a few words. The worker thread."""
    progress, flags, cell = run.progress, run._keeper.flags, run._shown_in
    series = run.history.get(flags.series)
    last = None if series is None else series.last
    shown = flags.shown
    panel = panel_of(run)
    return {
        "id": run.id,
        "name": run.name,
        "status": run.status,
        "error": run.error,
        "step": progress.step,
        "epoch": progress.epoch,
        "epochs": progress.epochs,
        "val": "" if last is None else number(last.value),
        "metric": "" if last is None else flags.series,
        "flag": flags.level,
        "flag_text": "" if shown is None else flags.sentence(shown),
        "panel": None if panel is None else panel.model_id,
        "head": None if panel is None else panel.head.model_id,
        "cell": None if cell is None else cell.id,
        "cell_busy": cell is not None and cell.busy,
        "cell_shows": run._stands_there,
    }


def panel_of(run: Run) -> Any:
    """Return the panel of a run if it has one that is not closed, else None."""
    panel = run._panel
    return None if panel is None or panel.comm is None else panel


def news(status: Mapping[str, Any]) -> list[Any]:
    """Return that part of a status which is told at once when it changes."""
    runs = [[value for key, value in run.items() if key not in _FLOWS] for run in status["runs"]]
    return [status["shown"], runs]
