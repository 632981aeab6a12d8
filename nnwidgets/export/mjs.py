"""Recorded trainings as one JavaScript module: for MyST's ``{anywidget}`` directive, and for any page."""

from __future__ import annotations

import os
import re
from typing import Any, Final

from nnwidgets._errors import ExportError, reject_unknown
from nnwidgets._i18n import t
from nnwidgets.export._built import built
from nnwidgets.export._lesson import lesson_of, packed
from nnwidgets.export._lesson_types import Lesson
from nnwidgets.export._sources import gather
from nnwidgets.export.html import OPTIONS
from nnwidgets.export.page import Page, checked, write

#: The end of the built module, which says under what name it exports `make`.
_END: Final = re.compile(r"export\s*\{\s*([\w$]+)(?:\s+as\s+make)?\s*\}\s*;?\s*$")


def export_mjs(
    runs: Any,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    language: str | None = None,
    switches: Any = None,
    **unknown: object,
) -> Page:
    """Write one ES module in which recorded trainings play; it imports and loads nothing.

    Its default export is an anywidget front end: ``render({model, el})`` draws the player into an element. MyST and
    Jupyter Book 2 show it with the directive ``{anywidget}``.

    Parameters
    ----------
    runs, title, language, switches
        As for `export_html`.
    path
        Where to write it; its name ends with ``.mjs`` or ``.js``.

    Returns
    -------
    Page
        The written file.

    Raises
    ------
    OptionError, RunNotFoundError, RunDamagedError, ExportError
        As for `export_html`.
    """
    reject_unknown("nnw.export_mjs", unknown, OPTIONS)
    where = checked(path, (".mjs", ".js"), "lesson.mjs")
    lesson = lesson_of(gather(runs), title=title, language=language, switches=switches)
    text = module_of(lesson)
    return Page(write(where, text), text, lesson["left_out"], title=lesson["title"], plays=False)


def module_of(lesson: Lesson) -> bytes:
    """Return the module of a lesson: the player's program, and what it plays as its default export."""
    program = built("replay.mjs").rstrip()
    end = _END.search(program)
    if end is None:
        raise ExportError(
            t("The player {name} of this installation is another one than expected.", name="replay.mjs")
        )
    # Base64 needs no escaping. Minified names are short, so a longer one cannot be taken.
    data = f'const nnwidgetsLesson="{packed(lesson)}";'
    return f"{program[: end.start()]}\n{data}\nexport default {end[1]}(nnwidgetsLesson);\n".encode()
