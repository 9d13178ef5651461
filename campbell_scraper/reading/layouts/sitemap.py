"""Sitemaps, feeds and robots.txt: only their links are read."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from lxml import etree

from campbell_scraper.items import Kind, PageReading, Unhandled
from campbell_scraper.reading.page.links import absolute

MAX_ENTRIES: Final = 50_000
"""The sitemap protocol's own limit for one file."""
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_ROOT = re.compile(r"<(?!\?|!)(?:\w+:)?([\w-]+)")


def xml_root(text: str) -> str:
    """Return the local name of the first element in lower case; "" if there is none near the start."""
    found = _ROOT.search(text[:4096])
    return found[1].lower() if found else ""


def read_xml(url: str, text: str) -> PageReading:
    """Return the entries of a sitemap or its index (kind sitemap), or of a feed (kind other), in order."""
    root = xml_root(text)
    is_sitemap = root in {"urlset", "sitemapindex"}
    reading = PageReading(
        url=url, kind=Kind.SITEMAP if is_sitemap else Kind.OTHER, layout="sitemap" if is_sitemap else None
    )
    wanted = {"loc"} if is_sitemap else {"link"} if root in {"rss", "feed", "rdf"} else set()
    if not wanted:
        return reading
    if not is_sitemap:
        reading.layout = "feed"
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        tree = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        tree = None
    if tree is None:
        reading.unhandled.append(Unhandled(kind="layout", value=f"{root}: invalid XML"))
        return reading
    found: dict[str, None] = {}
    for element in tree.iter():
        # Not with etree.QName: a prefix that a damaged file does not declare stays in the tag, and QName refuses it.
        namespace, _, name = element.tag.rpartition("}") if isinstance(element.tag, str) else ("", "", "")
        if name in wanted:
            # Image sitemaps nest <image:loc>; only the entry's own address is a page.
            if "image" in namespace:
                continue
            said = (element.text or "").strip() or element.get("href") or ""
            if link := absolute(url, unescape(said)):
                found[link] = None
            if len(found) >= MAX_ENTRIES:
                break
    reading.links = list(found)
    return reading


def read_robots(url: str, text: str) -> PageReading:
    """Return the sitemaps that robots.txt names."""
    links = (absolute(url, found) for found in _SITEMAP_LINE.findall(text[:500_000]))
    return PageReading(url=url, kind=Kind.ROBOTS, layout="robots", links=list(dict.fromkeys(filter(None, links))))
