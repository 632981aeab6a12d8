"""A lesson: some recorded runs, ready to be played in a page without a kernel."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

from nnwidgets import _i18n
from nnwidgets._errors import OptionError
from nnwidgets._version import __version__
from nnwidgets.export._lesson_run import lesson_run
from nnwidgets.export._lesson_types import LESSON, Lesson
from nnwidgets.export._sources import Sources
from nnwidgets.export._switches import found_choices, given_choices, switches_of

#: Characters of a title at most.
_TITLE = 200


def lesson_of(sources: Sources, *, title: str | None, language: str | None, switches: Any) -> Lesson:
    """Return the lesson; the first run is the untouched one, and shown first.

    Raises
    ------
    OptionError
        For a title that is no text, a language without a catalogue, or switches that do not fit the runs.
    """
    runs = [run for _, run in sources.runs]
    if switches is None:
        choices = found_choices(runs)
    else:
        given = given_choices(switches, sources.asked)
        choices = [given[place] for place, _ in sources.runs]
    series = sum(len(run.history) for run in runs)
    return {
        "lesson": LESSON,
        "made_by": __version__,
        "title": _title(title, [run.name for run in runs]),
        "language": _language(language),
        "runs": [
            lesson_run(run, choice, of=len(runs), series=series)
            for run, choice in zip(runs, choices, strict=True)
        ],
        "first": 0,
        "baseline": 0,
        "switches": switches_of(choices) if len(runs) > 1 else [],
        "left_out": sources.left_out,
    }


def packed(lesson: Lesson) -> str:
    """Return what a page carries: base64 of gzip of JSON. The same lesson gives the same text."""
    # Half a surrogate pair in a name would be no Unicode; ASCII carries it.
    text = json.dumps(lesson, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def _title(title: object, names: list[str]) -> str:
    if title is None:
        # The runs of a sweep are called alike but for their values, which come after a comma.
        shared = {name.partition(", ")[0] for name in names}
        return shared.pop() if len(names) > 1 and len(shared) == 1 else names[0]
    if not isinstance(title, str) or not title.strip():
        raise OptionError(_i18n.t("title= is text, not {what}.", what=repr(title)[:40]))
    return " ".join(title.split())[:_TITLE]


def _language(language: object) -> str | None:
    if language is None:
        return None
    try:
        return _i18n.known(str(language))
    except ValueError as error:
        raise OptionError(str(error)) from None
