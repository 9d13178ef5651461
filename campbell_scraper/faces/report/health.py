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
        found = []
        if self.last is not None and self.last.crawl_id not in self.accepted:
            failed = broken(self.verdicts[self.last.crawl_id])
            found += [f"{one.name}: {one.says}" for one in failed[:_REASONS]]
            if len(failed) > _REASONS:
                found.append(f"{len(failed) - _REASONS} more checks failed")
            if self.last.status != "finished":
                found.append(f"the last run did not finish ({self.last.status})")
            if not any(one.name == "lists" for one in failed):
                found += [f"discovery was incomplete: {reason}" for reason in self.last.gaps[:_REASONS]]
        if self.max_age is not None:
            age = self.age_of(self.last_good)
            if age is None:
                found.append("there was no good run yet" if self.last is not None else "there was no run yet")
            elif age > self.max_age:
                found.append(f"the last good run ended {rounded_span(age)} ago, more than {rounded_span(self.max_age)}")
        told: list[str] = without_addresses(found, self.hidden)
        return told

    def age_of(self, one: runs.Run | None) -> float | None:
        """Return the seconds since a run ended, or began, if nobody saw its end."""
        if one is None:
            return None
        ended = one.ended_at or (datetime.fromisoformat(one.started_at) if one.started_at else None)
        return None if ended is None else (self.now - ended).total_seconds()

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        found = {
            "ok": not self.problems,
            "problems": self.problems,
            "last_run": self._told(self.last),
            "last_good_run": self._told(self.last_good),
            "under_way": self._told(self.under_way),
            "held_back": sorted(self.held),
            "max_age_seconds": self.max_age,
            "checked_at": moment(self.now),
        }
        told: dict[str, Any] = without_addresses(found, self.hidden)
        return told

    def _told(self, one: runs.Run | None) -> dict[str, Any] | None:
        if one is None:
            return None
        failed = [
            {"name": verdict.name, "subject": verdict.subject, "says": verdict.says, "urls": list(verdict.urls)}
            for verdict in broken(self.verdicts[one.crawl_id])
        ]
        times = {"seconds": one.seconds, "age_seconds": self.age_of(one)}
        return asdict(one) | times | {"alarms": failed, "accepted": one.crawl_id in self.accepted}


def health(
    connection: sqlite3.Connection, folder: DataFolder, max_age: float | None = None, *, to_good: bool = False,
    is_busy: bool = False,
) -> Health:  # fmt: skip
    """Judge the last runs of a data folder's database; with ``to_good`` none before the last good one.

    ``is_busy`` says that a run is known to work there, on whatever machine.
    """
    recent = runs.runs(connection, SHOWN_RUNS)
    crawls = [one for one in recent if one.source]  # the others are archives that `campbell add` took in
    under_way = crawls[0] if crawls and crawls[0].status == "running" and (is_busy or folder.is_busy) else None
    ended = [one for one in crawls if one is not under_way]
    trusted = accepted(folder)
    verdicts: dict[str, list[Verdict]] = {}
    last_good = None
    for one in recent:
        verdicts[one.crawl_id] = found = check(connection, one.crawl_id)
        holds_up = one.crawl_id in trusted or not (one.gaps or broken(found))
        if last_good is None and one in ended and one.status == "finished" and holds_up:
            last_good = one
            if to_good:
                break
    return Health(
        recent=[one for one in recent if one.crawl_id in verdicts], verdicts=verdicts,
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
