"""Four years of an invented K2 library, edited each year, as the Wayback Machine would have captured it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

from campbell_scraper.sample import generated
from campbell_scraper.sample.dynamic import fill
from campbell_scraper.sample.sample_site import SampleLibrary
from tests.servers.wayback_index import Capture, Header

SITE: Final = "https://www.campbellcollaboration.org/"
HOST: Final = "www.campbellcollaboration.org"
YEARS: Final = (2016, 2017, 2018, 2019)
SEED: Final = 11

Edits = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class History:
    """What the site was, and what the machine holds of it."""

    captures: list[Capture]
    changes: list[tuple[str, int, str]]
    """(slug, version, field) of everything that was edited, sorted."""
    paths: list[str]
    """Of the reviews."""


def paths_of(reviews: int) -> dict[str, str]:
    """Return the path of each of the library's reviews by its slug."""
    return {entry.review.slug: entry.path for entry in generated(reviews, SEED).entries if entry.review}


def edits_of(slugs: list[str]) -> list[Edits]:
    """Return what differs from the first library in each year."""
    one, two, three, four, *_ = slugs
    title: Edits = {one: {"title": "A new title for an old review"}}
    authors: Edits = {two: {"authors": ["Ada|Lovelace", "Grace|Hopper"]}}
    removed: Edits = {three: {"removed": True}}
    headline: Edits = {four: {"headline": "A new headline"}}
    return [{}, {**title, **headline}, {**title, **headline, **authors, **removed}, {**authors, **headline}]


def changes_of(slugs: list[str]) -> list[tuple[str, int, str]]:
    """Return what a complete history of those edits says."""
    one, two, three, four, *_ = slugs
    return sorted([
        (one, 2, "title"), (one, 3, "title"),
        (two, 2, "authors"),
        (three, 2, "status"), (three, 3, "status"),
        (four, 2, "headline"),
    ])  # fmt: skip


def history(reviews: int = 8, *, scheme: str = "http") -> History:
    """Return the history of a library: each review twice a year, the listings once."""
    paths = paths_of(reviews)
    slugs = list(paths)
    captures: list[Capture] = []
    for year, edits in zip(YEARS, edits_of(slugs), strict=True):
        library = generated(reviews, SEED, edits=edits)
        for number, slug in enumerate(slugs):
            for month in (3, 9):
                moment = datetime(year, month, 2, 8, tzinfo=UTC) + timedelta(days=number, seconds=7 * number)
                captures.append(capture(library, paths[slug], moment, scheme))
        if year == YEARS[0]:  # every item answers under the other menu too, and names its own address there
            for number, slug in enumerate(slugs):
                moment = datetime(year, 5, 2, 8, tzinfo=UTC) + timedelta(days=number)
                captures.append(capture(library, f"/library/{slug}.html", moment, scheme))
        for name in ("better-evidence", "library"):
            captures += _listings(library, name, datetime(year, 2, 1, 12, tzinfo=UTC), scheme)
    return History(captures, changes_of(slugs), list(paths.values()))


def _listings(library: SampleLibrary, name: str, moment: datetime, scheme: str) -> Iterator[Capture]:
    for start in range(0, len(library.entries), 10):
        target = f"/{name}.html" + (f"?start={start}" if start else "")
        yield capture(library, target, moment + timedelta(minutes=start), scheme)


def capture(library: SampleLibrary, target: str, moment: datetime, scheme: str = "http") -> Capture:
    """Capture a page of a library as a crawler of that day would have."""
    path, _, query = target.partition("?")
    page = library.get(path, dict(one.split("=", 1) for one in query.split("&") if one))
    number = int(moment.timestamp()) % 100_000
    body = fill(page.body.decode(), f"{scheme}://{HOST}", number).encode()
    headers: list[Header] = [
        ("Date", format_datetime(moment, usegmt=True)),
        ("Server", "Apache/2.4.18"),
        ("Content-Type", "text/html; charset=utf-8"),
        ("X-Content-Powered-By", "K2 v2.7.1 (by JoomlaWorks)"),
        ("Set-Cookie", "first=1; path=/"),
        ("Set-Cookie", "second=2; path=/; HttpOnly"),
        ("Last-Modified", format_datetime(datetime(2015, 1, 2, tzinfo=UTC), usegmt=True)),
    ]
    if number % 2:
        headers.append(("Content-Encoding", "gzip"))
        body = gzip.compress(body, mtime=0)
        headers.append(("Transfer-Encoding", "chunked"))
    else:
        headers.append(("Content-Length", str(len(body))))
    return Capture(
        moment.strftime("%Y%m%d%H%M%S"),
        f"{scheme}://{HOST}{target}",
        page.status,
        tuple(headers),
        body,
    )
