"""What pywb needs to replay a data folder, and how it is started.

Plain ``wayback`` run inside the folder replays too. Its home page has to be called ``index.html`` and is looked for in
``templates/`` first, where Datasette wants its own of that name; so ours is ``templates/replay-home.html``, which an
``index.html`` beside ``templates/`` includes. A Datasette template ``templates/index.html`` must therefore begin with
``{% extends "replay-home.html" if routes is defined else "default:index.html" %}``: only pywb defines ``routes``.

By default pywb shows a page in a frame, which never sees the fragment of an address: a link to a sentence
(``#:~:text=``) would lead to the top of the page. So pages are shown unframed, with a note of ours in the corner.
"""

from __future__ import annotations

import html
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from campbell_scraper.archive.stored_files import stored_archive
from campbell_scraper.archive.surt_keys import timestamp_of, url_key
from campbell_scraper.atomic_files import replacing

from .cdxj import IndexReport, write_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

COLLECTION: Final = "campbell"
HOME_TEMPLATE: Final = "replay-home.html"
_INDEX: Final = f'{{% include "{HOME_TEMPLATE}" %}}\n'
_CONFIG: Final = "framed_replay: false\n"
_STYLE: Final = """
 body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
 table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .8rem .3rem 0;
 border-bottom: 1px solid #ddd; vertical-align: top } h2 { margin-top: 2rem } .note { color: #555 }
"""
_READY_WITHIN: Final = 60.0
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlEntry:
    """A crawl on the home page."""

    crawl_id: str
    started_at: str
    finished_at: str | None = None
    status: str = ""
    captures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayEntry:
    """A page on the home page."""

    title: str
    url: str
    captured_at: str
    """ISO 8601 UTC."""
    note: str = ""


class ReplayUnavailableError(RuntimeError):
    """Pywb is not installed, or did not start."""


def replay_path(url: str, captured_at: str | None = None, collection: str = COLLECTION) -> str:
    """Return the path at which pywb shows a capture: the newest one if no time is given."""
    timestamp = timestamp_of(captured_at) + "/" if captured_at else ""
    return f"/{collection}/{timestamp}{url}"


def write_replay_files(
    data_dir: Path,
    *,
    title: str,
    crawls: Iterable[CrawlEntry] = (),
    pages: Iterable[ReplayEntry] = (),
    links: Iterable[tuple[str, str]] = (),
    hidden: Iterable[str] = (),
    record_url: str | None = None,
    collection: str = COLLECTION,
) -> IndexReport:
    """Bring the index up to date and write pywb's home page, its note on pages, and its configuration if there is none.

    No WARC file is touched. ``links`` are further links of the home page (text, URL); ``hidden`` are URLs that are not
    replayed; the note on a page leads to ``record_url``, with the page's ``url`` and its time (``at``). Raises OSError
    if the folder cannot be written.
    """
    root = data_dir / "collections" / collection
    (root / "archive").mkdir(parents=True, exist_ok=True)
    report = write_index(root / "archive", root / "indexes" / "index.cdxj")
    home = _home(title, list(crawls), list(pages), list(links), collection)
    _write_if_changed(data_dir / "templates" / HOME_TEMPLATE, home)
    _write_if_changed(data_dir / "index.html", _INDEX)
    _write_rules(root / "acl" / "exclusions.aclj", hidden)
    bar = f"{{% set record_url = {json.dumps(record_url or '')} %}}\n"
    bar += files(__package__).joinpath("replay_bar.html").read_text("utf-8")
    _write_if_changed(data_dir / "templates" / "custom_banner.html", bar)
    config = data_dir / "config.yaml"
    if not config.exists() or config.read_text("utf-8") == _CONFIG:
        _write_if_changed(config, _config(data_dir))
    return report


def _config(data_dir: Path) -> str:
    """Return pywb's configuration; pywb reads files that are not on disk from the object store, record by record."""
    stored = stored_archive(data_dir)
    return _CONFIG if stored is None else f"{_CONFIG}archive_paths: [archive, {json.dumps(stored.url + '/')}]\n"


def _write_rules(path: Path, hidden: Iterable[str]) -> None:
    """Write pywb's access rules: a line for each URL, the last key first; ``###`` means this key and none below it."""
    rule = json.dumps({"access": "exclude"})
    keys = sorted({url_key(url) for url in hidden}, reverse=True)
    if keys or path.exists():
        _write_if_changed(path, "".join(f"{key}### - {rule}\n" for key in keys))


def _write_if_changed(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text("utf-8") != text:
        with replacing(path) as fresh:
            fresh.write_text(text, "utf-8")


def _text(value: object) -> str:
    """Return a value escaped for HTML; braces too, since the page is a Jinja template."""
    return html.escape(str(value)).replace("{", "&#123;").replace("}", "&#125;")


def _home(
    title: str,
    crawls: list[CrawlEntry],
    pages: list[ReplayEntry],
    links: list[tuple[str, str]],
    collection: str,
) -> str:
    crawl_rows = "".join(
        f"<tr><td>{_text(crawl.crawl_id)}</td><td>{_text(crawl.started_at)}</td>"
        f"<td>{_text(crawl.finished_at or '')}</td><td>{_text(crawl.status)}</td><td>{crawl.captures:,}</td></tr>\n"
        for crawl in crawls
    )
    page_rows = "".join(
        f'<tr><td><a href="{_text(replay_path(page.url, page.captured_at, collection))}">{_text(page.title)}</a></td>'
        f"<td>{_text(page.captured_at[:10])}</td><td>{_text(page.note)}</td></tr>\n"
        for page in pages
    )
    further = " · ".join(f'<a href="{_text(url)}">{_text(text)}</a>' for text, url in links)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{_text(title)}: replay</title><style>{_STYLE}</style></head><body>
<h1>{_text(title)}</h1>
<p class="note">Pages as they were captured, replayed from the WARC files. {further}</p>
<form action="/{_text(collection)}/" onsubmit="location = '/{_text(collection)}/*/' + this.url.value; return false">
<label>All captures of an address: <input name="url" size="50" placeholder="https://"></label>
<button>Find</button></form>
<h2>Pages ({len(pages)})</h2>
<table><tr><th>Page</th><th>Captured</th><th></th></tr>
{page_rows}</table>
<h2>Crawls ({len(crawls)})</h2>
<table><tr><th>Crawl</th><th>Began</th><th>Ended</th><th>Status</th><th>Captures</th></tr>
{crawl_rows}</table>
</body></html>
"""


def _site(data_dir: Path, collection: str = COLLECTION) -> Path:
    """Return a new temporary folder from which pywb shows a data folder's archive without running any file of it.

    Templates and configuration are those of :func:`write_replay_files`. Hidden URLs are not in the index either.
    """
    site = Path(tempfile.mkdtemp(prefix="campbell-replay-"))
    (site / "templates").mkdir()
    for name in (f"templates/{HOME_TEMPLATE}", "templates/custom_banner.html"):
        (site / name).write_bytes((data_dir / name).read_bytes())
    (site / "index.html").write_text(_INDEX, "utf-8")
    (site / "config.yaml").write_text(_config(data_dir), "utf-8")
    theirs, ours = data_dir.absolute() / "collections" / collection, site / "collections" / collection
    (ours / "indexes").mkdir(parents=True)
    (ours / "archive").symlink_to(theirs / "archive")
    index, rules = theirs / "indexes" / "index.cdxj", theirs / "acl" / "exclusions.aclj"
    hidden = {line.partition("### ")[0] for line in rules.read_text("utf-8").splitlines()} if rules.is_file() else set()
    if not hidden:
        (ours / "indexes" / "index.cdxj").symlink_to(index)
        return site
    with index.open(encoding="utf-8") as lines, (ours / "indexes" / "index.cdxj").open("w", encoding="utf-8") as kept:
        kept.writelines(line for line in lines if line.partition(" ")[0] not in hidden)
    return site


def start(
    data_dir: Path,
    port: int,
    *,
    host: str = "127.0.0.1",
    quiet: bool = True,
    names: Iterable[str] = (),
    linked: str = "",
    is_trusted: bool = False,
) -> subprocess.Popen[bytes]:
    """Start pywb on a data folder and return its process once it answers; the caller ends it.

    It answers to loopback's names and to ``names``; its pages may lead to the site of the URL ``linked``. Templates and
    configuration that lie in the folder are run only if it ``is_trusted``. Raises ReplayUnavailableError if pywb is not
    installed, or does not answer (the port is taken, say).
    """
    if importlib.util.find_spec("pywb") is None:
        raise ReplayUnavailableError("pywb is not installed")
    if _answers(host, port):
        raise ReplayUnavailableError(f"port {port} is in use")
    output = subprocess.DEVNULL if quiet else None
    own = " ".join([*_LOOPBACK, *names])
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONSAFEPATH": "1", "CAMPBELL_REPLAY_NAMES": own,
                   "CAMPBELL_REPLAY_LINKED": "://".join(urlsplit(linked)[:2]) if linked else ""}  # fmt: skip
    site = data_dir if is_trusted else _site(data_dir)
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", f"{__package__}.replay_server", "--bind", host, "--port", str(port)],
        cwd=site,
        stdout=output,
        stderr=output,
        env=environment,
    )
    if not is_trusted:
        weakref.finalize(process, shutil.rmtree, site, ignore_errors=True)
    deadline = time.monotonic() + _READY_WITHIN
    while not _answers(host, port):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise ReplayUnavailableError(f"pywb did not start (exit code {process.returncode})")
        time.sleep(0.1)
    return process


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def run_pywb(
    data_dir: Path,
    port: int,
    *,
    host: str = "127.0.0.1",
    names: Iterable[str] = (),
    linked: str = "",
    is_trusted: bool = False,
    on_ready: Callable[[str], None] | None = None,
) -> int:
    """Run pywb until it ends, or Ctrl-C or SIGTERM comes; return its exit code (0 for those).

    ``on_ready`` is called with the address of the home page once it answers. Raises ReplayUnavailableError.
    """
    process = start(data_dir, port, host=host, names=names, linked=linked, is_trusted=is_trusted)
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _interrupt) if in_main else None
    try:
        if on_ready is not None:
            on_ready(f"http://{host}:{port}/")
        return process.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        process.terminate()
        process.wait()
        if in_main:
            signal.signal(signal.SIGTERM, before)


def _interrupt(_signal: int, _frame: object) -> None:
    """Let SIGTERM end pywb too, which would go on without us."""
    raise KeyboardInterrupt
