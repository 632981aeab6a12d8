"""axe-core, which finds what would stop a screen reader or a keyboard, asked about our part of a page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
#: The rules of WCAG 2.2, levels A and AA, and what axe's authors advise beyond them.
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """async ([include, rules]) => {
  const found = await axe.run({ include: include.map(one => [one]) }, { runOnly: rules, resultTypes: ['violations'] });
  return { passed: found.passes.length, violations: found.violations.map(({ impact, id, help, nodes }) => ({
    impact, id, help, nodes: nodes.map(({ html, any, all, none }) => [html.slice(0, 160),
      [...any, ...all, ...none].map(one => one.message).join('; ').slice(0, 240)]) })) };
}"""


class Axe:
    """Looks at parts of a page in several states, and gathers what it finds.

    Parameters
    ----------
    page
        The page.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.rows: list[str] = []
        self.grave = 0

    def look(self, state: str, *parts: str) -> None:
        """Examine the parts that CSS selectors name, alone, in the state that the page is in."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(f"() => {{ const module = undefined, define = undefined; {_source()}; }}")
        found: dict[str, Any] = self.page.evaluate(_RUN, [list(parts), list(_RULES)])
        assert found["passed"] > 5, f"{state}: axe looked at next to nothing"
        self.rows.append(f"{state}: {found['passed']} rules kept, {len(found['violations'])} broken")
        for one in found["violations"]:
            self.grave += one["impact"] in ("serious", "critical")
            self.rows.append(f"    {one['impact']:<9} {one['id']}: {one['help']}")
            self.rows += [f"              {html}\n              {why}" for html, why in one["nodes"][:5]]

    @property
    def table(self) -> str:
        """What was found, as a table."""
        return "\n".join(self.rows)


@cache
def _source() -> str:
    return (ROOT / "js" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
