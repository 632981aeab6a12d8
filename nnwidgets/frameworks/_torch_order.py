"""Whether a loop that only logs does so after its step, or between the forward pass and the step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class StepOrder:
    """Finds the gap between two steps of a loop that only logs, once something waits for one.

    A loop that logs its loss before ``loss.backward()`` must not be changed there: the gradients that follow belong to
    the weights before. Which one it is shows in what comes after a record: a backward pass, or the next forward pass.
    The hooks that see it are there for one step at most, and only while something waits. The training thread.

    Parameters
    ----------
    model, optimizer
        What is trained.
    gap
        Is called after the step of a loop that logs first.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer, gap: Callable[[], None]) -> None:
        self._model, self._optimizer, self._gap = model, optimizer, gap
        self._hooks: list[Any] = []
        self._logs_first: bool | None = None
        self._passed = False

    def stands_in_gap(self) -> bool:
        """Tell, at a record, whether that is a gap; if it is not, or nobody knows, look for the next one."""
        if self._passed:
            self.forget()
        if self._logs_first is None and self._hooks:  # nothing passed since the last record
            self.forget()
            return True
        if self._logs_first is not False and not self._hooks:
            self._hooks = [self._optimizer.register_step_post_hook(self._steps)]
            if self._logs_first is None:
                self._look()
        return self._logs_first is False

    def _look(self) -> None:
        """See which pass comes next."""
        trained = [parameter for parameter in self._model.parameters() if parameter.requires_grad]
        self._hooks.append(self._model.register_forward_pre_hook(self._passes))
        for parameter in trained[:1] + trained[-1:]:
            untyped: Any = parameter
            self._hooks.append(untyped.register_post_accumulate_grad_hook(self._passes_back))

    def forget(self) -> None:
        """Leave model and optimizer alone."""
        for hook in self._hooks:
            hook.remove()
        self._hooks, self._passed = [], False

    def _passes(self, module: nn.Module, _: object) -> None:
        if module.training and self._logs_first is None:
            self._logs_first = False
            self.forget()

    def _passes_back(self, _: torch.Tensor) -> None:
        self._logs_first = True

    def _steps(self, *_: object) -> None:
        if self._passed:
            return
        # The optimizer goes through its hooks now, and would raise if one of them went away.
        own, *others = self._hooks
        for hook in others:
            hook.remove()
        self._hooks, self._logs_first, self._passed = [own], True, True
        self._gap()
