"""How much room words take in a picture, and how they are shortened to it."""

from __future__ import annotations

import unicodedata


def clean(text: str, length: int = 60) -> str:
    """Return text that XML can hold, shortened."""
    text = "".join(c for c in text if c.isprintable())
    return text if len(text) <= length else text[: length - 1] + "…"


def width(words: str, *, size: float = 11.0, bold: bool = False) -> float:
    """Return about how many pixels words take, in a wide one of the fonts that they may be set in."""
    return sum(map(_em, words)) * size * (1.1 if bold else 1.0)


def _em(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.05
    if letter in " ijlI.,:;'|!()[]":
        return 0.35
    if letter in "ftr-/":
        return 0.41
    if letter in "mwMW@%→жмшщюфЖМШЩЮФ":  # some Cyrillic ones
        return 0.95
    return 0.7 if letter.isupper() else 0.63


def fit(words: str, room: float, *, size: float = 11.0, bold: bool = False) -> str:
    """Return words shortened to the room there is."""
    words = clean(words, 400)
    if width(words, size=size, bold=bold) <= room:
        return words
    while words and width(words + "…", size=size, bold=bold) > room:
        words = words[:-1]
    return words.rstrip() + "…"


def wrapped(words: str, room: float, most: int, *, bold: bool = False) -> list[str]:
    """Return words as at most so many lines; what finds no room ends in an ellipsis."""
    lines: list[str] = []
    left = clean(words, 600).split()
    while left and len(lines) < most - 1:
        taken = 1
        while taken < len(left) and width(" ".join(left[: taken + 1]), bold=bold) <= room:
            taken += 1
        lines.append(fit(" ".join(left[:taken]), room, bold=bold))
        left = left[taken:]
    return [*lines, fit(" ".join(left), room, bold=bold)] if left else lines
