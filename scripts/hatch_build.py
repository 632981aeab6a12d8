"""Build hook: makes the JavaScript where it is missing.

A checkout needs Node for that. An sdist carries the built files, so a wheel made from it needs none.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TARGETS = (
    "nnwidgets/static/panel.js",
    "nnwidgets/static/panel.css",
    "nnwidgets/static/replay.js",
    "nnwidgets/static/replay.mjs",
    "nnwidgets/static/replay.css",
    "nnwidgets/labextension/package.json",
)


class JavaScriptHook(BuildHookInterface[BuilderConfig]):
    """Runs npm when a built file is missing; never rebuilds one that is there (`make js` does)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make sure that every file of `TARGETS` exists before hatchling collects the files."""
        root = Path(self.root)
        if missing(root):
            build(root)
        if left := missing(root):
            raise RuntimeError(f"the JavaScript build did not write {', '.join(left)}")


def missing(root: Path) -> list[str]:
    """Return the built files that do not exist under `root`."""
    return [target for target in TARGETS if not (root / target).is_file()]


def build(root: Path) -> None:
    """Install the locked npm packages and build both bundles."""
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(
            "npm is needed to build nnwidgets from a checkout: install Node.js 20.19 or newer with npm, "
            "or install a wheel or an sdist, which need neither"
        )
    for arguments in (["ci"], ["run", "build"]):
        subprocess.run([npm, *arguments], cwd=root / "js", check=True)
