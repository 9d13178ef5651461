"""When a post was saved, asked of REST where the lists do not say it, and what is fetched again because of its age."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campbell_scraper.spiders.discovery import Answer, Scope, Seen, Step
from campbell_scraper.spiders.sources.live_source import LiveDiscovery
from tests.helpers import steps_of

SITE = "https://reviews.example.org/"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SAVED, RECENT = "2026-01-05T09:00:00Z", "2026-02-20T00:00:00Z"


class Known:
    def __init__(self, seen: dict[str, Seen]) -> None:
        self.seen = seen

    def last_seen(self, url: str) -> Seen | None:
        return self.seen.get(url)

    def current(self) -> list[str]:
        return []

    def validators(self, url: str) -> None:  # noqa: ARG002
        return None


def path(name: str) -> str:
    return f"{SITE}review/{name}/"


def answered(discovery: LiveDiscovery, url: str, said: object) -> list[Step]:
    """Hand a discovery JSON, a sitemap's text, or a status."""
    status, kind, body = 200, "application/json", json.dumps(said).encode()
    if isinstance(said, str):
        kind, body = "application/xml", said.encode()
    elif isinstance(said, int):
        status, kind, body = said, "text/html", b"<h1>No</h1>"
    headers = [("Content-Type", kind), ("X-WP-TotalPages", "2")]
    return steps_of(discovery, Answer(asked=url, url=url, status=status, headers=headers, body=body))


def sitemap(urls: list[str], saved: str = "") -> str:
    entries = "".join(f"<url><loc>{url}</loc><lastmod>{saved}</lastmod></url>" for url in urls)
    return f"<urlset>{entries}</urlset>"


def run(urls: list[str], seen: dict[str, Seen], answers: Callable[[str], Any], scope: Scope | None = None, *,
        lastmod: str = "", of: str = "review") -> tuple[list[str], dict[str, str | None]]:  # fmt: skip
    """Return what is asked beside the lists, and the decision about each page (None if it is asked for)."""
    discovery = LiveDiscovery(SITE, scope)
    discovery.now, discovery.known = NOW, Known(seen)
    named = f"{SITE}wp-sitemap-posts-{of}-1.xml"
    discovery.sitemaps_named([named, f"{SITE}wp-sitemap-posts-review-2.xml"])
    asked: list[str] = []
    decided: dict[str, str | None] = {}
    waiting = list(discovery.idle())
    while waiting:
        step = waiting.pop(0)
        if step.url in urls:
            decided[step.url] = step.decision
        elif step.url == named:
            waiting += answered(discovery, step.url, sitemap(urls, lastmod))
        elif step.url.endswith(".xml"):
            waiting += answered(discovery, step.url, sitemap([]))
        elif "orderby=id" in step.url:
            waiting += answered(discovery, step.url, [])
        else:
            asked.append(step.url)
            waiting += answered(discovery, step.url, answers(step.url))
        waiting = waiting or list(discovery.idle())
    return asked, decided


def item(name: str, number: int, saved: str = SAVED, kind: str = "review") -> dict[str, Any]:
    return {"id": number, "type": kind, "link": path(name), "modified_gmt": saved.removesuffix("Z")}


URLS = [path(name) for name in "abc"]
SEEN = {path(name): Seen(SAVED, RECENT, number) for number, name in enumerate("abc", 1)}
LIST = f"{SITE}wp-json/wp/v2/review?include=1%2C2%2C3&per_page=100&_embed=1"


def alone(number: int) -> str:
    return f"{SITE}wp-json/wp/v2/review/{number}?_embed=1"


def test_many_posts_are_asked_for_at_once() -> None:
    changed = [item("a", 1), item("b", 2, "2026-02-25T00:00:00Z"), item("c", 3)]
    asked, decided = run(URLS, SEEN, lambda _: changed)
    assert asked == [LIST]
    assert decided == {path("a"): "unchanged", path("b"): None, path("c"): "unchanged"}


@pytest.mark.parametrize("refused", [404, 500])
def test_what_the_list_leaves_out_is_asked_for_alone_and_then_by_its_page(refused: int) -> None:
    said: dict[str, Any] = {LIST: [item("a", 1)], alone(2): item("b", 2), alone(3): refused}
    asked, decided = run(URLS, SEEN, said.__getitem__)
    assert asked == [LIST, alone(2), alone(3)]
    assert decided == {path("a"): "unchanged", path("b"): "unchanged", path("c"): None}


def test_a_post_that_has_another_address_now_is_asked_for_by_its_page() -> None:
    said = {LIST: [], alone(1): item("renamed", 1), alone(2): item("b", 2), alone(3): item("c", 3)}
    assert run(URLS, SEEN, said.__getitem__)[1][path("a")] is None


@pytest.mark.parametrize("ending", ["failed", "barred"])
def test_a_time_that_cannot_be_had_costs_no_page(ending: str) -> None:
    discovery = LiveDiscovery(SITE)
    discovery.now, discovery.known = NOW, Known(SEEN)
    discovery.sitemaps_named([f"{SITE}wp-sitemap-posts-review-1.xml"])
    for step in discovery.idle():
        answered(discovery, step.url, sitemap(URLS[:1]) if step.url.endswith(".xml") else [])
    for step in discovery.idle():
        answered(discovery, step.url, [])
    (step,) = discovery.idle()
    assert step.url == alone(1)
    if ending == "barred":
        discovery.barred(step.url, "robots")
    else:
        discovery.failed(step.url, None, "no answer")
    assert [one.url for one in discovery.idle()] == [path("a")]


def test_content_pages_are_unchanged_too() -> None:
    pages = [f"{SITE}about/", f"{SITE}team/", f"{SITE}news/"]
    seen = {url: Seen(SAVED, RECENT) for url in pages}

    def answers(url: str) -> list[dict[str, Any]]:
        number = 0 if url.endswith("page=1") else 1
        return [{"id": number, "type": "page", "link": pages[number], "modified_gmt": SAVED.removesuffix("Z")}]

    asked, decided = run(pages, seen, answers, of="page")
    fields = "_fields=id%2Ctype%2Clink%2Cmodified_gmt"
    assert asked == [f"{SITE}wp-json/wp/v2/pages?per_page=100&{fields}&page={number}" for number in (1, 2)]
    assert decided == dict(zip(pages, ("unchanged", "unchanged", None), strict=True))


def test_nothing_more_is_asked_where_sitemaps_have_times() -> None:
    asked, decided = run(URLS, SEEN, lambda _: [], lastmod=SAVED)
    assert asked == []
    assert set(decided.values()) == {"unchanged"}


def test_age_makes_no_run_a_full_one() -> None:
    """With a run a month, each fetches a quarter again, the oldest first."""
    urls = [path(f"r{number:02}") for number in range(40)]
    fetched = {url: NOW - timedelta(days=60, seconds=-number) for number, url in enumerate(urls)}
    every: list[str] = []
    for _ in range(4):
        seen = {url: Seen(SAVED, at.isoformat()) for url, at in fetched.items()}
        again = [url for url, what in run(urls, seen, lambda _: [], lastmod=SAVED)[1].items() if what is None]
        assert len(again) == 10
        every += again
        fetched = {url: NOW if url in again else at - timedelta(days=30) for url, at in fetched.items()}
    assert every == urls


def test_all_are_fetched_again_where_that_is_asked_for() -> None:
    for scope in (Scope(full=True), Scope(full_every=timedelta(0))):
        assert set(run(URLS, SEEN, lambda _: [], scope, lastmod=SAVED)[1].values()) == {None}
