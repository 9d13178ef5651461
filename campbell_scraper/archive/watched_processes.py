"""Watched processes that read untrusted pages: a page that crashes or hangs its reader costs only that page.

libxml2 can crash, and a regular expression can run for ever. pebble supplies the processes; this module limits them.
"""

from __future__ import annotations

import faulthandler
import gc
import multiprocessing
import os
import resource
import signal
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from campbell_scraper.errors import CampbellError
from campbell_scraper.words import log_plainly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from multiprocessing.context import BaseContext

MAX_MEMORY: Final = 1 << 30
"""Bytes of address space that reading one page or PDF may take."""
_STATM: Final = Path("/proc/self/statm")
_GRACE: Final = 10.0
"""Seconds beyond twice the time limit of a call after which a process that nobody killed ends by itself."""

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class UnreadableError(Exception):
    """A process ended, took too long or raised an error while reading. The message says which."""


class WatchedProcesses:
    """Processes that call a module's functions.

    They start with the first call, with the modules ``preloaded`` imported.
    """

    def __init__(self, count: int, *preloaded: str) -> None:
        self._count, self._context = count, process_context(*preloaded)
        self._pool = self._new_pool()

    def start(
        self, seconds: float, function: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs
    ) -> Future[Answer]:
        """Start a call that may take ``seconds``; :func:`answer_of` waits for its result."""
        call = (function, args, kwargs, 2 * seconds + _GRACE)
        try:
            started: Future[Answer] = self._pool.schedule(_call, args=call, timeout=seconds)
        except RuntimeError:  # an idle process ended, and pebble's pool takes no more calls
            self.close()
            self._pool = self._new_pool()
            started = self._pool.schedule(_call, args=call, timeout=seconds)
        return started

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _new_pool(self) -> ProcessPool:
        return _QuietPool(self._count, initializer=_begin, context=self._context)


class _QuietPool(ProcessPool):
    """A pool that ends its processes before it closes what they share.

    Otherwise a process that is just starting in place of a killed one prints an error on stderr.
    """

    def _stop_pool(self) -> None:
        if self._pool_manager_loop is not None:
            self._pool_manager_loop.join()
        for worker in self._pool_manager.worker_manager.workers.values():
            worker.kill()
            worker.join()
        super()._stop_pool()  # type: ignore[no-untyped-call]


def process_context(*preloaded: str) -> BaseContext:
    """Return a context that starts processes without the files, locks and threads of this one.

    They are forks of a server that has imported the modules ``preloaded``; where the system cannot fork, new processes.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*preloaded])
    return context


def answer_of(future: Future[Answer], seconds: float) -> Answer:
    """Wait for a call, and return its result; ``seconds`` is the time limit it was started with, for the message.

    Raises:
        UnreadableError: its process ended, or was ended because it took longer, or it raised an error. MemoryError and
            CampbellError, which are not the page's fault, are raised as they are.

    """
    try:
        return future.result()
    except TimeoutError as error:
        raise UnreadableError(f"not read within {seconds:g} seconds") from error
    except ProcessExpired as error:
        raise UnreadableError(f"the process that read it ended (exit code {error.exitcode})") from error
    except BrokenProcessPool as error:
        raise UnreadableError("all processes that read ended") from error
    except (MemoryError, UnreadableError, CampbellError):
        raise
    except Exception as error:
        raise UnreadableError(f"{type(error).__name__}: {error}") from error


def _begin() -> None:
    """Set up a new process: Ctrl-C is for the process that started it; pages leave few cycles to collect."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log_plainly()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


def _call(function: Callable[..., Answer], args: tuple[object, ...], kwargs: dict[str, object], limit: float) -> Answer:
    """Call a function; a process whose owner was killed meanwhile ends by itself after ``limit`` seconds."""
    with ended_after(limit), limited_memory(2 * MAX_MEMORY):
        return function(*args, **kwargs)


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """End this process, whatever it is doing, unless the block is left within ``seconds``."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


@contextmanager
def limited_memory(size: int = MAX_MEMORY) -> Iterator[bool]:
    """Let this process take at most ``size`` more bytes of address space in the block; MemoryError is raised beyond.

    The limit holds for all threads of the process. Without ``/proc`` (not Linux) there is none. Yields True if this
    limit applies, False if a lower one or none does.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    is_own = _STATM.exists()
    if is_own:
        own = int(_STATM.read_text().split()[0]) * resource.getpagesize() + size
        lowest = min(limit for limit in (own, soft, hard) if limit != resource.RLIM_INFINITY)
        is_own = lowest == own
        resource.setrlimit(resource.RLIMIT_AS, (lowest, hard))
    try:
        yield is_own
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
