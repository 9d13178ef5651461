"""Tables read back: CSV, XLSX, Parquet, JSON Lines."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.errors import UsageError
from campbell_scraper.faces.export import FORMATS, Library
from campbell_scraper.faces.export.flat_rows import FACTS, REVIEWS, SHEETS, review_row
from campbell_scraper.faces.export.formats import write_export
from campbell_scraper.faces.export.portable.overview import as_sql
from campbell_scraper.faces.export.spreadsheets import BOM, cell
from campbell_scraper.view.keys import canonical_json, content_hash
from tests.made_library import PIP

if TYPE_CHECKING:
    from pathlib import Path

    from campbell_scraper.faces.export import Review
    from campbell_scraper.folder import DataFolder

ACTING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
PIP_ID = "better-evidence/parent-infant-psychotherapy"


def exported(folder: DataFolder, name: str, **options: Any) -> bytes:
    out = io.BytesIO()
    with Library.open(folder) as library:
        write_export(library, name, out, **options)
    return out.getvalue()


def reviews(folder: DataFolder) -> list[Review]:
    with Library.open(folder) as library:
        return list(library.reviews())


def test_a_row_has_labels_not_keys(folder: DataFolder) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(folder, "csv").decode(), newline="")))
    row = next(row for row in rows if row["review_id"] == PIP_ID)
    assert row == {
        "review_id": PIP_ID,
        "citation_key": row["citation_key"],
        "title": "Parent-infant psychotherapy & HIV: 50% of infants",
        "authors": "Jane Barlow; Allard van der Beek, Jr.; Gabriel d'Aubigné; "
                   "Ministry of Health, Education and Care; Madonna",
        "stage": "review",
        "status": "current",
        "published_date": "2015-03-02",
        "published_date_raw": "Monday, 02 March 2015",
        "published_precision": "day",
        "year": "2015",
        "doi": "10.4073/csr.2015.6",
        "url": PIP.url,
        "full_review_url": PIP.full_review_url,
        "groups": "Social Welfare; Crime and Justice",
        "types": "Review; Plain language summary",
        "languages": "en; nb",
        "headline": "Psychotherapy helps",
        "brief": "Parents and infants.\nTwo paragraphs.",
        "abstract": "Parents and infants.",
        "studies_included": "8",
        "participants": "846",
        "search_date": "2014-01",
        "search_lag_months": "14",
        "first_seen": "2026-03-14T09:00:00.000000Z",
        "last_seen": "2026-03-14T09:00:00.000000Z",
        "last_changed": "2026-03-14T09:00:00.000000Z",
        "version": "1",
        "work_id": PIP_ID,
        "replay_url": f"http://127.0.0.1:8080/campbell/20260314090000/{PIP.url}",
        "capture_id": "urn:uuid:00000000-0000-4000-8000-000000000001",
    }  # fmt: skip


def test_the_overview_made_from_records_is_the_overview_of_the_database(folder: DataFolder) -> None:
    with Library.open(folder) as library:
        view = [dict(row) for row in library.connection.execute("SELECT * FROM review_overview ORDER BY review_id")]
        made = [as_sql(review.row) for review in library.reviews()]
    for row in (*view, *made):
        for name in ("groups", "types", "languages"):
            row[name] = json.loads(row[name])
    assert made == [{name: row[name] for name in made[0]} for row in view]
    assert set(made[0]) == set(view[0])


def test_pandas_reads_the_csv(folder: DataFolder) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv(io.BytesIO(exported(folder, "csv", bom=True)), keep_default_na=False, dtype=str)
    assert list(frame.columns) == list(REVIEWS)
    for (_, found), review in zip(frame.iterrows(), reviews(folder), strict=True):
        assert dict(found) == {name: str(cell(value) or "") for name, value in review_row(review).items()}


def test_the_byte_order_mark_is_there_only_if_asked_for(folder: DataFolder) -> None:
    assert exported(folder, "csv", bom=True).startswith(BOM + b"review_id,")
    assert exported(folder, "csv").startswith(b"review_id,")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\u200b=", "＝", "\ufeff=", "\x00="])
def test_what_a_spreadsheet_would_calculate_is_defused(start: str) -> None:
    assert str(cell(f"{start}1+1")).startswith("'")


@pytest.mark.parametrize("text", ["1+1", "a=b", "'quoted'", "x@example.org", ""])
def test_other_text_is_left_alone(text: str) -> None:
    assert cell(text) == text


def test_no_cell_of_the_csv_begins_a_formula_or_acts_on_a_terminal(folder: DataFolder) -> None:
    text = exported(folder, "csv").decode()
    assert "HYPERLINK" in text
    assert not ACTING.search(text)
    assert all(not re.match(r"\s*[=+\-@]", value) for row in csv.reader(io.StringIO(text, newline="")) for value in row)


def test_the_workbook_has_four_sheets_with_every_value(folder: DataFolder) -> None:
    pytest.importorskip("xlsxwriter")
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(io.BytesIO(exported(folder, "xlsx")))
    assert book.sheetnames == ["reviews", "authors", "sections", "facts"]
    for name, (columns, rows_of) in SHEETS.items():
        lines = list(book[name].values)
        assert lines[0] == columns
        expected = [[cell(value) for value in row.values()] for review in reviews(folder) for row in rows_of(review)]
        assert len(lines) - 1 == len(expected)
        for found, row in zip(lines[1:], expected, strict=True):
            for value, wanted in zip(found, row, strict=True):
                if isinstance(wanted, str) and len(wanted) > 32_767:
                    assert value.endswith(" […]")
                    assert len(value) <= 32_767
                    assert wanted.startswith(value.removesuffix(" […]"))
                else:
                    # openpyxl leaves Excel's escape of a text that looks like an escape.
                    shown = value.replace("_x005F_", "_") if isinstance(value, str) else value
                    assert shown == (None if wanted == "" else wanted)
        for row in book[name].iter_rows():
            assert all(one.data_type != "f" and one.hyperlink is None for one in row)


def test_the_workbook_is_sound_xml_without_forbidden_characters(folder: DataFolder) -> None:
    pytest.importorskip("xlsxwriter")
    from lxml import etree  # noqa: PLC0415

    with zipfile.ZipFile(io.BytesIO(exported(folder, "xlsx"))) as book:
        for name in book.namelist():
            etree.fromstring(book.read(name), etree.XMLParser(huge_tree=True))
            assert not ACTING.search(book.read(name).decode())


def test_parquet_has_typed_columns(folder: DataFolder, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq  # type: ignore[import-untyped, import-not-found, unused-ignore]  # noqa: PLC0415

    table = pq.read_table(io.BytesIO(exported(folder, "parquet")))
    assert str(table.schema.field("groups").type) == "list<element: string>"
    assert str(table.schema.field("studies_included").type) == "int64"
    assert str(table.schema.field("first_seen").type) == "timestamp[us, tz=UTC]"
    for found, review in zip(table.to_pylist(), reviews(folder), strict=True):
        row = review_row(review)
        for name in REVIEWS:
            if name in {"first_seen", "last_seen", "last_changed"}:
                assert found[name].strftime("%Y-%m-%dT%H:%M:%S.%fZ") == row[name]
            else:
                assert found[name] == row[name]
        year = review.record["published_date"]
        assert found["published_year"] == (int(year[:4]) if year else None)
        assert found["author_parts"] == review.record["authors"]
        for summary, wanted in zip(found["summaries"], review.record["summaries"], strict=True):
            assert summary == {name: wanted[name] for name in summary}
        for fact, made in zip(found["facts"], SHEETS["facts"][1](review), strict=True):
            assert fact == {name: made[name] for name in fact}
            assert set(fact) == set(FACTS) - {"review_id", "title"}


def test_duckdb_unnests_the_lists(folder: DataFolder, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    path = tmp_path / "reviews.parquet"
    path.write_bytes(exported(folder, "parquet"))
    rows = duckdb.sql(
        f"SELECT g, count(*) FROM (SELECT unnest(groups) AS g FROM '{path}') GROUP BY g ORDER BY 2 DESC, 1"
    ).fetchall()
    assert rows[0] == ("Crime and Justice", 2)
    sections = duckdb.sql(
        f"SELECT s.heading FROM (SELECT unnest(summaries) AS x FROM '{path}'), unnest(x.sections) t(s) "
        "WHERE s.kind = 'up_to_date'"
    ).fetchall()
    assert sections == [("How up-to-date is this review?",)]
    path = tmp_path / "reviews.csv"
    path.write_bytes(exported(folder, "csv"))
    assert duckdb.sql(f"SELECT count(*) FROM read_csv('{path}', max_line_size = 10000000)").fetchall() == [(5,)]
    path = tmp_path / "reviews.jsonl"
    path.write_bytes(exported(folder, "jsonl"))
    rows = duckdb.sql(f"SELECT doi FROM read_json('{path}') WHERE stage = 'protocol'").fetchall()
    assert rows == [("10.1002/cl2.1234",)]


def test_a_json_line_is_the_complete_record(folder: DataFolder) -> None:
    data = exported(folder, "jsonl")
    assert not ACTING.search(data.decode())
    lines = data.decode().splitlines()
    for line, review in zip(lines, reviews(folder), strict=True):
        own = json.loads(line)
        names = ("review_id", "work_id", "version", "valid_from", "valid_to", "capture_id", "content_hash")
        assert {name: own.pop(name) for name in names} == {name: getattr(review, name) for name in names}
        assert own == review.record
        assert content_hash(canonical_json(own)) == review.content_hash


def test_every_format_says_what_it_is() -> None:
    assert {name: one.suffix for name, one in FORMATS.items()} == {
        "ris": ".ris", "bibtex": ".bib", "csl-json": ".json", "csv": ".csv", "xlsx": ".xlsx", "parquet": ".parquet",
        "jsonl": ".jsonl",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "module"), [("xlsx", "xlsxwriter"), ("parquet", "pyarrow")])
def test_a_missing_extra_is_one_clear_sentence(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch, name: str, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=rf"campbell-scraper\[{name}\]"):
        exported(folder, name)
