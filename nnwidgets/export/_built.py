"""The player's program, which is built from ``js/`` into the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from nnwidgets._errors import ExportError
from nnwidgets._i18n import t

_FOLDER: Final = Path(__file__).parent.parent / "static"


@cache
def built(name: str) -> str:
    """Return the text of a built file.

    Raises
    ------
    ExportError
        If it is not there, as in a checkout in which nothing was built.
    """
    try:
        return (_FOLDER / name).read_text(encoding="utf-8").replace("\r\n", "\n")
    except OSError as error:
        raise ExportError(
            t("The player {name} is missing from this installation. In a checkout, run: make js", name=name)
        ) from error
