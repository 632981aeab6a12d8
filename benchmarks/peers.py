"""The environment with the peers: a folder beside the development environment that sees all of it.

What is installed here never disturbs development; what development has already (torch, Lightning, TensorFlow) is not
installed a second time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-bench"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
STAMP = VENV / "peers.json"


def ready() -> tuple[str, dict[str, str]]:
    """Install what is missing.

    Returns
    -------
    (python, absent)
        The interpreter to measure with, and for each peer that could not be installed the reason.
    """
    python = VENV / "bin/python"
    wanted = [line for line in REQUIREMENTS.read_text().splitlines() if line and not line.startswith("#")]
    if STAMP.exists():
        known = json.loads(STAMP.read_text())
        if known["wanted"] == wanted:
            return str(python), known["absent"]
    _make()
    absent, accepted = {}, list[str]()
    for requirement in wanted:
        print(f"installing {requirement}", flush=True)
        reason = _install(python, [*accepted, requirement])
        if reason is None:
            accepted.append(requirement)
        else:
            absent[requirement.partition("==")[0]] = reason
    STAMP.write_text(json.dumps({"wanted": wanted, "absent": absent}))
    return str(python), absent


def _make() -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], check=True)
    here = sysconfig.get_path("purelib", vars={"base": str(VENV)})
    (Path(here) / "development.pth").write_text(sysconfig.get_path("purelib") + "\n")


def _install(python: Path, requirements: list[str]) -> str | None:
    """Install together; return None, or why it failed."""
    done = subprocess.run(
        [
            str(python), "-m", "pip", "install", "-q", "--only-binary", ":all:",
            "-c", str(ROOT / "constraints.txt"), *requirements,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return (errors or ["pip failed"])[-1].removeprefix("ERROR: ")
