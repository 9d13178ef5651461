"""``campbell status``: the last runs, whether they hold up, what the pages say, and what to look at."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from campbell_scraper.view.exclusions import addresses, excluded, without_addresses

from . import runs
from .assertions import broken, check, open_view
from .crawl_summary import print_summary
from .plain_console import PlainConsole

if TYPE_CHECKING:
    import sqlite3

    from rich.console import Console

    from campbell_scraper.folder import DataFolder

    from .assertions import Verdict

SHOWN_RUNS = 10
_FAILED_STATUS = {"failed": "red", "interrupted": "yellow", "running": "yellow"}


def print_status(folder: DataFolder, console: Console | None = None) -> int:
    """Print it all; return how many assertions of the last run do not hold."""
    console = console or PlainConsole()
    with closing(open_view(folder.database)) as connection:
        found = runs.runs(connection, SHOWN_RUNS)
        if not found:
            console.print("The database holds no crawl.")
            return 0
        verdicts = {one.crawl_id: check(connection, one.crawl_id) for one in found}
        console.print(_runs_table(connection, found, verdicts))
        last = found[0]
        hidden = addresses(connection, excluded(folder))
        _print_health(console, folder, last, verdicts[last.crawl_id], hidden)
        console.print(_coverage_table(runs.coverage(connection, runs.runs_up_to(connection, last))))
    print_summary(folder, last.crawl_id, console)
    return len(broken(verdicts[last.crawl_id]))


def _runs_table(connection: sqlite3.Connection, found: list[runs.Run], verdicts: dict[str, list[Verdict]]) -> Table:
    table = Table(title="Crawls, the last first", title_justify="left", box=None)
    # A terminal of 80 columns has room for these; the source only if it differs.
    of_several = len({one.source for one in found}) > 1
    for name in (
        "crawl",
        *(["source"] if of_several else []),
        "status",
        "took",
        "asked",
        "failed",
        "reviews",
        "alarms",
    ):
        right = name in {"took", "asked", "failed", "reviews"}
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "alarms")
    for one in found:
        names = sorted({verdict.name for verdict in broken(verdicts[one.crawl_id])})
        status = "incomplete" if one.status == "finished" and not one.discovery_complete else one.status
        table.add_row(
            one.crawl_id,
            *([one.source or "?"] if of_several else []),
            Text(status, style=_FAILED_STATUS.get(one.status, "green")),
            "" if one.seconds is None else _duration(one.seconds),
            *(f"{number:,}" for number in runs.totals(connection, one.crawl_id).values()),
            Text(", ".join(names), style="bold red") if names else Text("none", style="dim"),
        )
    return table


def _print_health(
    console: Console, folder: DataFolder, last: runs.Run, verdicts: list[Verdict], hidden: list[str]
) -> None:
    console.print()
    failed = broken(verdicts)
    if failed:
        console.print(Text(f"Of the last run {len(failed)} assertions do not hold:", style="bold red"))
        for verdict in failed:
            console.print(Text(f"  {verdict.name}: {verdict.says}"))
            for url in without_addresses(list(verdict.urls), hidden):
                console.print(Text(f"    {url}", style="dim"), soft_wrap=True)
    elif last.status != "finished":
        console.print(Text(f"The last run did not finish ({last.status}): nothing is concluded.", style="yellow"))
    else:
        compared = "" if len(verdicts) > 1 else " (a first run has nothing to be compared with)"
        console.print(Text(f"The last run holds up: {len(verdicts)} subjects judged{compared}.", style="green"))
    page = folder.reports / f"{last.crawl_id}.html"
    made = page if page.is_file() else f"none yet: campbell report --crawl {last.crawl_id} --data {folder.root}"
    console.print(f"Report: {made}\n", highlight=False, soft_wrap=True)


def _coverage_table(history: list[dict[str, object]]) -> Table:
    table = Table(title="Coverage: reviews whose page has the field, in %", title_justify="left", box=None)
    table.add_column("field")
    recent = history[-6:]
    for one in recent:
        table.add_column(str(one["started_at"] or "?")[:10], justify="right")
    for name in runs.FIELDS:
        shares = [one["shares"].get(name) for one in recent]  # type: ignore[attr-defined] # a dictionary of shares
        table.add_row(name, *("" if share is None else f"{100 * share:.0f}" for share in shares))
    return table


def _duration(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{whole % 60:02}s"
