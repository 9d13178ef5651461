"""The writer and its process: order, waiting, and what becomes of what was sent when either of the two dies."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from scrapy.settings import Settings

from campbell_scraper.archive.capture import Capture, CrawlEnd, Event
from campbell_scraper.archive.files import being_written
from campbell_scraper.archive.listen.archive_settings import ArchiveSettings
from campbell_scraper.archive.listen.exchange import Connection, Context, Exchange, Recording
from campbell_scraper.archive.read.reader import read_archive
from campbell_scraper.archive.read.recovery import recover
from campbell_scraper.archive.verify import verify_archive
from campbell_scraper.archive.write.writer import ArchiveFailedError, Ending, WarcWriter

ROOT = Path(__file__).parent.parent.parent
ENDING = Ending(status="finished", info={}, log=lambda: iter([b""]), log_length=0)


class Sink:
    """Keeps URLs; waits in ``stored`` while ``free`` is not set."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.busy, self.free = threading.Event(), threading.Event()
        self.free.set()

    def stored(self, events: Sequence[Event]) -> None:
        self.busy.set()
        self.free.wait()
        self.urls += [event.url for event in events if isinstance(event, Capture)]

    def close(self) -> None:
        pass


class Writing:
    """A writer that runs, and what it said."""

    def __init__(self, folder: Path) -> None:
        self.sink = Sink()
        self.failures: list[BaseException] = []
        settings = {"ARCHIVE_DIR": str(folder), "ARCHIVE_FSYNC_INTERVAL": 0.05}
        self._settings = ArchiveSettings.from_settings(Settings(settings))
        self.folder = folder
        self.writer = WarcWriter(
            self._settings,
            [("software", "test")],
            "2026-01-01T00:00:00.000000Z",
            self.sink,
            on_failure=self.failures.append,
            on_room=lambda: None,
        )
        self.writer.start()

    def exchange(self, number: int, size: int = 1000, body: bytes | None = None) -> Exchange:
        recording = Recording(
            directory=self.folder, spool_size=1 << 20, max_body=0, digest=self._settings.digest, redact=None
        )
        url = f"http://127.0.0.1/{number}"
        made = Exchange(Context(url=url, method="GET"), Connection(serial=1, plain=True), recording)
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
    found.sink.free.set()
    if found.writer.failure is None:
        found.writer.close(ENDING)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.005)


def urls(*numbers: int) -> list[str]:
    return [f"http://127.0.0.1/{number}" for number in numbers]


def test_what_is_submitted_is_written_and_delivered_in_order_whatever_its_size(writing: Writing) -> None:
    sizes = [10, 400_000, 1_000, 3_000_000, 10, 70_000, 900_000]  # in memory, more than a pipe holds, on disk
    for number, size in enumerate(sizes):
        writing.writer.submit(writing.exchange(number, size))
    writing.writer.close(ENDING)
    assert writing.urls() == writing.sink.urls == urls(*range(len(sizes)))
    bodies = [
        event.payload() for event in read_archive([writing.folder]) if isinstance(event, Capture) and event.payload
    ]
    assert bodies == [(b"%d " % number) * size for number, size in enumerate(sizes)]
    assert verify_archive(writing.folder, writing.folder / "manifest-sha256.txt", None) == []


def test_submit_does_not_wait_for_a_busy_sink(writing: Writing) -> None:
    writing.sink.free.clear()
    writing.writer.submit(writing.exchange(1))
    assert writing.sink.busy.wait(20)
    for number in range(2, 40):
        writing.writer.submit(writing.exchange(number, size=100_000 if number % 3 == 0 else 100))
    assert writing.sink.urls == []
    writing.sink.free.set()
    writing.writer.close(ENDING)
    assert writing.urls() == writing.sink.urls == urls(*range(1, 40))


def test_what_was_sent_is_written_although_the_crawl_is_killed(tmp_path: Path) -> None:
    sent = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert sent.returncode == -signal.SIGKILL
    wait_for(lambda: bool(list(tmp_path.glob("*.open"))) and not being_written(tmp_path))
    recover(tmp_path, tmp_path / "manifest-sha256.txt")
    found = [event.url for event in read_archive([tmp_path]) if isinstance(event, Capture)]
    assert found == urls(*range(30))


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.archive_write.test_writer import Writing
writing = Writing(Path(sys.argv[1]))
for number in range(30):
    writing.writer.submit(writing.exchange(number, size=3000))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_are_the_crawls_to_obey(writing: Writing, name: str) -> None:
    for number in range(20):  # from its first moment on, while it starts
        writing.writer.process.send_signal(getattr(signal, name))
        writing.writer.submit(writing.exchange(number))
        time.sleep(0.01)
    writing.writer.close(ENDING)
    assert writing.urls() == urls(*range(20))


def test_a_crawl_whose_writing_process_dies_fails_and_says_so(writing: Writing) -> None:
    writing.writer.submit(writing.exchange(1))
    wait_for(lambda: writing.sink.urls == urls(1))
    writing.writer.process.kill()
    wait_for(lambda: bool(writing.failures))
    assert "the process that writes the archive has ended" in str(writing.failures[0])
    with pytest.raises(ArchiveFailedError):
        writing.writer.submit(writing.exchange(2))
    with pytest.raises(ArchiveFailedError):
        writing.writer.close(ENDING)


def test_a_disk_that_takes_no_more_ends_the_archive_behind_its_last_whole_record(writing: Writing) -> None:
    writing.writer.submit(writing.exchange(1))
    wait_for(lambda: writing.sink.urls == urls(1))
    whole = writing.on_disk
    resource.prlimit(writing.writer.process.pid, resource.RLIMIT_FSIZE, (whole + 5_000, whole + 5_000))
    body = random.Random(1).randbytes(100_000)
    writing.writer.submit(writing.exchange(2, 1, body))
    wait_for(lambda: bool(writing.failures))
    assert isinstance(writing.failures[0], OSError)
    with pytest.raises(ArchiveFailedError):
        writing.writer.submit(writing.exchange(3))
    with pytest.raises(ArchiveFailedError):
        writing.writer.close(ENDING)
    assert writing.on_disk == whole
    assert writing.sink.urls == urls(1)


def test_on_a_full_disk_what_has_come_is_written_and_the_crawl_has_not_ended(small_disk: Path) -> None:
    writing = Writing(small_disk)
    writing.writer.submit(writing.exchange(0))
    wait_for(lambda: writing.sink.urls == urls(0))
    with (small_disk / "others").open("wb", buffering=0) as others, contextlib.suppress(OSError):
        while True:
            others.write(bytes(4096))
    bodies = [random.Random(number).randbytes(20_000) for number in range(1, 31)]  # under RESERVE together
    for number, body in enumerate(bodies, 1):
        made = writing.exchange(number, 1, body)
        with contextlib.suppress(ArchiveFailedError):
            writing.writer.submit(made)
    wait_for(lambda: bool(writing.failures))
    with pytest.raises(ArchiveFailedError, match="No space left"):
        writing.writer.close(ENDING)
    assert [found.torn_bytes for found in recover(small_disk, small_disk / "manifest-sha256.txt")] == [0]
    assert writing.urls() == urls(*range(31))
    assert verify_archive(small_disk, small_disk / "manifest-sha256.txt", None) == []
    assert not any(isinstance(event, CrawlEnd) for event in read_archive([small_disk]))


def test_an_exchange_that_cannot_be_sent_holds_up_nothing(writing: Writing, monkeypatch: pytest.MonkeyPatch) -> None:
    writing.writer.submit(writing.exchange(0))
    bad = writing.exchange(1)
    with monkeypatch.context() as patch:
        patch.setattr(Exchange, "request_block", fail)
        with pytest.raises(OSError, match="no space in the database"):
            writing.writer.submit(bad)
    writing.writer.submit(writing.exchange(2))
    writing.writer.close(ENDING)
    assert writing.urls() == writing.sink.urls == urls(0, 2)


def test_a_sink_that_fails_ends_the_crawl_and_what_was_sent_is_in_the_archive(writing: Writing) -> None:
    writing.sink.stored = fail  # type: ignore[method-assign,assignment]
    for number in range(20):
        writing.writer.submit(writing.exchange(number, size=30_000))
    wait_for(lambda: bool(writing.failures))
    with pytest.raises(ArchiveFailedError):
        writing.writer.close(ENDING)
    recover(writing.folder, writing.folder / "manifest-sha256.txt")
    assert writing.urls() == urls(*range(20))


def fail(_: object) -> None:
    raise OSError("no space in the database")
