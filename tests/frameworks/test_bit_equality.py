"""Watching must not change the numbers: same seeds, same losses, bit for bit, with dropout and shuffling on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.frameworks.programs import result_of

TORCH = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)
x = torch.randn(256, 20); y = torch.randint(0, 3, (256,))
train = DataLoader(TensorDataset(x[:192], y[:192]), batch_size=32, shuffle=True)
val = DataLoader(TensorDataset(x[192:], y[192:]), batch_size=32)
model = nn.Sequential(nn.Linear(20, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.4), nn.Linear(32, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.CrossEntropyLoss()
losses = []

def step(batch):
    a, b = batch
    loss = loss_fn(model(a), b)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
    losses.append(loss.item())
    return loss

def check(batch):
    a, b = batch
    loss = loss_fn(model(a), b)
    losses.append(loss.item())
    return loss
"""

TORCH_BARE = """
for epoch in range(4):
    model.train()
    for batch in train:
        step(batch)
    model.eval()
    with torch.no_grad():
        for batch in val:
            check(batch)
"""

TORCH_WATCHED = """
import nnwidgets as nnw
run = nnw.watch(model, optimizer, store=STORE)
run.observe(lambda run: run.history.get("train/loss") and run.history["train/loss"].window(100))
for epoch in run.epochs(4):
    for batch in run.train(train):
        run.log(loss=step(batch))
    for batch in run.validate(val):
        run.log(loss=check(batch))
assert run.status == "finished" and run.history["train/loss"].count == 24, run
"""

KERAS = """
import numpy as np, keras
keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)
x = rng.normal(size=(256, 20)).astype("float32"); y = rng.integers(0, 3, 256)
model = keras.Sequential([keras.layers.Input((20,)), keras.layers.Dense(32, activation="relu"),
                          keras.layers.Dropout(0.4), keras.layers.Dense(3, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
losses = []
"""

KERAS_FIT = """
history = model.fit(x, y, validation_split=0.25, epochs=3, verbose=0, shuffle=True, callbacks=CALLBACKS)
for values in history.history.values():
    losses.extend(values)
losses.extend(float(w) for layer in model.get_weights() for w in layer.ravel())
"""

KERAS_WATCHED = """
import nnwidgets as nnw
callback = nnw.KerasCallback(store=STORE)
CALLBACKS = [callback]
"""

LIGHTNING = """
import torch, lightning as L
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
L.seed_everything(7, verbose=False)
x = torch.randn(256, 20); y = torch.randint(0, 3, (256,))
losses = []

class Module(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Dropout(0.4), nn.Linear(32, 3))
    def training_step(self, batch, i):
        loss = nn.functional.cross_entropy(self.net(batch[0]), batch[1])
        losses.append(loss.item())
        return loss
    def validation_step(self, batch, i):
        loss = nn.functional.cross_entropy(self.net(batch[0]), batch[1])
        losses.append(loss.item())
        self.log("val_loss", loss)
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)

def fit(callbacks):
    L.Trainer(max_epochs=3, logger=False, enable_checkpointing=False, enable_progress_bar=False,
              enable_model_summary=False, accelerator="cpu", callbacks=callbacks).fit(
        Module(), DataLoader(TensorDataset(x[:192], y[:192]), batch_size=32, shuffle=True),
        DataLoader(TensorDataset(x[192:], y[192:]), batch_size=32))
"""

CASES = {
    "torch": (TORCH, TORCH_BARE, TORCH_WATCHED, {}),
    "keras on tensorflow": (
        KERAS,
        "CALLBACKS = []\n" + KERAS_FIT,
        KERAS_WATCHED + KERAS_FIT + "assert callback.run.history['val/loss'].count == 3\n",
        {"KERAS_BACKEND": "tensorflow"},
    ),
    "keras on torch": (
        KERAS,
        "CALLBACKS = []\n" + KERAS_FIT,
        KERAS_WATCHED + KERAS_FIT + "assert callback.run.history['val/loss'].count == 3\n",
        {"KERAS_BACKEND": "torch"},
    ),
    "lightning": (
        LIGHTNING,
        "fit([])",
        (
            "import nnwidgets as nnw\ncallback = nnw.LightningCallback(store=STORE)\nfit([callback])\n"
            "assert callback.run.history['train/loss'].count == 18\n"
        ),
        {},
    ),
}

PRINT = "\nimport struct\nresult = b''.join(struct.pack('<d', v) for v in losses).hex()\n"


def losses_of(code: str, environment: dict[str, str], home: Path) -> str:
    """Run a training in a process of its own and return the exact bits of its losses."""
    return str(result_of(code + PRINT, home, **environment))


@pytest.mark.parametrize("case", CASES)
def test_a_watched_run_is_bit_equal_to_an_unwatched_one(
    case: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    setup, bare, watched, environment = CASES[case]
    home = tmp_path_factory.mktemp("home")
    unwatched = losses_of(setup + bare, environment, home)
    assert len(unwatched) > 300
    assert losses_of(setup + watched.replace("STORE", "True"), environment, home) == unwatched


def test_the_comparison_would_notice_a_changed_number(tmp_path: Path) -> None:
    changed = TORCH_BARE.replace("model.train()", "model.train(); torch.rand(1)")
    assert losses_of(TORCH + changed, {}, tmp_path) != losses_of(TORCH + TORCH_BARE, {}, tmp_path)
