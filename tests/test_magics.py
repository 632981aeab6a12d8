"""`%load_ext nnwidgets`: what it registers, what it leaves, and what `%nnwidgets` does."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import nnwidgets as nnw
from nnwidgets import _magic_checks
from nnwidgets._magic_parser import COMMANDS
from nnwidgets._open_runs import open_runs
from nnwidgets._recent import recent
from nnwidgets._services import services
from nnwidgets.run import Run

HEAVY = ("anywidget", "bqplot", "ipywidgets", "keras", "lightning", "pandas", "tensorflow", "torch")


@pytest.fixture(scope="module")
def bare_shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    config = Config()
    config.HistoryManager.enabled = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        shell = InteractiveShell.instance(config=config)
        yield shell
        InteractiveShell.clear_instance()


@pytest.fixture
def shell(bare_shell: Any) -> Iterator[Any]:
    bare_shell.extension_manager.load_extension("nnwidgets")
    yield bare_shell
    bare_shell.extension_manager.unload_extension("nnwidgets")


@pytest.fixture
def shown(shell: Any, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Make the shell a notebook's and return the runs whose panels it shows."""
    runs: list[Run] = []
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    monkeypatch.setattr(services, "show", runs.append)
    return runs


@pytest.fixture(autouse=True)
def ends_its_runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # Runs of other tests, not collected yet, are no runs of this shell.
    monkeypatch.setattr(recent, "_begun", [])
    monkeypatch.setattr(recent, "_opened", [])
    yield
    for run in list(open_runs.values()):
        run.finish()


def magic(shell: Any, line: str) -> Any:
    return shell.run_line_magic("nnwidgets", line)


def finished(name: str = "net", **options: Any) -> Run:
    with Run(name=name, show=False, **options) as run:
        run.log(loss=0.5, val_loss=0.7)
    return run


def traces(shell: Any) -> dict[str, Any]:
    """Return everything in a shell that an extension could change."""
    completers = shell.strdispatchers["complete_command"]
    return {
        "magics": {kind: dict(magics) for kind, magics in shell.magics_manager.magics.items()},
        "user magics": dict(vars(shell.magics_manager.user_magics)),
        "registry": dict(shell.magics_manager.registry),
        "completers": (sorted(completers.strs), sorted(map(str, completers.regexs))),
        "matchers": list(shell.Completer.custom_matchers),
        "events": {name: list(callbacks) for name, callbacks in shell.events.callbacks.items()},
        "hooks": dict(shell.hooks),
        "transforms": (
            list(shell.input_transformers_cleanup),
            list(shell.input_transformers_post),
            list(shell.ast_transformers),
        ),
        "names": sorted(shell.user_ns),
        "exceptions": (shell.custom_exceptions, sys.excepthook),
        "display": dict(shell.display_formatter.formatters["text/html"].type_printers),
    }


def test_unloading_leaves_nothing(bare_shell: Any, shown: list[Run]) -> None:
    bare_shell.run_line_magic(
        "unload_ext", "nnwidgets"
    )  # also makes IPython load its own magics for extensions
    before = traces(bare_shell)
    bare_shell.run_line_magic("load_ext", "nnwidgets")
    during = traces(bare_shell)
    assert during["magics"]["line"].keys() - before["magics"]["line"].keys() == {"nnwidgets"}
    assert during["magics"]["cell"] == before["magics"]["cell"]
    run = Run(name="open", show=False)
    assert traces(bare_shell)["events"] != before["events"]
    magic(bare_shell, "panel")
    bare_shell.run_line_magic("unload_ext", "nnwidgets")
    assert traces(bare_shell) == before
    assert run.status == "running"


def test_reloading_leaves_one_of_each(shell: Any, shown: list[Run]) -> None:
    Run(name="open", show=False)
    before = traces(shell)
    shell.run_line_magic("reload_ext", "nnwidgets")
    after = traces(shell)
    for there in (before, after):
        there["magics"]["line"].pop("nnwidgets")
        there["user magics"].pop("nnwidgets")
    assert after == before
    assert len(after["events"]["post_run_cell"]) == len({*after["events"]["post_run_cell"]})


def test_loading_imports_neither_a_framework_nor_bqplot() -> None:
    code = (
        "import sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.run_line_magic('load_ext', 'nnwidgets')\n"
        "shell.run_line_magic('nnwidgets', '')\n"
        "shell.run_line_magic('nnwidgets', 'doctor')\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not {*HEAVY} & {*done.stdout.splitlines()[-1].split()}


@pytest.mark.parametrize("line", ["", "--help", "-h"])
def test_help_names_every_command(shell: Any, capsys: pytest.CaptureFixture[str], line: str) -> None:
    assert magic(shell, line) is None
    text = capsys.readouterr().out
    assert all(f"\n    {command} " in text for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(shell: Any, capsys: pytest.CaptureFixture[str], command: str) -> None:
    magic(shell, f"{command} --help")
    assert capsys.readouterr().out.startswith(f"usage: %nnwidgets {command}")


def test_the_docstring_is_the_help(shell: Any) -> None:
    doc = shell.find_line_magic("nnwidgets").__doc__
    assert doc.startswith("usage: %nnwidgets")
    assert "\x1b" not in doc


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("opne x", "no command 'opne'. Did you mean 'open'?"),
        ("launch", "It has: panel, sidebar, runs"),
        ("open", "arguments are required: run. See: %nnwidgets open --help"),
        ("runs -n 0", "'0' is not a whole number from 1 up"),
        ("runs -n many", "'many' is not a whole number from 1 up"),
        ("runs --all", "unrecognized arguments: --all"),
        ("open nothing", "nothing is stored here yet"),
        ("delete nothing", "nothing is stored here yet"),
    ],
)
def test_a_line_that_makes_no_sense_is_answered_in_words(shell: Any, line: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        magic(shell, line)
    assert says in str(raised.value)


def test_runs_are_listed_newest_first(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ids = [finished(f"net {i}").id for i in range(3)]
    assert [run.id for run in magic(shell, "runs")] == ids[::-1]
    assert capsys.readouterr().out == ""
    assert [run.id for run in magic(shell, "runs -n 2")] == ids[:0:-1]
    assert "newest 2 of 3 runs" in capsys.readouterr().out


def test_no_runs_is_no_error(shell: Any) -> None:
    assert magic(shell, "runs") == []


@pytest.mark.parametrize("how", ["id", "prefix", "name", "quoted"])
def test_open_takes_an_id_its_beginning_or_a_name(shell: Any, shown: list[Run], how: str) -> None:
    finished("other", id="bbb-2")
    kept = finished("Ann's net, many layers", id="aaa-1")
    words = {"id": kept.id, "prefix": "a", "name": kept.name, "quoted": f'"{kept.name}"'}
    run = magic(shell, f"open {words[how]}")
    assert run.id == kept.id
    assert run is not kept
    assert run.history["train/loss"].count == 1
    assert shown == [run]


def test_an_id_wins_over_a_name_and_a_name_over_a_beginning(shell: Any, shown: list[Run]) -> None:
    for name, run_id in (("ab", "abc"), ("abc", "x"), ("y", "ab-1")):
        finished(name, id=run_id)
    assert magic(shell, "open abc").id == "abc"
    assert magic(shell, "open ab").id == "abc"
    assert magic(shell, "open ab-").id == "ab-1"


@pytest.mark.parametrize("command", ["open", "delete", "panel"])
def test_a_word_that_fits_several_runs_lists_them(shell: Any, shown: list[Run], command: str) -> None:
    first, second = finished("twin"), finished("twin")
    with pytest.raises(UsageError, match="2 runs fit 'twin'") as raised:
        magic(shell, f"{command} twin")
    assert first.id in str(raised.value)
    assert second.id in str(raised.value)


def test_an_unknown_run_names_the_nearest(shell: Any) -> None:
    finished("digits, many layers")
    with pytest.raises(UsageError, match="The nearest: 'digits, many layers'"):
        magic(shell, "open digits, many layer")


def test_a_damaged_run_is_told_in_words(shell: Any, home: Path) -> None:
    finished("good")
    (home / "broken.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(UsageError, match="broken"):
        magic(shell, "open broken")
    magic(shell, "delete broken --yes")
    assert [run.name for run in nnw.runs()] == ["good"]


def test_delete_asks_first(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    kept, gone = finished("kept"), finished("gone")
    magic(shell, "delete gone")
    text = capsys.readouterr().out
    assert f"%nnwidgets delete {gone.id} --yes" in text
    assert len(nnw.runs()) == 2
    magic(shell, "delete gone --yes")
    assert gone.id in capsys.readouterr().out
    assert [run.id for run in nnw.runs()] == [kept.id]


def test_a_run_that_is_being_written_is_not_deleted(shell: Any) -> None:
    run = Run(name="open", show=False)
    run.log(loss=1.0)
    run.flush()
    with pytest.raises(UsageError, match="still being written"):
        magic(shell, f"delete {run.id} --yes")
    assert [info.id for info in nnw.runs()] == [run.id]


def test_panel_shows_the_newest_run_of_the_kernel(shell: Any, shown: list[Run]) -> None:
    first = finished("first")
    second = Run(name="second", show=False)
    magic(shell, "panel")
    magic(shell, f"panel {first.id}")
    magic(shell, "panel second")
    assert shown == [second, first, second]


def test_panel_shows_the_newest_run_though_nobody_holds_it(shell: Any, shown: list[Run]) -> None:
    run_id = finished("let go").id
    gc.collect()
    assert run_id not in [run.id for run in recent.begun()]
    magic(shell, "panel")
    assert [run.id for run in shown] == [run_id]


def test_a_copy_that_was_opened_does_not_hide_the_run_itself(shell: Any, shown: list[Run]) -> None:
    run = finished("twice")
    copy = magic(shell, "open twice")
    magic(shell, "panel")
    magic(shell, "panel twice")
    assert shown == [copy, run, run]


def test_panel_without_a_run_says_what_to_do(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "last_id", None)
    with pytest.raises(UsageError, match=r"Begin one with nnw\.watch"):
        magic(shell, "panel")


def test_a_terminal_gets_words_instead_of_a_panel(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run = finished("plain")
    magic(shell, "panel")
    assert repr(run) in capsys.readouterr().out


def test_off_finishes_closes_and_listens_no_more(
    shell: Any, shown: list[Run], capsys: pytest.CaptureFixture[str]
) -> None:
    class Panel:
        closed = False

        def close(self) -> None:
            self.closed = True

    before = traces(shell)["events"]
    run = Run(name="open", show=False)
    panel = run._panel = Panel()
    assert traces(shell)["events"] != before
    magic(shell, "off")
    assert "1 run finished, 1 panel closed" in capsys.readouterr().out
    assert run.status == "finished"
    assert panel.closed
    assert run._panel is None
    assert traces(shell)["events"] == before
    magic(shell, "off")
    assert "0 runs finished, 0 panels closed" in capsys.readouterr().out


def report(shell: Any, capsys: pytest.CaptureFixture[str]) -> str:
    magic(shell, "doctor")
    return capsys.readouterr().out


def test_doctor_tells_versions_store_and_journal(
    shell: Any, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    text = report(shell, capsys)
    lines = {words[0]: " ".join(words[1:]) for line in text.splitlines() if (words := line[2:].split())}
    for package in ("ipywidgets", "bqplot", "numpy", "ipykernel"):
        assert lines[package] == metadata.version(package)
    assert lines["journal"].split()[0] in ("wal", "truncate")
    assert lines["store"] == f"{home} (made with the first run)"
    assert lines["kernel"] == "none, this is a terminal"
    finished()
    assert f"{home} (writable)" in report(shell, capsys)


def test_doctor_says_what_to_do_about_what_is_missing(
    shell: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name in ("torch", "bqplot"):
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(_magic_checks.metadata, "version", version)
    text = report(shell, capsys)
    assert "not installed (pip install 'nnwidgets[torch]')" in text
    assert "! bqplot: Run: pip install bqplot" in text
    assert "! torch" not in text


def test_doctor_tells_of_a_folder_that_cannot_be_written(
    shell: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NNWIDGETS_HOME", str(tmp_path / "file" / "runs"))
    text = report(shell, capsys)
    assert "(not writable)" in text
    assert "Set NNWIDGETS_HOME" in text


def test_doctor_looks_for_the_parts_of_the_page(
    shell: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    paths = pytest.importorskip("jupyter_core.paths", reason="only environments with Jupyter have its paths")
    monkeypatch.setattr(paths, "jupyter_path", lambda *parts: [str(tmp_path)])
    text = report(shell, capsys)
    assert "! page: nnwidgets: JupyterLab's part of nnwidgets is not in this environment" in text
    extension = tmp_path / "nnwidgets"
    extension.mkdir()
    (extension / "package.json").write_text('{"version": "0.0.1"}')
    assert f"The page's part is 0.0.1, the kernel's is {nnw.__version__}" in report(shell, capsys)
    (extension / "package.json").write_text(f'{{"version": "{nnw.__version__}"}}')
    assert "! page: nnwidgets" not in report(shell, capsys)


def test_doctor_knows_a_kernel(shell: Any, shown: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert "! kernel" not in report(shell, capsys)


def completions(shell: Any, text: str) -> list[str]:
    """Complete as Jupyter's front ends do."""
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, len(text)))
    return [completion.text for completion in found]


@pytest.mark.parametrize("prompt", ["%nnwidgets ", "nnwidgets ", "run = %nnwidgets ", "x = 1\n  %nnwidgets "])
def test_commands_are_completed(shell: Any, prompt: str) -> None:
    assert completions(shell, prompt) == list(COMMANDS)
    assert completions(shell, prompt + "d") == ["delete", "doctor"]


def test_options_are_completed(shell: Any) -> None:
    assert completions(shell, "%nnwidgets delete some --") == ["--help", "--yes"]
    assert completions(shell, "%nnwidgets runs -") == ["--help", "-n"]
    assert completions(shell, "%nnwidgets -") == ["--help"]


def test_ids_are_completed_newest_first(shell: Any) -> None:
    for run_id in ("20260101-1", "20260102-2", "other"):
        finished(id=run_id)
    assert completions(shell, "%nnwidgets open ") == ["other", "20260102-2", "20260101-1"]
    assert completions(shell, "%nnwidgets delete 2026") == ["20260102-2", "20260101-1"]
    assert completions(shell, "%nnwidgets panel 20260101-") == ["20260101-1"]


def test_what_is_not_the_magic_is_completed_as_before(shell: Any, bare_shell: Any) -> None:
    finished(id="20260101-1")
    for text in ("nnwidgets.", "import nnwidgets ", "%nnwidgets_ ", "x = nnwidgets "):
        assert not {"panel", "20260101-1"} & {*completions(shell, text)}
