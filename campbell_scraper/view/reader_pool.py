"""Watched processes that read lists of pages, and name each page that cannot be read."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from campbell_scraper.archive.watched_processes import UnreadableError, WatchedProcesses, answer_of
from campbell_scraper.errors import Unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PAGE_SECONDS = 60.0
"""Time that a list of pages, and after a failure each of them, may take."""
_AHEAD = 4
"""Lists of jobs that may wait for each process."""
PAGE_OBJECTS = "campbell_scraper.view.preloaded_modules"
_FACT_RULES = "campbell_scraper.reading.facts.fact_engine"
"""Its expressions take as long to compile as all the rest to load."""

Job = TypeVar("Job")
Answer = TypeVar("Answer")


class ReaderPool(Generic[Job, Answer]):
    """``workers`` processes that apply ``work``, a module's function, to lists of jobs.

    Answers come in no particular order. If a list ends its process or takes longer than ``seconds``, its jobs are done
    again, one by one; a job that fails again is answered by ``failed(job, reason)``. Use it as a context manager.
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
        self._processes = WatchedProcesses(workers, PAGE_OBJECTS, _FACT_RULES)
        self._pending: dict[Future[list[Answer]], tuple[Sequence[Job], bool]] = {}
        """Jobs under way, and whether this is their second try."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._processes.close()

    def send(self, jobs: Sequence[Job]) -> Iterator[Answer]:
        """Have jobs done; yield answers of earlier ones while the processes have enough to do.

        Raises:
            Unfinished: a job ran out of memory twice: that is the machine's failure, not the page's.

        """
        self._schedule(jobs)
        while len(self._pending) > self._most:
            yield from self._collect()

    def rest(self) -> Iterator[Answer]:
        """Yield all answers that are still to come. Raises Unfinished as :meth:`send` does."""
        while self._pending:
            yield from self._collect()

    def _schedule(self, jobs: Sequence[Job], *, is_again: bool = False) -> None:
        self._pending[self._processes.start(self._seconds, _answers, self._work, jobs)] = jobs, is_again

    def _collect(self) -> Iterator[Answer]:
        done, _ = wait(self._pending, return_when=FIRST_COMPLETED)
        for future in done:
            jobs, is_again = self._pending.pop(future)
            try:
                yield from answer_of(future, self._seconds)
            except (UnreadableError, MemoryError) as error:
                if not is_again:
                    for job in jobs:
                        self._schedule([job], is_again=True)
                elif isinstance(error, MemoryError):
                    what = "A process that reads pages had too little memory, twice"
                    raise Unfinished(f"{what}; what was stored before is safe.") from error
                else:
                    yield self._failed(jobs[0], str(error))


def _answers(work: Callable[[Job], Answer], jobs: Sequence[Job]) -> list[Answer]:
    return [work(job) for job in jobs]
