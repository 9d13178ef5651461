"""What is due, and what broke: asked of data folders that hold runs of long ago."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from campbell_scraper.faces.fleet.fleet_file import read_fleet
from campbell_scraper.faces.fleet.fleet_queue import Queued
from campbell_scraper.faces.fleet.fleet_status import judged
from campbell_scraper.folder import DataFolder
from tests.helpers import SEED, campbell
from tests.monitor.test_status import HOUR, INCOMPLETE
from tests.monitor.test_status import crawled as runs
from tests.store.library import feed

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.helpers import Crawled

    from .fleets import OwnFleet

SITE = "http://127.0.0.1:9/"


def held(data: Path, *events: Any) -> None:
    """Make a data folder with such runs in its database."""
    folder = DataFolder(data)
    folder.create()
    feed(folder.database, list(events))


def test_due_is_what_has_no_good_run_within_its_schedule(fleet: OwnFleet) -> None:
    held(fleet.add("fresh", SITE, every="7d"), *runs("c1", 100 * HOUR))
    held(fleet.add("old", SITE, every="4d"), *runs("c1", 100 * HOUR))
    held(fleet.add("broken", SITE, every="4d"), *runs("c1", 100 * HOUR), *runs("c2", HOUR, **INCOMPLETE))
    fleet.add("new", SITE)
    assert fleet.sent() == ["old", "broken", "new"]
    told = fleet.status()
    assert {name: one["state"] for name, one in told.items()} == {
        "fresh": "idle", "old": "queued", "broken": "queued", "new": "queued"
    }  # fmt: skip
    due = datetime.fromisoformat(told["fresh"]["due_at"]) - datetime.now(UTC)
    assert timedelta(hours=67) < due < timedelta(hours=69)
    assert told["new"]["due_at"] is None


def test_what_waits_in_the_queue_is_not_sent_twice_and_what_is_named_is_sent_at_once(fleet: OwnFleet) -> None:
    held(fleet.add("fresh", SITE, every="7d"), *runs("c1", HOUR))
    fleet.add("new", SITE)
    assert fleet.sent() == ["new"]
    assert fleet.sent() == []
    assert fleet.sent("fresh") == ["fresh"]
    run = fleet.campbell("run", "fersh", code=2)
    assert run.stderr == f"Error: {fleet.file} has no library 'fersh'; it has fresh, new.\n"


def test_it_broke_if_a_last_run_did_or_the_last_good_one_is_long_ago(fleet: OwnFleet, tmp_path: Path) -> None:
    held(fleet.add("good", SITE, every="7d"), *runs("c1", HOUR))
    fleet.add("new", SITE)
    page = tmp_path / "fleet.html"
    assert "it broke" not in fleet.campbell("status", "--page", page).stdout
    assert "2 libraries: 0 broke, 1 due" in page.read_text()
    held(fleet.add("late", SITE, every="2d"), *runs("c1", 100 * HOUR))
    held(fleet.add("bad", SITE), *runs("c1", HOUR, status="failed", discovery_complete="0"))
    (fleet.add("torn", SITE) / "campbell.db").parent.mkdir()
    (fleet.folder / "torn" / "campbell.db").write_text("no database")
    run = fleet.campbell("status", "--page", page, code=3)
    assert [line for line in run.stdout.splitlines() if "it broke" in line] == [
        line for line in run.stdout.splitlines() if line.split()[:1] in (["late"], ["bad"], ["torn"])
    ]
    late, bad, torn = run.stderr.splitlines()
    assert late == "It broke: late: its last good run ended 4 days ago, and one is due every 2 days"
    assert bad == "It broke: bad: the last run did not finish (failed)"
    assert torn.startswith("It broke: torn: ")
    assert "5 libraries: 3 broke, 4 due" in page.read_text()
    told = json.loads(campbell("fleet", "status", "--json", "--fleet", fleet.file).stdout)
    assert [one.removeprefix("It broke: ") for one in (late, bad, torn)] == told["problems"]
    assert told["libraries"][3]["status"]["last_run"]["crawl_id"] == "c1"


def test_words_of_sites_are_words_on_the_page(fleet: OwnFleet, tmp_path: Path) -> None:
    hostile = "https://x.example/: <script>alert(1)</script>\x1b[2J"
    events = runs("c1", HOUR, **INCOMPLETE | {"crawl_unread_list_1": hostile})
    held(fleet.add("one", f"{SITE}?<b>"), *events)
    run = fleet.campbell("status", "--page", tmp_path / "fleet.html", code=3)
    page = (tmp_path / "fleet.html").read_text()
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert "\x1b" not in run.stdout + run.stderr + page


def test_what_is_excluded_is_not_named_in_what_a_crawl_said(fleet: OwnFleet, crawled: Crawled) -> None:
    fleet.add("one", crawled.url)
    data = crawled.copied(fleet.folder / "one").data
    reason = f"{crawled.url}/{SEED}.html: no."
    said = Queued(state="given up", waits_until=None, given_up_at=datetime.now(UTC), tries=2, reason=reason)
    library = read_fleet(fleet.file).libraries["one"]
    assert judged(library, said).problems == [f"given up, it failed 2 times: {reason}"]
    (data / "exclusions.csv").write_text(f"review_id,reason\n{SEED},asked for\n")
    assert judged(library, said).problems == ["given up, it failed 2 times: [excluded]: no."]


def test_without_redis_the_folders_are_told_and_nothing_is_sent(fleet: OwnFleet) -> None:
    held(fleet.add("good", SITE), *runs("c1", HOUR))
    fleet.file.write_text(fleet.file.read_text().replace(fleet.redis_url, "redis://127.0.0.1:1/0"))
    run = fleet.campbell("status", code=3)
    assert run.stderr.startswith("It broke: The queue cannot be reached: ")
    assert "good" in run.stdout
    run = fleet.campbell("run", code=6)
    assert run.stderr.startswith("Error: The queue cannot be reached: ")
    assert run.stderr.endswith(" refused. The libraries' data is not affected.\n")
