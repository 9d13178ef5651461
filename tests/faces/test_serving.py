"""``campbell serve`` says in one sentence why it cannot, and ends when it is told to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import urllib.request
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from campbell_scraper.errors import UsageError
from campbell_scraper.faces.datasette.serving import serve_datasette
from tests.helpers import PROGRAM, free_port, wait_for

if TYPE_CHECKING:
    from pathlib import Path

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
