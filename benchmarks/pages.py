"""Puts what was measured into the pages, between markers, so that no figure is typed by hand."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

import psutil

from benchmarks.rows import Row, table

ROOT = Path(__file__).resolve().parent.parent
PERFORMANCE, README = ROOT / "docs/performance.md", ROOT / "README.md"

#: What has a table of its own: the name of its marker, and how the keys of its lines begin.
APART = {"graphs": "graph", "endurance": "endurance"}

#: The lines that the README shows.
SHORT = (
    "loop.ours.panel", "loop.ours.store", "call.tensors", "loop.tqdm", "loop.tensorboard",
    "loop.livelossplot", "frames.bytes", "memory.store", "start.panel",
)  # fmt: skip


def write(rows: Sequence[Row], facts: Mapping[str, str]) -> list[Path]:
    """Fill the markers of both pages; return those that were written.

    The graphs of models and what an hour leaves behind have tables of their own, which stand when only the rest was
    measured.
    """
    machine = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    own = {name: [row for row in rows if row.key.startswith(begin)] for name, begin in APART.items()}
    rest = [row for row in rows if not any(row in part for part in own.values())]
    for name, part in own.items():
        if part:
            fill(PERFORMANCE, {name: f"{machine}\n\n{table(part)}"})
    if not rest:
        return [PERFORMANCE]
    short = [row for key in SHORT for row in rest if row.key == key]
    fill(PERFORMANCE, {"table": table(rest), "machine": machine})
    fill(README, {"short": brief(short)})
    return [PERFORMANCE, README]


def brief(rows: Sequence[Row]) -> str:
    """Return a table of two columns."""
    return "\n".join(["| what | measured |", "|---|---|", *(f"| {r.what} | {r.measured} |" for r in rows)])


def fill(page: Path, blocks: Mapping[str, str]) -> None:
    """Replace what stands between ``<!-- bench:NAME -->`` and ``<!-- bench:end -->``.

    Raises
    ------
    ValueError
        If a marker is missing.
    """
    text = page.read_text(encoding="utf-8")
    for name, block in blocks.items():
        pattern = re.compile(rf"(<!-- bench:{name} -->\n).*?(<!-- bench:end -->)", re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"{page.name} has no marker <!-- bench:{name} -->")
        text = pattern.sub(lambda found, block=block: f"{found[1]}\n{block}\n\n{found[2]}", text)
    page.write_text(text, encoding="utf-8")


def facts(options: str) -> dict[str, str]:
    """Describe the machine and how busy it was."""
    busy, _, _ = os.getloadavg()
    return {
        "when": f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, with `{options}`",
        "machine": f"{psutil.cpu_count()} cores ({processor()}), "
        f"{psutil.virtual_memory().total / 2**30:.0f} GB, {platform.system()} {platform.release()}",
        "Python": sys.version.split()[0],
        "load average before": f"{busy:.2f}",
    }


def processor() -> str:
    """Return the processor's name where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"model name\s*: (.*)", cpuinfo.read_text())
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()
