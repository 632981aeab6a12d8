"""Completion of `%nnwidgets`: commands, options, and the ids of the runs that are kept."""

from __future__ import annotations

import re
from typing import Any, Final

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from nnwidgets._i18n import languages
from nnwidgets._magic_parser import AUTO, COMMANDS, OPTIONS, TAKE_RUN

#: The magic at the start of a line, also without its percent sign, or assigned to a name.
_LINE: Final = re.compile(r"\s*(?:(?:\w+\s*=\s*)?%|)nnwidgets\s+(.*)", re.DOTALL)


def register(shell: Any) -> None:
    """Have the shell ask `complete`."""
    if complete not in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.append(complete)


def unregister(shell: Any) -> None:
    """Leave no trace in the shell."""
    if complete in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.remove(complete)


def _matches(context: CompletionContext) -> dict[str, Any]:
    """Say what may stand at the cursor; in a line with the magic, and only there, nothing else may."""
    line = _LINE.fullmatch(context.text_until_cursor)
    if line is None:
        return {"completions": []}
    *before, word = re.split(r"\s+", line[1])
    fitting = [text for text in _choices(before, word) if text.startswith(word)]
    # The front end replaces the token, which may begin later than the word: `--yes` is one, ids with hyphens are.
    skip = len(word) - len(context.token) if word.endswith(context.token) else 0
    return {
        "completions": [SimpleCompletion(text[skip:], type="magic") for text in fitting],
        "suppress": bool(fitting),
        "ordered": True,
    }


def _choices(before: list[str], word: str) -> list[str]:
    if not before:
        return [*COMMANDS, *(["--help"] if word.startswith("-") else [])]
    if word.startswith("-"):
        return list(OPTIONS.get(before[0], ()))
    if before[0] == "lang":
        return [*languages(), AUTO] if len(before) == 1 else []
    return _ids() if before[0] in TAKE_RUN and len(before) == 1 else []


def _ids() -> list[str]:
    """Return the ids in the store, the newest first; files are not opened, as a person waits for this."""
    from nnwidgets._runfile import SUFFIX
    from nnwidgets.store import RunStore

    return sorted((path.stem for path in RunStore().root.glob(f"*{SUFFIX}")), reverse=True)


#: What IPython asks. It calls matchers of this kind with the whole context and lets them silence all others.
complete: Final[Any] = context_matcher(identifier="nnwidgets")(_matches)
