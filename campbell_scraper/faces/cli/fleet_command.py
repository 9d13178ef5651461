"""``campbell fleet``: many libraries, a queue, and workers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campbell_scraper.errors import Exit
from campbell_scraper.faces.printing import say, say_json

from .output_file import opened

if TYPE_CHECKING:
    from .common_options import F


def _fleet_option(command: F) -> F:
    """Add ``--fleet FILE``."""
    return click.option(
        "--fleet", "file", type=click.Path(dir_okay=False, path_type=Path), default="fleet.toml", show_default=True,
        envvar="CAMPBELL_FLEET", help="The list of libraries (docs: many-libraries.md).",
    )(command)  # fmt: skip


@click.group()
def fleet() -> None:
    """Crawl many libraries: queue those that are due, crawl them, and show their status.

    fleet.toml lists the libraries and how often each is crawled. The queue is in Redis (extra [fleet]).

    \b
    Examples:
      campbell fleet run
      campbell fleet work --crawls 8
      campbell fleet status
    """  # noqa: D301


@fleet.command()
@click.argument("names", nargs=-1, metavar="[LIBRARY...]")
@_fleet_option
def run(*, names: tuple[str, ...], file: Path) -> None:
    """Queue libraries for the workers: all that are due, or those named.

    A library is due when its last good run is older than `every` in fleet.toml. Call this from cron: a library
    in the queue is not queued twice, and one that was given up is queued again after `every`.

    \b
    Examples:
      campbell fleet run
      campbell fleet run campbell k2 --fleet fleet.toml
    """  # noqa: D301
    from campbell_scraper.errors import UsageError
    from campbell_scraper.faces.fleet.fleet_file import read_fleet
    from campbell_scraper.faces.fleet.fleet_queue import FleetQueue
    from campbell_scraper.faces.fleet.fleet_status import judged

    known = read_fleet(file)
    for name in names:
        if name not in known.libraries:
            raise UsageError(f"{file} has no library {name!r}; it has {', '.join(known.libraries)}.")
    queue = FleetQueue(known.redis)
    messages, count = queue.messages(), 0
    for name, library in known.libraries.items():
        if name in names if names else judged(library, messages.get(name)).is_to_be_sent:
            queue.send(name, is_named=bool(names))
            click.echo(f"Queued: {name}")
            count += 1
    click.echo(f"{count} of {len(known.libraries)} libraries queued.")


@fleet.command()
@_fleet_option
@click.option("--crawls", type=click.IntRange(1, 1000), default=4, show_default=True, metavar="N",
              help="Crawls at once, each of a different library and host.")  # fmt: skip
def work(*, file: Path, crawls: int) -> None:
    """Crawl the libraries in the queue, until Ctrl-C or SIGTERM.

    Each crawl is `campbell crawl` in a process of its own, which locks its data folder; no two crawls of a host run at
    once. A crawl that fails is tried again after growing pauses. CAMPBELL_NOTIFY and CAMPBELL_PING are passed on.

    \b
    Examples:
      campbell fleet work
      campbell fleet work --crawls 16 --fleet fleet.toml
    """  # noqa: D301
    import signal

    from campbell_scraper.faces.fleet.fleet_file import read_fleet
    from campbell_scraper.faces.fleet.fleet_worker import FleetWorker

    worker = FleetWorker(read_fleet(file), crawls)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()


@fleet.command()
@_fleet_option
@click.option("--json", "as_json", is_flag=True, help="Write JSON, for a monitoring system.")
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Also write a self-contained HTML page.")  # fmt: skip
def status(*, file: Path, as_json: bool, page: Path | None) -> int:
    """Show what ran, what is due, and what broke.

    Exits with 3 if something broke: the last run of a library failed a check, did not finish or is incomplete; it was
    given up; its last good run is older than twice its schedule; or the queue cannot be reached. The lines on stderr
    say why.

    \b
    Examples:
      campbell fleet status
      campbell fleet status --json
      campbell fleet status --page fleet.html
    """  # noqa: D301
    from campbell_scraper.errors import Unfinished
    from campbell_scraper.faces.fleet.fleet_file import read_fleet
    from campbell_scraper.faces.fleet.fleet_queue import FleetQueue
    from campbell_scraper.faces.fleet.fleet_status import fleet_page, judged_fleet, print_fleet
    from campbell_scraper.words import clean

    known, messages, problem = read_fleet(file), {}, ""
    try:
        messages = FleetQueue(known.redis).messages()
    except Unfinished as error:
        problem = str(error)
    libraries = judged_fleet(known, messages)
    problems = [problem] if problem else []
    problems += [f"{one.library.name}: {sentence}" for one in libraries for sentence in one.problems]
    if as_json:
        state = {"ok": not problems, "problems": problems, "libraries": [one.as_json() for one in libraries]}
        say_json(state)
    else:
        print_fleet(libraries)
    if page is not None:
        with opened(page, is_text=True) as out:
            out.write(clean(fleet_page(libraries, problem)).encode("utf-8", "replace"))
    for sentence in problems:
        say(f"It broke: {sentence}", err=True)
    return Exit.ASSERTION if problems else Exit.GOOD
