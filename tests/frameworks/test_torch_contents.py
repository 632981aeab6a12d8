"""PyTorch: what a file holds goes into a model and an optimizer that fit, and nothing of it into any other."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from nnwidgets import _snapshot_file
from nnwidgets._contents import Contents
from nnwidgets._errors import SnapshotError
from nnwidgets.frameworks._torch_contents import load
from nnwidgets.frameworks._torch_steering import TorchSteering

X = torch.linspace(-1, 1, 64).reshape(16, 4)


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.0), nn.Linear(8, 2))


def step(net: nn.Module, optimizer: torch.optim.Optimizer) -> float:
    def closure() -> float:
        optimizer.zero_grad()
        loss = net(X).pow(2).mean()
        loss.backward()
        return loss.item()

    loss: Any = optimizer.step(closure)
    return float(loss)


def kept(net: nn.Module, optimizer: torch.optim.Optimizer | None, path: Path) -> Contents:
    """Return what comes back from a file."""
    _snapshot_file.write(path, TorchSteering(net, optimizer).snapshot().contents(), {})
    return _snapshot_file.read(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "one.safetensors"


def trained(make: Callable[[Any], torch.optim.Optimizer]) -> tuple[nn.Sequential, torch.optim.Optimizer]:
    net = model()
    optimizer = make(net.parameters())
    for _ in range(3):
        step(net, optimizer)
    return net, optimizer


def everything(net: nn.Module, optimizer: torch.optim.Optimizer) -> Any:
    state = copy.deepcopy((net.state_dict(), optimizer.state_dict()))
    return str(state), [v.clone() for v in net.state_dict().values()]


OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "Adam": lambda p: torch.optim.Adam(p, 1e-2, amsgrad=True),
    "SGD": lambda p: torch.optim.SGD(p, 1e-2, momentum=0.9),
    "NAdam": lambda p: torch.optim.NAdam(p, 1e-2),
    "Adagrad": lambda p: torch.optim.Adagrad(p, 1e-2),
    "Adafactor": lambda p: torch.optim.Adafactor(p, 1e-2),
    "ASGD": lambda p: torch.optim.ASGD(p, 1e-2),
    "Rprop": lambda p: torch.optim.Rprop(p, 1e-2),
    "LBFGS": lambda p: torch.optim.LBFGS(p, 1e-1, max_iter=3),
    "rate in a tensor": lambda p: torch.optim.Adam(p, torch.tensor(1e-2)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_training_goes_on_from_a_file_as_if_nothing_had_been(name: str, path: Path) -> None:
    net, optimizer = trained(OPTIMIZERS[name])
    held = kept(net, optimizer, path)
    expected = [step(net, optimizer) for _ in range(3)]
    other = model()
    fresh = OPTIMIZERS[name](other.parameters())
    load(other, fresh, held)
    assert [step(other, fresh) for _ in range(3)] == expected


def test_in_double_precision_counters_keep_their_own(path: Path) -> None:
    """NAdam's running product is in single precision there; in double it would come out otherwise."""

    def made() -> tuple[nn.Module, torch.optim.Optimizer]:
        net = model().double()
        return net, torch.optim.NAdam(net.parameters(), 1e-2)

    net, optimizer = made()
    x = X.double()

    def go(net: nn.Module, optimizer: torch.optim.Optimizer) -> float:
        optimizer.zero_grad()
        loss = net(x).pow(2).mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    for _ in range(3):
        go(net, optimizer)
    held = kept(net, optimizer, path)
    expected = [go(net, optimizer) for _ in range(3)]
    other, fresh = made()
    load(other, fresh, held)
    assert [go(other, fresh) for _ in range(3)] == expected


def test_a_file_goes_into_another_precision(path: Path) -> None:
    net, optimizer = trained(OPTIMIZERS["Adam"])
    held = kept(net, optimizer, path)
    other = model().to(torch.bfloat16)
    fresh = torch.optim.Adam(other.parameters(), 1e-2, amsgrad=True)
    load(other, fresh, held)
    entry = fresh.state[other[0].weight]
    assert (entry["exp_avg"].dtype, entry["step"].dtype) == (torch.bfloat16, torch.float32)


def test_counters_go_where_the_optimizer_at_hand_has_them(path: Path) -> None:
    """As torch's own `load_state_dict` has it: on the host, unless the whole step runs on the device."""
    net, optimizer = trained(lambda p: torch.optim.Adam(p, 1e-2))
    held = kept(net, optimizer, path)
    for fused in (False, True):
        other = model()
        fresh = torch.optim.Adam(other.parameters(), 1e-2, fused=fused)
        load(other, fresh, held)
        assert fresh.param_groups[0]["fused"] is fused
        assert fresh.state[other[0].weight]["step"].item() == 3
        step(other, fresh)


def test_what_lay_on_the_host_goes_back_there(path: Path) -> None:
    net = model()
    optimizer = torch.optim.NAdam(net.parameters(), 1e-2)
    step(net, optimizer)
    held = kept(net, optimizer, path)
    held.facts["on host"].append("optimizer/0/mu_product")
    other = model().to("meta")
    fresh = torch.optim.NAdam(other.parameters(), 1e-2)
    load(other, fresh, held)
    first, second = (fresh.state[p] for p in list(other.parameters())[:2])
    assert (first["mu_product"].device.type, second["mu_product"].device.type) == ("cpu", "meta")
    assert (first["step"].device.type, first["exp_avg"].device.type) == ("cpu", "meta")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda net: torch.optim.SGD(net.parameters(), 0.1, momentum=0.9),
            "what Adam knew, and this optimizer is SGD",
        ),
        (lambda net: torch.optim.AdamW(net.parameters(), 0.1), "this optimizer is AdamW"),
        (lambda net: torch.optim.Adam(net[3].parameters(), 0.1), "2 parameters here and 4 there"),
        (
            lambda net: torch.optim.Adam(
                [{"params": net[0].parameters()}, {"params": net[3].parameters()}], 0.1
            ),
            "2 and 2 parameters here and 4 there",
        ),
        (
            lambda net: torch.optim.Adam([*net.parameters()][::-1], 0.1),
            "parameter 0 is '3.bias' .* '0.weight'",
        ),
        (
            lambda net: torch.optim.Adam([nn.Parameter(torch.ones(3)), *[*net.parameters()][1:]], 0.1),
            "parameter 0 is 'one outside the model'",
        ),
    ],
)
def test_another_optimizer_is_refused(make: Any, said: str, path: Path) -> None:
    net, optimizer = trained(lambda p: torch.optim.Adam(p, 1e-2))
    held = kept(net, optimizer, path)
    other = model()
    fresh = make(other)
    with torch.no_grad():
        other[0].weight.add_(1)
    before = everything(other, fresh)
    with pytest.raises(SnapshotError, match=f"{said}.*Nothing was changed"):
        load(other, fresh, held)
    after = everything(other, fresh)
    assert after[0] == before[0]
    assert all(torch.equal(a, b) for a, b in zip(before[1], after[1], strict=True))
    load(other, None, held)
    assert torch.equal(other[0].weight, net[0].weight)


def test_a_file_without_an_optimizer_says_so(path: Path) -> None:
    held = kept(model(), None, path)
    other = model()
    with pytest.raises(SnapshotError, match="holds no optimizer"):
        load(other, torch.optim.Adam(other.parameters()), held)


def test_what_cannot_be_written_is_said_rather_than_lost(path: Path) -> None:
    net, optimizer = trained(lambda p: torch.optim.Adam(p, 1e-2))
    optimizer.state[net[0].weight]["other"] = {1, 2}
    held = kept(net, optimizer, path)
    assert not any(name.startswith("optimizer/0/") for name in held.arrays)
    other = model()
    with pytest.raises(SnapshotError, match=r"remembers of '0\.weight' could not be written"):
        load(other, torch.optim.Adam(other.parameters(), 1e-2), held)
    load(other, None, held)


def test_what_is_trained_beside_the_model_is_in_the_file(path: Path) -> None:
    net, temperature = model(), nn.Parameter(torch.full((2,), 3.0))
    held = kept(net, torch.optim.SGD([*net.parameters(), temperature], 0.1), path)
    other, fresh = model(), nn.Parameter(torch.zeros(2))
    load(other, torch.optim.SGD([*other.parameters(), fresh], 0.1), held)
    assert fresh.tolist() == [3, 3]


def test_around_a_module_that_holds_nothing_the_optimizer_alone_is_kept(path: Path) -> None:
    """As in Lightning, whose module has further optimizers: its weights are kept with the first one."""
    net, optimizer = trained(OPTIMIZERS["Adam"])
    weights = 4 * sum(p.numel() for p in net.parameters())
    empty = nn.Module()
    assert TorchSteering(empty, optimizer).snapshot().nbytes == 3 * weights + 4 * len(optimizer.state)
    held = kept(empty, optimizer, path)
    assert not any(name.startswith("outside/") for name in held.arrays)
    other = model()
    fresh = OPTIMIZERS["Adam"](other.parameters())
    load(empty, fresh, held)
    ours, theirs = fresh.state[other[0].weight], optimizer.state[net[0].weight]
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_a_model_without_weights_yet_is_refused(path: Path) -> None:
    held = kept(nn.Sequential(nn.Linear(4, 3)), None, path)
    with pytest.raises(SnapshotError, match="no weights yet"):
        load(nn.Sequential(nn.LazyLinear(3)), None, held)


def test_reading_a_file_in_inference_mode_leaves_what_can_be_trained(path: Path) -> None:
    net, optimizer = trained(OPTIMIZERS["Adam"])
    held = kept(net, optimizer, path)
    expected = step(net, optimizer)
    other = model()
    fresh = OPTIMIZERS["Adam"](other.parameters())
    with torch.inference_mode():
        load(other, fresh, held)
    assert step(other, fresh) == expected


@pytest.mark.parametrize(
    "kind",
    [
        "complex64",
        "complex128",
        "bfloat16",
        "float16",
        "float8_e4m3fn",
        "int8",
        "uint16",
        "bool",
    ],
)
def test_every_type_is_read_as_it_was(kind: str, path: Path) -> None:
    def made(value: float) -> nn.Module:
        net = nn.Module()
        full = torch.full((3, 2), value).to(getattr(torch, kind))
        for name, tensor in {"full": full, "one": full[0, 0].clone(), "none": full[:0].clone()}.items():
            net.register_buffer(name, tensor)
        return net

    held, other = kept(made(1.0), None, path), made(0.0)
    load(other, None, held)
    wanted = made(1.0).state_dict()
    for name, tensor in other.state_dict().items():
        assert (tensor.dtype, tensor.shape) == (wanted[name].dtype, wanted[name].shape)
        assert torch.equal(tensor.to(torch.complex64), wanted[name].to(torch.complex64))


def _set(part: str, **values: Any) -> Callable[[Contents], None]:
    return lambda held: getattr(held, part).update(values)


def _array(name: str, value: Any) -> Callable[[Contents], None]:
    return lambda held: held.arrays.update({name: np.array(value, np.float32)})


DAMAGE: dict[str, Callable[[Contents], Any]] = {
    "a module as a type": lambda held: held.types.update({"3.weight": "nn", "model/3.weight": "nn"}),
    "a wider type": lambda held: held.types.update({"model/3.weight": "float64"}),
    "a wider type of bits": lambda held: held.types.update({"model/3.weight": "bfloat16"}),
    "a type that is none": lambda held: held.types.update({"model/3.weight": ["x"]}),
    "another kind of number": lambda held: held.arrays.update({"model/3.bias": np.zeros(2, np.int64)}),
    "a parameter too many": lambda held: held.facts["state"].update({"9": {"dict": {}}}),
    "a parameter before the first": lambda held: held.facts["state"].update({"-1": {"dict": {}}}),
    "no number of a parameter": lambda held: held.facts["state"].update({"x": {"dict": {}}}),
    "an array of nobody": _array("optimizer/abc/x", [0, 0]),
    "a moment of another shape": _array("optimizer/0/exp_avg", [[0, 0]]),
    "a counter of another shape": _array("optimizer/0/step", [0, 0]),
    "a moment that is gone": lambda held: held.arrays.pop("optimizer/0/exp_avg"),
    "a memory that is no dict": lambda held: held.facts["state"].update({"0": {"plain": 3}}),
    "a memory of another kind": lambda held: held.facts["state"].update({"0": {"pickle": "x"}}),
    "a memory of two kinds": lambda held: held.facts["state"].update({"0": {"dict": {}, "plain": 3}}),
    "groups that are numbers": _set("facts", groups=[1]),
    "no groups": lambda held: held.facts.pop("groups"),
    "groups too many": lambda held: held.facts["groups"].append({}),
    "parameters in a group": lambda held: held.facts["groups"][0].update(params=None),
    "a rate in words": lambda held: held.facts["groups"][0].update(lr="fast"),
    "one beta": lambda held: held.facts["groups"][0].update(betas=[0.9]),
    "dropout in words": _set("facts", dropout={"2": "much"}),
    "dropout beyond all": _set("facts", dropout={"2": 2.0}),
    "dropout without layers": _set("facts", dropout=3),
    "an optimizer in words": _set("facts", optimizer="Adam"),
    "no words for the host": _set("facts", **{"on host": None}),
    "no optimizer": lambda held: held.facts.pop("optimizer"),
    "a place outside of all": _set("facts", outside=[9]),
    "no words for the outside": _set("facts", outside=None),
    "another framework": _set("facts", framework="keras"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_changes_nothing(name: str, path: Path) -> None:
    net, optimizer = trained(lambda p: torch.optim.Adam(p, 1e-2))
    held = kept(net, optimizer, path)
    DAMAGE[name](held)
    other = model()
    fresh = torch.optim.Adam(other.parameters(), 0.5)
    step(other, fresh)
    before = everything(other, fresh)
    with pytest.raises(SnapshotError, match="Nothing was changed"):
        load(other, fresh, held, set_dropout=lambda rates: None)
    after = everything(other, fresh)
    assert after[0] == before[0]
    assert all(torch.equal(a, b) for a, b in zip(before[1], after[1], strict=True))


def test_what_fails_while_it_is_put_back_changes_nothing(path: Path) -> None:
    net, optimizer = trained(lambda p: torch.optim.Adam(p, 1e-2))
    net[2].p = 0.5
    held = kept(net, optimizer, path)
    other = model()
    fresh = torch.optim.Adam(other.parameters(), 0.5)
    before = everything(other, fresh)

    def fail(rates: dict[str, float]) -> None:
        raise RuntimeError("no memory is left")

    with pytest.raises(SnapshotError, match=r"no memory is left.*Nothing was changed"):
        load(other, fresh, held, fail)
    after = everything(other, fresh)
    assert after[0] == before[0]
    assert all(torch.equal(a, b) for a, b in zip(before[1], after[1], strict=True))
    TorchSteering(other, fresh).load(held)
    assert other[2].p == 0.5
