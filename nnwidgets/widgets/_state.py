"""The state of a panel's views, read off a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from nnwidgets._branches import last_branch, parts_of
from nnwidgets._i18n import t, told
from nnwidgets._metrics import metrics_of, more_is_better, number, pair_of
from nnwidgets._names import split_of
from nnwidgets.protocol import (
    OPEN_STATUSES,
    WIRE,
    Axis,
    EventRow,
    FootState,
    HeadState,
    LegendItem,
    LegendState,
    NoticeState,
    RunRow,
    TableRow,
)
from nnwidgets.widgets import _flag_state, _untouched
from nnwidgets.widgets._controls_state import event

if TYPE_CHECKING:
    from nnwidgets.history import Series
    from nnwidgets.run import Run
    from nnwidgets.store import RunInfo

#: Rows of a table at most; a page with more is no longer read.
_ROWS = 100


def head(run: Run, frame: int) -> HeadState:
    """Return what the head shows."""
    p, undo = run.progress, run._steering.undo.top
    return {
        "wire": WIRE,
        "frame": frame,
        "name": run.name,
        "status": run.status,
        "error": run.error,
        "phase": p.phase,
        "step": p.step,
        "epoch": p.epoch,
        "epochs": p.epochs,
        "step_in_epoch": p.step_in_epoch,
        "steps_per_epoch": p.steps_per_epoch,
        "rate": _rounded(p.steps_per_second),
        "elapsed": round(p.elapsed, 1),
        "epoch_left": _rounded(p.epoch_left),
        "run_left": _rounded(p.run_left),
        "fraction": p.fraction,
        "cost": None if run.cost is None else round(run.cost, 4),
        "events": len(run.notices) + len(run._steering.ledger.entries) + len(run._keeper.flags.entries),
        "open": run.status in OPEN_STATUSES and not run._keeper.recorded,
        "undo": None if undo is None else told(undo),
    }


def axes(run: Run) -> list[Axis]:
    """Return the axes that there is something to say about."""
    return ["step", "epoch", "time"] if run.history.epochs.known else ["step", "time"]


def legend(run: Run, metric: str, *, main: bool, ghosts: Mapping[str, tuple[int, Run]]) -> LegendState:
    """Return the line above a chart."""
    train, val = pair_of(run.history, metric)
    items = [_item("train", t("training"), train), _item("val", t("validation"), val)]
    if metric == "lr":
        items = [_item("train", t("learning rate"), train)]
    branch = last_branch(run)
    if branch is not None and metric != "lr":
        left = _item("ghost", t("untouched"), val or train, _untouched.PLACE)
        if left is not None:
            before, _ = parts_of(run, (val or train).name, branch)  # type: ignore[union-attr]  # there is an item
            items.append(
                {**left, "value": number(before.value[-1] if len(before.value) else None), "gaps": 0}
            )
    for place, ghost in ghosts.values():
        one, other = pair_of(ghost.history, metric)
        items.append(_item("ghost", ghost.name, other or one, place))
    return {
        "wire": WIRE,
        "metric": metric,
        "metrics": metrics_of(run.history)[:_ROWS],
        "main": main,
        "items": [item for item in items if item is not None],
    }


def foot(run: Run, *, stored: bool) -> FootState:
    """Return the quiet line."""
    resources = run.resources
    return {
        "wire": WIRE,
        "memory": resources.memory if resources else None,
        "cpu": round(resources.cpu) if resources else None,
        "gpus": [
            {"name": g.name, "used": g.own or g.used, "total": g.total, "use": g.use}
            for g in (resources.gpus if resources else ())
        ],
        "stored": stored,
        "saved_step": run.saved_step,
        "notices": notices(run),
    }


def notices(run: Run) -> list[NoticeState]:
    """Return what the person should know."""
    return [{"kind": n.kind, "level": n.level, "text": told(n.text), "step": n.step} for n in run.notices]


def table(run: Run) -> list[TableRow]:
    """Return the series in words."""
    rows: list[TableRow] = []
    for name, series in list(run.history.items())[:_ROWS]:
        better = series.highest if more_is_better(split_of(name)[1]) else series.lowest
        rows.append(
            {
                "name": name,
                "last": number(series.last.value if series.last else None),
                "best": "–" if name == "lr" else number(better.value if better else None),
                "best_step": better.step if better and name != "lr" else None,
                "points": series.count,
                "gaps": series.nonfinite,
            }
        )
    return rows


def events(run: Run) -> list[EventRow]:
    """Return what happened: the start, the notices and interventions, the end."""
    start = run.started.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    rows: list[EventRow] = [{"level": "info", "step": 0, "text": t("Began on {time}.", time=start)}]
    happened: list[EventRow] = [{"level": n.level, "step": n.step, "text": told(n.text)} for n in run.notices]
    happened += [_flag_state.event(run, flag) for flag in run._keeper.flags.entries[-_ROWS:]]
    happened += [event(outcome) for outcome in run._steering.ledger.entries[-_ROWS:]]
    rows += sorted(happened, key=lambda row: row["step"] or 0)
    if run.status not in ("running", "paused"):
        words = {"finished": t("Finished"), "interrupted": t("Interrupted"), "failed": t("Failed")}[
            run.status
        ]
        reason = f": {run.error}" if run.error else "."
        rows.append(
            {
                "level": "error" if run.status == "failed" else "info",
                "step": run.steps,
                "text": words + reason,
            }
        )
    return rows


def run_rows(infos: list[RunInfo], own: str, ghosts: Mapping[str, tuple[int, Run]]) -> list[RunRow]:
    """Return the earlier runs that can be drawn beside this one."""
    rows: list[RunRow] = [
        {
            "id": info.id,
            "name": info.name,
            "status": info.status,
            "started": info.started.astimezone().strftime("%Y-%m-%d %H:%M"),
            "epochs": info.epochs,
            "best": number(info.best),
            "place": ghosts[info.id][0] if info.id in ghosts else None,
        }
        for info in infos
        if info.id != own and info.status != "damaged"
    ]
    return rows[:_ROWS]


def _item(
    role: Literal["train", "val", "ghost"], label: str, series: Series | None, place: int = 0
) -> LegendItem | None:
    if series is None or series.last is None:
        return None
    return {
        "role": role,
        "place": place,
        "label": label,
        "value": number(series.last.value),
        "gaps": series.nonfinite,
    }


def _rounded(value: float | None) -> float | None:
    """Keep as many digits as anyone reads, so that a frame stays small."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.4g}")
