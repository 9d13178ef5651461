"""Exports: the library in the formats that people's tools read, and what changed in it.

This room reads the database and writes bytes; it knows nothing of HTML, WARC or Scrapy, and never writes to the
database. ``library_export`` reads reviews as they stood on a day, ``citations`` cites them, ``formats`` lists the
writers; ``portable``, ``data_package`` and ``replay_package`` make files that leave the machine; ``changes`` tells what
the site changed.

What ``exclusions.csv`` names is in none of them. Text of pages is text everywhere: each writer escapes what its format
would interpret, and the formats people look at (all but JSON Lines, Parquet and SQLite, which hold what is stored)
are free of control characters and of characters that reorder their surroundings.
"""

from __future__ import annotations

from .formats import FORMATS, Format, pieces, write_export
from .library_export import Library, Review

__all__ = ["FORMATS", "Format", "Library", "Review", "pieces", "write_export"]
