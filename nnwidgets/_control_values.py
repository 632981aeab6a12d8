"""Which values a control takes: judged where they are given, before anything is asked of the training."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from nnwidgets._errors import RefusedError
from nnwidgets._i18n import later, now, t
from nnwidgets._snapshot_values import label, stop, which

HIGHEST_RATE: Final = 1e6
FACTORS: Final = (1 / 64, 64.0)
WIDTHS: Final = (1, 65_536)

#: What a branch may change.
REMEDIES: Final = ("dropout", "insert_dropout", "weight_decay", "size", "learning_rate")

_TIMES: Final = re.compile(r"^\s*[x×*]\s*(\S+)\s*$")


def learning_rate(value: Any) -> Any:
    """Return a learning rate, ``"×0.5"`` for a multiple, or a dict of them by parameter group.

    Raises
    ------
    RefusedError
        For anything else.
    """
    if isinstance(value, Mapping):
        return {_group(key): _one_rate(entry) for key, entry in _some(value, later("learning rate")).items()}
    return _one_rate(value)


def dropout(value: Any) -> Any:
    """Return a rate, or a dict of them by layer.

    Raises
    ------
    RefusedError
        Unless 0 ≤ rate < 1.
    """
    if isinstance(value, Mapping):
        return {str(key): _one_dropout(entry) for key, entry in _some(value, later("dropout")).items()}
    return _one_dropout(value)


def size(value: Any) -> Any:
    """Return a factor of the model as it was first watched, or a dict of widths by layer.

    Raises
    ------
    RefusedError
        For anything that is not a factor from 1/64 to 64, or widths from 1 to 65,536.
    """
    if isinstance(value, Mapping):
        return {str(key): _width(str(key), entry) for key, entry in _some(value, later("size")).items()}
    lo, hi = FACTORS
    factor = _number(
        value, t("A size is a factor from 1/64 to 64 (2 is twice as wide), not {value}.", value=repr(value))
    )
    if not lo <= factor <= hi:
        raise RefusedError(
            t("A size is a factor from 1/64 to 64 (2 is twice as wide), not {value}.", value=repr(value))
        )
    return factor


def device(value: Any) -> str:
    """Return the name of a device; whether it is there, the framework knows.

    Raises
    ------
    RefusedError
        For anything but a short text.
    """
    text = str(value) if type(value).__name__ == "device" else value  # torch.device("cpu")
    if not isinstance(text, str) or not text.strip() or len(text) > 100:
        raise RefusedError(
            t("A device is named by a text such as 'cpu' or 'cuda:0', not {value}.", value=repr(value))
        )
    return text.strip()


def weight_decay(value: Any) -> float:
    """Return a weight decay.

    Raises
    ------
    RefusedError
        Unless it is a number from 0 to 1.
    """
    refusal = t("Weight decay is a number from 0 to 1 such as 0.01, not {value}.", value=repr(value))
    decay = _number(value, refusal)
    if not 0 <= decay <= 1:
        raise RefusedError(refusal)
    return decay


def branch(value: Any) -> tuple[int | str, str, Any]:
    """Return a snapshot, and the one control to change with its value.

    Raises
    ------
    RefusedError
        Unless it is a dict of one of `REMEDIES` with its value, and perhaps ``from``.
    """
    known = ", ".join(REMEDIES)
    if not isinstance(value, Mapping):
        raise RefusedError(
            t(
                'A branch takes one change, such as {"dropout": 0.5}: {known}; not {value}.',
                known=known,
                value=repr(value),
            )
        )
    changes = {name: entry for name, entry in value.items() if name != "from"}
    if len(changes) != 1 or not set(changes) <= set(REMEDIES):
        raise RefusedError(
            t(
                "A branch takes exactly one change, so that its effect can be told: {known}; not {given}.",
                known=known,
                given=sorted(map(str, changes)),
            )
        )
    (name, entry), = changes.items()  # fmt: skip
    return which(value.get("from", "best")), name, JUDGES[name](entry)


def layer(value: Any) -> str | None:
    """Return the name of a layer, or None for the default.

    Raises
    ------
    RefusedError
        For anything but a text.
    """
    if value is None or (isinstance(value, str) and 0 < len(value) <= 500):
        return value
    raise RefusedError(t("A layer is named by a text, not {value}.", value=repr(value)))


def insertion(value: Any) -> tuple[float, tuple[str, ...] | None]:
    """Return a dropout rate and the layers after which to insert it, None for all that qualify.

    Raises
    ------
    RefusedError
        Unless it is a rate, or a dict with ``rate`` and ``after``.
    """
    if not isinstance(value, Mapping):
        return _one_dropout(value), None
    after = value.get("after")
    if after is not None:
        if isinstance(after, str) or not all(isinstance(name, str) for name in after):
            raise RefusedError(
                t("Dropout is inserted after a list of layers' names, not {after}.", after=repr(after))
            )
        after = tuple(after)
    return _one_dropout(value.get("rate")), after


def nothing(value: Any) -> None:
    """Refuse a value where none is taken."""
    if value is not None:
        raise RefusedError(t("This takes no value, and {value} was given.", value=repr(value)))


#: The judge of each control's value.
JUDGES: Final[dict[str, Callable[[Any], Any]]] = {
    "pause": nothing,
    "resume": nothing,
    "step": nothing,
    "stop": stop,
    "evaluate": nothing,
    "undo": nothing,
    "look": nothing,
    "learning_rate": learning_rate,
    "dropout": dropout,
    "insert_dropout": insertion,
    "device": device,
    "size": size,
    "deepen": layer,
    "weight_decay": weight_decay,
    "snapshot": label,
    "restore": which,
    "branch": branch,
}


def _one_rate(value: Any) -> float | str:
    if isinstance(value, str):
        times = _TIMES.match(value)
        if times is None:
            raise RefusedError(
                t(
                    "A learning rate is a number such as 1e-3, or a multiple such as '×0.5', not {value}.",
                    value=repr(value),
                )
            )
        try:
            factor = float(times[1])
        except ValueError:
            factor = math.nan
        if not 0 < factor <= HIGHEST_RATE:  # NaN is not, either
            raise RefusedError(
                t(
                    "A multiple of the learning rate is '×' and a number above 0, not {value}.",
                    value=repr(value),
                )
            )
        return f"×{factor!r}"
    rate = _number(
        value,
        t(
            "A learning rate is a number such as 1e-3, or a multiple such as '×0.5', not {value}.",
            value=repr(value),
        ),
    )
    if not 0 <= rate <= HIGHEST_RATE:
        raise RefusedError(t("A learning rate lies between 0 and 1,000,000, not {value}.", value=repr(value)))
    return rate


def _one_dropout(value: Any) -> float:
    rate = _number(
        value, t("A dropout rate is a number from 0 up to, not including, 1, not {value}.", value=repr(value))
    )
    if not 0 <= rate < 1:
        raise RefusedError(
            t("A dropout rate is a number from 0 up to, not including, 1, not {value}.", value=repr(value))
        )
    return rate


def _width(name: str, value: Any) -> int:
    lo, hi = WIDTHS
    try:
        width = operator.index(value) if not isinstance(value, bool) else None
    except TypeError:
        width = None
    if width is None or not lo <= width <= hi:
        raise RefusedError(
            t(
                "The width of {name} is a whole number from {lo} to {hi}, not {value}.",
                name=repr(name),
                lo=lo,
                hi=f"{hi:,}",
                value=repr(value),
            )
        )
    return width


def _group(key: Any) -> int:
    try:
        return int(key)  # JSON knows only text keys
    except (TypeError, ValueError):
        raise RefusedError(
            t("A parameter group is named by its number, from 0, not {key}.", key=repr(key))
        ) from None


def _some(value: Mapping[Any, Any], what: str) -> Mapping[Any, Any]:
    if not 0 < len(value) <= 10_000:
        raise RefusedError(t("A dict for {what} names at least one entry.", what=now(what)))
    return value


def _number(value: Any, otherwise: str) -> float:
    """Return a finite number; a bool or a text is none."""
    if isinstance(value, (bool, str, bytes)) or value is None:
        raise RefusedError(otherwise)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise RefusedError(otherwise) from None
    if not math.isfinite(number):
        raise RefusedError(otherwise)
    return number
