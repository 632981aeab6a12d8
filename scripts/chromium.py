"""Find the Chromium that the browser tests drive, and install one where there is none.

`python scripts/chromium.py` prints its path; `find` is for the tests. `NNW_CHROMIUM` names one explicitly.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APPLICATIONS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
HELP = (
    "The browser tests need Chromium or Chrome, and none could be found or installed.\n"
    "Install one (Debian: apt-get install chromium; or: .venv/bin/python -m playwright install chromium),\n"
    "or set NNW_CHROMIUM to its path."
)


def find() -> str | None:
    """Return the path of a Chromium or Chrome, or None."""
    if named := os.environ.get("NNW_CHROMIUM"):
        return named
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    return on_path or next((str(path) for path in APPLICATIONS if path.exists()), None) or _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return str(path) if path.exists() else None


def install() -> None:
    """Install Chromium from Debian's packages, or else by Playwright; leaves nothing where both fail."""
    apt = ["sh", str(Path(__file__).with_name("apt-install.sh")), "chromium"]
    own = [sys.executable, "-m", "playwright", "install", "chromium"]
    for command in (apt, own):
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0 and find():
            return


def main() -> int:
    """Print the path of a Chromium, after installing one if need be."""
    if find() is None:
        print("no Chromium found: installing one", file=sys.stderr)
        install()
    path = find()
    print(path or HELP, file=sys.stdout if path else sys.stderr)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
