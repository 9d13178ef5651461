"""HTML of a value, safe to show: an allow-list of markup, no scripts, no handlers, no ``javascript:``."""

from __future__ import annotations

import re
from html import escape
from typing import Final

import nh3
from lxml import etree
from lxml.etree import _Element

from .links import absolute

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
_REL: Final = "noopener noreferrer nofollow"
_CLEANER: Final = nh3.Cleaner(
    tags=set(_TAGS),
    attributes=_ATTRIBUTES,
    url_schemes=_SCHEMES,
    link_rel=_REL,
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
_PLAIN_WORDS: Final = "|".join(sorted(_TAGS - {
    "a", "img", "table", "tbody", "thead", "tfoot", "tr", "td", "th", "col", "colgroup", "caption",
}))  # fmt: skip
_ADDRESS: Final = r'https?://[a-zA-Z0-9.-]+(?::\d{1,4})?(?:[/?#][^"<>\s]*)?'
_WHOLE_LINK: Final = rf'a href="(?:{_ADDRESS}|mailto:[^"<>\s]*)"'
_WHOLE_IMAGE: Final = rf'img src="{_ADDRESS}"(?: alt="[^"<>]*")?'
_NOT_PLAIN: Final = re.compile(rf"<(?!/?(?:{_PLAIN_WORDS})>|/a>|{_WHOLE_LINK}>|{_WHOLE_IMAGE}>)")
"""A tag that is more than the bare name of one of these elements, or a link or picture of nothing but an absolute
address. What lxml serialises without any is in the allow-list already: the sanitiser could only add ``rel``."""
_LINK: Final = re.compile(rf"<{_WHOLE_LINK}")


def sanitise(markup: str) -> str:
    """Return what of ``markup`` is in the allow-list; links get ``rel="noopener noreferrer nofollow"``."""
    return _CLEANER.clean(markup[:MAX_HTML])


def inner_html(element: _Element, base_url: str = "") -> str:
    """Return the sanitised markup of what is inside ``element``, its links and images absolute.

    The addresses are made absolute in the tree itself.
    """
    if not len(element):
        return escape(element.text or "", quote=False).strip()[:MAX_HTML]
    if base_url:
        _make_absolute(element, base_url)
    inner = _serialised(element)
    if len(inner) > MAX_HTML or _NOT_PLAIN.search(inner):
        return sanitise(inner)
    return _LINK.sub(rf'\g<0> rel="{_REL}"', inner) if "<a " in inner else inner


def _serialised(element: _Element) -> str:
    whole = etree.tostring(element, encoding="unicode", method="html", with_tail=False)
    if not any(">" in value for value in element.values()):
        return whole[whole.index(">") + 1 : whole.rindex("<")].strip()
    parts = [escape(element.text or "", quote=False)]
    parts += (etree.tostring(child, encoding="unicode", method="html") for child in element.iterchildren())
    return "".join(parts).strip()


def _make_absolute(element: _Element, base_url: str) -> None:
    """Make the addresses inside absolute, in the tree itself."""
    for child in element.iter("a", "img"):
        name = "href" if child.tag == "a" else "src"
        address = child.get(name, "")
        # A place on the page itself stays one: it is the same place under whichever address the page was captured.
        if address and address[0] != "#" and (joined := absolute(base_url, address)) not in {address, None}:
            child.set(name, joined)
