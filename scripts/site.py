"""Build the documentation, and check every link inside it.

    site.py           build docs/ into docs/_build/html; a warning is an error
    site.py --open    and say where it is to be looked at

Nothing is fetched. A second build takes what has not changed from the first.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

ROOT: Final = Path(__file__).resolve().parent.parent
BUILT: Final = ROOT / "docs" / "_build"
HTML: Final = BUILT / "html"
#: What a browser fetches by itself when it shows a page. A link (`a`) waits for a click.
_FETCHED: Final = {
    "script": ("src",), "img": ("src", "srcset"), "iframe": ("src",), "source": ("src", "srcset"), "video": ("src",),
    "audio": ("src",), "object": ("data",), "embed": ("src",), "link": ("href",),
}  # fmt: skip


class Page(HTMLParser):
    """What one page of the site points at.

    Attributes
    ----------
    links, fetched
        Addresses as they are written: of links, and of what is loaded with the page.
    anchors
        The places in it that a link can name.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Take what a tag points at."""
        given = {name: value for name, value in attrs if value}
        self.anchors.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        # What follows # in the address of a frame is for the program in it.
        self.fetched.extend(given[name].partition("#")[0] for name in _FETCHED.get(tag, ()) if name in given)


def build() -> int:
    """Build the site; return the exit status. One build at a time."""
    with _alone():
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "sphinx",
                "-qW",
                "--keep-going",
                "-d",
                str(BUILT / "doctrees"),
                "docs",
                str(HTML),
            ],
            cwd=ROOT,
            check=False,
        )
        if done.returncode:
            # Pages that were read with a warning would be taken from the cache, without it, the next time.
            shutil.rmtree(BUILT / "doctrees", ignore_errors=True)
        return done.returncode


def pages(folder: Path = HTML) -> dict[Path, Page]:
    """Return the pages of a built site, without the lessons, which are checked by tests of their own."""
    files = (
        file for file in sorted(folder.rglob("*.html")) if file.relative_to(folder).parts[0] != "lessons"
    )
    return {file: Page(file.read_text(encoding="utf-8")) for file in files}


def broken(site: dict[Path, Page]) -> list[str]:
    """Return each link inside the site that leads nowhere, and each thing that would be loaded from elsewhere."""
    return [f"{file.name}: {fault}" for file, page in site.items() for fault in _faults(file, page, site)]


def _faults(file: Path, page: Page, site: dict[Path, Page]) -> Iterator[str]:
    for address in page.fetched:
        if not address.startswith("data:") and (urlsplit(address).scheme or urlsplit(address).netloc):
            yield f"loads {address}"
    for address in (*page.links, *page.fetched):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        if not target.is_file():
            yield f"{address} leads nowhere"
        elif parts.fragment and target in site and unquote(parts.fragment) not in site[target].anchors:
            yield f"{address}: there is no such place on the page"


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until nobody else builds."""
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: Sequence[str]) -> int:
    """Build and check."""
    if status := build():
        return status
    site = pages()
    faults = broken(site)
    print("\n".join([*faults, f"{len(site)} pages, {len(faults)} broken links"]))
    if "--open" in arguments:
        print(f"open {(HTML / 'index.html').as_uri()} in a browser")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
