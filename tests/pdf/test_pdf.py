"""Text of PDFs: whatever a file does, it costs a row with an error and never the run."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject

from campbell_scraper.reading import pdf
from campbell_scraper.reading.pdf import PdfText, read_pdf


def document(*texts: str, password: str | None = None, looping: bool = False) -> bytes:
    """Make a PDF with one page a text."""
    writer = PdfWriter()
    for text in texts:
        page = writer.add_blank_page(300, 300)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
        )
        content = StreamObject()
        content.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
    if looping:
        pages = writer._root_object["/Pages"].get_object()
        assert isinstance(pages, DictionaryObject)
        pages[NameObject("/Kids")] = ArrayObject([writer._root_object.raw_get("/Pages")] * 3)
        pages[NameObject("/Count")] = NumberObject(10**6)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_text_of_every_page_is_given_with_the_number_of_pages() -> None:
    result = read_pdf(document("Sammendrag for alle", "Andre side"))
    assert result.pages == 2
    assert result.error is None
    assert result.text is not None
    assert [page.strip() for page in result.text.split("\f")] == ["Sammendrag for alle", "Andre side"]


@pytest.mark.parametrize("body", [b"", b"%PDF-1.4\n%%EOF", b"<html>not found</html>", document("cut")[:200]])
def test_a_broken_file_is_an_error_and_no_text(body: bytes) -> None:
    result = read_pdf(body)
    assert result.error
    assert not result.text


def test_an_encrypted_file_is_an_error() -> None:
    result = read_pdf(document("secret", password="x"))
    assert (result.text, result.error) == (None, "encrypted")


def test_a_page_tree_that_contains_itself_ends() -> None:
    result = read_pdf(document("loop", looping=True))
    assert result.error or not (result.text or "").strip()


def printed_beside_greedy(folder: Path, code: str) -> str:
    """Return what a program prints, in whose folder greedy.pdf takes much memory to read."""
    (folder / "greedy.pdf").write_bytes(document("a) Tj (" * 300_000))
    return subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_a_file_that_wants_more_memory_than_it_may_have_is_an_error_and_the_limit_ends_with_it(tmp_path: Path) -> None:
    code = (
        "import pathlib, pypdf\n"
        "from campbell_scraper.archive.watched_processes import limited_memory\n"
        "from campbell_scraper.reading.pdf import read_pdf\n"
        "with limited_memory(32 << 20):\n"
        "    print(read_pdf(pathlib.Path('greedy.pdf').read_bytes()).error)\n"
        "print(len(bytearray(64 << 20)))\n"
    )
    assert printed_beside_greedy(tmp_path, code) == f"page 1: memory limit\n{64 << 20}\n"


def test_too_little_memory_of_the_machine_is_no_error_of_the_file(tmp_path: Path) -> None:
    code = (
        "import pathlib, pypdf, resource\n"
        "from campbell_scraper.archive.watched_processes import limited_memory\n"
        "from campbell_scraper.reading import pdf\n"
        "body = pathlib.Path('greedy.pdf').read_bytes()\n"
        "pages = int(pathlib.Path('/proc/self/statm').read_text().split()[0])\n"
        "little = pages * resource.getpagesize() + (32 << 20)\n"
        "resource.setrlimit(resource.RLIMIT_AS, (little, resource.RLIM_INFINITY))\n"
        "try:\n"
        "    with limited_memory() as is_limited:\n"
        "        print(pdf.read_pdf(body, is_limited=is_limited))\n"
        "except MemoryError:\n"
        "    print('the machine')\n"
    )
    assert printed_beside_greedy(tmp_path, code) == "the machine\n"


def test_a_file_over_the_limit_of_bytes_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_BYTES", 100)
    assert read_pdf(document("long")) == PdfText(None, None, "over 100 bytes")


def test_only_so_many_pages_are_read_and_the_rest_is_named() -> None:
    result = read_pdf(document(*["p"] * (pdf.MAX_PAGES + 2)))
    assert result.pages == pdf.MAX_PAGES + 2
    assert result.error == f"only the first {pdf.MAX_PAGES} of {pdf.MAX_PAGES + 2} pages read"
