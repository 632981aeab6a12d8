"""How runs end with the notebook cells that train them, and `%nnwidgets` there: a real kernel, without a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client import KernelManager
from jupyter_client.blocking import BlockingKernelClient

PATIENCE = 60.0
VIEW = "application/vnd.jupyter.widget-view+json"

BEGIN = "import nnwidgets as nnw\nrun = nnw.Run(name='{name}', show=False)\n"
ENDLESS = """
for epoch in run.epochs(10 ** 9):
    for batch in run.train(range(100)):
        run.log(loss=1 / run.steps)
        if run.steps == 200:
            print("training", flush=True)
"""


class Notebook:
    """Runs cells in a kernel and gives back what they printed."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self._manager = manager
        self._client = client
        #: The bundles that the last cell displayed.
        self.shown: list[dict[str, Any]] = []

    def cell(self, code: str, on_output: Callable[[str], None] = lambda text: None) -> tuple[str, str]:
        """Run a cell to its end; return its reply's status and what it wrote to stdout."""
        text: list[str] = []
        self.shown = []

        def collect(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                text.append(message["content"]["text"])
                on_output(message["content"]["text"])
            elif message["msg_type"] in ("display_data", "execute_result"):
                self.shown.append(message["content"]["data"])

        reply = self._client.execute_interactive(code, timeout=PATIENCE, output_hook=collect)
        return reply["content"]["status"], "".join(text)

    def ask(self, expression: str) -> Any:
        """Evaluate an expression in a cell of its own; what it gives must be JSON."""
        status, text = self.cell(f"import json\nprint(json.dumps({expression}))")
        assert status == "ok"
        return json.loads(text)

    def complete(self, code: str) -> list[str]:
        """Return what the kernel offers at the end of a line."""
        message = self._client.complete(code, reply=True, timeout=PATIENCE)
        return list(message["content"]["matches"])

    def interrupt(self) -> None:
        """Do what ■ does."""
        self._manager.interrupt_kernel()


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    home = tmp_path_factory.mktemp("cells")
    manager = KernelManager(kernel_name="python3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNWIDGETS_HOME", str(home / "runs"))
        manager.start_kernel(cwd=str(Path(__file__).parent.parent))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        yield Notebook(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def train(notebook: Notebook, name: str, body: str) -> str:
    return notebook.cell(BEGIN.format(name=name) + body)[0]


FACTS = "dict(status=run.status, error=run.error, step=run.steps, points=run.history['train/loss'].count)"


def stored(notebook: Notebook, name: str) -> list[dict[str, Any]]:
    """Return what the store says of the runs with a name, newest first."""
    runs = notebook.ask("[dict(id=r.id, name=r.name, status=r.status, step=r.step) for r in nnw.runs()]")
    return [run for run in runs if run["name"] == name]


def test_an_exception_in_the_loop_fails_the_run_and_keeps_its_curves(notebook: Notebook) -> None:
    status = train(
        notebook,
        "fails",
        """
for epoch in run.epochs(3):
    for batch in run.train(range(10)):
        run.log(loss=1.0)
    if epoch == 1:
        raise ValueError("the labels are upside down")
""",
    )
    assert status == "error"
    assert notebook.ask(FACTS) == {
        "status": "failed",
        "error": "ValueError: the labels are upside down",
        "step": 20,
        "points": 20,
    }
    assert [run["status"] for run in stored(notebook, "fails")] == ["failed"]
    assert notebook.ask("nnw.load(run.id).error") == "ValueError: the labels are upside down"


def test_an_exception_without_any_loop_of_ours_fails_the_run(notebook: Notebook) -> None:
    assert train(notebook, "plain", "run.log(loss=1.0)\n1 / 0") == "error"
    assert notebook.ask(FACTS) == {
        "status": "failed",
        "error": "ZeroDivisionError: division by zero",
        "step": 1,
        "points": 1,
    }


def test_break_finishes_the_run(notebook: Notebook) -> None:
    body = """
for epoch in run.epochs(3):
    for batch in run.train(range(10)):
        run.log(loss=1.0)
    break
"""
    assert train(notebook, "breaks", body) == "ok"
    assert notebook.ask(FACTS) == {"status": "finished", "error": None, "step": 10, "points": 10}


def test_interrupting_the_kernel_stops_the_loop_and_keeps_the_curves(notebook: Notebook) -> None:
    training = False

    def stop(text: str) -> None:
        nonlocal training
        if not training and "training" in text:
            training = True
            notebook.interrupt()

    status, _ = notebook.cell(BEGIN.format(name="interrupted") + ENDLESS, on_output=stop)
    assert training
    assert status == "error"
    facts = notebook.ask(FACTS)
    assert facts["status"] == "interrupted"
    assert facts["error"] is None
    # The step that was begun when the interrupt arrived may not have logged yet.
    assert facts["step"] - 1 <= facts["points"] <= facts["step"]
    assert facts["points"] >= 200
    (kept,) = stored(notebook, "interrupted")
    assert (kept["status"], kept["step"]) == ("interrupted", facts["step"])
    assert notebook.ask("nnw.load(run.id).history['train/loss'].count") == facts["points"]


def test_nothing_of_python_runs_when_a_run_is_collected(notebook: Notebook) -> None:
    """The collector swallows an interrupt that arrives while it calls Python; a training would then go on."""
    assert (
        train(notebook, "collected", "for epoch in run.epochs(2):\n    run.log(loss=1.0)\n    break") == "ok"
    )
    assert notebook.cell("import weakref")[0] == "ok"
    callbacks = notebook.ask("[repr(ref.__callback__) for ref in weakref.getweakrefs(run)]")
    assert set(callbacks) == {"None"}
    assert not notebook.ask("hasattr(run, '__del__')")


def test_running_a_cell_again_begins_a_new_run_beside_the_old_one(notebook: Notebook) -> None:
    body = "for epoch in run.epochs(2):\n    run.log(loss=1.0)"
    assert train(notebook, "again", body) == "ok"
    assert train(notebook, "again", body) == "ok"
    first, second = stored(notebook, "again")
    assert first["id"] != second["id"]
    assert [first["status"], second["status"]] == ["finished", "finished"]


def test_a_cell_that_has_nothing_to_do_with_a_run_does_not_end_it(notebook: Notebook) -> None:
    assert train(notebook, "open", "run.log(loss=1.0)") == "ok"
    assert notebook.cell("1 / 0")[0] == "error"
    assert notebook.cell("this is no Python")[0] == "error"
    assert notebook.ask("run.status") == "running"
    assert notebook.cell("run.log(loss=0.5)\nrun.finish()")[0] == "ok"
    assert notebook.ask(FACTS) == {"status": "finished", "error": None, "step": 2, "points": 2}


def test_a_run_that_is_open_between_cells_is_up_to_date_after_each(notebook: Notebook) -> None:
    assert train(notebook, "between", "run.log(loss=1.0)") == "ok"
    assert notebook.ask("run.history['train/loss'].count") == 1
    assert [run["step"] for run in stored(notebook, "between")] == [1]
    assert notebook.cell("run.finish()")[0] == "ok"


def test_a_cell_goes_on_though_code_that_it_runs_as_a_cell_is_over(notebook: Notebook) -> None:
    inner = "for _ in range(2): get_ipython().run_cell('inner = 1', silent=False)\n"
    said = "print(run._shown_in.busy)"
    begin = BEGIN.format(name="outer").replace(", show=False", "")
    assert notebook.cell(f"{begin}run.log(loss=1.0)\n{inner}{said}") == ("ok", "True\n")
    assert notebook.cell(said) == ("ok", "False\n")
    waits = "import asyncio\nawait asyncio.sleep(0)\n"
    assert notebook.cell(f"{waits}run.show()\n{inner}{said}") == ("ok", "True\n")
    assert notebook.cell(said) == ("ok", "False\n")
    captured = "%%capture\nrun.show()\nin_captured = run._shown_in.busy"
    assert notebook.cell(captured)[0] == "ok"
    assert notebook.cell("print(in_captured, run._shown_in.busy)\nrun.finish()") == ("ok", "True False\n")


def test_training_again_after_a_failure_goes_on_with_the_run(notebook: Notebook) -> None:
    assert (
        train(notebook, "resumed", "for epoch in run.epochs(2):\n    run.log(loss=1.0)\n    1 / 0") == "error"
    )
    assert notebook.ask("run.status") == "failed"
    assert notebook.cell("for epoch in run.epochs(2):\n    run.log(loss=0.5)")[0] == "ok"
    facts = notebook.ask(FACTS)
    assert (facts["status"], facts["error"], facts["points"]) == ("finished", None, 3)


def test_a_run_that_finished_in_an_earlier_cell_is_not_failed_by_a_later_one(notebook: Notebook) -> None:
    assert train(notebook, "earlier", "for epoch in run.epochs(1):\n    run.log(loss=1.0)\n    break") == "ok"
    assert notebook.cell("1 / 0")[0] == "error"
    assert notebook.ask("run.status") == "finished"


def test_the_magic_shows_the_newest_run_and_a_kept_one(notebook: Notebook) -> None:
    assert notebook.cell("%load_ext nnwidgets")[0] == "ok"
    assert notebook.complete("%nnwidgets op") == ["open"]
    assert train(notebook, "by magic", "run.log(loss=1.0)\nrun.finish()") == "ok"
    assert notebook.cell("%nnwidgets panel")[0] == "ok"
    (panel,) = notebook.shown
    assert VIEW in panel
    assert notebook.cell("kept = %nnwidgets open by magic")[0] == "ok"
    (other,) = notebook.shown
    assert other[VIEW]["model_id"] != panel[VIEW]["model_id"]
    assert notebook.ask("[kept.id == run.id, kept is run]") == [True, False]


def test_off_closes_panels_and_a_new_run_turns_everything_on_again(notebook: Notebook) -> None:
    assert notebook.cell("%reload_ext nnwidgets")[0] == "ok"
    assert notebook.cell("%nnwidgets off")[0] == "ok"
    widgets = "len(__import__('ipywidgets').widgets.widget._instances)"
    before = notebook.ask(widgets)
    assert train(notebook, "turned off", "run.log(loss=1.0)\nrun.show()") == "ok"
    assert notebook.ask(widgets) > before
    status, text = notebook.cell("%nnwidgets off")
    assert (status, "1 run finished" in text) == ("ok", True)
    assert notebook.ask("run.status") == "finished"
    assert notebook.ask(widgets) == before
    assert notebook.ask("__import__('nnwidgets.kernel.routes').kernel.routes._current is None")
    assert train(notebook, "on again", "run.log(loss=1.0)\n1 / 0") == "error"
    assert notebook.ask("run.status") == "failed"


def test_a_mistyped_line_stops_the_notebook_and_unloading_removes_the_magic(notebook: Notebook) -> None:
    status, text = notebook.cell("%reload_ext nnwidgets\n%nnwidgets doctor")
    assert status == "ok"
    assert "  clicks " in text
    assert notebook.cell("%nnwidgets opne")[0] == "error"
    assert notebook.cell("%unload_ext nnwidgets")[0] == "ok"
    assert notebook.cell("%nnwidgets runs")[0] == "error"
    assert "open" not in notebook.complete("%nnwidgets op")
