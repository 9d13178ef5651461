"""The sample library as a site: which URL answers what. It knows nothing of sockets.

:class:`SampleLibrary` holds reviews (see ``invented_content``), pages written by hand (``pages/``) and requisites
(``assets/``), and answers ``get(path, query)`` with a :class:`SamplePage`. The URLs are those of the K2 generation
(docs/sites.md): one item under many, listings by ``start=N``, a search of jak2filter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from html import escape
from importlib import resources
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from campbell_scraper.sample import render

from .invented_content import ReviewContent, edited, load_reviews
from .small_files import ico, pdf, png

PAGE_SIZE = render.PAGE_SIZE
CATEGORIES = render.CATEGORY_TITLES
MIMES = {
    "css": "text/css",
    "js": "application/javascript",
    "png": "image/png",
    "ico": "image/vnd.microsoft.icon",
    "svg": "image/svg+xml",
    "woff": "font/woff",
    "ttf": "font/ttf",
    "pdf": "application/pdf",
    "txt": "text/plain; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
}
SEARCHES = tuple(f"{one}/search" for one in CATEGORIES)
"""Where the links of a field of type "labels" point."""
PLAIN_ARTICLES = {
    "/": "Home",
    "/evidence-gap-maps.html": "Evidence and gap maps",
    "/about-campbell.html": "About",
    "/contact.html": "Contact",
}
"""What the menu leads to in a library of other reviews, where the pages written by hand would point at nothing."""
PLAIN_ARTICLE = "<p>This library is invented for the demonstration of campbell_scraper.</p>"
EPOCH = datetime(2016, 9, 1, 9, tzinfo=UTC)
"""When the sample's files were "uploaded"."""


@dataclass(slots=True, frozen=True)
class SamplePage:
    """An answer before the server makes bytes of it."""

    body: bytes
    mime: str = "text/html; charset=utf-8"
    status: int = 200
    modified: datetime | None = None
    """Last-Modified; of an item it is the CMS's creation date, whatever happened since."""
    dynamic: bool = True
    """True: markers are filled in and nothing answers 304. False: a file, with a true ETag and 304."""
    location: str | None = None
    """Target of a redirect (site-relative or absolute; ``%%BASE%%`` allowed)."""
    chunked: bool = False


@dataclass(slots=True, kw_only=True)
class Entry:
    """An item of the library as listings and URLs see it."""

    id: int
    slug: str
    title: str
    category: str
    created: datetime
    review: ReviewContent | None = None
    """None: the page is written by hand, ``pages/<slug>.html``."""
    listed: bool = True

    @property
    def path(self) -> str:
        """The canonical path."""
        return f"/{self.category}/{self.slug}.html"


@dataclass(slots=True)
class SampleLibrary:
    """A site. ``SampleLibrary.embedded()`` is the sample; ``many_reviews.generated`` makes big ones."""

    entries: list[Entry]
    articles: dict[str, dict[str, str]] = field(default_factory=dict)
    """Pages written by hand that are no items, by path: their file and title."""
    redirects: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Path to (status, target)."""
    files: dict[str, SamplePage] = field(default_factory=dict)
    _by_path: dict[str, Entry] = field(default_factory=dict, repr=False)
    _by_id: dict[int, Entry] = field(default_factory=dict, repr=False)
    _places: dict[int, tuple[list[Entry], int]] = field(default_factory=dict, repr=False)
    """By item id: the listed items of its category, and its place among them."""

    def __post_init__(self) -> None:
        self.entries = sorted(self.entries, key=lambda one: (one.created, one.id), reverse=True)
        for one in self.entries:
            self._by_id[one.id] = one
            for category in CATEGORIES:
                self._by_path[f"/{category}/{one.slug}"] = one
        for category in CATEGORIES:
            listed = [one for one in self.entries if one.category == category and one.listed]
            self._places |= {one.id: (listed, at) for at, one in enumerate(listed)}
        self.files = {**assets(), **self._made_files(), **self.files}

    @classmethod
    def embedded(cls, edits: Mapping[str, Mapping[str, Any]] | None = None) -> SampleLibrary:
        """Return the package's sample; ``edits`` change its invented reviews (see ``many_reviews.generated``)."""
        index = json.loads(_resource("pages/index.json").decode())
        entries = [entry_of(one) for one in edited(load_reviews(), edits or {}) if not one.removed]
        for one in index["items"]:
            created = datetime.fromisoformat(one["created"])
            entries.append(Entry(**{**one, "created": created}))
        redirects = {path: (status, target) for path, (status, target) in index["redirects"].items()}
        library = cls(entries, dict(index["articles"]), redirects)
        for path, one in index["pdfs"].items():
            library.files[path] = _pdf_page(one["title"], one["text"], broken=bool(one.get("broken")))
        for path in index["images"]:
            library.files.update(_images(path))
        return library

    @classmethod
    def of(cls, reviews: list[ReviewContent]) -> SampleLibrary:
        """Return a site of other reviews in the sample's templates, with its articles and requisites."""
        index = json.loads(_resource("pages/index.json").decode())
        articles = {path: one for path, one in index["articles"].items() if "body" in one}
        articles |= {path: {"title": title, "body": PLAIN_ARTICLE} for path, title in PLAIN_ARTICLES.items()}
        return cls([entry_of(one) for one in reviews if not one.removed], articles)

    def get(self, path: str, query: Mapping[str, str]) -> SamplePage:
        """Answer a GET of ``path`` with the given query (last value of each name). Never raises; 404 is a page."""
        if path in self.redirects:
            status, target = self.redirects[path]
            return SamplePage(b"", status=status, location=target)
        if path in self.files:
            return self.files[path]
        if path == "/robots.txt":
            return SamplePage(_resource("assets/robots.txt"), MIMES["txt"])
        if path == "/sitemap.xml":
            return SamplePage(render.sitemap(self), MIMES["xml"], modified=EPOCH)
        return (
            self._listing(path, query) or self._item(path, query) or self._article(path, query) or self._missing(path)
        )

    def paths(self) -> list[str]:
        """Return the canonical paths of everything there is: items, articles, listings' first pages, files."""
        listings = [f"/{one}.html" for one in CATEGORIES]
        return [
            *[one.path for one in self.entries],
            *self.articles,
            *listings,
            *self.files,
            "/robots.txt",
            "/sitemap.xml",
        ]

    def latest(self) -> list[Entry]:
        """Return the newest listed items, as the sidebar shows them."""
        return list(islice((one for one in self.entries if one.listed), 5))

    def neighbours(self, entry: Entry) -> list[tuple[str, Entry]]:
        """Return the items before and after one in its category, with K2's class names."""
        if entry.id not in self._places:
            return []
        listed, at = self._places[entry.id]
        before = [("itemPrevious", listed[at - 1])] if at else []
        return before + ([("itemNext", listed[at + 1])] if at + 1 < len(listed) else [])

    def _listing(self, path: str, query: Mapping[str, str]) -> SamplePage | None:
        name = path.strip("/").removesuffix(".html")
        if query.get("option") == "com_k2" and query.get("view") == "itemlist":
            name = "better-evidence"
        if path == "/component/jak2filter/" or name in SEARCHES:
            word = query.get("searchword", "").casefold()
            items = [one for one in self.entries if one.listed and word in one.title.casefold()]
            kept = {key: value for key, value in query.items() if key != "start"}
            return self._listing_page("Search", path, items, query, search=urlencode(kept))
        if name not in CATEGORIES or path == f"/{name}/":
            return None
        items = [one for one in self.entries if one.listed and name in ("library", one.category)]
        if query.get("format") == "feed":
            return SamplePage(
                render.feed(CATEGORIES[name], items[:PAGE_SIZE]), "application/rss+xml; charset=utf-8", chunked=True
            )
        return self._listing_page(CATEGORIES[name], f"/{name}.html", items, query)

    def _listing_page(
        self, title: str, path: str, items: list[Entry], query: Mapping[str, str], search: str | None = None
    ) -> SamplePage:
        start = int(query["start"]) if re.fullmatch(r"\d{1,6}", query.get("start", "")) else 0
        body = render.listing(self, title=title, path=path, items=items, start=start, search=search)
        return SamplePage(body, modified=datetime.now(UTC).replace(microsecond=0), chunked=True)

    def _item(self, path: str, query: Mapping[str, str]) -> SamplePage | None:
        entry = self._find(path, query)
        if entry is None:
            return None
        if query.get("format") == "json":
            return SamplePage(render.item_json(entry), "application/json; charset=utf-8", modified=entry.created)
        bare = query.get("tmpl") == "component"
        here = path + ("?" + urlencode(dict(query)) if query else "")
        if entry.review is None:
            body = _by_hand(f"{entry.slug}.html", here)
        else:
            body = render.item(self, entry, entry.review, here=here, bare=bare)
        return SamplePage(body, modified=entry.created, chunked=entry.id % 3 == 0)

    def _find(self, path: str, query: Mapping[str, str]) -> Entry | None:
        if path in ("/index.php", "/") and query.get("option") == "com_k2" and query.get("view") == "item":
            number = query.get("id", "").partition(":")[0]
            return self._by_id.get(int(number)) if re.fullmatch(r"\d{1,9}", number) else None
        numbered = re.fullmatch(r"/(?:component/k2/item/)?(\d{1,9})-[^/]*", path) or re.fullmatch(
            r"/component/k2/item/(\d{1,9})", path
        )
        if numbered:
            return self._by_id.get(int(numbered[1]))
        return self._by_path.get(path.removesuffix(".html"))

    def _article(self, path: str, query: Mapping[str, str]) -> SamplePage | None:
        article = self.articles.get(path)
        if article is None:
            return None
        if "body" in article:
            return SamplePage(render.article(self, path, article["title"], article["body"]), modified=EPOCH)
        here = path + ("?" + urlencode(dict(query)) if query else "")
        return SamplePage(_by_hand(article["file"], here), modified=EPOCH)

    def _missing(self, path: str) -> SamplePage:
        return SamplePage(render.missing(self, path), status=404)

    def _made_files(self) -> dict[str, SamplePage]:
        found: dict[str, SamplePage] = {}
        for entry in self.entries:
            if entry.review is None:
                continue
            for image in (entry.review.image, entry.review.category_image):
                if image:
                    found.update(_images(image))
            for one in entry.review.summaries:
                if one.pdf:
                    found[one.pdf] = _pdf_page(entry.title, one.pdf_text, broken=one.pdf_broken)
        return found


def entry_of(review: ReviewContent) -> Entry:
    """Return the library entry of an invented review."""
    return Entry(
        id=review.id,
        slug=review.slug,
        title=review.title,
        category=review.category,
        created=datetime.fromisoformat(review.created),
        review=review,
        listed=review.listed,
    )


def assets() -> dict[str, SamplePage]:
    """Return the requisites of the template, by URL path, as ``assets/index.json`` lists them."""
    index: dict[str, str] = json.loads(_resource("assets/index.json").decode())
    found = {
        path: SamplePage(_resource(f"assets/{name}"), MIMES[name.rpartition(".")[2]], modified=EPOCH, dynamic=False)
        for path, name in index.items()
    }
    icon = png(16, 16, (51, 51, 153))
    found["/templates/campbell/favicon.ico"] = SamplePage(ico(icon, 16), MIMES["ico"], modified=EPOCH, dynamic=False)
    for path in ("/images/logo.png", "/images/banner.png", "/media/system/images/arrow.png", "/private/background.png"):
        found.update(_images(path))
    found.update(_images("/images/logo@2x.png", double=False))
    return found


@cache
def _images(path: str, *, double: bool = True) -> dict[str, SamplePage]:
    """Return an image and, for srcset, the same at twice the size."""
    seed = sum(path.encode()) * 2654435761 % 2**24
    colour = (seed >> 16, seed >> 8 & 255, seed & 255)
    found = {path: SamplePage(png(80, 110, colour), MIMES["png"], modified=EPOCH, dynamic=False)}
    if double:
        larger = SamplePage(png(160, 220, colour), MIMES["png"], modified=EPOCH, dynamic=False)
        found[path.replace(".png", "@2x.png")] = larger
    return found


def _pdf_page(title: str, text: list[str], *, broken: bool) -> SamplePage:
    body = pdf(title, text)
    return SamplePage(body[: len(body) // 3] if broken else body, MIMES["pdf"], modified=EPOCH, dynamic=False)


def _by_hand(name: str, here: str) -> bytes:
    """Return a page written by hand as it answers under the URL ``here``."""
    return _resource(f"pages/{name}").replace(b"%%PATH%%", escape(here).encode())


@cache
def _resource(name: str) -> bytes:
    return resources.files(__package__).joinpath(name).read_bytes()


def http_date(when: datetime) -> str:
    """Return a date as HTTP headers write it."""
    return format_datetime(when.astimezone(UTC), usegmt=True)
