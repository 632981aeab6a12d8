"""The written file: it holds everything, loads nothing, is inert whatever things are called, and is written whole."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets._errors import ExportError, OptionError
from nnwidgets._points import Points
from nnwidgets._recording import Recording
from nnwidgets.export import html, mjs
from nnwidgets.export._built import built
from nnwidgets.history import History
from nnwidgets.protocol import Progress
from nnwidgets.run import Run
from tests.recorded import overfitting, recorded

MARKUP = "</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>\"'"


class Reader(HTMLParser):
    """Collects the elements of a page, and the text of those that hold code."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.code: list[str] = []
        self.title = ""
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.code.append("")

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.code[-1] += data
        elif self._inside == "title":
            self.title += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def the(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    return reader


@pytest.fixture
def run() -> Run:
    return recorded(overfitting, name="small net")


def test_the_page_is_whole_and_names_its_language_and_title(run: Run, tmp_path: Path) -> None:
    page = run.export_html(tmp_path / "lesson.html", title="What <b>dropout</b> does", language="uk")
    text = page.path.read_text(encoding="utf-8")
    reader = read(page.path)
    assert text.startswith("<!doctype html>")
    assert reader.the("html") == [{"lang": "uk"}]
    assert reader.title == "What <b>dropout</b> does"
    assert page.size == page.path.stat().st_size
    assert [one.get("id") for one in reader.the("main")] == ["nnw-replay"]
    assert len(reader.the("svg")) == 1, "the picture for a page in which nothing runs"


def test_only_the_script_that_is_there_may_run_and_nothing_is_loaded(run: Run, tmp_path: Path) -> None:
    page = run.export_html(tmp_path / "lesson.html")
    reader = read(page.path)
    (policy,) = [one["content"] or "" for one in reader.the("meta") if one.get("http-equiv")]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert {name: rules[name] for name in ("default-src", "connect-src", "form-action", "base-uri")} == {
        "default-src": "'none'", "connect-src": "'none'", "form-action": "'none'", "base-uri": "'none'",
    }  # fmt: skip
    lesson, script = reader.code
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", lesson)
    loading = [one for _, one in reader.elements if {"src", "href", "data", "action", "onload"} & set(one)]
    assert loading == []


def test_names_with_markup_stay_names(tmp_path: Path) -> None:
    run = recorded(overfitting, name=MARKUP, config={MARKUP: MARKUP})
    page = nnw.export_html([run], tmp_path / "a.html", title=MARKUP)
    reader = read(page.path)
    assert reader.title == MARKUP
    assert len(reader.code) == 2
    assert reader.the("img") == []
    assert [tag for tag, _ in reader.elements].count("script") == 2
    frame = Reader()
    frame.feed(page._repr_html_())
    assert [tag for tag, _ in frame.elements if tag != "div"] == ["iframe"]


def test_a_program_that_names_its_own_end_does_not_end_there() -> None:
    assert html.inert("a='</script>';b='<!--'", "\\x3c") == "a='\\x3c/script>';b='\\x3c!--'"
    assert html.inert("a{content:'</STYLE'}", "\\3c ") == "a{content:'\\3c /STYLE'}"


def test_the_last_line_of_a_cell_plays_in_a_sandbox(run: Run, tmp_path: Path) -> None:
    page = run.export_html(tmp_path / "lesson.html")
    frame = Reader()
    frame.feed(page._repr_html_())
    (iframe,) = frame.the("iframe")
    assert iframe["sandbox"] == "allow-scripts"
    assert iframe["title"] == "small net"
    assert iframe["srcdoc"] == page.path.read_text(encoding="utf-8")


def test_what_was_left_out_is_said_below_the_frame(run: Run, tmp_path: Path, home: Path) -> None:
    with Run(name="whole", show=False) as kept:
        kept.log(loss=1.0)
    (home / "20260101-000000-broken.sqlite").write_bytes(b"nothing")
    page = nnw.export_html([kept.id, "20260101-000000-broken"], tmp_path / "a.html")
    ((name, reason),) = page.left_out
    assert name == "20260101-000000-broken"
    assert "cannot be read" in reason
    assert name in page._repr_html_().partition("</iframe>")[2]
    assert "1 left out" in repr(page)


def test_the_module_ends_with_what_it_plays(run: Run, tmp_path: Path) -> None:
    page = nnw.export_mjs(run, tmp_path / "lesson.mjs")
    text = page.path.read_text(encoding="utf-8")
    assert re.search(
        r'const nnwidgetsLesson="[A-Za-z0-9+/=]+";\nexport default [\w$]+\(nnwidgetsLesson\);\n$', text
    )
    assert text.count("export default") == 1
    assert "iframe" not in page._repr_html_()
    assert "lesson.mjs" in page._repr_html_()


def test_a_player_of_another_kind_is_not_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mjs, "built", lambda name: "export default 3")
    with pytest.raises(ExportError, match="another one"):
        nnw.export_mjs(run, "lesson.mjs")
    assert not Path("lesson.mjs").exists()


def test_a_player_that_was_not_built_is_missed_by_name() -> None:
    with pytest.raises(ExportError, match="make js"):
        built("no such player.js")


@pytest.mark.parametrize("name", ["lesson", "lesson.txt", "lesson.mjs", "", 3, None, b"lesson.html"])
def test_a_path_with_another_ending_is_refused(run: Run, name: Any) -> None:
    with pytest.raises(OptionError, match=r"lesson\.html"):
        run.export_html(name)


def test_an_unknown_option_is_refused_with_a_hint(run: Run) -> None:
    with pytest.raises(OptionError, match="title"):
        run.export_html("a.html", titel="x")
    with pytest.raises(OptionError, match="switches"):
        nnw.export_html(run, "a.html", switch={})
    with pytest.raises(OptionError, match="language"):
        nnw.export_mjs(run, "a.mjs", lang="uk")


def test_a_folder_that_is_missing_is_named(run: Run, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no folder"):
        run.export_html(tmp_path / "nowhere" / "a.html")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(ExportError, match="it is a folder"):
        run.export_html(tmp_path / "folder.html")


@pytest.mark.parametrize("name", ["a" * 300 + ".html", "a" * 300 + "/b.html", "a\0.html", "around.html"])
def test_a_name_that_no_file_can_have_is_an_error_of_the_export(
    run: Run, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "around.html").symlink_to("back.html")
    (tmp_path / "back.html").symlink_to("around.html")
    with pytest.raises(ExportError, match="cannot be written"):
        run.export_html(name)
    assert {path.name for path in tmp_path.iterdir()} == {"around.html", "back.html"}


def test_a_home_that_nobody_has_is_refused(run: Run) -> None:
    with pytest.raises(OptionError, match=r"lesson\.html"):
        run.export_html("~no such person/lesson.html")


def test_the_longest_name_that_a_file_can_have_is_taken(run: Run, tmp_path: Path) -> None:
    name = "🦊" * 62 + ".html"
    assert run.export_html(tmp_path / name).path.is_file()


def test_what_was_there_stays_where_the_disk_refuses(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lesson.html"
    path.write_text("the old page")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nnwidgets.export.page.os.fsync", full)
    with pytest.raises(ExportError, match="No space left"):
        run.export_html(path)
    assert path.read_text() == "the old page"
    assert list(tmp_path.iterdir()) == [path]


def test_a_page_that_is_there_is_replaced_and_keeps_its_rights(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "lesson.html"
    path.write_text("the old page")
    path.chmod(0o640)
    run.export_html(str(path))
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "real.html").write_text("old")
    (tmp_path / "link.html").symlink_to(tmp_path / "real.html")
    run.export_html(tmp_path / "link.html")
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "real.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_usual_run_takes_half_a_megabyte_at_most(run: Run, tmp_path: Path) -> None:
    assert run.export_html(tmp_path / "a.html").size <= 500_000


def test_a_million_steps_take_two_megabytes_at_most(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    steps = np.arange(1, 1_000_001)
    history = History()
    for name in ("train/loss", "train/accuracy", "lr"):
        history.extend({name: Points.of(steps, steps * 1e-3, random.random(len(steps)))})
    for name in ("val/loss", "val/accuracy"):
        history.extend({name: Points.of(steps[::1000], steps[::1000] * 1e-3, random.random(1000))})
    for epoch in range(1001):
        history.epochs.begin(epoch * 1000, epoch)
    progress = Progress(step=1_000_000, epoch=1000, epochs=1000, elapsed=1000.0, fraction=1.0)
    run = Run._of(Recording(id="20260101-000000-amilli", name="long", history=history, progress=progress))
    page = run.export_html(tmp_path / "long.html")
    assert page.size <= 2_000_000
