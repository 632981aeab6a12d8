"""Gradients of parameters, and how far a step moves them."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import nn

from nnwidgets.frameworks._torch_numbers import measurable, norms, sampled, widened
from nnwidgets.frameworks._torch_reading import Numbers

#: Elements of one parameter that its norm and its update are computed of at most; of larger ones these are estimates.
ELEMENTS: Final = 65_536
#: Elements that are copied of all of them together.
_TOGETHER: Final = 2**23


class Updates:
    """Measures some parameters around one step.

    Parameters
    ----------
    numbers
        Takes what is measured.
    parameters
        Each with the place of its first number.
    """

    def __init__(self, numbers: Numbers, parameters: list[tuple[nn.Parameter, int]]) -> None:
        self._numbers, self._parameters = numbers, parameters
        self._most = max(256, min(ELEMENTS, _TOGETHER // max(1, len(parameters))))
        self._before: list[torch.Tensor] = []

    def gradients(self) -> None:
        """Take the norms of the gradients as they are now; there is none of a gradient that is missing or sparse."""
        found = [(p.grad, place) for p, place in self._parameters if measurable(p.grad)]
        tensors = [gradient.detach() for gradient, _ in found if gradient is not None]
        for norm, (_, place) in zip(norms(tensors), found, strict=True):
            self._numbers.add(place, norm)

    def before(self) -> None:
        """Stand before the step, with the gradients that it is made of."""
        self.gradients()
        self.remember()

    def remember(self) -> None:
        """Copy what the step will change."""
        self._before = [
            widened(some).clone() if some.dtype in (torch.float32, torch.float64) else widened(some)
            for some in self._some()
        ]

    def after(self) -> None:
        """Stand after it: take updates and weights."""
        before, self._before = self._before, []
        after = [widened(some) for some in self._some()]
        pairs = zip(before, after, strict=True) if before else ()
        if any(
            a.shape != b.shape or a.device != b.device for a, b in pairs
        ):  # it was put elsewhere meanwhile
            before = []
        weights = norms(after)
        moved = norms([a - b for a, b in zip(after, before, strict=True)]) if before else []
        for i, (parameter, place) in enumerate(self._parameters):
            scale = math.sqrt(parameter.numel() / after[i].numel())
            self._numbers.add(place + 2, weights[i], scale)
            if moved:
                self._numbers.add(place + 1, moved[i], scale)

    def _some(self) -> list[torch.Tensor]:
        return [sampled(parameter, self._most) for parameter, _ in self._parameters]
