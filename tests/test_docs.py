"""The Python on the pages runs as it stands there.

What a block takes for granted stands before it in a comment, ``<!-- python … -->``, which no reader sees.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md",
    "docs/recipes.md",
    "docs/export.md",
    "docs/course/1-by-hand.md",
    "docs/own-loops.md",
    "docs/explain/dropout.md",
    "docs/explain/gradients.md",
    "docs/explain/device.md",
)
DOCS = [page for page in sorted(ROOT.glob("docs/**/*.md")) if "_build" not in page.parts]
#: A program for each framework, of which nothing is left out.
STARTS = sorted((ROOT / "docs" / "start").glob("*.md"))
BLOCK = re.compile(
    r"^(?:<!-- python\n(?P<hidden>.*?)^-->|```python\n(?P<shown>.*?)^```)$", re.DOTALL | re.MULTILINE
)


def programs() -> list[tuple[str, str]]:
    """Return a title and a program for each section that has one, and for each framework in the README's section."""
    found = []
    for page in PAGES:
        for section in re.split(
            r"^(?=## |\*\*)", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE
        ):
            code = "\n".join(match["hidden"] or match["shown"] for match in BLOCK.finditer(section))
            if code:
                found.append((f"{page}: {section.splitlines()[0].strip('#* ')}", code))
    for page in STARTS:
        code = "\n".join(
            match["shown"] for match in BLOCK.finditer(page.read_text(encoding="utf-8")) if match["shown"]
        )
        if code:
            found.append((f"start: {page.stem}", code))
    return found


@pytest.mark.parametrize("program", [pytest.param(code, id=title) for title, code in programs()])
def test_the_python_on_a_page_runs(program: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_framework_has_an_example_in_the_readme() -> None:
    titles = " ".join(title for title, _ in programs() if title.startswith("README"))
    assert all(name in titles for name in ("PyTorch", "Keras", "Lightning", "numpy"))


@pytest.mark.parametrize("page", [p.relative_to(ROOT).as_posix() for p in (ROOT / "README.md", *DOCS)])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", text)
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []
