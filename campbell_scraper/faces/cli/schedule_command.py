"""``campbell schedule``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from campbell_scraper.errors import UsageError
from campbell_scraper.faces import timers as scheduling
from campbell_scraper.faces.printing import say
from campbell_scraper.faces.timers import EVERY, Schedule
from campbell_scraper.spiders.crawl_options import AUTO, CrawlOptions
from campbell_scraper.spiders.discovery import site_url

from .common_options import data_option
from .generated_options import crawling_options

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.folder import DataFolder


@click.command()
@click.argument("site", required=False)
@data_option()
@click.option("--user", "manager", flag_value="user", default="user", help="Your own systemd timer (default).")
@click.option("--system", "manager", flag_value="system", help="A system-wide systemd timer.")
@click.option("--cron", "manager", flag_value="cron", help="A line of your crontab.")
@click.option("--install", "action", flag_value="install", help="Install and start it instead of printing it.")
@click.option("--remove", "action", flag_value="remove", help="Remove it; the data stays.")
@click.option("--every", type=click.Choice(tuple(EVERY)), default="weekly", show_default=True, help="How often.")
@click.option(
    "--on-calendar", metavar="WHEN", help="Instead of --every, a time as systemd writes it ('Mon *-*-* 03:00')."
)
@click.option(
    "--random-delay",
    type=click.IntRange(0, 1440),
    default=30,
    show_default=True,
    metavar="MINUTES",
    help="Start at a random time up to this much later (with --cron at most 50).",
)
@click.option("--name", help="Name of the units; by default made from the data folder's name.")
@click.option("--run-as", metavar="USER", help="User of a system service; by default the owner of the data folder.")
@crawling_options(scheduled=True)
@click.option("--notify", multiple=True, metavar="URL", envvar="CAMPBELL_NOTIFY", help="As for campbell crawl.")
@click.option("--ping", metavar="URL", envvar="CAMPBELL_PING", help="As for campbell crawl.")
def schedule(
    *,
    site: str | None,
    folder: DataFolder,
    manager: str,
    action: str | None,
    every: str,
    on_calendar: str | None,
    random_delay: int,
    name: str | None,
    run_as: str | None,
    notify: tuple[str, ...],
    ping: str | None,
    **crawling: Any,
) -> None:
    """Crawl on a schedule: print, install or remove a systemd timer or a cron line.

    Each run is `campbell crawl` with these options. A missed run is caught up, two runs never overlap, and logs are
    rotated. An interrupted run is resumed by the next one within 48 hours. A folder of another library is refused.

    \b
    Examples:
      campbell schedule --contact you@example.org --every weekly --ping https://hc-ping.com/your-uuid
      campbell schedule --contact you@example.org --user --install --max-time 12h
      campbell schedule --user --remove
    """  # noqa: D301
    data = folder.root.absolute()
    name = name or "campbell-" + (re.sub(r"[^A-Za-z0-9_-]+", "-", data.name).strip("-") or "library")[:60]
    if action == "remove":
        _remove(name, manager)
        return
    from campbell_scraper.faces.report.notify import require_addresses
    from campbell_scraper.spiders.starting_point import known_start

    start = known_start(crawling["source"], site, folder.newest)
    options = CrawlOptions(site=start.site, **crawling)
    _require_fitting(folder, start.source, options)
    require_addresses(notify, ping)
    if not (notify or ping):
        say("Nobody is told when a run fails: add --notify or --ping, or check it with "
            f"campbell status --data {folder.root}.", err=True)  # fmt: skip
    arguments = ["crawl", *([site_url(site)] if site else []), *options.words()]
    environment = [("CAMPBELL_NOTIFY", " ".join(notify))] if notify else []
    environment += [("CAMPBELL_PING", ping)] if ping else []
    planned = Schedule(
        data=data,
        arguments=tuple(arguments),
        name=name,
        every=every,
        on_calendar=on_calendar,
        delay_minutes=random_delay,
        run_as=run_as or (_owner(data) if manager == "system" else None),
        environment=tuple(environment),
    )
    if action == "install":
        _install(planned, manager)
    elif manager == "cron":
        click.echo(scheduling.print_cron(planned), nl=False)
    else:
        click.echo(scheduling.print_units(planned, system=manager == "system"), nl=False)


def _require_fitting(folder: DataFolder, source: str, options: CrawlOptions) -> None:
    """Refuse a schedule whose runs would be refused, or would crawl the site with the wrong source.

    Raises:
        UsageError: a foreign host is asked without a contact, the folder holds another library, or its runs of this
            site had another source.

    """
    from campbell_scraper.spiders.spider import SOURCES, require_contact
    from campbell_scraper.spiders.starting_point import known_start
    from campbell_scraper.view.following import library_of

    discovery = SOURCES[source](options.site, options.scope())
    require_contact(discovery.asks, options.contact)
    if not folder.database.is_file():
        return
    held = library_of(folder)
    if held != discovery.library:
        raise UsageError(
            f"{folder.root} holds the library {held}, and a crawl of {options.site} into it would be refused: "
            "name the SITE of that library, or another folder with --data."
        )
    before = known_start(AUTO, options.site, folder.newest).source
    if source in {"k2", "live"} and before not in {AUTO, source}:
        raise UsageError(
            f"{options.site} was crawled into {folder.root} with --source {before}, not {source}: leave --source out, "
            f"or crawl it once with --source {source} to see that it works."
        )


def _owner(data: Path) -> str | None:
    """Return the owner of the folder, or of the nearest one above that exists; None if that user has no name."""
    there = next((path for path in (data, *data.parents) if path.exists()), data)
    try:
        return there.owner()
    except (KeyError, OSError, NotImplementedError):
        return None


def _install(planned: Schedule, manager: str) -> None:
    if manager == "cron":
        click.echo(f"Installed into your crontab:\n{scheduling.install_cron(planned)}")
        return
    for path in scheduling.install_units(planned, system=manager == "system"):
        click.echo(f"Installed {path}")
    click.echo(f"Next run: systemctl{'' if manager == 'system' else ' --user'} list-timers {planned.name}.timer")
    click.echo(f"What runs printed: {scheduling.log_command(planned.name, system=manager == 'system')}")
    if manager == "user":
        click.echo("Your timers run while you are logged in; loginctl enable-linger keeps them running after.")


def _remove(name: str, manager: str) -> None:
    if manager == "cron":
        scheduling.remove_cron(name)
        click.echo(f"Removed the line of {name} from your crontab.")
        return
    for path in scheduling.remove_units(name, system=manager == "system"):
        click.echo(f"Removed {path}")
