"""A network that is moved to another device and back while it trains: the two devices are parts of one processor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from sklearn.datasets import load_digits

import nnwidgets as nnw

#: At the end of which epoch the network is asked to go where.
MOVES = {7: "cpu:1", 15: "cpu:0"}


class Mover(keras.callbacks.Callback):
    """Asks for the moves, as a click in the panel would."""

    def __init__(self, watcher: nnw.KerasCallback) -> None:
        super().__init__()
        self.watcher = watcher

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Ask; it is done between this step and the next."""
        if epoch in MOVES:
            self.watcher.run.controls.device = MOVES[epoch]


def train() -> nnw.Run:
    """Train on two logical devices."""
    (processor,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    keras.utils.set_random_seed(0)
    images, digits = load_digits(return_X_y=True)
    images = images / 16
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(128, "relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    watcher = nnw.KerasCallback(name="moved twice", store=False, show=False)
    model.fit(
        images[:800], digits[:800], validation_data=(images[800:], digits[800:]), epochs=24, batch_size=50, verbose=0,
        callbacks=[watcher, Mover(watcher)],
    )  # fmt: skip
    return watcher.run


if __name__ == "__main__":
    run = train()
    run.export_html(Path(sys.argv[1]) / "device.html", title="Moved to another device and back")
