"""PyTorch models made wider, narrower and deeper while they train."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 — as everybody writes it
from torch import nn

from nnwidgets._changes import Call
from nnwidgets._errors import RefusedError
from nnwidgets.frameworks._torch_resize import TorchResizer

ROWS = torch.randn(64, 20, generator=torch.Generator().manual_seed(1))
PICTURES = torch.randn(32, 1, 12, 12, generator=torch.Generator().manual_seed(2))


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 24), nn.Tanh(), nn.Linear(24, 5))


def cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 12, 3, bias=False),
        nn.BatchNorm2d(12), nn.ReLU(), nn.Flatten(), nn.Linear(12 * 16, 16), nn.PReLU(16), nn.Linear(16, 5),
    )  # fmt: skip


class Block(nn.Module):
    def __init__(self, reads: int, makes: int) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(reads, makes, 3, padding=1), nn.Conv2d(makes, makes, 3, padding=1)
        self.norm1, self.norm2 = nn.BatchNorm2d(makes), nn.BatchNorm2d(makes)
        self.short = nn.Conv2d(reads, makes, 1) if reads != makes else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm2(self.two(F.relu(self.norm1(self.one(x)))))
        return F.relu(y + self.short(x))


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 6, 3, padding=1)
        self.blocks = nn.Sequential(Block(6, 6), Block(6, 10), Block(10, 10))
        self.head = nn.Linear(10, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.blocks(F.relu(self.stem(x)))
        return self.head(x.mean((2, 3)))  # type: ignore[no-any-return]


class Mobile(nn.Module):
    """Depthwise convolutions, and calls in the functional style."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.deep = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.point, self.fc1, self.fc2 = nn.Conv2d(8, 6, 1), nn.Linear(6 * 9, 12), nn.Linear(12, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.gelu(self.point(F.silu(self.deep(self.conv(x))))), 4)
        x = x.view(x.size(0), -1)
        return F.log_softmax(self.fc2(F.dropout(torch.sigmoid(self.fc1(x)), 0.1, self.training)), dim=1)


MODELS: dict[str, tuple[Callable[[], nn.Module], torch.Tensor]] = {
    "MLP": (mlp, ROWS),
    "CNN": (cnn, PICTURES),
    "ResNet": (ResNet, PICTURES),
    "depthwise": (Mobile, PICTURES),
}


def made(name: str, dtype: torch.dtype = torch.float32) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    make, x = MODELS[name]
    return make().to(dtype), x.to(dtype), (x.flatten(1).sum(1) > 0).long()


def train(
    model: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor, n: int
) -> list[float]:
    losses = []
    model.train()
    for _ in range(n):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def outputs(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    model.eval()
    with torch.no_grad():
        return model(x)  # type: ignore[no-any-return]


def memory(optimizer: torch.optim.Optimizer) -> str:
    return str(copy.deepcopy(optimizer.state_dict()))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("dtype", "limit"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@pytest.mark.parametrize("factor", [1.5, 2.0, 4.0])
def test_growing_keeps_the_function(name: str, dtype: torch.dtype, limit: float, factor: float) -> None:
    model, x, y = made(name, dtype)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    train(model, optimizer, x, y, 5)
    before, count = outputs(model, x), sum(p.numel() for p in model.parameters())
    resizer = TorchResizer(model, optimizer)
    change = resizer.resize(factor, Call((x,), {}))
    after = outputs(model, x)
    assert float((after - before).abs().max() / before.abs().max()) <= limit
    assert sum(p.numel() for p in model.parameters()) > count
    assert change.facts["parameters"][1] == sum(p.numel() for p in model.parameters())
    assert resizer.factor == factor
    assert all(math.isfinite(loss) for loss in train(model, optimizer, x, y, 3))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_the_training_goes_on_without_a_jump(name: str, factor: float) -> None:
    model, x, y = made(name)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    parameters = list(model.parameters())
    losses = train(model, optimizer, x, y, 60)
    TorchResizer(model, optimizer).resize(factor, Call((x,), {}))
    after = train(model, optimizer, x, y, 20)
    if factor > 1:
        assert max(after) < losses[-1] + 0.25 * (losses[0] - losses[-1])
    assert max(after) < losses[0]
    assert [id(p) for p in model.parameters()] == [id(p) for p in parameters]
    assert {id(p) for g in optimizer.param_groups for p in g["params"]} == {id(p) for p in parameters}


def test_the_layers_say_what_they_are() -> None:
    model, x, _ = made("CNN")
    TorchResizer(model).resize(2, Call((x,), {}))
    assert (model[0].out_channels, model[1].num_features, model[4].in_channels) == (16, 16, 16)  # type: ignore[index]
    assert (model[8].in_features, model[8].out_features, model[9].num_parameters) == (24 * 16, 32, 32)  # type: ignore[index]
    assert model[10].out_features == 5  # type: ignore[index]


def test_the_copies_part_and_the_new_units_learn() -> None:
    model, x, y = made("MLP")
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    train(model, optimizer, x, y, 100)
    TorchResizer(model, optimizer).resize(2, Call((x,), {}))
    weight = model[0].weight  # type: ignore[index]
    model.train()
    F.cross_entropy(model(x), y).backward()
    grads = torch.cdist(weight.grad, weight.grad) + torch.eye(64)
    assert float(grads.min()) > 0
    train(model, optimizer, x, y, 400)
    distance = torch.cdist(weight.detach(), weight.detach()) + 9 * torch.eye(64)
    assert float((distance.min(1).values < 1e-3).float().mean()) < 0.1


OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "Adam": lambda p: torch.optim.Adam(p, 1e-3),
    "Adam fused": lambda p: torch.optim.Adam(p, 1e-3, fused=True),
    "AdamW amsgrad": lambda p: torch.optim.AdamW(p, 1e-3, amsgrad=True),
    "NAdam": lambda p: torch.optim.NAdam(p, 1e-3),
    "RAdam": lambda p: torch.optim.RAdam(p, 1e-3),
    "Adamax": lambda p: torch.optim.Adamax(p, 1e-3),
    "SGD": lambda p: torch.optim.SGD(p, 0.05),
    "SGD momentum": lambda p: torch.optim.SGD(p, 0.05, momentum=0.9),
    "RMSprop centered": lambda p: torch.optim.RMSprop(p, 1e-3, centered=True, momentum=0.5),
    "Adagrad": lambda p: torch.optim.Adagrad(p, 1e-2),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_what_the_optimizer_remembers_is_carried_along(name: str, factor: float) -> None:
    model, x, y = made("MLP")
    optimizer = OPTIMIZERS[name](model.parameters())
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    losses = train(model, optimizer, x, y, 40)
    steps = [float(entry["step"]) for entry in optimizer.state.values() if "step" in entry]
    TorchResizer(model, optimizer).resize(factor, Call((x,), {}))
    for parameter, entry in optimizer.state.items():
        for value in entry.values():
            assert not isinstance(value, torch.Tensor) or value.ndim == 0 or value.shape == parameter.shape
    assert [float(e["step"]) for e in optimizer.state.values() if "step" in e] == steps
    after = train(model, optimizer, x, y, 10)
    assert max(after) < losses[-1] + 0.2
    rate = optimizer.param_groups[0]["lr"]
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] == rate / 2


def test_the_moments_of_a_copy_are_its_share() -> None:
    model, x, y = made("MLP")
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    train(model, optimizer, x, y, 5)
    first, last = model[0].weight, model[2].weight  # type: ignore[index]
    old = {k: v.clone() for k, v in optimizer.state[first].items()}
    reading = {k: v.clone() for k, v in optimizer.state[last].items()}
    TorchResizer(model, optimizer).resize({"0": 64}, Call((x,), {}))
    new = optimizer.state[first]
    torch.testing.assert_close(new["exp_avg"][:32], old["exp_avg"] / 2)
    torch.testing.assert_close(new["exp_avg_sq"][:32], old["exp_avg_sq"] / 4)
    torch.testing.assert_close(optimizer.state[last]["exp_avg"][:, :32], reading["exp_avg"])


def trained() -> tuple[nn.Module, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x, w = torch.randn(2000, 20, generator=generator), torch.randn(20, 5, generator=generator)
    y = (torch.tanh(x @ w) + 0.3 * torch.randn(2000, 5, generator=generator)).argmax(1)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 5))
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    train(model, optimizer, x[:1000], y[:1000], 300)
    return model, x[:1000], y[:1000], x[1000:], y[1000:]


@pytest.mark.parametrize("width", [24, 16, 8])
def test_shrinking_keeps_what_matters(width: int) -> None:
    model, x, _, val_x, val_y = trained()
    before = F.cross_entropy(outputs(model, val_x), val_y).item()
    ours = copy.deepcopy(model)
    TorchResizer(ours).resize({"0": width}, Call((x[:256],), {}))
    kept = F.cross_entropy(outputs(ours, val_x), val_y).item()
    random = []
    for seed in range(10):
        cut = copy.deepcopy(model)
        keep = torch.randperm(32, generator=torch.Generator().manual_seed(seed))[:width]
        cut[0].weight.data, cut[0].bias.data = cut[0].weight.data[keep], cut[0].bias.data[keep]  # type: ignore[index]
        cut[2].weight.data = cut[2].weight.data[:, keep]  # type: ignore[index]
        random.append(F.cross_entropy(outputs(cut, val_x), val_y).item())
    average = sum(random) / len(random)
    assert kept < min(random)
    assert kept - before < 0.5 * (average - before)


@pytest.mark.parametrize("name", ["MLP", "ResNet"])
def test_there_and_back_again(name: str) -> None:
    model, x, y = made(name)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
    train(model, optimizer, x, y, 20)
    shapes = [p.shape for p in model.parameters()]
    before = outputs(model, x)
    resizer = TorchResizer(model, optimizer)
    resizer.resize(2.0, Call((x,), {}))
    resizer.resize(1.0, Call((x,), {}))
    assert [p.shape for p in model.parameters()] == shapes
    assert resizer.factor == 1.0
    assert outputs(model, x).shape == before.shape


def test_one_layer_alone() -> None:
    model, x, _ = made("MLP")
    resizer = TorchResizer(model)
    assert resizer.layers() == {"0": 32, "2": 24}
    change = resizer.resize({"2": 30}, Call((x,), {}))
    assert resizer.layers() == {"0": 32, "2": 30}
    assert (change.text, change.old, change.new) == ("2 24 → 30 units", {"2": 24}, {"2": 30})
    assert resizer.factor is None


def test_a_residual_stream_has_one_width() -> None:
    model, x, _ = made("ResNet")
    resizer = TorchResizer(model)
    before = outputs(model, x)
    resizer.resize({"stem": 9}, Call((x,), {}))
    assert resizer.layers()["blocks.0.two"] == resizer.layers()["stem"] == 9
    torch.testing.assert_close(outputs(model, x), before, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["MLP", "CNN", "depthwise", "ResNet"])
def test_one_more_layer_changes_nothing_at_first(name: str) -> None:
    model, x, y = made(name)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    losses = train(model, optimizer, x, y, 30)
    before, resizer = outputs(model, x), TorchResizer(model, optimizer)
    if name in (
        "depthwise",
        "ResNet",
    ):  # their activations are functions, which have no place where a layer could go
        with pytest.raises(RefusedError, match="There is no ReLU"):
            resizer.deepen(None, Call((x,), {}))
        return
    change = resizer.deepen(None, Call((x,), {}))
    assert torch.equal(outputs(model, x), before)
    layer = dict(model.named_modules())[change.new]
    start = layer.weight.detach().clone()  # type: ignore[operator,union-attr]
    after = train(model, optimizer, x, y, 20)
    assert not torch.equal(layer.weight, start)  # type: ignore[arg-type]
    assert max(after) < losses[-1] + 0.2
    resizer.resize(2.0, Call((x,), {}))
    assert resizer.layers()[change.new] == 2 * start.shape[0]


def test_a_layer_behind_another_activation_is_refused() -> None:
    model, x, _ = made("MLP")
    with pytest.raises(
        RefusedError, match=r"after '3' \(Tanh\) would change what the model computes.*after: 1\."
    ):
        TorchResizer(model).deepen("3", Call((x,), {}))


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.attention = nn.Linear(20, 16), nn.MultiheadAttention(16, 2, batch_first=True)
        self.fc1, self.fc2 = nn.Linear(16, 32), nn.Linear(32, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.embed(x)[:, None]
        h = self.attention(h, h, h)[0][:, 0]
        return self.fc2(F.relu(self.fc1(h)))  # type: ignore[no-any-return]


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.last = nn.Linear(20, 20), nn.Linear(20, 20), nn.Linear(20, 5)
        self.two.weight = self.one.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.two(F.relu(self.one(x))))  # type: ignore[no-any-return]


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(20, 8), nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.one(x)
        return self.two(h if h.sum() > 0 else -h)  # type: ignore[no-any-return]


class Picking(nn.Module):
    """Reads single channels, which a trace shows only as an index."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(20, 8), nn.Linear(1, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.two(self.one(x)[:, 3:4])  # type: ignore[no-any-return]


REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "attention": (Attention, r"attention \(MultiheadAttention\)|operation getitem"),
    "tied weights": (Tied, r"two\.weight and one\.weight are one and the same parameter"),
    "a branch on data": (Branching, r"structure of Branching cannot be followed"),
    "a channel picked out": (Picking, "getitem"),
    "LayerNorm": (
        lambda: nn.Sequential(nn.Linear(20, 8), nn.LayerNorm(8), nn.Linear(8, 5)),
        r"1 \(LayerNorm\)",
    ),
    "GRU": (lambda: nn.GRU(20, 8), "no hidden layer|cannot be"),
    "no hidden layer": (lambda: nn.Linear(20, 5), "no hidden layer"),
    "data parallel": (lambda: nn.DataParallel(mlp()), "wrapped in DataParallel"),
    "lazy": (lambda: nn.Sequential(nn.LazyLinear(8), nn.Linear(8, 5)), "made with the first batch"),
    "weight_norm": (
        lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(20, 8)), nn.Linear(8, 5)),
        "parametrization",
    ),
    "groups": (
        lambda: nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 8, 3, groups=2), nn.Conv2d(8, 1, 3)),
        "2 groups",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_resized_is_refused_by_name(case: str) -> None:
    make, reason = REFUSED[case]
    torch.manual_seed(0)
    model = make()
    before = copy.deepcopy(model.state_dict()) if case != "lazy" else {}
    resizer = TorchResizer(model)
    with pytest.raises(RefusedError, match=reason):
        resizer.resize(2.0, None)
    assert resizer.refusal() is not None
    assert all(torch.equal(a, b) for a, b in zip(before.values(), model.state_dict().values(), strict=False))


def test_a_layer_beside_what_cannot_be_resized_still_can() -> None:
    torch.manual_seed(0)
    model = Attention()
    before = outputs(model, ROWS)
    resizer = TorchResizer(model)
    assert resizer.layers() == {"fc1": 32}
    resizer.resize({"fc1": 48}, Call((ROWS,), {}))
    torch.testing.assert_close(outputs(model, ROWS), before, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        (-1, "from 1/64 to 64"), (0, "from 1/64 to 64"), (1e9, "from 1/64 to 64"), (math.nan, "from 1/64 to 64"),
        ("2", "factor"), (True, "factor"), (None, "factor"),
        ({"0": -1}, "from 1 to 65,536"), ({"0": 0}, "from 1 to 65,536"), ({"0": 10**9}, "from 1 to 65,536"),
        ({"nowhere": 8}, r"There is: 0, 2\."), ({"4": 8}, "the input or the output"),
    ],
)  # fmt: skip
def test_sizes_that_cannot_be_are_refused_with_the_limits(to: Any, reason: str) -> None:
    model, x, y = made("MLP")
    optimizer = torch.optim.Adam(model.parameters())
    train(model, optimizer, x, y, 2)
    before, remembered = copy.deepcopy(model.state_dict()), memory(optimizer)
    with pytest.raises(RefusedError, match=reason):
        TorchResizer(model, optimizer).resize(to, Call((x,), {}))
    assert all(torch.equal(a, b) for a, b in zip(before.values(), model.state_dict().values(), strict=True))
    assert memory(optimizer) == remembered


def test_a_model_that_would_be_gigantic_is_refused() -> None:
    model = nn.Sequential(nn.Linear(1000, 60_000), nn.ReLU(), nn.Linear(60_000, 4))
    with pytest.raises(RefusedError, match="65,536"):
        TorchResizer(model).resize(2.0, None)


def test_shrinking_without_a_batch_is_refused() -> None:
    with pytest.raises(RefusedError, match="Make one step, then try again"):
        TorchResizer(mlp()).resize(0.5, None)


def test_an_optimizer_that_is_not_understood_is_refused() -> None:
    model, x, _ = made("MLP")
    optimizer = torch.optim.LBFGS(model.parameters())
    with pytest.raises(RefusedError, match="LBFGS remembers things"):
        TorchResizer(model, optimizer).resize(2.0, Call((x,), {}))


def test_a_failure_half_way_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    from nnwidgets.frameworks import _torch_resize

    model, x, y = made("CNN")
    optimizer = torch.optim.Adam(model.parameters())
    train(model, optimizer, x, y, 3)
    before, remembered = copy.deepcopy(model.state_dict()), memory(optimizer)
    real, calls = _torch_resize.widen, []

    def fail(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise MemoryError("no room")
        real(*args)

    monkeypatch.setattr(_torch_resize, "widen", fail)
    with pytest.raises(MemoryError):
        TorchResizer(model, optimizer).resize(2.0, Call((x,), {}))
    assert all(torch.equal(a, b) for a, b in zip(before.values(), model.state_dict().values(), strict=True))
    assert memory(optimizer) == remembered
    assert model[0].out_channels == 8  # type: ignore[index]


def test_the_random_state_of_the_training_stays() -> None:
    model, x, _ = made("CNN")
    before = torch.get_rng_state()
    resizer = TorchResizer(model)
    resizer.resize(2.0, Call((x,), {}))
    resizer.resize(0.5, Call((x,), {}))
    assert torch.equal(torch.get_rng_state(), before)
    assert model.training


class Sized(nn.Module):
    def __init__(self, size: float = 1.0) -> None:
        super().__init__()
        width = int(16 * size)
        self.embed, self.norm = nn.Linear(20, width), nn.LayerNorm(width)
        self.more = nn.Linear(width, width) if size > 1 else nn.Identity()
        self.head = nn.Linear(width, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.more(self.norm(self.embed(x))))  # type: ignore[no-any-return]


@pytest.mark.parametrize("size", [2.0, 0.5])
def test_build_carries_over_what_overlaps(size: float) -> None:
    torch.manual_seed(0)
    model = Sized()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    y = (ROWS.sum(1) > 0).long()
    train(model, optimizer, ROWS, y, 10)
    kept = model.embed.weight.detach().clone()
    state = torch.get_rng_state()
    resizer = TorchResizer(model, optimizer, build=Sized)
    assert resizer.refusal() is None
    change = resizer.resize(size, Call((ROWS,), {}))
    n = min(16, int(16 * size))
    assert torch.equal(model.embed.weight[:n], kept[:n])
    assert model.embed.out_features == int(16 * size)
    assert torch.equal(torch.get_rng_state(), state)
    assert "carried over" in str(change.kept)
    assert {id(p) for g in optimizer.param_groups for p in g["params"]} == {id(p) for p in model.parameters()}
    losses = train(model, optimizer, ROWS, y, 60)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("build", "reason"),
    [(lambda size: 3, "returns a model, not int"), (lambda size: mlp(), "returns a Sequential; the model is a Sized"),
     (lambda size: 1 / 0, "ZeroDivisionError")],
)  # fmt: skip
def test_a_build_that_does_not_work_is_refused(build: Any, reason: str) -> None:
    model = Sized()
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(RefusedError, match=reason):
        TorchResizer(model, None, build).resize(2.0, None)
    assert all(torch.equal(a, b) for a, b in zip(before.values(), model.state_dict().values(), strict=True))


@pytest.mark.parametrize("given", ["the wrapper", "the module"])
def test_a_compiled_model_runs_on_in_its_new_size(given: str) -> None:
    torch._dynamo.reset()
    model, x, _ = made("MLP")
    compiled = torch.compile(model, backend="eager")
    before = compiled(x).detach()
    TorchResizer(compiled if given == "the wrapper" else model).resize(2.0, Call((x,), {}))  # type: ignore[arg-type]
    torch.testing.assert_close(compiled(x).detach(), before, rtol=1e-4, atol=1e-5)
    assert model[0].weight.shape == (64, 20)  # type: ignore[index]
    torch._dynamo.reset()
