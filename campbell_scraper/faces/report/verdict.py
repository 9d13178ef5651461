"""After a crawl: its report written, its assertions judged, and what broke in one sentence."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING

import click

from campbell_scraper.errors import AssertionFailed, CampbellError

from .assertions import broken, check, open_view
from .run_report import write_run_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campbell_scraper.folder import DataFolder

    from .assertions import Verdict

logger = logging.getLogger(__name__)

_SHOWN = 30
"""Subjects of one assertion that are named; the report has the rest."""


def judge_run(folder: DataFolder, crawl_id: str) -> list[Verdict]:
    """Write the run's report, and log and return the assertions that do not hold."""
    try:
        with closing(open_view(folder.database)) as connection:
            verdicts = check(connection, crawl_id)
    except CampbellError as error:
        logger.warning("%s", error)
        return []
    page = write_run_report(folder, crawl_id, verdicts)
    if page is not None:
        logger.info("Report: %s", page)
    else:
        click.echo(f"The report of crawl {crawl_id} could not be written; campbell report makes it anew.", err=True)
    found = broken(verdicts)
    for verdict in found:
        logger.error("Assertion %s does not hold: %s", verdict.name, verdict)
    return found


def failed_assertions(crawl_id: str, found: Sequence[Verdict]) -> AssertionFailed:
    """Return the error that says what broke, in which crawl, with three pages for each assertion."""
    # Of one assertion's subjects the first shows pages, since they are mostly the same; the others are named.
    subjects: dict[str, list[Verdict]] = {}
    for verdict in found:
        subjects.setdefault(verdict.name, []).append(verdict)
    shown: list[str] = []
    for first, *others in subjects.values():
        names = ", ".join(other.subject for other in others[:_SHOWN])
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        shown.append(f"{first}{f', likewise {names}{more}' if names else ''}")
    return AssertionFailed(f"Crawl {crawl_id} finished, but {'; '.join(shown)}.")
