"""Measure what watching costs, in one go: `python benchmarks/run.py --help`."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from benchmarks.program import main

    sys.exit(main(sys.argv[1:]))
