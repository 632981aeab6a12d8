"""The documentation as a site: it is built without a warning, its links lead somewhere, and it asks no other host."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import site

DOCS = site.ROOT / "docs"


@pytest.fixture(scope="module")
def pages() -> dict[Path, site.Page]:
    assert site.build() == 0
    return site.pages()


@pytest.mark.timeout(600)
def test_every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere(
    pages: dict[Path, site.Page],
) -> None:
    assert site.broken(pages) == []


def test_every_page_is_built(pages: dict[Path, site.Page]) -> None:
    sources = [file.relative_to(DOCS) for file in DOCS.rglob("*.md") if "_build" not in file.parts]
    assert [name for name in sources if site.HTML / name.with_suffix(".html") not in pages] == []


@pytest.mark.parametrize("program", sorted((DOCS / "lessons").glob("*.py")), ids=lambda program: program.stem)
def test_every_lesson_is_there_and_stands_in_a_page(program: Path, pages: dict[Path, site.Page]) -> None:
    lesson = site.HTML / "lessons" / program.stem / f"{program.stem}.html"
    assert 'id="nnw-lesson"' in lesson.read_text(encoding="utf-8")
    assert lesson.stat().st_size < 1_000_000
    frames = {(file.parent / address).resolve() for file, page in pages.items() for address in page.fetched}
    assert lesson in frames


def test_a_link_to_nowhere_and_a_foreign_script_are_found(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<p id="here"><a href="#here"></a><a href="#gone"></a><a href="gone.html"></a><a href="https://a.example"></a>'
        '<script src="//cdn.example/x.js"></script><img src="data:,">'
    )
    faults = site.broken(site.pages(tmp_path))
    assert [fault.split(": ", 1)[1] for fault in faults] == [
        "loads //cdn.example/x.js",
        "#gone: there is no such place on the page",
        "gone.html leads nowhere",
    ]
