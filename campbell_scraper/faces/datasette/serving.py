"""``campbell serve``: Datasette on a data folder."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
from contextlib import closing
from typing import TYPE_CHECKING, NoReturn

import click

from campbell_scraper.errors import ExtraNeeded, UsageError
from campbell_scraper.view.exclusions import excluded

from .metadata import write_faces

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder


def serve_datasette(folder: DataFolder, port: int) -> NoReturn:
    """Serve the folder on 127.0.0.1: this process becomes Datasette, so that a signal to it ends it.

    Raises:
        UsageError: the extra [serve] is not installed, the port is taken, the folder cannot be written, or
            ``exclusions.csv`` cannot be read.

    """
    if importlib.util.find_spec("datasette") is None:
        raise ExtraNeeded("campbell serve needs Datasette", "serve")
    excluded(folder)  # a list that cannot be read is said now, and not on every page
    try:
        write_faces(folder)
    except OSError as error:
        raise UsageError(f"The data folder {folder.root} cannot be written: {error.strerror or error}.") from error
    _require_free(port)
    click.echo(f"The library is at http://127.0.0.1:{port}/ (Ctrl-C ends it).")
    sys.stdout.flush()
    words = ["-m", "datasette", "serve", str(folder.root), "--host", "127.0.0.1", "--port", str(port)]
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606 - our own words, no shell


def _require_free(port: int) -> None:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise UsageError(f"Port {port} cannot be used ({error}); choose another with --port.") from error
