"""Which stored run a person means by an id, the beginning of one, or a name.

Names are shown as their repr: a file may come from elsewhere, and a terminal obeys what it is sent.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

if TYPE_CHECKING:
    from nnwidgets.store import RunInfo, RunList


def find(word: str, runs: RunList) -> RunInfo:
    """Return the one run that ``word`` means: an exact id, else an exact name, else the beginning of an id.

    Raises
    ------
    UsageError
        If there is none, or more than one.
    """
    fitting = (
        [run for run in runs if run.id == word]
        or [run for run in runs if run.name == word]
        or [run for run in runs if run.id.startswith(word)]
    )
    if len(fitting) == 1:
        return fitting[0]
    raise UsageError(_several(word, fitting) if fitting else _none(word, runs))


def _several(word: str, fitting: list[RunInfo]) -> str:
    lines = [f"  {run.id}  {run.name!r}, {run.status}" for run in fitting[:10]]
    more = [f"  and {len(fitting) - 10} more"] if len(fitting) > 10 else []
    return "\n".join([f"{len(fitting)} runs fit {word[:80]!r}; name one by its id:", *lines, *more])


def _none(word: str, runs: RunList) -> str:
    if not runs:
        return f"No run {word[:80]!r}: nothing is stored here yet."
    known = {run.name: run.id for run in reversed(runs)} | {run.id: run.id for run in runs}
    near = difflib.get_close_matches(word[:100], known)
    hint = f" The nearest: {', '.join(map(repr, near))}." if near else ""
    return f"No stored run has the id or the name {word[:80]!r}.{hint} %nnwidgets runs lists them."
