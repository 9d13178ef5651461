"""A password set on a published review: its text is kept, and the form is no version of it."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.items import Representation
from campbell_scraper.reading.page_reading import read_page
from campbell_scraper.spiders.known_items import KnownInDatabase
from tests.servers.crawling import Folder
from tests.servers.wordpress import WordPress
from tests.store.library import at, capture, end, feed, note, reading, review, start, summary

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.items import ReviewRecord

SITE = "https://www.campbellcollaboration.org"
KITES = f"{SITE}/review/kites/"
ITEM, REST = Representation.ITEM, Representation.REST
FORM = (
    '<form action="/wp-login.php?action=postpass"><p>This content is protected.</p><input name="post_password"></form>'
)


def post(url: str = KITES, representation: Representation = ITEM, **said: Any) -> ReviewRecord:
    if not said.get("protected"):
        said |= {"summaries": [summary(f"It is about {url}.")], "groups": ["Education"]}
    return review(url, representation, title=url, **said)


def closed(url: str = KITES, representation: Representation = ITEM) -> ReviewRecord:
    return post(url, representation, protected=True)


def run(number: int, *records: ReviewRecord, hint: float = 1) -> list[Any]:
    """Return the events of a crawl that saw those records, in that order."""
    crawl = f"c{number}"
    events: list[Any] = [start(crawl, number)]
    for place, record in enumerate(records):
        url = record.url if record.representation is ITEM else f"{SITE}/wp-json/wp/v2/review?page=1"
        seen = capture(url, number + 0.01 * (place + 1), crawl=crawl, number=place)
        events.append((seen, reading(record, url=url)))
        if record.representation is ITEM:
            events.append(note(crawl, number + 0.4, url, "listed", hint_modified=at(hint)))
    return [*events, end(crawl, number + 0.5)]


def asked(path: Path, sql: str) -> list[tuple[Any, ...]]:
    return sqlite3.connect(path).execute(sql).fetchall()


def history(path: Path) -> list[tuple[Any, ...]]:
    return asked(path, "select version, field, new from changes order by version, field")


OPEN = (post(representation=REST), post())
SHUT = (closed(representation=REST), closed())


@pytest.mark.parametrize(
    "second", [SHUT, SHUT[:1], SHUT[1:], (closed(representation=REST), post())], ids=["both", "REST", "page", "cache"]
)
def test_the_text_stays_and_its_reader_is_told(tmp_path: Path, second: tuple[ReviewRecord, ...]) -> None:
    path = feed(tmp_path / "campbell.db", [*run(1, *OPEN), *run(2, *second), *run(3, closed(representation=REST))])
    assert asked(path, "select status, version from reviews") == [("gone", 2)]
    assert history(path) == [(2, "access", "password"), (2, "status", "gone")]
    assert asked(path, "select text from sections") == [(f"It is about {KITES}.",)]
    assert asked(path, "select name from review_groups") == [("Education",)]
    assert not asked(path, "select * from _losses")


def test_a_password_that_is_taken_off_brings_the_review_back(tmp_path: Path) -> None:
    path = feed(tmp_path / "campbell.db", [*run(1, *OPEN), *run(2, *SHUT), *run(3, *OPEN)])
    assert history(path)[2:] == [(3, "status", "current")]
    edited = post(doi="10.4073/csr.2020.1")
    path = feed(tmp_path / "edited.db", [*run(1, *OPEN), *run(2, *SHUT), *run(3, OPEN[0], edited)])
    assert asked(path, "select status, doi from reviews") == [("current", "10.4073/csr.2020.1")]


def test_the_page_counts_where_rest_is_asked_no_more(tmp_path: Path) -> None:
    path = feed(tmp_path / "campbell.db", [*run(1, *OPEN), *run(2, closed(representation=REST)), *run(3, post())])
    assert asked(path, "select status from reviews") == [("current",)]


def test_a_post_protected_from_the_first_is_there_without_a_text(tmp_path: Path) -> None:
    path = feed(tmp_path / "campbell.db", [*run(1, *SHUT), *run(2, *SHUT)])
    assert asked(path, "select status, title, version from reviews") == [("current", KITES, 1)]
    path = feed(tmp_path / "later.db", [*run(1, *SHUT), *run(2, *OPEN)])
    assert asked(path, "select text from sections") == [(f"It is about {KITES}.",)]
    assert {version for version, *_ in history(path)} == {2}, "the text came when the site showed it"


def test_many_passwords_at_once_are_not_believed_before_a_person_says_so(tmp_path: Path) -> None:
    urls = [f"{SITE}/review/{name}/" for name in "abcd"]
    events = [*run(1, *map(post, urls)), *run(2, *map(closed, urls))]
    path = feed(tmp_path / "campbell.db", events)
    assert asked(path, "select distinct status from reviews") == [("current",)]
    assert asked(path, "select why, count(*) from _losses group by why") == [("behind a password", 4)]
    assert asked(path, "select discovery_complete from crawls order by crawl_id") == [(1,), (0,)]
    (tmp_path / "removals.csv").write_text(f"field,since,reason\nreviews,{at(2)},embargo\n", "utf-8")
    path = feed(tmp_path / "believed.db", events)
    assert asked(path, "select distinct status from reviews") == [("gone",)]


def test_a_post_protected_from_the_first_is_not_lost_on_a_bad_day(tmp_path: Path) -> None:
    urls = [f"{SITE}/review/{name}/" for name in "abcd"]
    events = [*run(1, closed(urls[0]), *map(post, urls[1:]))]
    for number in (2, 3):
        answers = [capture(url, number + 0.01, crawl=f"c{number}", status=404) for url in urls]
        events += [start(f"c{number}", number), *((one, None) for one in answers), end(f"c{number}", number + 0.5)]
    path = feed(tmp_path / "campbell.db", events)
    assert asked(path, "select distinct status from reviews") == [("current",)]
    path = feed(tmp_path / "alone.db", [*run(1, closed(urls[0]), *map(post, urls[1:])), *run(2, *map(post, urls[1:])),
                                        (capture(urls[0], 2.3, crawl="c2", status=404), None)])  # fmt: skip
    assert asked(path, "select review_id from reviews where status = 'gone'") == [("review/a",)]


def test_passwords_set_one_by_one_are_not_many(tmp_path: Path) -> None:
    urls = [f"{SITE}/review/{name}/" for name in "abcd"]
    events = run(1, *map(post, urls))
    for number in range(1, 5):
        pages = [closed(url) if place < number else post(url) for place, url in enumerate(urls)]
        events += run(number + 1, *pages)
    path = feed(tmp_path / "campbell.db", events)
    assert asked(path, "select status, version from reviews") == [("gone", 2)] * 4


def test_a_page_that_a_cache_serves_on_is_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campbell_scraper.spiders.known_items.STALE", timedelta(days=36_500))
    events = [*run(1, *OPEN), *run(2, closed(representation=REST), post(), hint=2)]
    known = KnownInDatabase(feed(tmp_path / "campbell.db", events), "live")
    assert known.last_seen(KITES) is None
    known.close()


@pytest.mark.parametrize(
    "body",
    [
        f'<h1 class="entry-title">Protected: Kites</h1><div class="entry-content">{FORM}</div>',
        f"<h1>Protected: Kites</h1><section>{FORM}</section>",
    ],
)
def test_a_form_is_known_by_its_field(body: str) -> None:
    page = f'<html><body class="single single-review postid-7">{body}</body></html>'
    (record,) = read_page(KITES, [("Content-Type", "text/html")], page.encode()).reviews
    assert (record.protected, record.title, record.summaries, record.unhandled) == (True, "Kites", [], [])


@pytest.mark.parametrize(("content", "is_protected"), [("", True), ("<p>Kites fly.</p>", False)])
def test_rest_says_that_a_post_is_protected(content: str, is_protected: bool) -> None:
    item = {"id": 7, "type": "review", "link": KITES, "title": {"rendered": "Kites"},
            "content": {"rendered": content, "protected": True}}  # fmt: skip
    url = f"{SITE}/wp-json/wp/v2/review?page=1"
    (record,) = read_page(url, [("Content-Type", "application/json")], json.dumps([item]).encode()).reviews
    assert record.protected is is_protected


@pytest.mark.slow
def test_a_password_set_on_a_published_review(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "library")
    with WordPress(reviews=6, quirks=("classic-theme",)) as site:
        folder.crawl(site.url)
        chosen, sql = site.content.sorted()[2], "select text from sections where review_id = ? order by position"
        (row,) = folder.rows("select * from reviews where url = ?", site.url + chosen.path)
        texts = [tuple(one) for one in folder.rows(sql, row["review_id"])]
        for is_protected, status in ((True, "gone"), (False, "current")):
            with site.content.lock:
                chosen.password = is_protected
            site.content.edit(chosen)
            folder.crawl(site.url)
            (now,) = folder.rows("select * from reviews where url = ?", site.url + chosen.path)
            assert (now["status"], now["title"]) == (status, row["title"])
            assert [tuple(one) for one in folder.rows(sql, row["review_id"])] == texts
        with site.content.lock:
            for one in site.content.sorted()[:6]:
                one.password = True
        run = folder.crawl(site.url, code=3)
        assert "behind a password" in run.stderr
        assert not folder.rows("select * from reviews where status = 'gone'")
        assert "agrees" in folder.campbell("verify", "--rebuild").stdout
