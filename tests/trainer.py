"""A training in a thread of its own, which the test steers from outside."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from nnwidgets.controls import Command, Intervention

PATIENCE = 30


class Trainer:
    """Runs a function beside the test; `steps` counts how often it called `step`.

    Use it in a ``with`` statement, which waits for the function's end and raises what it raised.
    """

    def __init__(self, work: Callable[[Trainer], Any]) -> None:
        self.steps = 0
        self._error: BaseException | None = None
        self._moved = threading.Condition()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)

    def step(self) -> None:
        """Say that one more step was made."""
        with self._moved:
            self.steps += 1
            self._moved.notify_all()

    def wait_for(self, more: int) -> None:
        """Wait for some further steps."""
        with self._moved:
            target = self.steps + more
            assert self._moved.wait_for(lambda: self.steps >= target, PATIENCE), "the training stands still"

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def __enter__(self) -> Trainer:
        self._thread.start()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._thread.join(PATIENCE)
        if error is None:
            assert not self._thread.is_alive(), "the training does not end"
            if self._error is not None:
                raise self._error

    def _run(self, work: Callable[[Trainer], Any]) -> None:
        try:
            work(self)
        except BaseException as error:  # noqa: BLE001 — the test raises it
            self._error = error


def outcome(command: Command) -> Intervention:
    """Return what became of a command."""
    result = command.wait(PATIENCE)
    assert result is not None, f"{command!r} is not answered"
    return result
