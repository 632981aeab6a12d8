"""The numbers of one sample: collected where they were computed, brought to the computer's memory in one go."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from nnwidgets._layer_sample import OF_MODULES, Layout

_VARIANCE: Final = OF_MODULES.index("std")


class Numbers:
    """Scalars on any device, each with its place in the sample. The training thread.

    What is added several times is averaged.
    """

    def __init__(self) -> None:
        self._of: dict[
            tuple[torch.device, torch.dtype], tuple[list[torch.Tensor], list[int], list[float]]
        ] = {}

    def add(self, place: int, number: torch.Tensor, scale: float = 1.0) -> None:
        """Take a tensor of one number; ``scale`` is what it is multiplied with in the end."""
        tensors, places, scales = self._of.setdefault((number.device, number.dtype), ([], [], []))
        tensors.append(number)
        places.append(place)
        scales.append(scale)

    def reading(self, layout: Layout) -> Reading | None:
        """Begin to bring all of them over; None if there are none."""
        if not self._of:
            return None
        groups = [(torch.stack(tensors), places, scales) for tensors, places, scales in self._of.values()]
        return Reading(layout, groups)


class Reading:
    """The numbers of one sample on their way; see `nnwidgets._sampling.Measured`."""

    def __init__(self, layout: Layout, groups: list[tuple[torch.Tensor, list[int], list[float]]]) -> None:
        self.layout = layout
        self._groups: list[tuple[torch.Tensor, list[int], list[float]]] = []
        self._events: list[Any] = []
        for stacked, places, scales in groups:
            host = stacked
            if stacked.is_cuda:
                host = torch.empty(stacked.shape, dtype=stacked.dtype, pin_memory=True)
                host.copy_(stacked, non_blocking=True)
                event: Any = torch.cuda.Event  # it has no types
                event = event()
                event.record(torch.cuda.current_stream(stacked.device))
                self._events.append(event)
            # On other devices there are no portable events: the copy is made when it is needed.
            self._groups.append((host, places, scales))

    def arrived(self) -> bool:
        return not self._events or (not capturing() and all(event.query() for event in self._events))

    def values(self) -> NDArray[np.float32]:
        for event in self._events:
            event.synchronize()
        size = self.layout.size
        total, count = np.zeros(size), np.zeros(size)
        for host, places, scales in self._groups:
            numbers = host.cpu().numpy().astype(np.float64) * scales
            np.add.at(total, places, numbers)
            np.add.at(count, places, 1)
        with np.errstate(all="ignore"):
            values = total / count
            variances = slice(_VARIANCE, len(OF_MODULES) * len(self.layout.modules), len(OF_MODULES))
            values[variances] = np.sqrt(np.maximum(values[variances], 0.0))
        # NaN is the word for what was not measured.
        values[(count > 0) & np.isnan(values)] = np.inf
        with np.errstate(over="ignore"):
            return values.astype(np.float32)


def capturing() -> bool:
    """Whether a CUDA graph is being captured, into which nothing of ours must get."""
    cuda: Any = torch.cuda  # not all of it has types
    return bool(cuda.is_available() and cuda.is_initialized() and cuda.is_current_stream_capturing())
