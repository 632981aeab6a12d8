"""What is measured of a Lightning module in training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightning as L  # noqa: N812 — as its own documentation does
import pytest
import torch
from torch import nn
from torch.nn.modules import module as module_hooks
from torch.utils.data import DataLoader, TensorDataset

import nnwidgets as nnw
from nnwidgets import _sampling
from nnwidgets._sampling_plan import Plan

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*:UserWarning", "ignore:.*:DeprecationWarning", "ignore::FutureWarning"
)


class Module(L.LightningModule):
    """Two networks, each with an optimizer, or one."""

    def __init__(self, optimizers: int = 1, fails: Callable[[int], None] = lambda i: None) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(20, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.4), nn.Linear(32, 3)
        )
        self.other = nn.Linear(20, 3)
        self.automatic_optimization = optimizers == 1
        self.count, self.fails = optimizers, fails
        self.losses: list[float] = []

    def training_step(self, batch: Any, i: int) -> torch.Tensor:
        loss = nn.functional.cross_entropy(self.net(batch[0]), batch[1])
        self.fails(i)
        if not self.automatic_optimization:
            loss = self._by_hand(loss, batch)
        self.losses.append(loss.item())
        return loss

    def _by_hand(self, loss: torch.Tensor, batch: Any) -> torch.Tensor:
        one, two = self.optimizers()
        one.zero_grad()
        self.manual_backward(loss)
        one.step()
        other = nn.functional.cross_entropy(self.other(batch[0]), batch[1])
        two.zero_grad()
        self.manual_backward(other)
        two.step()
        return loss.detach()

    def validation_step(self, batch: Any, i: int) -> None:
        self.log("val_loss", nn.functional.cross_entropy(self.net(batch[0]), batch[1]))

    def configure_optimizers(self) -> Any:
        one = torch.optim.Adam(self.net.parameters(), lr=1e-2)
        return one if self.count == 1 else [one, torch.optim.SGD(self.other.parameters(), lr=0.1)]


def fitted(
    module: Module | None = None, *, watch: bool = True, **options: Any
) -> tuple[Module, nnw.Run | None]:
    torch.manual_seed(7)
    module = module or Module()
    torch.manual_seed(8)
    x, y = torch.randn(256, 20), torch.randint(0, 3, (256,))
    callback = nnw.LightningCallback(store=False, show=False) if watch else None
    trainer = L.Trainer(
        max_epochs=2, logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, accelerator="cpu", callbacks=[callback] if callback else [], **options,
    )  # fmt: skip
    loaders = [
        DataLoader(TensorDataset(x[a:b], y[a:b]), batch_size=32, shuffle=not a)
        for a, b in ((0, 192), (192, 256))
    ]
    trainer.fit(module, *loaders)
    return module, None if callback is None else callback.run


@pytest.fixture(autouse=True)
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sampling, "Plan", lambda: Plan(every_step=True))


def series(run: nnw.Run | None, key: str, statistic: str) -> list[int]:
    assert run is not None
    steps: list[int] = run.history.layers.series(key, statistic)[0].tolist()
    return steps


def test_a_fit_that_is_sampled_in_every_step_is_bit_equal() -> None:
    torch.manual_seed(7)
    bare, _ = fitted(Module(), watch=False)
    torch.manual_seed(7)
    module, run = fitted(Module())
    assert bare.losses == module.losses
    assert all(
        torch.equal(a, b)
        for a, b in zip(bare.state_dict().values(), module.state_dict().values(), strict=True)
    )
    assert run is not None
    assert run.notices == []
    for statistic in ("grad", "update", "weight"):
        assert series(run, "net.0.weight", statistic) == list(range(1, 13))
    assert series(run, "net.2", "dead") == list(range(1, 13))
    assert not module_hooks._global_forward_hooks


def test_batches_whose_gradients_are_only_gathered_have_no_update() -> None:
    _, run = fitted(accumulate_grad_batches=3)
    assert series(run, "net.0.weight", "update") == [3, 6, 9, 12]
    assert series(run, "net.0", "std") == list(range(1, 13))


def test_every_optimizer_is_watched() -> None:
    _, run = fitted(Module(optimizers=2))
    assert series(run, "net.0.weight", "update") == list(range(1, 13))
    assert series(run, "other.weight", "update") == list(range(1, 13))
    assert series(run, "other", "std") == list(range(1, 13))


def test_an_exception_leaves_no_hook() -> None:
    def fails(i: int) -> None:
        if i == 2:
            raise RuntimeError("of the person's own")

    module = Module(fails=fails)
    with pytest.raises(RuntimeError, match="of the person's own"):
        fitted(module)
    assert not module_hooks._global_forward_hooks
