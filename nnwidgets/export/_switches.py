"""The switches of a lesson: what the reader may choose, and which run stands for each choice."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from nnwidgets._combination import SWEEP, as_text, combination_of
from nnwidgets._errors import OptionError
from nnwidgets._i18n import t
from nnwidgets.export._lesson_run import label_of
from nnwidgets.export._lesson_types import Switch

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: The switch among runs that nothing else tells apart.
_RUN: Final = "run"
#: What follows from other entries of a configuration, so that nobody would switch it.
_FOLLOWS: Final = frozenset({"model", "parameters", SWEEP})
_EXAMPLE: Final = "switches=[{'dropout': 0}, {'dropout': 0.3}]"

#: One dict for each run: the text of each switch's value.
Choices = list[dict[str, str]]


def given_choices(switches: object, count: int) -> Choices:
    """Return what ``switches=`` says of so many runs.

    Raises
    ------
    OptionError
        If it is neither a list with one dict for each run nor a dict of such lists, or if two runs have the same
        switches.
    """
    if isinstance(switches, Mapping):
        switches = _turned(switches, count)
    if isinstance(switches, (str, bytes)) or not isinstance(switches, Sequence):
        raise OptionError(_unfit(type(switches).__name__))
    if len(switches) != count:
        raise OptionError(
            t("switches= has {entries} entries for {count} runs.", entries=len(switches), count=count)
        )
    for entry in switches:
        if not isinstance(entry, Mapping) or not entry:
            raise OptionError(_unfit(repr(entry)[:60]))
        if set(map(str, entry)) != set(map(str, switches[0])):
            one, other = _listed(switches[0]), _listed(entry)
            raise OptionError(
                t("Each run needs all switches: one has {one}, another {other}.", one=one, other=other)
            )
    choices = [{str(name): as_text(value) for name, value in entry.items()} for entry in switches]
    for i, choice in enumerate(choices):
        if choice in choices[:i]:
            said = ", ".join(f"{name} {value}" for name, value in choice.items())
            first, second = choices.index(choice) + 1, i + 1
            raise OptionError(
                t(
                    "Runs {first} and {second} have the same switches: {said}.",
                    first=first,
                    second=second,
                    said=said,
                )
            )
    return choices


def found_choices(runs: Sequence[Run]) -> Choices:
    """Return what tells the runs apart: the sweep that they come from, else their configurations, else their names."""
    if len(runs) < 2:
        return [{} for _ in runs]
    configs = [run.config for run in runs]
    choices = _differing([combination_of(config) for config in configs]) or _differing(configs)
    if len({tuple(choice.items()) for choice in choices or []}) == len(runs):
        return choices
    names = _told_apart([run.name for run in runs])
    if not choices or len(set(map(str, choices))) == 1:
        return [{_RUN: name} for name in names]
    return [{**choice, _RUN: name} for choice, name in zip(choices, names, strict=True)]


def switches_of(choices: Choices) -> list[Switch]:
    """Return the switches, each with its values in the order in which the runs have them."""
    names = list(dict.fromkeys(name for choice in choices for name in choice))
    return [
        {
            "name": name,
            "label": label_of(name),
            "values": list(dict.fromkeys(choice[name] for choice in choices if name in choice)),
        }
        for name in names
    ]


def _differing(entries: Sequence[Mapping[str, Any]]) -> Choices:
    """Return the entries that all have and in which they differ, without those that say the same once more."""
    choices: Choices = [{} for _ in entries]
    known: list[list[int]] = []
    for key in entries[0]:
        if key in _FOLLOWS or not all(key in one for one in entries):
            continue
        values = [as_text(one[key])[:60] for one in entries]
        pattern = [values.index(value) for value in values]
        if len(set(values)) == 1 or pattern in known:
            continue
        known.append(pattern)
        for choice, value in zip(choices, values, strict=True):
            choice[str(key)] = value
    return choices if known else []


def _told_apart(names: list[str]) -> list[str]:
    """Return the names, with a number where one stands more than once."""
    told: list[str] = []
    for name in names:
        numbers = itertools.count(1)
        one = name if names.count(name) == 1 else f"{name} ({next(numbers)})"
        while one in told or (one != name and one in names):
            one = f"{name} ({next(numbers)})"
        told.append(one)
    return told


def _turned(switches: Mapping[Any, Any], count: int) -> list[dict[str, Any]]:
    for name, values in switches.items():
        if isinstance(values, (str, bytes)) or not isinstance(values, Sequence) or len(values) != count:
            raise OptionError(
                t(
                    "switches= needs for {name} a list with one value for each of the {count} runs.",
                    name=repr(str(name)[:40]),
                    count=count,
                )
            )
    return [{str(name): values[i] for name, values in switches.items()} for i in range(count)]


def _listed(entry: Mapping[Any, Any]) -> str:
    return ", ".join(sorted(repr(str(name)[:40]) for name in entry))


def _unfit(what: str) -> str:
    return t("switches= takes one dict for each run, as {example}; not {what}.", example=_EXAMPLE, what=what)
