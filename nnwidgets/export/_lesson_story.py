"""What happened in a run, as a lesson tells it: where it began and ended, notices, flags, changes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from nnwidgets._i18n import t
from nnwidgets._i18n import told as said_now
from nnwidgets._marked import words_of_change, words_of_onset
from nnwidgets._metrics import number
from nnwidgets.divergence import Raised
from nnwidgets.export._lesson_types import LessonEvent, LessonFlag
from nnwidgets.export._lesson_words import told
from nnwidgets.protocol import OPEN_STATUSES

if TYPE_CHECKING:
    from nnwidgets._flags import Flag
    from nnwidgets.controls import Intervention
    from nnwidgets.history import Series
    from nnwidgets.protocol import Notice
    from nnwidgets.run import Run

#: Flags, and interventions, of one run at most: the last ones.
_MOST: Final = 500
#: Rows from which the time of a step is read.
_ROWS: Final = 2000

#: When a step was made, in seconds, as far as anyone can tell.
Clock = Callable[[float], float | None]


def events_of(run: Run) -> list[LessonEvent]:
    """Return everything that happened, in the order of the steps."""
    clock = clock_of(run)
    happened = [_notice(notice, clock) for notice in run.notices]
    happened += [_flag(run, flag, clock) for flag in run._keeper.flags.entries[-_MOST:]]
    happened += [_intervention(outcome) for outcome in run.interventions[-_MOST:]]
    happened.sort(key=lambda event: event["step"] or 0)
    return [_start(run), *happened, _end(run)]


def flags_of(run: Run) -> list[LessonFlag]:
    """Return every flag that was raised or withdrawn."""
    return [_evidence(run, flag) for flag in run._keeper.flags.entries[-_MOST:]]


def clock_of(run: Run) -> Clock:
    """Return what tells when a step was made."""
    series: Series | None = max(run.history.values(), key=lambda one: one.count, default=None)
    window = None if series is None else series.window(_ROWS)

    def clock(step: float) -> float | None:
        if window is None or not len(window.step):
            return None
        return round(float(np.interp(step, window.step, window.time)), 3)

    return clock


def finite(value: float | None) -> float | None:
    """Return a number that JSON can hold, or None."""
    return float(value) if value is not None and math.isfinite(value) else None


def _start(run: Run) -> LessonEvent:
    moment = run.started.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    text = told(lambda: t("Began on {time}.", time=moment))
    return _event(0, 0.0, "start", text)


def _end(run: Run) -> LessonEvent:
    going_on = run.status in OPEN_STATUSES

    def say() -> str:
        if going_on:
            return t("The training was still going on when this page was made.")
        words = {"finished": t("Finished"), "interrupted": t("Interrupted"), "failed": t("Failed")}
        return words[run.status] + (f": {run.error}" if run.error else ".")

    event = _event(run.steps, finite(run.elapsed), "end", told(say))
    event["level"] = "error" if run.status == "failed" else "info"
    return event


def _notice(notice: Notice, clock: Clock) -> LessonEvent:
    moment = None if notice.step is None else clock(notice.step)
    event = _event(notice.step, moment, "notice", told(lambda: said_now(notice.text)))
    event["level"] = notice.level
    return event


def _flag(run: Run, flag: Flag, clock: Clock) -> LessonEvent:
    flags = run._keeper.flags
    event = _event(int(flag.step), clock(flag.step), "flag", told(lambda: flags.sentence(flag)))
    if isinstance(flag, Raised):
        event["level"] = "warning"
        event["short"] = told(lambda: words_of_onset(flag, flags.series))
    return event


def _intervention(outcome: Intervention) -> LessonEvent:
    event = _event(outcome.step, finite(outcome.moment), "intervention", told(lambda: _in_words(outcome)))
    event["applied"] = outcome.changes
    event["level"] = "info" if outcome.applied else "warning"
    event["short"] = told(lambda: words_of_change(outcome))
    return event


def _in_words(outcome: Intervention) -> str:
    said = said_now(outcome.text)
    if not outcome.applied:
        said = t("{what}: refused. {reason}", what=outcome.text, reason=outcome.reason or "")
    elif outcome.loss_before is not None and outcome.loss_after is not None:
        before, after = number(outcome.loss_before), number(outcome.loss_after)
        said += " · " + t("loss on one batch {before} → {after}", before=before, after=after)
    return f"{said}. {said_now(outcome.note)}" if outcome.note else said


def _event(step: int | None, time: float | None, kind: str, text: object) -> LessonEvent:
    return {
        "step": step,
        "time": time,
        "level": "info",
        "kind": kind,  # type: ignore[typeddict-item]  # the callers above write only these
        "applied": True,
        "text": text,  # type: ignore[typeddict-item]
        "short": None,
    }


def _evidence(run: Run, flag: Flag) -> LessonFlag:
    raised = flag if isinstance(flag, Raised) else flag.raised
    return {
        "step": int(flag.step),
        "level": "raised" if flag is raised else "withdrawn",
        "kind": raised.kind,
        "text": told(lambda: run._keeper.flags.sentence(flag)),
        "onset": _step(raised.onset),
        "best_step": _step(raised.best_step),
        "best": finite(raised.best),
    }


def _step(value: float) -> int | None:
    return int(value) if math.isfinite(value) else None
