"""What ran in a fleet, what is due, what broke: from the data folders, and from the queue what waits in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from campbell_scraper.errors import CampbellError
from campbell_scraper.faces.report.health import Health, health, moment, rounded_span
from campbell_scraper.faces.report.html_page import html_page
from campbell_scraper.faces.report.plain_console import PlainConsole
from campbell_scraper.view.exclusions import without_addresses
from campbell_scraper.view.judging.assertions import open_view

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .fleet_file import Fleet, Library
    from .fleet_queue import Queued

_LATE: Final = 2
"""How many times its schedule may pass before a library without a good run is called late."""
_SHOWN_RUNS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryStatus:
    """What is known of one library."""

    library: Library
    health: Health | None
    """As ``campbell status`` judges its folder; None if it was never crawled, or cannot be read."""
    unreadable: str = ""
    """Why it cannot be read."""
    message: Queued | None = None
    """What the queue has of it."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def last_good_at(self) -> datetime | None:
        """When the last good run ended."""
        good = self.health.last_good if self.health is not None else None
        return None if good is None else good.ended_at

    @property
    def due_at(self) -> datetime | None:
        """When it is due; None if it is due because there was no good run."""
        return None if self.last_good_at is None else self.last_good_at + timedelta(seconds=self.library.every)

    @property
    def is_due(self) -> bool:
        """Whether it is due now."""
        return self.due_at is None or self.due_at <= self.now

    @property
    def is_to_be_sent(self) -> bool:
        """Whether it is due and not in the queue; if it was given up, whether its schedule has passed since."""
        if self.message is None:
            return self.is_due
        until = self.message.given_up_at and self.message.given_up_at + timedelta(seconds=self.library.every)
        return until is not None and until <= self.now

    @property
    def may_lack_rows(self) -> bool:
        """Whether its last run may have been killed after its end, before its rows were derived."""
        last = self.health.last if self.health is not None else None
        return last is None or last.status == "running"

    @property
    def problems(self) -> list[str]:
        """Why the answer is "it broke", a sentence each."""
        if self.unreadable:
            return [self.unreadable]
        problems = []
        if self.message is not None and self.message.tries:
            what = "given up" if self.message.given_up_at else "to be tried again"
            times = "once" if self.message.tries == 1 else f"{self.message.tries} times"
            problems.append(f"{what}, it failed {times}: {self.message.reason}")
        if self.health is not None:
            problems += self.health.problems
            age = self.health.age_of(self.health.last_good)
            if age is not None and age > _LATE * self.library.every:
                every = rounded_span(self.library.every)
                problems.append(f"its last good run ended {rounded_span(age)} ago, and one is due every {every}")
        shown: list[str] = without_addresses(problems, self.health.hidden if self.health is not None else ())
        return shown

    @property
    def state(self) -> str:
        """The state of its message, else ``crawling``, ``due`` or ``idle``."""
        if self.message is not None:
            return self.message.state
        if self.health is not None and self.health.under_way is not None:
            return "crawling"
        return "due" if self.is_due else "idle"

    @property
    def waits_until(self) -> datetime | None:
        """When its message waits no longer, if it does."""
        return self.message.waits_until if self.message is not None else None

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values; ``status`` is what ``campbell status --json`` says of the folder."""
        one = self.library
        return {
            "name": one.name, "site": one.options.site, "source": one.options.source, "data": str(one.folder.root),
            "every_seconds": one.every, "state": self.state, "waits_until": moment(self.waits_until),
            "is_due": self.is_due, "due_at": moment(self.due_at), "problems": self.problems,
            "status": self.health.as_json() if self.health is not None else None,
        }  # fmt: skip


def judged(library: Library, message: Queued | None = None) -> LibraryStatus:
    """Judge a library by its data folder and what the queue has of it, unless a good run has ended since then."""
    judgement, unreadable = None, ""
    if library.folder.database.is_file():
        is_busy = message is not None and message.state == "crawling"
        try:
            with closing(open_view(library.folder.newest)) as connection:
                judgement = health(connection, library.folder, to_good=True, is_busy=is_busy)
        except (CampbellError, sqlite3.Error) as error:
            unreadable = str(error)
    good = judgement.last_good.ended_at if judgement is not None and judgement.last_good is not None else None
    if good is not None and message is not None and message.given_up_at is not None and message.given_up_at < good:
        message = None
    return LibraryStatus(library=library, health=judgement, unreadable=unreadable, message=message)


def judged_fleet(fleet: Fleet, messages: Mapping[str, Queued]) -> list[LibraryStatus]:
    """Judge all libraries of a fleet, in the file's order."""
    return [judged(library, messages.get(name)) for name, library in fleet.libraries.items()]


def print_fleet(libraries: Sequence[LibraryStatus]) -> None:
    """Print a line for each library."""
    table = Table(box=None)
    for name in ("library", "last good run", "due", "state", ""):
        table.add_column(name, no_wrap=name != "")
    for one in libraries:
        good, due = (f"{at:%Y-%m-%d %H:%M}" if at is not None else "" for at in (one.last_good_at, one.due_at))
        broke = Text("it broke", style="bold red") if one.problems else ""
        state = f"waits until {one.waits_until:%H:%M} UTC" if one.waits_until is not None else one.state
        table.add_row(one.library.name, good or "never", due or "now", state, broke)
    PlainConsole().print(table)


def fleet_page(libraries: Sequence[LibraryStatus], queue_problem: str) -> str:
    """Return the page of a fleet: HTML that loads nothing."""
    runs = [
        (one.library.name, run, one.health.verdicts[run.crawl_id])
        for one in libraries
        if one.health is not None
        for run in one.health.recent
        if run.source
    ]
    runs.sort(key=lambda found: found[1].started_at or "", reverse=True)
    return html_page(
        "fleet/fleet.html", libraries=libraries, queue_problem=queue_problem, now=datetime.now(UTC),
        broken=[one for one in libraries if one.problems], due=[one for one in libraries if one.is_due],
        runs=runs[:_SHOWN_RUNS],
    )  # fmt: skip
