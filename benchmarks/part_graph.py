"""Graphs of models: what it takes to find and to write them, against what else draws models."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.graph_peers import KERAS, TOOLS
from benchmarks.kernels import Kernel, KernelError
from benchmarks.rows import Row, Spread, absent, kilobytes, millis

#: Models of `benchmarks.graph_models`, and a functional model of Keras.
MODELS = {
    "mlp": "an MLP of 5 layers",
    "resnet50": "ResNet-50",
    "transformer": "a transformer of 12 blocks",
    "rnn": "a loop of 100 GRU steps",
    "unet": "a U-Net",
    "branch": "a branch that the data decides",
    "dict": "a dictionary with None as input",
    "keras": "keras.applications.ResNet50",
}
#: Tools that follow the code with symbols.
WITHOUT_PASS = frozenset({"fx", "export", "explorer"})
#: Milliseconds for a model of the size of ResNet-50, to find the graph and to write it, beyond a bare pass.
LIMIT = 150.0
#: Seconds after which a slow tool has no further turn, after the third.
PATIENCE = 20.0


@dataclass
class Entry:
    """One tool with one model, and what its turns gave; the first one, which loads things, is not among them."""

    model: str
    tool: str
    turns: list[dict[str, Any]] = field(default_factory=list)
    reason: str = ""
    warm: bool = False
    spent: float = 0.0

    def spread(self, *names: str) -> Spread:
        return Spread.of(sum(turn[name] for name in names) for turn in self.turns)

    @property
    def total(self) -> float:
        """Milliseconds to find and to write, the median."""
        return self.spread("found", "written").middle


def measure(
    python: str,
    models: Sequence[str],
    rounds: int,
    absences: Mapping[str, str],
    *,
    with_peers: bool,
    page: Callable[[], list[Row]] | None = None,
) -> list[Row]:
    """Return the lines of all models and tools.

    Parameters
    ----------
    page
        Measures what a page takes to show a graph; its lines come last.
    """
    entries = list(_entries(models, absences, with_peers=with_peers))
    tools = list(dict.fromkeys(entry.tool for entry in entries if not entry.reason))
    kernels: dict[str, Kernel] = {}
    try:
        for tool in tools:
            print(f"starting {tool}", flush=True)
            kernels[tool] = Kernel(python, {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""})
        for number in range(rounds + 1):
            print(f"round {number} of {rounds}", flush=True)
            for entry in random.sample(entries, len(entries)):
                _turn(entry, kernels.get(entry.tool))
    finally:
        for kernel in kernels.values():
            kernel.close()
    return [*rows(entries), *(page() if page is not None else [])]


def page() -> list[Row]:
    """Return the lines of what a page takes to show a graph; or one that says why there are none."""
    import torch

    import nnwidgets as nnw
    from benchmarks.graph_models import ResNet

    try:
        from benchmarks import graph_page

        graph = nnw.trace(ResNet().eval(), torch.zeros(1, 3, 224, 224))
        return graph_page.rows(graph_page.measure(graph, "layer3.0"))
    except Exception as error:  # noqa: BLE001 — the rest took long to measure
        return [
            absent("graph.page", "the graph in the page", "not measured", f"{type(error).__name__}: {error}")
        ]


def _entries(models: Sequence[str], absences: Mapping[str, str], *, with_peers: bool) -> list[Entry]:
    entries = []
    for model in models:
        for tool, (_, package) in (KERAS if model == "keras" else TOOLS).items():
            if with_peers or "ours" in tool:
                entries.append(Entry(model, tool, reason=absences.get(package, "")))
    return entries


def _turn(entry: Entry, kernel: Kernel | None) -> None:
    if entry.reason or kernel is None or (len(entry.turns) >= 3 and entry.spent > PATIENCE):
        return
    name = f"{entry.model}_"
    try:
        if not entry.warm:
            kernel.run(
                f"from benchmarks.graph_peers import Subject\n{name} = Subject({entry.tool!r}, {entry.model!r})"
            )
        turn = kernel.value(f"{name}.turn()")
    except (KernelError, TimeoutError) as error:
        entry.reason = str(error) or "no answer"
        return
    if "error" in turn:
        entry.reason = turn["error"]
    elif entry.warm:
        entry.turns.append(turn)
        entry.spent += (turn["found"] + turn["written"]) / 1e3
    entry.warm = True


def rows(entries: Sequence[Entry]) -> list[Row]:
    """Return a line for each entry, for each model the fastest first."""
    lines: list[Row] = []
    for model in dict.fromkeys(entry.model for entry in entries):
        mine = [entry for entry in entries if entry.model == model]
        ours = next(
            (entry.total for entry in mine if entry.tool in ("ours", "keras.ours") and entry.turns), None
        )
        lines += [_row(entry, ours) for entry in sorted((e for e in mine if e.turns), key=lambda e: e.total)]
        lines += [_failed(entry) for entry in mine if not entry.turns]
    return lines


def _row(entry: Entry, ours: float | None) -> Row:
    turn = entry.turns[-1]
    forward, found, written = (entry.spread(name).middle for name in ("forward", "found", "written"))
    said = [f"{turn['nodes']:,} nodes" if turn["nodes"] else "", f"{millis(found)} to find them"]
    if forward and entry.tool not in WITHOUT_PASS:
        said[1] += f" ({millis(found - forward)} beyond a bare pass)"
    if turn["bytes"]:
        said.append(f"{millis(written)} to write {kilobytes(turn['bytes'])} ({kilobytes(turn['gzip'])} gzip)")
    if ours is not None and "ours" not in entry.tool:
        said.append(f"{entry.total / ours:.1f} times nnwidgets")
    limited = (entry.model, entry.tool) == ("resnet50", "ours")
    total = Spread.of(t["found"] + t["written"] - t["forward"] for t in entry.turns)
    return Row(
        f"graph.{entry.model}.{entry.tool}",
        MODELS[entry.model],
        {**TOOLS, **KERAS}[entry.tool][0],
        ", ".join(filter(None, said)),
        entry.spread("found", "written").quartiles(millis),
        f"≤ {LIMIT:.0f} ms beyond a bare pass" if limited else "",
        total.within(LIMIT) if limited else None,
    )


def _failed(entry: Entry) -> Row:
    said = (entry.reason or "not measured").replace("|", "/").replace("\n", " ")
    what = "fails" if entry.warm else "absent"
    name = {**TOOLS, **KERAS}[entry.tool][0]
    return Row(f"graph.{entry.model}.{entry.tool}", MODELS[entry.model], name, f"{what}: {said}"[:160])
