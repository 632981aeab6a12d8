"""What `%nnwidgets doctor` looks at. Packages that it asks about are not imported."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, Final, NamedTuple

from nnwidgets._i18n import catalogue, language, t
from nnwidgets._version import __version__

_NEEDED: Final = ("ipython", "ipywidgets", "bqplot", "anywidget", "numpy", "psutil")
_USEFUL: Final = ("ipykernel", "jupyterlab", "notebook", "pandas")
#: Frameworks, with the extra that installs each.
_FRAMEWORKS: Final = {"torch": "torch", "tensorflow": "keras", "keras": "keras", "lightning": "lightning"}
#: What draws panels in JupyterLab's page, with the package that brings it.
_PAGE_PARTS: Final = {
    "@jupyter-widgets/jupyterlab-manager": "ipywidgets",
    "bqplot": "bqplot",
    "anywidget": "anywidget",
}


class Finding(NamedTuple):
    """One line of the report, and what to do where it tells of a fault."""

    label: str
    value: str
    advice: str | None = None


def packages() -> Iterator[Finding]:
    """Look at Python and the packages that we need, use or watch."""
    yield Finding("python", f"{platform.python_version()}, {sys.executable}")
    for name in _NEEDED:
        version = _version(name)
        yield Finding(name, version or t("missing"), None if version else _install(name))
    for name in _USEFUL:
        yield Finding(name, _version(name) or t("not in this environment"))
    for name, extra in _FRAMEWORKS.items():
        line = f"pip install 'nnwidgets[{extra}]'"
        yield Finding(name, _version(name) or t("not installed ({line})", line=line))


def storage() -> Iterator[Finding]:
    """Look at SQLite, the journal that is chosen, and the folder of the runs."""
    from nnwidgets._mounts import on_network
    from nnwidgets.store import RunStore, can_store, choose_journal

    if not can_store():
        yield Finding(
            "sqlite",
            t("missing"),
            t("Runs are kept in memory only. Get a Python with the module sqlite3."),
        )
        return
    import sqlite3

    root = RunStore().root
    network = on_network(root)
    journal = choose_journal(sqlite3.sqlite_version_info, network)
    yield Finding("sqlite", sqlite3.sqlite_version)
    yield Finding(t("journal"), journal if journal == "wal" else f"{journal} ({_why(network)})")
    state, advice = _folder(root)
    yield Finding(t("store"), f"{root} ({state})", advice)


def page(shell: Any) -> Iterator[Finding]:
    """Look at the kernel, and at our part of the page and those that it stands on."""
    kernel = getattr(shell, "kernel", None)
    yield Finding(
        t("kernel"),
        t("none, this is a terminal") if kernel is None else type(kernel).__module__.partition(".")[0],
        t("Panels need a notebook: open one with jupyter lab.") if kernel is None else None,
    )
    yield Finding(t("language"), f"{language()} ({catalogue(language()).name})")
    built = (Path(__file__).parent / "static" / "panel.js").is_file()
    yield Finding(
        "panel.js",
        t("there") if built else t("missing"),
        None if built else t("The JavaScript is not built. Run: make js, or install a wheel."),
    )
    yield _extension()
    for name, package in _PAGE_PARTS.items():
        found = _labextension(name) is not None
        yield Finding(
            t("page: {name}", name=name),
            t("there") if found else t("missing"),
            None if found else _elsewhere(package),
        )


def clicks() -> Iterator[Finding]:
    """Look at how a click reaches a cell that is running, where this version can do that at all."""
    if importlib.util.find_spec("nnwidgets.kernel.routes") is None:
        return
    describe = getattr(importlib.import_module("nnwidgets.kernel.routes"), "describe", None)
    if describe is not None:
        yield Finding(t("clicks"), str(describe()))


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _why(network: bool) -> str:
    if network:
        return t("the folder lies, or may lie, on a network file system")
    return t("this SQLite can lose commits with wal; 3.51.3 and later do not")


def _folder(root: Path) -> tuple[str, str | None]:
    """Say whether the folder can be written, or be made where it is not there yet."""
    nearest = next(path for path in (root, *root.parents) if path.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return (t("writable") if nearest == root else t("made with the first run")), None
    return t("not writable"), t(
        "Runs are kept in memory only, because {folder} cannot be written. "
        "Set NNWIDGETS_HOME to a folder of yours before the first run, or pass store=folder.",
        folder=nearest,
    )


def _extension() -> Finding:
    folder, label = _labextension("nnwidgets"), t("page: {name}", name="nnwidgets")
    if folder is None:
        return Finding(label, t("missing"), _elsewhere("nnwidgets"))
    version = json.loads((folder / "package.json").read_text(encoding="utf-8")).get("version")
    if version == __version__:
        return Finding(label, str(folder))
    advice = t(
        "The page's part is {version}, the kernel's is {ours}: install nnwidgets anew and reload the page.",
        version=version,
        ours=__version__,
    )
    return Finding(label, t("{folder}, version {version}", folder=folder, version=version), advice)


def _labextension(name: str) -> Path | None:
    """Return the folder of one of JupyterLab's extensions, as JupyterLab looks for it."""
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        return None
    folders = (Path(root) / name for root in jupyter_path("labextensions"))
    return next((folder for folder in folders if (folder / "package.json").is_file()), None)


def _elsewhere(package: str) -> str:
    return t(
        "JupyterLab's part of {package} is not in this environment. If JupyterLab runs from another one, it "
        "belongs there; if from this one, run: {line}",
        package=package,
        line=f"pip install --force-reinstall {package}",
    )


def _install(package: str) -> str:
    return t("Run: {line}", line=f"pip install {package}")
