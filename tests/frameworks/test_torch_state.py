"""A model's state comes back whole, in the same objects, also after every shape has changed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nnwidgets._errors import RefusedError
from nnwidgets.frameworks._torch_attributes import untouched
from nnwidgets.frameworks._torch_rate import TorchRate
from nnwidgets.frameworks._torch_state import TorchState, all_or_nothing, set_data
from nnwidgets.frameworks._torch_steering import TorchSteering

X = torch.linspace(-1, 1, 64).reshape(16, 4)


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))


def step(net: nn.Module, optimizer: torch.optim.Optimizer) -> torch.Tensor:
    loss: torch.Tensor = net(X).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss


def widen_by_hand(net: nn.Sequential, optimizer: torch.optim.Optimizer) -> None:
    first, last = net[0], net[2]
    with torch.no_grad():
        set_data(first.weight, first.weight.detach().repeat(2, 1))
        set_data(first.bias, first.bias.detach().repeat(2))
        set_data(last.weight, last.weight.detach().repeat(1, 2) / 2)
    first.out_features = last.in_features = 16
    optimizer.state.clear()


def test_a_training_goes_on_from_a_restored_state_as_if_nothing_had_been() -> None:
    net = model()
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    step(net, optimizer)
    state = TorchState(net, optimizer)
    expected = [step(net, optimizer).item() for _ in range(5)]
    for _ in range(2):
        state.restore()
        assert [step(net, optimizer).item() for _ in range(5)] == expected


def test_shapes_and_settings_come_back_while_the_graph_of_the_last_step_is_alive() -> None:
    net = model()
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    weight = net[0].weight
    kept_alive = step(net, optimizer)
    state = TorchState(net, optimizer)
    expected = step(net, optimizer)
    state.restore()
    widen_by_hand(net, optimizer)
    kept_alive = step(net, optimizer)
    assert net[0].weight is weight
    assert weight.shape == (16, 4)
    state.restore()
    assert (net[0].weight is weight, weight.shape, net[0].out_features) == (True, (8, 4), 8)
    assert torch.equal(step(net, optimizer), expected)
    assert kept_alive is not None


def test_added_modules_and_groups_go_again() -> None:
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), 1e-2, momentum=0.9)
    step(net, optimizer)
    state = TorchState(net, optimizer)
    extra = nn.Linear(2, 2)
    net.append(extra)
    optimizer.add_param_group({"params": list(extra.parameters())})
    state.restore()
    assert len(net) == 3
    assert len(optimizer.param_groups) == 1
    step(net, optimizer)


def test_a_change_that_fails_half_way_leaves_nothing_behind() -> None:
    net = model()
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    step(net, optimizer)
    before = [p.detach().clone() for p in net.parameters()]

    def change() -> None:
        widen_by_hand(net, optimizer)
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        all_or_nothing(net, optimizer, change)
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))
    assert net[0].out_features == 8
    assert len(optimizer.state) == 4


def test_the_copy_knows_what_it_takes() -> None:
    net = model()
    assert TorchState(net).nbytes == 4 * sum(p.numel() for p in net.parameters())


def test_going_back_in_inference_mode_leaves_what_can_be_trained() -> None:
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    step(net, optimizer)
    with torch.inference_mode():
        state = TorchState(net, optimizer)
    expected = step(net, optimizer).item()
    with torch.inference_mode():
        widen_by_hand(net, optimizer)
        state.restore()
    assert not any(t.is_inference() for t in (*net.parameters(), *net.buffers()))
    assert not any(t.is_inference() for entry in optimizer.state.values() for t in entry.values())
    assert step(net, optimizer).item() == expected


def test_a_change_in_inference_mode_leaves_what_can_be_trained() -> None:
    net = model()
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    step(net, optimizer)
    with torch.inference_mode():
        TorchSteering(net, optimizer).change("size", 2.0)
    assert net[0].weight.shape == (16, 4)
    step(net, optimizer)


class Person(nn.Module):
    """A module that keeps more than its weights."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.hidden: torch.Tensor | None = None
        self.pair: tuple[torch.Tensor, int] | None = None
        self.table = torch.arange(4.0)
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.tanh(self.layer(x) + (0 if self.hidden is None else self.hidden) + self.table)
        self.hidden, self.pair, self.calls = y.detach(), (y.detach().mean(0), 1), self.calls + 1
        self.table += 0.1
        return y


def test_what_a_person_set_since_stays() -> None:
    net = Person()
    state = TorchState(net)
    net.best_epoch = 3  # type: ignore[assignment]
    net.calls = 5
    state.restore()
    assert (net.best_epoch, net.calls) == (3, 0)


def test_a_change_that_fails_leaves_no_attribute_behind() -> None:
    net = Person()

    def change() -> None:
        net.width = 3  # type: ignore[assignment]
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        all_or_nothing(net, None, change)
    assert not hasattr(net, "width")


def test_plain_tensors_of_a_module_come_back() -> None:
    net = Person()
    optimizer = torch.optim.SGD(net.parameters(), 1e-2)
    step(net, optimizer)
    state, table = TorchState(net, optimizer), net.table
    expected = [step(net, optimizer).item() for _ in range(3)]
    state.restore()
    assert net.table is table
    assert net.pair is not None
    assert not torch.equal(net.pair[0], torch.zeros(4))
    assert [step(net, optimizer).item() for _ in range(3)] == expected
    # As much as the weights, the gradients, the hidden state, the pair and the table.
    assert state.nbytes == 4 * (20 + 20 + 64 + 4 + 4)


def test_what_carries_a_graph_is_not_kept() -> None:
    net = Person()
    y = net(X)
    net.hidden, net.pair = y, (y, 1)
    assert TorchState(net).nbytes == 4 * (20 + 4)


def test_a_measurement_leaves_no_trace_in_a_module() -> None:
    net = Person()
    net(X)
    hidden, table, calls = net.hidden, net.table.clone(), net.calls
    with untouched(net):
        net.note = 1  # type: ignore[assignment]
        net(X)
    assert net.hidden is hidden
    assert torch.equal(net.table, table)
    assert (net.calls, hasattr(net, "note")) == (calls, False)


@pytest.mark.parametrize("to_none", [True, False])
def test_gradients_that_are_being_added_up_come_back(to_none: bool) -> None:
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), 1e-1, momentum=0.9)

    def go(first: int, last: int) -> list[float]:
        losses = []
        for i in range(first, last):
            loss = net(X + i).pow(2).mean()
            loss.backward()
            losses.append(loss.item())
            if i % 2:
                optimizer.step()
                optimizer.zero_grad(set_to_none=to_none)
        return losses

    go(0, 3)
    state = TorchState(net, optimizer)
    expected = go(3, 8)
    for _ in range(2):
        state.restore()
        assert go(3, 8) == expected


def test_gradients_are_counted_and_nobody_elses() -> None:
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), 1e-2)
    step(net, optimizer)
    weights = 4 * sum(p.numel() for p in net.parameters())
    state = TorchState(net)
    assert state.nbytes == 2 * weights
    live = net[0].weight.grad
    assert live is not None
    before = live.clone()
    live.zero_()
    state.restore()
    assert torch.equal(net[0].weight.grad, before)
    net[0].weight.grad.zero_()
    state.restore()
    assert torch.equal(net[0].weight.grad, before)
    optimizer.zero_grad()
    without = TorchState(net)
    step(net, optimizer)
    without.restore()
    assert net[0].weight.grad is None


def test_sparse_gradients_come_back() -> None:
    net = nn.Embedding(10, 3, sparse=True)
    net(torch.tensor([1, 4])).sum().backward()
    state = TorchState(net)
    net.weight.grad = None
    state.restore()
    assert net.weight.grad is not None
    assert net.weight.grad.is_sparse
    assert state.nbytes == 4 * 30 + 4 * 6 + 8 * 2


def test_views_stay_views() -> None:
    net = nn.Linear(4, 4)
    net.register_buffer("head", net.weight.data[:2], persistent=False)
    alias, state = net.weight.data, TorchState(net)
    with torch.no_grad():
        net.weight.add_(1)
    state.restore()
    with torch.no_grad():
        net.weight.mul_(2)
    assert torch.equal(alias, net.weight)
    assert torch.equal(net.head, net.weight[:2])


def test_a_tensor_of_one_number_in_many_places_takes_others() -> None:
    net = nn.Module()
    net.register_buffer("mask", torch.ones(1).expand(4))
    state = TorchState(net)
    net.mask = torch.zeros(4)
    state.restore()
    assert net.mask.tolist() == [1, 1, 1, 1]


def test_a_loss_that_was_computed_already_can_still_be_derived() -> None:
    net = model()
    state = TorchState(net)
    loss = net(X).pow(2).mean()
    state.restore()
    loss.backward()
    assert net[0].weight.grad is not None


def test_a_state_from_before_the_weights_is_refused() -> None:
    net = nn.Sequential(nn.LazyLinear(3))
    state = TorchState(net)
    state.restore()
    net(X)
    before = [p.detach().clone() for p in net.parameters()]
    with pytest.raises(RefusedError, match="had no weights then"):
        state.restore()
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


def test_an_optimizer_may_remember_what_belongs_to_no_parameter() -> None:
    net = model()
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    remembered: dict[object, object] = optimizer.state  # type: ignore[assignment]
    remembered["steps"] = 3
    step(net, optimizer)
    for on_host in (False, True):
        state = TorchState(net, optimizer, on_host=on_host)
        remembered["steps"] = 4
        state.restore()
        assert remembered["steps"] == 3


def test_groups_that_a_person_added_since_stay() -> None:
    net = model()
    optimizer = torch.optim.SGD(net[2].parameters(), 1e-2, momentum=0.9)
    step(net, optimizer)
    state = TorchState(net, optimizer)
    optimizer.add_param_group({"params": list(net[0].parameters()), "lr": 1e-3})
    step(net, optimizer)
    optimizer.param_groups[0]["lr"] = 1.0
    state.restore()
    assert [group["lr"] for group in optimizer.param_groups] == [1e-2, 1e-3]
    assert net[0].weight not in optimizer.state
    assert net[2].weight in optimizer.state
    step(net, optimizer)


def test_what_is_trained_beside_the_model_comes_back() -> None:
    net, temperature = model(), nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([*net.parameters(), temperature], 1e-2)
    state = TorchState(net, optimizer)
    with torch.no_grad():
        temperature.zero_()
    state.restore()
    assert temperature.tolist() == [1, 1]


def test_a_rate_in_a_tensor_stays_the_same_tensor() -> None:
    net = model()
    rate = torch.tensor(1e-2)
    optimizer = torch.optim.Adam(net.parameters(), rate)
    known = optimizer.param_groups[0]["lr"]
    state = TorchState(net, optimizer)
    known.fill_(1.0)
    assert state.take_groups()
    known.fill_(2.0)
    state.restore()
    assert optimizer.param_groups[0]["lr"] is known
    assert known.item() == 1.0


def test_every_tensor_of_the_optimizer_goes_back_to_its_own_device() -> None:
    """Another device is played by ``meta``, which is there everywhere; a real one is told apart in the same way."""
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), 1e-2)
    optimizer.state[net[0].weight] = {
        "step": torch.zeros((), device="meta"),
        "list": [torch.zeros(2, device="meta")],
    }
    state = TorchState(net, optimizer)
    optimizer.state.clear()
    state.restore()
    entry = optimizer.state[net[0].weight]
    assert (entry["step"].device.type, entry["list"][0].device.type) == ("meta", "meta")


@pytest.mark.parametrize("later", [False, True])
def test_a_schedule_that_only_watches_goes_back_too(later: bool) -> None:
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), 1.0)
    rate = TorchRate(optimizer)
    if later:
        assert rate.schedules() == []
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    plateau.step(1.0)
    back = rate.schedules()
    for value in (2.0, 2.0, 2.0):
        plateau.step(value)
    assert plateau.last_epoch == 4
    for put_back in back:
        put_back()
    assert (plateau.num_bad_epochs, plateau.last_epoch, plateau.best) == (0, 1, 1.0)


def test_a_scheduler_that_takes_the_place_of_another_is_found() -> None:
    from nnwidgets.frameworks._torch_rate import TorchRate

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 0.1)
    rate = TorchRate(optimizer)
    assert rate._schedulers() == []
    scheduler: object = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    assert rate._schedulers() == [scheduler]
    assert rate._schedulers() == [scheduler]
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    assert rate._schedulers() == [scheduler]
    also = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    assert {id(one) for one in rate._schedulers()} == {id(scheduler), id(also)}
