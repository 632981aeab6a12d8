"""Put the built labextension where this environment's JupyterLab looks for it.

An editable install copies it there once; after a rebuild the copy is stale, and this refreshes it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def link(source: Path, install_json: Path, prefix: Path) -> Path:
    """Replace `prefix`'s copy of the labextension by `source` and return where it is."""
    target = prefix / "share/jupyter/labextensions/nnwidgets"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    shutil.copy2(install_json, target)
    return target


if __name__ == "__main__":
    print(link(ROOT / "nnwidgets/labextension", ROOT / "install.json", Path(sys.prefix)))
