"""What is measured of a PyTorch model in training: right numbers, and a training that knows nothing of it."""

from __future__ import annotations

import copy
import io
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.modules import module as module_hooks

import nnwidgets as nnw
from nnwidgets._layer_history import LayerHistory
from nnwidgets._sampling_plan import Plan
from nnwidgets.frameworks import _torch_sampler
from nnwidgets.frameworks._torch_sampler import TorchSampler
from nnwidgets.run import Run

Batch = tuple[torch.Tensor, torch.Tensor]


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert not module_hooks._global_forward_hooks


def batches(count: int = 6, size: int = 32) -> list[Batch]:
    generator = torch.Generator().manual_seed(3)
    return [
        (torch.randn(size, 1, 8, 8, generator=generator), torch.randint(0, 10, (size,), generator=generator))
        for _ in range(count)
    ]


def network() -> nn.Module:
    torch.manual_seed(5)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3),
        nn.BatchNorm2d(8),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(288, 10),
    )


def watched(model: nn.Module, optimizer: Any = None, *, every_step: bool = True, **options: Any) -> Run:
    run = nnw.watch(model, optimizer, store=False, show=False, **options)
    run._sampling.plan = Plan(every_step=every_step)
    run._sampling.open()
    return run


def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Batch) -> torch.Tensor:
    loss = nn.functional.cross_entropy(model(batch[0]), batch[1])
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    optimizer.step()
    return loss


def trained(
    watch: bool, loop: str = "train", **options: Any
) -> tuple[list[float], nn.Module, LayerHistory | None]:
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses: list[float] = []
    run = watched(model, optimizer, **options) if watch else None
    model.train()
    for batch in run.train(batches()) if run is not None and loop == "train" else batches():
        loss = step(model, optimizer, batch)
        losses.append(loss.item())
        if run is not None:
            run.log(loss=loss)
    if run is not None:
        run.finish()
        assert run.notices == []
    assert not optimizer._optimizer_step_pre_hooks
    assert not optimizer._optimizer_step_post_hooks
    return losses, model, None if run is None else run.history.layers


@pytest.mark.parametrize("loop", ["train", "log only"])
def test_a_training_that_is_sampled_in_every_step_is_bit_equal(loop: str) -> None:
    losses, model, _ = trained(watch=False)
    random = torch.get_rng_state()
    sampled_losses, sampled_model, layers = trained(watch=True, loop=loop)
    assert layers is not None
    assert len(layers) >= 5
    assert losses == sampled_losses
    assert torch.equal(torch.get_rng_state(), random)
    states = zip(model.state_dict().items(), sampled_model.state_dict().items(), strict=True)
    assert all(a[0] == b[0] and torch.equal(a[1], b[1]) for a, b in states)


def test_each_layer_and_each_parameter_is_measured() -> None:
    layers = trained(watch=True)[2]
    assert layers is not None
    assert layers.steps.tolist() == [1, 2, 3, 4, 5, 6]
    assert layers.layout is not None
    assert layers.layout.modules == ("0", "1", "2", "3", "4", "5")
    assert layers.layout.parameters == ("0.weight", "0.bias", "1.weight", "1.bias", "5.weight", "5.bias")
    for name in layers.layout.parameters:
        assert all(layers.series(name, statistic)[0].size == 6 for statistic in ("grad", "update", "weight"))
    assert layers.series("2", "dead")[0].size == 6
    assert layers.series("0", "dead")[0].size == 0


def test_the_numbers_are_those_of_the_training() -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    run = watched(model, optimizer)
    seen: dict[str, torch.Tensor] = {}
    for i in (1, 2, 5):
        # The ReLU works in place: what the norm gave is gone when the step is over.
        model[i].register_forward_hook(lambda m, a, out, i=i: seen.__setitem__(str(i), out.detach().clone()))
    for batch in run.train(batches(1)):
        before = [p.detach().clone() for p in model.parameters()]
        step(model, optimizer, batch)
    run.finish()
    sample = run.history.layers.at()
    assert sample is not None
    for i in ("2", "5"):
        assert sample.value(i, "mean") == pytest.approx(seen[i].mean().item(), rel=0.05, abs=0.02)
        assert sample.value(i, "std") == pytest.approx(seen[i].std(correction=0).item(), rel=0.1)
        assert sample.value(i, "zeros") == pytest.approx((seen[i] == 0).float().mean().item(), abs=0.03)
    assert sample.value("1", "zeros") == 0.0
    assert abs(sample.value("1", "mean")) < 0.05
    total = 0.0
    for (name, parameter), old in zip(model.named_parameters(), before, strict=True):
        assert parameter.grad is not None
        grad = parameter.grad.norm().item()
        assert sample.value(name, "grad") == pytest.approx(grad, rel=1e-5)
        assert sample.value(name, "update") == pytest.approx((parameter - old).norm().item(), rel=1e-4)
        assert sample.value(name, "weight") == pytest.approx(parameter.norm().item(), rel=1e-5)
        total += grad**2
    assert math.sqrt(total) <= 0.5001  # as the optimizer sees them: clipped


def test_large_parameters_are_estimated() -> None:
    model = nn.Linear(1_000, 1_000)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    run = watched(model, optimizer)
    for batch in run.train([torch.randn(16, 1_000)]):
        before = model.weight.detach().clone()
        model(batch).square().mean().backward()
        optimizer.step()
    run.finish()
    sample = run.history.layers.at()
    assert sample is not None
    assert sample.value("weight", "update") == pytest.approx((model.weight - before).norm().item(), rel=0.05)
    assert sample.value("weight", "weight") == pytest.approx(model.weight.norm().item(), rel=0.02)


def test_dead_units_are_counted_over_the_batch() -> None:
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 16), nn.ReLU(), nn.Linear(16, 10)
    )
    with torch.no_grad():
        model[0].bias[:6] = -100.0
        model[3].bias[:4] = -100.0
    run = watched(model)
    for x, y in run.train(batches(1)):
        nn.functional.cross_entropy(model(x), y).backward()
    run.finish()
    sample = run.history.layers.at()
    assert sample is not None
    assert sample.value("1", "dead") == pytest.approx(0.75)
    assert 0.25 <= sample.value("4", "dead") < 0.6
    assert math.isnan(sample.value("3", "dead"))


def test_a_batch_of_few_samples_says_nothing_of_dead_units() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    run = watched(model)
    for batch in run.train([torch.randn(8, 4)]):
        model(batch).mean().backward()
    run.finish()
    assert run.history.layers.series("1", "dead")[0].size == 0


def test_without_an_optimizer_gradients_are_read_when_the_step_is_over() -> None:
    model = nn.Linear(4, 1)
    run = watched(model)
    for batch in run.train([torch.randn(16, 4)]):
        model(batch).mean().backward()
        with torch.no_grad():
            for parameter in model.parameters():
                assert parameter.grad is not None
                parameter.add_(parameter.grad, alpha=-0.5)
    run.finish()
    sample = run.history.layers.at()
    assert sample is not None
    assert sample.value("bias", "grad") == 1.0
    assert sample.value("bias", "update") == pytest.approx(0.5)


def test_a_step_without_the_optimizers_has_no_update() -> None:
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    run = watched(model, optimizer)
    for i, batch in enumerate(run.train([torch.randn(16, 4)] * 4)):
        model(batch).mean().backward()
        if i % 2:
            optimizer.step()
            optimizer.zero_grad()
    run.finish()
    assert run.history.layers.series("weight", "update")[0].tolist() == [2, 4]
    assert run.history.layers.series("weight", "grad")[0].tolist() == [2, 4]
    assert run.history.layers.series("", "mean")[0].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("first", [True, False])
def test_a_loop_that_only_logs_is_sampled_from_record_to_record(first: bool) -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    run = watched(model, optimizer)
    for x, y in batches(5):
        loss = nn.functional.cross_entropy(model(x), y)
        if first:
            run.log(loss=loss)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if not first:
            run.log(loss=loss)
    run.finish()
    layers = run.history.layers
    assert layers.steps.tolist() == [2, 3, 4, 5]
    assert layers.series("5", "mean")[0].size == 4
    assert layers.series("5.weight", "update")[0].size == 4
    assert run.notices == []


def test_a_validation_within_a_step_is_not_measured() -> None:
    model = nn.Linear(1, 1)
    run = watched(model)
    for batch in run.train([torch.ones(16, 1)]):
        for _ in run.validate([torch.full((4, 1), 1e6)] * 3):
            model(torch.full((4, 1), 1e6))
        model(batch).mean().backward()
    run.finish()
    assert abs(run.history.layers.series("", "mean")[1][0]) < 10


def test_a_module_that_is_called_several_times_is_averaged() -> None:
    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(1.0)
    run = watched(model)
    for _ in run.train([0]):
        (model(torch.ones(4, 1)) + model(torch.full((4, 1), 3.0))).mean().backward()
        for _ in range(1_000):
            model(torch.full((4, 1), 2.0))
    run.finish()
    assert run.history.layers.series("", "mean")[1].tolist() == [2.0]


class Odd(nn.Module):
    """Modules and parameters of every kind that cannot be measured, or not simply."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, 4, sparse=True)
        self.rnn = nn.LSTM(4, 4, batch_first=True)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.small = nn.Linear(4, 4).to(torch.bfloat16)
        self.norm = nn.utils.parametrizations.weight_norm(nn.Linear(4, 4))
        self.lazy = nn.LazyLinear(3)
        self.complex = nn.Parameter(torch.ones(2, dtype=torch.complex64))
        self.nowhere = nn.Linear(3, 3, device="meta")
        self.empty = nn.Parameter(torch.empty(0))
        self.frozen = nn.Linear(4, 4).requires_grad_(False)
        self.unused = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.rnn(self.embedding(x))[0]
        hidden = self.attention(hidden, hidden, hidden)[0]
        hidden = self.small(hidden.to(torch.bfloat16)).float().transpose(0, 1)
        return self.lazy(self.frozen(self.norm(hidden))) * self.complex.abs().sum()


def test_what_cannot_be_measured_is_left_out() -> None:
    model = Odd()
    model.lazy(torch.zeros(1, 4))
    plain = [p for name, p in model.named_parameters() if "embedding" not in name and "nowhere" not in name]
    optimizer = torch.optim.SGD(plain, 0.1)
    run = watched(model, optimizer)
    for batch in run.train([torch.randint(0, 10, (6, 5))] * 3):
        optimizer.zero_grad()
        model(batch).sum().backward()
        optimizer.step()
    run.finish()
    assert run.notices == []
    layers = run.history.layers
    assert layers.layout is not None
    assert {"embedding", "rnn", "attention", "small", "norm", "lazy"} <= set(layers.layout.modules)
    assert not {"complex", "nowhere.weight", "empty"} & set(layers.layout.parameters)
    for path in ("embedding", "rnn", "attention", "small", "norm", "lazy"):
        assert layers.series(path, "std")[0].size == 3, path
    assert layers.series("unused", "std")[0].size == 0
    assert layers.series("embedding.weight", "grad")[0].size == 0
    assert layers.series("small.weight", "grad")[0].size == 3
    assert layers.series("frozen.weight", "grad")[0].size == 0
    assert layers.series("frozen.weight", "weight")[0].size == 3


def test_numbers_that_are_not_finite_are_infinite() -> None:
    model = nn.Linear(2, 1)
    run = watched(model)
    for batch in run.train([torch.full((16, 2), math.nan)]):
        model(batch).mean().backward()
    run.finish()
    sample = run.history.layers.at()
    assert sample is not None
    assert sample.value("", "mean") == math.inf
    assert sample.value("weight", "grad") == math.inf


def test_a_layout_follows_the_model() -> None:
    model = nn.Sequential(nn.Linear(4, 4))
    run = watched(model)
    for i, batch in enumerate(run.train([torch.randn(16, 4)] * 4)):
        model(batch).mean().backward()
        if i == 1:
            model.append(nn.Linear(4, 2))
    run.finish()
    layouts = [len(sample.layout.modules) for sample in run.history.layers.samples]
    assert layouts == [1, 1, 2, 2]


@pytest.mark.parametrize("where", ["forward", "step", "loop"])
@pytest.mark.parametrize("loop", ["train", "log only"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_step_leaves_no_hook(where: str, loop: str, error: type[BaseException]) -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def interrupt(*_: Any) -> None:
        if count == 2:
            raise error

    if where == "forward":
        model[3].register_forward_pre_hook(interrupt)
    if where == "step":
        optimizer.register_step_pre_hook(interrupt)
    hooks = [len(optimizer._optimizer_step_pre_hooks), len(optimizer._optimizer_step_post_hooks)]
    run, count = watched(model, optimizer), 0
    with pytest.raises(error), run:
        for batch in run.train(batches()) if loop == "train" else batches():
            count += 1
            if where == "loop":
                interrupt()
            loss = step(model, optimizer, batch)
            run.log(loss=loss)
    assert not module_hooks._global_forward_hooks
    assert [len(optimizer._optimizer_step_pre_hooks), len(optimizer._optimizer_step_post_hooks)] == hooks
    assert run.history.layers.steps.tolist() == ([1] if loop == "train" else [])


@pytest.mark.parametrize("at", range(12))
def test_an_interrupt_of_our_own_work_leaves_no_hook(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """■ may come between any two of our own calls."""
    model, calls = network(), iter(range(1_000))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def interrupted(call: Callable[..., Any]) -> Callable[..., Any]:
        def made(*args: Any, **kwargs: Any) -> Any:
            if next(calls) == at:
                call(*args, **kwargs)
                raise KeyboardInterrupt
            return call(*args, **kwargs)

        return made

    for name in ("register_step_pre_hook", "register_step_post_hook"):
        monkeypatch.setattr(optimizer, name, interrupted(getattr(optimizer, name)))
    for name in ("begin", "end", "close", "_unhook", "_shielded", "_measure"):
        monkeypatch.setattr(TorchSampler, name, interrupted(getattr(TorchSampler, name)))
    run = watched(model, optimizer)
    with pytest.raises(KeyboardInterrupt), run:
        for batch in run.train(batches()):
            step(model, optimizer, batch)
        raise KeyboardInterrupt
    assert not module_hooks._global_forward_hooks
    assert not optimizer._optimizer_step_pre_hooks
    assert not optimizer._optimizer_step_post_hooks


def test_copies_and_files_of_the_model_know_nothing_of_it() -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    run = watched(model, optimizer)
    for batch in run.train(batches(1)):
        step(model, optimizer, batch)
        twin = copy.deepcopy((model, optimizer))
        torch.save((model, optimizer), io.BytesIO())
        assert not any(module._forward_hooks for module in twin[0].modules())
        assert not twin[1]._optimizer_step_pre_hooks
    run.finish()


def test_a_fault_of_ours_is_told_and_ends_the_sampling(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise ValueError("of ours")

    monkeypatch.setattr(_torch_sampler, "sampled", fails)
    losses, _, _ = trained(watch=False)
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    run = watched(model, optimizer)
    watched_losses = [step(model, optimizer, batch).item() for batch in run.train(batches())]
    run.finish()
    assert watched_losses == losses
    assert ["of ours" in notice.text for notice in run.notices] == [True]
    assert len(run.history.layers) == 0


def test_of_a_compiled_model_gradients_and_updates_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_torch_sampler, "anything_is_compiled", lambda: True)
    monkeypatch.setattr(_torch_sampler, "is_compiled", lambda model: True)
    layers = trained(watch=True)[2]
    assert layers is not None
    assert layers.series("0", "mean")[0].size == 0
    assert layers.series("0.weight", "update")[0].size == 6
    assert layers.series("0.weight", "grad")[0].size == 6
    assert ["torch.compile is in use" in note for note in layers.notes] == [True]


def test_part_of_a_model_that_is_compiled_is_seen() -> None:
    model = nn.Sequential(torch.compile(nn.Linear(2, 2), backend="eager"), nn.ReLU())
    assert _torch_sampler.Places(model).compiled
    assert not _torch_sampler.Places(network()).compiled


def test_a_compiled_module_that_is_met_is_no_hindrance() -> None:
    other = torch.compile(nn.Linear(2, 2), backend="eager")
    model = nn.Linear(4, 1)
    run = watched(model)
    for batch in run.train([torch.randn(16, 4)] * 4):
        model(batch).mean().backward()
        if run.steps == 2:
            other(torch.ones(1, 2))
    run.finish()
    assert run.history.layers.series("", "mean")[0].tolist() == [1, 2, 3, 4]
    assert run.history.layers.series("weight", "grad")[0].tolist() == [1, 2, 3, 4]
    assert not run.history.layers.notes


def test_nothing_is_measured_where_nobody_wants_it() -> None:
    layers = trained(watch=True, statistics=False)[2]
    assert layers is not None
    assert len(layers) == 0


def test_what_it_costs_is_in_the_meter() -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    run = watched(model, optimizer)
    for batch in run.train(batches(3)):
        step(model, optimizer, batch)
    cost = run._cost.in_training
    run.finish()
    assert 1e-5 < cost < run.elapsed


def test_by_default_few_steps_are_sampled() -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    run = watched(model, optimizer, every_step=False)
    for batch in run.train(batches(1) * 40):
        step(model, optimizer, batch)
    run.finish()
    steps = run.history.layers.steps
    assert steps[0] == 2
    assert len(steps) <= 4


def test_a_change_that_waits_is_made_in_a_loop_that_only_logs() -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    run = watched(model, optimizer)
    optimizer.register_step_post_hook(lambda *_: None)  # it follows ours, while we look for the step
    for i, (x, y) in enumerate(batches(8)):
        loss = nn.functional.cross_entropy(model(x), y)
        run.log(loss=loss)
        if i == 3:
            run._steering.submit("learning_rate", 0.01, "panel")
            optimizer.register_step_post_hook(lambda *_: None)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    run.finish()
    assert optimizer.param_groups[0]["lr"] == 0.01
    assert run.notices == []
    assert len(optimizer._optimizer_step_post_hooks) == 2


def test_hooks_of_others_may_follow_ours_when_we_look_for_the_step() -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    run = nnw.watch(model, optimizer, store=False, show=False, statistics=False)
    order = run._adapter.order(lambda: None)
    assert order is not None
    x, y = batches(1)[0]
    loss = nn.functional.cross_entropy(model(x), y)
    order.stands_in_gap()
    optimizer.register_step_post_hook(lambda *_: None)
    loss.backward()
    optimizer.step()
    assert len(optimizer._optimizer_step_post_hooks) == 2
    assert order.stands_in_gap() is False
    order.forget()
    assert len(optimizer._optimizer_step_post_hooks) == 1
    run.finish()


def test_gradients_that_a_closure_makes_are_those_of_this_step() -> None:
    model = nn.Linear(1, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    run = watched(model, optimizer)
    for batch in run.train([torch.full((16, 1), value) for value in (1.0, 2.0, 3.0)]):

        def closure(x: torch.Tensor = batch) -> torch.Tensor:
            optimizer.zero_grad()
            loss = model(x).mean()
            loss.backward()
            return loss

        optimizer.step(closure)
    run.finish()
    assert run.history.layers.series("weight", "grad")[1].tolist() == [1.0, 2.0, 3.0]
    assert run.history.layers.series("weight", "update")[1] == pytest.approx([0.1, 0.2, 0.3], rel=1e-5)
