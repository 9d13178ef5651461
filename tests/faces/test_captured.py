"""PDFs as captured, and the way from a captured page to its record."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from campbell_scraper.folder import DataFolder
from tests.helpers import SEED, Crawled

from .conftest import parsed, words

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Served

NORWEGIAN = f"/-/review/{SEED}?summary=2"
CLOGS = "/-/review/better-evidence/wooden-clogs-for-night-nurses"


@pytest.fixture
def library(crawled: Crawled, tmp_path: Path) -> Crawled:
    return crawled.copied(tmp_path / "library")


def change(library: Crawled, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(library.database)) as connection, connection:
        connection.execute(sql, values)


def pdf_link(served: Served, path: str) -> str:
    """Return the address of the PDF that a page shows."""
    (link,) = parsed(served.text(path)).xpath("//a[text()='PDF as captured']/@href")
    return str(link)


def test_a_language_that_is_a_pdf_only_has_its_text_and_the_pdf_as_captured(library: Crawled, serve: Any) -> None:
    served: Served = serve(DataFolder(library.data))
    page = parsed(served.text(NORWEGIAN))
    assert page.xpath("string(//h2[@id='pdf'])") == "PDF in Norwegian 1 page"
    (text,) = page.xpath("//div[@class='stored']")
    assert text.get("lang") == "no"
    assert "Oversikten omfatter åtte randomiserte kontrollerte studier" in " ".join(text.text_content().split())
    found = served.get(pdf_link(served, NORWEGIAN))
    (digest,) = library.rows("select payload_digest from captures where url like '%psychotherapy-NO.pdf'")[0]
    assert f"sha256:{hashlib.sha256(found.content).hexdigest()}" == digest
    assert found.headers["content-type"] == "application/pdf"
    assert found.headers["content-disposition"] == 'inline; filename="parent-infant-psychotherapy-NO.pdf"'


def test_a_pdf_runs_and_asks_nothing_in_the_browser(library: Crawled, serve: Any) -> None:
    served: Served = serve(DataFolder(library.data))
    for path in (pdf_link(served, NORWEGIAN), f"/-/cite/ris/{SEED}"):
        headers = served.get(path).headers
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert headers["x-content-type-options"] == "nosniff"


def test_a_pdf_that_cannot_be_read_is_there_as_captured(library: Crawled, serve: Any) -> None:
    served: Served = serve(DataFolder(library.data))
    page = "/-/review/better-evidence/reading-rooms-in-laundries-effects-on-household-reading?summary=5"
    assert "Its text could not be read: PdfStreamError" in words(served.text(page))
    assert served.get(pdf_link(served, page)).content.startswith(b"%PDF-")


def test_a_file_without_a_summary_is_read_beside_them(library: Crawled, serve: Any) -> None:
    served: Served = serve(DataFolder(library.data))
    (link,) = parsed(served.text(CLOGS)).xpath("//aside//a[text()='wooden-clogs.pdf']/@href")
    shown = served.text(link)
    assert "Clogs may be offered to nurses" in words(shown)
    assert served.get(pdf_link(served, link)).content.startswith(b"%PDF-")
    assert not parsed(served.text(CLOGS)).xpath("//nav[@aria-label='Languages']")
    change(library, "update files set language = 'fi' where url like '%wooden-clogs.pdf'")
    (tab,) = parsed(served.text(CLOGS)).xpath("//nav[@aria-label='Languages']//a[starts-with(., 'Finnish')]/@href")
    assert "Clogs may be offered to nurses" in words(served.text(tab))


def test_a_pdf_found_by_its_words_leads_to_its_text(library: Crawled, serve: Any) -> None:
    served: Served = serve(DataFolder(library.data))
    (found,) = parsed(served.text("/-/reviews?q=spedbarn")).xpath("//h2[.='PDFs']/following-sibling::ul[1]/li")
    assert "Oversikten omfatter" in words(served.text(found.xpath("h3/a/@href")[0]))
    assert served.get(found.xpath(".//a[text()='PDF as captured']/@href")[0]).content.startswith(b"%PDF-")


def test_a_repeated_pdf_is_read_where_its_bytes_are(library: Crawled, serve: Any) -> None:
    served: Served = serve(DataFolder(library.data))
    body = served.get(pdf_link(served, NORWEGIAN)).content
    change(
        library,
        "insert into captures select 'urn:uuid:again', crawl_id, method, url, url_key, captured_at, fetched_at,"
        " source_uri, restored, status, mime, kind, 'revisit', error, redirect_to, capture_id, via, hops, etag,"
        " last_modified, payload_digest, payload_length, truncated, warc_file, warc_offset + 1, warc_length"
        " from captures where url like '%psychotherapy-NO.pdf'",
    )
    change(library, "update files set capture_id = 'urn:uuid:again' where url like '%psychotherapy-NO.pdf'")
    assert pdf_link(served, NORWEGIAN) == "/-/pdf/urn:uuid:again"
    assert served.get("/-/pdf/urn:uuid:again").content == body


def test_an_excluded_review_has_no_pdf(library: Crawled, serve: Any) -> None:
    served: Served = serve(DataFolder(library.data))
    link = pdf_link(served, NORWEGIAN)
    (library.data / "exclusions.csv").write_text(f"review_id,reason\n{SEED},asked to\n", "utf-8")
    assert b"%PDF" not in served.get(link, 404).content
    for (url,) in library.rows("select url from files where review_id = ?1 union select url from review_urls "
                               "where review_id = ?1", SEED):  # fmt: skip
        served.get(f"/-/record?url={quote(url, safe='')}", 404)


def test_nothing_but_pdfs_of_the_library_is_sent(library: Crawled, serve: Any) -> None:
    served: Served = serve(DataFolder(library.data))
    link = pdf_link(served, NORWEGIAN)
    page = library.rows("select capture_id from reviews where review_id = ?", SEED)[0][0]
    served.get(f"/-/pdf/{page}", 404)
    change(library, "update files set capture_id = ? where url like '%psychotherapy-NO.pdf'", page)
    refused = served.get(f"/-/pdf/{page}", 404)
    assert "The capture is not a PDF." in words(refused.text)
    served.get(link, 404)


@pytest.mark.parametrize("place", ["../indexes/index.cdxj", "none.warc.gz", "/etc/passwd"])
def test_a_database_does_not_say_which_file_of_the_machine_is_read(library: Crawled, serve: Any, place: str) -> None:
    served: Served = serve(DataFolder(library.data))
    link = pdf_link(served, NORWEGIAN)
    (library.data / "collections/campbell/indexes").mkdir(exist_ok=True)
    change(library, "update captures set warc_file = ? where url like '%psychotherapy-NO.pdf'", place)
    said = words(served.get(link, 503).text)
    assert f"{place} cannot be read" in said
    assert str(library.data) not in said
    assert ("it is outside the archive" in said) == (place != "none.warc.gz")


def test_a_captured_address_leads_to_its_record(library: Crawled, serve: Any) -> None:
    served: Served = serve(DataFolder(library.data))

    def record(url: str, at: str = "20260314090000") -> str:
        return str(served.get(f"/-/record?url={quote(url, safe='')}&at={at}", 302).headers["location"])

    assert record(f"{library.url}/{SEED}.html") == f"/-/review/{SEED}"
    pdf = record(f"{library.url}/media/k2/attachments/parent-infant-psychotherapy-NO.pdf")
    assert "Oversikten omfatter" in words(served.text(pdf))
    assert served.get(record(f"{library.url}/robots.txt")).status_code == 200
    served.get("/-/record?url=https://example.org/&at=x", 404)
