"""Ctrl-C, unfinished answers, old crawls, two runs at once."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from campbell_scraper.sample.sample_server import SampleSite, _Handler
from campbell_scraper.sample.sample_site import SamplePage
from campbell_scraper.view.database_diff import CONTENT_EXCLUDED, compare
from tests.helpers import campbell

from .conftest import Uninterrupted
from .runs import PATIENCE, crawl, repeated, rows, start, wait_for_requests, wait_until

pytestmark = pytest.mark.xdist_group("robust")


def test_ctrl_c_once_finishes_what_is_in_flight(usual: Uninterrupted, site: SampleSite, tmp_path: Path) -> None:
    data = tmp_path / "library"
    process = start(site, data)
    assert wait_for_requests(site, 15, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "was interrupted" in said
    assert "The same command resumes it within 48 hours" in said
    assert rows(data / "campbell.db", "select status from crawls") == [("interrupted",)]
    checked = campbell("verify", "--data", data, "--rebuild")
    assert checked.returncode == 0, checked.stderr
    # Nothing that was asked for is lost, so nothing is asked for again.
    assert crawl(site, data).returncode == 0
    assert not repeated(site.requests, usual.requests)
    assert not compare(usual.database, data / "campbell.db", exclude=CONTENT_EXCLUDED)


@pytest.mark.slow
def test_ctrl_c_twice_ends_now(usual: Uninterrupted, site: SampleSite, tmp_path: Path) -> None:
    data = tmp_path / "library"
    process = start(site, data, "--delay", "60")  # Scrapy waits for it from the boot of the machine on
    assert wait_for_requests(site, 1, process)
    process.send_signal(signal.SIGINT)
    # Two signals at once would be one.
    log = data / "reports" / "last-crawl.log"
    wait_until(lambda: "SIGINT" in log.read_text("utf-8"), process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert crawl(site, data).returncode == 0
    assert repeated(site.requests, usual.requests).total() <= 1
    assert campbell("verify", "--data", data, "--rebuild").returncode == 0


def test_a_second_run_is_told_who_has_the_folder(site: SampleSite, tmp_path: Path) -> None:
    data = tmp_path / "library"
    process = start(site, data, "--delay", "1")
    try:
        assert wait_for_requests(site, 2, process)
        second = crawl(site, data)
        third = campbell("rebuild", "--data", data)
        assert second.returncode == third.returncode == 4
        assert f"process {process.pid}" in second.stderr
        assert "Traceback" not in second.stderr
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 130


def interrupted(site: SampleSite, data: Path) -> str:
    """Leave an interrupted crawl behind; give its id."""
    process = start(site, data)
    assert wait_for_requests(site, 12, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    return str(rows(data / "campbell.db", "select crawl_id from crawls")[0][0])


def test_a_clock_that_is_behind_the_newest_capture_is_refused(
    usual: Uninterrupted, site: SampleSite, tmp_path: Path
) -> None:
    later = usual.copied(tmp_path / "library")
    with closing(sqlite3.connect(later.database)) as database, database:
        database.execute("update captures set fetched_at = '2999' || substr(fetched_at, 5) where kind = 'robots'")
    run = crawl(site, later.data)
    assert run.returncode == 3
    assert "The clock of this machine is wrong" in run.stderr
    assert not site.requests


def test_fresh_begins_anew(usual: Uninterrupted, site: SampleSite, tmp_path: Path) -> None:
    data = tmp_path / "library"
    first = interrupted(site, data)
    site.requests.clear()
    assert crawl(site, data, "--fresh").returncode == 0
    pages = {target for _, target in usual.requests if target.endswith(".html")}
    assert pages <= {target for _, target in site.requests}
    crawls = dict(rows(data / "campbell.db", "select crawl_id, status from crawls"))
    assert crawls.pop(first) == "interrupted"
    assert list(crawls.values()) == ["finished"]


def test_what_is_older_than_48_hours_is_not_taken_up(site: SampleSite, tmp_path: Path) -> None:
    data = tmp_path / "library"
    first = interrupted(site, data)
    old = (datetime.now(UTC) - timedelta(hours=49)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    with closing(sqlite3.connect(data / "campbell.db")) as connection, connection:
        connection.execute("update crawls set started_at = ?", (old,))
    refused = crawl(site, data, "--resume")
    assert refused.returncode == 2
    assert "48 hours" in refused.stderr
    assert crawl(site, data).returncode == 0
    crawls = dict(rows(data / "campbell.db", "select crawl_id, status from crawls"))
    assert crawls.pop(first) == "interrupted"
    assert list(crawls.values()) == ["finished"]


def test_resume_without_an_unfinished_crawl_is_refused(usual: Uninterrupted) -> None:
    run = crawl(usual, usual.data, "--resume")
    assert run.returncode == 2
    assert "no crawl" in run.stderr
    assert "Traceback" not in run.stderr


class Faulty(_Handler):
    """Answers some pages badly, as long as it is told to."""

    faults: ClassVar[dict[str, str]] = {}

    def _message(self, page: SamplePage, path: str) -> tuple[int, list[tuple[str, str]], bytes]:
        fault = self.faults.get(path)
        if fault is None or fault == "cut":
            status, headers, body = super()._message(page, path)
        if fault == "cut":
            self.close_connection = True
            plain = [one for one in headers if one[0] not in {"Content-Length", "Transfer-Encoding"}]
            return status, [*plain, ("Content-Length", str(len(body) + 1000))], body
        if fault is not None:
            return int(fault), [("Content-Length", "0"), ("Retry-After", "0")], b""
        return status, headers, body


def test_unfinished_answers_are_asked_for_again_complete_ones_are_not(
    usual: Uninterrupted, site: SampleSite, tmp_path: Path
) -> None:
    data = tmp_path / "library"
    items = [target for _, target in usual.requests if target.endswith(".html")]
    bad = dict(zip(items[4:7], ("503", "429", "cut"), strict=True))
    plain = site._server.RequestHandlerClass
    site._server.RequestHandlerClass = Faulty
    Faulty.faults = bad
    try:
        process = start(site, data, "--no-requisites")
        assert wait_until(lambda: set(bad) <= {target for _, target in list(site.requests)}, process)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
        Faulty.faults = {}
        before = list(site.requests)
        site.requests.clear()
        assert crawl(site, data, "--no-requisites").returncode == 0
    finally:
        site._server.RequestHandlerClass = plain
    again = {target for _, target in site.requests} & {target for _, target in before}
    assert set(bad) <= again
    # Whatever else was asked for twice had been cut off by the interruption, and one request at most was in flight.
    assert len(again - set(bad)) <= 1
    found = {url.removeprefix(site.url) for (url,) in rows(data / "campbell.db", "select url from reviews")}
    expected = {url.removeprefix(site.url) for (url,) in rows(usual.database, "select url from reviews")}
    assert found == expected
