"""Commands that export the library: export, lake, publish, changes, facts."""

from __future__ import annotations

import codecs
import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campbell_scraper.errors import UsageError
from campbell_scraper.faces.printing import say

from .common_options import data_option
from .output_file import opened

if TYPE_CHECKING:
    from campbell_scraper.faces.export import Library
    from campbell_scraper.folder import DataFolder

_STREAMS = ("ris", "bibtex", "csl-json", "csv", "xlsx", "parquet", "jsonl")
_FILES = {"sqlite": "campbell-export.db", "package": "campbell-package.zip"}
"""Formats that are files, and their names in the data folder's exports unless told otherwise."""


@click.command()
@click.argument("export_format", metavar="FORMAT", type=click.Choice([*_STREAMS, *_FILES]))
@data_option()
@click.option("--where", metavar="SQL", help="Only reviews that meet this condition on columns of review_overview.")
@click.option("--as-of", metavar="DATE", help="The library as it stood at the end of that day (UTC).")
@click.option("--output", type=click.Path(path_type=Path), help="The file to write; for package, a folder or a .zip "
              "file. By default standard output; for sqlite and package, exports/ in the data folder.")  # fmt: skip
@click.option("--table", metavar="NAME", help="csv: this table of the database instead of the reviews.")
@click.option("--bom", is_flag=True, help="csv: begin with a byte order mark, for Excel.")
def export(
    *,
    export_format: str,
    folder: DataFolder,
    where: str | None,
    as_of: str | None,
    output: Path | None,
    table: str | None,
    bom: bool,
) -> None:
    """Export the library, or a part of it, to a file for other programs.

    \b
    FORMAT is one of
      ris, bibtex, csl-json   citations, for reference managers
      csv, xlsx, parquet      tables, for spreadsheets and data frames
      jsonl                   complete records, one a line
      sqlite                  the whole database as one portable file
      package                 a frictionless data package: SQLite, CSVs, dictionary, methods

    Reviews named in exclusions.csv are left out.

    \b
    Examples:
      campbell export ris --data data/demo --output reviews.ris
      campbell export csv --data data/demo --where "stage = 'review' and published_date >= '2015'"
      campbell export csv --data data/demo --table evidence_facts --output facts.csv
      campbell export package --data data/demo --output campbell.zip
    """  # noqa: D301
    from campbell_scraper.faces.export import FORMATS, Library, write_export

    if (bom or table) and export_format != "csv":
        raise UsageError(f"{'--bom' if bom else '--table'} works only with csv.")
    with Library.open(folder, as_of=as_of) as library:
        _warn_of_exclusions(library)
        if export_format in _FILES:
            output = output or folder.exports / _FILES[export_format]
            from campbell_scraper.faces.export.data_package import write_data_package
            from campbell_scraper.faces.export.portable.portable_copy import write_sqlite

            if export_format == "package":
                from campbell_scraper.faces.report.progress import StatusLine

                with StatusLine() as line:
                    count = write_data_package(library, folder, output, where=where, progress=line.tell)
            else:
                count = write_sqlite(library, folder, output, where=where)
        elif table is not None:
            from campbell_scraper.faces.export.data_package import write_table

            with opened(output, is_text=True) as out:
                count = write_table(library, folder, table, out, where=where, bom=bom)
        else:
            with opened(output, is_text=FORMATS[export_format].is_text) as out:
                count = write_export(library, export_format, out, where=where, bom=bom)
    noun = "row" if table else "review"
    say(f"{count:,} {noun}{'' if count == 1 else 's'} written{f' to {output}' if output else ''}.", err=True)


@click.command()
@click.argument("output", metavar="DIR", type=click.Path(path_type=Path))
@data_option()
def publish(*, output: Path, folder: DataFolder) -> None:
    """Write the library as a static site, for any web server.

    It has a page for each review, lists, search, downloads and changes. Links are relative, and pages load
    nothing from another machine. DIR must be empty or an earlier site, which is replaced when the new one is
    complete. Reviews named in exclusions.csv are left out.

    \b
    Example:
      campbell publish site --data data/demo
    """  # noqa: D301
    from campbell_scraper.faces.export import Library
    from campbell_scraper.faces.report.progress import StatusLine
    from campbell_scraper.faces.site.static_site import write_site

    with Library.open(folder) as library:
        _warn_of_exclusions(library)
        with StatusLine() as line:
            count = write_site(library, folder, output, progress=line.tell)
    say(f"{count:,} review{'' if count == 1 else 's'} published: open {output / 'index.html'}", err=True)


@click.command()
@data_option()
@click.option("--since", metavar="DATE|CRAWL", help="Changes from this date on (UTC), or after this crawl.")
@click.option("--format", "change_format", type=click.Choice(["text", "json", "atom"]), default="text",
              show_default=True, help="The format.")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
def changes(*, folder: DataFolder, since: str | None, change_format: str, output: Path | None) -> None:
    """List what the site changed, newest first: reviews new, changed, gone, withdrawn or back.

    Changed words are marked: [-old-]{+new+}. Without --since all changes are listed; the feed has the
    newest 200.

    \b
    Examples:
      campbell changes --data data/demo --since 2026-03-01
      campbell changes --data data/demo --format atom --output changes.atom
    """  # noqa: D301
    from campbell_scraper.faces.export import Library
    from campbell_scraper.faces.export.changes import recorded_changes as changes_of
    from campbell_scraper.faces.export.changes import write_json, write_text

    with Library.open(folder) as library:
        found = changes_of(library, since)
        with opened(output, is_text=True) as out:
            if change_format == "atom":
                from campbell_scraper.faces.export.citations.atom import write_atom

                write_atom(found, out, library=library.name, updated=library.last_crawl)
                return
            text = io.TextIOWrapper(out, "utf-8", errors="replace", newline="\n", write_through=True)
            try:
                if change_format == "json":
                    write_json(found, text, library=library.name, since=since)
                else:
                    write_text(found, text)
            finally:
                text.detach()


@click.command()
@data_option()
@click.option("--review", "to_review", is_flag=True, help="List the facts still to be confirmed, with their sentences.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
def facts(*, folder: DataFolder, to_review: bool, output: Path | None) -> None:
    """List the confirmed facts, or those still to be confirmed, as lines of facts.csv.

    Write your name and the date into `who` and `when`, correct wrong values ("none" if the review states
    none), and add the lines to facts.csv in the data folder. The next crawl or rebuild applies them.

    \b
    Example:
      campbell facts --review --data data/demo --output to-confirm.csv
    """  # noqa: D301
    import csv

    from campbell_scraper.faces.datasette.queries import QUERIES
    from campbell_scraper.faces.export import Library
    from campbell_scraper.faces.export.spreadsheets import cell

    confirmed = (
        "SELECT review_id, fact, coalesce(value, 'none') AS value, who, confirmed_at AS \"when\" FROM confirmed_facts "
        "ORDER BY review_id, fact, position"
    )
    with Library.open(folder) as library, opened(output, is_text=True) as out:
        rows = library.connection.execute(QUERIES["facts_to_confirm"]["sql"] if to_review else confirmed)
        lines = csv.writer(codecs.getwriter("utf-8")(out, "replace"))
        lines.writerow([column[0] for column in rows.description])
        lines.writerows(map(cell, row) for row in rows if row["review_id"] not in library.exclusions)


@click.command()
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.argument("sources", metavar="DATABASE|FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
def lake(*, target: Path, sources: tuple[Path, ...]) -> None:
    """Write the reviews of many libraries as Parquet, for one query over all.

    DIR gets a file for each library, and manifest.json. Files of other libraries in it stay. Reviews named in
    the exclusions.csv beside a database are left out.

    \b
    Examples:
      campbell lake lake data/demo
      campbell lake lake libraries/*/campbell.db
    """  # noqa: D301
    from contextlib import ExitStack

    from campbell_scraper.faces.export import Library
    from campbell_scraper.faces.export.lake import write_lake
    from campbell_scraper.faces.report.progress import StatusLine
    from campbell_scraper.folder import DataFolder

    with ExitStack() as stack, StatusLine() as line:
        libraries = [stack.enter_context(Library.open(DataFolder.around(source))) for source in sources]
        for library in libraries:
            _warn_of_exclusions(library)
        count = write_lake(target, libraries, tell=line.tell)
    say(f"{count:,} reviews written to {target}; libraries: {len(libraries):,}.", err=True)


def _warn_of_exclusions(library: Library) -> None:
    """Report names in exclusions.csv that are not a review, and so leave out nothing."""
    for name in library.unknown_exclusions():
        say(f"exclusions.csv names {name}, which is not a review of this library.", err=True)
