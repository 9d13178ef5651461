"""Which runs people do not see yet: with ``--gate``, those since the last that was good or accepted."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Final, NamedTuple

from campbell_scraper.atomic_files import replacing
from campbell_scraper.view.decisions import read_decisions
from campbell_scraper.view.fold.vanished_fields import UNJUDGED

from .assertions import broken, check

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection

    from campbell_scraper.folder import DataFolder

FIELD: Final = "crawl-gate"
"""Field of the warcinfo record of a run with ``--gate``."""
_RUNS: Final = f"""SELECT crawl_id, status, info ->> '{FIELD}' IS NOT NULL, source = '{UNJUDGED}' FROM crawls
    WHERE source <> '' AND started_at IS NOT NULL ORDER BY 4, started_at DESC, crawl_id DESC"""  # noqa: S608 - constants


class _Run(NamedTuple):
    crawl_id: str
    status: str
    is_gated: bool
    is_restored: bool


def held_back(connection: sqlite3.Connection, folder: DataFolder) -> frozenset[str]:
    """Return the crawls that people do not see, by a database that has all runs (``folder.newest``).

    Those are the runs since the last one that was good or accepted, from the first with ``--gate`` on. Runs of the
    Wayback Machine neither mend nor hold back those of the site itself.
    """
    trusted = accepted(folder)
    held: list[_Run] = []
    runs = map(_Run._make, connection.execute(_RUNS).fetchall())
    for _, newest_first in groupby(runs, key=lambda run: run.is_restored):
        found = list(newest_first)
        if any(run.is_gated for run in found):
            found = list(takewhile(lambda run: not _is_good(connection, run, trusted), found))
            while found and not found[-1].is_gated:
                del found[-1]
            held += found
    return frozenset(run.crawl_id for run in held)


def _is_good(connection: sqlite3.Connection, run: _Run, trusted: Collection[str]) -> bool:
    return run.status == "finished" and (run.crawl_id in trusted or not broken(check(connection, run.crawl_id)))


def accepted(folder: DataFolder) -> dict[str, str]:
    """Return the crawls that ``accepted.csv`` names, each with the reason given."""
    return {row.get("crawl_id", ""): row.get("reason", "") for _, row in read_decisions(folder.accepted)}


def accept(folder: DataFolder, crawl_id: str, reason: str = "") -> None:
    """Add a run to ``accepted.csv``, unless it is there; the next derivation of the locked folder applies it."""
    lines = [row for _, row in read_decisions(folder.accepted)]
    if any(line.get("crawl_id") == crawl_id for line in lines):
        return
    lines.append({"crawl_id": crawl_id, "reason": reason, "when": f"{datetime.now(UTC):%Y-%m-%d}"})
    columns = dict.fromkeys(name for line in lines for name in line)
    with (
        replacing(folder.accepted) as fresh,
        fresh.open("w", encoding="utf-8", errors="replace", newline="") as file,
    ):
        table = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(lines)
