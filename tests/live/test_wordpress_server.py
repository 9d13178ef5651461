"""The local WordPress is as the real one: its answers beside those of a real WordPress, and its documented refusals."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from tests.servers.wordpress import WordPress
from tests.servers.wordpress_quirks import QUIRKS


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask once, without following anything."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def shape(value: Any) -> Any:
    """Return the names of an object's fields and the kinds of their values, two levels deep."""
    if not isinstance(value, dict):
        return type(value).__name__
    return {
        name: {inner: type(one).__name__ for inner, one in entry.items()}
        if isinstance(entry, dict) and name not in {"meta", "_links"}
        else type(entry).__name__
        for name, entry in value.items()
    }


def real(shared: Path, name: str) -> dict[str, tuple[dict[str, str], bytes]]:
    """Return a real WordPress's answers: path → headers, body."""
    found = {}
    with (shared / "cms" / name).open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response):
            record.parse_http()
            headers = {key.lower(): value for key, value in record.http_headers.asdict().items()}
            url = urlsplit(record.headers["WARC-Target-URI"])
            found[url.path] = (headers, record.reader.read())
    return found


def test_rest_items_have_the_fields_of_a_real_wordpress(shared: Path) -> None:
    headers, body = next(iter(real(shared, "wordpress-rest.warc.gz").values()))
    expected = {json.dumps(shape(item), sort_keys=True) for item in json.loads(body)}
    with WordPress(reviews=2) as site:
        _, ours, found = get(f"{site.url}/wp-json/wp/v2/review?per_page=100&_embed=1")
        assert {json.dumps(shape(item), sort_keys=True) for item in json.loads(found)} <= expected
        assert {"x-wp-total", "x-wp-totalpages", "content-type"} <= ours.keys() & headers.keys()
        assert ours["content-type"] == headers["content-type"]


def test_pages_carry_the_marks_of_a_real_wordpress(shared: Path) -> None:
    pages = real(shared, "wordpress.warc.gz")
    _, body = next(answer for path, answer in pages.items() if "protocol-boot" in path)
    marks = [
        b'<h1 class="wp-block-post-title">',
        b"single-review postid-",
        b"entry-content alignfull wp-block-post-content",
        b'title="JSON" type="application/json" href=',
        b'<link rel="canonical" href=',
        b"<time datetime=",
    ]
    with WordPress(reviews=1) as site:
        ours = get(site.url + site.content.sorted()[0].path)[2]
    assert [mark for mark in marks if mark not in body] == []
    assert [mark for mark in marks if mark not in ours] == []


def test_the_numbers_of_quirks_are_theirs_for_good() -> None:
    assert [quirk.number for quirk in QUIRKS] == list(range(1, len(QUIRKS) + 1))
    assert len({quirk.name for quirk in QUIRKS}) == len(QUIRKS)


@pytest.mark.parametrize(
    ("query", "code"),
    [("per_page=101", "rest_invalid_param"), ("per_page=100&page=2", "rest_post_invalid_page_number")],
)
def test_what_rest_refuses(query: str, code: str) -> None:
    with WordPress(reviews=2) as site:
        status, _, body = get(f"{site.url}/wp-json/wp/v2/review?{query}")
        assert (status, json.loads(body)["code"]) == (400, code)


def test_rest_lists_are_newest_first_unless_asked_otherwise_and_can_be_of_changes_only() -> None:
    with WordPress(reviews=3) as site:
        url = f"{site.url}/wp-json/wp/v2/review"
        newest = [item["id"] for item in json.loads(get(url)[2])]
        assert newest == sorted(newest, reverse=True)
        oldest = [item["id"] for item in json.loads(get(f"{url}?orderby=id&order=asc&per_page=100")[2])]
        assert oldest == sorted(oldest)
        post = site.content.sorted()[0]
        before = max(one.modified for one in site.content.sorted())
        site.content.edit(post, title="Edited")
        changed = json.loads(get(f"{url}?modified_after={before:%Y-%m-%dT%H:%M:%S}")[2])
        assert [item["id"] for item in changed] == [post.id]


def test_redirects() -> None:
    with WordPress(reviews=1) as site:
        post = site.content.sorted()[0]
        other = site.content.by_slug("kite-clubs-for-ferry-crews-and-their-dogs")
        assert other is not None
        site.content.rename(post, "kites-at-sea")
        ways = {
            post.path.rstrip("/"): post.path,
            f"/review/{post.old_slugs[0]}/": post.path,
            f"/?p={post.id}": post.path,
            "/review/kite-clubs-for-ferry-crews-and/": other.path,
        }
        for path, target in ways.items():
            status, headers, _ = get(site.url + path)
            assert (status, headers.get("location")) == (301, site.url + target), path
        assert get(f"{site.url}/review/KITES-AT-SEA/")[0] == 200
        assert get(f"{site.url}/review/nothing-like-it/")[0] == 404


def test_only_feeds_and_files_answer_304() -> None:
    with WordPress(reviews=1) as site:
        post = site.content.sorted()[0]
        for path, is_conditional in (("/review/feed/", True), (post.files[0], True), (post.path, False)):
            _, headers, _ = get(site.url + path)
            assert ("etag" in headers) == is_conditional, path
            again = get(site.url + path, **{"If-None-Match": headers.get("etag", '"x"')})
            assert again[0] == (304 if is_conditional else 200)


def test_maintenance_closes_everything() -> None:
    with WordPress(reviews=1) as site:
        site.maintain(3, retry_after="600")
        for path in ("/robots.txt", "/wp-json/wp/v2/review", "/"):
            status, headers, body = get(site.url + path)
            assert (status, headers["retry-after"]) == (503, "600")
            assert body.startswith(b"<!DOCTYPE html>")
        assert get(f"{site.url}/")[0] == 200
