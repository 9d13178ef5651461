"""Exports: the library in the formats that people's tools read, and what changed in it.

This room reads the database and writes bytes; it knows nothing of HTML, WARC or Scrapy, and never writes to the
database. ``library`` gives reviews as they stood on a day, ``citation`` makes one neutral citation of each, thin
writers (``ris``, ``bibtex``, ``csl``, ``spreadsheets``, ``parquet``) give each format; ``portable`` and
``package`` make files that leave the machine; ``changes``, ``words`` and ``atom`` tell what the site changed.

What ``exclusions.csv`` names is in none of them. Text of pages is text everywhere: each writer escapes what its format
would interpret, and the formats people look at (all but JSON Lines, Parquet and SQLite, which hold what is stored)
are free of control characters and of characters that reorder their surroundings.
"""

from __future__ import annotations

from .formats import FORMATS, Format, pieces, write_export
from .library_export import Library, Review

__all__ = ["FORMATS", "Format", "Library", "Review", "pieces", "write_export"]
