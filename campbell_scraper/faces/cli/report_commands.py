"""Commands on how runs went: report, status, accept."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campbell_scraper.errors import Exit, UsageError
from campbell_scraper.faces.printing import say, say_json

from .common_options import data_option
from .generated_options import Duration
from .output_file import opened

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder


@click.command()
@data_option()
@click.option("--max-age", type=Duration(), metavar="DURATION", help="How old the last good run may be (36h, 8d).")
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for a monitoring system.")
def status(*, folder: DataFolder, max_age: float | None, as_json: bool) -> int:
    """Show whether the last run broke, the last crawls, coverage and what the library holds.

    Exits with 3 if the last run failed a check, did not finish or is incomplete, or if the last good run is
    older than --max-age. Each line "It broke:" on stderr gives a reason.

    \b
    Examples:
      campbell status --data data/demo
      campbell status --data data/demo --max-age 8d --json
    """  # noqa: D301
    from contextlib import closing

    from campbell_scraper.faces.next_run import next_runs
    from campbell_scraper.faces.report.health import health, moment
    from campbell_scraper.faces.report.status import print_status
    from campbell_scraper.view.judging.assertions import open_view

    folder.require()
    if as_json:
        with closing(open_view(folder.newest)) as connection:
            state = health(connection, folder, max_age)
        planned = [{"at": moment(one.at), "by": one.by} for one in next_runs(folder.root)]
        say_json(state.as_json() | {"next_runs": planned})
    else:
        state = print_status(folder, max_age=max_age)
    for problem in state.problems:
        say(f"It broke: {problem}", err=True)
    return Exit.ASSERTION if state.problems else Exit.GOOD


@click.command()
@data_option()
@click.option("--crawl", "crawl_id", metavar="ID", help="The crawl (campbell status lists them); by default the last.")
@click.option(
    "--format", "form", type=click.Choice(("html", "json")), default="html", show_default=True, help="What to write."
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; - is stdout. By default HTML goes into reports/, JSON to stdout.",
)
def report(*, folder: DataFolder, crawl_id: str | None, form: str, output: Path | None) -> None:
    """Write the report of one crawl as a self-contained HTML page or JSON.

    It shows the checks, requests over time, response times, coverage in the last ten runs, new and changed
    reviews word by word, failed requests, URLs not fetched, and plots of the library (with the extra [serve]).

    \b
    Examples:
      campbell report --data data/demo
      campbell report --data data/demo --format json --output -
    """  # noqa: D301
    from campbell_scraper.faces.report import library_plots
    from campbell_scraper.faces.report.run_report import as_json, as_page, run_report
    from campbell_scraper.words import clean

    folder.require()
    found = run_report(folder, crawl_id)
    text = as_json(found) if form == "json" else clean(as_page(found, library_plots.drawn(found["library"])))
    if output is None and form == "html":
        output = folder.reports / f"{found['crawl']['crawl_id']}.html"
        with suppress(OSError):  # a folder that cannot be written is reported below
            output.parent.mkdir(exist_ok=True)
    is_file = output is not None and str(output) != "-"
    with opened(output if is_file else None, is_text=True) as out:
        out.write(text.encode("utf-8", "replace"))
    if is_file:
        click.echo(f"Wrote {output}")


@click.command()
@click.argument("crawl_id", metavar="CRAWL")
@data_option()
@click.option("--reason", default="", metavar="TEXT", help="Why, for later readers.")
def accept(*, crawl_id: str, folder: DataFolder, reason: str) -> None:
    """Accept a run that failed a check, so that readers see its rows.

    With `campbell crawl --gate` readers see the rows of the last good run until a later run is good, or a
    broken one is accepted. `campbell status` then counts it as good. The decision is a line of accepted.csv in
    the data folder; delete the line to undo it.

    \b
    Example:
      campbell accept 20260314T090000Z-1a2b3c4d --reason "the site has no DOIs any more"
    """  # noqa: D301
    from contextlib import closing

    from campbell_scraper.faces.report import runs
    from campbell_scraper.view.following import Derivation, library_of, locked
    from campbell_scraper.view.judging.assertions import broken, check, open_view
    from campbell_scraper.view.judging.held_runs import accept as add_to_accepted

    folder.require()
    with locked(folder, "campbell accept"):
        with closing(open_view(folder.newest)) as connection:
            this = runs.run(connection, crawl_id)
            if this.status != "finished":
                raise UsageError(f"Crawl {crawl_id} did not finish: resume it, or start a new one with --fresh.")
            if not broken(check(connection, crawl_id)):
                raise UsageError(f"Crawl {crawl_id} passed all checks: there is nothing to accept.")
        add_to_accepted(folder, crawl_id, reason)
        with Derivation(folder, library_of(folder)) as derivation:
            derivation.finish()
    say(f"Accepted {crawl_id}: readers now see its rows.")
