"""Where modules are made and functions called, in a person's own files and cells."""

from __future__ import annotations

import dis
import os
import sys
import types
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import torch

from nnwidgets._i18n import t

#: Frames that are looked at for one call, at most.
_DEEPEST: Final = 12
_TORCH: Final = os.path.dirname(torch.__file__) + os.sep  # noqa: PTH120 — compared with file names of code
_OURS: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120

#: For each file name of code whether a person wrote it; None for ours, beyond which nobody looks.
_kinds: dict[str, bool | None] = {}


class Place(NamedTuple):
    """A line of a file."""

    file: str
    line: int


def caller(frame: Any) -> tuple[types.CodeType, int] | None:
    """Return the code and line of the first frame that is a person's, from ``frame`` outwards."""
    # We stand between a module and its caller: what is beyond us has called another module.
    for _ in range(_DEEPEST):
        if frame is None:
            return None
        code = frame.f_code
        kind = _kinds.get(code.co_filename, 0)
        if kind == 0:
            kind = _kinds[code.co_filename] = _kind(code.co_filename)
        if kind:
            return code, frame.f_lineno or 0
        if kind is None:
            return None
        frame = frame.f_back
    return None


def homes_of(packages: Iterable[str]) -> tuple[str, ...]:
    """Return the folders of those packages that are loaded."""
    files = [getattr(sys.modules.get(name), "__file__", None) for name in packages]
    return tuple(os.path.dirname(file) + os.sep for file in files if file is not None)  # noqa: PTH120


def is_within(frame: Any, homes: tuple[str, ...]) -> bool:
    """Whether a call came out of one of some folders, on its way from where we stand around it."""
    for _ in range(3 * _DEEPEST):
        if frame is None or frame.f_code.co_filename.startswith(_OURS):
            return False
        if frame.f_code.co_filename.startswith(homes):
            return True
        frame = frame.f_back
    return False


def _kind(file: str) -> bool | None:
    if file.startswith(_OURS):
        return None
    return not (file.startswith((_TORCH, "<frozen")) or file in ("<string>", "<eval_with_key>"))


class Sources:
    """Knows in which line a model's parts were made.

    Parameters
    ----------
    roots
        The model, or the models that a function uses, by the path before the names of their parts.
    """

    def __init__(self, roots: dict[str, torch.nn.Module]) -> None:
        self._modules = {
            f"{root}.{path}".strip("."): module
            for root, model in roots.items()
            for path, module in model.named_modules()
        }
        self._lines: dict[type, dict[str, Place]] = {}
        self._found: dict[str, str | None] = {}
        self._files: dict[str, str] = {}

    def of_module(self, path: str | None) -> str | None:
        """Return where the module at a path was made, ``file.py:12``: the line ``self.name = …`` of what holds it."""
        if not path:
            return None
        if path not in self._found:
            self._found[path] = self._search(path)
        return self._found[path]

    def words(self, place: Place) -> str:
        """Return a place as people call it: ``model.py:12`` or ``cell 3:12``."""
        file = self._files.get(place.file)
        if file is None:
            file = self._files[place.file] = _file_words(place.file)
        return f"{file}:{place.line}"

    def _search(self, path: str) -> str | None:
        above, _, name = path.rpartition(".")
        parent = self._modules.get(above)
        if parent is not None:
            for kind in type(parent).__mro__:
                if kind is torch.nn.Module:
                    break
                place = self._made_in(kind).get(name)
                if place is not None:
                    return self.words(place) if _kind(place.file) else None
        # A part of a list or a Sequential was made where that was made.
        return self.of_module(above)

    def _made_in(self, kind: type) -> dict[str, Place]:
        if kind not in self._lines:
            self._lines[kind] = found = {}
            init = vars(kind).get("__init__")
            code = getattr(init, "__code__", None)
            if isinstance(code, types.CodeType):
                found.update(_attributes(code))
        return self._lines[kind]


def _attributes(code: types.CodeType) -> dict[str, Place]:
    """Return for each attribute that is set in a function the line in which it is set first."""
    found: dict[str, Place] = {}
    line = code.co_firstlineno
    for step in dis.get_instructions(code):
        # Python 3.13 says the line of every instruction, earlier ones that of the first one.
        told = getattr(step, "line_number", step.starts_line)
        if told is not None and told is not True:
            line = int(told)
        if step.opname == "STORE_ATTR":
            found.setdefault(str(step.argval), Place(code.co_filename, line))
    return found


def _file_words(file: str) -> str:
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is not None:
        # Counts of cells by the file name that IPython gives to their code.
        number = getattr(shell.compile, "_filename_map", {}).get(file)
        if number is not None:
            return t("cell {number}", number=number)
    return os.path.basename(file)  # noqa: PTH119 — also of names that are no paths
