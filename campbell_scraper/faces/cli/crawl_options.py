"""How a crawl is to be done: the options of ``campbell crawl`` that ``campbell schedule`` passes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from campbell_scraper.spiders.sources.wayback_index import MACHINE, PATHS

from .common_options import Duration, F, Size

if TYPE_CHECKING:
    from collections.abc import Callable

_OPTIONS: tuple[Callable[[F], F], ...] = (
    click.option("--limit", type=click.IntRange(min=1), help="Fetch at most this many reviews, at whatever addresses."),
    click.option(
        "--delay", type=click.FloatRange(min=0), default=1.0, show_default=True, help="Seconds between requests."
    ),
    click.option("--concurrency", type=click.IntRange(min=1), default=1, show_default=True, help="Requests at once."),
    click.option("--max-requests", type=click.IntRange(min=1), help="Stop after this many requests."),
    click.option("--max-bytes", type=Size(), help="Stop after this many bytes (500k, 20M, 2G)."),
    click.option("--max-time", type=Duration(), help="Stop after this time (90s, 30m, 12h)."),
    click.option(
        "--requisites/--no-requisites",
        default=True,
        show_default=True,
        help="Also archive what pages need to be shown: styles, images, fonts, scripts, PDFs.",
    ),
    click.option("--full", is_flag=True, help="Fetch again what earlier runs have."),
    click.option(
        "--full-every",
        type=Duration(),
        default="30d",
        show_default=True,
        help="Fetch again after this time even what looks unchanged.",
    ),
    click.option(
        "--from", "since", metavar="DATE", help="wayback: captures from this year, month or day on (2016-05)."
    ),
    click.option("--to", "until", metavar="DATE", help="wayback: captures up to this year, month or day."),
    click.option(
        "--nearest", metavar="DATE", help="wayback: of each page only the capture nearest to this date that shows it."
    ),
    click.option(
        "--path",
        "paths",
        multiple=True,
        help="wayback: a path of the site whose captures are wanted, * at its end for all that begin so (of /index.php*"
        f" only K2's pages); may be given several times.  [default: {', '.join(PATHS)}]",
    ),
    click.option(
        "--wayback-url", metavar="URL", default=MACHINE, show_default=True, help="The Wayback Machine to ask."
    ),
)


def crawling_options(command: F) -> F:
    """Add the options; each is a field of ``CrawlOptions``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _names() -> frozenset[str | None]:
    return frozenset(option.name for option in click.command()(crawling_options(lambda **_: None)).params)


def given_words(context: click.Context) -> list[str]:
    """Give those options again that the user has given, each as one word, so that no value is taken for an option."""
    words, names = [], _names()
    for option in context.command.params:
        name = option.name or ""
        if name not in names or context.get_parameter_source(name) is ParameterSource.DEFAULT:
            continue
        value = context.params[name]
        if isinstance(option, click.Option) and option.is_flag:
            words.append(option.opts[0] if value else option.secondary_opts[0])
        else:
            words += [f"{option.opts[0]}={_text(one)}" for one in (value if option.multiple else (value,))]
    return words


def _text(value: object) -> str:
    """Write a value as its option reads it: durations are seconds, without an exponent."""
    return f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
