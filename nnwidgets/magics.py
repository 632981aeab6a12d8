"""`%load_ext nnwidgets`: the line magic `%nnwidgets` and its completion.

Loading registers and imports nothing more than it needs for that; unloading leaves the shell as it was.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from IPython.core.error import UsageError

from nnwidgets import _magic_complete
from nnwidgets._errors import NnwidgetsError
from nnwidgets._magic_commands import COMMANDS, listen_again, quiet
from nnwidgets._magic_parser import HelpShownError, parse, parser

_NAME: Final = "nnwidgets"


def load_ipython_extension(shell: Any) -> None:
    """Register `%nnwidgets` with its completion; called by ``%load_ext nnwidgets``.

    Parameters
    ----------
    shell
        IPython's ``InteractiveShell``.
    """
    shell.register_magic_function(_line_magic(shell), "line", _NAME)
    _magic_complete.register(shell)
    listen_again()


def unload_ipython_extension(shell: Any) -> None:
    """Take everything back; called by ``%unload_ext nnwidgets``. Runs that are open go on.

    Parameters
    ----------
    shell
        IPython's ``InteractiveShell``.
    """
    manager = shell.magics_manager
    manager.magics["line"].pop(_NAME, None)
    vars(manager.user_magics).pop(_NAME, None)
    _magic_complete.unregister(shell)
    quiet()


def _line_magic(shell: Any) -> Any:
    def nnwidgets(line: str) -> Any:
        return run_line(shell, line)

    nnwidgets.__doc__ = parser().format_help()
    return nnwidgets


def run_line(shell: Any, line: str) -> Any:
    """Do what one line of `%nnwidgets` says and return its value.

    Raises
    ------
    UsageError
        If the line is not understood or cannot be done; IPython shows it as one line, without a traceback.
    """
    try:
        arguments = parse(line)
    except HelpShownError:
        return None
    if arguments.command is None:
        parser().print_help(sys.stdout)
        return None
    return _do(shell, arguments)


def _do(shell: Any, arguments: Any) -> Any:
    try:
        return COMMANDS[arguments.command](shell, arguments)
    except NnwidgetsError as error:
        raise UsageError(str(error)) from error
