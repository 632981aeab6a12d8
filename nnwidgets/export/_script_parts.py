"""The fixed parts of a plain script: what stands in it for a run."""

from __future__ import annotations

from typing import Final

PREAMBLE: Final = '''"""The training "{name}" (run {id}), with the changes that were made while it ran.

Plain PyTorch. With the name of a file as argument, the curve is written there as JSON.
"""
'''

HELPERS: Final = '''import copy
import gc
import json
import random
import sys

import torch


class Run:
    """Goes through the loops as the recorded run did, and makes the same changes after the same steps."""

    def __init__(self, model, optimizer=None):
        self.model, self.optimizer = model, optimizer
        self.step, self.stopping = 0, False
        self.curve, self.states = [], []

    def epochs(self, n):
        for epoch in range(n):
            yield epoch
            if self.stopping:
                return

    def train(self, loader):
        self.model.train()
        if self.step == 0 and intervene(self, self.model, self.optimizer, 0):
            return
        for batch in loader:
            self.step += 1
            yield self.on_device(batch)
            if intervene(self, self.model, self.optimizer, self.step):
                return

    def validate(self, loader):
        modes = [(module, module.training) for module in self.model.modules()]
        enabled = torch.is_grad_enabled()
        self.model.eval()
        torch.set_grad_enabled(False)
        self.validating = True
        try:
            for batch in loader:
                yield self.on_device(batch)
        finally:
            self.validating = False
            torch.set_grad_enabled(enabled)
            for module, training in modes:
                module.training = training

    validating = False

    @property
    def steps(self):
        return self.step

    def log(self, **values):
        if not self.validating:
            numbers = {k: v.item() if hasattr(v, "item") else float(v) for k, v in values.items()}
            self.curve.append([self.step, numbers])

    def finish(self, *_):
        pass

    def on_device(self, batch):
        device = next((p.device for p in self.model.parameters()), torch.device("cpu"))
        if isinstance(batch, torch.Tensor):
            return batch.to(device)
        if isinstance(batch, (tuple, list)):
            return type(batch)(self.on_device(part) for part in batch)
        return batch

    def remember(self):
        hooks = {name: dict(module._forward_hooks) for name, module in self.model.named_modules()}
        rates = {name: module.p for name, module in self.model.named_modules() if hasattr(module, "p")}
        state = (self.model.state_dict(), self.optimizer.state_dict() if self.optimizer else None)
        lists = [
            (values, list(values))
            for thing in gc.get_objects()
            if isinstance(thing, torch.optim.lr_scheduler.LRScheduler) and thing.optimizer is self.optimizer
            for values in (thing.__dict__.get("base_lrs"), thing.__dict__.get("max_lrs"))
            if isinstance(values, list)
        ]
        self.states.append((copy.deepcopy(state), hooks, rates, lists, torch.get_rng_state(), random.getstate()))

    def go_back(self):
        (weights, optimizer), hooks, rates, lists, torch_state, python_state = self.states.pop()
        for values, before in lists:
            values[:] = before
        self.model.load_state_dict(weights)
        if optimizer is not None:
            self.optimizer.load_state_dict(optimizer)
        for name, module in self.model.named_modules():
            module._forward_hooks.clear()
            module._forward_hooks.update(hooks[name])
            if name in rates:
                module.p = rates[name]
        torch.set_rng_state(torch_state)
        random.setstate(python_state)


def schedulers(optimizer, name):
    """Return the scheduler of this class that belongs to the optimizer."""
    return next(
        thing
        for thing in gc.get_objects()
        if type(thing).__name__ == name and getattr(thing, "optimizer", None) is optimizer
    )


def move(model, optimizer, device):
    """Move a model and what its optimizer remembers."""
    model.to(device)
    optimizer.load_state_dict(optimizer.state_dict())


def report(run):
    """Write the curve to the file that was named, and say how the training ended."""
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w") as file:
            json.dump(run.curve, file)
    print(f"{run.step} steps, last: {run.curve[-1][1] if run.curve else 'nothing logged'}")

'''
