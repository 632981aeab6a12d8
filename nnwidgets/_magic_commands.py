"""What the commands of `%nnwidgets` do.

Each takes the shell and the arguments of the line; what it returns is the value of the magic.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from IPython.core.error import UsageError

from nnwidgets._i18n import catalogue, explicit, language, languages, served, t, tn
from nnwidgets._magic_find import find
from nnwidgets._magic_parser import AUTO
from nnwidgets._recent import recent
from nnwidgets._wiring import close_desk, open_sidebar

if TYPE_CHECKING:
    import argparse

    from nnwidgets.run import Run
    from nnwidgets.store import RunList


def panel(shell: Any, arguments: argparse.Namespace) -> None:
    """Show the panel of the newest run of this process, or of the one that is named."""
    word = " ".join(arguments.run)
    _show(shell, _named(word) if word else _newest())


def sidebar(shell: Any, arguments: argparse.Namespace) -> None:
    """Open the sidebar, and say what to do where nobody answers."""
    if getattr(shell, "kernel", None) is None:
        _say(t("The sidebar is a part of JupyterLab; here is only a terminal."))
    elif not open_sidebar():
        _say(
            t(
                "If no sidebar opens: it needs JupyterLab 4.2 or Notebook 7, or later, with nnwidgets installed beside "
                "it. To show the panel in a cell: {line}",
                line="%nnwidgets panel",
            )
        )


def runs(shell: Any, arguments: argparse.Namespace) -> RunList:
    """Return the newest runs, as a table."""
    from nnwidgets.store import RunStore

    found = RunStore().list()
    if len(found) > arguments.n:
        _say(
            t(
                "The newest {shown} of {count} runs; all of them: {line}",
                shown=arguments.n,
                count=f"{len(found):,}",
                line=f"%nnwidgets runs -n {len(found)}",
            )
        )
    return found[: arguments.n]


def open_(shell: Any, arguments: argparse.Namespace) -> Run:
    """Load a run, show its panel and return it."""
    run = _load(" ".join(arguments.run))
    _show(shell, run)
    return run


def delete(shell: Any, arguments: argparse.Namespace) -> None:
    """Delete a run, or say what would go."""
    from nnwidgets.store import RunStore

    store = RunStore()
    found = store.list()
    run = find(" ".join(arguments.run), found)
    one = type(found)([run])
    if not arguments.yes:
        do_it = t("To do it: {line}", line=f"%nnwidgets delete {run.id} --yes")
        _say(f"{t('This would delete one run for good:')}\n\n{one}\n\n{do_it}")
        return
    store.delete(run.id)
    _say(f"{t('Deleted:')}\n\n{one}")


def lang(shell: Any, arguments: argparse.Namespace) -> None:
    """Say which language is in force and which there are, or choose one for the panels of this kernel."""
    from nnwidgets._preferences import use_language

    asked = arguments.code
    if asked is not None:
        if asked.lower() != AUTO and served(asked) is None:
            there = ", ".join([*languages(), AUTO])
            raise UsageError(
                t("There is no catalogue for {code}. There are: {there}.", code=repr(asked[:20]), there=there)
            )
        use_language(None if asked.lower() == AUTO else asked)
    there = ", ".join(f"{code} ({catalogue(code).name})" for code in languages())
    name = catalogue(language()).name
    if explicit():
        _say(t("nnwidgets speaks {name}, as was chosen. There are: {there}.", name=name, there=there))
    else:
        _say(t("nnwidgets speaks {name}, as the page does. There are: {there}.", name=name, there=there))


def doctor(shell: Any, arguments: argparse.Namespace) -> None:
    """Print what is here and what to do about what is not."""
    from nnwidgets._magic_doctor import report

    _say(report(shell))


def off(shell: Any, arguments: argparse.Namespace) -> None:
    """Finish the open runs, close the panels and end all listening."""
    finished = _finish_all()
    close_desk()
    closed = _close_panels()
    quiet()
    routes = sys.modules.get("nnwidgets.kernel.routes")
    if routes is not None:  # no panel is left whose clicks could arrive there
        routes.release()
    _say(
        t(
            "{runs} finished, {panels} closed; cells are listened to no more. A new run turns everything on again.",
            runs=tn(finished, "{n} run", "{n} runs"),
            panels=tn(closed, "{n} panel", "{n} panels"),
        )
    )


def quiet() -> None:
    """End all listening to the shell; imports nothing that did not listen."""
    cells = sys.modules.get("nnwidgets.kernel.cells")
    if cells is not None:
        cells.stop_judging()


def listen_again() -> None:
    """Listen to the shell where runs are open, as after a reload of the extension."""
    cells, opened = sys.modules.get("nnwidgets.kernel.cells"), sys.modules.get("nnwidgets._open_runs")
    if cells is not None and opened is not None and opened.open_runs:
        cells.judge_cells()


COMMANDS: Final[dict[str, Callable[[Any, argparse.Namespace], Any]]] = {
    "panel": panel,
    "sidebar": sidebar,
    "runs": runs,
    "open": open_,
    "delete": delete,
    "lang": lang,
    "doctor": doctor,
    "off": off,
}


def _show(shell: Any, run: Run) -> None:
    if getattr(shell, "kernel", None) is None:
        _say(t("Panels appear in notebooks; here is only a terminal. {run}", run=repr(run)))
    else:
        run.show()


def _newest() -> Run:
    if recent.last_id is None:
        raise UsageError(
            t(
                "No run was begun in this kernel yet. Begin one with nnw.watch(…), "
                "or open one that is kept: {line} lists them.",
                line="%nnwidgets runs",
            )
        )
    return _named(recent.last_id)


def _named(word: str) -> Run:
    """Return the run of this process where it is meant, so that its panel goes on, else the stored one."""
    here = recent.begun()
    fitting = [run for run in here if run.id == word] or [run for run in here if run.name == word]
    return fitting[0] if len(fitting) == 1 else _load(word)


def _load(word: str) -> Run:
    from nnwidgets.library import load
    from nnwidgets.store import RunStore

    run = load(find(word, RunStore().list()).id)
    recent.note_opened(run)
    return run


def _finish_all() -> int:
    opened = sys.modules.get("nnwidgets._open_runs")
    runs = list(opened.open_runs.values()) if opened is not None else []
    for run in runs:
        run.finish()
    return len(runs)


def _close_panels() -> int:
    panels = [run for run in recent.all() if run._panel is not None]
    for run in panels:
        run._panel.close()
        run._panel = None
    return len(panels)


def _say(text: str) -> None:
    print(text)  # noqa: T201 - a magic answers in the output of its cell
