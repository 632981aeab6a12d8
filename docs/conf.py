"""The settings of the documentation site: `make docs` builds it into docs/_build/html, without a network."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

os.environ.setdefault(
    "KERAS_BACKEND", "torch"
)  # loads in half the time of the other, and only docstrings are read

from nnwidgets import __version__  # noqa: E402  # the paths come first

project = "nnwidgets"
author = "nnwidgets contributors"
copyright = "nnwidgets contributors"  # noqa: A001  # the name that Sphinx reads
version = release = __version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "lessons", "mathml", "pages"]
exclude_patterns = ["_build", "**/.ipynb_checkpoints"]
templates_path = ["_templates"]

# Pages are written in MyST Markdown. Notebooks are shown as they are stored: the site must build in a minute.
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # would load the widgets of a notebook from a CDN
nb_merge_streams = True

# Docstrings are numpydoc; a name in single backticks is Python's.
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "nnwidgets"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/curves.svg"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1f5fa8", "color-brand-content": "#1f5fa8"},
    "dark_css_variables": {"color-brand-primary": "#8ab8f0", "color-brand-content": "#8ab8f0"},
}
