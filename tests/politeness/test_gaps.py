"""Politeness as the server sees it: its request log is the proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.servers.crawling import Folder
from tests.servers.wordpress import Asked, WordPress

CLOCK = 0.02
"""Seconds by which the server may see a gap shorter than it was left: the client counts from its own sending."""


def gaps(log: list[Asked]) -> list[float]:
    """Seconds between the arrivals of requests one after another."""
    return [later.at - earlier.at for earlier, later in pairwise(log)]


def test_no_gap_is_shorter_than_the_delay_and_they_vary(folder: Folder) -> None:
    with WordPress(reviews=1) as site:
        folder.crawl(site.url, delay="0.2")
        found = gaps(site.log)
        assert len(found) > 10
        assert min(found) >= 0.2 - CLOCK
        assert max(found) - min(found) > 0.02, "no jitter"


def test_one_request_at_a_time(folder: Folder) -> None:
    with WordPress(reviews=2) as site:
        folder.crawl(site.url)
        assert all(later.at >= earlier.left for earlier, later in pairwise(site.log))
        assert len({one.connection for one in site.log}) == 1


def test_the_crawl_delay_of_robots_txt_is_kept_from_the_first_page_on(folder: Folder) -> None:
    with WordPress(reviews=0, quirks=("crawl-delay",)) as site:
        site.crawl_delay = "0.3"
        folder.crawl(site.url, "--limit", "2")
        assert site.log[0].path == "/robots.txt"
        assert min(gaps(site.log)) >= 0.3 - CLOCK


def test_a_shorter_crawl_delay_does_not_make_us_faster(folder: Folder) -> None:
    with WordPress(reviews=0, quirks=("crawl-delay",)) as site:
        site.crawl_delay = "0.01"
        folder.crawl(site.url, "--limit", "1", delay="0.2")
        assert min(gaps(site.log)) >= 0.2 - CLOCK


def held(site: WordPress) -> list[tuple[Asked, float]]:
    """Return each refused request and the seconds until the next one of any kind."""
    return [(one, later.at - one.left) for one, later in pairwise(site.log) if one.status in {429, 503}]


def test_retry_after_in_seconds_is_waited_for(folder: Folder) -> None:
    with WordPress(reviews=0) as site:
        site.maintain(1, retry_after="2")
        folder.crawl(site.url, "--limit", "1")
        assert [one.path for one in site.log[:2]] == ["/robots.txt", "/robots.txt"], "robots.txt was not asked again"
        assert [waited >= 2 for _, waited in held(site)] == [True]


def test_retry_after_as_a_date_is_waited_for(folder: Folder) -> None:
    with WordPress(reviews=0) as site:
        until = datetime.now(UTC) + timedelta(seconds=6)
        site.maintain(1, retry_after=until.strftime("%a, %d %b %Y %H:%M:%S GMT"))
        folder.crawl(site.url, "--limit", "1")
        refused, waited = held(site)[0]
        assert refused.status == 503
        assert waited > 0
        ended = datetime.now(UTC).timestamp()
        since = site.log[-1].at - site.log[1].at
        assert ended - since >= until.timestamp() - 1, "asked before the date"


def test_without_a_time_the_wait_grows_and_slows_the_whole_host(folder: Folder) -> None:
    with WordPress(reviews=3) as site:
        site.maintain(2, retry_after=None)
        folder.crawl(site.url)
        (_, first), (_, second) = held(site)
        assert first >= 2
        assert second >= 4
        after = gaps(site.log)[2:12]
        assert min(after) >= 0.1, "as fast as before"


def test_a_host_that_throttles_again_and_again_is_asked_ever_more_slowly_and_nothing_is_missed(folder: Folder) -> None:
    with WordPress(reviews=0, quirks=("throttling",)) as site:
        folder.crawl(site.url, "--limit", "4", "--no-requisites")
        refused = held(site)
        assert len(refused) >= 3
        assert {one.status for one, _ in refused} == {429}
        assert min(waited for _, waited in refused) >= 1, "a Retry-After was not kept"
        usual = [later.at - one.left for one, later in pairwise(site.log) if one.status == 200]
        third = len(usual) // 3
        assert min(usual[-third:]) > max(0.1, min(usual[:third])), "as fast as before"
        rows = folder.rows("select 1 from captures where kind = 'review' and status = 200")
        assert len(rows) == 4
        answered = {one.target for one in site.log if one.status != 429}
        assert {one.target for one, _ in refused} <= answered


def test_a_host_that_asks_for_longer_than_we_stay_ends_the_crawl(folder: Folder) -> None:
    with WordPress(reviews=2) as site:
        site.maintain(1000, retry_after="90000")
        run = folder.crawl(site.url, code=6)
        assert len(site.log) == 1
        assert "Traceback" not in run.stderr


def test_without_its_robots_txt_a_site_is_not_crawled(folder: Folder) -> None:
    """RFC 9309 2.3.1.4: a robots.txt that cannot be had because of the server bars everything."""
    with WordPress(reviews=2, quirks=("robots-unavailable",)) as site:
        folder.crawl(site.url, code=6)
        assert {one.path for one in site.log} == {"/robots.txt"}
        assert len(site.log) > 1, "it was asked only once"


def test_where_the_connection_breaks_on_robots_txt_nothing_is_crawled(folder: Folder) -> None:
    """Whether the site wants to be crawled is unknown, though every page of it could be had."""
    with WordPress(reviews=2, quirks=("robots-reset", "robots-bars-rest")) as site:
        run = folder.crawl(site.url, code=6)
        assert {one.path for one in site.log} == {"/robots.txt"}
        assert len(site.log) > 1, "it was asked only once"
        assert "cannot be reached" in run.stderr
        assert not folder.last_crawl()["discovery_complete"]
        assert folder.last_crawl()["status"] != "finished"
        site.quirks.discard("robots-reset")
        folder.crawl(site.url, "--fresh")
        assert not site.asked("/wp-json/"), "what robots.txt bars was fetched"
        barred = folder.rows("select url from discovered where decision = 'robots'")
        assert any("/wp-json/" in row["url"] for row in barred)


def test_a_site_that_refuses_connections_ends_the_crawl(folder: Folder) -> None:
    with WordPress(reviews=0) as site:
        closed = site.url
    run = folder.crawl(closed, code=6)
    assert "cannot be reached" in run.stderr
    assert not folder.last_crawl()["discovery_complete"]


@pytest.mark.parametrize("concurrency", ["1", "4"])
def test_the_budget_of_requests_is_kept(concurrency: str, folder: Folder) -> None:
    with WordPress(reviews=6) as site:
        folder.crawl(site.url, "--max-requests", "9", "--concurrency", concurrency, code=6)
        assert len(site.log) == 9
        assert folder.last_crawl()["status"] == "interrupted"


def test_the_budget_of_time_is_kept(folder: Folder) -> None:
    with WordPress(reviews=6) as site:
        folder.crawl(site.url, "--max-time", "3s", delay="0.5", code=6)
        assert 1 < len(site.log) <= 1 + 3 / 0.4, "the pace lets no more through in that time, however busy the machine"


def test_the_budget_of_bytes_ends_the_crawl(folder: Folder) -> None:
    with WordPress(reviews=6) as site:
        folder.crawl(site.url, "--max-bytes", "20k", code=6)
        assert 2 <= len(site.log) < 20


def test_a_contact_is_sent_with_each_request(folder: Folder) -> None:
    with WordPress(reviews=1) as site:
        folder.crawl(site.url, "--contact", "librarian@example.org")
        assert all("mailto:librarian@example.org" in one.headers["user-agent"] for one in site.log)
        assert all(one.headers.get("from") == "librarian@example.org" for one in site.log)
