"""Data folders of others: nothing in them is run, and nothing is written through their links."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.archive.publish import replay_site
from campbell_scraper.archive.publish.replay_server import confined
from campbell_scraper.faces.replay import prepare_replay
from tests.conftest import ROOT
from tests.helpers import campbell
from tests.security.handed_over import PROGRAM, rebuilt

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.folder import DataFolder

TEMPLATE = '{%% set x = cycler.__init__.__globals__.os.popen("touch %s").read() %%}{%% extends "default:base.html" %%}'


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim"
    path.mkdir()
    (path / "thesis.docx").write_text("ten years of work")
    return path


@pytest.fixture
def handed_over(tmp_path: Path, victim: Path) -> DataFolder:
    """A sound library with programs in all places where one looked for them."""
    folder = rebuilt("replay-escape.warc.gz", tmp_path)
    folder.plugins.mkdir(exist_ok=True)
    folder.templates.mkdir(exist_ok=True)
    (folder.plugins / "helper.py").write_text(f"import pathlib; pathlib.Path({str(victim / 'plugin')!r}).touch()")
    (folder.templates / "campbell_base.html").write_text(TEMPLATE % (victim / "datasette"))
    (folder.templates / "base.html").write_text(TEMPLATE % (victim / "base"))
    (folder.templates / "head.html").write_text(TEMPLATE % (victim / "pywb"))
    (folder.root / "metadata.json").write_text('{"title": "Theirs"}')
    (folder.root / "pywb.py").write_text(f"open({str(victim / 'module')!r}, 'w')")
    (folder.root / "config.yaml").write_text("framed_replay: true\n")
    return folder


def served(command: str, folder: DataFolder, *options: str) -> tuple[subprocess.Popen[str], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-c", PROGRAM, command, "--data", str(folder.root), "--port", str(port), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=30).close()
        except OSError:
            time.sleep(0.3)
        else:
            return process, address
    process.kill()
    raise AssertionError(process.communicate()[0])


def text(address: str) -> str:
    found: str = urllib.request.urlopen(address, timeout=60).read().decode()
    return found


def test_serve_runs_nothing_that_lies_in_the_folder(handed_over: DataFolder, victim: Path) -> None:
    process, address = served("serve", handed_over)
    try:
        assert "Campbell Collaboration library" in text(address + "/")
        assert "Theirs" not in text(address + "/campbell")
        assert "Kites" in text(address + "/-/review/better-evidence/kites.html".removesuffix(".html"))
    finally:
        process.terminate()
        process.wait(30)
    assert [path.name for path in victim.iterdir()] == ["thesis.docx"]


def test_replay_runs_nothing_that_lies_in_the_folder_and_answers_to_its_own_name(
    handed_over: DataFolder, victim: Path
) -> None:
    process, address = served("replay", handed_over)
    try:
        assert "replay" in text(address + "/")
        assert "archived" in text(address + "/campbell/http://site.example/better-evidence/a.html")
        for mode in ("", "if_", "id_", "mp_"):
            page = f"{address}/campbell/20261101000000{mode}/http://site.example/better-evidence/b.html"
            policy = urllib.request.urlopen(page, timeout=60).headers.get_all("Content-Security-Policy")
            assert len(policy) == 1
            assert "ws:" not in policy[0]
            assert "connect-src 'self'" in policy[0]
        stranger = urllib.request.Request(address + "/", headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="421"):
            urllib.request.urlopen(stranger, timeout=60)
    finally:
        process.terminate()
        process.wait(30)
    assert [path.name for path in victim.iterdir()] == ["thesis.docx"]


def test_no_page_of_another_site_reads_what_is_replayed() -> None:
    sharing = [("Access-Control-Allow-Origin", "*"), ("access-control-allow-credentials", "true")]
    sent: list[tuple[str, str]] = []

    def archived(_: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html"), *sharing])
        return [b"archived"]

    own = {"HTTP_HOST": "localhost:8080", "HTTP_ORIGIN": "http://evil.example"}
    answer = confined(archived, ["localhost"], "")(own, lambda _, headers: sent.extend(headers))
    assert list(answer) == [b"archived"]
    assert ("Content-Type", "text/html") in sent
    assert not [name for name, _ in sent if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    "place",
    ["collections/campbell/archive/zz.warc.gz.open", ".campbell.lock.json", ".campbell.lock", "campbell.db-wal",
     "manifest-sha256.txt", "reports/link", "templates/custom_banner.html.new"],
)  # fmt: skip
@pytest.mark.parametrize("words", [("rebuild",), ("replay",), ("add", "x.warc.gz")], ids=lambda words: words[0])
def test_nothing_is_written_through_a_link(tmp_path: Path, victim: Path, place: str, words: tuple[str, ...]) -> None:
    folder = rebuilt("replay-escape.warc.gz", tmp_path)
    link = folder.root / place
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(victim / "thesis.docx")
    run = campbell(*words, "--data", folder.root)
    assert run.returncode == 2, run.stderr
    assert "Traceback" not in run.stderr
    assert (victim / "thesis.docx").read_text() == "ten years of work"


def test_what_is_excluded_is_not_in_the_index_that_is_replayed(tmp_path: Path) -> None:
    folder = rebuilt("replay-escape.warc.gz", tmp_path)
    folder.exclusions.write_text("review_id,reason\nbetter-evidence/kites,asked\n", "utf-8")
    prepare_replay(folder, "http://127.0.0.1:8001/")
    site = replay_site._site(folder.root)
    try:
        lines = (site / "collections" / "campbell" / "indexes" / "index.cdxj").read_text("utf-8")
    finally:
        shutil.rmtree(site)
    assert "kites" not in lines
    assert "a.html" in lines
    assert "kites" in folder.index.read_text("utf-8")
