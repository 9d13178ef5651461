"""Commands that take the library out: export, changes."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from campbell_scraper.errors import Unfinished, UsageError

from .options import data_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campbell_scraper.folder import DataFolder

_STREAMS = ("ris", "bibtex", "csl-json", "csv", "xlsx", "parquet", "jsonl")


@click.command()
@click.argument("export_format", metavar="FORMAT", type=click.Choice(_STREAMS))
@data_option()
@click.option("--where", metavar="SQL", help="Only reviews for which this condition on review_overview holds.")
@click.option("--as-of", metavar="DATE", help="The library as it stood at the end of that day (UTC).")
@click.option("--output", type=click.Path(path_type=Path), help="The file to write; without it, standard output.")
@click.option("--bom", is_flag=True, help="csv: begin with a byte order mark, for Excel.")
def export(
    *, export_format: str, folder: DataFolder, where: str | None, as_of: str | None, output: Path | None, bom: bool
) -> None:
    """Write the library, or a part of it, in a format that other programs read.

    FORMAT is ris, bibtex, csl-json, csv, xlsx, parquet or jsonl.
    What exclusions.csv names is left out.

    \b
    Examples:
      campbell export ris --data data/demo --output reviews.ris
      campbell export csv --data data/demo --where "stage = 'review' and published_date >= '2015'"
    """  # noqa: D301
    from campbell_scraper.export import FORMATS, Library  # noqa: PLC0415 - quick start of other commands
    from campbell_scraper.export import export as write  # noqa: PLC0415

    if bom and export_format != "csv":
        raise UsageError("--bom is for csv.")
    with Library.open(folder, as_of=as_of) as library:
        _warn_of_unknown(library.unknown_exclusions())
        with _opened(output, is_text=FORMATS[export_format].is_text) as out:
            count = write(library, export_format, out, where=where, bom=bom)
    click.echo(f"{count:,} review{'' if count == 1 else 's'} written{f' to {output}' if output else ''}.", err=True)


def _warn_of_unknown(names: list[str]) -> None:
    for name in names:
        click.echo(f"exclusions.csv names {name}, which is no review of this library.", err=True)


@contextlib.contextmanager
def _opened(output: Path | None, *, is_text: bool) -> Iterator[BinaryIO]:
    """Give standard output, or a file that appears under its name only when it is complete."""
    if output is None:
        if not is_text and sys.stdout.isatty():
            raise UsageError("This format is no text: name a file with --output, or send it to a pipe.")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        handle, name = tempfile.mkstemp(prefix=f".{output.name}.", dir=output.parent)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror or error}.") from error
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
        partial.chmod(0o666 & ~_umask())
        partial.replace(output)
    except OSError as error:
        raise Unfinished(f"{output} could not be written: {error.strerror or error}.") from error
    finally:
        partial.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
