"""The words that `%nnwidgets` understands, as an argument parser that never ends the process."""

from __future__ import annotations

import argparse
import difflib
import shlex
from typing import Any, Final, NoReturn

from IPython.core.error import UsageError

from nnwidgets._i18n import languages, t

COMMANDS: Final = ("panel", "sidebar", "runs", "open", "delete", "lang", "doctor", "off")
#: Commands that take the id or the name of a run.
TAKE_RUN: Final = ("panel", "open", "delete")
#: What follows `lang` to leave the language to the page.
AUTO: Final = "auto"
#: Options of each command, for completion.
OPTIONS: Final[dict[str, tuple[str, ...]]] = {
    name: ("--help", *extra)
    for name, extra in {**dict.fromkeys(COMMANDS, ()), "runs": ("-n",), "delete": ("--yes",)}.items()
}
_WIDTH: Final = 90


class HelpShownError(Exception):
    """The line asked for help and got it."""


class _Parser(argparse.ArgumentParser):
    """Raises IPython's own error for a line that it does not understand."""

    color = False  # from Python 3.14 on, help would be coloured, in docstrings as well

    def __init__(self, prog: str, description: str, **options: Any) -> None:
        super().__init__(
            prog=prog, description=description, formatter_class=_Formatter, add_help=False, **options
        )
        self._positionals.title, self._optionals.title = t("positional arguments"), t("options")
        self.add_argument("-h", "--help", action="help", help=t("show this help message and exit"))

    def error(self, message: str) -> NoReturn:
        raise UsageError(t("{message}. See: {line}", message=message, line=f"{self.prog} --help"))

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
    top = _Parser("%nnwidgets", t("Live panels over training, and the runs that were kept."))
    commands = top.add_subparsers(dest="command", metavar=t("command"))
    which = t("a run's id, the beginning of one that fits no other, or its exact name")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text[0].lower() + text[1:], description=f"{text}.")

    panel = command(
        "panel", t("Show the panel of the newest run of this kernel, or of the one that is named")
    )
    panel.add_argument("run", nargs="*", help=which)
    command(
        "sidebar", t("Open JupyterLab's sidebar with the panel of the newest run and the list of all runs")
    )
    runs = command("runs", t("List the runs that are kept, the newest first"))
    runs.add_argument("-n", type=_positive, default=20, metavar="N", help=t("how many at most (default: 20)"))
    opened = command("open", t("Open a run that is kept: show its panel and return it"))
    opened.add_argument("run", nargs="+", help=which)
    delete = command("delete", t("Delete a run that is kept, for good"))
    delete.add_argument("run", nargs="+", help=which)
    delete.add_argument(
        "--yes", action="store_true", help=t("do it; without this it only says what would go")
    )
    lang = command("lang", t("Say which language nnwidgets speaks, or choose another one"))
    there = ", ".join(languages())
    lang.add_argument(
        "code",
        nargs="?",
        help=t("the language, for this kernel: {there}; {auto} for that of the page", there=there, auto=AUTO),
    )
    command("doctor", t("Say what is installed, what works here and what to do about the rest"))
    command("off", t("Finish the runs that are open, close their panels and listen to cells no more"))
    return top


class _Formatter(argparse.HelpFormatter):
    """Writes help as wide as a notebook: a terminal's width means nothing here, and a docstring must not change."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=24, width=_WIDTH)

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, t("usage: ") if prefix is None else prefix)


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(t("{value} is not a whole number from 1 up", value=repr(text)))
    return number


def _unknown(word: str) -> str:
    near = difflib.get_close_matches(word, COMMANDS, n=1)
    given, there = repr(word[:40]), ", ".join(COMMANDS)
    if near:
        return t(
            "{magic} has no command {word}. Did you mean {near}? It has: {there}.",
            magic="%nnwidgets",
            word=given,
            near=repr(near[0]),
            there=there,
        )
    return t("{magic} has no command {word}. It has: {there}.", magic="%nnwidgets", word=given, there=there)
