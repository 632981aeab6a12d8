"""Writes a training as a plain Python script: the person's own code without us, and what they changed when."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nnwidgets._errors import ScriptError
from nnwidgets._i18n import t
from nnwidgets.export._script_parts import HELPERS, PREAMBLE

if TYPE_CHECKING:
    from nnwidgets.controls import Intervention
    from nnwidgets.run import Run

#: What a loop may use of a run.
_LOOPS: Final = frozenset({"epochs", "train", "validate", "log", "finish", "steps", "stopping"})
_SIMPLE: Final = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Assert, ast.Delete)


def plain_script(run: Run) -> str:
    """Return the script of a run.

    Parameters
    ----------
    run
        A PyTorch run whose loop is made of ``run.epochs`` and ``run.train``, and whose code is a script or the cells
        of the notebook that is running.

    Raises
    ------
    ScriptError
        If the code cannot be found, or an intervention cannot be written as plain Python.
    """
    if run.framework != "torch":
        raise ScriptError(
            t(
                "A plain script can be written for loops of run.epochs and run.train, not for {framework}.",
                framework=run.framework,
            )
        )
    changes = _changes(run.interventions)
    code, names = _without_us(_source())
    if not names:
        raise ScriptError(
            t("The code that made this run with nnw.watch(…) could not be found in this notebook or script.")
        )
    return "\n".join(
        [
            PREAMBLE.format(name=run.name.replace('"', "'"), id=run.id),
            HELPERS,
            _function(changes),
            "",
            "# The training, as it was written.",
            code,
            "",
            f"report({names[-1]})",
            "",
        ]
    )


def _changes(interventions: list[Intervention]) -> list[tuple[int, list[str]]]:
    """Return the lines of every change, by the number of steps after which it was made."""
    changes: list[tuple[int, list[str]]] = []
    for one in interventions:
        if not one.applied:
            continue
        if one.control == "stop" and not one.facts.get("restored"):
            changes.append((one.step, ["run.stopping = True"]))
        elif one.control == "undo":
            changes.append((one.step, ["run.go_back()"]))
        elif one.changes or one.control == "stop":
            if one.script is None:
                raise ScriptError(
                    t(
                        "What was done at step {step} ({change}) cannot be written as plain Python: the values of "
                        "that moment would be needed.",
                        step=f"{one.step:,}",
                        change=one.text,
                    )
                )
            changes.append((one.step, [f"# {one.text}", "run.remember()", *one.script]))
    return changes


def _function(changes: list[tuple[int, list[str]]]) -> str:
    lines = [
        "def intervene(run, model, optimizer, step):",
        '    """Do what was done after this many steps."""',
    ]
    steps = dict.fromkeys(step for step, _ in changes)
    for step in steps:
        lines.append(f"    if step == {step}:")
        lines += [f"        {line}" for at, block in changes if at == step for line in block]
    return "\n".join([*lines, "    return run.stopping"])


def _source() -> str:
    """Return the code of the notebook's cells so far, or of the script that is running."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None and hasattr(shell, "transform_cell"):
        cells = [cell for cell in shell.user_ns.get("In", []) if cell.strip()]
        return "\n\n".join(shell.transform_cell(cell) for cell in cells)
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if file is None:
        raise ScriptError(
            t("The code of this training is neither in a script nor in a notebook, so it cannot be written.")
        )
    return Path(file).read_text(encoding="utf-8")


def _without_us(source: str) -> tuple[str, list[str]]:
    """Return the code without nnwidgets, and the names of its runs."""
    tree = ast.parse(source)
    ours = {alias.asname or alias.name for alias in _imported(tree)}
    runs: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _watches(node.value, ours):
            runs += [target.id for target in node.targets if isinstance(target, ast.Name)]
    cleaned = _Cleaner(ours, runs).visit(tree)
    return ast.unparse(ast.fix_missing_locations(cleaned)), runs


def _imported(tree: ast.AST) -> Iterator[ast.alias]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias for alias in node.names if alias.name.split(".")[0] == "nnwidgets")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nnwidgets":
            yield from node.names


def _watches(node: ast.AST, ours: set[str]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        return node.func.value.id in ours and node.func.attr == "watch"
    return isinstance(node.func, ast.Name) and node.func.id == "watch" and "watch" in ours


class _Cleaner(ast.NodeTransformer):
    """Takes out what only nnwidgets understands; the loops stay."""

    def __init__(self, ours: set[str], runs: list[str]) -> None:
        self._ours, self._runs = ours, runs

    def visit(self, node: ast.AST) -> Any:
        """Drop, replace or keep a node."""
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return self._import(node)
        if isinstance(node, _SIMPLE) and not _is_watch(node, self._ours) and self._is_ours(node):
            return None
        made: Any = self.generic_visit(node)
        if isinstance(made, ast.Call) and _watches(made, self._ours):
            made = ast.Call(ast.Name("Run", ast.Load()), made.args[:2], [])
        if (
            isinstance(getattr(made, "body", None), list)
            and not made.body
            and not isinstance(made, ast.Module)
        ):
            made.body = [ast.Pass()]
        return made

    def _import(self, node: ast.Import | ast.ImportFrom) -> ast.AST | None:
        if isinstance(node, ast.ImportFrom):
            return None if (node.module or "").split(".")[0] == "nnwidgets" else node
        node.names = [alias for alias in node.names if alias.name.split(".")[0] != "nnwidgets"]
        return node if node.names else None

    def _is_ours(self, node: ast.AST) -> bool:
        child: Any
        for child in ast.walk(node):
            if isinstance(child, ast.Name) and child.id in self._ours | {"get_ipython"}:
                return True
            of_a_run = isinstance(child, ast.Attribute) and isinstance(child.value, ast.Name)
            if of_a_run and child.value.id in self._runs and child.attr not in _LOOPS:
                return True
        return False


def _is_watch(node: ast.AST, ours: set[str]) -> bool:
    return isinstance(node, ast.Assign) and _watches(node.value, ours)
