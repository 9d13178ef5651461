"""``campbell status`` answers "did it break?": by its exit code, by a sentence, and as JSON."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.archive.capture import CrawlEnd, CrawlStart
from campbell_scraper.folder import DataFolder
from campbell_scraper.view.store import Store
from tests.helpers import campbell
from tests.store.library import feed

if TYPE_CHECKING:
    from pathlib import Path

HOUR = timedelta(hours=1)
UNREAD = "https://www.campbellcollaboration.org/wp-sitemap.xml: HTTP 503"


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "library")


def moment(ago: timedelta) -> str:
    return (datetime.now(UTC) - ago).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def crawled(name: str, ago: timedelta, *, source: str = "live", arguments: str = "", **end: str) -> list[Any]:
    """Return the start of a crawl that ended so long ago, and its end: by default a good one."""
    info = {"crawl-source": source, "crawl-site": "https://www.campbellcollaboration.org/", "crawl-library": "campbell"}
    began = CrawlStart(
        crawl_id=name, started_at=moment(ago + HOUR), software="s", info=info | {"crawl-arguments": arguments}
    )
    status = end.pop("status", "finished")
    told = {"discovery_complete": "1"} | {key.replace("_", "-") if "crawl" in key else key: end[key] for key in end}
    return [began, CrawlEnd(crawl_id=name, finished_at=moment(ago), status=status, info=told)]


def asked(folder: DataFolder, events: list[Any], *options: str) -> tuple[int, dict[str, Any], str]:
    """Return the exit code of ``campbell status`` after such crawls, what it says as JSON, and what it prints."""
    folder.create()
    feed(folder.database, events)
    run = campbell("status", "--data", folder.root, "--json", *options)
    printed = campbell("status", "--data", folder.root, *options)
    assert printed.returncode == run.returncode
    return run.returncode, json.loads(run.stdout), printed.stdout + printed.stderr


INCOMPLETE = {"discovery_complete": "0", "crawl_unread_list_1": UNREAD}


def test_a_good_run_is_0(folder: DataFolder) -> None:
    code, told, printed = asked(folder, crawled("c1", 5 * HOUR), "--max-age", "8d")
    assert (code, told["ok"], told["problems"]) == (0, True, [])
    assert told["last_run"]["crawl_id"] == told["last_good_run"]["crawl_id"] == "c1"
    assert told["last_run"]["alarms"] == []
    assert 5 * 3600 <= told["last_run"]["age_seconds"] < 5 * 3600 + 60
    assert "ended 5 h ago" in printed
    assert "Next run: none is scheduled" in printed


def test_an_incomplete_run_is_3_and_says_why_beside_no_all_clear(folder: DataFolder) -> None:
    events = crawled("c1", 9 * HOUR) + crawled("c2", HOUR, **INCOMPLETE)
    code, told, printed = asked(folder, events)
    assert code == 3
    assert told["last_run"]["gaps"] == [UNREAD]
    assert told["last_good_run"]["crawl_id"] == "c1"
    assert UNREAD in printed
    assert "incomplete" in printed
    assert "passed all" not in printed
    assert "none" not in printed.split("c2")[1].splitlines()[0]


def test_a_site_that_never_had_a_sitemap_is_incomplete_too(folder: DataFolder) -> None:
    reason = "https://x.example/: no sitemap of reviews was found, and the REST list is not whole"
    code, told, printed = asked(folder, crawled("c1", HOUR, **INCOMPLETE | {"crawl_unread_list_1": reason}))
    assert (code, told["problems"]) == (3, [f"discovery was incomplete: {reason}"])
    assert "passed all" not in printed


@pytest.mark.parametrize("status", ["interrupted", "failed"])
def test_a_run_that_did_not_finish_is_3(folder: DataFolder, status: str) -> None:
    code, told, _ = asked(folder, crawled("c1", HOUR, status=status, discovery_complete="0"))
    assert (code, told["problems"]) == (3, [f"the last run did not finish ({status})"])
    assert told["last_good_run"] is None


def test_a_limit_and_the_wayback_machine_leave_nothing_out_that_was_asked_for(folder: DataFolder) -> None:
    limited = crawled("c1", 2 * HOUR, arguments="limit=5", discovery_complete="0")
    wayback = crawled("c2", HOUR, source="wayback", discovery_complete="0", crawl_wayback_complete="1")
    code, _, printed = asked(folder, limited + wayback)
    assert code == 0
    assert "limited" in printed


def test_an_old_run_is_3_if_an_age_is_given(folder: DataFolder) -> None:
    events = crawled("c1", 50 * HOUR)
    assert asked(folder, events)[0] == 0
    code, told, printed = asked(folder, [], "--max-age", "36h")
    assert (code, told["problems"]) == (3, ["the last good run ended 2 days ago; --max-age is 36 h"])
    assert "No good run ended in the last 36 h" in printed


def test_a_run_under_way_is_not_the_one_that_is_judged(folder: DataFolder) -> None:
    events = crawled("c1", 5 * HOUR) + crawled("c2", timedelta())[:1]
    code, told, _ = asked(folder, events)
    assert (code, told["problems"]) == (3, ["the last run did not finish (running)"]), "it was killed"
    with folder.lock("campbell crawl"):
        code, told, printed = asked(folder, [])
    assert (code, told["under_way"]["crawl_id"], told["last_run"]["crawl_id"]) == (0, "c2", "c1")
    assert "Under way: c2" in printed


def test_a_library_of_taken_in_archives_alone_breaks_only_by_an_age(folder: DataFolder) -> None:
    start = CrawlStart(crawl_id="w", started_at=moment(HOUR), software="wget", info={})
    assert asked(folder, [start])[0] == 0
    code, told, _ = asked(folder, [], "--max-age", "1d")
    assert (code, told["problems"]) == (3, ["there was no run yet"])


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize("manager", ["--user", "--cron"])
def test_the_next_run_is_named(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manager: str
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    due = datetime(2031, 5, 6, 7, 8, tzinfo=UTC)
    program(tmp_path / "bin", "systemctl", f"echo NextElapseUSecRealtime=@{int(due.timestamp())}")
    tab = tmp_path / "tab"
    program(tmp_path / "bin", "crontab", f'test "$1" = -l && exec cat {tab}; exec cat > {tab}')
    tab.write_text("17 4 * * * true\n")
    words = ["https://www.campbellcollaboration.org/", "--contact", "me@example.org", "--every", "daily"]
    folder.create()
    with Store.open(folder.database, library="campbellcollaboration.org") as store, store.transaction():
        for event in crawled("c1", HOUR):
            store.take(event)
    run = campbell("schedule", *words, manager, "--install", "--data", folder.root)
    assert run.returncode == 0, run.stderr
    if manager == "--cron":
        (folder.root / ".last-scheduled").touch()
    told = json.loads(campbell("status", "--data", folder.root, "--json").stdout)
    printed = campbell("status", "--data", folder.root).stdout
    (following,) = told["next_runs"]
    if manager == "--user":
        assert following == {"at": "2031-05-06T07:08:00Z", "by": "your systemd timer campbell-library"}
        assert "Next run: 2031-05-06 07:08 UTC (your systemd timer campbell-library)" in printed
    else:
        wait = datetime.fromisoformat(following["at"]) - datetime.now(UTC)
        assert timedelta(hours=23) < wait < timedelta(hours=25)
