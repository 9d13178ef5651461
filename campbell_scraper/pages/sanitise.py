"""HTML of a value, safe to show: an allow-list of markup, no scripts, no handlers, no ``javascript:``."""

from __future__ import annotations

from html import escape
from typing import Final

import nh3
from lxml import etree
from lxml.etree import _Element

from campbell_scraper.pages.urls import absolute

MAX_HTML: Final = 400_000
"""Characters of one value's markup that are kept for display; the text of the value is not affected."""

_TAGS_WORDS: Final = (
    "a abbr b blockquote br caption cite code col colgroup dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 "
    "h6 hr i img ins li mark ol p pre q s small span strong sub sup table tbody td tfoot th thead tr u ul"
)
_TAGS: Final = frozenset(_TAGS_WORDS.split())
_ATTRIBUTES: Final = {
    "*": {"lang", "dir", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start", "type"},
}
_SCHEMES: Final = {"http", "https", "mailto"}
_CLEANER: Final = nh3.Cleaner(
    tags=set(_TAGS),
    attributes=_ATTRIBUTES,
    url_schemes=_SCHEMES,
    link_rel="noopener noreferrer nofollow",
    clean_content_tags={
        "script",
        "style",
        "template",
        "iframe",
        "noscript",
        "svg",
        "math",
        "textarea",
        "select",
        "form",
    },
    strip_comments=True,
)
# Without attributes and with these elements only, what lxml serialises is already in the allow-list: a second parse by
# the sanitiser could change nothing.
_PLAIN_TAGS: Final = _TAGS - {
    "a",
    "img",
    "table",
    "tbody",
    "thead",
    "tfoot",
    "tr",
    "td",
    "th",
    "col",
    "colgroup",
    "caption",
}


def sanitise(markup: str) -> str:
    """``markup`` with what is in the allow-list only; links get ``rel="noopener noreferrer nofollow"``."""
    return _CLEANER.clean(markup[:MAX_HTML])


def inner_html(element: _Element, base_url: str = "") -> str:
    """Give the sanitised markup of what is inside ``element``, its links and images absolute.

    The addresses are made absolute in the tree itself.
    """
    if not len(element):
        return escape(element.text or "", quote=False).strip()[:MAX_HTML]
    plain = True
    for child in element.iterdescendants():
        keys = child.keys()
        if keys or child.tag not in _PLAIN_TAGS:
            plain = False
        for name in ("href", "src"):
            address = child.get(name, "") if base_url and name in keys else ""
            # A place on the page itself stays one: it is the same place under whichever address the page was captured.
            if address and address[0] != "#" and (found := absolute(base_url, address)):
                child.set(name, found)
    inner = escape(element.text or "", quote=False)
    for child in element.iterchildren():
        inner += etree.tostring(child, encoding="unicode", method="html")
    inner = inner.strip()
    return inner if plain and len(inner) <= MAX_HTML else sanitise(inner)
