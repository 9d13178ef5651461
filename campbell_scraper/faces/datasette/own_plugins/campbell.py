# ruff: noqa: INP001 - Datasette loads the files of a folder, an __init__.py too
"""The plugin of ``campbell serve``, loaded by path so that no other Datasette of this Python has it."""

from campbell_scraper.faces.datasette.plugin import *  # noqa: F403 - hooks
