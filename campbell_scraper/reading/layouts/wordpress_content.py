"""The content of a WordPress page: whole where its markup is broken, and without what WordPress and plugins add to it.

Editors' HTML goes into the theme's as it is. A stray end tag in it closes the content's element early, and a tag left
open draws the theme's own parts (comments, links to other posts) into it; it then holds too little or too much.
"""

from __future__ import annotations

import re
from typing import Final

from lxml.etree import _Element

from campbell_scraper.reading.page.document import HEADINGS, PARTS, Document, Marked, drop
from campbell_scraper.reading.page.fields import fragment

OTHERS: Final = ("wp-block-query", "wp-block-post")
"""Lists of other posts."""
_CONTENT = Marked(PARTS, ("entry-content",), OTHERS)
_OTHER_CONTENT = Marked(
    PARTS,
    ("post-content", "page-content", "single-content", "td-post-content", "elementor-widget-theme-post-content"),
    OTHERS,
)
"""Its classes in themes and page builders that do not use WordPress's own."""
_AFTER_CLASSES: Final = (
    "wp-block-template-part",
    "wp-block-comments",
    "wp-block-post-comments",
    "wp-block-post-navigation-link",
    "comments-area",
    "comment-respond",
    "post-navigation",
    "entry-footer",
    "site-footer",
)
"""What themes print behind the content, and no editor puts into it."""
_PERHAPS_AFTER: Final = ("wp-block-post-terms", "wp-block-post-date", "wp-block-post-author")
"""What themes print behind the content, and editors may put into it: no sign that markup is broken."""
_AFTER = Marked(("div", "section", "footer", "nav"), _AFTER_CLASSES)
_START = re.compile(r"<\w+\b[^<>]*\bclass=[\"'][^\"'<>]*\bentry-content\b[^<>]*>", re.IGNORECASE)
_END = re.compile(
    r"<!-- \.entry-content|</(?:article|main)\b"
    r"|<(?:div|section|footer|nav)\b[^<>]*\bclass=[\"'](?:[^\"'<>]* )?"
    rf"(?:{'|'.join((*_AFTER_CLASSES, *_PERHAPS_AFTER))})[\"' ]",
    re.IGNORECASE,
)
_FLOW: Final = frozenset((*HEADINGS, "p", "ul", "ol", "dl", "table", "blockquote", "figure", "pre"))
"""Elements of a text; themes put their own parts into others."""
_ADDED_CLASSES: Final = (
    "post-nav-links",
    "page-links",
    "sharedaddy",
    "jp-relatedposts",
    "addtoany_share_save_container",
    "heateor_sss_sharing_container",
    "yarpp",
    "post-password-form",
    "wp-block-query",
    "wp-block-latest-posts",
    "wp-block-social-links",
    "wp-block-table-of-contents",
    "wp-block-yoast-seo-table-of-contents",
)
_ADDED = Marked(("div", "p", "form", "nav", "ul"), _ADDED_CLASSES)
_ADDED_IDS: Final = frozenset({"ez-toc-container", "toc_container"})
"""Tables of contents that plugins make of a post's headings."""


def content_of(document: Document) -> _Element | None:
    """Return the element that holds the post's content, cut out of the source where the tree does not hold it whole."""
    content = document.first(_CONTENT)
    if content is None:
        return document.first(_OTHER_CONTENT)
    if document.first(_AFTER, content) is None and not _ends_early(document, content):
        return content
    start = _START.search(document.text)
    end = _END.search(document.text, start.end()) if start else None
    return fragment(document.text[start.end() : end.start()]) if start and end else content


def _ends_early(document: Document, content: _Element) -> bool:
    """Return whether text of a post goes on behind its element, on a page that closes more than it opens."""
    following: _Element | None = content
    text = ""
    while following is not None and following.getnext() is None:
        text += following.tail or ""
        following = following.getparent()
    if following is None:
        return False
    text += following.tail or ""
    following = following.getnext()
    if not text.strip() and (following is None or following.tag not in _FLOW):
        return False
    return document.text.count("</div") > document.text.count("<div")


def asks_for_password(element: _Element) -> bool:
    """Return whether WordPress's form for the password of a protected post stands in an element."""
    return element.find(".//input[@name='post_password']") is not None


def drop_added(content: _Element) -> None:
    """Remove what WordPress and its plugins add: page links, sharing, other posts, tables of contents, the form."""
    added = list(_ADDED.within(content))
    added.extend(element for element in content.iter("div") if element.get("id") in _ADDED_IDS)
    for element in added:
        drop(element)
