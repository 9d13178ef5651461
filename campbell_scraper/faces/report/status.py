"""``campbell status``: the last runs, whether they hold up, what the pages say, and what to look at."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from campbell_scraper.faces.next_run import next_runs
from campbell_scraper.view.exclusions import without_addresses
from campbell_scraper.view.judging.assertions import FIELDS, broken, open_view

from . import runs
from .crawl_summary import print_summary
from .health import health, rounded_span
from .plain_console import PlainConsole

if TYPE_CHECKING:
    import sqlite3

    from rich.console import Console

    from campbell_scraper.folder import DataFolder

    from .health import Health

_FAILED_STATUS = {"failed": "red", "interrupted": "yellow", "running": "yellow", "incomplete": "yellow"}


def print_status(folder: DataFolder, console: Console | None = None, *, max_age: float | None = None) -> Health:
    """Print the status of a data folder; return the health that it shows."""
    console = console or PlainConsole()
    with closing(open_view(folder.newest)) as connection:
        state = health(connection, folder, max_age)
        if not state.recent:
            console.print("The database has no crawl.")
            return state
        console.print(_runs_table(connection, state))
        _print_health(console, folder, state)
        last = state.last or state.recent[0]
        console.print(_coverage_table(runs.coverage(connection, runs.runs_up_to(connection, last))))
    print_summary(folder, last.crawl_id, console)
    return state


def _runs_table(connection: sqlite3.Connection, state: Health) -> Table:
    table = Table(title="Crawls, newest first", title_justify="left", box=None)
    # A terminal of 80 columns has room for these; the source only if it differs.
    of_several = len({run.source for run in state.recent}) > 1
    source = ["source"] if of_several else []
    for name in ("crawl", *source, "status", "took", "requests", "failed", "reviews", "failed checks"):
        right = name in {"took", "requests", "failed", "reviews"}
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "failed checks")
    for run in state.recent:
        failed = sorted({verdict.name for verdict in broken(state.verdicts[run.crawl_id])})
        failed = failed or (["incomplete"] if run.gaps else [])
        status = _status(run)
        table.add_row(
            run.crawl_id,
            *([run.source or "?"] if of_several else []),
            Text(status, style=_FAILED_STATUS.get(status, "green")),
            "" if run.seconds is None else rounded_span(run.seconds),
            *(f"{number:,}" for number in runs.totals(connection, run.crawl_id).values()),
            Text(", ".join(failed), style="bold red") if failed else Text("none", style="dim"),
        )
    return table


def _status(one: runs.Run) -> str:
    """Return how a run ended, and whether it saw the whole library."""
    if one.gaps:
        return "incomplete"
    is_part = one.status == "finished" and one.is_limited and not one.discovery_complete
    return "limited" if is_part else one.status


def _print_health(console: Console, folder: DataFolder, state: Health) -> None:
    console.print()
    last = state.last
    verdicts = state.verdicts[last.crawl_id] if last is not None else []
    failed = broken(verdicts)
    if failed:
        console.print(Text(f"Checks that the last run failed: {len(failed)}", style="bold red"))
        for verdict in failed:
            console.print(Text(f"  {verdict.name}: {verdict.says}"))
            for url in without_addresses(list(verdict.urls), state.hidden):
                console.print(Text(f"    {url}", style="dim"), soft_wrap=True)
    if last is not None and last.gaps:
        console.print(Text("The last run is incomplete: reviews may be missing.", style="bold red"))
        for reason in without_addresses(last.gaps, state.hidden):
            console.print(Text(f"  {reason}"), soft_wrap=True)
    elif last is not None and last.status != "finished":
        console.print(Text(f"The last run did not finish ({last.status}): nothing is concluded.", style="yellow"))
    elif last is not None and not failed:
        others = [one for one in state.recent if (one.source, one.site) == (last.source, last.site)]
        compared = "" if len(others) > 1 else " (a first run cannot be compared)"
        console.print(Text(f"The last run passed all {len(verdicts)} checks{compared}.", style="green"))
    if last is not None and (reason := state.accepted.get(last.crawl_id)) is not None:
        console.print(Text(f"The last run was accepted{reason and f': {reason}'}.", style="green"))
    if state.held:
        kept = f"Readers see the rows of the last good run; held back (--gate): {', '.join(sorted(state.held))}"
        console.print(Text(kept, style="yellow"), soft_wrap=True)
    _print_times(console, folder, state)
    if last is not None:
        page = folder.reports / f"{last.crawl_id}.html"
        made = page if page.is_file() else f"none yet: campbell report --crawl {last.crawl_id} --data {folder.root}"
        console.print(f"Report: {made}\n", highlight=False, soft_wrap=True)


def _print_times(console: Console, folder: DataFolder, state: Health) -> None:
    """Print when runs were, and when the next one is."""
    lines = [("Under way", state.under_way), ("Last run", state.last)]
    if state.last_good is not state.last:
        lines.append(("Last good run", state.last_good))
    for name, crawl in lines:
        if (age := state.age_of(crawl)) is not None and crawl is not None:
            verb = "ended" if crawl.ended_at else "began"
            console.print(f"{name}: {crawl.crawl_id}, {verb} {rounded_span(age)} ago", highlight=False)
    if state.last is not None and state.last_good is None:
        console.print("Last good run: none", highlight=False)
    age = state.age_of(state.last_good)
    if state.max_age is not None and (age is None or age > state.max_age):
        console.print(Text(f"No good run ended in the last {rounded_span(state.max_age)}.", style="bold red"))
    planned = next_runs(folder.root)
    for run in planned:
        when = "not known, the timer may not be running" if run.at is None else f"{run.at:%Y-%m-%d %H:%M} UTC"
        console.print(f"Next run: {when} ({run.by})", highlight=False)
    if not planned:
        console.print("Next run: none is scheduled for this folder (campbell schedule)", highlight=False)


def _coverage_table(history: list[dict[str, object]]) -> Table:
    table = Table(title="Coverage: reviews whose page has the field, in %", title_justify="left", box=None)
    table.add_column("field")
    recent = history[-6:]
    for one in recent:
        table.add_column(str(one["started_at"] or "?")[:10], justify="right")
    for name in FIELDS:
        shares = [one["shares"].get(name) for one in recent]  # type: ignore[attr-defined] # a dictionary of shares
        table.add_row(name, *("" if share is None else f"{100 * share:.0f}" for share in shares))
    return table
