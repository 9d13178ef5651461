"""What a crawl brought, as a table for people."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from campbell_scraper.archive.stored_files import closed_files, size_of
from campbell_scraper.view.database import open_readonly

from .plain_console import PlainConsole

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder

_OF_CRAWL = "from captures where crawl_id = :crawl"
_ROWS: tuple[tuple[str, str, str], ...] = (
    ("exchanges of this crawl", f"select count(*) {_OF_CRAWL}", "all in the WARC files"),
    ("  of them failed", f"select count(*) {_OF_CRAWL} and outcome = 'failed'", "see captures.error"),
    ("  of them not found", f"select count(*) {_OF_CRAWL} and status in (404, 410)", ""),
    (
        "not fetched",
        "select count(*) from discovered where crawl_id = :crawl and decision not in ('fetched', 'unchanged')",
        "see table discovered",
    ),
    ("reviews", "select count(*) from reviews", "of all crawls"),
    ("  versions", "select count(*) from review_versions", "one more for each change"),
    ("other pages", "select count(*) from pages", "gap maps, contact, articles"),
    ("summaries", "select count(*) from summaries", ""),
    ("  languages", "select count(distinct language) from summaries", ""),
    ("  placeholders", "select count(*) from summaries where is_placeholder", "the text is in a PDF"),
    ("sections", "select count(*) from sections", ""),
    ("evidence facts", "select count(*) from evidence_facts", "each with its sentence"),
    ("attachments", "select count(*) from files", "PDFs that reviews offer"),
    ("  read", "select count(text) from files", "their text is searchable"),
    ("unrecognised values", "select count(*) from unhandled where crawl_id = :crawl", "listed in table unhandled"),
)


def print_summary(folder: DataFolder, crawl_id: str, console: Console | None = None) -> None:
    """Print what the database holds after a crawl."""
    console = console or PlainConsole()
    table = Table(title=f"The library in {folder.root}", title_justify="left", box=None, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    table.add_column(style="dim")
    with closing(open_readonly(folder.newest)) as connection:
        for name, sql, note in _ROWS:
            table.add_row(name, f"{connection.execute(sql, {'crawl': crawl_id}).fetchone()[0]:,}", note)
    console.print()
    console.print(table)
    files = closed_files(folder.archive)
    size = sum(map(size_of, files)) / 1e6
    count = f"{len(files)} WARC file{'' if len(files) == 1 else 's'}"
    console.print(
        f"\nDatabase: {folder.newest}\nArchive:  {folder.archive} ({count}, {size:.1f} MB)",
        highlight=False,
        soft_wrap=True,
    )
