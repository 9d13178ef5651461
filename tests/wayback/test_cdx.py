"""The index of captures: what is asked, what is read, what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from campbell_scraper.errors import UsageError
from campbell_scraper.spiders.discovery import Answer
from campbell_scraper.spiders.sources.wayback_index import (
    PATHS,
    IndexAnswer,
    IndexRow,
    Span,
    query_url,
    read_index,
    span_of,
)

HEADER = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest"]
KEY = "org,campbellcollaboration)/better-evidence/kites.html"
URL = "http://www.campbellcollaboration.org/better-evidence/kites.html"
ROW = [KEY, "20170302081500", URL, "text/html", "200", "A" * 32]


def body(*lines: list[str]) -> bytes:
    return json.dumps(lines).encode()


def read(page: bytes) -> IndexAnswer | None:
    return read_index(Answer(asked=URL, url=URL, status=200, body=page))


def test_a_page_of_the_index_is_read_with_its_resume_key() -> None:
    found = read(body(HEADER, ROW, [], ["org,campbellcollaboration)/x 20180101000000"]))
    assert found is not None
    assert found.rows == [IndexRow(KEY, "20170302081500", URL, "text/html", 200, "A" * 32)]
    assert found.resume_key == "org,campbellcollaboration)/x 20180101000000"


def test_the_last_page_has_no_resume_key_and_no_capture_at_all_is_an_answer_too() -> None:
    last = read(body(HEADER, ROW))
    assert last is not None
    assert last.resume_key is None
    for nothing in (b"[]", b"", b"\n", body(HEADER)):
        found = read(nothing)
        assert found is not None
        assert found.rows == []


def test_a_revisit_has_no_status() -> None:
    found = read(body(HEADER, [*ROW[:3], "warc/revisit", "-", ROW[5]]))
    assert found is not None
    assert found.rows[0].status is None


@pytest.mark.parametrize(
    "page", [b"<html>upgraded</html>", b"{}", b'["a"]', b"[1]", body(["urlkey"], ["x"]), b"[" * 100_000, b"\xff\xfe"]
)
def test_what_is_no_index_is_none(page: bytes) -> None:
    assert read(page) is None


def test_rows_that_are_no_captures_are_counted_and_left_out() -> None:
    lines = [
        [KEY, "20179999999999", *ROW[2:]],
        [KEY, "2017", *ROW[2:]],
        [KEY, ROW[1], "mailto:a@example.org", *ROW[3:]],
        [KEY],
        ROW,
    ]
    found = read(body(HEADER, *lines))
    assert found is not None
    assert len(found.rows) == 1
    assert found.malformed == 4


def test_the_query_names_path_span_and_resume_key() -> None:
    span = span_of(since="2016", until="2019-05", machine="http://127.0.0.1:8000/")
    url = query_url(span, "campbellcollaboration.org", PATHS[0], "a b)/c 2017")
    assert url.startswith("http://127.0.0.1:8000/cdx/search/cdx?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert asked["url"] == "campbellcollaboration.org/better-evidence*"
    assert (asked["from"], asked["to"], asked["resumeKey"]) == ("2016", "201905", "a b)/c 2017")
    assert asked["showResumeKey"] == "true"
    assert "collapse" not in asked


@pytest.mark.parametrize(
    ("date", "digits", "middle"),
    [
        ("2016", "2016", datetime(2016, 7, 1, tzinfo=UTC)),
        ("2016-05", "201605", datetime(2016, 5, 15, tzinfo=UTC)),
        ("20160531", "20160531", datetime(2016, 5, 31, 12, tzinfo=UTC)),
    ],
)
def test_dates_may_be_years_months_or_days(date: str, digits: str, middle: datetime) -> None:
    span = span_of(since=date, nearest=date)
    assert span.since == digits
    assert span.nearest == middle


@pytest.mark.parametrize("date", ["16", "2016-13", "2016-02-30", "May", "", "2016-5", "٢٠١٦"])
def test_a_date_that_is_none_is_refused(date: str) -> None:
    with pytest.raises(UsageError, match="is not a valid date"):
        span_of(since=date)


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UsageError, match="is later than --to"):
        span_of(since="2019", until="2018-12")
    assert span_of(since="2018-12", until="2018").until == "2018"


def test_bounds_are_inclusive_to_the_second() -> None:
    span = Span("2017", "201803")
    assert span.holds("20170101000000")
    assert span.holds("20180331235959")
    assert not span.holds("20161231235959")
    assert not span.holds("20180401000000")
