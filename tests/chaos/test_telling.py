"""A run's exit code is its own, whoever reads along; what was lost or killed is said, and `status` says what is so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from campbell_scraper.faces.cli import main
from campbell_scraper.faces.report.verdict import judge_runs
from campbell_scraper.folder import DataFolder
from campbell_scraper.spiders.discovery import Answer, Step
from campbell_scraper.spiders.sources.k2_source import K2Discovery
from tests.helpers import in_fork
from tests.servers.crawling import Folder

from .bad_site import bad_site, crawl


def test_a_reader_who_leaves_changes_no_exit_code_and_a_lost_report_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Folder(tmp_path / "library")
    reports = folder.data / "reports"
    with bad_site(3) as (site, _):
        folder.crawl(site.url, "--no-requisites", source="k2")
        campbell = Path(sys.executable).parent / "campbell"
        command = [str(campbell), "crawl", site.url, "--source", "k2", "--delay", "0", "--no-requisites", "--data"]
        run = subprocess.Popen([*command, str(folder.data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert run.stdout is not None
        run.stdout.close()
        assert run.stderr is not None
        said = run.stderr.read()
        assert run.wait(timeout=120) == 0, said
    crawl_id = folder.last_crawl()["crawl_id"]
    kept = reports / f"{crawl_id}.json"
    kept.unlink()
    kept.mkdir()  # it cannot be written
    assert judge_runs(DataFolder(folder.data), crawl_id) == {}
    assert f"The report of crawl {crawl_id} could not be written" in capsys.readouterr().err


def _killed_at(command: list[str], place: str) -> None:
    def kill(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with mock.patch(place, kill):
        sys.argv = command
        main()


def _crawled_with_a_slip(words: list[str]) -> None:
    """Crawl with a discovery that has an error of ours at one page."""
    steps = K2Discovery.steps

    def slips(self: K2Discovery, answer: Answer) -> Iterable[Step]:
        if answer.url.endswith("-3.html"):
            raise KeyError("unexpected")
        return steps(self, answer)

    sys.argv = words
    with mock.patch.object(K2Discovery, "steps", slips):
        main()


def test_an_error_of_ours_is_no_complete_discovery(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "library")
    with bad_site(3) as (site, _):
        words = ["campbell", "crawl", site.url, "--source", "k2", "--delay", "0", "--no-requisites"]
        assert in_fork(_crawled_with_a_slip, [*words, "--data", str(folder.data)]) == 3
    assert folder.last_crawl()["discovery_complete"] == 0
    said = folder.campbell("status", code=3).stdout
    assert "unexpected error: KeyError('unexpected')" in said


@pytest.mark.parametrize(
    "place",
    [
        "campbell_scraper.faces.report.verdict.judge_runs",
        pytest.param("campbell_scraper.view.following.write_index", marks=pytest.mark.slow),  # rows are not derived
    ],
)
def test_a_run_that_was_killed_when_it_had_ended_is_judged_by_the_next(tmp_path: Path, place: str) -> None:
    folder = Folder(tmp_path / "library")
    with bad_site(3) as (site, library):
        crawl(folder, site)
        robots = site.library.get("/robots.txt", {})
        library.files["/robots.txt"] = replace(robots, body=robots.body + b"\nDisallow: /nowhere/\n")
        command = ["campbell", "crawl", site.url, "--source", "k2", "--delay", "0", "--data", str(folder.data)]
        assert in_fork(_killed_at, [*command, "--no-requisites"], place) == -signal.SIGKILL
        said = crawl(folder, site, 3)
        _, killed, _ = (row["crawl_id"] for row in folder.rows("select crawl_id from crawls order by started_at"))
        assert f"Crawl {killed} finished, but robots.txt of the site has changed" in said
        assert said.count("finished, but") == 1, "the second run itself holds up"
        assert (folder.data / "reports" / f"{killed}.json").is_file()
        crawl(folder, site)


def test_the_status_of_a_run_that_did_not_finish_is_no_good_word(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "library")
    with bad_site(3) as (site, _):
        crawl(folder, site)
        assert "The last run passed all" in folder.campbell("status").stdout
        crawl(folder, site, 6, "--max-requests", "2")
    status = folder.campbell("status", code=3).stdout
    assert "The last run did not finish (interrupted): nothing is concluded." in status
    assert "passed all" not in status
