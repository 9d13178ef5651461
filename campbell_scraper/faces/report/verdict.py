"""Judges a run after the crawl, keeps the verdicts, and says in one sentence what failed."""

from __future__ import annotations

import logging
from contextlib import closing
from itertools import takewhile
from typing import TYPE_CHECKING

from campbell_scraper.errors import AssertionFailed
from campbell_scraper.faces.printing import say
from campbell_scraper.view.judging.assertions import broken, check, open_view

from . import runs
from .run_report import is_judged, keep_report

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from campbell_scraper.folder import DataFolder
    from campbell_scraper.view.judging.assertions import Verdict

logger = logging.getLogger(__name__)

_SHOWN = 30
"""Subjects of one assertion that are named; the report has the rest."""


def judge_runs(folder: DataFolder, crawl_id: str) -> dict[str, list[Verdict]]:
    """Judge a run, and those before it that were killed between their end and their judgement.

    What was found is kept in ``reports/``. Returns the failed checks by run, the oldest first.

    Raises:
        DamagedError: the database cannot be read.

    """
    failed: dict[str, list[Verdict]] = {}
    with closing(open_view(folder.newest)) as connection:
        for this in reversed([runs.run(connection, crawl_id), *_left_unjudged(connection, folder, crawl_id)]):
            verdicts = check(connection, this.crawl_id)
            try:
                keep_report(folder, connection, this, verdicts)
            except OSError as error:
                say(f"The report of crawl {this.crawl_id} could not be written ({error.strerror or error}).", err=True)
            for verdict in broken(verdicts):
                logger.error("Crawl %s failed the check %s: %s", this.crawl_id, verdict.name, verdict)
                failed.setdefault(this.crawl_id, []).append(verdict)
    return failed


def _left_unjudged(connection: sqlite3.Connection, folder: DataFolder, crawl_id: str) -> list[runs.Run]:
    """Return the finished runs since the last one that was judged, the newest first."""
    ours = [
        one for one in runs.runs(connection) if one.source and one.status == "finished" and one.crawl_id != crawl_id
    ]
    return list(takewhile(lambda one: not is_judged(folder, one), ours))


def failed_assertions(folder: DataFolder, failed: Mapping[str, Sequence[Verdict]]) -> AssertionFailed:
    """Return the error that says what broke, in which crawl, with three pages for each assertion.

    If people do not see these runs, it says how they would.
    """
    sentences = [_sentence(crawl_id, verdicts) for crawl_id, verdicts in failed.items()]
    if folder.held.is_file():
        command = f"campbell accept {list(failed)[-1]} --data {folder.root}"
        sentences.append(f"Readers still see the rows of the last good run; {command} shows them the new ones.")
    return AssertionFailed(" ".join(sentences))


def _sentence(crawl_id: str, verdicts: Sequence[Verdict]) -> str:
    # Of one assertion's subjects the first shows pages, since they are mostly the same; the others are named.
    subjects: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        subjects.setdefault(verdict.name, []).append(verdict)
    shown: list[str] = []
    for first, *others in subjects.values():
        names = ", ".join(other.subject for other in others[:_SHOWN])
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        shown.append(f"{first}{f', likewise {names}{more}' if names else ''}")
    return f"Crawl {crawl_id} finished, but {'; '.join(shown)}."
