"""Each assertion breaks when what it states does not hold, on the run's database and on one made of its archive."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.view.judging.assertions import Verdict, broken, check, open_view
from tests.servers.crawling import Folder
from tests.servers.wordpress import HTML, WordPress

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.xdist_group("monitor")
REFUSED = (403, [("Content-Type", HTML)], b"<h1>403 Forbidden</h1>")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WordPress, Folder]]:
    folder = Folder(tmp_path_factory.mktemp("assertions") / "base")
    with WordPress(reviews=12) as site:
        folder.crawl(site.url)
        yield site, folder


@pytest.fixture
def crawled(base: tuple[WordPress, Folder], tmp_path: Path) -> Iterator[tuple[WordPress, Folder]]:
    """Yield a site that was crawled once, to be changed, and a copy of its folder."""
    site, folder = base
    shutil.copytree(folder.data, tmp_path / "library")
    posts, quirks = dict(site.content.posts), set(site.quirks)
    yield site, Folder(tmp_path / "library")
    site.content.posts, site.quirks = posts, quirks
    site.forget()


def verdicts(folder: Folder, crawl_id: str | None = None) -> list[Verdict]:
    """Judge a crawl, by default the last."""
    with closing(open_view(folder.data / "campbell.db")) as connection:
        return check(connection, crawl_id or folder.last_crawl()["crawl_id"])


def names(folder: Folder) -> set[str]:
    return {one.name for one in broken(verdicts(folder))}


@pytest.mark.parametrize("quirk", ["rest-html", "rest-forbidden", "database-down"])
def test_a_list_that_cannot_be_read_any_more_is_said(quirk: str, crawled: tuple[WordPress, Folder]) -> None:
    site, folder = crawled
    site.switch_on(quirk)
    run = folder.crawl(site.url, code=3)
    assert "a list could not be read to its end" in run.stderr
    assert f"{site.url}/wp-json/wp/v2/review?" in run.stderr
    assert names(folder) == {"lists"}


def test_a_site_that_shuts_us_out_is_said_at_every_run_and_nothing_is_gone(
    crawled: tuple[WordPress, Folder], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, folder = crawled
    state = "select review_id, status, version from reviews order by 1"
    before = [tuple(row) for row in folder.rows(state)]
    monkeypatch.setattr(site, "_refused", lambda: REFUSED)
    for _ in range(3):
        assert "a list could not be read to its end" in folder.crawl(site.url, code=3).stderr
    assert [tuple(row) for row in folder.rows(state)] == before
    monkeypatch.undo()
    folder.crawl(site.url, code=3)
    assert names(folder) == {"robots"}, "it is there again"


def test_a_first_run_that_is_shut_out_says_so_and_not_that_the_layout_is_another(
    base: tuple[WordPress, Folder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, _ = base
    monkeypatch.setattr(site, "_refused", lambda: REFUSED)
    run = Folder(tmp_path / "new").crawl(site.url, code=3)
    assert f"No review was found at {site.url}/: {site.url}/" in run.stderr
    assert "HTTP 403" in run.stderr


def test_a_limit_leaves_lists_unread_on_purpose(crawled: tuple[WordPress, Folder]) -> None:
    site, folder = crawled
    folder.crawl(site.url, "--limit", "2", "--full")
    assert folder.last_crawl()["discovery_complete"] == 0
    assert {one.name: one.holds for one in verdicts(folder)}["lists"]


def test_fewer_reviews_are_said_with_three_that_are_missing_and_a_rebuilt_database_says_the_same(
    crawled: tuple[WordPress, Folder], tmp_path: Path
) -> None:
    site, folder = crawled
    deleted = site.content.sorted()[:4]
    for post in deleted:
        site.content.delete(post)
    run = folder.crawl(site.url, code=3)
    count = len(site.content.posts)
    assert f"{count} reviews were found, {count + 4} in the last complete run" in run.stderr
    assert sum(f"{site.url}{post.path}" in run.stderr for post in deleted) == 3
    said = verdicts(folder)
    (folder.data / "campbell.db").rename(tmp_path / "as-crawled.db")
    folder.campbell("rebuild")
    assert verdicts(folder) == said
    folder.crawl(site.url)
    assert not names(folder), "said once: the next run is compared with this one"


def test_one_review_less_is_no_alarm(crawled: tuple[WordPress, Folder]) -> None:
    site, folder = crawled
    site.content.delete(site.content.sorted()[0])
    folder.crawl(site.url)
    assert not names(folder)


@pytest.mark.parametrize("status", [403, 500])
def test_pages_that_cannot_be_had_are_said(
    status: int, crawled: tuple[WordPress, Folder], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, folder = crawled
    edited = [post for post in site.content.sorted() if post.in_rest][:6]
    for post in edited:
        site.content.edit(post, title=f"{post.title}, edited")
    answer = (status, [("Content-Type", HTML)], b"<h1>No</h1>")
    monkeypatch.setattr(site, "_review", lambda path, count: answer)  # noqa: ARG005 - the server's names
    run = folder.crawl(site.url, code=3)
    assert "% of the requested URLs failed, 0.0 % in the last run" in run.stderr
    assert sum(f"{site.url}{post.path}" in run.stderr for post in edited) == 3
    assert names(folder) == {"earned", "errors"}
    monkeypatch.undo()
    folder.crawl(site.url)
    changed = folder.rows("select 1 from changes where field = 'title'")
    assert len(changed) == 6, "what could not be had was not asked for by the next run"


def test_pages_of_an_unknown_layout_are_said(
    crawled: tuple[WordPress, Folder], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, folder = crawled
    monkeypatch.setattr(
        site, "_review",
        lambda path, count: (200, [("Content-Type", HTML)], b"<body class=new><main id=app><p>New</main>"),  # noqa: ARG005
    )  # fmt: skip
    run = folder.crawl(site.url, "--full", code=3)
    count = len(site.content.posts)
    assert f"{count} pages have an unknown layout, 0 in the last run" in run.stderr
    assert f"{count} pages that were reviews are read as something else" in run.stderr
    assert {"layouts", "review pages"} <= names(folder)
    monkeypatch.undo()
    site.forget()
    folder.crawl(site.url)
    assert set(site.pages_asked()) >= {post.path for post in site.content.sorted()}, "what was no review is had again"
    site.forget()
    folder.crawl(site.url)
    assert not site.pages_asked()


def timed(database: Path, *runs: tuple[str, int, int]) -> None:
    """Add runs like the first one: name, how many exchanges, and seconds between them."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for table in ("crawls", "captures"):
            connection.execute(f"create temp table {table}_one as select * from {table} limit 1")
        for day, (name, exchanges, seconds) in enumerate(runs, 1):
            moment = f"2027-01-{day:02}T00:00:00.000000Z"
            connection.execute("update crawls_one set crawl_id = ?, started_at = ?", (name, moment))
            connection.execute("insert into crawls select * from crawls_one")
            for number in range(exchanges):
                connection.execute(
                    "update captures_one set crawl_id = ?1, capture_id = 'urn:test:' || ?1 || ?2, "
                    "fetched_at = strftime('%Y-%m-%dT%H:%M:%fZ', ?3, ?4 || ' seconds')",
                    (name, number, moment, number * seconds),
                )
                connection.execute("insert into captures select * from captures_one")


def test_a_run_that_takes_much_longer_than_others_is_said(crawled: tuple[WordPress, Folder]) -> None:
    _, folder = crawled
    usual = [(f"usual-{number}", 10, 60) for number in range(3)]
    timed(folder.data / "campbell.db", *usual, ("long", 10, 240), ("idle", 10, 90_000))
    said = {one.name: one for one in verdicts(folder, "long")}["duration"]
    assert (said.holds, round(said.value), round(said.expected)) == (False, 36, 9)
    assert said.says == "the run took 36 minutes, the median of earlier ones is 9"
    assert {one.name: one.holds for one in verdicts(folder, "usual-2")}["duration"]
    assert round({one.name: one for one in verdicts(folder, "idle")}["duration"].value) == 45, "waiting is no work"
