"""What `import nnwidgets` loads, and which module may import which."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "nnwidgets"

HEAVY = {
    "IPython", "anywidget", "bqplot", "ipywidgets", "keras", "lightning", "matplotlib", "pandas", "pytorch_lightning",
    "sklearn", "tensorflow", "torch",
}  # fmt: skip

# From left to right: a module may import its own layer and the layers before it. The edges stand side by side, each
# a layer of its own, and never import each other. A package is listed by its name alone, a family by a pattern.
LAYERS: list[tuple[str, list[str]]] = [
    (
        "words and values",
        ["_changes", "_contents", "_errors", "_i18n", "_lettering", "_names", "_naming", "_points", "_run_words",
         "_scalars", "_seen", "_version", "_wording", "control_facts", "desk_facts", "protocol"],
    ),
    (
        "records",
        [
            "controls", "history",
            "graph", "_graph_*", "_layer_*",
            "divergence", "_excursion", "_flag_events", "_rank_trend",
            "_buckets", "_column_store", "_csv", "_epochs", "_gaps", "_pyramid", "_series",
            "_smoothing", "_window",
            "store", "_chunks", "_held", "_journal", "_liveness", "_mounts", "_runamend", "_runfile", "_runinfo",
            "_runjson", "_runlist", "_runreader", "_runrows", "_runwriter", "_spark", "_snapshot_file", "_temporaries",
        ],
    ),
    (
        "run",
        [
            "run", "library", "comparison", "snapshots", "_best", "_branches", "_captured",
            "check", "_check_*", "_combination", "_sweep",
            "_cell", "_preferences", "_recent",
            "_archive", "_loader", "_marked", "_open_runs", "_orders", "_places", "_position", "_room",
            "_refusals", "_rows", "_snapshot_files", "_snapshot_values", "_snapshot_writer",
            "_averages", "_background", "_changer", "_control_offers", "_control_values", "_controls", "_cost",
            "_declared", "_divergence_words", "_ending", "_evaluate", "_flags", "_random", "_run_controls", "_run_ends",
            "_run_graphs", "_sides", "_steering", "_undo",
            "_device_values", "_framework", "_intake", "_keeper", "_ledger", "_loops",
            "_notices", "_progress", "_recording", "_resources", "_run_facts",
            "_sampling", "_sampling_plan",
            "_run_views", "_saver", "_services", "_worker",
            "_domain", "_metrics", "_ticks", "_view",
        ],
    ),
    ("edges", ["export", "frameworks", "kernel", "widgets"]),
    ("entry points", ["magics", "_magic_*", "_wiring", "__init__"]),
]  # fmt: skip
EDGES = set(LAYERS[3][1])


def top_name(module: str) -> str:
    """Return the part of a dotted name by which the table lists it: `nnwidgets.widgets.panel` -> `widgets`."""
    return [*module.split("."), "__init__"][1]


def layer(name: str) -> int | None:
    """Return the place of a name in the table, or None."""
    for place, (_, patterns) in enumerate(LAYERS):
        if any(fnmatch(name, pattern) for pattern in patterns):
            return place
    return None


def is_module(dotted: str) -> bool:
    """Tell whether a dotted name is a module or a package of ours rather than something inside one."""
    path = ROOT.joinpath(*dotted.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def is_type_checking(node: ast.AST) -> bool:
    """Tell whether a node is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the modules of ours that are imported at run time anywhere below a node, functions included."""
    for child in ast.iter_child_nodes(node):
        if is_type_checking(child):
            for other in child.orelse:  # type: ignore[attr-defined]  # it is an ast.If
                yield from imported(ast.Module([other], []))
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"line {child.lineno}: imports are absolute here"
            base = child.module or ""
            yield from (name if is_module(name := f"{base}.{alias.name}") else base for alias in child.names)
        yield from imported(child)


def own_imports(source: str) -> set[str]:
    """Return the modules of this package that a source text imports."""
    return {name for name in imported(ast.parse(source)) if name.split(".")[0] == "nnwidgets"}


def violations(importer: str, source: str) -> list[str]:
    """Return what is wrong with the imports of one module, given by its name in the table."""
    place = layer(importer)
    if place is None:
        return [f"{importer} is in no layer: add it to LAYERS in tests/test_imports.py"]
    found = []
    for module in sorted(own_imports(source)):
        name = top_name(module)
        target = layer(name)
        if target is None:
            found.append(f"{importer} imports {module}, which is in no layer: add it to LAYERS in {__file__}")
        elif target > place:
            found.append(f"{importer} ({LAYERS[place][0]}) imports {module} ({LAYERS[target][0]})")
        elif name != importer and {name, importer} <= EDGES:
            found.append(f"{importer} imports {module}: the edges meet in run and history only")
    return found


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, nnwidgets; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert HEAVY & set(done.stdout.split()) == set()


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    importer = top_name(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert violations(importer, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("importer", "source"),
    [
        ("history", "from nnwidgets.run import Run"),
        ("store", "def f():\n    import nnwidgets.widgets.panel"),
        ("run", "from nnwidgets import frameworks"),
        ("widgets", "from nnwidgets.frameworks.torch import X"),
        ("export", "try:\n    from nnwidgets import widgets\nexcept ImportError:\n    pass"),
        ("run", "if TYPE_CHECKING:\n    pass\nelse:\n    import nnwidgets.magics"),
        ("run", "import nnwidgets.nowhere"),
        ("nowhere", ""),
    ],
)
def test_a_wrong_import_is_seen(importer: str, source: str) -> None:
    assert len(violations(importer, source)) == 1


@pytest.mark.parametrize(
    ("importer", "source"),
    [
        ("history", "if TYPE_CHECKING:\n    from nnwidgets.run import Run"),
        ("history", "import typing\nif typing.TYPE_CHECKING:\n    from nnwidgets.run import Run"),
        ("widgets", "from nnwidgets.widgets.curves import Curves\nfrom nnwidgets.run import Run"),
        ("_magic_commands", "from nnwidgets import library\nfrom nnwidgets.widgets import Panel"),
        ("run", "import torch, nnwidgets_of_another"),
    ],
)
def test_a_right_import_is_left_alone(importer: str, source: str) -> None:
    assert violations(importer, source) == []
