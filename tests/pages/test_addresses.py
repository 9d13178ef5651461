"""Canonical URLs, identities, and decoding."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campbell_scraper.reading.page import links as urls
from campbell_scraper.reading.page.decoding import decode
from campbell_scraper.reading.page.links import canonical_url, content_link, review_id
from campbell_scraper.reading.page_reading import read_page

SITE = "https://library.example.org"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{SITE}/library/a.html?tmpl=component&print=1&layout=default#top", f"{SITE}/library/a.html"),
        (f"{SITE}/library/a.html?tmpl=component&amp;print=1", f"{SITE}/library/a.html"),
        (f"{SITE}/library/a.html?nocache=12&type=rss&utm_source=x", f"{SITE}/library/a.html"),
        (f"{SITE}/library.html?start=0", f"{SITE}/library.html"),
        (f"{SITE}/library.html?start=20&amp;x=1", f"{SITE}/library.html?start=20&x=1"),
        (f"{SITE}/index.php?option=com_k2&view=item&id=7:a", f"{SITE}/index.php?option=com_k2&view=item&id=7:a"),
        ("HTTPS://Library.Example.ORG:443", f"{SITE}/"),
        ("http://127.0.0.1:8088/a/", "http://127.0.0.1:8088/a/"),
        ("http://campbellcollaboration.org/review/a/", "https://www.campbellcollaboration.org/review/a/"),
        (f"{SITE}/review/小班/", f"{SITE}/review/%E5%B0%8F%E7%8F%AD/"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_one_page_has_one_address(url: str, expected: str) -> None:
    assert canonical_url(url) == expected
    assert canonical_url(expected) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{SITE}/better-evidence/Parent-Infant.html", "better-evidence/parent-infant"),
        (f"{SITE}/better-evidence/parent-infant", "better-evidence/parent-infant"),
        (f"{SITE}/review/slug/", "review/slug"),
        (f"{SITE}/review/%e5%b0%8f/", "review/小"),
        (f"{SITE}/index.php?option=com_k2&view=item&id=7", "index.php?option=com_k2&view=item&id=7"),
        (f"{SITE}/", ""),
        ("http://www.campbellcollaboration.org/a.html", "a"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_identity_is_the_path(url: str, expected: str) -> None:
    assert review_id(url) == expected


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("/library/a.html", f"{SITE}/library/a.html"),
        ("b.html", f"{SITE}/library/b.html"),
        ("https://www.library.example.org/c.html", "https://www.library.example.org/c.html"),
        ("https://elsewhere.example.org/", None),
        ("#top", None),
        ("mailto:a@example.org", None),
        ("javascript:alert(1)", None),
        ("/images/plan.PDF", None),
        ("/style.css?v=1", None),
        ("/library.html?format=feed&type=rss", None),
        ("/component/mailto/?tmpl=component&link=abc", None),
        ("/wp-json/wp/v2/review", None),
        ("", None),
        ("http://[broken", None),
    ],
)
def test_links_lead_to_content_of_the_same_site_only(href: str, expected: str | None) -> None:
    assert content_link(f"{SITE}/library/page.html", href) == expected


@pytest.mark.parametrize(
    ("header", "body", "expected"),
    [
        ("text/html; charset=iso-8859-1", "naïve".encode(), "naïve"),
        ("text/html; charset=utf-8", "naïve – “q”".encode("cp1252"), "naïve – “q”"),
        ("text/html", "naïve".encode("utf-16"), "naïve"),
        ("text/html; charset=utf-8", "\ufeffnaïve".encode(), "naïve"),
        ("text/html; charset=windows-1251", "Обзор".encode("cp1251"), "Обзор"),
        (
            "text/html",
            b'<meta charset="windows-1256">' + "مراجعة".encode("cp1256"),
            '<meta charset="windows-1256">مراجعة',
        ),
        ("text/html; charset=utf-8", "Åse ".encode() + b"\x96 na\xefve", "Åse – naïve"),
        ("text/html; charset=utf-8", "naïve".encode()[:3], "na"),
        ("text/html; charset=nonsense", b"\x81\x8d caf\xe9", "\x81\x8d café"),
        ("text/html", b"a\0b", "ab"),
        ("", b"", ""),
    ],
)
def test_bytes_weigh_more_than_what_is_said_of_them(header: str, body: bytes, expected: str) -> None:
    assert decode([("Content-Type", header)], body) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<base href="https://library.example.org/x/"><link rel="canonical" href="y.html">', f"{SITE}/x/y.html"),
        ('<link rel="canonical" href="/y.html?print=1#a"><meta property="og:url" content="/z.html">', f"{SITE}/y.html"),
        ('<meta property="og:url" content="/z.html">', f"{SITE}/z.html"),
        ('<link rel="canonical" href="https://spam.example.com/">', None),
        ('<base href="https://spam.example.com/"><link rel="canonical" href="/y.html">', f"{SITE}/y.html"),
        ("", None),
    ],
)
def test_the_page_names_its_address(head: str, expected: str | None) -> None:
    page = f"<html><head>{head}<title>t</title></head><body><div class='item-page'><p>text</p></div></body></html>"
    reading = read_page(f"{SITE}/x.html?nocache=1", [("Content-Type", "text/html")], page.encode())
    assert reading.canonical_url == expected
    assert reading.pages[0].url == (expected or f"{SITE}/x.html")


PARTS = (
    "https://", "http://", "HTTP://", "www.", "campbellcollaboration.org", "other.example", ":8080", ":443", ":99999",
    "/", "//", "better-evidence", "review", "slug.html", "a.PDF", "style.css", "wp-admin", "feed", "?start=10", "#top",
    "?tmpl=component", "..", ".", " ", "%20", "é", "&amp;", "user@", ";x=1", "mailto:a@b.example", "component/mailto",
)  # fmt: skip


@settings(deadline=None, derandomize=True, max_examples=400)
@given(
    st.sampled_from(
        ("https://www.campbellcollaboration.org/", "http://127.0.0.1:8080/a/b.html", "https://u@h.example/x/")
    ),
    st.lists(st.sampled_from(PARTS), max_size=7).map("".join),
)
def test_the_short_way_gives_what_a_whole_join_gives(base: str, reference: str) -> None:
    forget()
    direct = urls.absolute(base, reference), urls.content_link(base, reference), urls.canonical_url(reference)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urls, "_plain", lambda *_: ("", "", ""))
        forget()
        whole = urls.absolute(base, reference), urls.content_link(base, reference), urls.canonical_url(reference)
    forget()
    assert direct == whole


@pytest.mark.parametrize(
    ("base", "reference", "expected"),
    [
        ("http://campbellcollaboration.org/a/", "/i.png?v=2", "https://www.campbellcollaboration.org/i.png?v=2"),
        (f"{SITE}/", "HTTP://campbellcollaboration.org:80", "https://www.campbellcollaboration.org"),
        (
            f"{SITE}/",
            "http://campbellcollaboration.org.evil.example/",
            "http://campbellcollaboration.org.evil.example/",
        ),
        (f"{SITE}/?u=", "/?u=http://campbellcollaboration.org/", f"{SITE}/?u=http://campbellcollaboration.org/"),
        ("http://127.0.0.1:8088/a/", "b", "http://127.0.0.1:8088/a/b"),
        ("http://a.example/\x01\ufffe/", "b", "http://a.example/%01%EF%BF%BE/b"),  # no tree takes what is no XML
    ],
)
def test_joined_addresses_of_the_library_have_one_host(base: str, reference: str, expected: str) -> None:
    assert urls.absolute(base, reference) == expected


def forget() -> None:
    for remembering in (urls.absolute, urls.content_link, urls.canonical_url):
        remembering.cache_clear()
