"""Prints other people's text to the terminal so that no escape sequence in it takes effect."""

from __future__ import annotations

import json

import click

from campbell_scraper.words import clean, escaped_json


def say(text: object, *, err: bool = False) -> None:
    """Print a text and a line end, without control characters and those that turn the direction of writing."""
    click.echo(clean(str(text)), err=err)


def say_json(value: object) -> None:
    """Print JSON with those characters escaped that a terminal would act upon."""
    click.echo(escaped_json(json.dumps(value, ensure_ascii=False, indent=1)))
