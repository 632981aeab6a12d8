"""Environments that differ in one thing: the version of ipykernel, whose versions route messages differently."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
#: The newest one is that of the constraints file.
OLDER: Final = ("7.3.0", "6.30.1")
VERSIONS: Final = (metadata.version("ipykernel"), *OLDER)


def environment(version: str) -> dict[str, str]:
    """Return the environment variables under which a kernel runs that version; install it where it is missing."""
    paths = [str(ROOT)]
    if version in OLDER:
        folder = ROOT / "build" / f"ipykernel-{version}"
        if not (folder / "ipykernel").is_dir():
            # Beside everything else: a folder that comes first on the path hides the installed version.
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "pip",
                    "install",
                    "-q",
                    "--no-deps",
                    "--target",
                    str(folder),
                    f"ipykernel=={version}",
                ],
                check=True,
            )
        paths.insert(0, str(folder))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TF_CPP_MIN_LOG_LEVEL": "3"}
