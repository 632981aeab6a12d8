"""Run a command unless its last success is still good.

A success is good while the files that the command reads (`--on`) have the same contents, the command is the
same, and the files that it makes (`--makes`) exist. Contents, not times: a fresh checkout and a touched file
change nothing.

    once.py NAME [--on PATH ...] [--makes PATH ...] -- COMMAND ...
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

STAMPS = Path(".venv/stamps")


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield every file of `paths`, folders searched, in an order that does not depend on the file system."""
    for path in paths:
        yield from sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def digest(paths: Iterable[Path], command: Sequence[str]) -> str:
    """Return a hash of the command and of the names and contents of all files that it reads."""
    total = hashlib.sha256(repr(list(command)).encode())
    for path in files(paths):
        total.update(f"\n{path.as_posix()} ".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def once(name: str, on: Sequence[Path], makes: Sequence[Path], command: Sequence[str]) -> int:
    """Run `command` if needed; return its exit status, or 0 where nothing had to be done."""
    stamp = STAMPS / name
    wanted = digest(on, command)
    if stamp.is_file() and stamp.read_text() == wanted and all(path.exists() for path in makes):
        return 0
    stamp.unlink(missing_ok=True)
    print(f"[{name}] {' '.join(command)}", flush=True)
    status = subprocess.run(command, check=False).returncode
    if status == 0:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(wanted)
    return status


def main(argv: Sequence[str]) -> int:
    """Read the command line and call `once`."""
    split = argv.index("--")
    parser = argparse.ArgumentParser(description="Run a command unless its last success is still good.")
    parser.add_argument("name")
    parser.add_argument("--on", type=Path, nargs="*", default=[])
    parser.add_argument("--makes", type=Path, nargs="*", default=[])
    options = parser.parse_args(argv[:split])
    return once(options.name, options.on, options.makes, argv[split + 1 :])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
