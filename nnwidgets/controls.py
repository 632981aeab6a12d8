"""Commands to a running training: what was asked for, what became of it, and the box in which they wait.

Receivers only put commands into the `Mailbox`, from any thread. The training thread takes them out at safe points,
in the gap between two steps, and answers each one once with an `Intervention`.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

from nnwidgets._i18n import as_kept, from_kept

Control = Literal[
    "pause", "resume", "step", "stop", "evaluate", "undo", "look",
    "learning_rate", "dropout", "insert_dropout", "weight_decay", "device", "size", "deepen",
    "snapshot", "restore", "branch",
]  # fmt: skip
Source = Literal["panel", "sidebar", "python"]

#: Commands that may change what the training computes from here on.
CHANGES: Final[frozenset[str]] = frozenset(
    {
        "learning_rate", "dropout", "insert_dropout", "weight_decay", "device", "size", "deepen", "undo",
        "restore", "branch",
    }
)  # fmt: skip
#: What is said of an intervention.
_TEXTS: Final = ("text", "reason", "note")
#: Commands that may wait at once; more are refused, so that a flood cannot hold the training up.
MAX_WAITING: Final = 64


@dataclass(frozen=True, repr=False)
class Intervention:
    """One command with its outcome.

    Attributes
    ----------
    control
        What it was about: ``"dropout"``, ``"pause"`` …
    old, new
        The value before, and the value asked for.
    source
        ``"panel"``, ``"sidebar"`` or ``"python"``.
    applied
        Whether it was done; otherwise nothing was changed.
    text
        What happened, in a few words: ``"dropout 0.2 → 0.5"``.
    reason
        Why it was refused, or None.
    note
        What was kept, what happens next; or None.
    step
        Training steps completed when it was decided.
    epoch
        The epoch coordinate there.
    loss_before, loss_after
        The loss on one and the same training batch, in evaluation mode, before and after; None where the change does
        not touch what the model computes there, or where it could not be measured.
    moment
        Seconds since the run began.
    delay
        Seconds from the request to the outcome.
    script
        Lines of plain Python that do the same, or None.
    facts
        Further figures, for example the number of parameters before and after.
    """

    control: str
    old: Any
    new: Any
    source: str
    applied: bool
    text: str
    reason: str | None = None
    note: str | None = None
    step: int = 0
    epoch: float = 0.0
    loss_before: float | None = None
    loss_after: float | None = None
    moment: float = 0.0
    delay: float = 0.0
    script: tuple[str, ...] | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether the training computes something else since then."""
        return self.applied and self.control in CHANGES

    def __repr__(self) -> str:
        became = "" if self.applied else f", refused: {self.reason}"
        return f"<step {self.step:,}: {self.text}{became}>"

    def as_event(self) -> dict[str, Any]:
        """Return it as it is stored with the run."""
        event = {"kind": "intervention", **dataclasses.asdict(self)}
        texts = {name: getattr(self, name) for name in _TEXTS} | {"changed": self.facts.get("changed")}
        said = {name: made_of for name, text in texts.items() if (made_of := as_kept(text)) is not None}
        return {**event, "said": said} if said else event

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Intervention:
        """Read what `as_event` wrote; entries of a later version are left out."""
        known = {f.name for f in dataclasses.fields(cls)}
        entries = {name: value for name, value in event.items() if name in known}
        if entries.get("script") is not None:
            entries["script"] = tuple(entries["script"])
        said = event.get("said")
        if isinstance(said, Mapping):
            entries |= {
                name: from_kept(entries[name], said.get(name)) for name in _TEXTS if entries.get(name)
            }
            facts = entries.get("facts") or {}
            if facts.get("changed"):
                entries["facts"] = {**facts, "changed": from_kept(facts["changed"], said.get("changed"))}
        return cls(**entries)


class Command:
    """One request. Any thread may wait for its outcome.

    Parameters
    ----------
    control
        What to do.
    value
        What to set; None for those that take nothing.
    source
        Where it came from.
    """

    def __init__(self, control: Control, value: Any = None, source: Source = "python") -> None:
        self.control = control
        self.value = value
        self.source = source
        self.requested = time.monotonic()
        self._outcome: Intervention | None = None
        self._done = threading.Event()
        self._then: list[Callable[[Intervention], object]] = []
        self._lock = threading.Lock()

    @property
    def outcome(self) -> Intervention | None:
        """What became of it, or None while it waits."""
        return self._outcome

    def wait(self, timeout: float | None = None) -> Intervention | None:
        """Wait for the outcome.

        Parameters
        ----------
        timeout
            Seconds at most; None waits as long as it takes. Never wait on the thread that trains.

        Returns
        -------
        Intervention or None
            None if the time is over.
        """
        self._done.wait(timeout)
        return self._outcome

    def then(self, call: Callable[[Intervention], object]) -> None:
        """Have ``call`` called with the outcome, on the thread that decides; at once if it is decided."""
        with self._lock:
            if self._outcome is None:
                self._then.append(call)
                return
        call(self._outcome)

    def settle(self, outcome: Intervention) -> None:
        """Give the outcome; only the first one counts."""
        with self._lock:
            if self._outcome is not None:
                return
            self._outcome = outcome
        self._done.set()
        for call in self._then:
            call(outcome)

    def __repr__(self) -> str:
        if self._outcome is None:
            return f"<{self.control} {self._value()}requested>"
        o = self._outcome
        return f"<{o.text}: applied at step {o.step:,}>" if o.applied else f"<{o.text}: refused, {o.reason}>"

    def _value(self) -> str:
        return "" if self.value is None else f"{self.value!r} "


class Mailbox:
    """Where commands wait for the next safe point. Any thread puts, the training thread takes, in order."""

    def __init__(self) -> None:
        self._waiting: deque[Command] = deque()
        self._arrived = threading.Event()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, command: Command) -> bool:
        """Add a command; return False, without adding it, where too many wait already."""
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                return False
            self._waiting.append(command)
        self._arrived.set()
        return True

    def take(self) -> Command | None:
        """Take the oldest command out."""
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def put_back(self, command: Command) -> None:
        """Have a command wait a little longer, in its old place."""
        self._waiting.appendleft(command)

    def waiting(self) -> list[Command]:
        """Return the commands that wait, the oldest first."""
        with self._lock:
            return list(self._waiting)

    def wait(self, timeout: float) -> None:
        """Sleep until another command arrives, at most ``timeout`` seconds. ■ wakes a main thread at once."""
        self._arrived.wait(timeout)
        self._arrived.clear()


def as_control(name: str) -> Control:
    """Return a control's name as its type."""
    return cast("Control", name)
