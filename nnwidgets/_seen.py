"""Requests that were obeyed already: one that arrives by two ways counts once."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

_REMEMBERED: Final = 2_000


class Seen:
    """Remembers the last request numbers. Any thread."""

    def __init__(self) -> None:
        self._numbers: set[int] = set()
        self._order: deque[int] = deque()
        self._lock = threading.Lock()

    def first(self, request: int) -> bool:
        """Tell whether a request is seen for the first time."""
        with self._lock:
            if request in self._numbers:
                return False
            self._numbers.add(request)
            self._order.append(request)
            if len(self._order) > _REMEMBERED:
                self._numbers.discard(self._order.popleft())
            return True
