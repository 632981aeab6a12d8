"""What the worker takes from a training that goes on meanwhile."""

from __future__ import annotations

from collections import deque
from types import SimpleNamespace
from typing import Any, cast

from nnwidgets._rows import Rows


class Fed(deque[Any]):
    """A queue that is filled as fast as it is emptied."""

    def popleft(self) -> Any:
        self.append(self[-1])
        return super().popleft()


def test_a_loop_that_logs_as_fast_as_rows_are_taken_does_not_hold_the_worker() -> None:
    queue = Fed([(step, float(step), {"train/loss": 1.0}) for step in (1, 2, 3)])
    run = SimpleNamespace(_intake=SimpleNamespace(queue=queue))
    batch, anchors = Rows(cast("Any", run)).take()
    assert batch["train/loss"].step.tolist() == [1, 2, 3]
    assert anchors == []
    assert len(queue) == 3
