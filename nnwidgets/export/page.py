"""A page that was written: where it is, how large, what it had to leave out; as a cell's result it plays."""

from __future__ import annotations

import os
import secrets
import stat
from html import escape
from pathlib import Path
from typing import Final

from nnwidgets._errors import ExportError, OptionError
from nnwidgets._i18n import t
from nnwidgets.export._lesson_types import LeftOut
from nnwidgets.export._lesson_words import in_force

#: Pixels of the frame in a cell: what the player needs at a notebook's usual width, with its chart and its controls.
_HEIGHT: Final = 760


class Page:
    """One exported file. As the last line of a cell it plays below it, without a network, wherever that is shown.

    Attributes
    ----------
    path : Path
        The file.
    size : int
        Its bytes.
    left_out : list of tuple of str
        The name of each run that could not be exported, and why.
    """

    def __init__(self, path: Path, text: bytes, left_out: list[LeftOut], *, title: str, plays: bool) -> None:
        self.path = path
        self.size = len(text)
        self.left_out = [(one["name"], in_force(one["reason"])) for one in left_out]
        self._title, self._html = title, text.decode("utf-8") if plays else None

    def __repr__(self) -> str:
        missing = f", {len(self.left_out)} left out" if self.left_out else ""
        return f"<Page {str(self.path)!r}, {size_in_words(self.size)}{missing}>"

    def _repr_html_(self) -> str:
        said = [t("Written: {path}, {size}.", path=self.path, size=size_in_words(self.size))]
        said += [t("Left out: {name}. {reason}", name=name, reason=reason) for name, reason in self.left_out]
        words = "".join(f"<div>{escape(line)}</div>" for line in said)
        if self._html is None:
            return words
        # A sandbox without its own origin: the page can neither read the notebook nor send anything.
        return (
            f'<iframe title="{escape(self._title)}" sandbox="allow-scripts" srcdoc="{escape(self._html)}" '
            f'style="width:100%;height:{_HEIGHT}px;border:0;display:block"></iframe>{words}'
        )


def checked(path: object, endings: tuple[str, ...], example: str) -> Path:
    """Return where to write.

    Raises
    ------
    OptionError
        If that is no path, or has another ending.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise OptionError(
            t("A path is needed, such as {example}, not {what}.", example=example, what=repr(path)[:60])
        )
    try:
        where = Path(os.fspath(path)).expanduser()
    except (RuntimeError, TypeError) as error:  # nobody of this name has a home; bytes
        raise OptionError(
            t("A path is needed, such as {example}, not {what}.", example=example, what=repr(path)[:60])
        ) from error
    if where.suffix.lower() not in endings:
        raise OptionError(
            t(
                "The file's name ends with {ending}, as in {example}; {name} does not.",
                ending=" / ".join(endings),
                example=example,
                name=repr(where.name[:60]),
            )
        )
    return where


def write(path: Path, text: bytes) -> Path:
    """Write a file, all of it or nothing; return where it is.

    Raises
    ------
    ExportError
        If it cannot be written; what was there before is untouched.
    """
    target = path
    try:
        target = path.resolve()
        temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.tmp")
        try:
            with temporary.open("xb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():  # who may read it stays as it was
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError, RuntimeError) as error:  # the last one: links that lead round in a circle
        raise ExportError(_why(path, target, error)) from error
    return path


def size_in_words(size: int) -> str:
    """Write bytes as people do."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3)):,} KB"


def _why(path: Path, target: Path, error: Exception) -> str:
    if not _is_folder(target.parent):
        return t(
            "{path} cannot be written: there is no folder {folder}. Make it first.",
            path=path,
            folder=target.parent,
        )
    if _is_folder(target):
        return t("{path} cannot be written: it is a folder.", path=path)
    return t(
        "{path} cannot be written: {why}. What was there before is as it was.",
        path=path,
        why=getattr(error, "strerror", None) or error,
    )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError, RuntimeError):  # a name that is too long, or no name at all
        return False
