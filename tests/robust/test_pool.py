"""A page that kills or blocks the process that reads it is named; the rest of a derivation goes on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from campbell_scraper.archive.capture import Capture
from campbell_scraper.archive.watched_processes import WatchedProcesses, answer_of
from campbell_scraper.errors import Unfinished
from campbell_scraper.view import derive
from campbell_scraper.view.database_diff import compare
from campbell_scraper.view.log.extraction import read_capture, unread
from campbell_scraper.view.log.intake import RowsOfCapture
from campbell_scraper.view.reader_pool import ReaderPool
from campbell_scraper.view.rebuild import build_database
from tests.conftest import ROOT

from .conftest import Uninterrupted
from .runs import rows

pytestmark = pytest.mark.xdist_group("robust")
DEADLY = "sundials-in-hospital-gardens"
ENDLESS = "knots-for-sailors-on-watch"


def double(number: int) -> int:
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 17:
        time.sleep(3600)
    return 2 * number


def complain(number: int, reason: str) -> int:
    assert "13" not in reason
    return -number if "ended" in reason else -1000 * number if "within" in reason else 0


def test_each_job_has_one_answer_whatever_happens_to_its_process() -> None:
    answers: list[int] = []
    with ReaderPool[int, int](2, double, complain, seconds=1.5) as pool:
        for start in range(0, 100, 10):
            answers += pool.send(range(start, start + 10))
        answers += pool.rest()
    expected = [2 * n for n in range(100) if n not in {13, 17}] + [-13, -17_000]
    assert sorted(answers) == sorted(expected)


def die(_number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def test_processes_that_always_die_end_nothing() -> None:
    with ReaderPool[int, int](1, die, complain) as pool:
        assert sorted([*pool.send(range(1, 4)), *pool.rest()]) == [-3, -2, -1]


def starve(job: tuple[str, int]) -> int:
    """Fail as on a machine that lacks memory, as often as is asked for."""
    tries, wanted = Path(job[0]), job[1]
    with tries.open("a") as file:
        file.write("x")
    if (done := tries.stat().st_size) <= wanted:
        raise MemoryError
    return done


def blame(_job: tuple[str, int], _reason: str) -> int:
    raise AssertionError("too little memory is no fault of a page")


def test_too_little_memory_is_tried_again_and_then_ends_the_run(tmp_path: Path) -> None:
    with ReaderPool[tuple[str, int], int](1, starve, blame) as pool:
        assert [*pool.send([(str(tmp_path / "once"), 1)]), *pool.rest()] == [2]
    with ReaderPool[tuple[str, int], int](1, starve, blame) as pool:
        list(pool.send([(str(tmp_path / "ever"), 9)]))
        with pytest.raises(Unfinished, match="too little memory"):
            list(pool.rest())
    assert (tmp_path / "ever").stat().st_size == 2


def stumble(number: int) -> int:
    if number == 13:
        raise ValueError("thirteen")
    return number


def call_wrong(number: int, reason: str) -> int:
    assert reason == "ValueError: thirteen"
    return -number


def test_a_job_that_raises_is_answered_alone() -> None:
    with ReaderPool[int, int](1, stumble, call_wrong) as pool:
        assert sorted([*pool.send([12, 13, 14]), *pool.rest()]) == [-13, 12, 14]


def place(number: int) -> int:
    time.sleep(number)
    return os.getpid()


def nowhere(_number: int, _reason: str) -> int:
    return 0


def test_processes_end_with_their_pool() -> None:
    with ReaderPool[int, int](3, place, nowhere) as pool:
        pids = set([pid for _ in range(30) for pid in pool.send([0])] + list(pool.rest()))
        list(pool.send([20] * 9))  # which nobody waits for any more
        began = time.monotonic()
    assert time.monotonic() - began < 20
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_process_that_ends_with_nothing_to_do_ends_no_other() -> None:
    processes = WatchedProcesses(2, "os")
    try:
        os.kill(answer_of(processes.start(60, os.getpid), 60), signal.SIGKILL)
        time.sleep(0.5)
        assert answer_of(processes.start(60, os.getpid), 60) != os.getpid()
    finally:
        processes.close()


SLOW_TO_START = """
import os, signal, time
from campbell_scraper.archive.watched_processes import UnreadableError, WatchedProcesses, answer_of
if __name__ == "__mp_main__":
    time.sleep(0.5)
if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as the process that derives does
    processes = WatchedProcesses(1, "os")
    try:
        answer_of(processes.start(20, os.abort), 20)
    except UnreadableError as error:
        print(error)
    processes.close()
"""


def test_a_pool_that_closes_while_a_killed_process_is_replaced_says_nothing(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(SLOW_TO_START)
    run = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, "the process that read it ended (exit code -6)\n", "")


def endless(number: int) -> int:
    print(os.getpid(), flush=True)
    re.match(r"(a+)+$", "a" * 200 + "b")  # holds the interpreter's lock, so that nothing else runs
    return number


def read_without_end() -> None:
    """Have a page read that has no end: what a process does that is then killed."""
    with ReaderPool[int, int](1, endless, complain, seconds=2) as pool:
        list(pool.send([1]))
        time.sleep(60)


@pytest.mark.slow
def test_a_page_without_end_ends_though_its_owner_was_killed() -> None:
    program = "from tests.robust.test_pool import read_without_end; read_without_end()"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    reader = Path(f"/proc/{int(process.stdout.readline())}")
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 40
    while reader.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not reader.exists()


def hostile(capture: Capture) -> RowsOfCapture:
    if DEADLY in capture.url and capture.mime == "text/html":
        os.kill(os.getpid(), signal.SIGSEGV)
    if ENDLESS in capture.url and capture.mime == "text/html":
        time.sleep(3600)
    return read_capture(capture)


def test_a_rebuild_names_the_pages_that_cannot_be_read_and_goes_on(
    usual: Uninterrupted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derive, "reader_pool", lambda workers: ReaderPool(workers, hostile, unread, seconds=4.0))
    database = tmp_path / "rebuilt.db"
    report = build_database([usual.data / "collections"], database, workers=2)
    said = {url.rsplit("/", 1)[1]: reason for url, reason in report.unreadable}
    assert any(DEADLY in name and "-11" in reason for name, reason in said.items())
    assert any(ENDLESS in name and "within 4 seconds" in reason for name, reason in said.items())
    assert all(DEADLY in url or ENDLESS in url for url, _ in report.unreadable)
    every = "select count(*) from captures"
    assert rows(database, every) == rows(usual.database, every)
    listed = {difference.key for difference in compare(usual.database, database) if difference.table == "reviews"}
    assert all(DEADLY in key or ENDLESS in key for key in listed)


def test_a_rebuild_without_such_pages_is_the_same_with_any_number_of_workers(
    usual: Uninterrupted, tmp_path: Path
) -> None:
    for count in (0, 1, 3):
        database = tmp_path / f"{count}.db"
        report = build_database([usual.data / "collections"], database, workers=count)
        assert not report.unreadable
        assert not compare(usual.database, database)
