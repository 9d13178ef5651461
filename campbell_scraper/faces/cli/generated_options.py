"""The options of ``campbell crawl`` and ``campbell schedule``, made from the fields of ``CrawlOptions``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from campbell_scraper.spiders.crawl_options import OPTIONS, seconds

from .common_options import F

if TYPE_CHECKING:
    from collections.abc import Callable


class _Text(click.ParamType[Any]):
    """A text that a function reads, which raises ValueError with a sentence."""

    def __init__(self, read: Callable[[str], Any], name: str) -> None:
        self._read = read
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what the function makes of the text."""
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Duration(_Text):
    """A length of time, in seconds."""

    def __init__(self) -> None:
        super().__init__(seconds, "duration")


def crawling_options(*, scheduled: bool = False, **defaults: str) -> Callable[[F], F]:
    """Add the options (if ``scheduled``, only those a schedule passes on); ``defaults`` replace those of a crawl."""
    chosen = {name: option for name, option in OPTIONS.items() if option.scheduled or not scheduled}

    def add(command: F) -> F:
        for name, option in reversed(chosen.items()):
            default = defaults.get(name, option.default)
            kind = None if option.is_flag else _Text(option.read, option.metavar or "text")
            add_option = click.option(
                option.name, name, type=kind, is_flag=option.is_flag,
                multiple=option.is_repeated, default=default, show_default=default not in {None, False},
                metavar=option.metavar, help=option.help,
            )  # fmt: skip
            command = add_option(command)
        return command

    return add
