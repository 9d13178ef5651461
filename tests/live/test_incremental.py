"""The second run through the command line: it fetches what changed, and reports that and nothing else."""

from __future__ import annotations

import gzip
import json
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from campbell_scraper.archive.publish.wacz_check import check_wacz
from campbell_scraper.spiders.discovery import Answer, Scope, Seen, Step
from campbell_scraper.spiders.sources.live_source import LiveDiscovery
from tests.helpers import steps_of
from tests.servers.crawling import Folder
from tests.servers.wordpress import WordPress

SECTION = "summaries.en.sections.How up-to-date is this review?"


def test_a_second_run_fetches_and_reports_exactly_what_changed(folder: Folder) -> None:
    with WordPress(reviews=10) as site:
        folder.crawl(site.url)
        edited = [post for post in site.content.sorted() if post.in_rest][:3]
        renamed, deleted = site.content.sorted()[5], site.content.sorted()[7]
        old_path = renamed.path
        site.content.edit(edited[0], title="Kites for ferry crews: effects on sleep, corrected")
        site.content.edit(edited[1], groups=["ageing"])
        site.content.edit(edited[2], section="The authors searched up to May 2024.")
        site.content.rename(renamed, "bicycles-on-loan")
        site.content.delete(deleted)
        new = site.content.add("Wind chimes for judges", files=True)
        site.forget()
        folder.crawl(site.url)

        changed = {post.path for post in [*edited, renamed, new]}
        assert set(site.pages_asked()) == changed | {old_path, deleted.path}
        second = folder.last_crawl()["crawl_id"]
        changes = folder.rows("select url, field, old, new from changes join reviews using (review_id)")
        assert sorted((row["url"].removeprefix(site.url), row["field"], row["new"]) for row in changes) == sorted(
            [
                (edited[0].path, "title", "Kites for ferry crews: effects on sleep, corrected"),
                (edited[1].path, "groups", '["Ageing"]'),
                (edited[2].path, SECTION, "The authors searched up to May 2024."),
                (deleted.path, "status", "gone"),
                (old_path, "status", "gone"),
                (old_path, "redirects_to", f"{site.url}{renamed.path}"),
            ]
        )
        status = {row["url"].removeprefix(site.url): row for row in folder.rows("select * from reviews")}
        assert {path for path, row in status.items() if row["status"] == "gone"} == {deleted.path, old_path}
        assert status[new.path]["version"] == 1
        assert status[old_path]["work_id"] == status[renamed.path]["work_id"]
        assert {status[path]["matched_by"] for path in (old_path, renamed.path)} == {"redirect"}
        first = folder.rows("select crawl_id from crawls order by started_at")[0]["crawl_id"]
        told = json.loads(folder.campbell("changes", "--since", first, "--format", "json").stdout)["changes"]
        assert sorted((one["kind"], one["url"].removeprefix(site.url)) for one in told) == sorted(
            [("changed", post.path) for post in edited]
            + [("gone", deleted.path), ("gone", old_path), ("new", renamed.path), ("new", new.path)]
        )
        unchanged = folder.rows("select * from discovered where crawl_id = ? and decision = 'unchanged'", second)
        assert len(unchanged) == len(site.content.posts) - len(changed)
        assert all(row["hint_modified"].endswith("Z") for row in unchanged)

        site.forget()
        folder.crawl(site.url)
        assert not site.pages_asked(), "what is gone or moved was asked for again"
        assert len(folder.rows("select * from changes")) == len(changes), "history grew though nothing changed"
        assert "agrees" in folder.campbell("verify", "--rebuild").stdout


@pytest.mark.parametrize(
    "quirks", [("old",), pytest.param(("old", "hidden-for-good"), marks=pytest.mark.slow)], ids="+".join
)
def test_rest_says_what_has_changed_where_the_sitemap_has_no_times(quirks: tuple[str, ...], folder: Folder) -> None:
    with WordPress(reviews=3, quirks=quirks) as site:
        folder.crawl(site.url)
        hidden = [post for post in site.content.sorted() if not post.in_rest]
        edited, deleted = hidden[0], hidden[1]
        for changed, lost in ((None, None), (edited, None), (None, deleted)):
            if changed is not None:
                site.content.edit(changed, section="The authors searched up to May 2024.")
            if lost is not None:
                site.content.delete(lost)
            site.forget()
            folder.crawl(site.url)
            assert site.pages_asked() == [post.path for post in (changed, lost) if post is not None]
            one_by_one = {one.target for one in site.asked("/wp-json/wp/v2/review/")}
            unlisted = hidden if "hidden-for-good" in quirks else [lost] if lost else []
            assert one_by_one == {f"/wp-json/wp/v2/review/{post.id}?_embed=1" for post in unlisted}
        told = {(row["url"].removeprefix(site.url), row["field"].partition(".")[0]) for row in folder.rows(
            "select url, field from changes join reviews using (review_id)")}  # fmt: skip
        assert told == {(edited.path, "summaries"), (deleted.path, "status")}


def test_an_unchanged_run_asks_for_lists_and_its_package_has_what_the_home_page_needs(folder: Folder) -> None:
    with WordPress(reviews=3, quirks=("old", "styled")) as site:
        folder.crawl(site.url)
        site.forget()
        folder.crawl(site.url)
        sitemaps = ["/wp-sitemap-posts-page-1.xml", "/wp-sitemap-posts-review-1.xml", "/wp-sitemap.xml"]
        lists = ["/wp-json/wp/v2/review", "/wp-json/wp/v2/review", *sitemaps]
        assert sorted(one.path for one in site.log) == sorted(["/", "/.well-known/tdmrep.json", "/robots.txt", *lists])
        package = folder.data / "second.wacz"
        folder.campbell("package", "--crawl", folder.last_crawl()["crawl_id"], "--output", str(package))
        assert check_wacz(package) == []
        with zipfile.ZipFile(package) as content:
            index = gzip.decompress(content.read("indexes/index.cdx.gz")).decode()
        assert "/themes/own/style.css" in index
        assert "/themes/own/sans.woff2" in index
        site.forget()
        folder.crawl(site.url, "--full")
        assert len(site.asked("/wp-content/themes/")) == 2


def test_an_attached_file_that_has_not_changed_is_confirmed_by_304(folder: Folder) -> None:
    with WordPress(reviews=1) as site:
        folder.crawl(site.url)
        post = next(post for post in site.content.sorted() if post.files)
        site.content.edit(post, section="The authors searched up to June 2024.")
        site.forget()
        folder.crawl(site.url)
        (asked,) = site.asked(post.files[0])
        assert asked.status == 304
        assert asked.headers["if-none-match"]
        outcomes = [row["outcome"] for row in folder.rows("select outcome from captures where url like '%.pdf'")]
        assert sorted(outcomes) == ["new", "unchanged"]


def test_full_fetches_everything_again_and_so_does_time(folder: Folder) -> None:
    with WordPress(reviews=2) as site:
        folder.crawl(site.url)
        for options, asked in ((["--full"], True), (["--full-every", "30d"], False), (["--full-every", "0s"], True)):
            site.forget()
            folder.crawl(site.url, *options)
            assert set(site.pages_asked()) == (set(site.content.truth()) if asked else set()) | {
                f"{post.path}2/" for post in site.content.sorted() if len(post.parts) > 1 and asked
            }
        assert not folder.rows("select * from changes")


def test_a_guessed_slug_makes_no_two_reviews_one_work(folder: Folder) -> None:
    """WordPress sends the address of a deleted post to any post whose slug begins so."""
    with WordPress(reviews=1) as site:
        short, longer = site.content.add("Quiet rooms for typists"), site.content.add("Quiet rooms for typists at sea")
        grown = site.content.add("Hammocks for clerks")
        folder.crawl(site.url)
        site.content.delete(short)
        old_path = grown.path
        site.content.rename(grown, "hammocks-for-clerks-and-bakers")
        site.content.edit(grown, title="Hammocks for clerks and bakers")
        folder.crawl(site.url, "--full")
        row = {one["url"].removeprefix(site.url): one for one in folder.rows("select * from reviews")}
        assert row[short.path]["status"] == "gone"
        assert row[short.path]["work_id"] != row[longer.path]["work_id"]
        assert (row[longer.path]["status"], row[longer.path]["version"]) == ("current", 1)
        conflicts = folder.rows("select url from unhandled where value like 'work: redirect%guess%'")
        assert [one["url"] for one in conflicts] == [f"{site.url}{short.path}"]
        assert row[old_path]["work_id"] == row[grown.path]["work_id"], "the same post, though its slug begins alike"


def test_a_review_that_comes_back_to_its_address_is_there_again(folder: Folder) -> None:
    with WordPress(reviews=1) as site:
        post = site.content.sorted()[0]
        old_path, slug = post.path, post.slug
        for name in (None, "renamed-for-a-while", slug):
            if name is not None:
                site.content.rename(post, name)
            folder.crawl(site.url)
        (row,) = folder.rows("select * from reviews where url = ?", site.url + old_path)
        assert row["status"] == "current"
        sql = "select version, field, new from changes where review_id = ? order by version, field"
        history = folder.rows(sql, row["review_id"])
        assert [(one["version"], one["field"], one["new"]) for one in history] == [
            (2, "redirects_to", f"{site.url}/review/renamed-for-a-while/"),
            (2, "status", "gone"),
            (3, "status", "current"),
        ]
        assert "agrees" in folder.campbell("verify", "--rebuild").stdout


def test_attached_files_belong_to_their_review_and_have_their_text(folder: Folder) -> None:
    sql = "select r.url as page, f.* from files f join reviews r using (review_id)"
    with WordPress(reviews=6) as site:
        folder.crawl(site.url)
        expected = {(post.path, path) for post in site.content.sorted() for path in post.files}
        rows = folder.rows(sql)
        assert {(row["page"].removeprefix(site.url), row["url"].removeprefix(site.url)) for row in rows} == expected
        assert all(row["text"].startswith("Summary /wp-content/") and row["pages"] == 1 for row in rows)
        post = next(post for post in site.content.sorted() if post.files)
        with site.content.lock:
            post.files = ["/wp-content/uploads/2025/01/summary-in-norwegian.pdf"]
        site.content.edit(post, section="The authors searched up to June 2025.")
        folder.crawl(site.url)
        (row,) = folder.rows(f"{sql} where r.url = ?", site.url + post.path)
        assert (row["url"], row["language"]) == (f"{site.url}{post.files[0]}", "no")
        assert "summary-in-norwegian" in row["text"]
        assert "agrees" in folder.campbell("verify", "--rebuild").stdout


class Remembered:
    """What an earlier run would know, said by the test."""

    def __init__(self, seen: dict[str, Seen]) -> None:
        self.seen = seen

    def last_seen(self, url: str) -> Seen | None:
        return self.seen.get(url)

    def current(self) -> list[str]:
        return list(self.seen)

    def validators(self, url: str) -> None:  # noqa: ARG002
        return None


SITE = "https://reviews.example.org/"
PAGE = f"{SITE}review/kites/"
SITEMAP = f"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{PAGE}</loc><lastmod>%s</lastmod></url>
</urlset>"""


def decision(lastmod: str, seen: Seen | None, scope: Scope | None = None) -> str | None:
    """Return what is decided about one review that only the sitemap knows ("unchanged", or None for asked)."""
    discovery = LiveDiscovery(SITE, scope)
    discovery.now = datetime(2026, 3, 1, tzinfo=UTC)
    discovery.known = Remembered({PAGE: seen} if seen else {})
    discovery.sitemaps_named([f"{SITE}wp-sitemap-posts-review-1.xml"])
    for step in discovery.idle():
        is_sitemap = step.url.endswith(".xml")
        body = (SITEMAP % lastmod).encode() if is_sitemap else b"[]"
        kind = "application/xml" if is_sitemap else "application/json"
        answer = Answer(asked=step.url, url=step.url, status=200, headers=[("Content-Type", kind)], body=body)
        assert not steps_of(discovery, answer)
    (step,) = discovery.idle()
    assert isinstance(step, Step)
    assert step.url == PAGE
    return step.decision


def test_what_is_unchanged() -> None:
    recent, hint = "2026-02-20T00:00:00.000000Z", "2026-01-05T09:00:00Z"
    assert decision("2026-01-05T10:00:00+01:00", Seen(hint, recent)) == "unchanged", "the same moment in another zone"
    assert decision("2026-01-05T10:00:01+01:00", Seen(hint, recent)) is None, "changed"
    assert decision("2025-01-05T10:00:00+01:00", Seen(hint, recent)) is None, "a backup was put back"
    assert decision("2026-01-05T10:00:00+01:00", None) is None, "new"
    assert decision("", Seen(hint, recent)) is None, "no time said"
    assert decision("yesterday", Seen(hint, recent)) is None, "no time that can be read"


def test_everything_is_fetched_again_after_a_while_or_on_demand() -> None:
    hint = "2026-01-05T09:00:00Z"
    seen = Seen(hint, "2026-01-29T00:00:00.000000Z")
    assert decision(hint, seen) is None, "31 days"
    assert decision(hint, seen, Scope(full_every=timedelta(days=32))) == "unchanged"
    assert decision(hint, Seen(hint, "2026-02-20T00:00:00Z"), Scope(full=True)) is None


def test_a_date_without_time_does_not_hide_an_edit_of_the_same_day() -> None:
    assert decision("2026-02-20", Seen("2026-02-20", "2026-02-20T08:00:00Z")) is None
    assert decision("2026-02-20", Seen("2026-02-20", "2026-02-21T08:00:00Z")) == "unchanged"
