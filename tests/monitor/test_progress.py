"""A run's progress on a terminal and in a log: one line that fits, in the numbers of the summary."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from campbell_scraper.faces.export import Library
from campbell_scraper.faces.export.data_package import write_data_package
from campbell_scraper.faces.export.replay_package import write_bag, write_wacz_package
from campbell_scraper.faces.report.progress import WIDTH, CrawlProgress, StatusLine
from campbell_scraper.folder import DataFolder
from campbell_scraper.spiders.counts import Counts
from campbell_scraper.view.verification import verify_folder
from tests.helpers import campbell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.helpers import Crawled

FAR = Counts(
    exchanges=99_350, failed=12, pending=1_100_000, reviews=9_900, received=12_345_678_901,
    waits_for="fetching /better-evidence/a-long-name-of-a-review-that-no-terminal-has-room-for.html",
)  # fmt: skip


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a clock of one hand, in seconds."""
    hand = [1000.0]
    monkeypatch.setattr("campbell_scraper.faces.report.progress.time.monotonic", lambda: hand[0])
    return hand


def test_a_log_gets_a_line_a_minute(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    with CrawlProgress(Console(file=out)) as shown:
        for second in range(0, 150, 10):
            clock[0] = 1000.0 + second
            shown.update(Counts(exchanges=second * 2, pending=1200, received=second * 10_000, waits_for="fetching /a"))
    assert out.getvalue().splitlines() == [
        "120 of about 1,320 requests, 2.0/s, 10m00s left, 0.6 MB, fetching /a",
        "240 of about 1,440 requests, 2.0/s, 10m00s left, 1.2 MB, fetching /a",
    ]
    assert capsys.readouterr().out == "280 exchanges archived in 2m20s: 0 failed, 1.4 MB received\n"


@pytest.mark.parametrize("width", [80, 40])
def test_a_terminal_gets_one_line_that_fits(width: int, clock: list[float]) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=width)
    with CrawlProgress(console) as shown:
        shown.update(Counts())
        clock[0] += 30.0
        shown.update(FAR)
        shown._live.refresh()
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", out.getvalue()))
    assert max(map(len, lines)) < width
    (line,) = {line for line in lines if line.startswith("99,350 of about 1,199,350 requests"[: width - 1])}
    assert width < 80 or line.startswith("99,350 of about 1,199,350 requests, 3311.7/s, 5m32s left, 12,345.7 MB, fet")
    assert "\n" not in re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", out.getvalue()).strip("\r\n")


def test_the_last_line_tells_of_a_crawl_that_was_resumed(capsys: pytest.CaptureFixture[str]) -> None:
    with CrawlProgress(Console(file=io.StringIO())) as shown:
        shown.update(Counts(exchanges=4, replayed=20, reviews=3, failed=1))
    told = capsys.readouterr().out
    assert told == "4 exchanges archived in 0s, 20 taken from the archive: 3 reviews read, 1 failed, 0.0 MB received\n"


def test_a_crawl_that_fetched_nothing_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    with CrawlProgress(Console(file=out)):
        pass
    assert not out.getvalue()
    assert not capsys.readouterr().out


def test_what_is_no_crawl_is_told_on_a_terminal_alone(clock: list[float]) -> None:
    texts = []
    for is_terminal in (True, False):
        out = io.StringIO()
        with StatusLine(Console(file=out, force_terminal=is_terminal, width=80)) as line:
            line.tell("table sections, 12 of 31")
            clock[0] += 61.0
            line.tell("table files, 13 of 31")
            assert line.line().startswith("table files, 13 of 31 (")
            if is_terminal:
                line._live.refresh()
        texts.append(out.getvalue())
    assert "table files, 13 of 31 (1m01s)" in texts[0]
    assert texts[1] == ""
    assert WIDTH < 80


def test_what_takes_long_tells_how_far_it_is_and_writes_it_into_no_file(crawled: Crawled, tmp_path: Path) -> None:
    folder, told = DataFolder(crawled.data), list[str]()
    captures = crawled.rows("select count(*) from captures")[0][0]
    verify_folder(folder, with_rebuild=True, progress=told.append)
    write_wacz_package(folder, tmp_path / "all.wacz", None, progress=told.append)
    write_bag(folder, tmp_path / "bag", None, progress=told.append)
    with Library.open(folder) as library:
        write_data_package(library, folder, tmp_path / "package.zip", progress=told.append)
    expected = ("checking file 1 of 1", f"rebuilding: {captures:,} of {captures:,} captures", "packaging file 1 of 1",
                "copying file 1 of 1", "computing checksums", "writing table 1 of")  # fmt: skip
    assert [one for one in expected if not any(text.startswith(one) for text in told)] == []
    run = campbell("package", "--data", crawled.data, "--output", tmp_path / "again.wacz")
    assert (run.stdout, run.stderr) == (f"Wrote {tmp_path / 'again.wacz'}.\n", "")
