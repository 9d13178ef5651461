"""``campbell demo`` and ``campbell crawl``."""

from __future__ import annotations

import shlex
import shutil
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from campbell_scraper.errors import CampbellError, Exit
from campbell_scraper.faces.printing import say
from campbell_scraper.spiders.crawl_options import CrawlOptions, source_sentence

from .common_options import data_option
from .generated_options import crawling_options

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder
    from campbell_scraper.spiders.run import CrawlOutcome
    from campbell_scraper.view.judging.assertions import Verdict

_ENDINGS = {
    "unavailable": "the site no longer answers, or asks to come back later",
    "budget_requests": "--max-requests is reached",
    "budget_bytes": "--max-bytes is reached",
    "closespider_timeout": "--max-time is reached",
}
"""What Scrapy's closing reasons mean."""
DEMO_REVIEW = "better-evidence/parent-infant-psychotherapy-for-improving-parental-and-infant-mental-health"


def campbell_command() -> str:
    """Return the words that start this program from the user's shell."""
    script = Path(sys.executable).with_name("campbell")
    on_path = shutil.which("campbell")
    if on_path is not None and Path(on_path).resolve() == script.resolve():
        return "campbell"
    try:
        return shlex.quote(str(script.relative_to(Path.cwd())))
    except ValueError:
        return shlex.quote(str(script))


@click.command()
@data_option("data/demo")
@click.option("--delay", type=float, default=0.0, show_default=True, help="Seconds between requests.")
def demo(*, folder: DataFolder, delay: float) -> int:
    """Crawl the embedded sample library, as a first look.

    A real HTTP server on this machine serves about 60 pages in the markup of the real site (all
    but one of the reviews are invented and say so). They are crawled over loopback without
    delay, since the host is ours, into data/demo/.

    \b
    Example:
      campbell demo
    """  # noqa: D301
    from campbell_scraper.faces.report.crawl_summary import print_summary
    from campbell_scraper.folder import SAMPLE
    from campbell_scraper.sample.sample_server import SampleSite

    folder.create()
    with SampleSite(port=_remembered_port(folder)) as site:
        (folder.root / ".demo-port").write_text(f"{site.port}\n", "utf-8")
        click.echo(f"Serving the sample library at {site.url} (our own host, so it is crawled without delay).")
        options = CrawlOptions(source="k2", site=site.url, library=SAMPLE, delay=delay)
        outcome, _ = _run(options, folder)
    print_summary(folder, outcome.crawl_id)
    command, data = campbell_command(), shlex.quote(str(folder.root))
    click.echo("\nWhat to try next (paste any of these):\n")
    click.echo(f"  {command} serve --data {data}      # open the database in your browser")
    click.echo(f"  {command} replay --data {data}     # browse the archived site")
    click.echo(f"  {command} trace --data {data} {DEMO_REVIEW}.participants")
    click.echo(f"\nThe real site: {command} crawl --source live --contact you@example.org --data data/campbell")
    return outcome.exit_code


def _remembered_port(folder: DataFolder) -> int:
    """Return the port of the last demo, so that both archives hold the same site; 0 for any."""
    try:
        return int((folder.root / ".demo-port").read_text("utf-8"))
    except (OSError, ValueError):
        return 0


@click.command()
@click.argument("site", required=False)
@data_option()
@crawling_options()
@click.option(
    "--notify",
    multiple=True,
    metavar="URL",
    envvar="CAMPBELL_NOTIFY",
    help="Report a failed run to this apprise address; can be repeated (extra [notify]).",
)
@click.option(
    "--ping",
    metavar="URL",
    envvar="CAMPBELL_PING",
    help="Health check to call at the start (URL/start), after success (URL) and after failure (URL/fail).",
)
def crawl(
    *,
    site: str | None,
    folder: DataFolder,
    notify: tuple[str, ...],
    ping: str | None,
    **crawling: Any,
) -> int:
    """Crawl a library from SITE, the URL to start from.

    Without SITE the folder's library is crawled again; into a new folder the live site is crawled.

    \b
    Examples:
      campbell crawl http://127.0.0.1:8000/ --delay 0 --data data/local
      campbell crawl https://k2.example.org/ --source k2 --contact you@example.org
      campbell crawl --source live --full-every 30d --contact you@example.org
      campbell crawl --source wayback --from 2016 --to 2023 --contact you@example.org
    """  # noqa: D301
    from campbell_scraper.faces.report.crawl_summary import print_summary
    from campbell_scraper.faces.report.notify import announced
    from campbell_scraper.faces.report.verdict import failed_assertions

    named = CrawlOptions(site=site or str(folder.root), **crawling)
    with announced(f"campbell crawl {named.site}", notify, ping) as announcement:
        options = _started(named, site, folder)
        outcome, broken = _run(options, folder)
        with suppress(OSError):  # stdout is full: the crawl is done all the same
            print_summary(folder, outcome.crawl_id)
        if broken and outcome.exit_code == Exit.GOOD:
            raise failed_assertions(folder, broken)
        announcement.code = outcome.exit_code
        if outcome.exit_code == Exit.UNFINISHED:
            reason = _ENDINGS.get(outcome.reason, outcome.reason)
            because = f" ({outcome.last_error})" if outcome.reason == "unavailable" and outcome.last_error else ""
            announcement.message = (
                f"Crawl {outcome.crawl_id} did not finish: {reason}{because}. The same command resumes it."
            )
            say(announcement.message, err=True)
        elif outcome.exit_code == Exit.INTERRUPTED:
            announcement.message = f"Crawl {outcome.crawl_id} was interrupted; what it fetched is archived."
            say(
                f"{announcement.message} The same command resumes it within 48 hours (--fresh starts anew).",
                err=True,
            )
    return outcome.exit_code


def _started(options: CrawlOptions, site: str | None, folder: DataFolder) -> CrawlOptions:
    """Return the options with the site and, if earlier runs or the address tell it, the source."""
    from campbell_scraper.spiders.starting_point import known_start

    start = known_start(options.source, site, folder.newest)
    if start.why:
        say(source_sentence(start.site, start.source, start.why))
    return replace(options, site=start.site, source=start.source, wayback_url=start.wayback_url or options.wayback_url)


def _run(options: CrawlOptions, folder: DataFolder) -> tuple[CrawlOutcome, dict[str, list[Verdict]]]:
    """Crawl, then judge the run; return how it ended, and the failed checks by run."""
    from campbell_scraper.faces.report.progress import CrawlProgress
    from campbell_scraper.faces.report.verdict import failed_assertions, judge_runs
    from campbell_scraper.spiders.run import run_crawl

    folder.create()
    with CrawlProgress() as progress:
        outcome = run_crawl(options, folder, progress=progress, log_file=folder.reports / "last-crawl.log")
    try:
        broken = judge_runs(folder, outcome.crawl_id) if outcome.crawl_id else {}
    except CampbellError as error:
        if outcome.error is None:
            raise
        raise outcome.error from error  # what ended the run comes first: its rows may be nowhere
    earlier = {crawl_id: found for crawl_id, found in broken.items() if crawl_id != outcome.crawl_id}
    if earlier and (outcome.error is not None or outcome.exit_code != Exit.GOOD):
        say(failed_assertions(folder, earlier), err=True)  # the exit code is this run's own
    if outcome.error is not None:
        raise outcome.error
    return outcome, broken
