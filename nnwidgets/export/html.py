"""Recorded trainings as one page that plays them: no kernel, no server, no network."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from html import escape
from typing import TYPE_CHECKING, Any, Final

from nnwidgets._errors import reject_unknown
from nnwidgets._i18n import ENGLISH
from nnwidgets.export._built import built
from nnwidgets.export._lesson import lesson_of, packed
from nnwidgets.export._lesson_types import Lesson
from nnwidgets.export._sources import gather
from nnwidgets.export.page import Page, checked, write
from nnwidgets.export.still import still_svg

if TYPE_CHECKING:
    from nnwidgets.run import Run

OPTIONS: Final = ("title", "language", "switches")
#: What would end a script or a style in the middle, or hide its end.
_ENDS: Final = re.compile(r"<(?=/(?:script|style)|!--)", re.IGNORECASE)
_PAGE: Final = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="nnwidgets {version}">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main id="nnw-replay">{still}</main>
<script type="text/plain" id="nnw-lesson">{lesson}</script>
<script>{script}</script>
</body>
</html>
"""


def export_html(
    runs: Any,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    language: str | None = None,
    switches: Any = None,
    **unknown: object,
) -> Page:
    """Write one HTML file in which recorded trainings play: curves, flags, changes, the graph with its statistics.

    The file loads nothing and sends nothing: a content security policy inside it forbids both.

    Parameters
    ----------
    runs
        A run, an id, a row of ``nnw.runs()``, or up to 100 of them. The first is shown first and stays as a ghost
        behind the others. A run that still goes on is exported as far as it is; one whose file is damaged is left out
        and named.
    path
        Where to write it; its name ends with ``.html``. A file that is there is replaced, once the new one is whole.
    title
        The page's title. Default: the run's name.
    language
        ``"en"``, ``"uk"``. Default: that of whoever reads the page.
    switches
        What the reader can choose between several runs: one dict for each run,
        ``[{"dropout": 0}, {"dropout": 0.3}]``, or a list for each switch, ``{"dropout": [0, 0.3]}``. Default: the
        values of the `sweep` that the runs come from, else the entries of their ``config`` in which they differ, else
        their names.

    Returns
    -------
    Page
        The written file. As the last line of a cell it plays there.

    Raises
    ------
    OptionError
        For anything that is not a run, a path with another ending, switches that do not fit, an unknown option.
    RunNotFoundError
        If there is no run of an id.
    RunDamagedError
        If none of the runs can be read.
    ExportError
        If the file cannot be written; what was there before is untouched then.

    Notes
    -----
    May be called from any thread, also while a run goes on.
    """
    reject_unknown("nnw.export_html", unknown, OPTIONS)
    where = checked(path, (".html", ".htm"), "lesson.html")
    sources = gather(runs)
    lesson = lesson_of(sources, title=title, language=language, switches=switches)
    text = page_of(lesson, sources.runs[lesson["first"]][1])
    return Page(write(where, text), text, lesson["left_out"], title=lesson["title"], plays=True)


def page_of(lesson: Lesson, shown: Run) -> bytes:
    """Return the page of a lesson; until its program runs, and where none can, it shows the picture of one run."""
    script, style = inert(built("replay.js"), "\\x3c"), inert(built("replay.css"), "\\3c ")
    text = _PAGE.format(
        language=lesson["language"] or ENGLISH,
        policy=policy(script),
        version=escape(lesson["made_by"]),
        title=escape(lesson["title"]),
        style=style,
        still=still_svg(shown),
        lesson=packed(lesson),
        script=script,
    )
    return text.encode("utf-8", "replace")


def policy(script: str) -> str:
    """Return the content security policy: this script runs and nothing else, nothing is loaded and nothing is sent."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:; "
        "font-src 'none'; worker-src blob:; connect-src 'none'; form-action 'none'; base-uri 'none'"
    )


def inert(code: str, less_than: str) -> str:
    """Return a program, or a style sheet, in which nothing ends the element that it stands in."""
    return _ENDS.sub(lambda _: less_than, code)
