"""The weights of the flag's third part, from curves whose end is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.flag.curves import Curve
from benchmarks.flag.hindsight import Truth, missed, truth
from nnwidgets._excursion import Excursion, Features
from nnwidgets._points import Floats
from nnwidgets.divergence import LEAST_SINCE, WARM_UP


def fit(sources: Sequence[Sequence[Curve]]) -> tuple[Features, float]:
    """Return weights and bias of a logistic regression: will no better validation follow, and is this overfitting?

    Each validation that lies after a best is one example. Each source counts the same, however many curves it has, and
    within it a curve counts as the root of its number of examples, so that a long run does not drown ten short ones.
    Where hindsight is undecided only a flag that would have been premature is an example. One more source are plateaus
    made of nothing but noise, of which trainings have too few. The penalty (C = 0.3, after scaling) was not tuned.
    """
    parts = [_examples(curves) for curves in [*sources, plateaus(100)]]
    table, answers, weights = (np.concatenate([part[i] for part in parts]) for i in range(3))
    scale = table.std(axis=0)
    model = LogisticRegression(C=0.3, max_iter=1000).fit(
        table / scale, answers, sample_weight=weights * len(weights) / weights.sum()
    )
    return Features(*(model.coef_[0] / scale).tolist()), float(model.intercept_[0])


def _examples(curves: Sequence[Curve]) -> tuple[Floats, Floats, Floats]:
    """Return what is seen, what follows, and what it counts, which comes to 1 in all."""
    examples, answers, weights = [], [], []
    for curve in curves:
        known = truth(curve)
        if known.kind == "unstable":
            continue
        rows = _rows(curve, known)
        examples += [features for features, _ in rows]
        answers += [answer for _, answer in rows]
        weights += [1 / np.sqrt(max(len(rows), 1))] * len(rows)
    return np.array(examples), np.array(answers, float), np.array(weights) / sum(weights)


def plateaus(count: int) -> list[Curve]:
    """Return curves that fall to a level and then only scatter, by 0.3 to 10 per cent, while training goes on."""
    made = []
    for seed in range(count):
        random = np.random.default_rng(seed)
        n = int(random.choice([30, 60, 120, 250, 500]))
        epochs = np.arange(n, dtype=float)
        fall = np.exp(-random.uniform(0.05, 0.3) * epochs)
        level = random.uniform(0.2, 0.8)
        scatter = 1 + 10 ** random.uniform(-2.5, -1) * random.normal(size=n)
        train = random.uniform(0.001, 0.2) + 0.8 * fall
        made.append(
            Curve(f"plateau{seed:04d}", epochs, train, (level + (1 - level) * fall) * np.abs(scatter))
        )
    return made


def _rows(curve: Curve, known: Truth) -> list[tuple[Features, bool]]:
    excursion = Excursion()
    rows = []
    for at, (value, train) in enumerate(zip(curve.val.tolist(), curve.train.tolist(), strict=True)):
        excursion.add(value, train)
        if excursion.count < WARM_UP or excursion.since < LEAST_SINCE or at > len(curve.val) - 2:
            continue
        premature = missed(curve.val, at, excursion.best, known)
        if known.kind != "grey" or premature:
            rows.append((excursion.features(), known.kind == "overfit" and not premature))
    return rows
