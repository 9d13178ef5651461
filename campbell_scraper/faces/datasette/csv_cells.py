"""Datasette's own CSV made safe for spreadsheets, as ``campbell export csv`` is: a page's words may begin a formula."""

from __future__ import annotations

import re

from campbell_scraper.faces.export.citations.clean_text import defused
from campbell_scraper.words import clean

_CELL = re.compile(r'("[^"]*(?:""[^"]*)*"|[^",\r\n][^,\r\n]*)(?=,|\r\n|$)')
"""A cell that is not empty, as Python's ``csv`` writes it."""
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def safe_row(line: str) -> str:
    """Return a line of CSV (RFC 4180) with formulas defused, without control and direction characters.

    >>> print(safe_row('=1+1,"a, b",-3,,"@x, y"'))
    "'=1+1","a, b",-3,,"'@x, y"
    """
    return _CELL.sub(_safe, line)


def _safe(match: re.Match[str]) -> str:
    cell = match[0]
    quoted = cell.startswith('"')
    text = cell[1:-1] if quoted else cell
    safe = text if _NUMBER.fullmatch(text) else defused(clean(text))
    return f'"{safe}"' if quoted or safe != text else cell
