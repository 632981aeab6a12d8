"""What the wheel and the sdist carry, and that a wheel made from the sdist needs no Node."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest

import nnwidgets

ROOT = Path(__file__).resolve().parent.parent
LABEXTENSION = f"nnwidgets-{nnwidgets.__version__}.data/data/share/jupyter/labextensions/nnwidgets/"
INFO = f"nnwidgets-{nnwidgets.__version__}.dist-info/"
Contents = dict[str, bytes]


def build(kind: str, source: Path, out: Path, **environment: str) -> Path:
    """Build one distribution with what this environment has installed, and return its file."""
    command = [
        sys.executable,
        "-m",
        "build",
        f"--{kind}",
        "--no-isolation",
        "--outdir",
        str(out),
        str(source),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.iterdir()
    return made


def unzip(wheel: Path) -> Contents:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """Return the files of a wheel built from the checkout."""
    return unzip(build("wheel", ROOT, tmp_path_factory.mktemp("wheel")))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an unpacked sdist."""
    made = build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(made) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = folder.iterdir()
    return unpacked


@pytest.mark.packaging
def test_wheel_has_all_that_runs(wheel: Contents) -> None:
    modules = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "nnwidgets").rglob("*.py")
        if "static" not in path.parts
    }
    needed = {
        "nnwidgets/py.typed",
        "nnwidgets/static/panel.js",
        "nnwidgets/static/panel.css",
        "nnwidgets/static/replay.js",
        "nnwidgets/static/replay.mjs",
        "nnwidgets/static/replay.css",
        "nnwidgets/locale/uk.json",
        f"{LABEXTENSION}package.json",
        f"{LABEXTENSION}install.json",
        f"{LABEXTENSION}static/style.js",
        f"{LABEXTENSION}schemas/nnwidgets/settings.json",
        f"{INFO}licenses/LICENSE",
    }
    assert modules | needed <= wheel.keys()
    entry = json.loads(wheel[f"{LABEXTENSION}package.json"])["jupyterlab"]["_build"]["load"]
    assert LABEXTENSION + entry in wheel
    assert b"License-Expression: BSD-3-Clause" in wheel[f"{INFO}METADATA"]
    assert json.loads(wheel[f"{LABEXTENSION}install.json"])["packageName"] == "nnwidgets"


@pytest.mark.packaging
def test_wheel_has_nothing_else(wheel: Contents) -> None:
    assert {name for name in wheel if not name.startswith(("nnwidgets/", LABEXTENSION, INFO))} == set()
    strange = re.compile(r"(^|/)(tests?|node_modules|__pycache__|\.[^/]*)(/|$)|\.(ts|map|ipynb|sqlite)$")
    assert [name for name in wheel if strange.search(name)] == []


@pytest.mark.packaging
def test_sdist_has_the_sources_and_the_built_files(sdist: Path) -> None:
    needed = [
        "LICENSE", "README.md", "constraints.txt", "install.json", "pyproject.toml", "scripts/hatch_build.py",
        "js/package.json", "js/package-lock.json", "js/tsconfig.json", "js/tsconfig.lab.json", "js/src/lab/index.ts",
        "js/src/panel/index.ts", "js/schema/settings.json", "js/style/index.css", "js/scripts/build-panel.mjs",
        "nnwidgets/static/panel.js", "nnwidgets/static/panel.css", "nnwidgets/labextension/package.json",
        "nnwidgets/static/replay.js", "nnwidgets/static/replay.mjs", "nnwidgets/static/replay.css",
        "nnwidgets/locale/uk.json", "nnwidgets/py.typed",
    ]  # fmt: skip
    assert [name for name in needed if not (sdist / name).is_file()] == []
    unwanted = {"tests", "node_modules", "lib", ".venv", ".demo", ".nnwidgets", "__pycache__"}
    assert [path for path in sdist.rglob("*") if path.name in unwanted] == []


@pytest.mark.packaging
def test_wheel_from_the_sdist_is_the_same_and_needs_no_node(
    wheel: Contents, sdist: Path, tmp_path: Path
) -> None:
    nothing = tmp_path / "empty-path"
    nothing.mkdir()
    again = unzip(build("wheel", sdist, tmp_path / "out", PATH=str(nothing)))
    assert again.keys() == wheel.keys()
    assert [name for name in wheel if again[name] != wheel[name]] == []


def test_every_version_is_the_same() -> None:
    package = json.loads((ROOT / "js/package.json").read_text())
    lock = json.loads((ROOT / "js/package-lock.json").read_text())
    assert package["version"] == lock["version"] == lock["packages"][""]["version"] == nnwidgets.__version__


def test_lock_file_names_no_registry() -> None:
    lock = json.loads((ROOT / "js/package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_every_dependency_is_pinned_for_development() -> None:
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    pinned = {normal(name) for name in pins}
    needed = {normal(re.split(r"[^\w.-]", text)[0]) for text in requires("nnwidgets") or []} - {"nnwidgets"}
    assert needed <= pinned
    # Another version would bring several gigabytes of CUDA packages, and a local build tag exists on one machine only.
    assert pins["torch"] == "2.13.0"


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_jupyterlab_accepts_the_labextension() -> None:
    command = [sys.executable, "-m", "jupyter", "labextension", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    plain = re.sub(r"\x1b\[\d*m", "", done.stdout + done.stderr)
    assert re.search(rf"nnwidgets v{re.escape(nnwidgets.__version__)} enabled OK", plain), plain
