"""A network written by hand: its loop reads from ``run.controls`` what the person may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from nnwidgets import _control_values
from nnwidgets._changes import Change
from nnwidgets._errors import OptionError, RefusedError
from nnwidgets._framework import Framework, WayBack
from nnwidgets._i18n import t
from nnwidgets._wording import listed
from nnwidgets.control_facts import ControlFacts

_KNOWN: Final = ("learning_rate", "dropout")


class DeclaredFramework(Framework):
    """The adapter for a hand-written loop that names its controls.

    Parameters
    ----------
    values
        ``learning_rate``, ``dropout`` or both, with the values to begin with.

    Raises
    ------
    OptionError
        For another name.
    RefusedError
        For a value that such a control cannot have.
    """

    def __init__(self, values: Mapping[str, float]) -> None:
        for name in values:
            if name not in _KNOWN:
                raise OptionError(
                    t(
                        "nnw.Run(controls=…) takes {known}, not {name}: what else a loop written by "
                        "hand computes, only that loop can change.",
                        known=listed(_KNOWN),
                        name=repr(name),
                    )
                )
        self._values = {name: _control_values.JUDGES[name](value) for name, value in values.items()}

    def learning_rate(self) -> float | None:
        return self._values.get("learning_rate")

    def controls(self) -> ControlFacts:
        facts = super().controls()
        rate, drop = self._values.get("learning_rate"), self._values.get("dropout")
        if rate is not None:
            facts["learning_rate"] = {
                "value": rate,
                "groups": [{"name": t("group {i}", i=0), "value": rate}],
                "note": None,
            }
        if drop is not None:
            facts["dropout"] = {"value": drop, "layers": [{"name": "dropout", "rate": drop}], "offer": []}
        return facts

    def change(self, control: str, value: Any) -> Change:
        if control not in self._values:
            return super().change(control, value)
        old = self._values[control]
        new = next(iter(value.values())) if isinstance(value, dict) else value
        if isinstance(new, str):
            new = old * float(new[1:])
        if control == "learning_rate" and not 0 <= new <= _control_values.HIGHEST_RATE:
            raise RefusedError(
                t("The learning rate would be {new}; it lies between 0 and 1,000,000.", new=f"{new:g}")
            )
        self._values[control] = new
        was, now = f"{old:g}", f"{new:g}"
        if control == "learning_rate":
            return Change(old, new, t("learning rate {old} → {new}", old=was, new=now))
        return Change(old, new, t("dropout {old} → {new}", old=was, new=now))

    def snapshot(self, *, on_host: bool = False) -> WayBack:
        before = dict(self._values)
        return WayBack(lambda: self._values.update(before), 0)
