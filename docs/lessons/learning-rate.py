"""The exercise of the course: a network with two layers, written by hand in numpy, at three learning rates."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

import nnwidgets as nnw

x, y = load_breast_cancer(return_X_y=True)
x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.3, stratify=y, random_state=0)
mean, spread = x_train.mean(axis=0), x_train.std(axis=0)
x_train, x_val = (x_train - mean) / spread, (x_val - mean) / spread


def train(learning_rate: float) -> nnw.Run:
    """Train for forty epochs; each training begins with the same weights and sees the same batches."""
    random = np.random.default_rng(0)
    w1, b1 = random.normal(0, np.sqrt(2 / 30), (30, 16)), np.zeros(16)
    w2, b2 = random.normal(0, np.sqrt(2 / 16), (16, 2)), np.zeros(2)

    def judge(x, y):
        """Return the hidden layer, the probabilities, and the loss."""
        hidden = np.maximum(x @ w1 + b1, 0)
        scores = hidden @ w2 + b2
        scores -= scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return hidden, np.exp(log_p), -log_p[np.arange(len(y)), y].mean()

    with nnw.Run(show=False, store=False) as run:
        for _ in run.epochs(40):
            order = random.permutation(len(y_train))
            for rows in run.train([order[i : i + 32] for i in range(0, len(order), 32)]):
                hidden, p, loss = judge(x_train[rows], y_train[rows])
                p[np.arange(len(rows)), y_train[rows]] -= 1
                at_scores = p / len(rows)
                at_hidden = (at_scores @ w2.T) * (hidden > 0)
                w2 -= learning_rate * hidden.T @ at_scores
                b2 -= learning_rate * at_scores.sum(axis=0)
                w1 -= learning_rate * x_train[rows].T @ at_hidden
                b1 -= learning_rate * at_hidden.sum(axis=0)
                run.log(loss=loss)
            for inputs, labels in run.validate([(x_val, y_val)]):
                _, p, loss = judge(inputs, labels)
                run.log(loss=loss, accuracy=(p.argmax(axis=1) == labels).mean())
    return run


if __name__ == "__main__":
    runs = nnw.sweep(train, learning_rate=(0.1, 0.005, 1.0))
    nnw.export_html(
        runs, Path(sys.argv[1]) / "learning-rate.html", title="A network by hand, at three learning rates"
    )
