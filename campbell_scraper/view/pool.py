"""Processes that read pages, watched: a page that kills its reader or never ends costs that page, not the run.

Pages are somebody else's input, and libxml2 is C. The processes are pebble's; here are the rules of their use.
"""

from __future__ import annotations

import faulthandler
import gc
import multiprocessing
import os
import signal
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PAGE_SECONDS = 60.0
"""Time that a list of pages, and after a failure each of them, may take."""
_AHEAD = 4
"""Lists of jobs that each process may have before it."""
_GRACE = 10.0
"""Seconds after which a process that should long have been killed ends by itself."""
_PRELOADED = ["campbell_scraper.view.warm"]

Job = TypeVar("Job")
Answer = TypeVar("Answer")


class ReaderPool(Generic[Job, Answer]):
    """``workers`` processes that apply ``work``, a module's function, to lists of jobs.

    Answers come in no particular order. A job that ends its process, or takes longer than ``seconds``, is answered by
    ``failed(job, reason)``; the jobs sent with it are done again, one by one. Use it as a context manager.
    """

    def __init__(
        self,
        workers: int,
        work: Callable[[Job], Answer],
        failed: Callable[[Job, str], Answer],
        *,
        seconds: float = PAGE_SECONDS,
    ) -> None:
        self._work = work
        self._failed = failed
        self._seconds = seconds
        self._most = workers * _AHEAD
        # Forks of a server that has loaded everything and holds no files, locks or threads of this process.
        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        if "forkserver" in methods:
            context.set_forkserver_preload(_PRELOADED)
        self._pool = ProcessPool(workers, initializer=_begin, context=context)
        self._pending: dict[Future[list[Answer]], Sequence[Job]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def send(self, jobs: Sequence[Job]) -> Iterator[Answer]:
        """Have jobs done; yield answers of earlier ones while the processes have enough to do."""
        self._schedule(jobs)
        while len(self._pending) > self._most:
            yield from self._collect()

    def rest(self) -> Iterator[Answer]:
        """Yield all answers that are still to come."""
        while self._pending:
            yield from self._collect()

    def _schedule(self, jobs: Sequence[Job]) -> None:
        limit = self._seconds
        future = self._pool.schedule(_answers, args=(self._work, jobs, 2 * limit + _GRACE), timeout=limit)
        self._pending[future] = jobs

    def _collect(self) -> Iterator[Answer]:
        done, _ = wait(self._pending, return_when=FIRST_COMPLETED)
        for future in done:
            jobs = self._pending.pop(future)
            try:
                yield from future.result()
            except TimeoutError:
                yield from self._again(jobs, f"not read within {self._seconds:g} seconds")
            except ProcessExpired as error:
                yield from self._again(jobs, f"the process that read it ended (exit code {error.exitcode})")

    def _again(self, jobs: Sequence[Job], reason: str) -> Iterator[Answer]:
        if len(jobs) == 1:
            yield self._failed(jobs[0], reason)
            return
        for job in jobs:
            self._schedule([job])


def _begin() -> None:
    """Set a new process up: Ctrl-C is for the process that started it; pages leave few cycles to collect."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


def _answers(work: Callable[[Job], Answer], jobs: Sequence[Job], limit: float) -> list[Answer]:
    """Do jobs; a process whose owner was killed in mid-page ends by itself after ``limit`` seconds."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        faulthandler.dump_traceback_later(limit, exit=True, file=nowhere)
        try:
            return [work(job) for job in jobs]
        finally:
            faulthandler.cancel_dump_traceback_later()
