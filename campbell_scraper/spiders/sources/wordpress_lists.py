"""What discovery itself reads from WordPress: REST lists, sitemaps with their times, the JSON alternate.

The facts are in docs/sites.md, taken from WordPress 6.1, 6.8 and 7.1. What a review says is read in ``reading``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

from lxml import etree

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import PayloadError
from campbell_scraper.reading.page.document import PageHead
from campbell_scraper.reading.page.links import absolute
from campbell_scraper.untrusted_json import parsed_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campbell_scraper.spiders.discovery import Answer

REVIEW_TYPE: Final = "review"
"""The custom post type of reviews; also the first part of their paths."""
PER_PAGE: Final = 100
"""Most items of a REST list page; a request for more gets 400."""
PAST_THE_END: Final = "rest_post_invalid_page_number"
MAX_PAGES: Final = 500
"""Pages of a REST list, at most."""
MAX_ENTRIES: Final = 50_000
"""Entries of one sitemap, at most: the sitemap protocol's own limit."""
_END: Final = 4096
"""Bytes at a sitemap's end in which its end tag must be; comments of plugins may follow it."""
_SITEMAP_END: Final = re.compile(rb"</(?:[\w.-]+:)?(?:urlset|sitemapindex)\s*>", re.IGNORECASE)
_LINK: Final = re.compile(r"<([^<>]+)>([^<]*)")
_REVIEW_SITEMAP: Final = re.compile(r"(?:posts-review-\d+|(?:^|/)reviews?-sitemap\d*)\.xml(?:\.gz)?$", re.IGNORECASE)
_PAGE_SITEMAP: Final = re.compile(r"(?:posts-page-\d+|(?:^|/)page-sitemap\d*)\.xml(?:\.gz)?$", re.IGNORECASE)
_OTHER_SITEMAP: Final = re.compile(
    r"(?:posts-\w+-\d+|taxonomies-.*|users-\d+|(?:^|/)(?:post|category|post_tag|author|attachment|\w+_(?:group|type))"
    r"-sitemap\d*)\.xml(?:\.gz)?$",
    re.IGNORECASE,
)


def utc(value: object, *, naive: bool = False) -> str | None:
    """Return a time as ISO 8601 in UTC, seconds, with Z; a date alone as it is; None if it is neither.

    A sitemap's ``lastmod`` carries the site's offset (WordPress 6.8 and later), REST's ``modified_gmt`` none and no Z
    (``naive``: it is UTC already). Both become the same text for the same moment, so that they can be compared.
    """
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) == len("2024-12-02"):
        return text
    if when.tzinfo is None:
        if not naive:
            return None
        when = when.replace(tzinfo=UTC)
    try:
        return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return None


def rest_url(root: str, route: str, **parameters: str | int) -> str:
    """Return the address of a REST route; ``root`` is ``https://site/wp-json/`` or ``https://site/?rest_route=/``."""
    query = urlencode(parameters)
    if "rest_route=" in root:
        return f"{root.rstrip('/')}/{route}" + (f"&{query}" if query else "")
    return urljoin(root, route) + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestItem:
    """One item of a REST answer, as far as discovery needs it."""

    post_id: int
    link: str
    modified: str | None
    """UTC, seconds, Z."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestPage:
    """One page of a REST list."""

    items: list[RestItem]
    total: int | None
    """X-WP-Total: items of the whole list; None if the header is missing."""
    total_pages: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestError:
    """An answer that is not a list, with WordPress's code ("rest_no_route"), or "" if it is not JSON."""

    status: int
    code: str

    def __str__(self) -> str:
        what = self.code or "no JSON"
        return f"HTTP {self.status}, {what}"


def read_list(answer: Answer, of_type: str = REVIEW_TYPE) -> RestPage | RestError:
    """Read a page of ``/wp/v2/review``. Items of other types, or without id or link, are left out."""
    parsed = _json(answer)
    if answer.status == 200 and isinstance(parsed, list):
        items = [rest_item for item in parsed[: PER_PAGE * 10] if (rest_item := _item(item, of_type))]
        return RestPage(items=items, total=_count(answer, "x-wp-total"), total_pages=_count(answer, "x-wp-totalpages"))
    return _refused(answer, parsed)


def read_item(answer: Answer) -> RestItem | RestError:
    """Read a single ``/wp/v2/review/ID``."""
    parsed = _json(answer)
    return (_item(parsed) if answer.status == 200 else None) or _refused(answer, parsed)


def _refused(answer: Answer, parsed: object) -> RestError:
    code = parsed.get("code") if isinstance(parsed, dict) else None
    return RestError(status=answer.status, code=code if isinstance(code, str) else "" if parsed is None else "unknown")


def _json(answer: Answer) -> object | None:
    """Return a JSON answer's value; None if it is HTML (a challenge, an error page) or no JSON."""
    if not answer.media_type.endswith("json"):
        return None
    try:
        value: object = parsed_json(answer.body)
    except ValueError:
        return None
    return value


def _item(item: Any, of_type: str = REVIEW_TYPE) -> RestItem | None:
    if not isinstance(item, dict) or item.get("type") != of_type:
        return None
    post_id, link = item.get("id"), item.get("link")
    if not isinstance(post_id, int) or not isinstance(link, str):
        return None
    return RestItem(post_id=post_id, link=link, modified=utc(item.get("modified_gmt"), naive=True))


def _count(answer: Answer, name: str) -> int | None:
    value = answer.header(name).strip()
    return int(value[:9]) if value.isdecimal() else None


class RestList:
    """The REST list while it is read; begun again if it changes meanwhile."""

    def __init__(self, limit: int | None) -> None:
        self.per_page = min(PER_PAGE, limit) if limit else PER_PAGE
        self.pages: dict[str, int] = {}
        """Requested URL → number of its page."""
        self.items: dict[int, tuple[RestItem, str]] = {}
        """Post ID → item and the URL of the page that lists it."""
        self.earlier: dict[int, tuple[RestItem, str]] = {}
        """The same, from before the list was begun again."""
        self.passes = 1
        self.total: int | None = None
        """Items of the whole list, as its first page said; None if it did not."""
        self._limit = limit

    @property
    def is_limited(self) -> bool:
        """Whether there are as many items as wanted, and more in the list."""
        return self._limit is not None and len(self.items) >= self._limit and len(self.items) != self.total

    def take(self, page: int, listed: RestPage, url: str) -> bool:
        """Take a page; False if the list changed since its first page, so that it must be begun again.

        A deletion moves all later items forward, so that one item of the next page is never seen.
        """
        if page == 1:
            self.total = listed.total
        shifted = listed.total != self.total or any(item.post_id in self.items for item in listed.items)
        if page > 1 and shifted:
            return False
        self.items.update({item.post_id: (item, url) for item in listed.items})
        return True

    def begin_again(self) -> None:
        """Begin another pass; items seen so far stay in ``earlier``, since they may have been deleted."""
        self.passes += 1
        self.earlier |= self.items
        self.items.clear()

    def goes_on(self, page: int, listed: RestPage) -> bool:
        """Tell whether to request a next page: if the server does not say, until one is empty or refused."""
        if page >= MAX_PAGES or not listed.items:
            return False
        return listed.total_pages is None or page < listed.total_pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """A sitemap, or an index of sitemaps."""

    is_index: bool
    is_whole: bool
    """False if its end is missing: PHP died while writing it."""
    entries: list[tuple[str, str | None]]
    """Absolute URL and the time of its last change (UTC, or None)."""


def read_sitemap(answer: Answer) -> Sitemap | None:
    """Read a sitemap; return None if the answer is not one (an HTML page where XML was expected)."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        body = http.unpacked(answer.body)
        root = etree.fromstring(body, parser)
    except (PayloadError, etree.XMLSyntaxError, ValueError):
        return None
    if root is None or _local(root) not in {"urlset", "sitemapindex"}:
        return None
    entries = []
    for entry in root:
        fields = {_local(child): (child.text or "").strip() for child in entry}
        if url := absolute(answer.url, fields.get("loc", "")):
            entries.append((url, utc(fields.get("lastmod"))))
        if len(entries) >= MAX_ENTRIES:
            break
    is_whole = not entries or _SITEMAP_END.search(body[-_END:].replace(b"\0", b"")) is not None
    return Sitemap(is_index=_local(root) == "sitemapindex", entries=entries, is_whole=is_whole)


def _local(element: etree._Element) -> str:
    # Not with etree.QName: a prefix that a damaged file does not declare stays in the tag, and QName refuses it.
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def is_review_sitemap(url: str) -> bool:
    """Tell whether a sitemap's name says that it lists reviews (WordPress's own name, or an SEO plugin's)."""
    return _REVIEW_SITEMAP.search(urlsplit(url).path) is not None


def wanted_sitemaps(urls: list[str]) -> list[str]:
    """Choose from an index the sitemaps of reviews and pages; those of unknown names too, where none is of reviews."""
    paths = {url: urlsplit(url).path for url in urls}
    known = [url for url in urls if is_review_sitemap(url) or _PAGE_SITEMAP.search(paths[url])]
    if any(map(is_review_sitemap, known)):
        return known
    return [url for url in urls if url in known or not _OTHER_SITEMAP.search(paths[url])]


def is_review_address(url: str) -> bool:
    """Tell whether a URL's path is ``/review/<slug>/``."""
    parts = urlsplit(url).path.strip("/").split("/")
    return len(parts) == 2 and parts[0].lower() == REVIEW_TYPE and bool(parts[1])


def api_root(answer: Answer) -> str | None:
    """Return the REST root that a page names in its Link header or head (``rel="https://api.w.org/"``)."""
    return _linked(answer, lambda rel, _: "https://api.w.org/" in rel, _head(answer).api_root)


def json_alternate(answer: Answer) -> str | None:
    """Return the JSON form of the page's own post (``rel="alternate" type="application/json"``), if it names one."""
    return _linked(
        answer, lambda rel, media: "alternate" in rel and media == "application/json", _head(answer).json_url
    )


def own_post(answer: Answer) -> int | None:
    """Return the ID of the page's own post, as its short link names it (``/?p=ID``); themes remove other links."""
    short = _linked(answer, lambda rel, _: "shortlink" in rel, _head(answer).shortlink)
    match = re.search(r"[?&]p=(\d{1,18})(?:&|$)", short or "")
    return int(match[1]) if match else None


def _head(answer: Answer) -> PageHead:
    return (answer.page.head if answer.page is not None else None) or PageHead()


def _linked(answer: Answer, is_wanted: Callable[[list[str], str], bool], of_head: str | None) -> str | None:
    named = (url for url, relation, media in _link_headers(answer) if is_wanted(relation, media))
    url = next(named, of_head)
    return absolute(answer.url, url) if url else None


def _link_headers(answer: Answer) -> Iterator[tuple[str, list[str], str]]:
    """Yield URL, relations and media type of each link of the Link headers (RFC 8288)."""
    for value in answer.header_values("link"):
        for url, rest in _LINK.findall(value[:8192]):
            parameters = dict(re.findall(r";\s*(\w+)\s*=\s*\"?([^\";,]*)\"?", rest))
            yield url.strip(), parameters.get("rel", "").split(), parameters.get("type", "").strip().lower()
