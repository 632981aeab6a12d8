"""Models to draw: written by hand, in the ways in which people write them, each with an input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class Bottleneck(nn.Module):
    """The block of a ResNet-50: three convolutions, and what came in is added."""

    def __init__(self, channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or channels != 4 * width:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width)
            )

    def forward(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += identity
        return self.relu(out)


class ResNet(nn.Module):
    """ResNet-50, and with another ``depth`` others of its kind."""

    def __init__(self, depth: tuple[int, ...] = (3, 4, 6, 3), width: int = 64, classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        channels = width
        for stage, blocks in enumerate(depth):
            inner = width * 2**stage
            layers = [Bottleneck(channels, inner, 1 if stage == 0 else 2)]
            channels = 4 * inner
            layers += [Bottleneck(channels, inner) for _ in range(blocks - 1)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.stages = len(depth)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


class Attention(nn.Module):
    """Attention written with functions, as in a course."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        scores = (q @ k.transpose(-2, -1)) / (width // self.heads) ** 0.5
        mixed = scores.softmax(-1) @ v
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    """An encoder of equal blocks over tokens."""

    def __init__(self, depth: int = 12, width: int = 128, heads: int = 4, words: int = 1000) -> None:
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.position = nn.Parameter(torch.zeros(1, 512, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, words)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids) + self.position[:, : ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


class Loop(nn.Module):
    """A recurrent network whose steps are a Python loop."""

    def __init__(self, features: int = 16, hidden: int = 32) -> None:
        super().__init__()
        self.cell = nn.GRUCell(features, hidden)
        self.head = nn.Linear(hidden, 4)

    def forward(self, x: Tensor) -> Tensor:
        h = x.new_zeros(x.shape[0], self.cell.hidden_size)
        for step in range(x.shape[1]):
            h = self.cell(x[:, step], h)
        return self.head(h)


class Twice(nn.Sequential):
    """Two convolutions of a U-Net."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(channels, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
        )


class UNet(nn.Module):
    """Down, up again, and across."""

    def __init__(self, width: int = 16, depth: int = 3) -> None:
        super().__init__()
        widths = [width * 2**i for i in range(depth + 1)]
        self.down = nn.ModuleList(Twice(a, b) for a, b in zip([1, *widths], widths, strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * a, a, 2, 2) for a in reversed(widths[:-1]))
        self.join = nn.ModuleList(Twice(2 * a, a) for a in reversed(widths[:-1]))
        self.last = nn.Conv2d(width, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        left = []
        for i, down in enumerate(self.down):
            x = down(x if i == 0 else functional.max_pool2d(x, 2))
            left.append(x)
        for up, join, beside in zip(self.up, self.join, reversed(left[:-1]), strict=True):
            x = join(torch.cat([beside, up(x)], 1))
        return self.last(x)


class Branch(nn.Module):
    """Which way is taken depends on the data."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.more, self.less = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        if x.sum() > 0:
            return self.more(x).relu()
        return self.less(x).tanh()


class Dict(nn.Module):
    """Takes a dictionary with a None in it and gives one."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(100, 16)
        self.head = nn.Linear(16, 3)

    def forward(self, batch: dict[str, Tensor | None]) -> dict[str, Tensor]:
        ids, mask = batch["ids"], batch["mask"]
        assert ids is not None
        x = self.embed(ids)
        if mask is not None:
            x = x * mask.unsqueeze(-1)
        x = x.mean(1)
        return {"features": x, "logits": self.head(x)}


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))


#: What to draw: words, and what makes the model and the arguments of its forward.
MODELS: dict[str, tuple[str, Callable[[], tuple[nn.Module, tuple[Any, ...]]]]] = {
    "mlp": ("an MLP of 5 layers", lambda: (mlp(), (torch.randn(8, 64),))),
    "resnet50": ("ResNet-50", lambda: (ResNet(), (torch.randn(1, 3, 64, 64),))),
    "transformer": (
        "a transformer of 12 blocks",
        lambda: (Transformer(), (torch.randint(0, 1000, (2, 32)),)),
    ),
    "rnn": ("a loop of 100 GRU steps", lambda: (Loop(), (torch.randn(4, 100, 16),))),
    "unet": ("a U-Net", lambda: (UNet(), (torch.randn(1, 1, 32, 32),))),
    "branch": ("a branch that the data decides", lambda: (Branch(), (torch.randn(4, 8),))),
    "dict": (
        "a dictionary with None as input",
        lambda: (Dict(), ({"ids": torch.randint(0, 100, (2, 8)), "mask": None},)),
    ),
}
