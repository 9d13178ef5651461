"""Where an exchange is written: at once on the thread that submits it, unless that would mean to wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from scrapy.settings import Settings

from campbell_scraper.archive.capture import Capture, Event
from campbell_scraper.archive.exchange import Connection, Context, Exchange, Recording
from campbell_scraper.archive.options import ArchiveSettings
from campbell_scraper.archive.reader import read_archive
from campbell_scraper.archive.writer import ArchiveFailedError, Ending, WarcWriter

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

    def exchange(self, number: int, size: int = 1000) -> Exchange:
        recording = Recording(
            directory=self.folder, spool_size=1 << 20, max_body=0, digest=self._settings.digest, redact=None
        )
        url = f"http://127.0.0.1/{number}"
        made = Exchange(Context(url=url, method="GET"), Connection(serial=1, plain=True), recording)
        made.request.write(b"GET / HTTP/1.1\r\n\r\n")
        body = (b"%d " % number) * size
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


def test_a_small_exchange_is_with_the_system_when_submit_returns(writing: Writing) -> None:
    writing.writer.submit(writing.exchange(1))  # makes the file, which the writer's own thread does
    wait_for(lambda: writing.sink.urls == ["http://127.0.0.1/1"])
    for number in range(2, 6):
        before = writing.on_disk
        # Not while the thread syncs: it is then the thread's to write.
        wait_for(lambda: not writing.writer._writing.locked())
        writing.writer.submit(writing.exchange(number))
        assert writing.on_disk > before
        wait_for(lambda number=number: len(writing.sink.urls) == number)  # type: ignore[misc]
    writing.writer.close(ENDING)
    assert writing.urls() == [f"http://127.0.0.1/{number}" for number in range(1, 6)]


def test_submit_does_not_wait_for_a_busy_sink(writing: Writing) -> None:
    writing.sink.free.clear()
    writing.writer.submit(writing.exchange(1))
    assert writing.sink.busy.wait(20)
    for number in range(2, 40):
        writing.writer.submit(writing.exchange(number, size=100_000 if number % 3 == 0 else 100))
    assert writing.sink.urls == []
    writing.sink.free.set()
    writing.writer.close(ENDING)
    in_order = [f"http://127.0.0.1/{number}" for number in range(1, 40)]
    assert writing.urls() == in_order
    assert writing.sink.urls == in_order


def test_a_fault_on_the_submitting_thread_ends_the_archive_behind_its_last_whole_record(
    writing: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing.writer.submit(writing.exchange(1))
    wait_for(lambda: writing.sink.urls == ["http://127.0.0.1/1"])
    wait_for(lambda: not writing.writer._writing.locked())
    whole = writing.on_disk

    def torn(*_: object, **__: object) -> None:
        assert writing.writer._file is not None
        writing.writer._file.write(b"\x1f\x8b half a record")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.writer._assembler, "write", torn)
    writing.writer.submit(writing.exchange(2))
    assert [str(failure) for failure in writing.failures] == ["[Errno 28] No space left on device"]
    with pytest.raises(ArchiveFailedError):
        writing.writer.submit(writing.exchange(3))
    with pytest.raises(ArchiveFailedError):
        writing.writer.close(ENDING)
    assert writing.on_disk == whole
    assert writing.sink.urls == ["http://127.0.0.1/1"]
