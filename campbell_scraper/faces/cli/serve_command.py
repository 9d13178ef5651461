"""Commands that show the database: serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .common_options import host_option, only_data_option, trust_option

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder


@click.command()
@only_data_option
@click.option("--port", type=int, default=8001, show_default=True, help="Port on 127.0.0.1.")
@host_option
@click.option("--base-url", metavar="URL|PATH", default="/", show_default=True,
              help="Public address behind a proxy: a path (/library/), or a URL, whose host is then accepted as if "
              "given with --host.")  # fmt: skip
@trust_option
def serve(*, folder: DataFolder, port: int, hosts: tuple[str, ...], base_url: str, is_trusted: bool) -> None:
    """Open the database in Datasette: search, filter, plot, export.

    Works while a crawl or a rebuild runs. Plain `datasette DIR` shows the same.

    \b
    Examples:
      campbell serve --data data/demo
      campbell serve --base-url https://example.org/library/
    """  # noqa: D301
    from campbell_scraper.faces.datasette.serving import serve_datasette

    folder.require()
    serve_datasette(folder, port, hosts, base_url=base_url, is_trusted=is_trusted)
