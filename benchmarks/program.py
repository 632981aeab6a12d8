"""The command: which parts, how long, and where the table goes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks import (
    pages,
    part_call,
    part_duels,
    part_endurance,
    part_export,
    part_frames,
    part_graph,
    part_memory,
    part_sampling,
    part_start,
    part_store,
    peers,
)  # fmt: skip
from benchmarks.rows import Row, absent, table

DUELS = ("loop", "lightning", "keras")
PARTS = (*DUELS, "call", "frames", "memory", "store", "start", "sampling", "graph", "endurance", "export")


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int
    seconds: float
    sizes: tuple[int, ...]
    frames: int
    scalars: int
    commits: int
    times: int
    graphs: tuple[str, ...]
    models: tuple[str, ...]
    endured: int
    #: Whether a browser is started, which measures what the page takes to show a graph, and what frames leave in it.
    page: bool


FULL = Effort(
    12,
    0.6,
    part_frames.SIZES,
    50,
    10_000_000,
    400,
    9,
    tuple(part_graph.MODELS),
    tuple(part_sampling.MODELS),
    part_endurance.HOUR,
    page=True,
)
QUICK = Effort(1, 0.05, (1_000,), 2, 20_000, 3, 1, ("mlp", "branch"), ("mlp",), 20, page=False)


def main(argv: Sequence[str]) -> int:
    """Measure, print the table, and with ``--write`` put it into the pages."""
    options = read(argv)
    effort = QUICK if options.quick else FULL
    effort = replace(effort, rounds=options.rounds or effort.rounds, endured=options.frames or effort.endured)
    python, absences = (sys.executable, {}) if options.no_peers else peers.ready()
    facts = pages.facts("make bench " + " ".join(argv) if argv else "make bench")
    rows = measure(options.parts, effort, python, absences, with_peers=not options.no_peers)
    print("\n" + table(rows))
    if options.write:
        print("\nwritten: " + ", ".join(str(page) for page in pages.write(rows, facts)))
    return 0


def measure(
    parts: Sequence[str], effort: Effort, python: str, absences: dict[str, str], *, with_peers: bool
) -> list[Row]:
    """Return the lines of the parts, in the order of the table."""
    rows: list[Row] = []
    field = part_duels.contests(parts, with_peers, absences)
    if field:
        part_duels.measure(python, field, effort.rounds, effort.seconds)
        rows += part_duels.rows(field)
    rest: dict[str, Callable[[], list[Row]]] = {
        "call": lambda: part_call.measure(python, effort.rounds, effort.seconds),
        "frames": lambda: part_frames.measure(python, effort.sizes, effort.frames),
        "memory": lambda: part_memory.measure(effort.scalars),
        "store": lambda: part_store.measure(effort.commits),
        "export": lambda: part_export.measure(effort.scalars // 10),
        "start": lambda: part_start.measure(python, effort.times),
        "sampling": lambda: part_sampling.measure(python, effort.models, effort.rounds, 3 * effort.seconds),
        "endurance": lambda: part_endurance.measure(
            python, effort.endured, part_endurance.in_page if effort.page else None
        ),
        "graph": lambda: part_graph.measure(
            python,
            effort.graphs,
            effort.rounds,
            absences,
            with_peers=with_peers,
            page=part_graph.page if effort.page else None,
        ),
    }
    for part, job in rest.items():
        if part in parts:
            rows += _guarded(part, job)
    return rows


def _guarded(part: str, job: Callable[[], list[Row]]) -> list[Row]:
    """Measure one part; a failure becomes its line, because the others took long to measure."""
    print(f"measuring {part}", flush=True)
    try:
        return job()
    except Exception as error:  # noqa: BLE001 — the table says it, whatever it is
        return [absent(part, part, "not measured", f"{type(error).__name__}: {error}")]


def read(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line; an unknown part ends the program."""
    parser = _parser()
    options = parser.parse_args(argv)
    options.parts = options.parts or list(PARTS)  # argparse takes no empty list where it is given choices
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchmarks/run.py",
        description="Measure what watching costs, against the bare loop and against the peers, as one table.",
    )
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; default all")
    parser.add_argument(
        "--quick", action="store_true", help="seconds instead of minutes, figures of no worth"
    )
    parser.add_argument(
        "--rounds", type=int, help=f"how often each candidate has its turn; default {FULL.rounds}"
    )
    parser.add_argument(
        "--frames", type=int, help=f"frames that endurance sends; default {FULL.endured:,}, an hour's"
    )
    parser.add_argument("--no-peers", action="store_true", help="only ours, in this environment")
    parser.add_argument(
        "--write", action="store_true", help="put the table into docs/performance.md and README.md"
    )
    return parser
