"""One run of a lesson."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from nnwidgets._combination import SWEEP, as_text
from nnwidgets._i18n import t
from nnwidgets._i18n import told as said_now
from nnwidgets._metrics import main_metric, metrics_of
from nnwidgets.export._lesson_graphs import GRAPH_BYTES, SAMPLE_BYTES, findings_of, graphs_of, samples_of
from nnwidgets.export._lesson_series import epochs_of, rows_for, series_of
from nnwidgets.export._lesson_story import events_of, finite, flags_of
from nnwidgets.export._lesson_types import LessonRun, Text
from nnwidgets.export._lesson_words import told, told_all
from nnwidgets.protocol import OPEN_STATUSES

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Entries of a run's configuration that are shown, and characters of each.
_FACTS: Final = 40
_LONG: Final = 200


def lesson_run(run: Run, choice: dict[str, str], *, of: int, series: int) -> LessonRun:
    """Return a run as it stands now.

    Parameters
    ----------
    run
        What is exported; it may still be going on.
    choice
        Which position of the switches stands for it.
    of, series
        How many runs the lesson has, and how many series in all of them: they share the room that there is.
    """
    history = run.history
    graphs, notes = graphs_of(run, GRAPH_BYTES // of)
    if run.status in OPEN_STATUSES:
        notes.insert(0, told(lambda: t("The training was still going on when this page was made.")))
    main = main_metric(history)
    metrics = metrics_of(history)
    said = history.layers.notes  # as they are now: a run that goes on may get another one
    return {
        "id": run.id,
        "name": run.name,
        "status": run.status,
        "error": run.error,
        "started": run.started.isoformat(),
        "framework": run.framework,
        "choice": choice,
        "facts": facts_of(run),
        "steps": run.steps,
        "elapsed": finite(run.elapsed) or 0.0,
        "epochs": epochs_of(history),
        "planned_epochs": run.progress.epochs,
        "metrics": sorted(metrics, key=lambda name: name != main),
        "series": series_of(history, rows_for(series)),
        "events": events_of(run),
        "flags": flags_of(run),
        "graphs": graphs,
        "samples": samples_of(run, SAMPLE_BYTES // of),
        "findings": findings_of(run),
        "notes": [*notes, *told_all(lambda: [said_now(note) for note in said])],
    }


def facts_of(run: Run) -> list[tuple[Text, str]]:
    """Return what one would write down about a run: its framework, how long it took, its configuration."""
    p = run.progress
    epochs = f"{p.epoch:,}" + (f" / {p.epochs:,}" if p.epochs else "")
    facts: list[tuple[Text, str]] = [
        (told(lambda: t("framework")), run.framework),
        (told(lambda: t("steps")), f"{run.steps:,}"),
        *([(told(lambda: t("epochs")), epochs)] if p.epoch or p.epochs else []),
        (told(lambda: t("duration")), _duration(run.elapsed)),
    ]
    entries = [(key, value) for key, value in run.config.items() if key != SWEEP]
    return facts + [(label_of(key), _value(value)) for key, value in entries[:_FACTS]]


def label_of(key: str) -> Text:
    """Return a switch's or a fact's name in every language, where it is one of the usual ones."""
    return told(lambda: _name(key))


def _name(key: str) -> str:
    usual: Mapping[str, str] = {
        "model": t("model"),
        "parameters": t("parameters"),
        "device": t("device"),
        "optimizer": t("optimizer"),
        "dropout": t("dropout"),
        "size": t("size"),
        "learning rate": t("learning rate"),
        "batch size": t("batch size"),
        "weight decay": t("weight decay"),
        "seed": t("seed"),
        "run": t("run"),
    }
    key = str(key)
    return usual.get(key.replace("_", " "), key[:_LONG])


def _value(value: Any) -> str:
    text = f"{value:,}" if type(value) is int else as_text(value)
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"


def _duration(seconds: float) -> str:
    """Write seconds as people do: 0.8 s, 42 s, 3:05, 1:02:09."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
