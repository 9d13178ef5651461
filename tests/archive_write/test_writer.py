"""The writer: order, and what becomes of what was submitted when something dies."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from scrapy.settings import Settings

from campbell_scraper.archive.archive_settings import ArchiveSettings
from campbell_scraper.archive.capture import Capture, CrawlEnd
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.archive.read.recovery import recover
from campbell_scraper.archive.verify import verify_archive
from campbell_scraper.archive.write.exchange import Connection, Context, Exchange
from campbell_scraper.archive.write.recorder import Ending
from campbell_scraper.archive.write.writer import ArchiveFailedError, WarcWriter

ROOT = Path(__file__).parent.parent.parent
ENDING = Ending(status="finished", info={}, log=lambda: iter([b""]), log_length=0)


class Writing:
    """A writer that runs, and what it said."""

    def __init__(self, folder: Path) -> None:
        self.failures: list[BaseException] = []
        settings = {"ARCHIVE_DIR": str(folder), "ARCHIVE_FSYNC_INTERVAL": 0.05}
        self._settings = ArchiveSettings.from_settings(Settings(settings))
        self.folder = folder
        self.writer = WarcWriter(self._settings, [("software", "test")], on_failure=self.failures.append)

    def exchange(self, number: int, size: int = 1000, body: bytes | None = None) -> Exchange:
        url = f"http://127.0.0.1/{number}"
        made = Exchange(Context(url=url, method="GET"), Connection(serial=1, plain=True), self._settings)
        made.request.write(b"GET / HTTP/1.1\r\n\r\n")
        body = (b"%d " % number) * size if body is None else body
        made.received(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        made.finish(b"")
        made.close()
        return made

    @property
    def on_disk(self) -> int:
        return sum(path.stat().st_size for path in self.folder.glob("*.open"))

    def urls(self) -> list[str]:
        return [event.url for event in read_archive([self.folder]) if isinstance(event, Capture)]


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[Writing]:
    found = Writing(tmp_path)
    yield found
    if found.writer.failure is None:
        found.writer.close(ENDING)


def urls(*numbers: int) -> list[str]:
    return [f"http://127.0.0.1/{number}" for number in numbers]


def test_what_is_submitted_is_written_in_order_whatever_its_size(writing: Writing) -> None:
    sizes = [10, 400_000, 1_000, 3_000_000, 10, 70_000, 900_000]  # in memory and on disk
    for number, size in enumerate(sizes):
        writing.writer.submit(writing.exchange(number, size))
    writing.writer.close(ENDING)
    assert writing.urls() == urls(*range(len(sizes)))
    bodies = [
        event.payload() for event in read_archive([writing.folder]) if isinstance(event, Capture) and event.payload
    ]
    assert bodies == [(b"%d " % number) * size for number, size in enumerate(sizes)]
    assert verify_archive(writing.folder, writing.folder / "manifest-sha256.txt", None) == []


def test_what_was_written_is_in_the_archive_although_the_crawl_is_killed(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    recover(tmp_path, tmp_path / "manifest-sha256.txt")
    found = [event.url for event in read_archive([tmp_path]) if isinstance(event, Capture)]
    assert found == urls(*range(300))
    assert verify_archive(tmp_path, tmp_path / "manifest-sha256.txt", None) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.archive_write.test_writer import Writing
writing = Writing(Path(sys.argv[1]))
for number in range(300):
    writing.writer.submit(writing.exchange(number, size=3000))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_disk_that_takes_no_more_ends_the_archive_behind_its_last_whole_record(writing: Writing) -> None:
    writing.writer.submit(writing.exchange(1, 1, random.Random(1).randbytes(1_000_000)))
    whole = writing.on_disk
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (whole + 5_000, before[1]))
        with pytest.raises(ArchiveFailedError):
            writing.writer.submit(writing.exchange(2, 1, random.Random(2).randbytes(100_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert isinstance(writing.failures[0], OSError)
    with pytest.raises(ArchiveFailedError):
        writing.writer.submit(writing.exchange(3))
    with pytest.raises(ArchiveFailedError):
        writing.writer.close(ENDING)
    assert writing.on_disk == whole
    recover(writing.folder, writing.folder / "manifest-sha256.txt")
    assert writing.urls() == urls(1)


def test_on_a_full_disk_what_has_come_is_written_and_the_crawl_has_not_ended(small_disk: Path) -> None:
    writing = Writing(small_disk)
    writing.writer.submit(writing.exchange(0))
    with (small_disk / "others").open("wb", buffering=0) as others, contextlib.suppress(OSError):
        while True:
            others.write(bytes(4096))
    bodies = [random.Random(number).randbytes(20_000) for number in range(1, 31)]  # under RESERVE together
    for number, body in enumerate(bodies, 1):
        made = writing.exchange(number, 1, body)
        with contextlib.suppress(ArchiveFailedError):
            writing.writer.submit(made)
    assert writing.failures
    with pytest.raises(ArchiveFailedError, match=r"No space left|disk is full|disk I/O error"):
        writing.writer.close(ENDING)
    assert [found.torn_bytes for found in recover(small_disk, small_disk / "manifest-sha256.txt")] == [0]
    assert writing.urls() == urls(*range(31))
    assert verify_archive(small_disk, small_disk / "manifest-sha256.txt", None) == []
    assert not any(isinstance(event, CrawlEnd) for event in read_archive([small_disk]))


def test_an_exchange_that_cannot_be_read_ends_the_crawl_and_what_came_before_stays(
    writing: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing.writer.submit(writing.exchange(0))
    monkeypatch.setattr(Exchange, "request_block", fail)
    with pytest.raises(ArchiveFailedError, match="the spool is gone"):
        writing.writer.submit(writing.exchange(1))
    with pytest.raises(ArchiveFailedError, match="the spool is gone"):
        writing.writer.close(ENDING)
    recover(writing.folder, writing.folder / "manifest-sha256.txt")
    assert writing.urls() == urls(0)
    assert verify_archive(writing.folder, writing.folder / "manifest-sha256.txt", None) == []


def fail(_: object) -> None:
    raise OSError("the spool is gone")
