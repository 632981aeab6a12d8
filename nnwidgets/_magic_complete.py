"""Completion of `%nnwidgets`: commands, options, and the ids of the runs that are kept."""

from __future__ import annotations

import re
from typing import Any, Final

from nnwidgets._magic_parser import COMMANDS, OPTIONS, TAKE_RUN

_HOOK: Final = "complete_command"
#: The magic at the start of a line, also without its percent sign, or assigned to a name.
_LINE: Final = r"\s*(?:(?:\w+\s*=\s*)?%|)nnwidgets\s"


def register(shell: Any) -> None:
    """Have the shell ask `complete` for lines with the magic."""
    unregister(shell)
    shell.set_hook(_HOOK, complete, re_key=_LINE)


def unregister(shell: Any) -> None:
    """Leave no trace in the shell. IPython has no call for this; the table is what its own hooks are kept in."""
    shell.strdispatchers[_HOOK].regexs.pop(re.compile(_LINE), None)


def complete(shell: Any, event: Any) -> list[str]:
    """Return what may stand at the cursor; IPython keeps what begins with the word that is there."""
    words = event.text_until_cursor.partition("nnwidgets")[2].split()
    word = event.symbol
    before = words[:-1] if words and word and words[-1].endswith(word) else words
    if not before:
        return [*COMMANDS, *(["--help"] if word.startswith("-") else [])]
    command = before[0]
    if word.startswith("-"):
        return list(OPTIONS.get(command, ()))
    return _ids() if command in TAKE_RUN and len(before) == 1 else []


def _ids() -> list[str]:
    """Return the ids in the store, the newest first; files are not opened, as a person waits for this."""
    from nnwidgets._runfile import SUFFIX
    from nnwidgets.store import RunStore

    return sorted((path.stem for path in RunStore().root.glob(f"*{SUFFIX}")), reverse=True)
