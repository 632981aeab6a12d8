"""Run the project's checks, quick ones first, all of them even when one fails, and sum up.

    check.py [GROUP ...]      GROUP: lint, types, test-js, test-docs, test-fast, test-browser; without one: all

The last line is `checks: N passed, N failed`; the exit status is 0 only if none failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
#: Tests run side by side, those of one file one after the other; beyond four processes memory would be what is short.
WORKERS = min(os.cpu_count() or 1, 4)
PYTEST = (sys.executable, "-m", "pytest", "-n", str(WORKERS), "--dist", "loadfile", "--durations", "12")
NPM = ("sh", "scripts/npm.sh", "--silent")


class Check(NamedTuple):
    """One command of one group."""

    group: str
    name: str
    command: tuple[str, ...]


CHECKS = (
    Check("lint", "ruff check", (sys.executable, "-m", "ruff", "check", ".")),
    Check("lint", "ruff format", (sys.executable, "-m", "ruff", "format", "--check", ".")),
    Check("lint", "biome", (*NPM, "run", "lint")),
    Check("types", "mypy --strict", (sys.executable, "-m", "mypy")),
    Check("types", "tsc", (*NPM, "run", "check")),
    Check("test-js", "vitest", (*NPM, "test")),
    Check("test-docs", "docs", (sys.executable, "scripts/site.py")),
    Check("test-fast", "pytest", (*PYTEST, "tests", "--ignore=tests/browser")),
    Check("test-browser", "browser tests", (*PYTEST, "tests/browser")),
)


class Result(NamedTuple):
    """How a check ended; `seconds` is wall time."""

    check: Check
    passed: bool
    seconds: float


def run(check: Check) -> Result:
    """Run one check with its output going straight to ours."""
    print(f"\n== {check.name}", flush=True)
    began = time.monotonic()
    status = subprocess.run(check.command, cwd=ROOT, check=False).returncode
    return Result(check, status == 0, time.monotonic() - began)


def chosen(groups: Sequence[str]) -> list[Check]:
    """Return the checks of `groups`, or all if there are none; an unknown group ends the program."""
    known = {check.group for check in CHECKS}
    if unknown := set(groups) - known:
        sys.exit(f"unknown group {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    return [check for check in CHECKS if not groups or check.group in groups]


def summary(results: Sequence[Result]) -> str:
    """Return one line a check and the closing line."""
    lines = [f"{r.seconds:8.1f} s  {'passed' if r.passed else 'FAILED'}  {r.check.name}" for r in results]
    failed = sum(not r.passed for r in results)
    return "\n".join([*lines, f"checks: {len(results) - failed} passed, {failed} failed"])


def main(groups: Sequence[str]) -> int:
    """Run the chosen checks and print the summary."""
    results = [run(check) for check in chosen(groups)]
    print(f"\n{summary(results)}", flush=True)
    return int(not all(r.passed for r in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
