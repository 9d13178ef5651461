"""The second run: it fetches what changed, and reports that and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from campbell_scraper.spiders.discovery import Answer, Scope, Seen, Step
from campbell_scraper.spiders.live import LiveDiscovery
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
            ]
        )
        status = {row["url"].removeprefix(site.url): row for row in folder.rows("select * from reviews")}
        assert [path for path, row in status.items() if row["status"] == "gone"] == [deleted.path]
        assert status[new.path]["version"] == 1
        assert status[old_path]["work_id"] == status[renamed.path]["work_id"]
        unchanged = folder.rows("select * from discovered where crawl_id = ? and decision = 'unchanged'", second)
        assert len(unchanged) == len(site.content.posts) - len(changed)
        assert all(row["hint_modified"].endswith("Z") for row in unchanged)

        site.forget()
        folder.crawl(site.url)
        assert not site.pages_asked(), "what is gone or moved was asked for again"


def test_an_old_site_without_times_in_its_sitemap_is_asked_for_what_only_the_sitemap_knows(folder: Folder) -> None:
    with WordPress(reviews=3, quirks=("old",)) as site:
        folder.crawl(site.url)
        site.forget()
        folder.crawl(site.url)
        assert set(site.pages_asked()) == {post.path for post in site.content.sorted() if not post.in_rest}


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


def test_full_fetches_everything_again(folder: Folder) -> None:
    with WordPress(reviews=2) as site:
        for _ in range(2):
            site.forget()
            folder.scrapy(site.url, arguments=["full=1"])
            assert set(site.pages_asked()) >= set(site.content.truth())
        site.forget()
        folder.scrapy(site.url)
        assert not site.pages_asked()


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
    """Give what is decided about one review that only the sitemap knows ("unchanged", or None for asked)."""
    discovery = LiveDiscovery(SITE, scope)
    discovery.now = datetime(2026, 3, 1, tzinfo=UTC)
    discovery.known = Remembered({PAGE: seen} if seen else {})
    discovery.sitemaps_named([f"{SITE}wp-sitemap-posts-review-1.xml"])
    for step in discovery.idle():
        is_sitemap = step.url.endswith(".xml")
        body = (SITEMAP % lastmod).encode() if is_sitemap else b"[]"
        kind = "application/xml" if is_sitemap else "application/json"
        answer = Answer(asked=step.url, url=step.url, status=200, headers=[("Content-Type", kind)], body=body)
        assert not list(discovery.steps(answer))
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
