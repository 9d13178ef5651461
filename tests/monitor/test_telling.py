"""Who is told what: a health check of each run, people of those that failed; and what a run's report shows them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.servers.crawling import Folder
from tests.servers.wordpress import HTML, WordPress

from .test_monitor import Inbox

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("monitor")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "library")


def test_a_good_run_is_told_to_the_health_check_alone_and_one_that_could_not_finish_to_people_too(
    folder: Folder,
) -> None:
    inbox = Inbox()
    address = f"127.0.0.1:{inbox.server.server_port}"
    told = ("--notify", f"json://{address}/told", "--ping", f"http://{address}/check?rid=7")
    with WordPress(reviews=1) as site:
        folder.crawl(site.url, *told)
        assert [path for path, _ in inbox.received] == ["/check/start?rid=7", "/check?rid=7"]
        inbox.received.clear()
        site.maintain(1000, retry_after="90000")
        folder.crawl(site.url, *told, code=6)
    log = (folder.data / "reports" / "last-crawl.log").read_text("utf-8")
    assert log.count("Spider opened") == 1, "the log of the last crawl has others in it"
    paths = [path for path, _ in inbox.received]
    assert paths == ["/check/start?rid=7", "/check/fail?rid=7", "/told"]
    message = json.loads(inbox.received[-1][1])
    assert site.url in message["title"]
    assert "asks to come back later" in message["message"]


def test_what_the_report_of_a_run_shows(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    with WordPress(reviews=6, quirks=("tdm-header",)) as site:
        folder.crawl(site.url)
        first = folder.campbell("report", "--output", "-").stdout
        edited, refused, deleted = [post for post in site.content.sorted() if post.in_rest][:3]
        site.content.edit(edited, title="Kite clubs for ferry crews: effects on dreams (0)")
        site.content.edit(refused, title="Never seen")
        site.content.delete(deleted)
        new = site.content.add("Wind chimes for <b>judges</b>", groups=["ageing"])
        page = site._review
        answer = (403, [("Content-Type", HTML)], b"<h1>403 Forbidden</h1>")
        monkeypatch.setattr(site, "_review", lambda path, count: answer if path == refused.path else page(path, count))
        site.switch_on("robots-bars-rest")
        folder.crawl(site.url, code=3)
    crawl = folder.last_crawl()["crawl_id"]
    report = json.loads(folder.campbell("report", "--format", "json").stdout)
    kept = json.loads((folder.data / "reports" / f"{crawl}.json").read_text("utf-8"))
    assert kept == {name: report[name] for name in ("software", "crawl", "assertions", "counts")}
    html = folder.campbell("report", "--output", "-").stdout
    of_a_first_run = "A first run cannot be compared with an earlier one."
    assert (of_a_first_run in first, of_a_first_run in html) == (True, False)

    assert report["changes"]["counts"] == {"changed": 1, "gone": 1, "new": 1}
    (changed,) = [one for one in report["changes"]["reviews"] if one["kind"] == "changed"]
    (title,) = [one for one in changed["fields"] if one["field"] == "title"]
    assert [(sign, text.strip()) for sign, text in title["words"] if sign != "="] == [("-", "sleep"), ("+", "dreams")]
    assert re.search(r"effects on <del>sleep ?</del><ins>dreams ?</ins>", html)
    assert "Wind chimes for &lt;b&gt;judges&lt;/b&gt;" in html
    assert f"{site.url}{new.path}" in html

    assert [(one["url"], one["reason"]) for one in report["failures"]["exchanges"] if "/review/" in one["url"]] == [
        (f"{site.url}{deleted.path}", "HTTP 404"), *[(f"{site.url}{refused.path}", "HTTP 403")] * 2,
    ]  # fmt: skip
    assert f'<a href="{site.url}{refused.path}">{site.url}{refused.path}</a></td><td>HTTP 403' in html
    barred = [one["url"] for one in report["not_fetched"]["robots"]["urls"]]
    assert barred
    assert all("/wp-json/" in url for url in barred)
    assert f"robots: {len(barred)}" in html
    assert report["reservations"]["crawl-tdm-reservation"] == "1"
    assert "Text-and-data-mining reservation: 1" in html
    assert [len(report["coverage"]), len(report["earlier_runs"])] == [2, 2]
    assert report["progress"]["points"][-1][1] == report["counts"]["exchanges"] == len(report["latency"]["sample"])
    assert sum(report["counts"]["statuses"].values()) == report["counts"]["exchanges"]
    for caption in ("Exchanges over time", "Response times", "Responses by status", "Coverage", "robots.txt"):
        assert caption in html

    status = folder.campbell("status", code=3).stdout
    assert "Checks that the last run failed: 1" in status
    assert "robots: robots.txt of the site has changed" in status
    assert "Coverage" in status
    assert crawl in status
