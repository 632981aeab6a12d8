"""A Python that runs in a browser: imports in Pyodide itself, trainings in a Python that lacks what Pyodide lacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.pyodide_like import NO_THREAD

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
NAMED = ("numpy", "pandas")
#: A linear net with more weights than points, trained by hand: it learns the noise of its points by heart.
TRAIN = """
import json
import IPython, ipywidgets, numpy as np
from tests.pyodide_like import become_pyodide
become_pyodide(sqlite={sqlite})
import nnwidgets as nnw
rng = np.random.default_rng(0)
x, x_val = rng.normal(size=(24, 30)), rng.normal(size=(300, 30))
y, y_val = x[:, 0] + rng.normal(size=24), x_val[:, 0] + rng.normal(size=300)
w, losses = np.zeros(30), []
with nnw.Run(name="in a browser") as run:
    for epoch in run.epochs(200):
        for _ in run.train(range(5)):
            error = x @ w - y
            w -= 0.03 * x.T @ error / 24
            losses.append(float((error ** 2).mean()))
            run.log(loss=losses[-1])
        for _ in run.validate(range(1)):
            run.log(loss=float(((x_val @ w - y_val) ** 2).mean()))
flag = run.divergence
kept = nnw.runs()
print(json.dumps({{
    "status": run.status,
    "same": run.history["train/loss"].points().value.tolist() == losses,
    "steps": run.history["train/loss"].count,
    "validations": run.history["val/loss"].count,
    "flag": flag is not None and flag.kind,
    "notices": [[n.level, n.text] for n in run.notices],
    "kept": [[r.id == run.id, r.status] for r in kept],
    "loaded": len(kept) and nnw.load(run.id).history["train/loss"].points().value.tolist() == losses,
}}))
"""

#: A shell as JupyterLite's: a kernel that is nothing but a comm manager, comms that hand on what they are given.
LITE = """
import json, warnings
warnings.filterwarnings("ignore", "metadata .* was set from the constructor")
import anywidget, bqplot, comm, ipywidgets, numpy
from comm.base_comm import BaseComm
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from tests.pyodide_like import become_pyodide
sent = []
class Comm(BaseComm):
    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        sent.append((self.comm_id, (data or {}).get("state", {}).get("state")))
class History(HistoryManager):
    def __init__(self, **options):
        self.enabled = False
        super().__init__(**options)
class Shell(InteractiveShell):
    def init_history(self):
        self.history_manager = History(shell=self, parent=self)
class Kernel:
    comm_manager = comm.get_comm_manager()
    def get_parent(self):
        return {}
comm.create_comm = Comm
become_pyodide(sqlite=True)
shell = Shell.instance()
shell.kernel = Kernel()
shell.user_ns["sent"] = sent
assert shell.run_cell('''
import nnwidgets as nnw
steps = lambda: [s["step"] for i, s in sent if s and i == run.panel.head.comm.comm_id]
with nnw.Run(name="lite") as run:
    for epoch in run.epochs(10**9):
        for _ in run.train(range(50)):
            run.log(loss=1 / (1 + run.steps))
        if len(set(steps())) > 3:
            break
during = len(set(steps()))
''').success
run = shell.user_ns["run"]
run.panel.head._handle_custom_msg({"wire": 1, "request": 1, "kind": "log", "value": True}, [])
print(json.dumps({"status": run.status, "during": shell.user_ns["during"], "log": run.panel.view.log,
                  "notices": [n.text for n in run.notices]}))
"""
#: What cannot be done without threads is refused, in words.
REFUSED = """
import json
import numpy
from tests.pyodide_like import become_pyodide
become_pyodide(sqlite=False)
import nnwidgets as nnw
from nnwidgets._worker import worker
run = nnw.Run(show=False)
for _ in run.epochs(3):
    for _ in run.train(range(5)):
        run.log(loss=1.0)
        pause = pause if run.steps > 1 else run.pause()
        step = step if run.steps > 1 else run.step()
other = nnw.Run(show=False)
try:
    other.start(print)
except RuntimeError as error:
    told = str(error)
print(json.dumps({"steps": run.steps, "status": run.status, "start": told,
                  "pause": pause.outcome.reason, "step": step.outcome.reason}))
"""


def packages() -> str:
    return sysconfig.get_paths()["purelib"]


@pytest.fixture(scope="module")
def pyodide() -> Any:
    """Return what a program told that ran in Pyodide."""
    told = json.dumps([str(ROOT), packages(), NAMED])
    done = subprocess.run(
        ["node", "js/scripts/pyodide.mjs", "tests/pyodide_program.py", os.path.commonpath([ROOT, packages()])],
        cwd=ROOT, env=os.environ | {"NNW_PYODIDE": told}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def told(program: str) -> Any:
    """Run a program in a Python of its own; return what its last line says."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout.splitlines()[-1])


def train(*, sqlite: bool) -> Any:
    return told(TRAIN.format(sqlite=sqlite))


def test_every_module_that_needs_no_framework_is_imported_in_pyodide(pyodide: Any) -> None:
    assert {name: why for name, why in pyodide["imports"].items() if why} == {}
    assert {"nnwidgets.run", "nnwidgets.store", "nnwidgets.widgets.panel", "nnwidgets.kernel.routes"} <= set(
        pyodide["imports"]
    )


def test_pyodide_is_as_its_stand_in_has_it(pyodide: Any) -> None:
    assert pyodide["facts"] == {
        "platform": "emscripten",
        "thread": f"RuntimeError: {NO_THREAD}",
        "thread_time": False,
        "sqlite": "",
        "pid": 42,
    }


def test_the_worker_does_its_jobs_at_once_in_pyodide(pyodide: Any) -> None:
    assert pyodide["worker"] == [False, ["job"]]


def test_the_file_of_a_run_is_written_and_read_in_pyodide(pyodide: Any) -> None:
    assert pyodide["stored"] == "a run"


def test_a_training_without_threads_is_recorded_flagged_and_kept() -> None:
    said = train(sqlite=True)
    assert (said["status"], said["steps"], said["validations"]) == ("finished", 1000, 200)
    assert said["same"]
    assert said["flag"] == "overfitting"
    assert said["kept"] == [[True, "finished"]]
    assert said["loaded"]
    assert said["notices"] == []


def test_without_sqlite_a_run_is_in_memory_only_and_says_so() -> None:
    said = train(sqlite=False)
    assert (said["status"], said["steps"], said["validations"]) == ("finished", 1000, 200)
    assert said["same"]
    assert said["flag"] == "overfitting"
    assert said["kept"] == []
    (notice,) = said["notices"]
    assert notice[0] == "warning"
    assert "no sqlite3" in notice[1]
    assert "in memory only" in notice[1]


def test_the_panel_is_live_in_a_kernel_like_jupyterlite_s() -> None:
    said = told(LITE)
    assert said.pop("during") >= 4
    assert said == {"status": "finished", "log": True, "notices": []}


def test_what_needs_threads_is_refused_in_words() -> None:
    said = told(REFUSED)
    assert (said["status"], said["steps"]) == ("finished", 15)
    assert "would never go on" in said["pause"]
    assert said["step"] == said["pause"]
    assert "nothing trains in the background" in said["start"]


def test_nothing_is_asked_for_that_pyodide_has_not() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    there = [Requirement(line) for line in wanted]
    names = {
        one.name for one in there if one.marker is None or one.marker.evaluate({"sys_platform": "emscripten"})
    }
    assert names == {"anywidget", "bqplot", "comm", "ipython", "ipywidgets", "numpy", "traitlets"}
