"""A host that throttles without end ends the crawl; a head without end ends its exchange."""

from __future__ import annotations

import gzip
import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.spiders.politeness.pace import retry_after
from tests.misbehaving.trouble import Handler, TroubleSite, assert_safe, rows
from tests.misbehaving.trouble import crawl as trouble_crawl
from tests.servers.crawling import Folder
from tests.servers.wordpress import HTML, WordPress

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        b"Fri, 99999999999999999999 Jan 2027 00:00:00 GMT",
        b"Fri, 01 Jan 99999999999999999999 00:00:00 GMT",
        b"Fri, 01 Jan 2027 99:99:99 GMT",
        b"Fri, 01 Jan 2027 00:00:00 +999999999999",
        b"soon",
        b"",
    ],
)
def test_an_absurd_time_says_nothing(value: bytes) -> None:
    assert retry_after(value, NOW) is None


def test_a_time_in_the_past_is_now() -> None:
    assert retry_after(b"Fri, 01 Jan 2016 00:00:00 GMT", NOW) == 0.0


@pytest.mark.parametrize(
    ("status", "value"), [(429, "Fri, 01 Jan 2016 00:00:00 GMT"), pytest.param(503, "0", marks=pytest.mark.slow)]
)
def test_throttling_without_end_ends_the_crawl_and_another_day_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, value: str
) -> None:
    folder = Folder(tmp_path / "library")
    with WordPress() as site:
        answer = status, [("Content-Type", HTML), ("Retry-After", value)], b"<h1>Later</h1>"
        monkeypatch.setattr(site, "_refused", lambda: answer if len(site.log) >= 12 else None)
        began = time.monotonic()
        folder.crawl(site.url, "--no-requisites", code=6)
        assert time.monotonic() - began < 90
        assert len(site.log) < 12 + 30
        monkeypatch.undo()
        folder.crawl(site.url, "--no-requisites")
        assert len(folder.rows("select 1 from reviews")) == len(site.content.truth())


def gzipped_robots(handler: Handler) -> None:
    """Answer with other bytes each time, which say the same."""
    body = gzip.compress(b"User-agent: *\nDisallow: /administrator/\n", mtime=random.randrange(2**31))
    handler.answer(body, "text/plain", Content_Encoding="gzip")


def endless_head(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-More: " + b"x" * 8000 + b"\r\n")


def test_robots_txt_is_compared_decoded_and_an_endless_head_fails_its_exchange(tmp_path: Path) -> None:
    with TroubleSite({"/robots.txt": gzipped_robots, "/endless.html": endless_head}) as site:
        for _ in range(2):
            run = trouble_crawl(site.url, tmp_path / "data", "--no-requisites")
            assert run.returncode in {0, 3}, run.stderr  # a page that may list reviews could not be read
            assert "robots" not in run.stderr
    found = rows(tmp_path / "data", "select distinct outcome, error from captures where url like '%endless.html'")
    assert found == [("failed", "head of more than 1048576 bytes")]
    (digests, texts) = rows(
        tmp_path / "data",
        "select count(distinct payload_digest), count(distinct said) from captures join _robots using (capture_id)",
    )[0]
    assert digests > texts == 1
    assert_safe(tmp_path / "data")
