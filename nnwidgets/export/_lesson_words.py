"""Sentences of a lesson in every language there is: who reads it is not known when it is made."""

from __future__ import annotations

from collections.abc import Callable

from nnwidgets._i18n import ENGLISH, language, languages, speaking
from nnwidgets.export._lesson_types import Text


def told(say: Callable[[], str]) -> Text:
    """Return what ``say`` returns, in every language; one text where it is the same in all."""
    return told_all(lambda: [say()])[0]


def told_all(say: Callable[[], list[str]]) -> list[Text]:
    """Return several sentences, each in every language."""
    spoken: dict[str, list[str]] = {}
    for code in languages():
        with speaking(code):
            spoken[code] = say()
    return [_shortest(dict(zip(spoken, forms, strict=True))) for forms in zip(*spoken.values(), strict=True)]


def in_force(text: Text) -> str:
    """Return a sentence in the language in force."""
    return text if isinstance(text, str) else text.get(language(), text[ENGLISH])


def _shortest(text: dict[str, str]) -> Text:
    return text if len(set(text.values())) > 1 else text[ENGLISH]
