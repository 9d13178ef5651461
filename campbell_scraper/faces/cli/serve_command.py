"""Commands that show the database: serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .common_options import data_option, host_option, trust_option

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder


@click.command()
@data_option()
@click.option("--port", type=int, default=8001, show_default=True, help="Port on 127.0.0.1.")
@host_option
@trust_option
def serve(*, folder: DataFolder, port: int, hosts: tuple[str, ...], is_trusted: bool) -> None:
    """Open the database in Datasette: search, filter, plot, export.

    Works while a crawl or a rebuild runs. Plain `datasette DIR` shows the same.

    \b
    Example:
      campbell serve --data data/demo
    """  # noqa: D301
    from campbell_scraper.faces.datasette.serving import serve_datasette

    folder.require()
    serve_datasette(folder, port, hosts, is_trusted=is_trusted)
