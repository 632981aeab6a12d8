"""The switch between processor and GPU in the middle of a run; only where there is a GPU."""

from __future__ import annotations

import time

import pytest
import torch
from torch import nn

import nnwidgets as nnw

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")


def trained(moves: dict[int, str]) -> tuple[list[float], list[str], nnw.Run]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, 10)).double()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    x, y = torch.randn(512, 64, dtype=torch.float64), torch.randint(0, 10, (512,))
    run = nnw.watch(model, optimizer, show=False, store=False)
    losses, places = [], []
    for _ in run.epochs(4):
        for i in run.train(range(0, 512, 64)):
            if run.steps in moves:
                run.controls.device = moves[run.steps]
            device = next(model.parameters()).device
            loss = nn.functional.cross_entropy(model(x[i : i + 64].to(device)), y[i : i + 64].to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.log(loss=loss)
            losses.append(loss.item())
            places.append(device.type)
    return losses, places, run


def test_a_run_goes_to_the_gpu_and_back_with_the_same_losses() -> None:
    plain, _, _ = trained({})
    moved, places, run = trained({6: "cuda", 20: "cpu"})
    assert places == ["cpu"] * 6 + ["cuda"] * 14 + ["cpu"] * 12
    assert moved == pytest.approx(plain, rel=1e-9)
    there, back = run.interventions
    assert (there.text, back.text) == ("device cpu → cuda:0", "device cuda:0 → cpu")
    assert there.loss_after == pytest.approx(there.loss_before, rel=1e-9)


def test_the_batches_of_the_loop_move_along() -> None:
    model = nn.Linear(4, 2)
    run = nnw.watch(model, torch.optim.SGD(model.parameters(), 0.1), show=False, store=False)
    seen = []
    for batch in run.train([torch.randn(8, 4)] * 3):
        seen.append(batch.device.type)
        run.log(loss=model(batch).square().mean())
        if len(seen) == 1:
            began = time.perf_counter()
            run.controls.device = "cuda:0"
            print(f"requested after {time.perf_counter() - began:.4f} s")  # noqa: T201
    assert seen == ["cpu", "cuda", "cuda"]
