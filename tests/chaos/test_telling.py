"""A run's exit code is its own, whoever reads along; a report that is lost is said to be lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from campbell_scraper.faces.report.verdict import judge_run
from campbell_scraper.folder import DataFolder
from tests.servers.crawling import Folder

from .bad_site import bad_site


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
    for page in reports.glob(f"{crawl_id}.*"):
        page.unlink()
        page.mkdir()  # it cannot be written
    assert judge_run(DataFolder(folder.data), crawl_id) == []
    assert f"The report of crawl {crawl_id} could not be written" in capsys.readouterr().err
