"""A worker of a fleet: it takes names from the queue, and crawls each library in a process of its own.

A message may come twice: after a worker was killed, or because two sent it. That harms nothing. The folder's lock lets
one crawl work at a time, a crawl that was killed is resumed from its archive, and a message is done with when a good
run has ended since it was sent, or the library is not due any more.
"""

from __future__ import annotations

import fcntl
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from dramatiq import Worker, actor
from dramatiq.errors import Retry
from dramatiq.middleware import CurrentMessage, Retries

from campbell_scraper.errors import CampbellError, Exit, Unfinished, UsageError
from campbell_scraper.faces.printing import say
from campbell_scraper.view.following import catch_up, locked

from .fleet_file import read_fleet
from .fleet_queue import ACTOR, QUEUE, REASON, FleetQueue
from .fleet_status import judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .fleet_file import Fleet, Library

_HOPELESS: Final = {Exit.USAGE, Exit.DAMAGED}
"""Exit codes after which a retry is useless until somebody has mended something."""
_LONGEST_PAUSE: Final = 86_400
_LOOK_AGAIN: Final = 30.0
"""Seconds until a busy host or folder is looked at again, if the fleet's pause is not shorter."""
_HOSTS: Final = ".fleet-hosts"
"""The folder of lock files beside ``fleet.toml``."""


class CrawlFailed(Retry):
    """A crawl did not end well; the message is the sentence it ended with."""

    def __init__(self, sentence: str, *, may_mend: bool) -> None:
        super().__init__(sentence)
        self.may_mend = may_mend


class FleetWorker:
    """Takes messages and crawls, some at once, until it is stopped."""

    def __init__(self, fleet: Fleet, crawls: int) -> None:
        """Make a worker that crawls so many libraries at once; ``fleet.toml`` is read again for each message."""
        self._file = fleet.file
        self._pause = min(fleet.pause, _LOOK_AGAIN)
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = threading.Event()
        self._queue = FleetQueue(fleet.redis, [CurrentMessage(), Retries()])
        actor(
            broker=self._queue.broker, queue_name=QUEUE, actor_name=ACTOR,
            min_backoff=int(fleet.pause * 1000), max_backoff=_LONGEST_PAUSE * 1000,
            retry_when=lambda tries, error: tries < fleet.retries and getattr(error, "may_mend", True),
        )(self._take)  # fmt: skip
        self._worker = Worker(self._queue.broker, worker_threads=crawls)
        self._worker.queue_prefetch = crawls  # what is fetched beyond would wait here while other workers are idle

    def run(self) -> None:
        """Take messages until :meth:`stop`; crawls under way are then interrupted, and their messages go back."""
        self._worker.start()
        self._stopped.wait()
        with self._lock:
            for crawl in self._running:
                crawl.send_signal(signal.SIGINT)
        self._worker.stop()

    def stop(self) -> None:
        """End :meth:`run`."""
        self._stopped.set()

    def _take(self, name: str, *, is_named: bool) -> None:
        """Do what a message asks for.

        Raises:
            CrawlFailed: the crawl of the library did not end well.

        """
        message = CurrentMessage.get_current_message()
        assert message is not None
        try:
            code, sentence = self._done(name, message.message_timestamp, is_named=is_named)
        except CampbellError as error:
            code, sentence = error.exit_code, str(error)
        except (OSError, sqlite3.Error) as error:
            code, sentence = Exit.UNFINISHED, str(error)
        if code == Exit.LOCKED or (code != Exit.GOOD and self._stopped.is_set()):
            self._queue.broker.enqueue(message, delay=int(self._pause * 1000))
            return
        if sentence:
            say(f"{name}: {sentence}", err=True)
        if code != Exit.GOOD:
            message.options[REASON] = sentence
            raise CrawlFailed(sentence, may_mend=code not in _HOPELESS)

    def _done(self, name: str, sent: int, *, is_named: bool) -> tuple[int, str]:
        """Crawl a library if it is due, or named, and no good run has ended since ``sent`` (milliseconds).

        Returns the exit code and the sentence it ended with.

        Raises:
            CampbellError, OSError, sqlite3.Error: the crawl could not be started.

        """
        try:
            fleet = read_fleet(self._file)
        except UsageError as error:  # somebody is writing it
            raise Unfinished(str(error)) from error
        library = fleet.libraries.get(name)
        if library is None:
            return Exit.GOOD, f"{self._file} no longer names it"
        with _host_of(library, fleet) as held:
            if held is None:
                return Exit.LOCKED, ""
            last = judged(library)
            if last.may_lack_rows:
                with locked(library.folder, "campbell fleet work"):
                    catch_up(library.folder, library.stored_as)
                last = judged(library)
            is_done = last.last_good_at is not None and last.last_good_at.timestamp() * 1000 >= sent
            if is_done or not (last.is_due or is_named):
                return Exit.GOOD, ""
            return self._crawl(library, held)

    def _crawl(self, library: Library, held: IO[bytes]) -> tuple[int, str]:
        """Crawl a library, whose host's lock is held; return the exit code and the sentence it ended with."""
        say(f"{library.name}: {library.options.site} is crawled into {library.folder.root}", err=True)
        program = str(Path(sys.executable).with_name("campbell"))
        words = [program, "crawl", library.options.site, *library.options.words(), "--data", str(library.folder.root)]
        with tempfile.TemporaryFile() as stderr:
            with self._lock:
                if self._stopped.is_set():
                    return Exit.LOCKED, ""
                # Ctrl-C is for this process, which passes it on. The host's lock is the crawl's too: if this process is
                # killed, the crawl goes on, and no other one of the host begins.
                crawl = subprocess.Popen(  # noqa: S603 - our own words
                    words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=True,
                    pass_fds=[held.fileno()],
                )  # fmt: skip
                self._running.add(crawl)
            code = crawl.wait()
            with self._lock:
                self._running.discard(crawl)
            if code < 0:
                return code, f"the crawl was killed by signal {-code}"
            return code, "good" if code == Exit.GOOD else _last_sentence(stderr)


@contextmanager
def _host_of(library: Library, fleet: Fleet) -> Iterator[IO[bytes] | None]:
    """Lock a library's host while the block runs; yield the locked file, or None if another crawl of it has the lock.

    The lock is the file's, as that of a data folder is: it ends with the last process that holds it, however that ends,
    and needs no Redis.
    """
    place = fleet.file.parent / _HOSTS
    place.mkdir(exist_ok=True)
    with (place / f"{library.host}.lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield file


def _last_sentence(stderr: IO[bytes]) -> str:
    """Return what a crawl said at its end: its error, else its last line."""
    stderr.seek(0)
    lines = [line for line in reversed(stderr.read().decode("utf-8", "replace").split("\n")) if line.strip()]
    last = next((line for line in lines if line.startswith("Error: ")), lines[0] if lines else "it said nothing")
    return last.removeprefix("Error: ")
