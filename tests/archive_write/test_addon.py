"""The add-on: what it refuses, how it stops, what it does to a project."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from campbell_scraper.archive import ArchiveSettings, CaptureUnavailable
from campbell_scraper.archive.read.recovery import recover

from .conftest import Crawl
from .oddities import PAGE, ok
from .warcs import exchanges, read
from .wire_server import Step, Wait, serving

OTHER = "scrapy.core.downloader.handlers.datauri.DataURIDownloadHandler"


def pages(path: str, count: int) -> list[Step]:
    return [ok(PAGE + path.encode() * 50)]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("where", ["settings", "custom_settings"])
def test_a_crawl_with_another_handler_is_refused(scheme: str, where: str, crawl: Crawl, tmp_path: Path) -> None:
    handlers = {"DOWNLOAD_HANDLERS": {scheme: OTHER}}
    with serving(pages) as server:
        given: dict[str, Any] = handlers if where == "settings" else {"custom_settings": handlers}
        outcome = crawl([{"url": f"{server.url}/a"}], **given)
        assert not server.log
    assert outcome["error"].startswith("CaptureUnavailable: ")
    assert OTHER in outcome["error"]
    assert scheme in outcome["error"]
    assert not list((tmp_path / "archive").glob("*.warc*"))


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("ARCHIVE_DIR", "", "ARCHIVE_DIR is not set"),
        ("ARCHIVE_DIR", "/proc/archive", "cannot be written"),
        ("ARCHIVE_PREFIX", "../x", "ARCHIVE_PREFIX"),
        ("ARCHIVE_DIGEST", "md5", "ARCHIVE_DIGEST"),
        ("ARCHIVE_FSYNC_INTERVAL", 5, "ARCHIVE_FSYNC_INTERVAL"),
        ("ARCHIVE_CRAWL_ID", "a\r\nb", "ARCHIVE_CRAWL_ID"),
        ("ARCHIVE_CRAWL_INFO", {"A b": "x"}, "ARCHIVE_CRAWL_INFO"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(setting: str, value: Any, said: str, crawl: Crawl) -> None:
    outcome = crawl([], **{setting: value})
    assert outcome["error"].startswith("CaptureUnavailable: ")
    assert said in outcome["error"]


def test_settings_have_the_documented_defaults(tmp_path: Path) -> None:
    settings = ArchiveSettings.from_settings(Settings({"ARCHIVE_DIR": str(tmp_path)}))
    assert settings == ArchiveSettings(
        directory=tmp_path, crawl_id=settings.crawl_id, manifest=tmp_path / "manifest-sha256.txt"
    )
    other = ArchiveSettings.from_settings(Settings({"ARCHIVE_DIR": str(tmp_path)}))
    assert settings.crawl_id != other.crawl_id
    with pytest.raises(CaptureUnavailable):
        ArchiveSettings.from_settings(Settings({}))


def test_a_failed_self_test_refuses_the_crawl_and_names_versions(crawl: Crawl, tmp_path: Path) -> None:
    with serving(pages) as server:
        outcome = crawl([{"url": f"{server.url}/a"}], SABOTAGE="hook moved")
        assert not server.log
    assert outcome["reason"] == "capture_selftest_failed"
    assert "Capture self-test failed" in outcome["failure"]
    for name in ("scrapy 2.19", "twisted 26", "Installed", "tested with"):
        assert name in outcome["failure"]
    assert not list((tmp_path / "archive").glob("*.warc*"))


def test_a_full_disk_ends_the_crawl_and_leaves_whole_records(crawl: Crawl, tmp_path: Path) -> None:
    with serving(lambda path, _count: [ok(random.Random(path).randbytes(15_000))]) as server:
        requests = [{"url": f"{server.url}/{number}"} for number in range(300)]
        paced = {"DOWNLOAD_DELAY": 0.02, "RANDOMIZE_DOWNLOAD_DELAY": False, "ARCHIVE_FSYNC_INTERVAL": 1}
        outcome = crawl(requests, SABOTAGE="disk full", LOG_LEVEL="CRITICAL", **paced)
        assert len(server.log) < 300
    assert outcome["reason"] == "archive_failed"
    assert "File too large" in outcome["failure"]
    folder = tmp_path / "archive"
    (done,) = recover(folder, folder / "manifest-sha256.txt")
    assert done.action == "closed"
    assert not done.damages
    recorded = exchanges(read(folder))
    log = {server.url + exchange.target: exchange for exchange in server.log}
    assert len(recorded) > 10
    whole = [ours for (ours,) in recorded.values() if ours.metadata]
    assert len(whole) >= len(recorded) - 1
    assert all(ours.received == bytes(log[ours.url].sent) for ours in whole)


def test_no_charset_is_guessed_of_compressed_bytes(crawl: Crawl) -> None:
    packed = gzip.compress(PAGE * 3)
    with serving(lambda _path, _count: [ok(packed, b"Content-Type: text/html", b"Content-Encoding: gzip")]) as server:
        outcome = crawl([{"url": f"{server.url}/a.html"}], SABOTAGE="no guessing of charsets")
    ((answer,),) = outcome["requests"].values()
    assert answer["class"] == "HtmlResponse"
    assert answer["length"] == len(PAGE * 3)


def test_without_a_catalog_nothing_is_fetched(crawl: Crawl) -> None:
    with serving(lambda _path, _count: [ok(b"x")]) as server:
        outcome = crawl([{"url": f"{server.url}/{number}"} for number in range(20)], SABOTAGE="unwritable catalog")
        assert server.log == []
    assert outcome["reason"] == "archive_failed"
    assert "no space for the catalog" in outcome["failure"]


def test_a_catalog_that_fails_ends_the_crawl_and_what_came_is_in_the_archive(crawl: Crawl, tmp_path: Path) -> None:
    with serving(pages) as server:
        requests = [{"url": f"{server.url}/{number}"} for number in range(100)]
        paced = {"DOWNLOAD_DELAY": 0.05, "RANDOMIZE_DOWNLOAD_DELAY": False}
        outcome = crawl(requests, SABOTAGE="failing catalog", **paced)
        assert len(server.log) < 10
    assert outcome["reason"] == "archive_failed"
    assert "no space in the catalog" in outcome["failure"]
    folder = tmp_path / "archive"
    recover(folder, folder / "manifest-sha256.txt")
    records = read(folder)
    assert exchanges(records).keys() == {server.url + exchange.target for exchange in server.log}
    assert not any((record.get("WARC-Target-URI") or "").startswith("urn:x-crawl:") for record in records)


def test_a_fault_of_the_recording_ends_the_crawl_and_spares_the_page(crawl: Crawl) -> None:
    with serving(pages) as server:
        outcome = crawl([{"url": f"{server.url}/{n}"} for n in range(50)], SABOTAGE="capture bug")
        assert len(server.log) < 50
    assert outcome["reason"] == "archive_failed"
    assert "ZeroDivisionError" in outcome["failure"]


def test_a_spider_sees_an_answer_when_its_record_is_in_the_file(crawl: Crawl, tmp_path: Path) -> None:
    with serving(lambda _path, _count: [ok(bytes(200_000))]) as server:
        requests = [{"url": f"{server.url}/{number}"} for number in range(20)]
        outcome = crawl(requests, LOOKS_INTO_ARCHIVE=True, CONCURRENT_REQUESTS=4)
    assert outcome["reason"] == "finished"
    assert outcome["unwritten"] == []
    assert len(exchanges(read(tmp_path / "archive"))) == 20
    assert outcome["requests"].keys() == {request["url"] for request in requests}


def test_an_answer_out_of_scrapys_cache_is_no_exchange(crawl: Crawl, tmp_path: Path) -> None:
    cache = {"HTTPCACHE_ENABLED": True, "HTTPCACHE_DIR": str(tmp_path / "cache")}
    with serving(pages) as server:
        for _ in range(2):
            outcome = crawl([{"url": f"{server.url}/a"}], **cache)
            (answer,) = outcome["requests"][f"{server.url}/a"]
            assert answer["status"] == 200
        assert len(server.log) == 1
    ((recorded,),) = exchanges(read(tmp_path / "archive")).values()
    assert recorded.received == bytes(server.log[0].sent)


def test_a_body_kept_from_the_spider_does_not_reach_the_next_one_out_of_scrapys_cache(
    crawl: Crawl, tmp_path: Path
) -> None:
    cache = {"HTTPCACHE_ENABLED": True, "HTTPCACHE_DIR": str(tmp_path / "cache")}
    with serving(pages) as server:
        url = f"{server.url}/a"
        (first,) = crawl([{"url": url, "meta": {"archive_body_limit": 10}}], **cache)["requests"][url]
        (second,) = crawl([{"url": url}], **cache)["requests"][url]
        assert len(server.log) == 2
    assert first["length"] == 0
    assert "archive_only" in first["flags"]
    assert second["length"] > 10


def test_a_killed_crawl_is_recovered_at_the_next_start(crawl: Crawl, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    with serving(lambda path, _count: [Wait(0.02), ok(PAGE + path.encode())]) as server:
        crawl([{"url": f"{server.url}/first"}])
        plan = json.loads((tmp_path / "plan.json").read_text())
        plan["requests"] = [{"url": f"{server.url}/{number}"} for number in range(5000)]
        (tmp_path / "long.json").write_text(json.dumps(plan))
        script = Path(__file__).with_name("crawl_process.py")
        arguments = [sys.executable, str(script), str(tmp_path / "long.json"), str(tmp_path / "none.json")]
        environment = {**os.environ, "PYTHONPATH": str(script.parent.parent.parent)}
        with subprocess.Popen(arguments, env=environment, stderr=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and not any(p.stat().st_size > 30_000 for p in folder.glob("*.open")):
                time.sleep(0.05)
            process.kill()
        assert len(list(folder.glob("*.open"))) == 1
        outcome = crawl([{"url": f"{server.url}/last"}])
        assert "closed with" in outcome["log"]
        recorded = exchanges(read(folder))
        assert len(recorded) > 10
        log = {server.url + exchange.target: exchange for exchange in server.log}
        whole = [ours for found in recorded.values() for ours in found if ours.answer and ours.metadata]
        assert all(ours.received == bytes(log[ours.url].sent) for ours in whole)
    assert not list(folder.glob("*.open"))
    subprocess.run(["sha256sum", "-c", "manifest-sha256.txt"], cwd=folder, capture_output=True, check=True)
