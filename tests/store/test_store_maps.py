"""An EPPI-Mapper map as rows: its codes, its references and the cells in which they stand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from campbell_scraper.reading.page_reading import read_page
from campbell_scraper.view.log.intake import rows_of_capture

from .library import capture

if TYPE_CHECKING:
    from campbell_scraper.view.store import Store

URL = "https://www.campbellcollaboration.org/maps/umbrellas.html"


def head(code: int, title: str, span: int = 1, *, column: bool = False) -> dict[str, Any]:
    return {"span": span, "isColumn": column, "id": code, "title": f"{title}\t"}


GRID = [
    [head(1, "Outcome", 3, column=True)],
    [head(2, "Health", 2, column=True), head(3, "Work", column=True)],
    [head(4, "Sleep", column=True), head(5, "Colds", column=True), head(6, "Lateness", column=True)],
    [head(7, "Umbrellas", 2), head(8, "Lent")],
    [head(9, "Given")],
    [head(10, "Capes")],
]
REFERENCES = [
    {"ItemId": 7, "Title": "One <b>study</b>", "Year": "2012", "DOI": "https://doi.org/10.1234/ABC.1", "URL": "",
     "Authors": "Doe J; Roe K ; ", "Codes": [{"AttributeId": code} for code in (7, 8, 9, 4, 6, 99)]},
    {"ItemId": 8, "Title": "Two", "Year": "in press", "DOI": "", "URL": "10.1234/abc.2", "Codes": [{"AttributeId": 5}]},
    {"ItemId": 9, "Title": "Three", "Year": 2015, "DOI": "", "URL": "institute.example.org/report.PDF"},
    {"ItemId": 10, "Title": "Four", "Year": "2016", "DOI": "doi:10.1234/abc.4", "URL": "https://example.org/four",
     "Codes": [{"AttributeId": 1 << 70}, {"AttributeId": "x"}]},
]  # fmt: skip
ODD_REFERENCES = [
    {"ItemId": 1, "Title": "", "ShortTitle": "Doe (2012)", "URL": "HTTPS://example.org/a; http://example.org/b",
     "Codes": [{"AttributeId": "4"}]},
    {"ItemId": 2, "Title": "In the wrong field", "DOI": "https://example.org/paper", "URL": ""},
    {"ItemId": 3, "Title": "None", "DOI": "n/a", "URL": "http://"},
]  # fmt: skip


def page(references: str, grid: str = json.dumps({"rows": GRID})) -> bytes:
    colours = json.dumps([{"attribute": {"AttributeId": 99, "AttributeName": "High confidence"}, "color": "#5CB85C"}])
    script = f"const csvData = {grid}; const segmentAttributes = {colours};const referenceData = {references}"
    return f"<!DOCTYPE html><html><head><title>Umbrellas</title></head><script>{script}".encode()


def show(store: Store, body: bytes, day: float = 1) -> list[str]:
    """Store a map; return what was said to be lost."""
    read = read_page(URL, [("Content-Type", "text/html; charset=utf-8")], body)
    store.take(rows_of_capture(capture(URL, day), str(read.kind), read))
    store.finish()
    return [one.value for one in read.unhandled]


def rows(store: Store, sql: str) -> list[tuple[Any, ...]]:
    return store.connection.execute(sql).fetchall()


def test_references_have_bare_dois_and_real_links(store: Store) -> None:
    assert show(store, page(json.dumps(REFERENCES) + ";</script>")) == []
    assert rows(store, "SELECT item, title, authors, year, doi, link FROM map_references ORDER BY position") == [
        ("7", "One study", "Doe J; Roe K", 2012, "10.1234/abc.1", "https://doi.org/10.1234/abc.1"),
        ("8", "Two", None, None, "10.1234/abc.2", "https://doi.org/10.1234/abc.2"),
        ("9", "Three", None, 2015, None, None),
        ("10", "Four", None, 2016, "10.1234/abc.4", "https://example.org/four"),
    ]
    assert rows(store, "SELECT codes FROM map_references ORDER BY position LIMIT 1") == [("[7,8,9,4,6,99]",)]
    assert rows(store, "SELECT c.url FROM map_references JOIN pages p USING (url) JOIN captures c USING (capture_id)")


def test_odd_references_keep_what_they_have(store: Store) -> None:
    body = page(json.dumps(ODD_REFERENCES) + ";</script>").replace(b"const referenceData =", b"var referenceData=")
    assert show(store, body) == []
    assert rows(store, "SELECT title, link, codes FROM map_references ORDER BY position") == [
        ("Doe (2012)", "https://example.org/a", "[4]"),
        ("In the wrong field", "https://example.org/paper", "[]"),
        ("None", None, "[]"),
    ]


def test_codes_know_their_heads_and_cells_their_references(store: Store) -> None:
    show(store, page(json.dumps(REFERENCES)))
    assert rows(store, "SELECT code, name, axis, parent, is_leaf FROM map_codes ORDER BY position") == [
        (1, "Outcome", "column", None, 0), (2, "Health", "column", 1, 0), (3, "Work", "column", 1, 0),
        (4, "Sleep", "column", 2, 1), (5, "Colds", "column", 2, 1), (6, "Lateness", "column", 3, 1),
        (7, "Umbrellas", "row", None, 0), (8, "Lent", "row", 7, 1), (9, "Given", "row", 7, 1),
        (10, "Capes", "row", None, 1), (99, "High confidence", "segment", None, 1),
    ]  # fmt: skip
    assert rows(store, "SELECT position, row_code, column_code FROM map_cells ORDER BY position, number") == [
        (1, 8, 4), (1, 8, 6), (1, 9, 4), (1, 9, 6), (2, None, 5),
    ]  # fmt: skip


@pytest.mark.parametrize("end", [', {"ItemId": 11, "Title": "S', ', {"ItemId": 11}', ","])
def test_of_a_map_cut_off_the_references_before_the_cut_are_kept(store: Store, end: str) -> None:
    lost = f"referenceData is cut off after {5 if end.endswith('}') else 4} references"
    assert show(store, page(json.dumps(REFERENCES)[:-1] + end)) == [lost]
    assert rows(store, "SELECT count(*) FROM map_references") == [(4,)]  # a reference without a title is none


def test_a_newer_capture_replaces_the_map(store: Store) -> None:
    show(store, page(json.dumps(REFERENCES)))
    show(store, page(json.dumps(REFERENCES[:1]), "{rows: []}"), day=2)
    assert rows(store, "SELECT (SELECT count(*) FROM map_references), (SELECT count(*) FROM map_cells)") == [(1, 0)]
    assert rows(store, "SELECT axis FROM map_codes") == [("segment",)]
