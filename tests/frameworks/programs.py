"""Runs a program in a process of its own: a Keras backend, like a seed, is chosen once for each process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def run_program(program: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program with the runs of ``home``, to its end."""
    surroundings = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "NNWIDGETS_HOME": str(home),
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-c", program],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def result_of(program: str, home: Path, **environment: str) -> Any:
    """Run ``program`` and return what it assigned to ``result`` (anything that JSON can hold)."""
    done = run_program(program + "\nimport json\nprint('RESULT', json.dumps(result))\n", home, **environment)
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    return json.loads(line.removeprefix("RESULT "))


_results: dict[tuple[str, str], Any] = {}


def result_on(backend: str, program: str, home: Path) -> Any:
    """Return what ``program`` assigned to ``result`` on a backend of Keras; it runs once for all tests that ask."""
    key = backend, program
    if key not in _results:
        _results[key] = result_of(program, home, KERAS_BACKEND=backend)
    return _results[key]
