"""The options of ``campbell crawl`` and ``campbell schedule``, made from the fields of ``CrawlOptions``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from campbell_scraper.spiders.crawl_options import OPTIONS, Option

from .common_options import F

if TYPE_CHECKING:
    from collections.abc import Callable


class _Text(click.ParamType[Any]):
    """A text that the option itself reads."""

    def __init__(self, option: Option) -> None:
        self._option = option
        self.name = option.metavar or "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what the option makes of the text."""
        try:
            return self._option.read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def crawling_options(*, scheduled: bool = False, **defaults: str) -> Callable[[F], F]:
    """Add the options, those only that a schedule passes on if ``scheduled``; ``defaults`` replace those of a crawl."""
    chosen = {name: option for name, option in OPTIONS.items() if option.scheduled or not scheduled}

    def add(command: F) -> F:
        for name, option in reversed(chosen.items()):
            default = defaults.get(name, option.default)
            add_option = click.option(
                option.name, name, type=None if option.is_flag else _Text(option), is_flag=option.is_flag,
                multiple=option.is_repeated, default=default, show_default=default not in {None, False},
                metavar=option.metavar, help=option.help,
            )  # fmt: skip
            command = add_option(command)
        return command

    return add
