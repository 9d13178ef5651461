"""``campbell crawl`` without ``--source``: the folder, the address or the site's start page says what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campbell_scraper.archive.capture import CrawlEnd, CrawlStart
from campbell_scraper.errors import UsageError
from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.spiders.starting_point import Start, known_start
from tests.helpers import campbell, rows
from tests.servers.wordpress import WordPress
from tests.store.library import feed

if TYPE_CHECKING:
    from pathlib import Path

CAMPBELL = "https://www.campbellcollaboration.org/"


def earlier(folder: Path, *runs: tuple[str, str]) -> Path:
    """Return a database of crawls of these sources and sites, the oldest first."""
    starts = [
        CrawlStart(crawl_id=f"c{number}", started_at=f"2026-01-0{number}T00:00:00.000000Z", software="s",
                   info={"crawl-source": source, "crawl-site": site})
        for number, (source, site) in enumerate(runs, 1)
    ]  # fmt: skip
    return feed(folder / "campbell.db", starts)


@pytest.mark.parametrize(
    ("source", "site", "start"),
    [
        ("auto", None, Start(source="live", site=CAMPBELL, why="the site of today")),
        ("live", None, Start(source="live", site=CAMPBELL)),
        ("wayback", None, Start(source="wayback", site=CAMPBELL)),
        ("auto", "k2.example.org", Start(source="auto", site="https://k2.example.org/")),
        ("k2", "k2.example.org", Start(source="k2", site="https://k2.example.org/")),
        ("auto", "https://web.archive.org/", Start(source="wayback", site=CAMPBELL, why="by its address")),
        (
            "auto",
            "http://127.0.0.1:9/web/2019/https://x.example.org/library",
            Start(source="wayback", site="https://x.example.org/library", wayback_url="http://127.0.0.1:9",
                  why="by its address"),
        ),
    ],
)  # fmt: skip
def test_what_is_named_decides_in_a_new_folder(source: str, site: str | None, start: Start, tmp_path: Path) -> None:
    assert known_start(source, site, tmp_path / "campbell.db") == start


def test_k2_in_a_new_folder_needs_a_site(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs SITE"):
        known_start("k2", None, tmp_path / "campbell.db")


def test_earlier_runs_decide_what_is_not_named(tmp_path: Path) -> None:
    site, other = "http://127.0.0.1:9/", "http://127.0.0.1:8/"
    database = earlier(tmp_path, ("k2", other), ("live", site), ("wayback", site), ("auto", site))
    known = Start(source="live", site=site, why="as in earlier runs")
    assert known_start("auto", None, database) == known_start("auto", site, database) == known
    assert known_start("auto", other, database).source == "k2"
    assert known_start("k2", None, database) == Start(source="k2", site=site)
    assert known_start("auto", "http://127.0.0.1:7/", database).source == "auto"


def test_the_closing_record_says_which_source_it_was_in_whatever_order_it_comes(tmp_path: Path) -> None:
    start = CrawlStart(crawl_id="c", started_at="2026-01-01T00:00:00.000000Z", software="s",
                       info={"crawl-source": "auto", "crawl-site": CAMPBELL})  # fmt: skip
    end = CrawlEnd(crawl_id="c", finished_at="2026-01-01T01:00:00.000000Z", status="finished",
                   info={"crawl-source": "live"})  # fmt: skip
    sql = "select source, site, status from crawls"
    found = {rows(feed(tmp_path / f"{n}.db", events), sql)[0] for n, events in enumerate([[start, end], [end, start]])}
    assert found == {("live", CAMPBELL, "finished")}


def test_a_wordpress_site_is_found_out_in_the_crawl_itself(tmp_path: Path) -> None:
    with WordPress(reviews=3) as site:
        run = campbell("crawl", site.url, "--delay", 0, "--data", tmp_path / "d")
        assert run.returncode == 0, run.stdout + run.stderr
        assert "is crawled as --source live: its start page is made by WordPress" in run.stdout
        again = campbell("crawl", "--delay", 0, "--data", tmp_path / "d")
        assert again.returncode == 0, again.stdout + again.stderr
    assert "as in earlier runs" in again.stdout
    crawls = "select source, site, status, discovery_complete from crawls"
    assert rows(tmp_path / "d", crawls) == [("live", site.url.rstrip("/") + "/", "finished", 1)] * 2
    asked = "select count(*) from captures c join crawls k using (crawl_id) where c.url = k.site group by crawl_id"
    assert rows(tmp_path / "d", asked) == [(1,), (1,)], "the start page is asked for once"


def test_a_k2_site_is_found_out_and_its_listings_are_read(tmp_path: Path) -> None:
    with SampleSite(library=generated(3, seed=1)) as site:
        run = campbell("crawl", site.url, "--delay", 0, "--no-requisites", "--data", tmp_path / "d")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "is crawled as --source k2: its start page is made by Joomla, or K2" in run.stdout
    assert rows(tmp_path / "d", "select source, discovery_complete from crawls") == [("k2", 1)]
    assert rows(tmp_path / "d", "select count(*) from reviews") == [(3,)]
    assert {"/library.html", "/better-evidence.html", "/sitemap.xml"} <= {target for _, target in site.requests}
