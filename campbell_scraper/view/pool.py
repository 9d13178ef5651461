"""Processes that read pages for a rebuild, watched: one that dies or hangs costs its page, not the run.

Pages are somebody else's input, and libxml2 is C: a page that kills its reader, or keeps it busy for ever, must be
named and passed over.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import queue
import signal
import stat
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

PAGE_SECONDS = 60.0
"""Time one page may take; a PDF gives up by itself before (``pdf.MAX_SECONDS``)."""
START_SECONDS = 120.0
"""Time a process may take to start, on a machine that has much else to do."""
AHEAD = 8
"""Lists of jobs that a worker may have before it, the one it works on among them: as many as it takes that no other
stands idle while one is behind."""

Job = TypeVar("Job")
Answer = TypeVar("Answer")


class WorkerFailed(Exception):
    """The system refuses processes, or one ended before it could read any page."""


@dataclass(slots=True)
class _Worker(Generic[Job]):
    process: BaseProcess
    connection: Connection
    batches: deque[Sequence[Job]] = field(default_factory=deque)
    ready: bool = False
    """Whether it has said that it runs."""
    since: float = 0.0
    """When it began with the first of its batches (``time.monotonic``)."""


class Workers(Generic[Job, Answer]):
    """``count`` processes, each working through lists of jobs with ``work``, a module's function.

    Answers come in no particular order. A job that ends its worker, or takes longer than ``page_seconds``, is answered
    by ``failed(job, reason)``; the jobs sent with it are done again, one by one. Use it as a context manager.

    ``preload`` names modules that are imported once for all workers: in this process, of which they are then forks,
    or, where other threads of Python run, of which a fork would have the locks but not the keys, in a server of forks
    that takes seconds to start. (numpy's own threads mind forks.)
    """

    def __init__(
        self,
        count: int,
        work: Callable[[Job], Answer],
        failed: Callable[[Job, str], Answer],
        *,
        page_seconds: float = PAGE_SECONDS,
        preload: Sequence[str] = (),
    ) -> None:
        self._work = work
        self._failed = failed
        self._page_seconds = page_seconds
        self._preload = list(preload)
        self._workers: list[_Worker[Job]] = []
        self._ready: deque[Answer] = deque()
        for _ in range(count):
            self._workers.append(self._start())

    def __enter__(self) -> Workers[Job, Answer]:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._workers)

    def close(self) -> None:
        """End all processes."""
        for worker in self._workers:
            _end(worker)
        self._workers.clear()

    def send(self, preferred: int, jobs: Sequence[Job]) -> None:
        """Give jobs to the worker ``preferred`` (a number below ``len(self)``), which may know what is like them.

        Waits while it has enough to do; another gets them only if it has nothing.
        """
        while len(self._workers[preferred].batches) >= AHEAD:
            idle = next((number for number, worker in enumerate(self._workers) if not worker.batches), None)
            if idle is not None:
                preferred = idle
                break
            self._wait()
        self._hand(preferred, jobs)

    def answers(self, *, until_done: bool = False) -> Iterator[Answer]:
        """Give the answers that are there; with ``until_done`` wait for all of them."""
        while True:
            self._collect(0.0)
            while self._ready:
                yield self._ready.popleft()
            if not until_done or not any(worker.batches for worker in self._workers):
                return
            self._wait()

    def _hand(self, number: int, jobs: Sequence[Job]) -> None:
        worker = self._workers[number]
        if not worker.batches:
            worker.since = time.monotonic()
        worker.batches.append(jobs)
        # A worker that is dead is found so when its answers are read, with all of its batches.
        with suppress(OSError):
            worker.connection.send(jobs)

    def _wait(self) -> None:
        self._collect(min(self._page_seconds / 4, 1.0))

    def _collect(self, seconds: float) -> None:
        """Take the answers that come within ``seconds``, at least one batch if there is one; replace who failed."""
        by_connection = {worker.connection: number for number, worker in enumerate(self._workers) if worker.batches}
        for connection in wait(list(by_connection), seconds):
            number = by_connection[connection]  # type: ignore[index] # only connections were given
            worker = self._workers[number]
            try:
                answers = worker.connection.recv()
            except (EOFError, OSError):
                worker.process.join(5)
                self._replace(number, f"the process that read it ended (exit code {worker.process.exitcode})")
                continue
            if not worker.ready:
                worker.ready, worker.since = True, time.monotonic()
                continue
            worker.batches.popleft()
            worker.since = time.monotonic()
            self._ready.extend(answers)
        now = time.monotonic()
        for number, worker in enumerate(self._workers):
            limit = self._page_seconds if worker.ready else START_SECONDS
            if worker.batches and now - worker.since > limit and not worker.connection.poll():
                self._replace(number, f"not read within {limit:g} seconds")

    def _replace(self, number: int, reason: str) -> None:
        """Start another worker in the place of one that failed, and find out which page it was.

        Raises:
            WorkerFailed: it never got to a page.

        """
        failed = self._workers[number]
        _end(failed, at_once=True)
        if not failed.ready:
            del self._workers[number]
            raise WorkerFailed(f"a process to read pages did not start: {reason}")
        worker = self._workers[number] = self._start()
        first = failed.batches.popleft()
        if len(first) == 1:
            self._ready.append(self._failed(first[0], reason))
        else:
            failed.batches.extendleft([job] for job in first)
        for jobs in failed.batches:
            self._hand(number, jobs)
        worker.since = time.monotonic()

    def _start(self) -> _Worker[Job]:
        ours, theirs = multiprocessing.Pipe()
        process: BaseProcess
        if _may_fork():
            for name in self._preload:
                importlib.import_module(name)
            inherited = [ours, *(worker.connection for worker in self._workers)]
            process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs, self._work, inherited))
        else:
            server = multiprocessing.get_context("forkserver")
            server.set_forkserver_preload(self._preload)
            process = server.Process(target=_serve, args=(theirs, self._work, []))
        try:
            process.start()
        except OSError as error:
            raise WorkerFailed(f"no process to read pages can be started: {error}") from error
        theirs.close()
        return _Worker(process, ours)


def _may_fork() -> bool:
    """Tell whether a fork of this process would be whole; what macOS brings along does not bear one."""
    return sys.platform == "linux" and threading.active_count() == 1


def _let_go_of_files() -> None:
    """Let go of files that a fork has inherited: a page without end must not keep the lock of a run that was killed."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for entry in Path("/proc/self/fd").iterdir():
        descriptor = int(entry.name)
        with suppress(OSError):
            if descriptor > 2 and stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.dup2(nothing, descriptor)  # the number stays taken: somebody's object still has it


def _end(worker: _Worker[Any], *, at_once: bool = False) -> None:
    """End a process: by closing its pipe, or by force if that is asked or does not help."""
    if at_once:
        worker.process.kill()
    worker.connection.close()
    worker.process.join(10)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()
    worker.process.close()


def _serve(connection: Connection, work: Callable[[Job], Any], inherited: Sequence[Connection]) -> None:
    """Work through lists of jobs until the other end closes the pipe, which takes closing what was inherited of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who started this process obeys it, and closes the pipe
    for one in inherited:
        one.close()
    if inherited:
        _let_go_of_files()
    waiting: queue.SimpleQueue[Sequence[Job]] = queue.SimpleQueue()

    def receive() -> None:
        # Taken off the pipe at once: if both ends waited for the other to read, neither would ever.
        with suppress(EOFError, OSError):
            while True:
                waiting.put(connection.recv())
        os._exit(0)  # nobody waits for answers

    threading.Thread(target=receive, daemon=True).start()
    connection.send(None)
    # Pages make no cycles to speak of; looking for them after every 700 objects takes a tenth of the time.
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
    while True:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.send([work(job) for job in waiting.get()])
