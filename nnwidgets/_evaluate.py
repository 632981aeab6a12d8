"""Finds the person's own validation loop, so that it can be run between two training steps as well.

The loop ``for … in run.validate(loader)`` stands in the code around the training loop, or in a function that is called
from there. Python knows that code while it runs; the statement is compiled once more and executed with the variables of
that moment. What it assigns stays its own.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnwidgets.run import Run


def find_validation(run: Run, frame: FrameType | None) -> Callable[[], None] | None:
    """Return what validates once, or None where no such loop can be found.

    Parameters
    ----------
    run
        The run whose ``validate`` is looked for.
    frame
        The code that goes through ``run.train``.
    """
    if frame is None:
        return None
    loops, others = _statements(frame.f_code)
    if not loops and not others:
        return None

    def validate() -> None:
        variables = {**frame.f_globals, **frame.f_locals}
        for owner, code in loops:
            if variables.get(owner) is run:
                exec(code, variables)  # noqa: S102 — the person's own statement, with the person's own variables
                return
        for called, code in others:
            if _validates(variables.get(called)):
                exec(code, variables)  # noqa: S102
                return

    variables = {**frame.f_globals, **frame.f_locals}
    found = any(variables.get(owner) is run for owner, _ in loops)
    return validate if found or any(_validates(variables.get(called)) for called, _ in others) else None


@functools.lru_cache(maxsize=64)
def _statements(code: CodeType) -> tuple[list[tuple[str, CodeType]], list[tuple[str, CodeType]]]:
    """Return the loops over ``<name>.validate(…)``, and the simple statements that call a function by its name."""
    loops, others = [], []
    for statement in _body(code):
        if isinstance(statement, ast.For):
            for call in _calls(statement.iter):
                if isinstance(call.func, ast.Attribute) and call.func.attr == "validate":
                    owner = call.func.value
                    if isinstance(owner, ast.Name):
                        loops.append((owner.id, _compiled(statement, code)))
        elif isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign)):
            others += [
                (call.func.id, _compiled(statement, code))
                for call in _calls(statement)
                if isinstance(call.func, ast.Name)
            ]
    return loops, others


def _body(code: CodeType) -> Iterator[ast.stmt]:
    """Yield the statements of a piece of code at every depth, but not those of functions inside it."""
    # A whole file or notebook cell, or the function alone.
    whole = code.co_name.startswith("<")
    try:
        lines = inspect.findsource(code)[0] if whole else inspect.getsourcelines(code)[0]
        body = ast.parse(textwrap.dedent("".join(lines))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return
    if not whole and isinstance(body[0], ast.FunctionDef):
        body = body[0].body
    waiting = list(body)
    while waiting:
        statement = waiting.pop(0)
        yield statement
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            inner = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt)]
            waiting = inner + waiting


def _calls(node: ast.AST) -> list[ast.Call]:
    return [child for child in ast.walk(node) if isinstance(child, ast.Call)]


def _compiled(statement: ast.stmt, code: CodeType) -> CodeType:
    return compile(ast.Module([statement], []), code.co_filename, "exec")


def _validates(value: Any) -> bool:
    """Tell whether a function of the person's validates."""
    if not isinstance(value, FunctionType):
        return False
    return _mentions(value.__code__)


@functools.lru_cache(maxsize=256)
def _mentions(code: CodeType) -> bool:
    return "validate" in code.co_names
