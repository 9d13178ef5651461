"""Words, names and secrets of others in media that would act upon them."""

from __future__ import annotations

import csv
import email
import gzip
import io
import logging
import re
import shutil
import socketserver
import sqlite3
import threading
from contextlib import closing
from email import policy
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from campbell_scraper.archive.read.pairing import plain_id
from campbell_scraper.archive.write.exchange import NEVER_RECORDED, redacted
from campbell_scraper.errors import Exit, UsageError
from campbell_scraper.faces.export.citations.clean_text import defused
from campbell_scraper.faces.report.notify import Announcement
from campbell_scraper.faces.report.plain_console import PlainConsole
from campbell_scraper.folder import DataFolder
from campbell_scraper.spiders.discovery import site_url
from campbell_scraper.words import clean, log_plainly
from tests.helpers import campbell
from tests.security.handed_over import FIXTURES, rebuilt

if TYPE_CHECKING:
    from pathlib import Path

ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
FORMULA = re.compile(r"[\s\u200b-\u200f\u2060]*(?:[=+@\uff1d\uff0b\uff20]|[-\uff0d]\S)")


@pytest.mark.parametrize(("archive", "code"), [("terminal.warc.gz", 0), ("terminal.wacz", 3)])  # one record is damaged
def test_no_escape_sequence_of_an_archive_reaches_the_terminal(archive: str, code: int, tmp_path: Path) -> None:
    shutil.copy(FIXTURES / archive, tmp_path)
    run = campbell("rebuild", tmp_path / archive, "--db", tmp_path / "x.db")
    assert run.returncode == code, run.stderr
    assert not ACTING.search((run.stdout + run.stderr).replace("\r", ""))


def test_no_escape_sequence_of_a_page_reaches_the_terminal_by_trace_or_report(tmp_path: Path) -> None:
    folder = rebuilt("terminal.warc.gz", tmp_path)
    for words in (("trace", "better-evidence/kites.title"), ("report", "--output", "-"), ("status",)):
        run = campbell(words[0], "--data", folder.root, *words[1:])
        assert run.returncode in {0, 3}, run.stderr
        assert not ACTING.search(run.stdout + run.stderr), words


HOSTILE = "a\x1b[2J\x9b31m\u202e]8;;http://x.example\x07[link=http://x.example]b[/link]:skull:\r"


def test_no_words_of_an_archive_act_in_a_table(tmp_path: Path) -> None:
    folder = rebuilt("terminal.warc.gz", tmp_path)
    with closing(sqlite3.connect(folder.database)) as connection, connection:
        connection.execute("CREATE TEMP TABLE other AS SELECT * FROM crawls")
        connection.execute("UPDATE other SET crawl_id = :words, source = :words", {"words": HOSTILE})
        connection.execute("INSERT INTO crawls SELECT * FROM other")
        connection.execute("UPDATE meta SET value = ? WHERE key = 'library'", (HOSTILE,))
    for words in (("status",), ("status", "--json"), ("changes", "--format", "json"), ("report", "--output", "-")):
        run = campbell(words[0], "--data", folder.root, *words[1:])
        assert run.returncode in {0, 3}, run.stderr
        assert not ACTING.search(run.stdout + run.stderr), words
    assert "[link=" in campbell("status", "--data", folder.root).stdout  # rich takes it for no markup


def test_a_time_of_others_is_no_error(tmp_path: Path) -> None:
    folder = rebuilt("terminal.warc.gz", tmp_path)
    with closing(sqlite3.connect(folder.database)) as connection, connection:
        connection.execute("UPDATE crawls SET started_at = :words, finished_at = :words", {"words": HOSTILE})
    run = campbell("status", "--data", folder.root)
    assert run.returncode in {0, 3}, run.stderr


@given(st.text() | st.just(HOSTILE))
def test_a_console_prints_nothing_that_acts(text: str) -> None:
    out = io.StringIO()
    console = PlainConsole(out, width=60)
    table = Table(title=text)
    table.add_column(text)
    table.add_row(text)
    for one in (text, Text(text, style="red"), table):
        console.print(one)
    assert not ACTING.search(out.getvalue())


@given(st.text() | st.just(HOSTILE))
def test_a_log_line_has_nothing_that_acts(text: str) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(message)s"))
    before = logging.getLogRecordFactory()
    log_plainly()
    try:
        logger = logging.getLogger("words of others")
        logger.propagate = False
        logger.handlers = [handler]
        try:
            raise ValueError(text)
        except ValueError:
            logger.exception("Failed: %s: %s", text, {"x": text})
    finally:
        logging.setLogRecordFactory(before)
    assert "ValueError" in out.getvalue()
    assert not ACTING.search(out.getvalue())


def test_neither_an_error_nor_its_traceback_acts(tmp_path: Path) -> None:
    for words in (("verify",), ("--debug", "verify"), ("--debug", "rebuild")):
        run = campbell(*words, tmp_path / HOSTILE.replace("/", ""))
        assert run.returncode == 2, run.stderr
        assert "UsageError" in run.stderr or "--debug" not in words
        assert not ACTING.search(run.stdout + run.stderr), words


@given(st.text())
def test_clean_text_has_nothing_that_acts(text: str) -> None:
    assert not ACTING.search(clean(text))


@given(st.text(alphabet=st.sampled_from("=+-@;,\"\n\t 1a\u200b\uff1d'")), st.sampled_from(",;"))
def test_no_cell_is_a_formula_by_whichever_separator(text: str, separator: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerow(["x", defused(clean(text)), "y"])
    for row in csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=separator):
        assert not [cell for cell in row if FORMULA.match(cell)], row


@pytest.mark.parametrize(
    "name", ["../../x", "/etc/passwd", ".hidden", "a/b", "a\\b", "a\x1b[2Jb", "a\u202eb", "x" * 999, "..", "a\nb"]
)
def test_a_name_of_an_archive_names_a_file_of_its_folder(name: str, tmp_path: Path) -> None:
    plain = plain_id(name)
    assert (tmp_path / f"{plain}.html").resolve().parent == tmp_path.resolve()
    assert not ACTING.search(plain)
    (tmp_path / f"{plain}.html").write_text("")


def test_a_name_without_such_stands_as_it_is() -> None:
    for name in ("20261101T000000Z-00000000", "My crawl of 2019 (second)", "Kampagne-Ü:1"):
        assert plain_id(name) == name


def test_a_report_is_written_into_its_folder_only(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "a" / "library")
    folder.create()
    body = gzip.decompress((FIXTURES / "terminal.warc.gz").read_bytes())
    plain = body.replace(b"isPartOf: 20261101T000000Z-00000000", b"isPartOf: ../../../xxxxxxxxxxxxxxxx")
    (folder.archive / "evil.warc").write_bytes(plain)
    assert campbell("rebuild", "--data", folder.root).returncode == 0
    before = {path for path in tmp_path.rglob("*") if folder.root not in path.parents}
    run = campbell("report", "--data", folder.root)
    assert run.returncode == 0, run.stderr
    assert {path for path in tmp_path.rglob("*") if folder.root not in path.parents} == before


@pytest.mark.parametrize(
    "site", ["http://alice:s3cr3tpw@site.example/", "alice@site.example", "https://:s3cr3tpw@a.example"]
)
def test_a_site_with_a_password_is_refused_without_repeating_it(site: str) -> None:
    with pytest.raises(UsageError, match="http_proxy") as refused:
        site_url(site)
    assert "s3cr3tpw" not in str(refused.value)
    assert "alice" not in str(refused.value)


def test_what_a_proxy_is_told_is_not_recorded() -> None:
    head = b"GET http://a.example/ HTTP/1.1\r\nProxy-Authorization: Basic Ym9i\r\nHost: a.example\r\n\r\n"
    assert b"Ym9i" not in redacted(head, NEVER_RECORDED)


class MailSink(socketserver.StreamRequestHandler):
    """A mail server that keeps what it is sent (RFC 5321, as far as a client of one mail goes)."""

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        for line in self.rfile:
            if line.upper().startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                self.server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")


def test_words_of_a_site_are_no_markup_in_a_mail() -> None:
    pytest.importorskip("apprise")
    with socketserver.TCPServer(("127.0.0.1", 0), MailSink) as sink:
        sink.mails = []  # type: ignore[attr-defined]
        threading.Thread(target=sink.serve_forever, args=(0.05,), daemon=True).start()
        places = "smtp=127.0.0.1&from=us@a.example&to=you@a.example&mode=insecure"
        told = Announcement("a run", [f"mailto://127.0.0.1:{sink.server_address[1]}/?{places}"], code=Exit.ASSERTION)
        told.message = "HTTP 403, <a href='http://evil.example/'>click</a>"
        told.ended()
        sink.shutdown()
    assert told.problems == []
    (mail,) = (email.message_from_bytes(one, policy=policy.default) for one in sink.mails)  # type: ignore[attr-defined]
    (part,) = (part for part in mail.walk() if not part.is_multipart())
    assert part.get_content_type() == "text/plain"
    assert told.message in part.get_content()


def test_a_dollar_in_a_folders_name_is_doubled_in_command_lines_only() -> None:
    words = ("schedule", "--system", "--data", "/srv/a$b", "--contact", "me@example.org")
    lines = campbell(*words).stdout.splitlines()
    assert any(line.startswith("ReadWritePaths=") and "/srv/a$b" in line for line in lines)
    assert any(line.startswith("ExecStart=") and "/srv/a$$b" in line for line in lines)
