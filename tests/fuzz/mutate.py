"""Pages and archives broken in the ways real ones are, made from saved ones; the same seed gives the same."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
import zlib
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[1] / "fixtures" / "pages"
SAVED: Final = [path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix not in {".json", ".md"}]
TAGS: Final = tuple(
    "p div span strong b em h1 h2 h3 h4 h5 ul ol li table tr td th br blockquote section font a u pre".split()  # noqa: SIM905
)
SHARDS: Final = (
    "<!--", "-->", '"', "'", "<", ">", "&", "&nbsp;", "&#xFFFFFFF;", "<script>", "</script>", "<style>",
    "<textarea>", "<title>",
    "<svg>", "<base href='//['>", "<a href='http://['>", "<body class='single-review'>", "<div class='itemView'>",
    "\x00", "\\r\\n",
    "[vc_row]", "<p><strong>What is this review about?<br /></strong></p>", "<b>Background</b>: ", "<h5>Is it so?</h5>",
    '<li class="even typeX"><span class="itemExtraFieldsLabel">',
    "The review includes 12 studies with 4,000 participants. ",
    "searched until " * 8, "of these studies " * 30, "N35N ", "9" * 60, "المراجعة ", "综述 ", "\u202e", "\ufeff",
)  # fmt: skip

ARCHIVES: Final = {
    path.name: path.read_bytes()
    for folder in ("foreign/cases", "foreign/tools", "security")
    for path in sorted((FOLDER.parent / folder).iterdir())
    if path.name.endswith((".gz", ".warc", ".wacz"))
}
LINES: Final = (
    b"WARC/1.0\r\n", b"WARC/1.1\r\n", b"\r\n\r\n", b"\r\n ", b"\n", b"\x00", b"\x1f\x8b\x08\x00",
    b"WARC-Type: response\r\n",
    b"WARC-Type: continuation\r\n", b"Content-Length: 99999999999999999999\r\n", b"Content-Length: -1\r\n",
    b"WARC-Target-URI: http://[/\r\n", b"WARC-Record-ID: <urn:uuid:../../../x>\r\n",
    b"WARC-Date: 9999-99-99T99:99:99Z\r\n",
    b"WARC-Filename: ../../../x\r\n", b"isPartOf: ../../../x\r\n", b"WARC-Refers-To: <urn:uuid:>\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"Content-Type: application/warc-fields\r\n", b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffff\r\n",
    b"Content-Encoding: gzip, br, zstd, deflate\r\n", b"Content-Type: text/html; charset=utf-16\r\n", b"\x1b]0;x\x07",
    "\u202e".encode(), b'{"', b"}", b"[" * 5000, b"../../../x", b"/etc/x", b"9" * 400,
)  # fmt: skip


def page(seed: int) -> bytes:
    """Return a saved page with one to eight mutations."""
    chance = random.Random(seed)
    body = chance.choice(SAVED)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(body) + 1)
        match chance.randrange(6):
            case 0:
                body = body[:at] + chance.choice(SHARDS).encode() + body[at:]
            case 1:
                tag = chance.choice(TAGS)
                body = (
                    body[:at]
                    + f"<{'/' * chance.randrange(2)}{tag}>".encode() * chance.choice((1, 1, 1, 40))
                    + body[at:]
                )
            case 2:
                body = body[:at] + body[at + chance.randint(1, 400) :]
            case 3:
                body = body[:at] + body[at : at + 300] * chance.randint(2, 5) + body[at:]
            case 4:
                other = chance.choice(SAVED)
                begin = chance.randrange(len(other) + 1)
                body = body[:at] + other[begin : begin + chance.randint(1, 3000)] + body[at:]
            case _:
                body = body[:at] + chance.randbytes(chance.randint(1, 8)) + body[at:]
    return body


def archive(seed: int) -> tuple[str, bytes]:
    """Return name and content of a saved archive with one to eight mutations, of the file or in it."""
    chance = random.Random(seed)
    name, body = chance.choice(list(ARCHIVES.items()))
    if name.endswith(".wacz") and chance.randrange(4):
        return name, _repacked(body, chance)
    if name.endswith(".gz") and chance.randrange(4):
        plain = _mutated(gzip.decompress(body), chance)
        cut = chance.randrange(len(plain) + 1)
        return name, gzip.compress(plain[:cut], 1) + gzip.compress(plain[cut:], 1)
    return name, _mutated(body, chance)


def _repacked(package: bytes, chance: random.Random) -> bytes:
    """Return a WACZ with some of its files mutated, one perhaps under another name."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as before, zipfile.ZipFile(target, "w") as after:
        wanted = chance.choice(before.namelist())
        for entry in before.infolist():
            body, name = before.read(entry), entry.filename
            if name == wanted or not chance.randrange(4):
                name = chance.choice((name, name, name, f"../{name}", f"/{name}", name.upper(), name + "\n"))
                body = _mutated_file(name, body, chance)
            after.writestr(name, body, chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    return target.getvalue()


def _mutated_file(name: str, body: bytes, chance: random.Random) -> bytes:
    if name.endswith(".gz") and chance.randrange(2):
        return gzip.compress(_mutated(zlib.decompress(body, 31), chance), 1)
    return _mutated(body, chance)


def _mutated(body: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(body) + 1)
        match chance.randrange(6):
            case 0:
                body = body[:at] + chance.choice(LINES) * chance.choice((1, 1, 1, 300)) + body[at:]
            case 1:
                body = body[:at] + body[at + chance.randint(1, 400) :]
            case 2:
                body = body[:at] + body[at : at + chance.randint(1, 3000)] * chance.randint(2, 5) + body[at:]
            case 3:
                other = chance.choice(list(ARCHIVES.values()))
                begin = chance.randrange(len(other) + 1)
                body = body[:at] + other[begin : begin + chance.randint(1, 3000)] + body[at:]
            case 4:
                line = body.rfind(b"\n", 0, at) + 1
                body = body[:line] + chance.choice(LINES) + body[line:]
            case _:
                body = body[:at] + chance.randbytes(chance.randint(1, 8)) + body[at + 4 :]
    return body
