"""Measure how often the flag is right, and how late: `python benchmarks/divergence.py --help`."""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

import torch

from benchmarks.flag import curves as sources
from benchmarks.flag.fit import fit
from benchmarks.flag.hindsight import Rule, score, truth
from benchmarks.flag.rules import RULES
from nnwidgets import divergence
from nnwidgets.divergence import DivergenceMonitor, replay
from nnwidgets.frameworks import watch

#: How many small networks are trained where nothing else is said.
NETWORKS = 640
COLUMNS = ("rule", "found", "too early", "false alarms", "score", "delay", "onset", "lost", "saved")


def main(arguments: list[str]) -> int:
    """Print the table, the weights, or what one validation costs."""
    asked = _parser().parse_args(arguments)
    if asked.cost:
        print(
            f"one validation: {cost(10_000):.1f} µs, the mean of 10,000 that ask for every part of the rule"
        )
        print(
            f"one snapshot: {snapshot():.1f} ms on the training thread, of 1,000,000 weights with Adam's moments"
        )
        return 0
    folders = [sources.stored(folder) for folder in asked.curves]
    for folder, found in zip(asked.curves, folders, strict=True):
        if not found:
            print(f"There is no curve of 8 validations or more in {folder}.", file=sys.stderr)
            return 2
    if asked.count or not folders:
        folders.append(list(sources.trained(asked.count or NETWORKS)))
    if asked.fit:
        weights, bias = fit(folders)
        print("\n".join(f"{name:10} {weight:+.2f}" for name, weight in weights._asdict().items()))
        print(f"{'bias':10} {bias:+.2f}")
        return 0
    curves = [curve for found in folders for curve in found]
    if asked.keep:
        sources.store(asked.keep, curves)
    if asked.hold_out:
        for i, found in enumerate(folders):
            rest = [other for other in folders if other is not found]
            with fitted_to(rest):
                title = asked.curves[i].name if i < len(asked.curves) else "networks"
                print_table(found, {f"nnwidgets, not fitted to {title}": replay})
        return 0
    print_table(curves, RULES)
    return 0


def print_table(curves: list[sources.Curve], rules: dict[str, Rule]) -> None:
    """Print how rules did."""
    truths = [truth(curve) for curve in curves]
    print(
        ", ".join(f"{count} {kind}" for kind, count in Counter(known.kind for known in truths).most_common())
    )
    print(f"\n| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
    for name, rule in rules.items():
        print(line(name, rule, curves, truths))


@contextlib.contextmanager
def fitted_to(folders: list[list[sources.Curve]]) -> Iterator[None]:
    """Let the rule have the weights that follow from these curves."""
    before = divergence.WEIGHTS, divergence.BIAS
    divergence.WEIGHTS, divergence.BIAS = fit(folders)  # type: ignore[misc]  # final, but for this question
    try:
        yield
    finally:
        divergence.WEIGHTS, divergence.BIAS = before  # type: ignore[misc]


def line(name: str, rule: Rule, curves: list[sources.Curve], truths: list) -> str:  # type: ignore[type-arg]
    """Return one line of the table."""
    s = score(rule, curves, truths)
    return (
        f"| {name} | {s.detected:.2f} | {s.premature:.2f} | {s.false_alarms:.2f} | {s.score:+.2f} "
        f"| {s.delay[0]:.0f} / {s.delay[1]:.0f} | {s.named:.2f} | {100 * s.lost[0]:.1f} / {100 * s.lost[1]:.1f} % "
        f"| {100 * s.saved:.0f} % |"
    )


def cost(count: int) -> float:
    """Return microseconds for each of ``count`` validations of a curve on which every part of the rule is asked."""
    # It rose after its best and comes down ever since, while the training loss rises: asked for, and never raised.
    val = [1.4, 1.2, 1.0, *(1.3 + 0.2 * 0.999**at for at in range(count - 3))]
    monitor = DivergenceMonitor()
    began = perf_counter()
    for step, value in enumerate(val):
        monitor.update(step, value, 1.0 + 0.03 * step)
    assert monitor.raised is None
    return (perf_counter() - began) / count * 1e6


def snapshot() -> float:
    """Return the milliseconds that keeping the state of a model takes, the median of 21."""
    model = torch.nn.Sequential(*(torch.nn.Linear(500, 500, bias=False) for _ in range(4)))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(8, 500)).square().mean().backward()
    optimizer.step()
    run = watch(model, optimizer, show=False, store=False)
    times = []
    for _ in range(21):
        began = perf_counter()
        run._archive.take("before", "measured")
        times.append(perf_counter() - began)
    run.finish()
    return statistics.median(times) * 1e3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python benchmarks/divergence.py", description=__doc__)
    parser.add_argument(
        "--curves",
        type=Path,
        action="append",
        default=[],
        help="a folder of CSV files step,train_loss,val_loss; may be given more than once",
    )
    parser.add_argument(
        "--count", type=int, help=f"how many small networks to train; without --curves {NETWORKS}, else none"
    )
    parser.add_argument("--keep", type=Path, help="write the curves into this folder")
    parser.add_argument("--fit", action="store_true", help="print the weights that follow from the curves")
    parser.add_argument(
        "--hold-out",
        action="store_true",
        help="judge each folder by weights that follow from all the others",
    )
    parser.add_argument("--cost", action="store_true", help="measure what one validation costs")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
