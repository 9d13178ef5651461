"""Parts made by the workers of a Dask scheduler: each range of a closed WARC file is one task.

Nothing is lost with a worker or the scheduler: a finished part is not made again, and the rebuild itself reads what has
no part.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from concurrent.futures import CancelledError
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING

import dask
from distributed import Client, LocalCluster, wait  # their annotations are partial

from campbell_scraper.archive.files import read_manifest
from campbell_scraper.archive.stored_files import closed_files
from campbell_scraper.errors import UsageError
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.database.extractor import reading_version
from campbell_scraper.view.database.store_errors import StoreError

from .kept_readings import KeptReadings
from .part_file import UNFIT, PartReader, number_of, parts_of
from .part_making import make_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from campbell_scraper.folder import DataFolder

    from .part_file import Part

logger = logging.getLogger(__name__)

LOCAL = "local"
"""In place of a scheduler's address: processes of this machine."""
_PATIENCE = 60.0
"""Seconds to wait for a scheduler to answer, and for one without workers to get one."""
_STEP = 2.0
_REFERRED = """SELECT r.warc_file, r.warc_offset, c.capture_id, c.warc_file, c.warc_offset FROM captures r
    JOIN captures c ON c.capture_id = r.refers_to WHERE r.outcome = 'revisit' AND r.kind <> 'requisite'"""


def keep_readings(folder: DataFolder, scheduler: str, workers: int, tell: Callable[[str], None]) -> KeptReadings:
    """Make the parts that a folder lacks on a scheduler (``tcp://HOST:PORT``, or ``local`` with ``workers`` processes).

    The workers must see the folder under the same path as this process. Parts that other code made, or that do not fit,
    are removed.

    Raises:
        UsageError: no scheduler answers there, or it has no worker.

    """
    folder.require_plain()
    digests, version = _listed(folder), reading_version()
    parts = [part for warc, sha256 in digests.items() for part in parts_of(warc.absolute(), sha256)]
    wanted = {part.path(folder.parts, version): part for part in parts}
    if lacking := [part for path, part in wanted.items() if not _fits(path)]:
        tell(f"asking the scheduler for {len(lacking):,} parts")
        with _client(scheduler, workers) as client:
            _make(client, _tasks(lacking, folder, digests, version), tell)
    for path in folder.parts.glob("*.parquet"):
        if path not in wanted:
            path.unlink()
    return KeptReadings(folder.parts, digests, version)


def _listed(folder: DataFolder) -> dict[Path, str]:
    """Return the SHA-256 of each closed WARC file that is in the manifest."""
    listed = read_manifest(folder.manifest)
    named = {path: path.relative_to(folder.root).as_posix() for path in closed_files(folder.archive)}
    return {path: listed[name] for path, name in named.items() if name in listed}


def _fits(path: Path) -> bool:
    """Tell whether a part is there; remove one that cannot be used."""
    try:
        PartReader(path).close()
    except FileNotFoundError:
        return False
    except UNFIT:
        path.unlink()
        return False
    return True


@contextmanager
def _client(scheduler: str, workers: int) -> Iterator[Client]:
    for name in ("distributed", "distributed.client"):  # what matters of their messages is logged here
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        if scheduler == LOCAL:
            # A worker that dies twice over a page would die again.
            stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": 1}))
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
            scheduler = stack.enter_context(cluster).scheduler_address
        try:
            client = stack.enter_context(Client(scheduler, timeout=_PATIENCE))
            client.wait_for_workers(1, timeout=_PATIENCE)
        except (OSError, ValueError, TimeoutError) as error:
            raise UsageError(f"No Dask scheduler with a worker answers at {scheduler}: {error}.") from error
        yield client


def _tasks(
    parts: list[Part], folder: DataFolder, digests: Mapping[Path, str], version: str
) -> dict[Part, tuple[object, ...]]:
    """Return the arguments with which :func:`make_part` makes each part."""
    referred = _referred(folder)
    tasks: dict[Part, tuple[object, ...]] = {}
    for part in parts:
        places = referred.get((part.warc.name, part.number), {})
        files = {part.warc, *(path for path, _ in places.values())}
        listed = {path.absolute(): sha256 for path, sha256 in digests.items() if path.absolute() in files}
        tasks[part] = part, folder.parts.absolute(), version, listed, places
    return tasks


def _make(client: Client, tasks: Mapping[Part, tuple[object, ...]], tell: Callable[[str], None]) -> None:
    """Have parts made; log what cannot be made, which is left to the rebuild."""
    asked = {client.submit(make_part, *arguments, pure=False): part for part, arguments in tasks.items()}
    last_alive = time.monotonic()
    try:
        while asked and time.monotonic() - last_alive < _PATIENCE:
            with suppress(TimeoutError):
                wait(list(asked), timeout=_STEP, return_when="FIRST_COMPLETED")
            for job in [job for job in asked if job.done()]:
                error = job.exception()
                part = asked.pop(job)
                if error is not None:
                    reason = str(error).partition(". ")[0]
                    logger.warning("A worker could not read %s, which is read here: %s", part.warc.name, reason)
            tell(f"{len(tasks) - len(asked):,} of {len(tasks):,} parts")
            if _has_workers(client):
                last_alive = time.monotonic()
    except CancelledError:
        pass  # distributed raises this for its futures when the scheduler is gone
    if asked:
        logger.warning("The scheduler or its workers are gone: the pages of %s parts are read here.", len(asked))


def _has_workers(client: Client) -> bool:
    try:
        return bool(client.nthreads())
    except (OSError, TimeoutError):
        return False


def _referred(folder: DataFolder) -> dict[tuple[str, int], dict[str, tuple[Path, int]]]:
    """Return, for each part (WARC file and number), where its revisits' payloads are, as far as the database knows."""
    found: dict[tuple[str, int], dict[str, tuple[Path, int]]] = {}
    with suppress(StoreError, sqlite3.Error), closing(open_readonly(folder.newest)) as connection:
        for name, offset, capture_id, holder, place in connection.execute(_REFERRED):
            known = found.setdefault((name, number_of(offset)), {})
            known[capture_id] = folder.archive.absolute() / holder, place
    return found
