"""Index and package: written, checked by our own strict checker, opened by pywb."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from campbell_scraper.archive.capture import Capture
from campbell_scraper.archive.publish import cdxj
from campbell_scraper.archive.publish.wacz import PageEntry, write_wacz
from campbell_scraper.archive.publish.wacz_check import check_wacz
from campbell_scraper.archive.read.reader import read_events
from campbell_scraper.faces.export.replay_package import write_wacz_package
from campbell_scraper.folder import DataFolder
from campbell_scraper.view.rebuild import build_database

from .handmade import CRAWL, PAGE, exchange, new_id, not_modified, revisit, sha256, warcinfo, write

K2_PAGE = b"""<!doctype html><html><head><title>A review</title><link href="PAGE" rel="canonical"></head>
<body class="com_k2 view-item"><div id="k2Container" class="itemView"><h2 class="itemTitle">A review</h2>
<div class="itemBody"><div class="itemFullText"><p>Words.</p></div></div></div></body></html>"""

LATER = "20260202T000000Z-cafe0002"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two crawls; the second's revisit refers to the first."""
    folder = tmp_path / "archive"
    folder.mkdir()
    held = new_id()
    first, second = folder / "c-1.warc.gz", folder / "c-2.warc.gz"
    write(first, [warcinfo(), *exchange("http://site.test/a", record_id=held), *exchange("http://site.test/never")])
    write(second, [warcinfo(LATER, new_id()), *exchange("http://site.test/new", date="2026-02-02T00:00:00.5Z"),
                   revisit("http://site.test/a", held, sha256(PAGE), date="2026-02-02T00:00:01.5Z")])  # fmt: skip
    return [first, second]


def pages() -> list[PageEntry]:
    return [
        PageEntry(
            url="http://site.test/new", ts="2026-02-02T00:00:00.500000Z", title="New – ñ", text="Words\nand more"
        ),
        PageEntry(url="http://site.test/a", ts="2026-02-02T00:00:01.500000Z"),
    ]


def package(files: list[Path], crawl_id: str | None = LATER, key: Path | None = None) -> Path:
    out = files[0].parent.parent / "out.wacz"
    return write_wacz(out, files, pages=pages(), title="T", description="D", crawl_id=crawl_id, key=key)


def private_key(folder: Path, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> Path:
    path = folder / "key.pem"
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption()))  # fmt: skip
    return path


def test_a_package_of_everything_is_in_order(files: list[Path]) -> None:
    out = package(files, crawl_id=None)
    assert check_wacz(out) == []
    with zipfile.ZipFile(out) as content:
        assert sorted(content.namelist()) == [
            "archive/c-1.warc.gz",
            "archive/c-2.warc.gz",
            "datapackage-digest.json",
            "datapackage.json",
            "indexes/index.cdx.gz",
            "indexes/index.idx",
            "pages/pages.jsonl",
        ]
        assert content.read("archive/c-1.warc.gz") == files[0].read_bytes()
        header, first, _ = [json.loads(line) for line in content.read("pages/pages.jsonl").splitlines()]
        assert header == {"format": "json-pages-1.0", "id": "pages", "title": "All Pages", "hasText": True}
        assert (first["url"], first["ts"], first["title"]) == (
            "http://site.test/new",
            "2026-02-02T00:00:00Z",
            "New – ñ",
        )
    assert [p.name for p in out.parent.iterdir() if p.suffix == ".tmp"] == []


def test_a_package_of_one_crawl_carries_what_it_refers_to(files: list[Path]) -> None:
    out = package(files)
    assert check_wacz(out) == []
    found = [event for event in read_events(out) if isinstance(event, Capture)]
    assert [(item.url, item.outcome, item.crawl_id) for item in found] == [
        ("http://site.test/a", "new", CRAWL),
        ("http://site.test/new", "new", LATER),
        ("http://site.test/a", "revisit", LATER),
    ]
    assert [item.payload is not None and item.payload() for item in found] == [PAGE] * 3


HIDDEN = "http://site.test/a"


@pytest.mark.parametrize("crawl_id", [None, LATER])
def test_records_of_hidden_addresses_are_left_out(files: list[Path], crawl_id: str | None) -> None:
    """Those of another spelling too, and a revisit elsewhere that only repeats one of them."""
    first, second = files
    (held,) = [event.capture_id for event in read_events(first) if isinstance(event, Capture) and event.url == HIDDEN]
    both = b"".join([*exchange("https://www.site.test:443/a?", body=b"hidden"), *exchange("http://site.test/kept")])
    kept = first.read_bytes()
    with second.open("ab") as file:
        file.write(gzip.compress(both))  # several records in one member
        file.write(gzip.compress(revisit("http://site.test/copy", held, sha256(PAGE))))
    listed = [PageEntry(url="http://site.test/new", ts="2026-02-02T00:00:00.500000Z")]
    out = write_wacz(second.parent.parent / "out.wacz", files, pages=listed, title="T", description="D",
                     crawl_id=crawl_id, hidden=[HIDDEN])  # fmt: skip
    assert check_wacz(out) == []
    with zipfile.ZipFile(out) as package:
        records = b"".join(gzip.decompress(package.read(name)) for name in package.namelist() if ".warc" in name)
    asked = set(re.findall(rb"WARC-Target-URI: (\S+)", records))
    visible = {b"http://site.test/new", b"http://site.test/kept"}
    assert asked == visible | ({b"http://site.test/never"} if crawl_id is None else set())
    assert b"hidden" not in records
    assert first.read_bytes() == kept


def test_a_signature_is_made_and_checked(files: list[Path], tmp_path: Path) -> None:
    out = package(files, key=private_key(tmp_path, ec.generate_private_key(ec.SECP384R1())))
    assert check_wacz(out) == []
    edit(out, "datapackage-digest.json", lambda data: data.replace(b'"signature": "', b'"signature": "AAAA'))
    assert any("signature" in problem for problem in check_wacz(out))
    with pytest.raises(ValueError, match="P-384"):
        package(files, key=private_key(tmp_path, ed25519.Ed25519PrivateKey.generate()))


def test_nothing_to_package_is_said(files: list[Path]) -> None:
    with pytest.raises(ValueError, match="no WARC files"):
        package(files, crawl_id="unknown")


def edit(path: Path, name: str, change: Callable[[bytes], bytes | None], compression: int | None = None) -> None:
    """Rewrite one member of a package."""
    fresh = path.with_suffix(".new")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(fresh, "w") as new:
        for info in old.infolist():
            content: bytes | None = old.read(info)
            if info.filename == name:
                assert content is not None
                content = change(content)
                info.compress_type = info.compress_type if compression is None else compression
            if content is not None:
                new.writestr(info, content)
    shutil.move(fresh, path)


def _reindexed(content: bytes) -> bytes:
    return gzip.compress(gzip.decompress(content).replace(b'"offset": "0"', b'"offset": "1"'), mtime=0)


DEEP = b'"length": ' + b"[" * 100_000
BROKEN: dict[str, tuple[str, Callable[[bytes], bytes | None], int | None, str]] = {
    "missing datapackage": ("datapackage.json", lambda _: None, None, "datapackage.json is missing"),
    "no profile": ("datapackage.json", lambda d: d.replace(b"data-package", b"package"), None, "profile"),
    "old version": ("datapackage.json", lambda d: d.replace(b"1.1.1", b"1.0.0"), None, "wacz_version"),
    "unlisted": (
        "datapackage.json",
        lambda d: d.replace(b"c-1.warc.gz", b"c-9.warc.gz"),
        None,
        "not among the resources",
    ),
    "changed datapackage": ("datapackage.json", lambda d: d + b" ", None, "hash is"),
    "changed record": ("archive/c-1.warc.gz", lambda d: d[:-9] + b"x" + d[-8:], None, "SHA-256 is"),
    "compressed archive": ("archive/c-1.warc.gz", lambda d: d, zipfile.ZIP_DEFLATED, "is compressed"),
    "no pages": ("pages/pages.jsonl", lambda _: None, None, "pages/pages.jsonl is missing"),
    "no page header": ("pages/pages.jsonl", lambda d: d.split(b"\n", 1)[1], None, "does not begin"),
    "page without capture": ("pages/pages.jsonl", lambda d: d.replace(b"/new", b"/old"), None, "is not in the index"),
    "page without time": ("pages/pages.jsonl", lambda d: d.replace(b"2026-02-02T", b"2026-99-02T"), None, "malformed"),
    "no index": ("indexes/index.idx", lambda _: None, None, "is missing"),
    "wrong block": ("indexes/index.idx", lambda d: d.replace(b'"length": ', b'"length": 1'), None, "indexes/index.idx"),
    "nested block": ("indexes/index.idx", lambda d: d.replace(b'"length": ', DEEP), None, "nested too deeply"),
    "cut index": ("indexes/index.cdx.gz", lambda d: d[:-20], None, "indexes/index.idx"),
    "no JSON": ("datapackage-digest.json", lambda _: b"{", None, "is not JSON"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_package_is_found_out(files: list[Path], name: str) -> None:
    out = package(files, crawl_id=None)
    member, change, compression, said = BROKEN[name]
    edit(out, member, change, compression)
    assert any(said in problem for problem in check_wacz(out)), check_wacz(out)


def test_what_is_no_zip_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.wacz"
    path.write_bytes(b"PK no")
    (problem,) = check_wacz(path)
    assert "cannot be read" in problem


def lines(index: Path) -> list[tuple[str, str]]:
    entries = [
        (line.split(" ")[1], json.loads(line.split(" ", 2)[2])) for line in index.read_text("utf-8").splitlines()
    ]
    return sorted((entry["url"], entry["filename"]) for _, entry in entries)


def test_only_new_and_changed_files_are_indexed(files: list[Path], tmp_path: Path) -> None:
    folder, index = files[0].parent, tmp_path / "indexes" / "index.cdxj"
    shutil.copy(files[1], folder / "c-3.warc.gz.open")
    assert cdxj.write_index(folder, index).indexed == ["c-1.warc.gz", "c-2.warc.gz"]
    everything = lines(index)
    assert everything == [
        ("http://site.test/a", "c-1.warc.gz"),
        ("http://site.test/a", "c-2.warc.gz"),
        ("http://site.test/never", "c-1.warc.gz"),
        ("http://site.test/new", "c-2.warc.gz"),
    ]
    text = index.read_text("utf-8")
    assert text.splitlines() == sorted(text.splitlines())
    assert cdxj.write_index(folder, index).indexed == []
    write(folder / "c-4.warc.gz", [warcinfo(), *exchange("http://site.test/4")])
    files[0].unlink()
    report = cdxj.write_index(folder, index)
    assert (report.indexed, report.dropped) == (["c-4.warc.gz"], ["c-1.warc.gz"])
    kept = [line for line in everything if line[1] == "c-2.warc.gz"]
    assert lines(index) == sorted([*kept, ("http://site.test/4", "c-4.warc.gz")])
    state = index.parent / "index.cdxj.files.json"
    state.unlink()
    assert cdxj.write_index(folder, index).indexed == ["c-2.warc.gz", "c-4.warc.gz"]
    state.write_bytes(b"[" * 100_000)
    assert cdxj.write_index(folder, index).indexed == ["c-2.warc.gz", "c-4.warc.gz"]


def test_our_own_lines_are_cdxj_indexers(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    made = [cdxj.index_lines(path) for path in files]
    monkeypatch.setattr(cdxj, "_indexers_lines", lambda _: [])
    for path, (lines, lost) in zip(files, made, strict=True):
        assert lost is None
        assert [_parsed(line) for line in lines] == [_parsed(line) for line in cdxj.index_lines(path)[0]]


def test_no_damage_makes_a_line_or_takes_one_away_unsaid(tmp_path: Path) -> None:
    path = tmp_path / "c-1.warc.gz"
    places = write(path, [warcinfo(), *exchange("http://site.test/a", record_id=f"urn:uuid:{UUID(int=1)}"),
                          *exchange("http://site.test/b", record_id=f"urn:uuid:{UUID(int=2)}")])  # fmt: skip
    sound, _ = cdxj.index_lines(path)
    data = path.read_bytes()
    for place in (start + byte for start in places for byte in range(12)):
        for bits in (1, 2, 4, 8, 255):
            path.write_bytes(data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :])
            lines, lost = cdxj.index_lines(path)
            assert set(lines) <= set(sound), (place, bits)
            assert lost is not None or lines == sound, (place, bits)


def _parsed(line: str) -> tuple[str, dict[str, str]]:
    key, timestamp, entry = line.split(" ", 2)
    return f"{key} {timestamp}", json.loads(entry)


def test_records_behind_damage_are_indexed(files: list[Path], tmp_path: Path) -> None:
    data = bytearray(files[0].read_bytes())
    data[len(data) // 4] ^= 0xFF
    files[0].write_bytes(data)
    report = cdxj.write_index(files[0].parent, tmp_path / "index.cdxj")
    assert list(report.damaged) == ["c-1.warc.gz"]
    assert ("http://site.test/never", "c-1.warc.gz") in lines(tmp_path / "index.cdxj")


def test_a_crawl_of_revisits_alone_has_its_pages(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.create()
    held, confirmed = new_id(), new_id()
    page = "http://site.test/better-evidence/a.html"
    body = K2_PAGE.replace(b"PAGE", page.encode())
    map_page = page.replace("a.html", "b.html")
    write(folder.archive / "c-1.warc", [warcinfo(), *exchange(page, body=body, record_id=held),
                                        *exchange(map_page, body=body.replace(b"a.html", b"b.html"),
                                                  record_id=confirmed)], compress=False)  # fmt: skip
    later = [revisit(page, held, sha256(body), date="2026-02-02T00:00:01.5Z"),
             not_modified(map_page, confirmed, date="2026-02-02T00:00:02.5Z")]  # fmt: skip
    write(folder.archive / "c-2.warc.gz", [warcinfo(LATER, new_id()), *later])
    build_database([folder.archive], folder.database, workers=0)
    for crawl, dates in ((LATER, {"2026-02-02T00:00:01Z", "2026-01-01T00:00:00Z"}), (CRAWL, {"2026-01-01T00:00:00Z"})):
        out = write_wacz_package(folder, tmp_path / "out.wacz", crawl)
        assert check_wacz(out) == []
        with zipfile.ZipFile(out) as content:
            listed = [json.loads(line) for line in content.read("pages/pages.jsonl").splitlines()[1:]]
        assert {entry["url"] for entry in listed} == {page, map_page}
        assert {entry["ts"] for entry in listed} == dates
        assert {entry.get("title") for entry in listed} == {"A review"}
        assert len([event for event in read_events(out) if isinstance(event, Capture) and event.payload]) >= 2


def test_plain_files_are_packaged_too(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.create()
    write(folder.archive / "plain.warc", [warcinfo(), *exchange("http://site.test/a")], compress=False)
    build_database([folder.archive], folder.database, workers=0)
    out = write_wacz_package(folder, tmp_path / "out.wacz", None)
    assert check_wacz(out) == []
    with zipfile.ZipFile(out) as content:
        assert "archive/plain.warc" in content.namelist()
