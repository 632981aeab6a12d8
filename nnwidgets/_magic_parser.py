"""The words that `%nnwidgets` understands, as an argument parser that never ends the process."""

from __future__ import annotations

import argparse
import difflib
import shlex
from typing import Final, NoReturn

from IPython.core.error import UsageError

COMMANDS: Final = ("panel", "sidebar", "runs", "open", "delete", "doctor", "off")
#: Commands that take the id or the name of a run.
TAKE_RUN: Final = ("panel", "open", "delete")
#: Options of each command, for completion.
OPTIONS: Final[dict[str, tuple[str, ...]]] = {
    name: ("--help", *extra)
    for name, extra in {**dict.fromkeys(COMMANDS, ()), "runs": ("-n",), "delete": ("--yes",)}.items()
}
_WIDTH: Final = 90
_RUN_HELP: Final = "a run's id, the beginning of one that fits no other, or its exact name"


class HelpShownError(Exception):
    """The line asked for help and got it."""


class _Parser(argparse.ArgumentParser):
    """Raises IPython's own error for a line that it does not understand."""

    color = False  # from Python 3.14 on, help would be coloured, in docstrings as well

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}. See: {self.prog} --help")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise HelpShownError


def parse(line: str) -> argparse.Namespace:
    """Take a line apart; ``command`` is None for an empty one.

    Raises
    ------
    UsageError
        If it is not understood; IPython shows it as one line.
    HelpShownError
        After help was printed.
    """
    try:
        words = shlex.split(line)
    except ValueError:  # an apostrophe in a name
        words = line.split()
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        raise UsageError(_unknown(words[0]))
    return parser().parse_args(words)


def parser() -> argparse.ArgumentParser:
    """Make the parser of the whole line."""
    top = _make("%nnwidgets", "Live panels over training, and the runs that were kept.")
    commands = top.add_subparsers(dest="command", metavar="command")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name, help=text[0].lower() + text[1:], description=f"{text}.", formatter_class=_formatter
        )

    panel = command("panel", "Show the panel of the newest run of this kernel, or of the one that is named")
    panel.add_argument("run", nargs="*", help=_RUN_HELP)
    command("sidebar", "Open JupyterLab's sidebar with the panel of the newest run and the list of all runs")
    runs = command("runs", "List the runs that are kept, the newest first")
    runs.add_argument("-n", type=_positive, default=20, metavar="N", help="how many at most (default: 20)")
    opened = command("open", "Open a run that is kept: show its panel and return it")
    opened.add_argument("run", nargs="+", help=_RUN_HELP)
    delete = command("delete", "Delete a run that is kept, for good")
    delete.add_argument("run", nargs="+", help=_RUN_HELP)
    delete.add_argument("--yes", action="store_true", help="do it; without this it only says what would go")
    command("doctor", "Say what is installed, what works here and what to do about the rest")
    command("off", "Finish the runs that are open, close their panels and listen to cells no more")
    return top


def _make(prog: str, description: str) -> _Parser:
    return _Parser(prog=prog, description=description, formatter_class=_formatter)


def _formatter(prog: str) -> argparse.HelpFormatter:
    # The width of a terminal means nothing in a notebook, and a docstring should not depend on it.
    return argparse.HelpFormatter(prog, max_help_position=24, width=_WIDTH)


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return number


def _unknown(word: str) -> str:
    near = difflib.get_close_matches(word, COMMANDS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"%nnwidgets has no command {word[:40]!r}.{hint} It has: {', '.join(COMMANDS)}."
