"""A model's state comes back whole, in the same objects, also after every shape has changed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nnwidgets.frameworks._torch_state import TorchState, all_or_nothing, set_data

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
