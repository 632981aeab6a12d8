"""PyTorch, changed while it trains: that the training obeyed, not only the widget."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import nnwidgets as nnw
from nnwidgets import Run
from nnwidgets.controls import Intervention
from tests.trainer import outcome

X = torch.linspace(-1, 1, 64 * 8).reshape(64, 8)
Y = (X.sum(1) > 0).long()
BATCHES = [(X[i : i + 16], Y[i : i + 16]) for i in range(0, 64, 16)]


def mlp(rate: float = 0.0) -> nn.Sequential:
    torch.manual_seed(0)
    layers = [nn.Linear(8, 16), nn.ReLU(), nn.Dropout(rate), nn.Linear(16, 2)]
    return nn.Sequential(*layers)


class Training:
    """A small training, and what is done after some of its steps."""

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer, **options: Any) -> None:
        self.model, self.optimizer = model, optimizer
        self.run: Run = nnw.watch(model, optimizer, show=False, store=False, **options)
        self.losses: list[float] = []

    def go(self, steps: dict[int, Callable[[], Any]] | None = None, epochs: int = 3) -> Training:
        for _ in self.run.epochs(epochs):
            for x, y in self.run.train(BATCHES):
                loss = nn.functional.cross_entropy(self.model(x), y)
                self.optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                self.optimizer.step()
                self.run.log(loss=loss)
                self.losses.append(loss.item())
                act = (steps or {}).get(self.run.steps)
                if act:
                    act()
        return self

    @property
    def last(self) -> Intervention:
        return self.run.interventions[-1]


@pytest.fixture
def adam() -> Training:
    model = mlp(0.2)
    return Training(model, torch.optim.Adam(model.parameters(), 1e-2))


def set_to(training: Training, **controls: Any) -> Callable[[], None]:
    def act() -> None:
        for name, value in controls.items():
            setattr(training.run.controls, name, value)

    return act


# Learning rate


def test_the_weights_move_as_far_as_the_learning_rate_says() -> None:
    model = mlp()
    training = Training(model, torch.optim.SGD(model.parameters(), 0.1))
    moves = []
    for rate in (0.1, 0.05, 0.0):
        training.run.controls.learning_rate = rate
        for x, y in training.run.train(BATCHES[:1]):
            before = [p.detach().clone() for p in model.parameters()]
            loss = nn.functional.cross_entropy(model(x), y)
            training.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            training.optimizer.step()
            for p, old in zip(model.parameters(), before, strict=True):
                assert p.grad is not None
                torch.testing.assert_close(p.detach(), old - rate * p.grad)
            moves.append(rate)
    assert moves == [0.1, 0.05, 0.0]


@pytest.mark.parametrize(
    ("to", "rates"),
    [(1e-3, [1e-3, 1e-3]), ("×0.5", [0.05, 0.005]), ({1: 0.2}, [0.1, 0.2]), ({0: "x2"}, [0.2, 0.01])],
)
def test_each_parameter_group_has_its_own(to: Any, rates: list[float]) -> None:
    model = mlp()
    groups = [{"params": model[0].parameters(), "lr": 0.1}, {"params": model[3].parameters(), "lr": 0.01}]
    training = Training(model, torch.optim.SGD(groups))
    training.run.controls.learning_rate = to
    assert [group["lr"] for group in training.optimizer.param_groups] == pytest.approx(rates)
    assert [
        entry["value"] for entry in training.run._steering.facts["learning_rate"]["groups"]
    ] == pytest.approx(rates)


def test_a_group_that_is_not_there_is_refused(adam: Training) -> None:
    adam.run.controls.learning_rate = {7: 0.1}
    assert adam.last.reason == "There is no parameter group 7; there are 1, counted from 0."
    assert adam.optimizer.param_groups[0]["lr"] == 1e-2


SCHEDULERS: dict[str, Callable[[torch.optim.Optimizer], Any]] = {
    "StepLR": lambda o: torch.optim.lr_scheduler.StepLR(o, 2, 0.5),
    "ExponentialLR": lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9),
    "LambdaLR": lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda e: 1 / (1 + e)),
    "CosineAnnealingLR": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 20),
    "OneCycleLR": lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.1, total_steps=20),
    "CyclicLR": lambda o: torch.optim.lr_scheduler.CyclicLR(o, 0.001, 0.1, 4),
    "SequentialLR": lambda o: torch.optim.lr_scheduler.SequentialLR(
        o,
        [torch.optim.lr_scheduler.ConstantLR(o, 0.1), torch.optim.lr_scheduler.ExponentialLR(o, 0.9)],
        milestones=[3],
    ),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_schedule_goes_on_scaled_by_the_same_factor(name: str) -> None:
    rates: dict[bool, list[float]] = {}
    said = ""
    for changed in (False, True):
        model = mlp()
        optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
        scheduler = SCHEDULERS[name](optimizer)
        training = Training(model, optimizer)
        rates[changed] = []
        for i in range(12):
            if changed and i == 5:
                training.run.controls.learning_rate = "×0.5"
                said = training.last.note or ""
            optimizer.step()
            scheduler.step()
            rates[changed].append(optimizer.param_groups[0]["lr"])
    factors = [b / a for a, b in zip(rates[False], rates[True], strict=True)]
    assert factors == pytest.approx([1.0] * 5 + [0.5] * 7, rel=1e-6)
    assert said.startswith(f"{name} goes on, scaled by the same factor")
    if name != "SequentialLR":
        assert f"{rates[True][5]:.3g} at its next step" in said


@pytest.mark.parametrize("name", SCHEDULERS)
def test_undo_takes_a_schedule_back_as_well(name: str) -> None:
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
    scheduler = SCHEDULERS[name](optimizer)
    training = Training(model, optimizer)
    bases = [
        list(one.base_lrs)
        for one in (scheduler, *getattr(scheduler, "_schedulers", ()))
        if hasattr(one, "base_lrs")
    ]
    group = {key: value for key, value in optimizer.param_groups[0].items() if key != "params"}
    training.run.controls.learning_rate = "×0.5"
    training.run.controls.learning_rate = "×3"
    training.run.undo()
    training.run.undo()
    assert [
        list(one.base_lrs)
        for one in (scheduler, *getattr(scheduler, "_schedulers", ()))
        if hasattr(one, "base_lrs")
    ] == bases
    assert {key: value for key, value in optimizer.param_groups[0].items() if key != "params"} == group


def test_a_scheduler_that_waits_for_a_metric_is_described() -> None:
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1)
    training = Training(model, optimizer)
    training.run.controls.learning_rate = 0.05
    assert training.last.note == (
        "ReduceLROnPlateau goes on from here: it multiplies the rate by 0.1 when its metric stalls."
    )
    assert scheduler.optimizer is optimizer


# Dropout


def zeros(model: nn.Module, layer: int = 2) -> float:
    """Return the share of zeros that a dropout layer makes of ones, in training."""
    model.train()
    with torch.random.fork_rng():
        return float((model[layer](torch.ones(20_000)) == 0).float().mean())  # type: ignore[index]


def test_dropout_is_in_force_from_the_next_batch(adam: Training) -> None:
    seen: list[float] = []
    handle = adam.model[2].register_forward_hook(lambda m, a, out: m.training and seen.append(m.p))  # type: ignore[index]
    adam.go({5: set_to(adam, dropout=0.75)})
    handle.remove()
    assert seen == [0.2] * 5 + [0.75] * 7
    assert zeros(adam.model) == pytest.approx(0.75, abs=0.02)


def test_dropout_works_from_rate_0_and_layer_by_layer() -> None:
    model = nn.Sequential(
        nn.Linear(8, 16), nn.Dropout(0.0), nn.Linear(16, 16), nn.Dropout(0.0), nn.Linear(16, 2)
    )
    training = Training(model, torch.optim.SGD(model.parameters(), 0.1))
    training.run.controls.dropout = {"3": 0.5}
    assert (zeros(model, 1), zeros(model, 3)) == (0.0, pytest.approx(0.5, abs=0.02))
    assert training.run.controls.dropout is None
    training.run.controls.dropout = 0.9
    assert training.run.controls.layers["dropout"] == {"1": 0.9, "3": 0.9}
    with pytest.raises(ValueError, match=r"There is: 1, 3\."):
        training.run.controls.dropout = {"nowhere": 0.5}


def test_a_model_without_dropout_says_so_and_dropout_can_be_inserted() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
    names = list(model.state_dict())
    training = Training(model, torch.optim.SGD(model.parameters(), 0.1))
    with pytest.raises(ValueError, match=r"no dropout layers.*insert_dropout\(0.3\).*activations: 1\."):
        training.run.controls.dropout = 0.3
    assert outcome(training.run.controls.insert_dropout(0.5)).applied
    model.train()
    with torch.no_grad():
        dropped = float((model[:2](X.repeat(40, 1).abs() + 5) == 0).float().mean())
        plain = float((nn.functional.relu(model[0](X.repeat(40, 1).abs() + 5)) == 0).float().mean())
    assert dropped == pytest.approx(plain + 0.5 * (1 - plain), abs=0.02)
    assert list(model.state_dict()) == names
    training.run.controls.dropout = 0.0
    model.eval()
    expected = model(X)
    training.run.undo()
    training.run.undo()
    assert torch.equal(model(X), expected)
    assert training.run.controls.layers["dropout"] == {}


def test_under_compile_a_new_rate_compiles_once_and_never_again() -> None:
    import torch._dynamo
    from torch._dynamo.testing import CompileCounter

    torch._dynamo.reset()
    counter = CompileCounter()
    model = mlp(0.1)
    compiled = torch.compile(model, backend=counter)
    training = Training(compiled, torch.optim.SGD(model.parameters(), 0.1))
    compiled(X)
    first = counter.frame_count
    training.run.controls.dropout = 0.5
    compiled(X)
    upgraded = counter.frame_count
    for i in range(12):
        training.run.controls.dropout = i / 20
        compiled(X)
    assert counter.frame_count == upgraded <= first + 1
    assert zeros(model) == pytest.approx(11 / 20, abs=0.02)
    model.eval()
    assert torch.equal(model[2](X), X)
    torch._dynamo.reset()


# Device


@pytest.mark.parametrize("name", ["cuda:9", "banana", "meta", "tpu"])
def test_an_unknown_device_is_refused_and_the_run_goes_on(adam: Training, name: str) -> None:
    def act() -> None:
        with pytest.raises(ValueError, match=rf"There is no device '{name}' here. There is: cpu"):
            adam.run.controls.device = name

    adam.go({3: act})
    assert len(adam.losses) == 12
    assert adam.run.controls.device == "cpu"


@pytest.mark.parametrize("after", ["the copy", "the move"])
def test_a_move_that_fails_leaves_everything_where_it_was(
    adam: Training, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    from nnwidgets.frameworks import _torch_device

    adam.go(epochs=1)
    before = copy.deepcopy((adam.model.state_dict(), adam.optimizer.state_dict()))
    places = [id(p) for p in adam.model.parameters()]
    monkeypatch.setattr(_torch_device, "options", lambda: ["cpu", "meta"])

    def fail(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    measured = iter([0.5])
    if after == "the copy":  # a device that is full refuses the copies, before anything was exchanged
        monkeypatch.setattr(_torch_device._Move, "make", fail)
    with pytest.raises(ValueError, match=r"out of memory.*It is where it was"):
        _torch_device.move(
            adam.model,
            adam.optimizer,
            "meta",
            lambda: next(measured, None) or fail(),  # type: ignore[func-returns-value]
        )
    after_it = (adam.model.state_dict(), adam.optimizer.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(before[0].values(), after_it[0].values(), strict=True))
    assert str(before[1]) == str(after_it[1])
    assert [id(p) for p in adam.model.parameters()] == places


def test_a_move_takes_weights_buffers_and_the_optimizer_and_keeps_the_objects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from nnwidgets.frameworks import _torch_device

    monkeypatch.setattr(_torch_device, "options", lambda: ["cpu", "meta"])
    model = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    training = Training(model, torch.optim.Adam(model.parameters()))
    training.go(epochs=1)
    objects = [id(p) for p in model.parameters()]
    change = _torch_device.move(model, training.optimizer, "meta", lambda: None)
    assert (change.old, change.new) == ("cpu", "meta")
    state = [v for entry in training.optimizer.state.values() for k, v in entry.items() if k != "step"]
    assert {t.device.type for t in (*model.parameters(), *model.buffers(), *state)} == {"meta"}
    assert [id(p) for p in model.parameters()] == objects
    for x, _ in training.run.train(BATCHES):
        assert x.device.type == "meta"


# Undo, and the loss before and after


def test_undo_goes_back_to_the_state_before_the_last_intervention(adam: Training) -> None:
    state: dict[str, Any] = {}

    def remember() -> None:
        state["weights"] = copy.deepcopy(adam.model.state_dict())

    def change() -> None:
        remember()
        set_to(adam, dropout=0.9)()

    adam.go({4: change, 8: adam.run.undo}, epochs=2)
    assert all(
        torch.equal(a, b)
        for a, b in zip(state["weights"].values(), adam.model.state_dict().values(), strict=True)
    )
    assert adam.run.controls.dropout == 0.2
    assert adam.last.text == "undone: dropout 0.2 → 0.9"
    assert adam.last.loss_before is not None
    assert adam.last.loss_after is not None
    assert adam.last.loss_before != adam.last.loss_after


def test_after_undo_the_training_repeats_itself_bit_for_bit(adam: Training) -> None:
    adam.go({4: set_to(adam, learning_rate="×1"), 8: adam.run.undo}, epochs=3)
    assert adam.losses[4:8] == adam.losses[8:12]


def test_a_change_of_the_rate_does_not_change_the_loss_of_a_batch(adam: Training) -> None:
    adam.go({5: set_to(adam, learning_rate=0.5)}, epochs=2)
    assert adam.run.interventions[0].loss_before is not None
    assert adam.run.interventions[0].loss_before == adam.run.interventions[0].loss_after


def test_watching_a_step_leaves_no_hook_behind(adam: Training) -> None:
    adam.go(epochs=1)
    module = torch.nn.modules.module
    assert not any(
        getattr(module, name)
        for name in vars(module)
        if name.startswith("_global_") and name.endswith(("_hooks", "_always_called", "_with_kwargs"))
    )


def test_the_first_step_is_followed_through_any_loss() -> None:
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    run = nnw.watch(model, optimizer, show=False, store=False)
    criterion = nn.MSELoss()
    expected = 0.0
    for x, y in run.train(BATCHES[:1]):
        out = model(x.double().float())
        penalty = sum(p.pow(2).sum() for p in model.parameters()) * 1e-3
        loss = criterion(out.softmax(1)[:, 1], y.float()) + penalty
        optimizer.zero_grad()
        loss.backward()
        expected = loss.item()
        run.log(loss=loss)
    # Nothing was stepped, so the loss of the same batch is the same; there is no dropout in this model.
    assert run._adapter.measure() == pytest.approx(expected, rel=1e-6)


# Nothing asked for, nothing changed


@pytest.fixture(scope="module")
def plain() -> list[float]:
    model = mlp(0.3)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    model.train()
    for _ in range(3):
        for x, y in BATCHES:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


@pytest.mark.parametrize("asking", [False, True])
def test_a_training_that_is_only_asked_and_refused_is_bit_equal(plain: list[float], asking: bool) -> None:
    model = mlp(0.3)
    training = Training(model, torch.optim.Adam(model.parameters(), 1e-2))

    def ask() -> None:
        training.run._steering.submit("dropout", 1.5, "panel")
        training.run._steering.submit("learning_rate", {9: 0.1}, "panel")
        training.run._steering.submit("device", "cuda:9", "panel")
        training.run.undo()
        training.run.pause()
        training.run.resume()

    training.go({2: ask} if asking else {})
    assert training.losses == plain


def test_a_model_that_is_spread_over_processes_keeps_its_size_and_device(tmp_path: Path) -> None:
    import torch.distributed

    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", world_size=1, rank=0)
    try:
        model = nn.parallel.DistributedDataParallel(mlp(0.2))
        training = Training(model, torch.optim.SGD(model.parameters(), 0.1))
        before = copy.deepcopy(model.state_dict())
        training.run.controls.size = 2.0
        training.run.controls.device = "cpu"
        training.run.controls.dropout = 0.5
        training.run.controls.learning_rate = 0.01
        size, device, *rest = training.run.interventions
        assert "wrapped in DistributedDataParallel" in str(size.reason)
        assert "wrapped in DistributedDataParallel" in str(device.reason)
        assert all(one.applied for one in rest)
        assert all(
            torch.equal(a, b) for a, b in zip(before.values(), model.state_dict().values(), strict=True)
        )
        training.go(epochs=1)
    finally:
        torch.distributed.destroy_process_group()
