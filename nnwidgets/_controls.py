"""`run.controls`: the same sliders and switches as in the panel, as Python attributes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from nnwidgets._i18n import t
from nnwidgets.controls import Command

if TYPE_CHECKING:
    from nnwidgets._steering import Steering


class Controls:
    """What can be changed while a training runs. Settable from any thread.

    Reading gives the value in force; setting asks for another one, which is applied in the gap before the next
    training step. What became of it stands in ``run.interventions`` and in the panel.

    Raises
    ------
    ValueError
        When set to a value that can be judged at once: out of range, not a number, a device that is not there.
    AttributeError
        For a control that does not exist.
    """

    _steering: Steering

    def __init__(self, steering: Steering) -> None:
        object.__setattr__(self, "_steering", steering)

    @property
    def learning_rate(self) -> float | None:
        """The learning rate of the first parameter group; None where there is no optimizer.

        Takes a number (for every group), a text such as ``"×0.5"`` (each group's own rate times that), or a dict of
        either by the number of the group. A scheduler goes on from there, scaled by the same factor.
        """
        return cast("float | None", self._value("learning_rate"))

    @learning_rate.setter
    def learning_rate(self, value: float | str | Mapping[int, float | str]) -> None:
        self._steering.post("learning_rate", value)

    @property
    def dropout(self) -> float | None:
        """The dropout rate, 0 to less than 1; None where layers differ or there are none.

        Takes a rate for all dropout layers, or a dict of rates by layer.
        """
        return cast("float | None", self._value("dropout"))

    @dropout.setter
    def dropout(self, value: float | Mapping[str, float]) -> None:
        self._steering.post("dropout", value)

    @property
    def device(self) -> str | None:
        """Where the model is: ``"cpu"``, ``"cuda:0"`` … Setting it moves weights, buffers and optimizer state."""
        return cast("str | None", self._value("device"))

    @device.setter
    def device(self, value: str) -> None:
        self._steering.post("device", value)

    @property
    def size(self) -> float | None:
        """A factor of the model as it was first watched: 2.0 is twice as wide; None where no one factor fits.

        Takes a factor from 1/64 to 64, or a dict of widths (units, channels) by layer.
        """
        return cast("float | None", self._value("size"))

    @size.setter
    def size(self, value: float | Mapping[str, int]) -> None:
        self._steering.post("size", value)

    @property
    def paused(self) -> bool:
        """Whether the training stands still between two steps."""
        return self._steering.paused

    @paused.setter
    def paused(self, value: bool) -> None:
        self._steering.post("pause" if value else "resume")

    @property
    def layers(self) -> dict[str, dict[str, float]]:
        """What there is layer by layer: ``{"dropout": {"drop1": 0.2}, "size": {"fc1": 64}}``.

        While a training runs, its structure is looked at in the gap before the next step; until then this holds what
        was known before.
        """
        size = self._steering.facts["size"]
        if size is not None and not size["looked"]:
            self._steering.post("look")
        facts = self._steering.facts
        drop, size = facts["dropout"], facts["size"]
        return {
            "dropout": {entry["name"]: entry["rate"] for entry in drop["layers"]} if drop else {},
            "size": {entry["name"]: entry["width"] for entry in size["layers"]} if size else {},
        }

    @property
    def devices(self) -> list[str]:
        """The devices that are really there."""
        device = self._steering.facts["device"]
        return list(device["options"]) if device else []

    @property
    def requested(self) -> dict[str, Any]:
        """What was asked for and waits for the next safe point, by control."""
        return {command.control: command.value for command in self._steering.mailbox.waiting()}

    def insert_dropout(self, rate: float, after: Iterable[str] | None = None) -> Command:
        """Insert dropout after activations of a model that has no dropout layers.

        Parameters
        ----------
        rate
            0 to less than 1.
        after
            Names of activation layers; None for all that qualify.
        """
        return self._steering.post(
            "insert_dropout", {"rate": rate, "after": None if after is None else list(after)}
        )

    def deepen(self, after: str | None = None) -> Command:
        """Insert one more layer, an identity at first.

        Parameters
        ----------
        after
            The name of an activation layer; None for the last that qualifies.
        """
        return self._steering.post("deepen", after)

    def __setattr__(self, name: str, value: Any) -> None:
        if not isinstance(getattr(type(self), name, None), property):
            names = [key for key, entry in vars(type(self)).items() if isinstance(entry, property)]
            near = difflib.get_close_matches(name, names, 1)
            raise AttributeError(
                t("There is no control {name}.", name=repr(name))
                + (
                    t(" Did you mean {near}?", near=repr(near[0]))
                    if near
                    else t(" There is: {names}.", names=names)
                )
            )
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        names = ("learning_rate", "dropout", "device", "size", "paused")
        return f"<Controls {', '.join(f'{name}={getattr(self, name)!r}' for name in names)}>"

    def _value(self, control: str) -> Any:
        self._steering.refresh_if_idle()
        facts: Any = self._steering.facts[control]  # type: ignore[literal-required]
        return facts["value"] if facts else None
