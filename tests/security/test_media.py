"""Any text at all in each medium that we write: it stays well-formed, and nothing in it acts."""

from __future__ import annotations

import http.server
import io
import json
import re
import threading
import zipfile
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from campbell_scraper.errors import DamagedError
from campbell_scraper.faces.datasette.pages.plots import picture
from campbell_scraper.faces.export import FORMATS, pieces
from campbell_scraper.faces.export.changes import FieldChange, ReviewChange, write_json, write_text
from campbell_scraper.faces.export.citations.atom import ATOM, write_atom
from campbell_scraper.faces.export.citations.word_diff import as_html
from campbell_scraper.faces.export.library_export import Review, decoded_record
from campbell_scraper.faces.report.notify import Announcement
from campbell_scraper.faces.report.runs import time_at
from campbell_scraper.words import escaped_json

HOSTILE = "a\x00\x01\x1b[2J\x9b\u202e\u2066\ud800\ufffe\x7f\u2028]]>&<b>\"'\r\n\t\x0b"
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
TEXTS = st.text(st.characters(exclude_categories=()) | st.sampled_from(HOSTILE), max_size=20)
fuzzed = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def text_of(element: etree._Element) -> str:
    return etree.tostring(element, method="text", encoding="unicode")


def review(text: str) -> Review:
    """Return a review as a database may hold it: JSON can hold any text, surrogates too."""
    fact = {"fact": text, "value": text, "number": 1, "precision": text, "quote": text, "section": 0}
    section = {"heading": text, "level": 1, "kind": text, "text": text}
    summary = {"language": text, "form": text, "text": text, "title": text, "sections": [section], "facts": [fact]}
    names = ("title", "stage", "status", "published_date", "doi", "headline", "brief", "intro")
    record = decoded_record("x", json.dumps(dict.fromkeys(names, text) | {
        "url": f"http://a.example/{text}", "full_review_url": f"javascript:{text}", "groups": [text],
        "authors": [{"name": text, "family": text, "given": text}, {"name": text, "is_group": True}],
        "document_types": [text], "additional_info": [{"label": text, "value": text}], "summaries": [summary],
    }))  # fmt: skip
    stored = text.encode("utf-8", "replace").decode()  # in a column of SQLite
    return Review(
        review_id=stored, work_id=stored, version=1, valid_from=stored, valid_to=stored, content_hash=stored,
        capture_id=stored, captured_at=stored, record=record, origin=record,
        row={"review_id": stored, "title": record["title"], "groups": record["groups"], "last_seen": stored},
    )  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@fuzzed
@example(HOSTILE)
@given(TEXTS)
def test_an_export_can_be_read_and_nothing_in_it_acts(name: str, text: str) -> None:
    written = b"".join(pieces([review(text)], name))
    if name == "xlsx":
        with zipfile.ZipFile(io.BytesIO(written)) as book:
            for sheet in (one for one in book.namelist() if one.endswith(".xml")):
                assert not ACTING.search(text_of(etree.fromstring(book.read(sheet))).replace("\r", "\n"))
    elif name != "parquet":  # texts as stored, for programs
        assert not ACTING.search(written.decode().replace("\r\n", "\n"))


def change(text: str) -> ReviewChange:
    record = decoded_record("x", json.dumps({"title": text}))
    stored = text.encode("utf-8", "replace").decode()
    return ReviewChange(
        review_id=stored, version=2, kind="changed", at=stored, title=record["title"], url=f"http://a.example/{stored}",
        doi=stored, capture_id=stored, fields=[FieldChange(field=stored, old=stored, new=f"{stored} more")],
    )  # fmt: skip


@fuzzed
@example(HOSTILE)
@given(TEXTS)
def test_a_feed_is_well_formed(text: str) -> None:
    out = io.BytesIO()
    assert write_atom([change(text)], out, library=text, updated=text, self_url=f"http://a.example/{text}") == 1
    feed = etree.fromstring(out.getvalue())
    assert feed.find(f"{{{ATOM}}}entry") is not None
    assert not ACTING.search(text_of(feed))


@fuzzed
@example(HOSTILE)
@given(TEXTS)
def test_changes_do_not_act_on_a_terminal(text: str) -> None:
    for write in (write_text, lambda found, out: write_json(found, out, library=text, since=text)):
        out = io.StringIO()
        write([change(text)], out)
        assert not ACTING.search(out.getvalue())
        out.getvalue().encode()


@fuzzed
@example(HOSTILE)
@given(TEXTS)
def test_json_means_the_same_and_acts_on_nothing(text: str) -> None:
    written = escaped_json(json.dumps([text], ensure_ascii=False))
    assert json.loads(written) == [text]
    assert not ACTING.search(written)


@fuzzed
@example(HOSTILE)
@given(TEXTS)
def test_a_change_in_a_page_is_text(text: str) -> None:
    shown = as_html(text, f"{text} <more>")
    assert not ACTING.search(shown)
    assert set(re.findall(r"<[^>]*>", shown)) <= {"<del>", "</del>", "<ins>", "</ins>", "<br>"}


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_plot_of_any_text_ends_no_process(kind: str) -> None:
    pytest.importorskip("vl_convert")
    row: dict[str, Any] = {"year": 2020, "works": 3, "rank": 1, "name": HOSTILE}
    drawn = picture("groups_by_year", [row], kind)
    if kind == "svg":
        assert not ACTING.search(text_of(etree.fromstring(drawn)))


def test_a_health_check_is_told_any_text() -> None:
    told: list[bytes] = []

    class Check(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Check) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        said = Announcement("a run", ping=f"http://127.0.0.1:{server.server_port}/check", message=HOSTILE)
        said.ended()
        server.shutdown()
    assert said.problems == []
    assert not ACTING.search(told[0].decode())


@given(TEXTS)
def test_a_time_that_is_none_is_no_error(text: str) -> None:
    assert time_at(text) is None or time_at(text).tzinfo  # type: ignore[union-attr]
    assert time_at("2026-12-01") is None
    assert time_at("2026-12-01T00:00:00Z") is not None


def test_a_record_that_no_reader_ends_is_damage() -> None:
    with pytest.raises(DamagedError):
        decoded_record("x", "[" * 100_000)
