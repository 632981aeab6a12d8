"""Playing trainings in the pages: programs in docs/lessons/ are run, and what they export is put into an iframe.

    ```{lesson} overfitting
    :title: What the frame shows, for a reader who does not see it
    :height: 46rem
    ```

A program gets a folder as its only argument and writes `<its name>.html` into it, and pictures if it likes. It is run
again only when it, or the code that trains and exports, has changed.
"""

from __future__ import annotations

import hashlib
import html
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

_ROOT: Final = Path(__file__).resolve().parents[2]
_PROGRAMS: Final = _ROOT / "docs" / "lessons"
_BUILT: Final = _ROOT / "docs" / "_build" / "lessons"
#: A training of some seconds on a machine that has other work to do.
_PATIENCE: Final = 300
_log = logging.getLogger(__name__)


def _fingerprint(program: Path) -> str:
    package = _ROOT / "nnwidgets"
    read = [
        program,
        *sorted(package.rglob("*.py")),
        *sorted(package.glob("static/replay*")),
        *sorted(package.glob("locale/*")),
    ]
    digest = hashlib.sha256()
    for file in read:
        digest.update(file.relative_to(_ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _train(program: Path) -> str | None:
    """Run a program unless its lesson is there; return what went wrong."""
    folder = _BUILT / program.stem
    mark, wanted = folder / ".fingerprint", _fingerprint(program)
    if mark.exists() and mark.read_text(encoding="utf-8") == wanted:
        return None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    quiet = {
        "PYTHONPATH": path,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "KERAS_BACKEND": "tensorflow",
        "OMP_NUM_THREADS": "1",
    }
    try:
        done = subprocess.run(
            [sys.executable, str(program), str(folder)],
            cwd=folder,
            env={**os.environ, **quiet, "NNWIDGETS_HOME": str(folder / ".runs")},
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{program.name} took more than {_PATIENCE} s"
    shutil.rmtree(folder / ".runs", ignore_errors=True)
    if done.returncode or not (folder / f"{program.stem}.html").exists():
        return f"{program.name} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    mark.write_text(wanted, encoding="utf-8")
    return None


def train(_app: Sphinx) -> None:
    """Run all programs, two at a time."""
    programs = sorted(_PROGRAMS.glob("*.py"))
    _log.info("playing trainings: %s", ", ".join(one.stem for one in programs))
    with ThreadPoolExecutor(2) as pool:
        faults = [fault for fault in pool.map(_train, programs) if fault]
    if faults:
        raise ExtensionError("\n\n".join(faults))


def copy(app: Sphinx, error: Exception | None) -> None:
    """Put the lessons beside the pages."""
    if error is None:
        shutil.copytree(
            _BUILT, Path(app.outdir) / "lessons", ignore=shutil.ignore_patterns(".*"), dirs_exist_ok=True
        )


class Lesson(SphinxDirective):
    """A playing training, and a link to it on a page of its own."""

    required_arguments = 1
    option_spec = {  # noqa: RUF012  # docutils'
        "title": directives.unchanged_required,
        "height": directives.unchanged,
        "tab": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Make the frame."""
        name = self.arguments[0]
        if not (_PROGRAMS / f"{name}.py").exists():
            raise self.error(f"there is no docs/lessons/{name}.py")
        if "title" not in self.options:
            raise self.error("a lesson needs a title, which is read aloud in place of the frame")
        address = html.escape(f"{_up(self)}{name}/{name}.html")
        title = html.escape(self.options["title"])
        height = html.escape(self.options.get("height", "44rem"))
        tab = html.escape(f"#{self.options['tab']}") if "tab" in self.options else ""
        frame = (
            f'<figure class="lesson"><iframe src="{address}{tab}" title="{title}" loading="lazy" '
            f'style="height: {height}" sandbox="allow-scripts allow-downloads"></iframe>'
            f'<figcaption>{title}. <a href="{address}">Open it on a page of its own</a></figcaption></figure>'
        )
        return [nodes.raw("", frame, format="html")]


class Picture(SphinxDirective):
    """A picture that a lesson's program made."""

    required_arguments = 1
    option_spec = {"alt": directives.unchanged_required}  # noqa: RUF012  # docutils'

    def run(self) -> list[nodes.Node]:
        """Make the image."""
        if not (_BUILT / self.arguments[0]).exists() or "alt" not in self.options:
            raise self.error("a picture needs alt, and a program that makes it")
        address, alt = html.escape(_up(self) + self.arguments[0]), html.escape(self.options["alt"])
        picture = (
            f'<figure class="lesson"><img class="plain" src="{address}" alt="{alt}" loading="lazy"></figure>'
        )
        return [nodes.raw("", picture, format="html")]


def _up(directive: SphinxDirective) -> str:
    return "../" * directive.env.docname.count("/") + "lessons/"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and the two steps."""
    app.add_directive("lesson", Lesson)
    app.add_directive("lesson-picture", Picture)
    app.connect("builder-inited", train)
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
