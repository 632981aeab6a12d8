"""Keras ``fit`` with and without a callback; the backend is the one that the kernel was started with."""

from __future__ import annotations

import os
import tempfile
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import nnwidgets as nnw

#: Seconds that a step takes about.
STEP = {"tensorflow": 0.001, "torch": 0.003}


class Clock(keras.callbacks.Callback):  # type: ignore[misc]  # keras ships no types
    """Times the second epoch; it has no part in batches, because that alone would make Keras slower."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds = time.perf_counter() - self.began


class KerasDuel:
    """One candidate: ``<backend>.ours``, ``<backend>.lambda`` or ``<backend>.tensorboard``."""

    def __init__(self, key: str) -> None:
        self.backend, _, self.key = key.partition(".")
        assert keras.backend.backend() == self.backend
        if self.backend == "torch":
            import torch

            torch.set_num_threads(1)  # as in the other loops
        keras.utils.set_random_seed(0)
        self.scratch = tempfile.mkdtemp(prefix="bench-")
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(64 * 1000, 64)).astype("float32")
        self.y = rng.integers(0, 10, size=64 * 1000)
        dense = keras.layers.Dense
        self.model = keras.Sequential([keras.Input((64,)), dense(128, "relu"), dense(128, "relu"), dense(10)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile("adam", loss, metrics=["accuracy"])

    def bare(self, seconds: float) -> float:
        return self._fit(seconds, [])

    def candidate(self, seconds: float) -> float:
        return self._fit(seconds, [self._callback()])

    def _callback(self) -> Any:
        if self.key == "ours":
            return nnw.KerasCallback(store=self.scratch, show=True)
        if self.key == "tensorboard":
            return keras.callbacks.TensorBoard(self.scratch, update_freq="batch")
        rows: list[tuple[float, float]] = []
        return keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: rows.append((logs["loss"], logs["accuracy"]))
        )

    def _fit(self, seconds: float, callbacks: list[Any]) -> float:
        steps = min(1000, max(20, int(seconds / STEP[self.backend])))
        clock = Clock()
        samples = 64 * steps
        # Our clock stands around the others: first to begin an epoch, last to end it.
        self.model.fit(
            self.x[:samples], self.y[:samples], batch_size=64, epochs=2, verbose=0,
            callbacks=[*callbacks, clock],
        )  # fmt: skip
        return clock.seconds / steps
