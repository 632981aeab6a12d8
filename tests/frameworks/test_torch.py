"""PyTorch loops: modes, gradients, devices, tensors of every kind."""

from __future__ import annotations

from collections import namedtuple

import pytest
import torch
from torch import nn

import nnwidgets as nnw
from nnwidgets._device_values import DeviceQueue
from nnwidgets._errors import MetricError, ModelError


@pytest.fixture
def model() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))


@pytest.fixture
def run(model: nn.Module) -> nnw.Run:
    return nnw.watch(model, torch.optim.SGD(model.parameters(), lr=0.25), store=False)


BATCHES = [(torch.zeros(4, 2), torch.zeros(4, 1)), (torch.zeros(2, 2), torch.zeros(2, 1))]


def test_training_and_validation_set_the_mode_and_give_it_back(model: nn.Module, run: nnw.Run) -> None:
    model.eval()
    for _ in run.train(BATCHES):
        assert model.training
        assert torch.is_grad_enabled()
    model[1].eval()  # a frozen BatchNorm
    for _ in run.validate(BATCHES):
        assert not model.training
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()
    assert [m.training for m in model.modules()] == [True, True, False, True, True]


def test_a_validation_left_by_an_exception_gives_gradients_back(model: nn.Module, run: nnw.Run) -> None:
    with pytest.raises(ZeroDivisionError):
        for _ in run.validate(BATCHES):
            raise ZeroDivisionError
    assert torch.is_grad_enabled()
    assert model.training


def test_a_validation_in_the_middle_of_an_epoch_goes_back_to_training(model: nn.Module, run: nnw.Run) -> None:
    for i, _ in enumerate(run.train(BATCHES)):
        run.log(loss=1.0)
        if i == 0:
            for _ in run.validate(BATCHES):
                run.log(loss=3.0)
        assert model.training
    run.flush()
    assert run.history["train/loss"].points().step.tolist() == [1, 2]
    assert run.history["val/loss"].points().step.tolist() == [1]


def test_tensors_of_every_kind_are_numbers(run: nnw.Run) -> None:
    parameter = torch.tensor(2.0, requires_grad=True)
    for value in (
        torch.tensor(1.5),
        parameter * 2,
        torch.tensor([3]),
        torch.tensor(True),
        torch.tensor(0.5, dtype=torch.bfloat16),
    ):
        run.log(loss=value)
    run.flush()
    assert run.history["train/loss"].points().value.tolist() == [1.5, 4.0, 3.0, 1.0, 0.5]


def test_a_tensor_that_changes_in_place_is_recorded_as_it_was(run: nnw.Run) -> None:
    total = torch.zeros(())
    for _ in range(3):
        total += 1
        run.log(loss=total)
    run.flush()
    assert run.history["train/loss"].points().value.tolist() == [1.0, 2.0, 3.0]


def test_a_tensor_of_many_numbers_is_refused_with_advice(run: nnw.Run) -> None:
    with pytest.raises(MetricError, match=r"shape \(3,\).*\.mean\(\)"):
        run.log(loss=torch.zeros(3))


def test_batches_keep_their_shape_and_are_the_same_objects_where_nothing_moves(run: nnw.Run) -> None:
    pair = namedtuple("pair", "x y")
    batches = [BATCHES[0], {"x": BATCHES[0][0]}, pair(*BATCHES[0]), [1, "two"], BATCHES[0][0]]
    for given, batch in zip(batches, run.train(batches), strict=True):
        assert type(batch) is type(given)
        assert batch is given or isinstance(given, dict)


def test_batches_arrive_on_the_device_of_the_model() -> None:
    model = nn.Linear(2, 1, device="meta")
    run = nnw.watch(model, store=False)
    for x, extra in run.train([(torch.zeros(4, 2), {"y": torch.zeros(4)})]):
        assert x.device.type == "meta"
        assert extra["y"].device.type == "meta"


def test_the_learning_rate_is_recorded_where_it_changes(model: nn.Module) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    run = nnw.watch(model, optimizer, store=False)
    for _ in run.train(range(4)):
        optimizer.step()
        schedule.step()
    run.flush()
    points = run.history["lr"].points()
    # Each jump has both its ends, so that the curve is a step and not a ramp.
    assert points.step.tolist() == [1, 3, 3]
    assert points.value.tolist() == [1.0, 1.0, 0.5]


def test_facts_of_the_model_are_kept(run: nnw.Run) -> None:
    assert run.config == {"model": "Sequential", "parameters": 25, "device": "cpu", "optimizer": "SGD"}


def test_watching_a_model_again_ends_the_run_before(model: nn.Module) -> None:
    first = nnw.watch(model, store=False)
    first.log(loss=1.0)
    second = nnw.watch(model, store=False)
    assert (first.status, second.status) == ("finished", "running")
    assert first.history["train/loss"].count == 1


def test_what_is_no_model_is_refused_with_advice() -> None:
    with pytest.raises(ModelError, match=r"nnw\.Run\(\)"):
        nnw.watch([1, 2])
    with pytest.raises(ModelError, match="torch optimizer"):
        nnw.watch(nn.Linear(1, 1), "adam")


def test_numbers_on_a_device_arrive_in_order_and_none_is_lost(
    monkeypatch: pytest.MonkeyPatch, run: nnw.Run
) -> None:
    # Every tensor counts as lying on an accelerator, so the whole way over the device queue is taken.
    monkeypatch.setattr("nnwidgets._intake.host_number", lambda name, value: None)
    total = torch.zeros(())
    for _ in range(500):
        total += 1
        run.log(loss=total, accuracy=total / 2)
    run.finish()
    assert run.history["train/loss"].points().value.tolist() == [float(i) for i in range(1, 501)]
    assert run.history["train/accuracy"].last.value == 250.0


def test_averages_of_a_validation_stay_on_the_device(monkeypatch: pytest.MonkeyPatch, run: nnw.Run) -> None:
    monkeypatch.setattr("nnwidgets._intake.host_number", lambda name, value: None)
    for x, _ in run.validate(BATCHES):
        run.log(loss=torch.tensor(float(len(x))))
    run.finish()
    assert run.history["val/loss"].last.value == pytest.approx((4 * 4 + 2 * 2) / 6)


def test_advancing_the_queue_never_reads_what_has_not_arrived() -> None:
    queue = DeviceQueue()
    value = queue.put(torch.tensor(2.0))
    queue.advance(0.0)
    assert value.number is None or value.number == 2.0
    queue.advance(1.0)
    queue.advance(2.0)
    assert value.number == 2.0
    assert queue.empty
