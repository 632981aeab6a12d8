"""`%nnwidgets doctor`: the report."""

from __future__ import annotations

from typing import Any

from nnwidgets._i18n import t
from nnwidgets._magic_checks import Finding, clicks, packages, page, storage
from nnwidgets._version import __version__


def report(shell: Any) -> str:
    """Return what is here, what works, and at the end what to do about the rest.

    Parameters
    ----------
    shell
        The running shell.
    """
    groups = [list(packages()), list(storage()), [*page(shell), *clicks()]]
    width = max(len(finding.label) for group in groups for finding in group)
    blocks = ["\n".join(_line(finding, width) for finding in group) for group in groups]
    return "\n\n".join([f"nnwidgets {__version__}", *blocks, _advice(groups)])


def _line(finding: Finding, width: int) -> str:
    mark = "!" if finding.advice else " "
    return f"{mark} {finding.label:<{width}}  {finding.value}"


def _advice(groups: list[list[Finding]]) -> str:
    lines = [f"! {f.label}: {f.advice}" for group in groups for f in group if f.advice]
    return "\n".join([t("To do:"), *lines]) if lines else t("Nothing is missing.")
