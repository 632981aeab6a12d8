"""A person who reads Ukrainian: all that a panel, its pictures and a magic say follows, also what was said before."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import comm
import pytest

import nnwidgets as nnw
from nnwidgets import _i18n, _preferences
from nnwidgets._i18n import told
from nnwidgets._preferences import checked, use_language
from nnwidgets._worker import worker
from nnwidgets.export.still import still_svg
from nnwidgets.run import Run
from nnwidgets.widgets.desk import Desk
from nnwidgets.widgets.panel import _own_traits
from tests.test_divergence import overfitting

CYRILLIC = re.compile("[\u0400-\u04ff]")
#: States whose values are no sentences: names of things, codes, numbers in words.
_NAMES = {
    "name", "status", "phase", "kind", "level", "metric", "metrics", "view", "role", "control", "x", "axes", "mode",
    "started", "id", "best", "value", "last", "stored", "key", "path", "facts", "change", "columns", "address",
}  # fmt: skip


class Silent(comm.base_comm.BaseComm):
    """Sends nothing."""

    def publish_msg(self, *_: Any, **__: Any) -> None:
        pass


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(comm, "create_comm", Silent)
    yield
    use_language(None)
    _preferences.put(checked({"language": None}))
    settle()


def settle() -> None:
    """Wait until the worker thread has done what it was asked for."""
    for _ in range(2):  # what it was asked for asks for more
        done = threading.Event()
        worker.call_soon(done.set)
        assert done.wait(30)


def overfitted(**options: Any) -> Run:
    """A run by hand that overfits, was steered, met NaN and was refused something."""
    run = Run(name="крива", show=False, controls={"learning_rate": 0.1, "dropout": 0.2}, **options)
    low, high = overfitting()
    run.log(loss=float("nan"), lr=0.1)
    for i, (train, val) in enumerate(zip(low, high, strict=True)):
        run.log(loss=float(train), lr=0.1, epoch=i + 1)
        run.log(val_loss=float(val), step=run.steps)
        if i == 3:
            run.controls.learning_rate = 0.05
            run.evaluate()
    run.flush()
    return run


def states(run: Run, *, draw: bool = True) -> list[Any]:
    """Return everything that a panel shows, drawn to its end; without ``draw`` as it is by itself."""
    panel = run.panel
    for _ in range(4 if draw else 0):  # a frame leaves something for the next one
        worker.call_soon(panel.refresh)
    if draw:
        worker.call_soon(panel.refresh_pages)
    settle()
    return [view.state for view in (panel.head, *panel.strips())]


def sentences(state: Any, name: str = "") -> Iterator[str]:
    """Yield the texts of a state that are words for people."""
    if name in _NAMES:
        return
    if isinstance(state, dict):
        for key, value in state.items():
            yield from sentences(value, key)
    elif isinstance(state, (list, tuple)):
        for value in state:
            yield from sentences(value, name)
    elif isinstance(state, str) and re.search(r"[^\W\d_]{2,}", state):
        yield state


def test_a_run_says_everything_in_ukrainian() -> None:
    use_language("uk")
    run = overfitted(store=False)
    said = [text for state in states(run) for text in sentences(state)]
    assert [text for text in said if not CYRILLIC.search(text)] == []
    events = "\n".join(row["text"] for row in run.panel._page.state["events"])
    for words in (
        "Початок:",
        "швидкість навчання 0.1 → 0.05 · з Python.",
        "валідація зараз: відхилено. ",
        "loss на валідації",
        "не скінченне число",
    ):
        assert words in events
    assert re.search(
        r"Значення loss на валідації зросло на [\d.]+ % .*, тоді як значення loss на навчанні", events
    )
    run.finish()
    settle()
    assert [text for text in sentences(run.panel._page.state["events"]) if not CYRILLIC.search(text)] == []
    assert "Завершено" in run.panel._page.state["events"][-1]["text"]
    run.panel.close()


def test_what_was_said_before_is_said_again_when_the_language_changes() -> None:
    run = overfitted(store=False)
    english = states(run)
    use_language("uk")
    ukrainian = states(run, draw=False)
    assert [text for state in ukrainian for text in sentences(state) if not CYRILLIC.search(text)] == []
    assert {view.language for view in (run.panel.head, *run.panel.strips())} == {"uk"}
    labels = [label for mark in run.panel.charts[0].figure.marks for label in getattr(mark, "text", [])]
    assert any(str(label).startswith("найкраще ") for label in labels)
    assert "швидкість навчання 0.1 → 0.05" in labels
    assert "language" in _own_traits(run.panel.head)  # a page that missed it is sent it again
    use_language(None)
    again = states(run, draw=False)
    for before, after in zip(english, again, strict=True):  # frames are counted, and memory is what it is now
        assert list(sentences(before)) == list(sentences(after))
    assert {view.language for view in (run.panel.head, *run.panel.strips())} == {""}
    run.finish()
    run.panel.close()


def test_the_page_says_which_language_it_has_and_a_choice_goes_before_it() -> None:
    with Run(show=False, store=False) as run:
        _ = run.panel
        _preferences.put(checked({"language": "uk-UA"}))
        settle()
        assert run.panel.strips()[0].language == ""  # the page knows best
        assert _i18n.language() == "uk"
        use_language("en")
        settle()
        assert (_i18n.language(), run.panel.head.language) == ("en", "en")
        _preferences.put(checked({"language": "de"}))
        use_language(None)
        settle()
        assert _i18n.language() == "en"
        run.panel.close()


def test_the_sidebar_follows() -> None:
    run = overfitted(store=False)
    desk = Desk([run])
    use_language("uk")
    settle()
    assert desk._list.language == "uk"
    assert desk.status["runs"][0]["flag_text"].startswith("Значення loss на валідації")
    desk.close()
    run.finish()


def test_a_kept_run_is_read_in_the_reader_s_language(home: Path) -> None:
    run = overfitted()
    run.finish()
    english = still_svg(nnw.load(run.id))
    assert "best 0" in english
    use_language("uk")
    recorded = nnw.load(run.id)
    said = [text for state in states(recorded) for text in sentences(state)]
    assert [text for text in said if not CYRILLIC.search(text)] == []
    picture = still_svg(recorded)
    for words in ("завершено", "навчання", "валідація", "найкраще ", "епоха", "Значення loss на валідації"):
        assert words in picture
    recorded.panel.close()


def test_a_run_of_a_version_without_languages_keeps_its_words(home: Path) -> None:
    from nnwidgets.controls import Intervention
    from nnwidgets.widgets._controls_state import _beside_its_name, in_words

    event = {
        "control": "learning_rate", "old": 0.1, "new": 0.05, "source": "python", "applied": True, "step": 7,
        "text": "learning rate 0.1 → 0.05",
    }  # fmt: skip
    kept = Intervention.from_event(event)
    assert in_words(kept) == "learning rate 0.1 → 0.05, applied at step 7"
    assert _beside_its_name(kept) == "0.1 → 0.05, applied at step 7"
    use_language("uk")
    assert in_words(kept) == "learning rate 0.1 → 0.05, застосовано на кроці 7"


def test_what_became_of_a_control_stands_beside_its_name_without_it() -> None:
    from nnwidgets.controls import Intervention
    from nnwidgets.frameworks._sizes import in_words as size
    from nnwidgets.widgets._controls_state import _beside_its_name

    def beside(text: str) -> str:
        return _beside_its_name(Intervention("size", None, None, "python", True, text, step=7))

    texts = [size(1.0, 2.0, {}), size(None, 2.0, {}), size(1.0, {}, {})]
    short = ["1× → 2×", "2×", "as before"]
    assert list(map(beside, texts)) == [f"{said}, applied at step 7" for said in short]
    use_language("uk")
    assert beside(texts[0]) == "1× → 2×, застосовано на кроці 7"


def test_a_learning_rate_of_torch_can_be_said_again() -> None:
    pytest.importorskip("torch")
    from nnwidgets.frameworks._torch_rate import _text

    texts = [_text([0.1], [0.05]), _text([0.1, 0.2], [0.05, 0.1])]
    assert texts == ["learning rate 0.1 → 0.05", "learning rate 0.1 → 0.05 …"]
    use_language("uk")
    assert [told(text) for text in texts] == [
        "швидкість навчання 0.1 → 0.05",
        "швидкість навчання 0.1 → 0.05 …",
    ]


def test_undoing_a_way_back_is_told_by_a_fact_and_not_by_words() -> None:
    from nnwidgets._branches import is_way_back
    from nnwidgets.controls import Intervention

    def undo(text: str, **facts: Any) -> Intervention:
        return Intervention("undo", None, None, "panel", True, text, facts=facts)

    assert is_way_back(undo("скасовано: …", undone="branch"))
    assert not is_way_back(undo("undone: branch from best", undone="dropout"))
    assert is_way_back(
        undo("undone: branch from best, epoch 3: dropout 0.2 → 0.5")
    )  # kept by an earlier version
    assert not is_way_back(undo("undone: dropout 0.2 → 0.5"))


def test_the_magic_says_and_chooses_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    from IPython.core.error import UsageError

    from nnwidgets.magics import run_line

    run_line(None, "lang")
    assert capsys.readouterr().out == (
        "nnwidgets speaks English, as the page does. There are: en (English), uk (Українська).\n"
    )
    run_line(None, "lang uk")
    assert capsys.readouterr().out == (
        "Мова nnwidgets: Українська, її вибрали. Є такі: en (English), uk (Українська).\n"
    )
    run_line(None, "lang --help")
    assert "використання: %nnwidgets lang [-h] [code]" in capsys.readouterr().out
    with pytest.raises(UsageError, match=r"Каталогу для 'xx' немає. Є такі: en, uk, auto."):
        run_line(None, "lang xx")
    run_line(None, "lang auto")
    assert capsys.readouterr().out.startswith("nnwidgets speaks English, as the page does.")


def test_the_magic_completes_languages() -> None:
    from nnwidgets._magic_complete import _choices

    assert _choices(["lang"], "") == ["en", "uk", "auto"]
    assert _choices(["lang", "uk"], "") == []
