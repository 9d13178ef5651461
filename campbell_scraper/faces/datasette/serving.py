"""``campbell serve``: Datasette on a data folder."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import sys
import tempfile
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import click

from campbell_scraper.errors import ExtraNeeded, UsageError
from campbell_scraper.view.database import open_readonly
from campbell_scraper.view.database.store_errors import translated_errors
from campbell_scraper.view.exclusions import excluded
from campbell_scraper.view.fold.fulltext_index import FTS

from .metadata import SETTINGS, metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campbell_scraper.folder import DataFolder


_PLUGINS = Path(str(files("campbell_scraper.faces.datasette"))) / "own_plugins"
"""Of the data folder only the database is used: what else lies in it may be a stranger's program."""


def serve_datasette(
    folder: DataFolder, port: int, hosts: Sequence[str] = (), *, base_url: str = "/", is_trusted: bool = False
) -> NoReturn:
    """Serve the folder on 127.0.0.1: this process becomes Datasette, so that a signal to it ends it.

    Plugins, templates and metadata are the package's; those of a folder ``is_trusted`` to run programs come on top.
    ``base_url`` is the path, or the whole URL, under which a proxy shows it.

    Raises:
        UsageError: the extra [serve] is not installed, the port is taken, ``base_url`` is not valid, or
            ``exclusions.csv`` cannot be read.
        DamagedError: the database cannot be used.

    """
    if importlib.util.find_spec("datasette") is None:
        raise ExtraNeeded("campbell serve needs Datasette", "serve")
    excluded(folder)  # a list that cannot be read is reported now, and not on every page
    _require_sound(folder.database)
    _require_free(port)
    settings, more_hosts = behind_proxy(base_url)
    hosts = [*hosts, *more_hosts]
    click.echo(f"The library is at http://127.0.0.1:{port}/ (Ctrl-C ends it).")
    sys.stdout.flush()
    words = ["-m", "datasette", "serve", str(folder.database), "--host", "127.0.0.1", "--port", str(port)]
    words += ["--metadata", _inherited(json.dumps(metadata(hosts))), "--plugins-dir", str(_PLUGINS)]
    words += [word for name, value in (SETTINGS | settings).items() for word in ("--setting", name, _as_text(value))]
    if is_trusted and folder.templates.is_dir():
        words += ["--template-dir", str(folder.templates)]
    if is_trusted and folder.plugins.is_dir():
        words[words.index(str(_PLUGINS))] = str(folder.plugins)
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606 - our own words, no shell


def _require_sound(database: Path) -> None:
    """Raise DamagedError for a database with which Datasette would not start."""
    with translated_errors(database), closing(open_readonly(database)) as connection:
        for name in FTS:
            connection.execute(f"SELECT 1 FROM {name} LIMIT 0")  # noqa: S608 - a name of ours


def _as_text(value: object) -> str:
    """Return a setting as Datasette's command line takes it."""
    return value if isinstance(value, str) else json.dumps(value)


def behind_proxy(base_url: str) -> tuple[dict[str, Any], list[str]]:
    """Return Datasette's settings for a path or URL under which a proxy shows it, and the URL's host.

    >>> behind_proxy("https://example.org/library")
    ({'base_url': '/library/', 'force_https_urls': True}, ['example.org'])
    >>> behind_proxy("/")
    ({}, [])

    Raises:
        UsageError: it is neither a path nor a URL.

    """
    parts = urlsplit(base_url)
    is_url = parts.scheme in {"http", "https"} and bool(parts.hostname)
    is_path = not parts.scheme and not parts.netloc and base_url.startswith("/")
    if not (is_url or is_path) or parts.query or parts.fragment:
        raise UsageError(f"{base_url!r} is not a base URL (examples: /library/, https://example.org/library/).")
    path = f"{parts.path.rstrip('/')}/"
    settings: dict[str, Any] = {"base_url": path} if path != "/" else {}
    if parts.scheme == "https":
        settings["force_https_urls"] = True
    return settings, [parts.hostname] if parts.hostname else []


def _inherited(text: str) -> str:
    """Return the path of an unnamed file with a text, for the program that takes this one's place."""
    with tempfile.TemporaryFile() as written:
        written.write(text.encode())
        written.seek(0)
        file = os.dup(written.fileno())
    os.set_inheritable(file, True)
    return f"/dev/fd/{file}"


def _require_free(port: int) -> None:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise UsageError(f"Port {port} cannot be used ({error}); choose another with --port.") from error
