"""What a model offers to be controlled: judged where a value is given, and said where something is not there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nnwidgets._errors import RefusedError
from nnwidgets._i18n import t
from nnwidgets.control_facts import ControlFacts


def judge(control: str, value: Any, facts: ControlFacts) -> None:
    """Refuse what is known not to be there: a device, a layer. Any thread.

    Raises
    ------
    RefusedError
        Naming what there is.
    """
    device, drop = facts["device"], facts["dropout"]
    if control == "device" and device and not {value, f"{value}:0"} & set(device["options"]):
        raise no_device(value, device["options"])
    if control == "dropout" and drop is not None:
        if not drop["layers"]:
            raise no_dropout(drop["offer"])
        if isinstance(value, dict):
            known = [entry["name"] for entry in drop["layers"]]
            for name in value:
                if name not in known:
                    raise no_layer(name, known)


def no_device(name: object, known: Iterable[str]) -> RefusedError:
    """Return the refusal of a device."""
    return RefusedError(
        t("There is no device {name} here. There is: {names}.", name=repr(name), names=", ".join(known))
    )


def no_layer(name: object, known: Iterable[str]) -> RefusedError:
    """Return the refusal of a dropout layer."""
    return RefusedError(
        t("There is no dropout layer {name}. There is: {names}.", name=repr(name), names=", ".join(known))
    )


def no_activation(name: object, known: Iterable[str]) -> RefusedError:
    """Return the refusal of an activation after which dropout should be inserted."""
    return RefusedError(
        t(
            "There is no activation {name}. There is: {names}.",
            name=repr(name),
            names=", ".join(known) or t("none"),
        )
    )


def has_dropout(names: Iterable[str]) -> RefusedError:
    """Return the refusal to insert dropout where there is some."""
    return RefusedError(t("There is dropout already: {names}. Set its rate.", names=", ".join(names)))


def no_dropout(offer: list[str]) -> RefusedError:
    """Return the refusal for a model without dropout layers, which says after what some could be inserted."""
    if not offer:
        return RefusedError(
            t("This model has no dropout layers, and no named activations after which one could be inserted.")
        )
    return RefusedError(
        t(
            "This model has no dropout layers. run.controls.insert_dropout(0.3) inserts dropout after its activations: "
            "{names}.",
            names=", ".join(offer[:8]) + (" …" if len(offer) > 8 else ""),
        )
    )
