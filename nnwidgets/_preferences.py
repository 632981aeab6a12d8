"""What a person set for all panels of this kernel: how often they are drawn, and how curves are looked at at first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, get_args

from nnwidgets._errors import OptionError
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
    """

    frame_rate: float = 1 / FRAME_INTERVAL
    x: Preferred = "auto"
    log: bool = View.log
    smoothing: float = View.smoothing

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
    """Return the settings that a page or a person gave; what they leave out stays as it is by default.

    Raises
    ------
    OptionError
        For anything that is not a setting.
    """
    if not isinstance(value, Mapping):
        raise OptionError(f"Settings are names with values, not {type(value).__name__}.")
    names = [field.name for field in fields(Preferences)]
    for name in value:
        if name not in names:
            raise OptionError(f"There is no setting {str(name)[:40]!r}. There are: {', '.join(names)}.")
    return Preferences(
        frame_rate=_number(value, "frame_rate", *_RATES),
        x=_one_of(value),
        log=_flag(value),
        smoothing=_number(value, "smoothing", 0, _SMOOTHEST),
    )


def put(preferences: Preferences) -> None:
    """Have every panel follow the settings, except where a person chose something else for one. Any thread."""
    worker.call_soon(lambda: _put(preferences))


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
    worker.interval = 1 / preferences.frame_rate
    for call in tuple(_listeners):
        worker.call_soon(call)  # at once, and one panel that breaks keeps the settings from no other


def _number(value: Mapping[Any, Any], name: str, lo: float, hi: float) -> float:
    number = value.get(name, getattr(Preferences, name))
    fits = isinstance(number, (int, float)) and not isinstance(number, bool) and lo <= number <= hi
    if not fits:  # as for NaN, which is neither more nor less
        raise OptionError(f"{name} lies between {lo} and {hi}, unlike {str(number)[:40]!r}.")
    return float(number)


def _one_of(value: Mapping[Any, Any]) -> Preferred:
    x = value.get("x", Preferences.x)
    if x not in get_args(Preferred):
        raise OptionError(f"x is one of {', '.join(get_args(Preferred))}, unlike {str(x)[:40]!r}.")
    return x  # type: ignore[no-any-return]


def _flag(value: Mapping[Any, Any]) -> bool:
    log = value.get("log", Preferences.log)
    if not isinstance(log, bool):
        raise OptionError(f"log is true or false, unlike {str(log)[:40]!r}.")
    return log
