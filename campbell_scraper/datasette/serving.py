"""``campbell serve``: Datasette on a data folder."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import TYPE_CHECKING

from campbell_scraper.errors import UsageError
from campbell_scraper.exclusions import excluded

from .metadata import write_faces

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder


def serve_datasette(folder: DataFolder, port: int) -> None:
    """Serve the folder on 127.0.0.1 until interrupted.

    Raises:
        UsageError: the extra [serve] is not installed, or Datasette could not start.

    """
    if importlib.util.find_spec("datasette") is None:
        raise UsageError("campbell serve needs Datasette: pip install 'campbell-scraper[serve]'.")
    excluded(folder)  # a list that cannot be read is said in one sentence, and nothing is shown
    write_faces(folder)
    command = [sys.executable, "-m", "datasette", "serve", str(folder.root), "--host", "127.0.0.1", "--port", str(port)]
    try:
        code = subprocess.run(command, check=False).returncode  # noqa: S603 - our own words, no shell
    except KeyboardInterrupt:
        return
    if code != 0:
        raise UsageError(f"Datasette could not start on port {port} (is it taken? choose another with --port).")
