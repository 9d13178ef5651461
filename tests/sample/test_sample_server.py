"""The sample's server: bytes as logged, K2's habits of HTTP, generated libraries."""

from __future__ import annotations

import gzip
import http.client
import re
import socket
import subprocess
import sys
import urllib.request
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from campbell_scraper.sample import SampleSite, generated, truth

REVIEW = "/better-evidence/lantern-lending-for-lock-keepers.html"
CHUNKED = "/better-evidence/kite-building-clubs-for-island-school-pupils-effects-on-school-attendance.html"
PDF = "/media/k2/attachments/lantern-lending-NO.pdf"


def ask(site: SampleSite, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    """One request; header names with ``_`` for ``-``. Redirects are not followed, codings not undone but chunking."""
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=10)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def receive(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def test_log_holds_the_exact_bytes_of_both_directions() -> None:
    first = f"GET {REVIEW} HTTP/1.1\r\nHost: a.example\r\nAccept-Encoding: gzip\r\nX-Odd:  two  spaces\r\n\r\n".encode()
    second = f"GET {CHUNKED} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n".encode()
    with SampleSite(log=True) as site, socket.create_connection(("127.0.0.1", site.port), timeout=10) as connection:
        connection.sendall(first + second)
        received = receive(connection)
    assert [one.request for one in site.exchanges] == [first, second]
    assert b"".join(one.response for one in site.exchanges) == received
    assert {one.connection for one in site.exchanges} == {1}
    assert [one.status for one in site.exchanges] == [200, 200]
    assert site.exchanges[0].at <= site.exchanges[1].at


def test_without_log_only_targets_are_remembered() -> None:
    with SampleSite() as site:
        ask(site, REVIEW, "HEAD")
    assert site.requests == [("HEAD", REVIEW)]
    assert site.exchanges == []


def test_html_is_gzipped_where_the_client_allows(site: SampleSite) -> None:
    packed, body = ask(site, REVIEW, Accept_Encoding="gzip, br")
    plain, text = ask(site, REVIEW)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["Content-Encoding"] is None
    assert b"Lantern lending" in gzip.decompress(body)
    assert b"Lantern lending" in text


def test_some_pages_are_sent_in_chunks_and_others_with_a_length(site: SampleSite) -> None:
    chunked, body = ask(site, CHUNKED)
    whole, _ = ask(site, REVIEW)
    assert chunked.headers["Transfer-Encoding"] == "chunked"
    assert chunked.headers["Content-Length"] is None
    assert body.rstrip().endswith(b"</html>")
    assert whole.headers["Content-Length"] is not None


def test_bytes_of_an_unchanged_page_differ_at_every_fetch_but_its_words_do_not(site: SampleSite) -> None:
    bodies = [ask(site, REVIEW)[1].decode() for _ in range(2)]
    steady = [re.sub(r"[0-9a-f]{32}|Read <b>\d+</b>", "", one) for one in bodies]
    assert bodies[0] != bodies[1]
    assert steady[0] == steady[1]


def test_every_page_sets_a_session_cookie_and_no_file_does(site: SampleSite) -> None:
    cookies = [ask(site, path)[0].headers["Set-Cookie"] for path in ("/", "/library.html", REVIEW, "/no-such-page")]
    assert all(re.fullmatch(r"[0-9a-f]{32}=[0-9a-f]{26}; path=/; HttpOnly", one) for one in cookies)
    assert len(set(cookies)) == len(cookies)
    assert ask(site, PDF)[0].headers["Set-Cookie"] is None


def test_item_names_its_creation_date_and_an_etag_that_never_saves_a_fetch(site: SampleSite) -> None:
    first, _ = ask(site, REVIEW)
    again, body = ask(
        site, REVIEW, If_None_Match=first.headers["ETag"], If_Modified_Since=first.headers["Last-Modified"]
    )
    entry = next(one for one in site.library.entries if one.path == REVIEW)
    assert parsedate_to_datetime(first.headers["Last-Modified"]) == entry.created
    assert first.headers["ETag"] == again.headers["ETag"]
    assert again.status == 200
    assert body


@pytest.mark.parametrize("path", [PDF, "/images/logo.png", "/templates/campbell/fonts/sample.ttf"])
def test_files_answer_304_truly(site: SampleSite, path: str) -> None:
    first, body = ask(site, path)
    by_tag, nothing = ask(site, path, If_None_Match=first.headers["ETag"])
    by_date, _ = ask(site, path, If_Modified_Since=first.headers["Last-Modified"])
    other, again = ask(site, path, If_None_Match='"other"', If_Modified_Since=first.headers["Last-Modified"])
    assert (first.status, by_tag.status, by_date.status, other.status) == (200, 304, 304, 200)
    assert (nothing, again) == (b"", body)
    assert by_tag.headers["ETag"] == first.headers["ETag"]


def test_head_has_the_headers_of_get_and_no_body(site: SampleSite) -> None:
    head, nothing = ask(site, PDF, "HEAD")
    got, body = ask(site, PDF)
    assert nothing == b""
    assert head.headers["Content-Length"] == got.headers["Content-Length"] == str(len(body))


def test_connection_stays_open_after_every_kind_of_answer(site: SampleSite) -> None:
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=10)
    used = set()
    for path in (REVIEW, CHUNKED, "/latest.html", "/no-such-page", PDF, "/robots.txt"):
        connection.request("GET", path)
        connection.getresponse().read()
        used.add(connection.sock.getsockname())
    connection.close()
    assert len(used) == 1


@pytest.mark.parametrize(
    ("path", "status", "target"),
    [
        ("/better-evidence/reading-lanterns-old-address.html", 301, REVIEW),
        ("/latest.html", 302, "/better-evidence.html"),
    ],
)
def test_redirects(site: SampleSite, path: str, status: int, target: str) -> None:
    answer, _ = ask(site, path)
    assert (answer.status, answer.headers["Location"]) == (status, target)


def test_other_methods_are_refused(site: SampleSite) -> None:
    answer, _ = ask(site, REVIEW, "DELETE")
    assert answer.status == 501


def test_taken_port_is_an_os_error(site: SampleSite) -> None:
    with pytest.raises(OSError, match="in use"):
        SampleSite(site.port)


def test_module_serves_as_a_process() -> None:
    command = [sys.executable, "-u", "-m", "campbell_scraper.sample", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
            assert url is not None
            with urllib.request.urlopen(url[0]) as answer:
                assert b"sample library" in answer.read()
        finally:
            process.terminate()


def test_generated_library_is_the_same_for_the_same_seed() -> None:
    one, same, other = generated(25, 7), generated(25, 7), generated(25, 8)
    pages = [[library.get(entry.path, {}).body for entry in library.entries] for library in (one, same, other)]
    assert pages[0] == pages[1]
    assert pages[0] != pages[2]


def test_larger_generated_library_contains_the_smaller() -> None:
    small, large = ({entry.path: entry.review for entry in generated(n, 3).entries} for n in (5, 30))
    assert len(large) == 30
    assert small.items() <= large.items()


def test_generated_reviews_have_expected_records_and_say_that_they_are_invented() -> None:
    library = generated(10, 1)
    reviews = [one.review for one in library.entries if one.review]
    records = truth("http://x", reviews)
    assert len(records) == 10
    for record in records:
        page = library.get(record["url"].removeprefix("http://x"), {}).body.decode()
        assert record["intro"] in page
        assert record["summaries"][0]["brief"] in page


def test_edits_change_what_is_served_and_what_is_expected() -> None:
    slugs = [one.slug for one in generated(4, 2).entries]
    edits: dict[str, dict[str, Any]] = {
        slugs[0]: {"title": "A new title", "authors": ["Ada|Nowhere"]},
        slugs[1]: {"headline": "A new headline"},
        slugs[2]: {"removed": True},
    }
    library = generated(4, 2, edits=edits)
    records = {one["url"]: one for one in truth(reviews=[one.review for one in library.entries if one.review])}
    changed, headed = (f"/better-evidence/{slug}.html" for slug in slugs[:2])
    assert b"A new title" in library.get(changed, {}).body
    assert (records[changed]["title"], records[changed]["authors"][0]["family"]) == ("A new title", "Nowhere")
    assert records[headed]["headline"] == "A new headline"
    assert library.get(f"/better-evidence/{slugs[2]}.html", {}).status == 404
    assert b"A new title" in library.get("/better-evidence.html", {}).body


@pytest.mark.parametrize("edits", [{"no-such-slug": {"title": "X"}}, {"": {}}])
def test_edit_of_an_unknown_review_is_refused(edits: dict[str, dict[str, str]]) -> None:
    with pytest.raises(ValueError, match="no review with the slug"):
        generated(2, 1, edits=edits)


def test_edit_of_an_unknown_attribute_is_refused() -> None:
    slug = generated(1, 1).entries[0].slug
    with pytest.raises(ValueError, match="colour"):
        generated(1, 1, edits={slug: {"colour": "red"}})


def test_library_can_be_exchanged_while_the_site_runs() -> None:
    with SampleSite(library=generated(1, 1)) as site:
        path = site.library.entries[0].path
        before = ask(site, path)[0].status
        site.library = generated(1, 1, edits={site.library.entries[0].slug: {"removed": True}})
        assert (before, ask(site, path)[0].status) == (200, 404)
