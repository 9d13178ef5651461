"""What the discovery reads off WordPress answers itself."""

# ruff: noqa: E501 - markup keeps its own lines

from __future__ import annotations

import pytest

from campbell_scraper.pages import read_page
from campbell_scraper.spiders import wordpress
from campbell_scraper.spiders.discovery import Answer, Step
from campbell_scraper.spiders.live import LiveDiscovery
from campbell_scraper.spiders.reservations import Reservations

SITE = "https://reviews.example.org/"


def answer(body: bytes | str, kind: str = "text/html", *, url: str = SITE, status: int = 200, **headers: str) -> Answer:
    given = [("Content-Type", kind), *((name.replace("_", "-"), value) for name, value in headers.items())]
    return Answer(
        asked=url, url=url, status=status, headers=given, body=body.encode() if isinstance(body, str) else body
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-12-02T14:02:09+01:00", "2024-12-02T13:02:09Z"),
        ("2024-07-02T14:02:09+02:00", "2024-07-02T12:02:09Z"),
        ("2024-12-02T13:02:09Z", "2024-12-02T13:02:09Z"),
        (" 2024-12-02T13:02:09.5+00:00 ", "2024-12-02T13:02:09Z"),
        ("2024-12-02", "2024-12-02"),
        ("2024-12-02T13:02:09", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
        (None, None),
        (17, None),
    ],
)
def test_times_of_both_lists_become_one_text(text: object, expected: str | None) -> None:
    assert wordpress.utc(text) == expected


def test_rest_times_have_no_offset_and_are_utc() -> None:
    assert wordpress.utc("2024-12-02T13:02:09", naive=True) == "2024-12-02T13:02:09Z"


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        "[",
        "null",
        "[" * 100_000,
        '[{"type": "review"}]',
        '[{"type":"review","id":"7","link":3}]',
        '["x", 3]',
        "{}",
    ],
)
def test_no_rest_answer_breaks_the_reading(body: str) -> None:
    found = wordpress.read_list(answer(body, "application/json"))
    assert isinstance(found, wordpress.RestError) or found.items == []


def test_a_list_in_html_clothing_is_no_list() -> None:
    found = wordpress.read_list(answer("[]", "text/html"))
    assert isinstance(found, wordpress.RestError)
    assert str(found) == "HTTP 200, no JSON"


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>", b"<urlset", b"\xff\xfe\x00", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"]
)
def test_no_sitemap_breaks_the_reading(body: bytes) -> None:
    found = wordpress.read_sitemap(answer(body, "application/xml"))
    assert found is None or found.entries == []


def test_a_broken_sitemap_gives_what_it_has() -> None:
    body = "<urlset><url><loc>/review/a/</loc></url><url><loc>https://reviews.example.org/review/b/</loc><lastmod>x"
    found = wordpress.read_sitemap(answer(body, "application/xml"))
    assert found is not None
    assert found.entries == [(f"{SITE}review/a/", None), (f"{SITE}review/b/", None)]


def test_which_sitemaps_of_an_index_are_read() -> None:
    core = ["wp-sitemap-posts-post-1.xml", "wp-sitemap-posts-page-1.xml", "wp-sitemap-posts-review-1.xml",
            "wp-sitemap-posts-review-2.xml", "wp-sitemap-taxonomies-review_type-1.xml", "wp-sitemap-users-1.xml"]  # fmt: skip
    assert wordpress.wanted_sitemaps([SITE + name for name in core]) == [SITE + name for name in core[1:4]]
    seo = ["post-sitemap.xml", "page-sitemap.xml", "review-sitemap.xml", "review_type-sitemap.xml"]
    assert wordpress.wanted_sitemaps([SITE + name for name in seo]) == [SITE + name for name in seo[1:3]]
    unknown = ["post-sitemap.xml", "evidence.xml"]
    assert wordpress.wanted_sitemaps([SITE + name for name in unknown]) == [f"{SITE}evidence.xml"]


def test_the_json_form_is_named_by_header_or_head() -> None:
    target = f"{SITE}wp-json/wp/v2/review/7"
    link = f'<{SITE}>; rel="https://api.w.org/", <{target}>; rel="alternate"; title="JSON"; type="application/json"'
    assert wordpress.json_alternate(answer("", Link=link)) == target
    head = f'<link rel="alternate" type="application/json+oembed" href="/no"><link rel="alternate" title="JSON" type="application/json" href="{target}">'
    assert wordpress.json_alternate(answer(head)) == target
    assert wordpress.json_alternate(answer(head.replace('application/json"', 'text/plain"'))) is None
    assert wordpress.api_root(answer("", Link=f'<{SITE}wp-json/>; rel="https://api.w.org/"')) == f"{SITE}wp-json/"


def test_rest_addresses_with_and_without_permalinks() -> None:
    assert wordpress.rest_url(f"{SITE}wp-json/", "wp/v2/review", page=2) == f"{SITE}wp-json/wp/v2/review?page=2"
    plain = wordpress.rest_url(f"{SITE}?rest_route=/", "wp/v2/review", page=2)
    assert plain == f"{SITE}?rest_route=/wp/v2/review&page=2"


def page(canonical: str) -> str:
    return f'<html><head><link rel="canonical" href="{canonical}"></head><body class="single-review postid-7"><h1 class="entry-title">T</h1><div class="entry-content"><p>x</p></div></body></html>'


def asked_for_one_page(discovery: LiveDiscovery) -> Step:
    """Bring a discovery to where its one review, known to the sitemap only, is asked for."""
    discovery.sitemaps_named([f"{SITE}wp-sitemap-posts-review-1.xml"])
    entries = "".join(f"<url><loc>{SITE}review/{slug}/</loc></url>" for slug in ("kites", "kites-and-dogs"))
    for step in discovery.idle():
        xml = step.url.endswith(".xml")
        body, kind = (f"<urlset>{entries}</urlset>", "application/xml") if xml else ("[]", "application/json")
        discovery.steps(answer(body, kind, url=step.url))
    return next(step for step in discovery.idle() if step.url == f"{SITE}review/kites/")


@pytest.mark.parametrize("slug", ["kites-and-dogs", "kites-reborn"])
def test_another_reviews_page_is_not_this_review(slug: str) -> None:
    """A guessed slug leads to another review: nothing of it is booked under the address that was asked for."""
    discovery = LiveDiscovery(SITE)
    step = asked_for_one_page(discovery)
    other = f"{SITE}review/{slug}/"
    headers = [("Content-Type", "text/html")]
    reading = read_page(other, headers, page(other).encode())
    found = discovery.steps(
        Answer(asked=step.url, url=other, status=200, headers=headers, body=page(other).encode(), reading=reading)
    )
    assert step.url not in [one.url for one in found]
    assert [one.url for one in found] == ([] if slug == "kites-and-dogs" else [other]), "known already, or new"


def test_each_reservation_is_said_once() -> None:
    reservations = Reservations(SITE)
    said = answer("", tdm_reservation="1", tdm_policy="https://p.example/")
    assert [step.details for step in reservations.found(said)] == [
        {"source": "header", "tdm_reservation": "1", "tdm_policy": "https://p.example/"}
    ]
    assert list(reservations.found(said)) == []
    assert list(reservations.found(answer("", tdm_reservation="maybe"))) == []
    assert reservations.closing == {"crawl-tdm-reservation": "1", "crawl-tdm-policy": "https://p.example/"}


@pytest.mark.parametrize("body", ["{}", "[1]", "[", '[{"location": 3, "tdm-reservation": 1}]', '[{"location": "/"}]'])
def test_no_tdmrep_file_breaks_the_reading(body: str) -> None:
    reservations = Reservations(SITE)
    assert list(reservations.found(answer(body, "application/json", url=reservations.address))) == []
