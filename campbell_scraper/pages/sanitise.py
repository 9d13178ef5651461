"""HTML of a value, safe to show: an allow-list of markup, no scripts, no handlers, no ``javascript:``."""

from __future__ import annotations

from typing import Final

import nh3
from lxml import etree
from lxml.etree import _Element

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


def inner_html(element: _Element) -> str:
    """Sanitised markup of what is inside ``element``."""
    markup: str = etree.tostring(element, encoding="unicode", method="html", with_tail=False)[:MAX_HTML]
    inner = markup[markup.find(">") + 1 : markup.rfind("<")].strip() if markup.endswith(">") else markup
    for child in element.iterdescendants():
        if child.tag not in _PLAIN_TAGS or child.keys():
            return sanitise(inner)
    return inner
