"""Text of pages made harmless for formats that people look at.

A page's words are somebody else's input: they may hold control characters that end a line of RIS, escape sequences of
terminals, or characters that show what follows in another order.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from campbell_scraper.words import clean

_FORMULA = re.compile("[\\s\u200b-\u200f\u2060]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_INNER_START = re.compile('[;\n][\\s"\u200b-\u200f\u2060]*+((?=[=+@\uff1d\uff0b\uff20]|[-\uff0d](?!\\s)))?')
"""Where a cell begins if semicolons separate cells, as in many European locales; the group matches if a formula does.

Other beginnings match too: else each of many line ends would be tried with all that follow.
"""
_WEB = frozenset({"http", "https"})
_URL_SAFE = "!$&'()*+,/:;=?@[]~%#"


def one_line(text: str) -> str:
    """Return the plain text on one line, white space folded."""
    return " ".join(clean(text).split())


def defused(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe stands before what could begin one.

    >>> defused("=1+1"), defused("a=1"), defused("a; =1")
    ("'=1+1", 'a=1', "a; '=1")
    """
    text = _INNER_START.sub(lambda match: match[0] if match[1] is None else f"{match[0]}'", text)
    return f"'{text}" if _FORMULA.match(text) else text


def web_url(text: str | None) -> str | None:
    """Return an http or https URL, percent-encoded where needed; None for others, ``javascript:`` for one."""
    if not text:
        return None
    text = text.strip()
    try:
        parts = urlsplit(text)
        if parts.scheme.lower() not in _WEB or not parts.hostname:
            return None
    except ValueError:
        return None
    return quote(text, safe=_URL_SAFE, errors="replace")


def shortened(text: str, limit: int) -> str:
    """Return the text, cut to ``limit`` characters and saying so."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} […{len(text) - limit:,} more characters]"
