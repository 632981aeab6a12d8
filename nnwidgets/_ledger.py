"""Every command with its outcome, and the words for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from nnwidgets._i18n import later, now, t
from nnwidgets.controls import Command, Intervention

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Interventions kept at most; later ones are only answered.
_MOST: Final = 10_000

#: What each control is called where something is asked of it.
WORDS: Final = {
    "learning_rate": later("learning rate"),
    "dropout": later("dropout"),
    "insert_dropout": later("dropout inserted"),
    "weight_decay": later("weight decay"),
    "device": later("device"),
    "size": later("size"),
    "deepen": later("one more layer"),
    "evaluate": later("evaluate now"),
    "pause": later("pause"),
    "resume": later("resume"),
    "step": later("step"),
    "stop": later("stop"),
    "undo": later("undo"),
    "look": later("look"),
    "snapshot": later("snapshot"),
    "restore": later("go back to snapshot"),
    "branch": later("branch"),
}
#: A control, and what it is to be.
ASKED: Final = later("{control} {value}")
_IN_BRANCH: Final = {**WORDS, "insert_dropout": later("insert dropout")}


class Ledger:
    """The interventions of one run, the oldest first. Written by the thread that decides, read by any.

    Attributes
    ----------
    entries
        All of them.
    last
        The last one about each control.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.entries: list[Intervention] = []
        self.last: dict[str, Intervention] = {}

    def decide(
        self, command: Command, *, old: Any, new: Any, text: str, applied: bool = True, **more: Any
    ) -> None:
        """Answer a command, and note what became of it.

        Parameters
        ----------
        command
            The command.
        old, new, text, applied, **more
            See `Intervention`.
        """
        run = self._run
        position = run._position
        outcome = Intervention(
            control=command.control,
            old=old,
            new=new,
            source=command.source,
            applied=applied,
            text=text,
            step=position.step,
            epoch=position.coordinate,
            moment=run.elapsed,
            delay=time.monotonic() - command.requested,
            **more,
        )
        if command.control != "look":
            if len(self.entries) < _MOST:
                self.entries.append(outcome)
            self.last[command.control] = outcome
        command.settle(outcome)
        run._keeper.touch()


def asked(command: Command) -> str:
    """Return what a command asks for, in a few words."""
    words, value = now(WORDS[command.control]), command.value
    if value is None:
        return words
    if isinstance(value, dict):
        given = ", ".join(f"{key}: {_short(entry)}" for key, entry in list(value.items())[:3])
    elif command.control == "branch" and isinstance(value, tuple):  # else it was refused, whatever it is
        which, control, entry = value
        changed = now(ASKED, control=now(_IN_BRANCH[control]), value=_short(entry))
        return t("branch from {snapshot} with {change}", snapshot=which, change=changed)
    elif isinstance(value, tuple):  # an insertion
        given = _short(value[0])
    else:
        given = _short(value) + ("×" if command.control == "size" else "")
    return now(ASKED, control=words, value=given)


def plain(value: Any) -> Any:
    """Return a value that nobody has judged as something that can be kept."""
    return value if isinstance(value, (int, float, type(None))) else str(value)[:100]


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)[:60]
