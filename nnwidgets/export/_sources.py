"""The runs that somebody wants to export: live ones, ids, rows of a list; those that cannot be read are named."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from nnwidgets._errors import OptionError, RunDamagedError, StoreError
from nnwidgets._i18n import reason_of, t
from nnwidgets._i18n import told as said_now
from nnwidgets._recent import recent
from nnwidgets.export._lesson_types import LeftOut
from nnwidgets.export._lesson_words import in_force, told
from nnwidgets.library import load
from nnwidgets.run import Run
from nnwidgets.store import RunInfo, RunStore

#: Runs of one page at most.
MOST: Final = 100


class Sources(NamedTuple):
    """The runs that can be exported with their places among those asked for, and those that cannot."""

    runs: list[tuple[int, Run]]
    left_out: list[LeftOut]
    asked: int


def gather(runs: Any) -> Sources:
    """Open what is asked for: a run, an id, a row of ``nnw.runs()``, or several of these.

    Raises
    ------
    OptionError
        For anything else, and where there are none, or more than 100.
    RunNotFoundError
        If there is no run of an id.
    RunDamagedError
        If none of them can be read.
    """
    asked = _listed(runs)
    opened: list[tuple[int, Run]] = []
    left_out: list[LeftOut] = []
    for place, one in enumerate(asked):
        run = _open(one)
        if isinstance(run, Run):
            opened.append((place, run))
        else:
            reason = told(partial(_said, reason_of(run), one))
            left_out.append({"name": one if isinstance(one, str) else one.name, "reason": reason})
    if not opened:
        why = " ".join(in_force(one["reason"]) for one in left_out)
        raise RunDamagedError(t("There is nothing to export: {why}", why=why))
    return Sources(opened, left_out, len(asked))


def _listed(runs: Any) -> list[Any]:
    if isinstance(runs, (Run, RunInfo, str)):
        return [runs]
    if isinstance(runs, (bytes, dict)) or not isinstance(runs, Iterable):
        raise OptionError(_unfit(runs))
    listed = list(runs)
    for one in listed:
        if not isinstance(one, (Run, RunInfo, str)):
            raise OptionError(_unfit(one))
    if not listed:
        raise OptionError(t("There is no run to export: the list is empty."))
    if len(listed) > MOST:
        count = f"{len(listed):,}"
        raise OptionError(
            t("A page holds {most} runs at most, not {count}. Choose some of them.", most=MOST, count=count)
        )
    return listed


def _unfit(one: object) -> str:
    return t(
        "Runs, their ids or rows of nnw.runs() can be exported, not {kind}. "
        "What model.fit() returned goes through nnw.from_history(…) first.",
        kind=type(one).__name__,
    )


def _open(one: Run | RunInfo | str) -> Run | RunDamagedError | StoreError:
    """Return the run with all that is recorded by now, or why it cannot be read."""
    try:
        run = one if isinstance(one, Run) else _loaded(one)
    except (RunDamagedError, StoreError) as error:
        return error
    run.flush()
    return run


def _loaded(one: RunInfo | str) -> Run:
    run_id = one if isinstance(one, str) else one.id
    folder = None if isinstance(one, str) else Path(one.path).parent
    for run in recent.begun():  # its file may be a second behind
        if run.id == run_id and (folder is None or run._keeper.root == folder):
            return run
    return load(run_id, folder)


def _said(reason: str, one: RunInfo | str) -> str:
    """Return why a run cannot be read without its folder: where somebody keeps runs is not for whoever reads a page."""
    folder = RunStore().root if isinstance(one, str) else Path(one.path).parent
    return said_now(reason).replace(f"{folder}{os.sep}", "")
