"""What a person set for all panels of this kernel: how often they are drawn, how curves are looked at, the language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, get_args

from nnwidgets import _i18n
from nnwidgets._errors import OptionError
from nnwidgets._i18n import t
from nnwidgets._view import Axis, View
from nnwidgets._worker import FRAME_INTERVAL, worker

Preferred = Literal["auto", "step", "epoch", "time"]
_RATES: Final = (1, 30)
_SMOOTHEST: Final = 0.99


@dataclass(frozen=True)
class Preferences:
    """The settings in force.

    Attributes
    ----------
    frame_rate
        Frames a second at most, 1 to 30.
    x
        What runs along the axis; ``"auto"`` is the epoch where it is known, else the step.
    log
        Whether y is logarithmic.
    smoothing
        0 (off) to 0.99.
    language
        That of the page, or None where it said nothing; what a person chose in a notebook goes before it.
    """

    frame_rate: float = 1 / FRAME_INTERVAL
    x: Preferred = "auto"
    log: bool = View.log
    smoothing: float = View.smoothing
    language: str | None = None

    def axis(self, *, epochs: bool) -> Axis:
        """Return the axis of a run whose epochs are known, or are not."""
        if self.x == "auto" or self.x == "epoch":  # noqa: PLR1714 — mypy narrows by no other form
            return "epoch" if epochs else "step"
        return self.x


_current = Preferences()
_listeners: list[Callable[[], object]] = []


def current() -> Preferences:
    """Return the settings in force."""
    return _current


def checked(value: object) -> Preferences:
    """Return the settings that a page or a person gave; what they leave out is as by default, the language as it is.

    Raises
    ------
    OptionError
        For anything that is not a setting.
    """
    if not isinstance(value, Mapping):
        raise OptionError(t("Settings are names with values, not {kind}.", kind=type(value).__name__))
    names = [field.name for field in fields(Preferences)]
    for name in value:
        if name not in names:
            raise OptionError(
                t(
                    "There is no setting {name}. There are: {names}.",
                    name=repr(str(name)[:40]),
                    names=", ".join(names),
                )
            )
    return Preferences(
        frame_rate=_number(value, "frame_rate", *_RATES),
        x=_one_of(value),
        log=_flag(value),
        smoothing=_number(value, "smoothing", 0, _SMOOTHEST),
        language=_language(value),
    )


def put(preferences: Preferences) -> None:
    """Have every panel follow the settings, except where a person chose something else for one. Any thread."""
    worker.call_soon(lambda: _put(preferences))


def use_language(code: str | None) -> None:
    """Have every panel speak a language from now on, whatever the page speaks; None leaves it to the page. Any thread.

    Raises
    ------
    ValueError
        If there is no catalogue of it.
    """
    _i18n.use(code)
    _tell()


def listen(call: Callable[[], object]) -> Callable[[], None]:
    """Have ``call`` called on the worker thread after each change; return what ends that."""
    _listeners.append(call)

    def forget() -> None:
        if call in _listeners:
            _listeners.remove(call)

    return forget


def _put(preferences: Preferences) -> None:
    global _current  # noqa: PLW0603 — one person sits before a kernel
    if preferences == _current:
        return
    _current = preferences
    _i18n.hear(preferences.language)
    worker.interval = 1 / preferences.frame_rate
    _tell()


def _tell() -> None:
    for call in tuple(_listeners):
        worker.call_soon(call)  # at once, and one panel that breaks keeps the settings from no other


def _number(value: Mapping[Any, Any], name: str, lo: float, hi: float) -> float:
    number = value.get(name, getattr(Preferences, name))
    fits = isinstance(number, (int, float)) and not isinstance(number, bool) and lo <= number <= hi
    if not fits:  # as for NaN, which is neither more nor less
        raise OptionError(
            t(
                "{name} lies between {lo} and {hi}, unlike {number}.",
                name=name,
                lo=lo,
                hi=hi,
                number=repr(str(number)[:40]),
            )
        )
    return float(number)


def _one_of(value: Mapping[Any, Any]) -> Preferred:
    x = value.get("x", Preferences.x)
    if x not in get_args(Preferred):
        raise OptionError(
            t("x is one of {names}, unlike {x}.", names=", ".join(get_args(Preferred)), x=repr(str(x)[:40]))
        )
    return x  # type: ignore[no-any-return]


def _flag(value: Mapping[Any, Any]) -> bool:
    log = value.get("log", Preferences.log)
    if not isinstance(log, bool):
        raise OptionError(t("log is true or false, unlike {log}.", log=repr(str(log)[:40])))
    return log


def _language(value: Mapping[Any, Any]) -> str | None:
    # A page in plain English says nothing: what another page of this kernel said stays.
    code = value.get("language", _current.language)
    if code is not None and not isinstance(code, str):
        raise OptionError(t("language is a code such as 'uk', unlike {code}.", code=repr(str(code)[:40])))
    return code
