"""Numbers that still lie on an accelerator.

``loss.item()`` would make the training wait for the device in every step. Instead a copy of the scalar stays on the
device, and every 0.1 s all of them travel to the computer's memory in one asynchronous transfer, begun on the training
thread and on its own stream (another thread's stream would read too early). Nobody waits: the transfer of one round is
picked up in the next. Nothing is touched while a CUDA graph is being captured, because queries and allocations would
break the capture.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from typing import Any

INTERVAL = 0.1


class DeviceValue:
    """One number on its way from a device; ``number`` is None until it has arrived."""

    __slots__ = ("number", "tensor")

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor
        self.number: float | None = None


class DeviceQueue:
    """Collects device values and brings them over in batches.

    `put` and `advance` belong to the training thread; `drain` may be called from any.
    """

    def __init__(self) -> None:
        self._waiting: deque[DeviceValue] = deque()
        self._transfer: _Transfer | None = None
        self._lock = threading.Lock()
        self._next = 0.0

    def put(self, tensor: Any) -> DeviceValue:
        """Copy a scalar tensor on its device, so that later in-place changes do not reach the record."""
        value = DeviceValue(tensor.detach().clone())
        self._waiting.append(value)
        return value

    @property
    def empty(self) -> bool:
        """Whether every value has arrived."""
        return not self._waiting and self._transfer is None

    def advance(self, now: float) -> None:
        """Pick up a transfer that is done and begin the next, at most every 0.1 s; never waits."""
        if now < self._next or _capturing():
            return
        self._next = now + INTERVAL
        with self._lock:
            if self._transfer is not None and self._transfer.done():
                self._transfer.deliver()
                self._transfer = None
            if self._transfer is None:
                self._begin()

    def drain(self) -> None:
        """Wait until every value has arrived: at the end of a run and before a flush that was asked for."""
        with self._lock:
            while not self.empty:
                if self._transfer is None:
                    self._begin()
                assert self._transfer is not None
                self._transfer.deliver()
                self._transfer = None

    def _begin(self) -> None:
        values = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if values:
            self._transfer = _Transfer(values)


class _Transfer:
    """One asynchronous copy of many scalars into host memory."""

    def __init__(self, values: list[DeviceValue]) -> None:
        torch = sys.modules["torch"]
        self._hosts: list[tuple[list[DeviceValue], Any]] = []
        self._events: list[Any] = []
        by_device: dict[Any, list[DeviceValue]] = {}
        for value in values:
            by_device.setdefault(value.tensor.device, []).append(value)
        for device, group in by_device.items():
            stacked = torch.stack([v.tensor.reshape(()).to(torch.float32) for v in group])
            if device.type == "cuda":
                host = torch.empty(stacked.shape, dtype=torch.float32, pin_memory=True)
                host.copy_(stacked, non_blocking=True)
                event = torch.cuda.Event()
                event.record(torch.cuda.current_stream(device))
                self._events.append(event)
            else:  # MPS, XPU and others: no portable events, so the copy is made when it is needed
                host = stacked
            self._hosts.append((group, host))

    def done(self) -> bool:
        return all(event.query() for event in self._events)

    def deliver(self) -> None:
        """Hand out the numbers; waits if they have not arrived."""
        for event in self._events:
            event.synchronize()
        for group, host in self._hosts:
            for value, number in zip(group, host.tolist(), strict=True):
                value.number = number
                value.tensor = None


def _capturing() -> bool:
    torch = sys.modules.get("torch")
    return bool(
        torch is not None
        and torch.cuda.is_available()
        and torch.cuda.is_initialized()
        and torch.cuda.is_current_stream_capturing()
    )
