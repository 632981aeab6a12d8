"""What people read, in their language: English texts are the keys of the catalogues in ``locale/``."""

from __future__ import annotations

import gettext
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

#: The language of the keys.
ENGLISH: Final = "en"
_FOLDER: Final = Path(__file__).parent / "locale"
_PLACE: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language.

    Attributes
    ----------
    code, name
        ``"uk"``, ``"Українська"``.
    messages
        For each English text its translation; for one that depends on a number all forms, in the order of ``plural``.
    plural
        Which form belongs to a whole number, counted from 0.
    """

    code: str
    name: str
    messages: dict[str, str | list[str]]
    plural: Callable[[int], int]


_chosen: str = ENGLISH
_for_now: ContextVar[str | None] = ContextVar("nnwidgets language", default=None)


def t(text: str, **values: object) -> str:
    """Return a text in the language in force, with ``{name}`` replaced by the value of that name."""
    found = catalogue(language()).messages.get(text, text)
    return _filled(found if isinstance(found, str) else text, values)


def tn(n: int, one: str, many: str, **values: object) -> str:
    """Return a text that depends on a whole number, which stands for ``{n}``: ``tn(3, "{n} epoch", "{n} epochs")``."""
    known = catalogue(language())
    forms = known.messages.get(one)
    text = forms[known.plural(abs(n))] if isinstance(forms, list) else (one if abs(n) == 1 else many)
    return _filled(text, {"n": f"{n:,}", **values})


def language() -> str:
    """Return the code of the language in force."""
    return _for_now.get() or _chosen


def use(code: str) -> None:
    """Speak a language from now on. Any thread.

    Raises
    ------
    ValueError
        If there is no catalogue of it.
    """
    global _chosen  # noqa: PLW0603 - one person sits before a kernel
    _chosen = known(code)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language in this thread, until the end of the block."""
    token = _for_now.set(known(code))
    try:
        yield
    finally:
        _for_now.reset(token)


def languages() -> list[str]:
    """Return the codes of all languages, English first."""
    return [ENGLISH, *sorted(path.stem for path in _FOLDER.glob("*.json"))]


def known(code: str) -> str:
    """Return the language that serves a code such as ``uk-UA``.

    Raises
    ------
    ValueError
        If there is none.
    """
    found = code.replace("_", "-").split("-")[0].lower()
    if found not in languages():
        raise ValueError(f"There is no catalogue for {code[:20]!r}. There are: {', '.join(languages())}.")
    return found


@cache
def catalogue(code: str) -> Catalogue:
    """Read the catalogue of a language that `known` returned."""
    if code == ENGLISH:
        return Catalogue(ENGLISH, "English", {}, lambda n: int(n != 1))
    data = json.loads((_FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    messages = {text: found for section in data["messages"].values() for text, found in section.items()}
    return Catalogue(code, data["name"], messages, gettext.c2py(data["plural"]))


def _filled(text: str, values: dict[str, object]) -> str:
    # Not str.format: a value may hold braces, and a wrong place in a translation must not raise.
    return _PLACE.sub(lambda place: str(values.get(place[1], place[0])), text)
