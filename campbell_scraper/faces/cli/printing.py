"""The one way in which words of others reach the terminal: as words, whatever escape sequences are in them."""

from __future__ import annotations

import click


def say(text: object, *, err: bool = False) -> None:
    """Print a text and a line end, without control characters and those that turn the direction of writing."""
    from campbell_scraper.faces.export.citations.clean_text import clean

    click.echo(clean(str(text)), err=err)
