"""Workers: what is sent is crawled, one host at a time; what fails is tried again, then given up and told."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from campbell_scraper.faces.fleet.fleet_queue import FleetQueue
from campbell_scraper.sample import SampleSite, generated
from campbell_scraper.view.database_diff import compare
from tests.helpers import BIN, program, rows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.helpers import Crawled

    from .fleets import OwnFleet

UV = BIN / "uv"


def test_what_is_sent_is_crawled_and_what_fails_is_given_up(fleet: OwnFleet) -> None:
    with SampleSite(library=generated(1, 1), host="127.0.0.2") as site:
        good = fleet.add("good", site.url)
        fleet.add("gone", "http://127.0.0.3:9/")
        linked = fleet.add("linked", "http://127.0.0.4:9/")
        linked.mkdir()
        (linked / "reports").symlink_to(fleet.folder)
        assert fleet.sent() == ["good", "gone", "linked"]
        FleetQueue(fleet.redis_url).send("../elsewhere", is_named=True)
        worker = fleet.work(crawls=3)
        told = fleet.wait_until_idle()
        assert "../elsewhere: " in (fleet.folder / "workers.log").read_text()
        assert not (fleet.folder.parent / "elsewhere").exists()
        assert {name: one["state"] for name, one in told.items()} == {
            "good": "idle", "gone": "given up", "linked": "given up"
        }  # fmt: skip
        assert told["good"]["problems"] == []
        assert rows(good, "select count(*) from reviews") == [(1,)]
        assert any(problem.startswith("given up, it failed 2 times: ") for problem in told["gone"]["problems"])
        assert "is a symbolic link or a special file" in told["linked"]["problems"][0]
        asked = len(site.requests)
        assert fleet.sent() == [], "what was given up stands until its schedule has passed"
        assert fleet.sent("good") == ["good"]
        fleet.wait_until(lambda: len(site.requests) > asked)
        fleet.wait_until_idle()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0


@pytest.mark.slow
def test_a_worker_that_is_ended_interrupts_its_crawls_and_another_resumes_them(fleet: OwnFleet) -> None:
    with SampleSite(library=generated(6, 1), host="127.0.0.2") as site:
        data = fleet.add("one", site.url, delay="0.2s")
        fleet.sent()
        worker = fleet.work()
        fleet.wait_until(lambda: len(site.requests) > 5, every=0.05)
        worker.send_signal(signal.SIGINT)
        assert worker.wait(60) == 0
        asked = len(site.requests)
        assert rows(data, "select status from crawls") == [("interrupted",)]
        fleet.work()
        fleet.wait_until_idle()
        assert rows(data, "select status from crawls") == [("finished",)]
        assert len(set(site.requests)) == len(site.requests) > asked


@pytest.mark.slow
def test_a_run_that_was_killed_when_it_had_ended_is_not_made_again(fleet: OwnFleet, crawled: Crawled) -> None:
    fleet.add("one", crawled.url)
    copy = crawled.copied(fleet.folder / "one")
    for path in copy.data.glob("campbell.db*"):
        path.unlink()
    assert fleet.sent() == ["one"]
    fleet.work()
    told = fleet.wait_until_idle()
    assert (told["one"]["is_due"], told["one"]["problems"]) == (False, [])
    assert compare(crawled.database, copy.database) == []
    assert copy.warcs[-1].name == crawled.warcs[-1].name, "it was crawled again"


@pytest.mark.slow
def test_two_libraries_of_one_host_are_crawled_one_after_the_other(fleet: OwnFleet) -> None:
    with ExitStack() as stack:
        sites = [
            stack.enter_context(SampleSite(library=generated(2, number), host=host, log=True))
            for number, host in enumerate(["127.0.0.2", "127.0.0.2", "127.0.0.3"])
        ]
        for number, site in enumerate(sites):
            fleet.add(f"library{number}", site.url, delay="0.1s")
        fleet.sent()
        fleet.work(crawls=2)
        fleet.work(crawls=2)
        fleet.wait_until_idle()
        asked = sorted((one.at, number) for number, site in enumerate(sites) for one in site.exchanges)
        of_one_host = [number for _, number in asked if number != 2]
        assert sum(earlier != later for earlier, later in pairwise(of_one_host)) == 1
        first, second = asked[0][0], asked[-1][0]
        assert any(number == 2 for at, number in asked if first < at < second), "the other host had to wait"


@pytest.mark.slow
@pytest.mark.skipif(not UV.is_file(), reason="needs uv, which is not available for this platform")
def test_the_newest_client_of_redis_does_too(fleet: OwnFleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside pywb there is one of 2017; without it, a fleet gets the newest."""
    run = subprocess.run(
        [UV, "pip", "install", "--python", sys.executable, "--target", tmp_path / "newest", "redis"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "error sending request" in run.stderr or "dns error" in run.stderr:
        pytest.skip("the registry cannot be reached")
    assert run.returncode == 0, run.stderr
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "newest"))
    version = subprocess.check_output([sys.executable, "-c", "import redis; print(redis.__version__)"], text=True)
    assert int(version.partition(".")[0]) > 2
    with SampleSite(library=generated(1, 1), host="127.0.0.2") as site:
        fleet.add("good", site.url)
        fleet.add("gone", "http://127.0.0.3:9/")
        assert program("fleet", "run", "--fleet", fleet.file).returncode == 0
        fleet.work()
        assert [one["state"] for one in fleet.wait_until_idle().values()] == ["idle", "given up"]
        status = program("fleet", "status", "--fleet", fleet.file)
        assert "gone: given up, it failed 2 times" in status.stderr
