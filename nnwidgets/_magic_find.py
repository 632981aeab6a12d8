"""Which stored run a person means by an id, the beginning of one, or a name.

Names are shown as their repr: a file may come from elsewhere, and a terminal obeys what it is sent.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from nnwidgets._i18n import t, tn
from nnwidgets._run_words import status_word

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
    lines = [f"  {run.id}  {run.name!r}, {status_word(run.status)}" for run in fitting[:10]]
    more = ["  " + t("and {count} more", count=len(fitting) - 10)] if len(fitting) > 10 else []
    first = tn(
        len(fitting),
        "{n} run fits {word}; name one by its id:",
        "{n} runs fit {word}; name one by its id:",
        word=repr(word[:80]),
    )
    return "\n".join([first, *lines, *more])


def _none(word: str, runs: RunList) -> str:
    if not runs:
        return t("No run {word}: nothing is stored here yet.", word=repr(word[:80]))
    known = {run.name: run.id for run in reversed(runs)} | {run.id: run.id for run in runs}
    near = difflib.get_close_matches(word[:100], known)
    given, line = repr(word[:80]), "%nnwidgets runs"
    if near:
        return t(
            "No stored run has the id or the name {word}. The nearest: {near}. {line} lists them.",
            word=given,
            near=", ".join(map(repr, near)),
            line=line,
        )
    return t("No stored run has the id or the name {word}. {line} lists them.", word=given, line=line)
