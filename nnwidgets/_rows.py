"""What the training thread appended, taken out by the worker once its numbers have arrived."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from nnwidgets._device_values import DeviceValue
from nnwidgets._intake import Anchor, Row
from nnwidgets._points import Points

if TYPE_CHECKING:
    from nnwidgets.run import Run

#: Seconds of silence after which numbers still on a device are fetched from here.
_SILENCE: Final = 2.0

Columns = dict[str, tuple[list[int], list[float], list[float]]]


class Rows:
    """Takes the rows of one run, in the order in which they were appended. The worker thread."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._stuck_since: float | None = None

    def take(self) -> tuple[dict[str, Points], list[Anchor]]:
        """Take every row that is there now and whose numbers have arrived, grouped by series."""
        queue = self._run._intake.queue
        columns: Columns = {}
        anchors: list[Anchor] = []
        # A loop that does nothing but log appends as fast as this takes: waiting for an empty queue would never end.
        for _ in range(len(queue)):
            entry = queue[0]
            if len(entry) == 2:
                anchors.append(entry)
            elif not self._spread(entry, columns):
                self._unstick()
                break
            queue.popleft()
        return {name: Points.of(*column) for name, column in columns.items()}, anchors

    def _spread(self, row: Row, columns: Columns) -> bool:
        step, moment, values = row
        for value in values.values():
            if type(value) is DeviceValue and value.number is None:
                return False
        for name, value in values.items():
            column = columns.get(name)
            if column is None:
                column = columns[name] = ([], [], [])
            column[0].append(step)
            column[1].append(moment)
            column[2].append(value.number if type(value) is DeviceValue else value)  # type: ignore[arg-type]
        self._stuck_since = None
        return True

    def _unstick(self) -> None:
        """Fetch numbers from their device when the training thread has fallen silent and does not do it."""
        clock = time.monotonic()
        if self._stuck_since is None:
            self._stuck_since = clock
        elif clock - self._stuck_since > _SILENCE:
            self._stuck_since = None
            self._run._intake.device.drain()
