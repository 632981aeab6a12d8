"""What people read, in their language: English texts are the keys of the catalogues in ``locale/``.

A text that `t` or `tn` made knows what it was made from, so that `told` can say it again in a language that was chosen
later: what happened in a training is kept, and read afterwards. A constant is marked by `later` where it stands, and
said by `now` where it is shown. Everything here may be called from any thread, and only `known` and `use` raise.
"""

from __future__ import annotations

import gettext
import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

logger = logging.getLogger("nnwidgets")

#: The language of the keys.
ENGLISH: Final = "en"
#: The environment variable that names the language of a person, before they choose one in a notebook.
VARIABLE: Final = "NNWIDGETS_LANG"
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


class Said(str):  # noqa: SLOT000 - what it was made from comes after it is made
    """A text that can be said again in another language: its key, and the values that were put into it.

    Attributes
    ----------
    key, many
        The English text; of a text that depends on a number, that for one and that for several.
    n
        The number, or None.
    values
        What was put into the places.
    """

    key: str
    many: str
    n: int | None
    values: Mapping[str, Any]

    def __copy__(self) -> Said:
        return self

    def __deepcopy__(self, _: object) -> Said:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (str(self),)  # elsewhere it is a text like any other


def t(text: str, /, **values: object) -> str:
    """Return a text in the language in force, with ``{name}`` replaced by the value of that name."""
    return _said(text, "", None, values)


def tn(n: int, one: str, many: str, /, **values: object) -> str:
    """Return a text that depends on a whole number, which stands for ``{n}``: ``tn(3, "{n} epoch", "{n} epochs")``."""
    return _said(one, many, int(n), values)


def later(text: str) -> str:
    """Return a text as it is: a constant, which is a key and will be said by `now`."""
    return text


def now(text: str, /, **values: object) -> str:
    """Return a text that was marked by `later` in the language in force, with its places filled in."""
    return _said(text, "", None, values)


def told(text: str) -> str:
    """Return a text in the language in force, whenever it was made; one that is nobody's translation as it is."""
    return _words(text.key, text.many, text.n, text.values) if isinstance(text, Said) else text


def reason_of(error: BaseException) -> str:
    """Return what an error says, such that `told` can say it in another language; ``str(error)`` forgets how."""
    said = error.args[0] if len(error.args) == 1 else None
    return said if isinstance(said, Said) and said == str(error) else str(error)


def as_kept(text: str) -> Any:
    """Return what a text was made from as JSON can hold it, or None where nothing is known of it."""
    if not isinstance(text, Said):
        return None
    values = {name: as_kept(value) or value for name, value in text.values.items()}
    return {"key": text.key, "values": values} | ({} if text.n is None else {"many": text.many, "n": text.n})


def from_kept(text: str, kept: Any) -> str:
    """Return a text that was kept together with what `as_kept` returned; anything else leaves it as it is."""
    try:
        return text if kept is None else _remembered(text, kept)
    except (
        AttributeError,
        KeyError,
        OverflowError,
        RecursionError,
        TypeError,
        ValueError,
    ):  # the file of another version, or of another program
        return text


_for_now: ContextVar[str | None] = ContextVar("nnwidgets language", default=None)
_chosen: str | None = None
_page: str | None = None


def language() -> str:
    """Return the code of the language in force: what was chosen, else the environment's, else the page's."""
    return _for_now.get() or _chosen or _environment or _page or ENGLISH


def explicit() -> str:
    """Return the language that the person chose, in a notebook or by the environment; empty where they did not."""
    return _chosen or _environment or ""


def use(code: str | None) -> None:
    """Speak a language from now on, whatever the page speaks; None for what the environment or the page says.

    Raises
    ------
    ValueError
        If there is no catalogue of it.
    """
    global _chosen  # noqa: PLW0603 - one person sits before a kernel
    _chosen = None if code is None else known(code)


def hear(code: str | None) -> None:
    """Take the language of the page; one without a catalogue is English."""
    global _page  # noqa: PLW0603 - one person sits before a kernel
    _page = served(code)


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


def served(code: str | None) -> str | None:
    """Return the language that serves a code such as ``uk-UA``, or None."""
    found = (code or "").replace("_", "-").split("-")[0].strip().lower()
    return found if found in languages() else None


def known(code: str) -> str:
    """Return the language that serves a code such as ``uk-UA``.

    Raises
    ------
    ValueError
        If there is none.
    """
    found = served(code)
    if found is None:
        there = ", ".join(languages())
        raise ValueError(
            t("There is no catalogue for {code}. There are: {there}.", code=repr(code[:20]), there=there)
        )
    return found


@cache
def catalogue(code: str) -> Catalogue:
    """Read the catalogue of a language; one that is missing or broken is empty, which leaves the English texts."""
    if code == ENGLISH:
        return Catalogue(ENGLISH, "English", {}, _english)
    try:
        data = json.loads((_FOLDER / f"{code}.json").read_text(encoding="utf-8"))
        plural = gettext.c2py(data["plural"])
        messages = {text: found for section in data["messages"].values() for text, found in section.items()}
        return Catalogue(code, str(data["name"]), {**messages, **data["messages"].get("python", {})}, plural)
    except Exception:  # a damaged file must not cost anybody a training
        logger.exception("nnwidgets: the catalogue of %r cannot be read; its texts stay in English", code)
        return Catalogue(code, code, {}, _english)


def _english(n: int) -> int:
    return int(n != 1)


def _said(key: str, many: str, n: int | None, values: Mapping[str, object]) -> Said:
    plain = {name: _value(value) for name, value in values.items()}
    said = Said(_words(key, many, n, plain))
    said.key, said.many, said.n, said.values = key, many, n, plain
    return said


def _words(key: str, many: str, n: int | None, values: Mapping[str, Any]) -> str:
    book = catalogue(language())
    found = book.messages.get(key)
    if n is None:
        return _filled(found if isinstance(found, str) else key, values)
    text = one_or_many = key if abs(n) == 1 else many
    if isinstance(found, list):
        form = book.plural(abs(n))
        text = found[form] if form < len(found) and isinstance(found[form], str) else one_or_many
    return _filled(text, {"n": f"{n:,}", **values})


def _filled(text: str, values: Mapping[str, Any]) -> str:
    # Not str.format: a value may hold braces, and a wrong place in a translation must not raise.
    def fill(place: re.Match[str]) -> str:
        value = values.get(place[1], place[0])
        return told(value) if isinstance(value, str) else str(value)

    return _PLACE.sub(fill, text)


def _value(value: object) -> Any:
    """Return a value as it can be kept: not what may change until it is said again."""
    return value if isinstance(value, (str, int, float)) else str(value)


def _remembered(text: str, kept: Any) -> str:
    values = {
        name: _remembered("", value) if isinstance(value, Mapping) else _value(value)
        for name, value in kept["values"].items()
    }
    n = None if kept.get("n") is None else int(kept["n"])
    said = Said(text or _words(str(kept["key"]), str(kept.get("many", "")), n, values))
    said.key, said.many, said.n, said.values = str(kept["key"]), str(kept.get("many", "")), n, values
    return said


def _asked_for() -> str | None:
    asked = os.environ.get(VARIABLE, "").strip()
    found = served(asked)
    if asked and found is None:
        logger.warning("nnwidgets: %s names %r, of which there is no catalogue", VARIABLE, asked[:20])
    return found


_environment: str | None = _asked_for()
