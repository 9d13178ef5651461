"""A local site in the K2 layout whose ways can be switched on one by one: the sample's templates, changed on their way.

Written from docs/sites.md. The sample itself always behaves as every K2 site does: no two fetches have the same bytes,
items send validators that save nothing, one item answers at many addresses, a listing has no end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from campbell_scraper.sample import SampleLibrary
from campbell_scraper.sample.sample_site import SamplePage

Change = Callable[[str], str]


class Quirk(NamedTuple):
    """One way in which a site differs from the plain one; its number is its own for good."""

    number: int
    name: str
    what: str


QUIRKS: Final = (
    Quirk(1, "no-canonical", "K2 before 2.10: pages name no canonical address"),
    Quirk(2, "no-alias", "K2 before 2.9: fields have no class with their alias"),
    Quirk(3, "endless", "every listing page links to a next one, the empty ones past its end too"),
    Quirk(4, "search-only", "there are no listings; the menu leads to a search of jak2filter"),
    Quirk(5, "no-sitemap", "sitemap.xml is 404"),
    Quirk(6, "other-menu", "listings link to items under another menu"),
    Quirk(7, "numbered", "listings link to items by number and alias"),
    Quirk(8, "by-query", "listings link to items as index.php?option=com_k2&id=N, with &amp; left in the query"),
    Quirk(9, "print-links", "listings link to the printed form of items, with a nocache part"),
    Quirk(10, "stray-div", "a </div> too many inside the first value of each item"),
    Quirk(11, "spam", "lines of spam before the content"),
    Quirk(12, "unclosed", "paragraphs and strong elements of summaries are left open"),
)
_ITEM: Final = re.compile(r'(?<=href=")/(better-evidence|library)/([a-z0-9-]+)\.html(?=")')


class QuirkyLibrary:
    """A library that answers ``get`` as another does, but for its quirks."""

    def __init__(self, library: SampleLibrary, *quirks: str) -> None:
        assert set(quirks) <= {quirk.name for quirk in QUIRKS}, quirks
        self._library = library
        self._quirks = frozenset(quirks)
        self._ids = {entry.slug: entry.id for entry in library.entries}

    def get(self, path: str, query: Mapping[str, str]) -> SamplePage:
        """Answer a GET."""
        on = self._quirks
        is_listing = path in {"/better-evidence.html", "/library.html"}
        if (path == "/sitemap.xml" and on & {"no-sitemap", "search-only"}) or (is_listing and "search-only" in on):
            return replace(self._library.get("/no-such-page", {}), status=404)
        page = self._library.get(path, query)
        if not page.mime.startswith("text/html") or page.status != 200:
            return page
        text = page.body.decode()
        for name in sorted(on):
            if change := _CHANGES.get(name):
                text = change(text)
        if is_listing or path == "/component/jak2filter/":
            text = self._listed(text, int(query.get("start") or 0))
        return replace(page, body=text.encode())

    def _listed(self, text: str, start: int) -> str:
        if "endless" in self._quirks:
            following = f'<a title="Next" href="?start={start + 10}" class="pagenav">Next</a>'
            text = text.replace('<div class="k2PaginationLinks">', f'<div class="k2PaginationLinks">{following}')
        head, mark, listing = text.partition("<!-- Item list -->")
        return head + mark + _ITEM.sub(self._address, listing)

    def _address(self, item: re.Match[str]) -> str:
        menu, slug = item.groups()
        number = self._ids[slug]
        ways = {
            "other-menu": f"/{'library' if menu == 'better-evidence' else 'better-evidence'}/{slug}.html",
            "numbered": f"/{number}-{slug}.html",
            "by-query": f"/index.php?option=com_k2&amp;amp;view=item&amp;amp;id={number}:{slug}",
            "print-links": f"/{menu}/{slug}.html?tmpl=component&amp;print=1&amp;nocache={number}",
        }
        return next((way for name, way in ways.items() if name in self._quirks), item[0])


def _without_canonical(text: str) -> str:
    text = re.sub(r'<link href="[^"]*" rel="canonical"[^>]*>|<link rel="canonical"[^>]*>', "", text)
    return re.sub(r'<meta property="og:url"[^>]*>', "", text)


def _without_alias(text: str) -> str:
    return re.sub(r"(?<= group\d) alias\w+|(?<= group\d\d) alias\w+", "", text)


def _to_search(text: str) -> str:
    search = "/component/jak2filter/?Itemid=119&amp;issearch=1"
    return text.replace('href="/better-evidence.html"', f'href="{search}"').replace(
        'href="/library.html"', f'href="{search}"'
    )


def _with_stray_div(text: str) -> str:
    return text.replace('<span class="itemExtraFieldsValue">', '<span class="itemExtraFieldsValue"></div>', 1)


def _with_spam(text: str) -> str:
    return text.replace("<body", "cheap pills online\nbest casino bonus\n<body", 1)


def _unclosed(text: str) -> str:
    head, mark, fields = text.partition('<div class="itemExtraFields">')
    return head + mark + fields.replace("</strong>", "").replace("</p>", "")


_CHANGES: Final[Mapping[str, Change]] = {
    "no-canonical": _without_canonical,
    "no-alias": _without_alias,
    "search-only": _to_search,
    "stray-div": _with_stray_div,
    "spam": _with_spam,
    "unclosed": _unclosed,
}
