"""A page that kills or blocks the process that reads it is named; the rest of a rebuild goes on."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from campbell_scraper.archive.capture import Capture
from campbell_scraper.view import pool as workers
from campbell_scraper.view import rebuild as rebuilding
from campbell_scraper.view.compare import compare
from campbell_scraper.view.log.ingest import Ready
from campbell_scraper.view.log.recall import make_ready_recalling
from campbell_scraper.view.pool import WorkerFailed, Workers
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


@pytest.fixture(params=[True, False], ids=["forks", "a server of forks"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have workers be forks of this process, or of a server: a test has other threads or has not."""
    monkeypatch.setattr(workers, "_may_fork", lambda: request.param)


@pytest.mark.usefixtures("kind")
def test_each_job_has_one_answer_whatever_happens_to_its_worker() -> None:
    with Workers[int, int](2, double, complain, page_seconds=1.5) as pool:
        answers: list[int] = []
        for start in range(0, 100, 10):
            pool.send(start // 10 % 2, range(start, start + 10))
            answers += pool.answers()
        answers += pool.answers(until_done=True)
    expected = [2 * n for n in range(100) if n not in {13, 17}] + [-13, -17_000]
    assert sorted(answers) == sorted(expected)


def die(_number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


@pytest.mark.usefixtures("kind")
def test_workers_that_always_die_end_nothing() -> None:
    with Workers[int, int](1, die, complain) as pool:
        pool.send(0, range(1, 4))
        assert sorted(pool.answers(until_done=True)) == [-3, -2, -1]


def place(number: int) -> tuple[int, int]:
    time.sleep(0.03 if number < 1000 else 0.3)
    return number, os.getpid()


def nowhere(number: int, _reason: str) -> tuple[int, int]:
    return number, 0


@pytest.mark.usefixtures("kind")
def test_jobs_go_to_the_worker_that_may_know_them_and_to_an_idle_one_if_it_is_behind() -> None:
    with Workers[int, tuple[int, int]](2, place, nowhere) as pool:
        found: dict[int, int] = {}
        for numbers in (range(2), range(2, 80)):  # the first two when both have started
            for number in numbers:
                pool.send(number % 2, [number])
            found.update(pool.answers(until_done=True))
        even, odd = found[0], found[1]
        assert sum(found[number] != (odd if number % 2 else even) for number in found) <= 10  # a machine may stumble
        for number in range(1000, 1030):
            pool.send(0, [number])
        assert set(dict(pool.answers(until_done=True)).values()) == {even, odd}


@pytest.mark.usefixtures("kind")
def test_workers_end_with_their_pool() -> None:
    with Workers[int, tuple[int, int]](3, place, nowhere) as pool:
        for number in range(3):
            pool.send(number, [number])
        pids = {pid for _, pid in pool.answers(until_done=True)}
        for _ in range(5):
            pool.send(0, [1000] * 9)  # which nobody waits for any more
        began = time.monotonic()
    assert time.monotonic() - began < 2  # one that held another's pipe open would have to be killed after ten
    assert len(pids) == 3
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_worker_that_cannot_start_is_an_error_and_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def here_only(number: int) -> int:
        return number

    monkeypatch.setattr(workers, "_may_fork", lambda: False)
    with pytest.raises((WorkerFailed, AttributeError)):  # what is defined in a function cannot be sent
        Workers[int, int](1, here_only, complain).send(0, [1])


def endless(_number: int) -> int:
    re.match(r"(a+)+$", "a" * 200 + "b")  # holds the interpreter's lock, so that nothing else runs
    return 0


def hold_and_read(lock: str) -> None:
    """Take a lock, and have a worker read what has no end: what a process does that is then killed."""
    with Path(lock).open("w") as file, Workers[int, int](1, endless, complain) as pool:
        fcntl.flock(file, fcntl.LOCK_EX)
        pool.send(0, [1])
        time.sleep(0.5)
        print(pool._workers[0].process.pid, flush=True)
        time.sleep(60)


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forks on Linux only")
def test_a_page_without_end_does_not_keep_the_lock_of_a_run_that_was_killed(tmp_path: Path) -> None:
    program = "import sys; from tests.robust.test_workers import hold_and_read; hold_and_read(sys.argv[1])"
    command = [sys.executable, "-c", program, str(tmp_path / "lock")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    reader = int(process.stdout.readline())
    try:
        process.kill()
        process.wait()
        assert Path(f"/proc/{reader}").exists()
        with (tmp_path / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.kill(reader, signal.SIGKILL)
        process.stdout.close()


def hostile(capture: Capture) -> Ready:
    if DEADLY in capture.url and capture.mime == "text/html":
        os.kill(os.getpid(), signal.SIGSEGV)
    if ENDLESS in capture.url and capture.mime == "text/html":
        time.sleep(3600)
    return make_ready_recalling(capture)


def test_a_rebuild_names_the_pages_that_cannot_be_read_and_goes_on(
    usual: Uninterrupted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "make_ready_recalling", hostile)
    monkeypatch.setattr(rebuilding, "PAGE_SECONDS", 4.0)
    database = tmp_path / "rebuilt.db"
    report = rebuilding.rebuild([usual.data / "collections"], database, workers=2)
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
        report = rebuilding.rebuild([usual.data / "collections"], database, workers=count)
        assert not report.unreadable
        assert not compare(usual.database, database)
