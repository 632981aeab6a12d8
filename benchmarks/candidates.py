"""Who is measured, by what the table calls them. Imports nothing, so that the program can list what it cannot load."""

from __future__ import annotations

from typing import Final

#: key: (what the table calls it, the package that it comes in)
PEERS: Final = {
    "list": ("list append of two `.item()`", ""),
    "csv": ("csv.writer", ""),
    "tqdm": ("tqdm `set_postfix`", "tqdm"),
    "tqdm_notebook": ("tqdm.notebook `set_postfix` (draws)", "tqdm"),
    "trackio": ("trackio", "trackio"),
    "tensorboard": ("TensorBoard `SummaryWriter`, `add_scalar` twice", "tensorboard"),
    "wandb": ("wandb, offline", "wandb"),
    "mlflow": ("mlflow `log_metrics`, SQLite", "mlflow"),
    "mlflow_async": ("mlflow `log_metrics`, SQLite, asynchronous", "mlflow"),
    "aim": ("aim", "aim"),
    "livelossplot": ("livelossplot (draws 10 times a second at most)", "livelossplot"),
    "fastprogress": ("fastprogress (draws 10 times a second at most)", "fastprogress"),
}

OURS: Final = {
    "ours.log": "nnwidgets, recorded in memory",
    "ours.store": "nnwidgets, kept on disk",
    "ours.panel": "nnwidgets, kept on disk and drawn (10 times a second at most)",
}

LIGHTNING: Final = {
    "log": "Lightning `self.log` twice",
    "csv": "Lightning `self.log` twice + CSVLogger",
    "tensorboard": "Lightning `self.log` twice + TensorBoardLogger",
    "ours": "nnwidgets `LightningCallback`, kept and drawn (the loss of each batch)",
    "ours.log": "nnwidgets `LightningCallback`, kept and drawn, beside `self.log` twice",
}

KERAS: Final = {
    "tensorflow.lambda": "Keras on TensorFlow, a list append in `on_train_batch_end`",
    "tensorflow.tensorboard": "Keras on TensorFlow, `TensorBoard(update_freq='batch')`",
    "tensorflow.ours": "nnwidgets `KerasCallback` on TensorFlow, kept and drawn",
    "torch.lambda": "Keras on PyTorch, a list append in `on_train_batch_end`",
    "torch.ours": "nnwidgets `KerasCallback` on PyTorch, kept and drawn",
}
