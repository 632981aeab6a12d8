"""Pages that are also read on their own, as plain Markdown: what they hold for that is put into the site's form."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

#: What a block of Python takes for granted, for the tests; and the places where measured figures are written.
_REMARK = re.compile(r"^<!--.*?-->\n?", re.DOTALL | re.MULTILINE)
#: Two pictures of the same thing. Here the one is shown that fits the theme which the reader chose.
_PICTURE = re.compile(
    r'<picture>\s*<source[^>]*srcset="(?P<dark>[^"]+)"[^>]*>\s*'
    r'<img alt="(?P<alt>[^"]*)" src="(?P<light>[^"]+)">\s*</picture>'
)
#: A notebook that is no page of the site is given as the file that it is.
_NOTEBOOK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+examples/[^)#]+\.ipynb)\)")


def _both(match: re.Match[str]) -> str:
    image = ":::{{image}} {file}\n:alt: {alt}\n:class: only-{theme}\n:::\n"
    return "\n".join(
        image.format(file=match[theme], alt=match["alt"], theme=theme) for theme in ("light", "dark")
    )


def adapt(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Change the text of a page before it is parsed."""
    text = _PICTURE.sub(_both, _REMARK.sub("", source[0]))
    source[0] = _NOTEBOOK.sub(r"{download}`\1 <\2>`", text)


def setup(app: Sphinx) -> dict[str, Any]:
    """Listen to each page."""
    app.connect("source-read", adapt)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
