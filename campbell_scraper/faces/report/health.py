"""Did it break? The last run judged: its assertions, whether it is complete, how long ago the last good one was."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from campbell_scraper.view.exclusions import addresses, excluded, without_addresses
from campbell_scraper.view.judging.assertions import broken, check
from campbell_scraper.view.judging.held_runs import accepted, held_back

from . import runs

if TYPE_CHECKING:
    import sqlite3

    from campbell_scraper.folder import DataFolder
    from campbell_scraper.view.judging.assertions import Verdict

SHOWN_RUNS = 10
_REASONS = 5
"""Reasons of one kind that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the last runs tell of a data folder."""

    recent: list[runs.Run]
    """The newest runs that were judged, the last first."""
    verdicts: dict[str, list[Verdict]]
    """Of each of them, by crawl_id."""
    last: runs.Run | None
    """The run that is judged: the last crawl, but for one that is under way."""
    under_way: runs.Run | None
    last_good: runs.Run | None
    """The last finished run that read every list and passed all checks, or was accepted."""
    accepted: dict[str, str]
    """The runs that a person accepted whatever they failed, each with the reason given."""
    held: frozenset[str]
    """The runs that people do not see."""
    hidden: list[str]
    """Addresses of excluded reviews."""
    now: datetime
    max_age: float | None
    """Seconds that may have passed since the last good run."""

    @property
    def problems(self) -> list[str]:
        """Why the answer is "it broke", a sentence each; empty after a good run that is recent enough."""
        problems = []
        if self.last is not None and self.last.crawl_id not in self.accepted:
            failed = broken(self.verdicts[self.last.crawl_id])
            problems += [f"{verdict.name}: {verdict.says}" for verdict in failed[:_REASONS]]
            if len(failed) > _REASONS:
                problems.append(f"{len(failed) - _REASONS} more checks failed")
            if self.last.status != "finished":
                problems.append(f"the last run did not finish ({self.last.status})")
            if not any(verdict.name == "lists" for verdict in failed):
                problems += [f"discovery was incomplete: {reason}" for reason in self.last.gaps[:_REASONS]]
        if self.max_age is not None:
            age = self.age_of(self.last_good)
            if age is None:
                problems.append("there was no good run yet" if self.last is not None else "there was no run yet")
            elif age > self.max_age:
                problems.append(
                    f"the last good run ended {rounded_span(age)} ago; --max-age is {rounded_span(self.max_age)}"
                )
        shown: list[str] = without_addresses(problems, self.hidden)
        return shown

    def age_of(self, run: runs.Run | None) -> float | None:
        """Return the seconds since a run ended, or since it began if its end is not known."""
        if run is None:
            return None
        ended = run.ended_at or runs.time_at(run.started_at)
        return None if ended is None else (self.now - ended).total_seconds()

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        status = {
            "ok": not self.problems,
            "problems": self.problems,
            "last_run": self._run_as_json(self.last),
            "last_good_run": self._run_as_json(self.last_good),
            "under_way": self._run_as_json(self.under_way),
            "held_back": sorted(self.held),
            "max_age_seconds": self.max_age,
            "checked_at": moment(self.now),
        }
        shown: dict[str, Any] = without_addresses(status, self.hidden)
        return shown

    def _run_as_json(self, run: runs.Run | None) -> dict[str, Any] | None:
        if run is None:
            return None
        failed = [
            {"name": verdict.name, "subject": verdict.subject, "says": verdict.says, "urls": list(verdict.urls)}
            for verdict in broken(self.verdicts[run.crawl_id])
        ]
        times = {"seconds": run.seconds, "age_seconds": self.age_of(run)}
        return asdict(run) | times | {"alarms": failed, "accepted": run.crawl_id in self.accepted}


def health(
    connection: sqlite3.Connection, folder: DataFolder, max_age: float | None = None, *, to_good: bool = False,
    is_busy: bool = False,
) -> Health:  # fmt: skip
    """Judge the last runs of a data folder's database; with ``to_good`` none before the last good one.

    ``is_busy`` says that a run is known to work there, on whatever machine.
    """
    recent = runs.runs(connection, SHOWN_RUNS)
    crawls = [run for run in recent if run.source]  # the others are archives that `campbell add` took in
    under_way = crawls[0] if crawls and crawls[0].status == "running" and (is_busy or folder.is_busy) else None
    ended = [run for run in crawls if run is not under_way]
    trusted = accepted(folder)
    verdicts: dict[str, list[Verdict]] = {}
    last_good = None
    for run in recent:
        verdicts[run.crawl_id] = check(connection, run.crawl_id)
        is_good = run.crawl_id in trusted or not (run.gaps or broken(verdicts[run.crawl_id]))
        if last_good is None and run in ended and run.status == "finished" and is_good:
            last_good = run
            if to_good:
                break
    return Health(
        recent=[run for run in recent if run.crawl_id in verdicts], verdicts=verdicts,
        last=ended[0] if ended else None, under_way=under_way, last_good=last_good,
        accepted=trusted, held=held_back(connection, folder),
        hidden=addresses(connection, excluded(folder)), now=datetime.now(UTC), max_age=max_age,
    )  # fmt: skip


def rounded_span(seconds: float) -> str:
    """Return a length of time in whole units of the one that fits.

    >>> rounded_span(90), rounded_span(7200), rounded_span(200_000)
    ('90 s', '2 h', '2 days')
    """
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def moment(at: datetime | None) -> str | None:
    """Return a time as JSON has it: ISO 8601 in UTC with Z."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
