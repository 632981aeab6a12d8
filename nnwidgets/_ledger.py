"""Every command with its outcome, and the words for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from nnwidgets.controls import Command, Intervention

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Interventions kept at most; later ones are only answered.
_MOST: Final = 10_000

_WORDS: Final = {
    "learning_rate": "learning rate",
    "insert_dropout": "dropout inserted",
    "deepen": "one more layer",
    "evaluate": "evaluate now",
    "weight_decay": "weight decay",
    "restore": "go back to snapshot",
}


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
    words = _WORDS.get(command.control, command.control)
    value = command.value
    if value is None:
        return words
    if isinstance(value, dict):
        return f"{words} " + ", ".join(f"{key}: {_short(entry)}" for key, entry in list(value.items())[:3])
    if command.control == "branch":
        return f"branch from {value[0]} with {value[1].replace('_', ' ')} {_short(value[2])}"
    if isinstance(value, tuple):  # an insertion
        return f"{words} {_short(value[0])}"
    return f"{words} {_short(value)}" + ("×" if command.control == "size" else "")


def plain(value: Any) -> Any:
    """Return a value that nobody has judged as something that can be kept."""
    return value if isinstance(value, (int, float, type(None))) else str(value)[:100]


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)[:60]
