"""Small real files made from text and numbers: PDF, PNG and ICO. The same input gives the same bytes."""

from __future__ import annotations

import re
import struct
import textwrap
import zlib

LINES_A_PAGE = 46

_RUNS = re.compile(r"[A-Za-z0-9_]+|[^A-Za-z0-9_]+")
_COMPOSITE = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /SampleSans /Encoding /Identity-H /DescendantFonts [4 0 R] "
    b"/ToUnicode 6 0 R >>"
)
_CID_FONT = (
    b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /SampleSans /CIDSystemInfo << /Registry (Adobe) "
    b"/Ordering (Identity) /Supplement 0 >> /FontDescriptor 5 0 R /DW 1000 >>"
)
_DESCRIPTOR = (
    b"<< /Type /FontDescriptor /FontName /SampleSans /Flags 32 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
    b"/Ascent 900 /Descent -200 /CapHeight 700 /StemV 80 >>"
)


def pdf(title: str, paragraphs: list[str]) -> bytes:
    """Make a valid PDF 1.4 with the paragraphs as extractable text, of any script within Unicode's first plane.

    Latin text is set in Helvetica. Other scripts use a composite font that is not embedded (a viewer substitutes one)
    with a ToUnicode map, so that the text can be extracted. Right-to-left lines stand in visual order, as PDFs have
    them; letters are not joined.
    """
    lines: list[str] = []
    for paragraph in [title, *paragraphs]:
        width = 84 if paragraph.isascii() or _latin(paragraph) else 40
        lines += [*textwrap.wrap(paragraph, width), ""]
    pages = [lines[at : at + LINES_A_PAGE] for at in range(0, len(lines), LINES_A_PAGE)]
    latin = all(_latin(one) for one in lines)
    font = _latin_font() if latin else _composite_font("".join(lines))
    font_at = 3
    first_page = font_at + len(font)
    kids = " ".join(f"{first_page + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        *font,
    ]
    for number, page in enumerate(pages):
        content = _page_content(page, latin=latin)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {first_page + 2 * number + 1} 0 R "
            f"/Resources << /Font << /F1 {font_at} 0 R >> >> >>".encode()
        )
        objects.append(_stream(content))
    info = len(objects) + 1
    objects.append(b"<< /Title " + _text_string(title) + b" /Producer (campbell_scraper sample) >>")
    return _assemble(objects, info)


def _latin(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _text_string(text: str) -> bytes:
    return b"<feff" + text.encode("utf-16-be").hex().encode() + b">"


def _latin_font() -> list[bytes]:
    return [b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]


def _composite_font(text: str) -> list[bytes]:
    codes = sorted({ord(one) for one in text if ord(one) < 0x10000})
    maps = []
    for at in range(0, len(codes), 100):
        part = codes[at : at + 100]
        pairs = "\n".join(f"<{one:04x}> <{one:04x}>" for one in part)
        maps.append(f"{len(part)} beginbfchar\n{pairs}\nendbfchar")
    cmap = (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /Sample-UCS2 def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
        + "\n".join(maps)
        + "\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    )
    return [
        _COMPOSITE,
        _CID_FONT,
        _DESCRIPTOR,
        _stream(cmap.encode()),
    ]


def _page_content(lines: list[str], *, latin: bool) -> bytes:
    out = [b"BT /F1 11 Tf 15 TL 56 780 Td"]
    for line in lines:
        code = _visual(line).encode("cp1252" if latin else "utf-16-be", "replace").hex().encode()
        out.append(b"<" + code + b"> Tj T*" if line else b"T*")
    out.append(b"ET")
    return b"\n".join(out)


def _visual(line: str) -> str:
    """Return a right-to-left line as it is seen from left to right; words in Latin letters keep their order."""
    if not any("\u0590" <= one <= "\u08ff" for one in line):
        return line
    return "".join(run if run.isascii() and run.strip() else run[::-1] for run in _RUNS.findall(line)[::-1])


def _stream(content: bytes) -> bytes:
    packed = zlib.compress(content, 9)
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)


def _assemble(objects: list[bytes], info: int) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        info,
        table,
    )
    return bytes(out)


def png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """Make a PNG of ``width`` × ``height`` pixels that fades from white into ``colour`` (8-bit RGB)."""
    rows = bytearray()
    for y in range(height):
        share = y / max(height - 1, 1)
        pixel = bytes(round(255 + (one - 255) * share) for one in colour)
        rows += b"\0" + pixel * width
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def ico(image: bytes, size: int) -> bytes:
    """Make an icon file that holds one PNG of ``size`` × ``size`` pixels."""
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", size, size, 0, 0, 1, 32, len(image), 22) + image
