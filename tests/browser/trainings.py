"""Cells that train something small, one for each way to get a panel; each leaves its run as ``run``."""

from __future__ import annotations

TORCH = """
import torch, nnwidgets as nnw
from torch import nn
torch.manual_seed(0)
x = torch.randn(256, 8); y = (x.sum(1) > 0).long()
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
batches = [(x[i:i + 32], y[i:i + 32]) for i in range(0, 192, 32)]
run = nnw.watch(model, optimizer, name="torch run")
for epoch in run.epochs(30):
    for a, b in run.train(batches):
        loss = nn.functional.cross_entropy(model(a), b)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        run.log(loss=loss)
    for a, b in run.validate([(x[192:], y[192:])]):
        run.log(loss=nn.functional.cross_entropy(model(a), b))
"""
KERAS = """
import os
os.environ["KERAS_BACKEND"] = "torch"
import keras, numpy as np, nnwidgets as nnw
x = np.random.default_rng(0).normal(size=(256, 8)); y = (x.sum(1) > 0).astype(int)
model = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(2, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
callback = nnw.KerasCallback(name="keras run")
model.fit(x, y, validation_split=0.25, epochs=5, verbose=0, callbacks=[callback])
run = callback.run
"""
LIGHTNING = """
import warnings; warnings.filterwarnings("ignore")
import logging; logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
import torch, lightning as L, nnwidgets as nnw
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
x = torch.randn(256, 8); y = (x.sum(1) > 0).long()
class Module(L.LightningModule):
    def __init__(self):
        super().__init__(); self.net = nn.Linear(8, 2)
    def training_step(self, batch, i): return nn.functional.cross_entropy(self.net(batch[0]), batch[1])
    def validation_step(self, batch, i):
        self.log("val_loss", nn.functional.cross_entropy(self.net(batch[0]), batch[1]))
    def configure_optimizers(self): return torch.optim.Adam(self.parameters(), lr=1e-2)
callback = nnw.LightningCallback(name="lightning run")
L.Trainer(max_epochs=5, callbacks=[callback], logger=False, enable_checkpointing=False, enable_progress_bar=False,
          enable_model_summary=False, accelerator="cpu").fit(
    Module(), DataLoader(TensorDataset(x, y), batch_size=32), DataLoader(TensorDataset(x, y), batch_size=64))
run = callback.run
"""
NUMPY = """
import numpy as np, nnwidgets as nnw
rng = np.random.default_rng(0)
x = rng.normal(size=(256, 8)); y = x.sum(1)
w = np.zeros(8)
with nnw.Run(name="numpy run") as run:
    for epoch in run.epochs(40):
        error = x[:192] @ w - y[:192]
        w -= 0.05 * x[:192].T @ error / 192
        run.log(loss=(error ** 2).mean(), val_loss=((x[192:] @ w - y[192:]) ** 2).mean())
"""
#: Trains until the condition holds, or for a minute; prints whether it held and how the panel is looked at. Sleeps
#: as long as a step of a real network takes, for the processor is needed by the page as well.
_UNTIL = """
import time, nnwidgets as nnw
run = nnw.Run(name="until")
panel = run.panel
{before}
for epoch in run.epochs(100_000):
    for batch in run.train(range(20)):
        run.log(loss=2 / (1 + run.steps ** 0.5), accuracy=0.5)
        time.sleep(0.001)
    for batch in run.validate(range(2)):
        run.log(loss=1 / (1 + run.steps ** 0.5))
    if {condition} or run.elapsed > 60:
        break
run.finish()
print("OBEYED" if run.elapsed < 60 else "NOT OBEYED", panel.view, panel.mode)
"""


def until(condition: str, *, before: str = "") -> str:
    """Return a cell that trains until ``condition`` holds, an expression over ``panel``, ``run`` and ``epoch``."""
    return _UNTIL.format(condition=condition, before=before)
