"""The catalogues: complete, used, with the same places and all plural forms; and what is said when one is broken."""

from __future__ import annotations

import copy
import json
import math
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnwidgets import _i18n
from nnwidgets._i18n import as_kept, from_kept, later, now, reason_of, speaking, t, tn, told
from tests import i18n_scan as scan

#: What the panel, its pictures and the magics say: here every text of several words goes through the catalogue.
SPEAKING = re.compile(
    r"(widgets/|kernel/|export/(still|_still_marks|pair|_frame)\.py|_magic|magics|_divergence_words|_branches|_best|_flags"
    r"|_notices|_ledger|_orders|_changer|_graph_(finding|changes|words|settings)|_layer_series|_run_words|_marked|_undo)"
)
#: Names of kinds and of styles, and words of files of earlier versions.
NAMES = frozenset(
    {
        "not finite", "large update", "small update", "fault …", "nnwidgets …", "said stands", "other dash",
        "undone: branch from", "undone: back to",
    }
)  # fmt: skip


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_chosen", "_page", "_environment"):
        monkeypatch.setattr(_i18n, name, None)


def forms(found: object) -> list[str]:
    return [str(form) for form in found] if isinstance(found, list) else [str(found)]


def test_every_text_is_a_literal() -> None:
    texts, odd = scan.all_texts()
    assert odd == []
    assert len(texts) > 300


def test_every_text_is_in_every_catalogue_and_none_is_left_over() -> None:
    texts = {text.one for text in scan.all_texts()[0]}
    for code, data in scan.catalogues().items():
        known = set(data["messages"]["python"])  # type: ignore[index]
        assert texts - known == set(), f"not in {code}.json"
        assert known - texts == set(), f"in {code}.json, and nobody says it"


def test_texts_that_depend_on_a_number_have_all_forms_and_no_others_have_any() -> None:
    ours = {text.one for text in scan.all_texts()[0]}
    several = {text.one for text in scan.all_texts()[0] if text.many is not None}
    assert several
    for code in scan.catalogues():
        book = _i18n.catalogue(code)
        count = len({book.plural(n) for n in range(1000)})
        for text, found in book.messages.items():
            assert text not in ours or isinstance(found, list) == (text in several), text
            if isinstance(found, list):
                assert len(found) == count, text


def test_translations_have_the_places_of_their_texts() -> None:
    for data in scan.catalogues().values():
        for section in data["messages"].values():  # type: ignore[attr-defined]
            for text, found in section.items():
                for form in forms(found):
                    assert scan.places(form) | {"n"} == scan.places(text) | {"n"}, text


def test_one_text_has_the_same_places_for_one_and_for_several() -> None:
    for text in scan.all_texts()[0]:
        if text.many is not None:
            assert scan.places(text.one) | {"n"} == scan.places(text.many) | {"n"}, text.where


def test_sentences_are_translated() -> None:
    for text, found in scan.catalogues()["uk"]["messages"]["python"].items():  # type: ignore[index]
        if len(re.findall(r"[a-z]{3,}", scan.PLACE.sub("", text))) >= 3:
            for form in forms(found):
                assert re.search("[\u0400-\u04ff]", form), text


def speaking_files() -> list[Path]:
    return [path for path in scan.sources() if SPEAKING.match(path.relative_to(scan.PACKAGE).as_posix())]


def test_nothing_goes_past_the_catalogues_where_people_read() -> None:
    assert len(speaking_files()) > 50
    found = [
        line
        for path in speaking_files()
        for line in scan.bypassing(path.read_text(encoding="utf-8"), path, NAMES)
    ]
    assert found == []


def test_what_goes_past_the_catalogues_is_found() -> None:
    source = '''
def state(run):
    """A docstring is no text for people."""
    value = f"best {run.best}"
    return {"head line": t("said rightly {n}", n=run.n), "text": "two words", "list": [f"{run.n} epochs"]}
'''
    path = scan.PACKAGE / "sample.py"
    assert scan.bypassing(source, path) == [
        "sample.py:4: f'best {run.best}'",
        "sample.py:5: 'two words'",
        "sample.py:5: f'{run.n} epochs'",
    ]
    assert scan.texts('t(text); tn(2, "{n} one", "{n} many")', path) == (
        [scan.Text("sample.py:1", "{n} one", "{n} many")],
        ["sample.py:1"],
    )


def test_english_is_the_text_itself() -> None:
    assert t("step {step}", step=5) == "step 5"
    assert [tn(n, "{n} epoch", "{n} epochs") for n in (0, 1, 1200)] == ["0 epochs", "1 epoch", "1,200 epochs"]
    assert t("{a} and {b}", a="{b}", b=2) == "{b} and 2"  # values are never looked into
    assert t("{nothing}") == "{nothing}"


def test_ukrainian_has_three_plural_forms() -> None:
    with speaking("uk"):
        said = [tn(n, "{n} epoch", "{n} epochs") for n in (1, 2, 5, 11, 12, 21, 22, 111, 0)]
    words = ["епоха", "епохи", "епох", "епох", "епох", "епоха", "епохи", "епох", "епох"]
    assert said == [f"{n} {word}" for n, word in zip((1, 2, 5, 11, 12, 21, 22, 111, 0), words, strict=True)]


def test_what_was_chosen_goes_before_the_page_and_a_block_before_all() -> None:
    assert _i18n.language() == "en"
    _i18n.hear("uk_UA")
    assert (_i18n.language(), _i18n.explicit()) == ("uk", "")
    _i18n.use("en")
    assert (_i18n.language(), _i18n.explicit()) == ("en", "en")
    with speaking("uk-UA"):
        assert t("paused") == "на паузі"
    assert t("paused") == "paused"
    _i18n.use(None)
    assert _i18n.language() == "uk"
    _i18n.hear("de")
    assert _i18n.language() == "en"


def test_an_unknown_language_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"There is no catalogue for 'xx'. There are: en, uk."):
        _i18n.use("xx")
    with pytest.raises(ValueError, match="no catalogue"), speaking("../../etc/passwd"):
        pass
    assert _i18n.language() == "en"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of catalogues with one that works in part."""
    data = {
        "name": "Test",
        "plural": "n != 1",
        "messages": {"python": {"{n} epoch": ["{n} only one form"], "paused": ["a list"], "step": "X"}},
    }
    (tmp_path / "xa.json").write_text(json.dumps(data), encoding="utf-8")
    (tmp_path / "xb.json").write_text("{", encoding="utf-8")
    monkeypatch.setattr(_i18n, "_FOLDER", tmp_path)
    yield tmp_path
    _i18n.catalogue.cache_clear()


def test_what_a_catalogue_lacks_is_said_in_english(folder: Path) -> None:
    with speaking("xa"):
        assert (t("step"), t("paused"), t("resumed")) == ("X", "paused", "resumed")
        assert tn(1, "{n} epoch", "{n} epochs") == "1 only one form"
        assert tn(2, "{n} epoch", "{n} epochs") == "2 epochs"


def test_a_broken_catalogue_leaves_english(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with speaking("xb"):
        assert t("step {step}", step=5) == "step 5"
    assert "the catalogue of 'xb' cannot be read" in caplog.text
    (folder / "xa.json").unlink()
    assert _i18n.catalogue("xa").messages == {}


def test_a_text_can_be_said_again_in_another_language() -> None:
    inner = tn(3, "{n} epoch", "{n} epochs")
    text = t("step {step}: {label}", step=7, label=inner)
    assert text == "step 7: 3 epochs"
    with speaking("uk"):
        assert told(text) == "крок 7: 3 епохи"
        again = t("before {change}", change=text)
    assert again == "перед зміною: крок 7: 3 епохи"
    assert told(again) == "before step 7: 3 epochs"
    assert told("anybody's text") == "anybody's text"
    assert copy.deepcopy([text])[0] is text
    assert type(pickle.loads(pickle.dumps(text))) is str


def test_what_a_text_was_made_of_survives_a_file() -> None:
    text = t("step {step}: {label}", step=7, label=tn(3, "{n} epoch", "{n} epochs"))
    kept = json.loads(json.dumps(as_kept(text)))
    read = from_kept(str(text), kept)
    assert read == text
    with speaking("uk"):
        assert told(read) == "крок 7: 3 епохи"
    assert as_kept("anybody's text") is None
    endless = {"key": "x", "many": "x", "values": {}, "n": math.inf}
    for damaged in (None, 5, {}, {"key": "x", "values": 3}, {"key": "x", "values": {}, "n": "many"}, endless):
        assert told(from_kept("as it was", damaged)) in ("as it was", "x")


def test_the_reason_of_an_error_can_be_said_again() -> None:
    error = ValueError(t("There is nothing to undo."))
    assert reason_of(error) == str(error)
    with speaking("uk"):
        assert told(reason_of(error)) == "Скасовувати нічого."
    assert reason_of(KeyError("x")) == "'x'"


def test_constants_are_said_where_they_are_shown() -> None:
    constant = later("paused")
    with speaking("uk"):
        assert now(constant) == "на паузі"


@pytest.mark.parametrize(
    ("asked", "spoken"), [("uk", "uk"), ("uk_UA.UTF-8", "uk"), ("", "en"), ("klingon", "en")]
)
def test_the_environment_names_a_language(asked: str, spoken: str) -> None:
    code = "import sys, nnwidgets._i18n as i; print(i.language(), i.explicit(), 'ipywidgets' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "NNWIDGETS_LANG": asked},
    )  # fmt: skip
    assert done.stdout.split() == [spoken, *([spoken] if spoken != "en" else []), "False"]
    assert ("of which there is no catalogue" in done.stderr) == (asked == "klingon")
