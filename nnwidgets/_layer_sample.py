"""One sample of what happens inside a model, and what its numbers belong to. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from nnwidgets._i18n import t

#: What is known of a layer and of a parameter, in the order in which it stands in `Sample.values`.
OF_MODULES: Final = ("mean", "std", "zeros", "dead")
OF_PARAMETERS: Final = ("grad", "update", "weight")
Statistic = Literal["mean", "std", "zeros", "dead", "grad", "update", "weight"]


@dataclass(frozen=True)
class Layout:
    """What the numbers of a sample belong to: the layers, then the parameters.

    Attributes
    ----------
    modules
        Paths of layers in the model, ``encoder.layers.0.linear1``.
    parameters
        Full names of parameters, ``encoder.layers.0.linear1.weight``.
    """

    modules: tuple[str, ...]
    parameters: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many numbers a sample has."""
        return len(OF_MODULES) * len(self.modules) + len(OF_PARAMETERS) * len(self.parameters)

    @cached_property
    def _places(self) -> tuple[dict[str, int], dict[str, int]]:
        first = len(OF_MODULES) * len(self.modules)
        return (
            {path: i * len(OF_MODULES) for i, path in enumerate(self.modules)},
            {name: first + i * len(OF_PARAMETERS) for i, name in enumerate(self.parameters)},
        )

    def place(self, key: str, statistic: str) -> int | None:
        """Return where a number stands in `Sample.values`, or None for a layer or parameter that is not among them.

        Raises
        ------
        KeyError
            For a statistic that does not exist.
        """
        modules, parameters = self._places
        if statistic in OF_MODULES:
            first, offset = modules.get(key), OF_MODULES.index(statistic)
        elif statistic in OF_PARAMETERS:
            first, offset = parameters.get(key), OF_PARAMETERS.index(statistic)
        else:
            known = ", ".join((*OF_MODULES, *OF_PARAMETERS))
            raise KeyError(
                t(
                    "There is no statistic {statistic}; there are {known}.",
                    statistic=repr(statistic),
                    known=known,
                )
            )
        return None if first is None else first + offset


@dataclass(frozen=True, eq=False)
class Sample:
    """What was measured in one training step.

    Attributes
    ----------
    step
        The training step, counted from 1.
    time
        Seconds since the run began.
    layout
        What the values belong to.
    values
        float32, ``layout.size`` numbers: of each layer the mean and the standard deviation of what comes out, the share
        of exact zeros (0–1) and the share of dead units (0–1: channels or features that are zero for the whole batch,
        known after ReLU and the like); then of each parameter the norm of its gradient as the optimizer sees it, the
        norm of its change by this step, and its own. NaN where nothing was measured; infinity where what was measured
        is not finite.
    """

    step: int
    time: float
    layout: Layout
    values: NDArray[np.float32]

    def value(self, key: str, statistic: str) -> float:
        """Return one number; NaN for a layer or parameter that is not among them."""
        place = self.layout.place(key, statistic)
        return float("nan") if place is None else float(self.values[place])
