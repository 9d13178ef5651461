"""``campbell serve`` says in one sentence why it cannot, and ends when it is told to."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from campbell_scraper.errors import UsageError
from campbell_scraper.faces.cli.common_options import only_data_option
from campbell_scraper.faces.datasette.serving import behind_proxy, serve_datasette
from tests.helpers import PROGRAM, free_port, wait_for

if TYPE_CHECKING:
    from campbell_scraper.folder import DataFolder


def test_a_port_that_is_taken_is_said(folder: DataFolder) -> None:
    with closing(socket.socket()) as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(UsageError, match=r"cannot be used .* choose another with --port"):
            serve_datasette(folder, holder.getsockname()[1])


def test_exclusions_that_cannot_be_read_are_said(folder: DataFolder) -> None:
    folder.exclusions.write_text("nonsense\n", "utf-8")
    with pytest.raises(UsageError, match="must be review_id,reason"):
        serve_datasette(folder, 0)


def test_a_folder_without_a_library_is_said(tmp_path: Path) -> None:
    from campbell_scraper.faces.cli.serve_command import serve  # noqa: PLC0415 - the command, not the room

    result = CliRunner().invoke(serve, ["--data", str(tmp_path)])
    assert isinstance(result.exception, UsageError | SystemExit)


@pytest.mark.parametrize("hidden", [False, True])
def test_a_sigterm_ends_it_and_it_leaves_no_copy(folder: DataFolder, tmp_path: Path, hidden: bool) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    if hidden:
        folder.exclusions.write_text("review_id,reason\nbetter-evidence/cochrane,asked to\n", "utf-8")
    port = free_port()
    process = subprocess.Popen(
        [PROGRAM, "serve", "--data", str(folder.root), "--port", str(port)],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/search?q=psychotherapy", timeout=60) as answer:
            assert b"<mark>psychotherapy</mark>" in answer.read()
        copies = [one.suffix for folder in temporary.glob("campbell-shown-*") for one in folder.iterdir()]
        assert (".db" in copies) == hidden
        assert hidden or not list(temporary.glob("campbell-shown-*"))
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    finally:
        process.kill()
    assert list(temporary.glob("campbell-shown-*")) == []
    with closing(socket.socket()) as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize(
    ("base_url", "settings", "hosts"),
    [
        ("/", {}, []),
        ("/library", {"base_url": "/library/"}, []),
        ("https://example.org/a/b/", {"base_url": "/a/b/", "force_https_urls": True}, ["example.org"]),
        ("http://example.org:8080", {}, ["example.org"]),
    ],
)
def test_a_base_url_is_a_path_or_a_url(base_url: str, settings: dict[str, object], hosts: list[str]) -> None:
    assert behind_proxy(base_url) == (settings, hosts)


@pytest.mark.parametrize(
    "base_url", ["library/", "example.org/library", "ftp://example.org/", "/a?b=c", "//example.org/"]
)
def test_what_is_no_base_url_is_refused(base_url: str) -> None:
    with pytest.raises(UsageError, match="is not a base URL"):
        behind_proxy(base_url)


LINKED = ["/", "/-/review/better-evidence/cochrane", "/-/search?q=psychotherapy", "/campbell", "/campbell/reviews",
          "/-/changes", "/-/plots", "/-/map", "/-/dashboards/library", "/no-such-page"]  # fmt: skip


@pytest.mark.parametrize("path", LINKED)
def test_every_address_on_a_page_is_below_the_base_url(folder: DataFolder, path: str, serve: Any) -> None:
    page = serve(folder, base_url="/library/").get(path, 404 if path == "/no-such-page" else 200).text
    found = re.findall(r"""\b(?:href|src|srcset|action)=["']?(/[^"'\s>]*)""", page)
    assert len(found) > 5
    assert [address for address in found if not address.startswith("/library/")] == []


def test_nothing_of_the_machine_is_shown_below_a_base_url(folder: DataFolder, serve: Any) -> None:
    served = serve(folder, base_url="/library/")
    for path in ("/-/databases", "/-/plugins.json"):  # the client puts the base URL before it
        assert served.get(path, 404).text == "Not shown"


def test_the_only_folder_is_served_behind_a_proxy_without_being_named(folder: DataFolder) -> None:
    port = free_port()
    process = subprocess.Popen(
        [PROGRAM, "serve", "--port", str(port), "--base-url", "https://example.org/library/"], cwd=folder.root,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        answers = {}
        for host in ("example.org", "evil.example"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/library/-/changes", headers={"Host": host})
            answer = connection.getresponse()
            answers[host] = answer.status, b'href="/library/' in answer.read()
            connection.close()
        assert answers == {"example.org": (200, True), "evil.example": (421, False)}
    finally:
        process.kill()
        process.wait(20)


def test_of_several_folders_one_must_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "campbell.db").touch()
    found: list[object] = []
    command = click.command()(only_data_option(lambda folder: found.append(folder.root)))
    with pytest.raises(UsageError, match="one of these with --data: data/one, data/two"):
        command.main([], standalone_mode=False)
    (tmp_path / "data" / "two" / "campbell.db").unlink()
    command.main([], standalone_mode=False)
    (tmp_path / "data" / "campbell").mkdir()
    (tmp_path / "data" / "campbell" / "campbell.db").touch()
    command.main([], standalone_mode=False)
    command.main(["--data", "data/other"], standalone_mode=False)
    assert found == [Path("data/one"), Path("data/campbell"), Path("data/other")]
