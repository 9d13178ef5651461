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
    """Print it all; return what the last run was judged to be."""
    console = console or PlainConsole()
    with closing(open_view(folder.newest)) as connection:
        found = health(connection, folder, max_age)
        if not found.recent:
            console.print("The database has no crawl.")
            return found
        console.print(_runs_table(connection, found))
        _print_health(console, folder, found)
        last = found.last or found.recent[0]
        console.print(_coverage_table(runs.coverage(connection, runs.runs_up_to(connection, last))))
    print_summary(folder, last.crawl_id, console)
    return found


def _runs_table(connection: sqlite3.Connection, found: Health) -> Table:
    table = Table(title="Crawls, newest first", title_justify="left", box=None)
    # A terminal of 80 columns has room for these; the source only if it differs.
    of_several = len({one.source for one in found.recent}) > 1
    source = ["source"] if of_several else []
    for name in ("crawl", *source, "status", "took", "requests", "failed", "reviews", "failed checks"):
        right = name in {"took", "requests", "failed", "reviews"}
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "failed checks")
    for one in found.recent:
        failed = sorted({verdict.name for verdict in broken(found.verdicts[one.crawl_id])})
        failed = failed or (["incomplete"] if one.gaps else [])
        status = _status(one)
        table.add_row(
            one.crawl_id,
            *([one.source or "?"] if of_several else []),
            Text(status, style=_FAILED_STATUS.get(status, "green")),
            "" if one.seconds is None else rounded_span(one.seconds),
            *(f"{number:,}" for number in runs.totals(connection, one.crawl_id).values()),
            Text(", ".join(failed), style="bold red") if failed else Text("none", style="dim"),
        )
    return table


def _status(one: runs.Run) -> str:
    """Return how a run ended, and whether it saw the whole library."""
    if one.gaps:
        return "incomplete"
    is_part = one.status == "finished" and one.is_limited and not one.discovery_complete
    return "limited" if is_part else one.status


def _print_health(console: Console, folder: DataFolder, found: Health) -> None:
    console.print()
    last = found.last
    verdicts = found.verdicts[last.crawl_id] if last is not None else []
    failed = broken(verdicts)
    if failed:
        console.print(Text(f"Checks that the last run failed: {len(failed)}", style="bold red"))
        for verdict in failed:
            console.print(Text(f"  {verdict.name}: {verdict.says}"))
            for url in without_addresses(list(verdict.urls), found.hidden):
                console.print(Text(f"    {url}", style="dim"), soft_wrap=True)
    if last is not None and last.gaps:
        console.print(Text("The last run is incomplete: reviews may be missing.", style="bold red"))
        for reason in without_addresses(last.gaps, found.hidden):
            console.print(Text(f"  {reason}"), soft_wrap=True)
    elif last is not None and last.status != "finished":
        console.print(Text(f"The last run did not finish ({last.status}): nothing is concluded.", style="yellow"))
    elif last is not None and not failed:
        others = [one for one in found.recent if (one.source, one.site) == (last.source, last.site)]
        compared = "" if len(others) > 1 else " (a first run cannot be compared)"
        console.print(Text(f"The last run passed all {len(verdicts)} checks{compared}.", style="green"))
    if last is not None and (reason := found.accepted.get(last.crawl_id)) is not None:
        console.print(Text(f"The last run was accepted{reason and f': {reason}'}.", style="green"))
    if found.held:
        kept = f"People read the rows of the last good run; held back (--gate): {', '.join(sorted(found.held))}"
        console.print(Text(kept, style="yellow"), soft_wrap=True)
    _print_times(console, folder, found)
    if last is not None:
        page = folder.reports / f"{last.crawl_id}.html"
        made = page if page.is_file() else f"none yet: campbell report --crawl {last.crawl_id} --data {folder.root}"
        console.print(f"Report: {made}\n", highlight=False, soft_wrap=True)


def _print_times(console: Console, folder: DataFolder, found: Health) -> None:
    """Print when runs were, and when the next one is."""
    lines = [("Under way", found.under_way), ("Last run", found.last)]
    if found.last_good is not found.last:
        lines.append(("Last good run", found.last_good))
    for name, one in lines:
        if (age := found.age_of(one)) is not None and one is not None:
            verb = "ended" if one.ended_at else "began"
            console.print(f"{name}: {one.crawl_id}, {verb} {rounded_span(age)} ago", highlight=False)
    if found.last is not None and found.last_good is None:
        console.print("Last good run: none", highlight=False)
    age = found.age_of(found.last_good)
    if found.max_age is not None and (age is None or age > found.max_age):
        console.print(Text(f"No good run ended in the last {rounded_span(found.max_age)}.", style="bold red"))
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
