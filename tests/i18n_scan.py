"""Reads the sources for what people are told: texts of the catalogues, and texts that bypass them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).resolve().parent.parent / "nnwidgets"
LOCALE = PACKAGE / "locale"
#: The functions of `nnwidgets._i18n` that take a text for people, and how many of their first arguments are that.
TEXTS = {"t": 1, "later": 1, "tn": 2}
PLACE = re.compile(r"\{(\w+)\}")


class Text(NamedTuple):
    """One text in the sources: where it stands, its English, and that for several where it depends on a number."""

    where: str
    one: str
    many: str | None


def sources() -> list[Path]:
    """Return all files of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def in_words(path: Path, node: ast.AST) -> str:
    """Return where something stands."""
    return f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 0)}"


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Yield the calls of functions that take a text, with the function's name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).removeprefix("_i18n.")
            if name in TEXTS:
                yield node, name


def texts(source: str, path: Path) -> tuple[list[Text], list[str]]:
    """Return the texts of a source, and where one is no literal."""
    found, odd = [], []
    if path.name == "_i18n.py":
        return [], []
    for call, name in calls(ast.parse(source)):
        given = call.args[1:3] if name == "tn" else call.args[:1]
        words = [arg.value for arg in given if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if len(words) != TEXTS[name]:
            odd.append(in_words(path, call))
        else:
            found.append(Text(in_words(path, call), words[0], words[1] if name == "tn" else None))
    return found, odd


@cache
def all_texts() -> tuple[list[Text], list[str]]:
    """Return the texts of the whole package, and where one is no literal."""
    read = [texts(path.read_text(encoding="utf-8"), path) for path in sources()]
    return [text for found, _ in read for text in found], [where for _, odd in read for where in odd]


def catalogues() -> dict[str, dict[str, object]]:
    """Return the catalogues as they lie in the folder, by their codes."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in LOCALE.glob("*.json")}


def places(text: str) -> set[str]:
    """Return the places of a text that values are put into."""
    return set(PLACE.findall(text))


def bypassing(source: str, path: Path, known: frozenset[str] = frozenset()) -> list[str]:
    """Return where words go to people past the catalogues: ``file:line: the literal``.

    Looked at is every literal of two words or more, and every f-string with a word beside a value, outside of `t` and
    its like, of docstrings, keys, logs and calls that show nothing.

    Parameters
    ----------
    source, path
        A file of the package.
    known
        Literals that look like it and are none: the names of kinds.
    """
    tree = ast.parse(source)
    taken = {id(word) for call, name in calls(tree) for word in call.args[: TEXTS[name] + (name == "tn")]}
    taken |= {id(inner) for node in ast.walk(tree) for part in _silent(node) for inner in ast.walk(part)}
    found = []
    for node in ast.walk(tree):
        if id(node) not in taken and _is_worded(node, known):
            found.append(f"{in_words(path, node)}: {ast.unparse(node)[:90]}")
            taken |= {id(inner) for inner in ast.walk(node)}
    return found


#: Words with a blank between them; in an f-string, where … stands for a value, also one beside a value.
_SENTENCE = re.compile(r"[A-Za-z]{2,}[,:;]? [a-z]{2,}")
_BESIDE = re.compile(r"(?:^|[ (])[A-Za-z]{3,}[,:;]? …|… [A-Za-z]{3,}")
#: What is no sentence: lines that a person types, markup.
_NO_TEXT = re.compile(r"^(%|pip |make )|[<>]")
#: Calls whose texts nobody is shown, or that make names of them.
_SILENT = frozenset(
    {"Literal", "TypeVar", "cast", "compile", "error", "exception", "debug", "context_matcher"}
)


def _is_worded(node: ast.AST, known: frozenset[str]) -> bool:
    if isinstance(node, ast.JoinedStr):
        words = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        worded = bool(_SENTENCE.search(words) or _BESIDE.search(words))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        words = node.value
        worded = bool(_SENTENCE.search(words))
    else:
        return False
    return worded and words not in known and not _NO_TEXT.search(words)


def _silent(node: ast.AST) -> list[ast.AST]:
    """Return the parts below a node that nobody is shown."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [node]  # a docstring
    if isinstance(node, ast.FunctionDef) and node.name == "__repr__":
        return [node]
    if isinstance(node, ast.Dict):
        return [key for key in node.keys if key is not None]
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return [node] if name in _SILENT else []
    return []
