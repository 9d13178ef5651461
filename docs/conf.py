"""How Sphinx builds the documentation: ``make docs``, or ``sphinx-build docs docs/_build/html``."""

# ruff: noqa: INP001 - Sphinx reads it, nobody imports it

from __future__ import annotations

import campbell_scraper

project = "campbell_scraper"
author = "The campbell_scraper founders"
copyright = f"2026, {author}"  # noqa: A001 - Sphinx's name for it
version = release = campbell_scraper.__version__
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "notebooks"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "campbell_scraper"
html_copy_source = False
html_show_sourcelink = False
