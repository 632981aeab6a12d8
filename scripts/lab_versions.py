"""The oldest JupyterLab that the extension claims to work in, beside everything else that is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
#: The last one of the oldest minor version in the ranges of js/package.json.
OLDEST: Final = "4.2.7"


def environment(version: str = OLDEST) -> dict[str, str]:
    """Return the environment variables under which that JupyterLab runs; install it where it is missing.

    The server, its other extensions and the kernel are those of the environment.
    """
    folder = ROOT / "build" / f"jupyterlab-{version}"
    if not (folder / "jupyterlab").is_dir():
        command = [
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--target",
            str(folder),
            f"jupyterlab=={version}",
        ]
        subprocess.run([sys.executable, *command], check=True)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths), "JUPYTERLAB_DIR": str(folder / "share/jupyter/lab")}
