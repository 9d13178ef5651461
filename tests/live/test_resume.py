"""A live crawl that is killed and taken up: the database of an undisturbed one, and nothing complete fetched twice."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from campbell_scraper.view.database_diff import CONTENT_EXCLUDED, compare
from tests.helpers import started
from tests.servers.crawling import Folder
from tests.servers.wordpress import WordPress

PATIENCE = 120.0
ALL = ""
SECOND_LIST = "&page=2"


def killed_with(site: WordPress, folder: Folder, captures: int, ending: str, delay: str) -> None:
    """Begin or resume a crawl and kill it as soon as so many captures of such URLs are in the archive."""
    process = started("crawl", site.url, "--source", "live", "--delay", delay, "--data", folder.data)
    try:
        deadline = time.monotonic() + PATIENCE
        while len([one for one in folder.archived() if one.url.endswith(ending)]) < captures:
            assert process.is_alive(), "the crawl ended before it could be killed"
            assert time.monotonic() < deadline, "the crawl archives nothing"
            time.sleep(0.01)
    finally:
        process.kill()
        process.join()


@pytest.mark.parametrize(
    ("kills", "ending", "quirks"),
    [
        pytest.param((14, 30), ALL, (), id="in the middle of the pages, twice", marks=pytest.mark.slow),
        pytest.param((4,), ALL, ("classic-theme",), id="before the lists", marks=pytest.mark.slow),
        pytest.param((1,), SECOND_LIST, ("small-pages", "rest-html-once"), id="with a list to be asked again"),
    ],
)
def test_a_killed_live_crawl_ends_as_one_that_was_not(
    kills: tuple[int, ...], ending: str, quirks: tuple[str, ...], tmp_path: Path
) -> None:
    with WordPress(reviews=6, quirks=quirks) as site:
        site.list_limit = 4
        usual, folder = Folder(tmp_path / "usual"), Folder(tmp_path / "killed")
        usual.crawl(site.url)
        usually = Counter(one.target for one in site.log)
        site.forget()
        for captures in kills:
            killed_with(site, folder, captures, ending, delay="0.05")
        folder.crawl(site.url)
        assert not compare(usual.data / "campbell.db", folder.data / "campbell.db", exclude=CONTENT_EXCLUDED)
        # Records reach the disk in groups, within a second: what a kill loses was asked for in that time.
        again = Counter(one.target for one in site.log) - usually
        assert again.total() <= 20 * len(kills), again
        kept = {row["url"].removeprefix(site.url) for row in folder.rows(
            "select url from captures where url like '%/wp-json/%' or url like '%/review/%'")}  # fmt: skip
        assert kept >= set(site.content.truth())
        assert len(folder.rows("select 1 from crawls where status = 'finished'")) == 1
        assert "agrees" in folder.campbell("verify", "--rebuild").stdout


def test_what_is_archived_is_not_asked_for_again(tmp_path: Path) -> None:
    with WordPress(reviews=6) as site:
        folder = Folder(tmp_path / "library")
        killed_with(site, folder, 14, ALL, delay="0.05")
        complete = {one.url for one in folder.archived() if one.status in {200, 404}}
        site.forget()
        folder.crawl(site.url)
        assert len(complete) >= 14
        assert not [one.target for one in site.log if site.url + one.target in complete]


def test_a_list_begun_again_is_read_from_the_site_and_not_from_the_archive(tmp_path: Path) -> None:
    """The crawl is killed in the middle of the list, and the list changes before it is taken up."""
    with WordPress(reviews=6, quirks=("small-pages",)) as site:
        site.list_limit = 4
        folder = Folder(tmp_path / "library")
        killed_with(site, folder, 1, SECOND_LIST, delay="1")
        assert not [one for one in site.log if one.target.endswith("page=3")], "the whole list was read: too late"
        site.content.delete(site.content.sorted()[0])
        site.forget()
        folder.crawl(site.url)
        pages = [one.target.rpartition("=")[2] for one in site.asked("/wp-json/wp/v2/review?")]
        assert pages == ["3", "1", "2", "3"], "the list that changed was not read anew"
        rows = folder.rows("select url from reviews where status <> 'gone'")
        assert {row["url"].removeprefix(site.url) for row in rows} >= set(site.content.truth())
        assert folder.last_crawl()["discovery_complete"] == 1
