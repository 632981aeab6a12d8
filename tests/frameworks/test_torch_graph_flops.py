"""Floating-point operations are what torch counts, where torch counts them."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.utils.flop_counter import FlopCounterMode

from nnwidgets.frameworks._torch_graph import trace
from tests.frameworks.torch_models import UNet, mlp


class Bottleneck(nn.Module):
    def __init__(self, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width // 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(width // 2)
        self.conv2 = nn.Conv2d(width // 2, width, 3, stride, 1, groups=2)
        self.down = nn.Conv2d(width, width, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.conv2(F.relu(self.norm(self.conv1(x)))) + self.down(x))


class Conv1D(nn.Module):
    """A linear layer as GPT-2 has it."""

    def __init__(self, wide: int, width: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(width, wide)), nn.Parameter(torch.ones(wide))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shape = (*x.shape[:-1], self.bias.numel())
        return torch.addmm(self.bias, x.view(-1, x.shape[-1]), self.weight).view(shape)


class GPT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(11, 8), nn.Embedding(5, 8)
        self.norm, self.qkv, self.out = nn.LayerNorm(8), Conv1D(24, 8), Conv1D(8, 8)
        self.head = nn.Linear(8, 11, bias=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1]))
        for _ in range(3):
            q, k, v = (part.view(2, 5, 2, 4).transpose(1, 2) for part in self.qkv(self.norm(x)).split(8, -1))
            scores = (q @ k.transpose(-1, -2) / 2).softmax(-1)
            x = x + self.out(torch.matmul(scores, v).transpose(1, 2).reshape(2, 5, 8))
        return self.head(x)  # type: ignore[no-any-return]


def functions(x: torch.Tensor) -> torch.Tensor:
    y = torch.einsum("bij,bkj->bik", x, x)
    y = torch.bmm(y, y) + torch.baddbmm(y, y, y) + x.mT.mT.matmul(x.mT)
    z = torch.mm(y[0], y[1]) + torch.tensordot(y, y, dims=([0, 1], [0, 1]))
    return F.linear(z, z) + F.conv1d(y, y).sum() + F.conv_transpose1d(y, y[0][:, :, None]).sum()


@pytest.mark.parametrize(
    ("model", "args"),
    [
        (mlp(), (torch.ones(3, 4),)),
        (nn.Sequential(Bottleneck(4), Bottleneck(4, 2), Bottleneck(4)), (torch.ones(2, 4, 8, 8),)),
        (UNet(), (torch.ones(2, 1, 8, 8),)),
        (nn.Conv3d(2, 4, 3), (torch.ones(1, 2, 5, 5, 5),)),
        (
            nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True), 3),
            (torch.ones(2, 5, 8),),
        ),
        (GPT(), (torch.zeros(2, 5, dtype=torch.long),)),
        (functions, (torch.ones(2, 4, 4),)),
    ],
)
def test_they_are_what_torch_counts(model: Any, args: tuple[torch.Tensor, ...]) -> None:
    graph = trace(model, args, {})
    assert graph.failed is None
    counter = FlopCounterMode(display=False)
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH), counter:
        model(*args)
    assert graph.flops == counter.get_total_flops() > 0


def test_recurrent_layers_count_every_matrix_in_every_step() -> None:
    lengths = torch.tensor([5, 2])
    packed = nn.utils.rnn.pack_padded_sequence(torch.ones(5, 2, 3), lengths)
    for kind, gates in ((nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)):
        layer = kind(3, 6, num_layers=2, bidirectional=True)
        one = gates * 6 * (3 + 6 + 12 + 6) * 2
        assert trace(layer, (torch.ones(5, 2, 3),), {}).flops == 2 * 10 * one
        assert trace(layer, (packed,), {}).flops == 2 * 7 * one
    for cell, gates in ((nn.LSTMCell, 4), (nn.GRUCell, 3), (nn.RNNCell, 1)):
        assert trace(cell(3, 6), (torch.ones(2, 3),), {}).flops == 2 * 2 * gates * 6 * 9


def test_attention_is_counted_by_its_products() -> None:
    q, k, v = torch.ones(2, 3, 5, 4), torch.ones(2, 3, 7, 4), torch.ones(2, 3, 7, 6)
    graph = trace(F.scaled_dot_product_attention, (q, k, v), {})
    assert graph.flops == 2 * math.prod((2, 3, 5, 7)) * (4 + 6)
    assert trace(nn.Embedding(3, 4), (torch.zeros(2, dtype=torch.long),), {}).flops == 0
