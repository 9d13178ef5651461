"""A page's source before it is parsed: as the site sent it, and as browsers read it."""

from __future__ import annotations

import re
from typing import Final

_REPLAY_MARKS: Final = ("BEGIN WAYBACK TOOLBAR", "End Wayback Rewrite", "FILE ARCHIVED ON ")
"""Comments that the Wayback Machine writes into a page it shows."""
_TOOLBAR: Final = ("<!-- BEGIN WAYBACK TOOLBAR INSERT -->", "<!-- END WAYBACK TOOLBAR INSERT -->")
_REPLAYED = re.compile(r"(?:(?:https?:)?//web\.archive\.org)?/web/\d{1,14}(?:[a-z]{2}_)?/(?=(?:https?:)?//|mailto:)")
_SLIP = re.compile(r"</(?:br|body|html)\b[^<>]*>", re.IGNORECASE)
_ELEMENT = re.compile(r"<[a-zA-Z]")


def as_captured(url: str, text: str) -> tuple[str, str]:
    """Return address and source of a page without what the Wayback Machine added when it showed it; else as they are.

    Its toolbar goes, and its addresses (``/web/20181105120000im_/http://...``) become the site's own. Links of a page
    that was not shown by it stay: people do cite the Wayback Machine.
    """
    if "archive.org/" not in text or not any(mark in text for mark in _REPLAY_MARKS):
        return url, text
    begin = text.find(_TOOLBAR[0])
    end = text.find(_TOOLBAR[1], begin) if begin >= 0 else -1
    if end >= 0:
        text = text[:begin] + text[end:]
    replayed = _REPLAYED.match(url)
    return url[replayed.end() :] if replayed else url, _REPLAYED.sub("", text)


def as_browsers_read(text: str) -> str:
    """Return the source without two slips that every browser forgives and libxml2 punishes; itself if it has none.

    "</br>" is a line break, which libxml2 drops. The end of the body before the end of the page (of a document pasted
    into a text) says nothing, but with it libxml2 drops all that follows.
    """
    slip = _SLIP.search(text)
    if slip is None or _ELEMENT.search(text, slip.end()) is None:
        return text
    return _SLIP.sub(lambda found: "<br>" if found[0][3] in "rR" else "", text)
