"""The changes as an Atom feed (RFC 4287), for feed readers.

Ids are ``tag:`` URIs (RFC 4151) made of the library's name, the review's address and the time of the change, so that
an entry keeps its id in every feed, and versions that are counted anew after a rebuild do not make it another.
"""

from __future__ import annotations

import html
import re
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

from lxml import etree

from campbell_scraper import __version__

from .clean_text import one_line, shortened, web_url
from .word_diff import as_html

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campbell_scraper.faces.export.changes import ReviewChange

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
LIMIT = 200
"""Entries of a feed: the newest."""
_TAG_YEAR = "2026"
_EPOCH = "1970-01-01T00:00:00Z"
_NOT_HOST = re.compile(r"[^a-z0-9.-]+")


def write_atom(
    changes: Iterable[ReviewChange],
    out: BinaryIO,
    *,
    library: str,
    updated: str | None = None,
    self_url: str | None = None,
    limit: int = LIMIT,
) -> int:
    """Write the feed of the newest changes; return the number of entries.

    ``changes`` is newest first; ``updated`` is the feed's time if it has no entry (of the last crawl, for instance);
    ``self_url`` is where the feed is served.
    """
    entries = list(islice(changes, limit))
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})  # type: ignore[dict-item]  # None is the default namespace
    _head(feed, library, entries[0].at if entries else updated or _EPOCH, self_url)
    for change in entries:
        _entry(feed, change, library)
    out.write(etree.tostring(feed, xml_declaration=True, encoding="utf-8"))
    return len(entries)


def _head(feed: etree._Element, library: str, updated: str, self_url: str | None) -> None:
    _add(feed, "id", _tag(library, "changes"))
    _add(feed, "title", f"Changes of {library}")
    _add(feed, "subtitle", "Reviews new, changed, gone or withdrawn, as read from archived pages")
    _add(feed, "updated", updated)
    _add(_add(feed, "author"), "name", f"campbell_scraper on {library}")
    _add(feed, "generator", "campbell_scraper", version=__version__)
    if self_url and (url := web_url(self_url)):
        _add(feed, "link", rel="self", type=MEDIA_TYPE, href=url)


def _entry(feed: etree._Element, change: ReviewChange, library: str) -> None:
    entry = _add(feed, "entry")
    title = shortened(one_line(change.title or change.review_id), 300)
    _add(entry, "id", _tag(library, f"{quote(change.review_id, safe='/')}:{change.at}"))
    _add(entry, "title", f"{change.kind.capitalize()}: {title}")
    _add(entry, "updated", change.at)
    _add(entry, "category", term=change.kind)
    if url := web_url(change.url):
        _add(entry, "link", rel="alternate", href=url)
    _add(entry, "content", _content(change), type="html")


def _content(change: ReviewChange) -> str:
    """Return the entry's HTML: a definition list of fields with words marked."""
    if not change.fields:
        return f"<p>{change.kind.capitalize()}.</p>"
    items = [f"<dt>{html.escape(one_line(one.field))}</dt><dd>{as_html(*one.readable)}</dd>" for one in change.fields]
    return f"<dl>{''.join(items)}</dl>"


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{ATOM}}}{name}")
    for key, value in attributes.items():
        element.set(key, one_line(value))
    element.text = None if text is None else one_line(text)
    return element


def _tag(library: str, specific: str) -> str:
    host = _NOT_HOST.sub("-", library.lower()).strip("-.") or "campbell"
    return f"tag:{host},{_TAG_YEAR}:campbell_scraper/{specific}"
