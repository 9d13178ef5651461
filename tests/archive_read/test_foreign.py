"""Archives as other tools write them: every page of them is read, or it is said that it was not."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from backports import zstd
from click.testing import CliRunner

from campbell_scraper.archive.capture import Capture, Damage, PayloadError
from campbell_scraper.archive.files import add_to_manifest, sha256_of
from campbell_scraper.archive.read import archive_files
from campbell_scraper.archive.read.archive_files import all_sources, foreign_files
from campbell_scraper.archive.read.locate import read_at
from campbell_scraper.archive.read.pairing import warc_date
from campbell_scraper.archive.read.reader import read_archive, read_events
from campbell_scraper.archive.write.restore import original_url
from campbell_scraper.errors import CampbellError
from campbell_scraper.faces.cli.archive_commands import rebuild
from campbell_scraper.faces.export.replay_package import write_wacz_package
from campbell_scraper.faces.report.run_report import as_page, run_report
from campbell_scraper.folder import DataFolder
from campbell_scraper.view.derive import Derived
from campbell_scraper.view.judging.assertions import check, open_view
from campbell_scraper.view.rebuild import build_database
from campbell_scraper.view.verification import verify_folder

from .handmade import CRAWL, DATE, PAGE, exchange, http_response, new_id, record, revisit, sha1, sha256, warcinfo, write

CASES = Path(__file__).parent.parent / "fixtures" / "foreign" / "cases"
URL = "http://site.test/a"
OTHER = PAGE.replace(b"small", b"large")


def built(archive: Path, tmp_path: Path) -> tuple[Derived, sqlite3.Connection]:
    report = build_database([archive], tmp_path / "x.db", workers=0)
    return report, sqlite3.connect(tmp_path / "x.db")


def captures(*paths: Path) -> list[Capture]:
    return [event for event in read_archive(paths) if isinstance(event, Capture)]


def damages(*paths: Path) -> list[tuple[str, bool]]:
    return [(event.reason, event.is_lost) for event in read_archive(paths) if isinstance(event, Damage)]


def content(capture: Capture) -> bytes | None:
    return capture.payload() if capture.payload is not None else None


@pytest.mark.parametrize(
    ("name", "reviews", "seen"),
    [
        ("one-line-end.warc", 3, "2019-05-06"),
        ("no-final-line-ends.warc", 3, "2019-05-06"),
        ("resource-only.warc.gz", 3, "2015-05-06"),
        ("resource-and-one-response.warc.gz", 3, "2019-05-06"),
        ("folded-fields.warc.gz", 3, "2019-05-06"),
        ("charset.warc.gz", 3, "2019-05-06"),
        ("d.arc.gz", 1, "2015-05-06"),
        ("httrack.warc.gz", 1, "2019-01-01"),
        ("as-wget-writes-it.warc.gz", 1, "2020-01-01"),
        ("the-same-without-the-field.warc.gz", 1, "2020-01-01"),
    ],
)
def test_every_review_is_read_and_dated(name: str, reviews: int, seen: str, tmp_path: Path) -> None:
    report, connection = built(CASES / name, tmp_path)
    with closing(connection):
        found = connection.execute("select count(*), substr(max(last_seen), 1, 10) from reviews").fetchone()
    assert found == (reviews, seen)
    assert (report.lost, report.is_poor) == (0, False)


def test_a_page_that_came_back_as_it_was_is_a_new_version(tmp_path: Path) -> None:
    _, connection = built(CASES / "as-wget-writes-it.warc.gz", tmp_path)
    with closing(connection):
        assert connection.execute("select version, substr(title, 1, 7) from reviews").fetchone() == (3, "Lantern")
        assert connection.execute("select truncated from captures where outcome = 'revisit'").fetchone() == (None,)


def test_a_coding_that_is_none_is_noted(tmp_path: Path) -> None:
    _, connection = built(CASES / "charset.warc.gz", tmp_path)
    with closing(connection):
        values = connection.execute("select value from unhandled where kind = 'coding' order by 1").fetchall()
    assert [value for (value,) in values] == [
        f"Content-Encoding {name}: read as it stands" for name in ("aws-chunked", "br", "utf-8")
    ]


def test_identity_is_a_coding_like_any_other(tmp_path: Path) -> None:
    write(tmp_path / "a.warc.gz", exchange(URL, headers=("Content-Encoding: identity",)))
    _, connection = built(tmp_path / "a.warc.gz", tmp_path)
    with closing(connection):
        assert not connection.execute("select value from unhandled where kind = 'coding'").fetchall()


@pytest.mark.parametrize("coding", ["deflate", "zstd", "br", "gzip", "utf-8", "gzip, utf-8", "binary"])
def test_text_under_any_coding_is_text(coding: str, tmp_path: Path) -> None:
    body = gzip.compress(PAGE) if coding == "gzip, utf-8" else PAGE
    write(tmp_path / "a.warc.gz", exchange(URL, body=body, headers=(f"Content-Encoding: {coding}",)))
    assert [content(found) for found in captures(tmp_path)] == [PAGE]


@pytest.mark.parametrize("coding", ["compress", "br", "zstd"])
def test_what_is_coded_and_cannot_be_decoded_is_no_text(coding: str, tmp_path: Path) -> None:
    coded = gzip.compress(PAGE)
    write(tmp_path / "a.warc.gz", exchange(URL, body=coded, headers=(f"Content-Encoding: {coding}",)))
    (found,) = captures(tmp_path)
    with pytest.raises(PayloadError):
        content(found)


@pytest.mark.parametrize("between", [b"\r\n", b"\n", b"", b"\r\n\r\n\r\n"])
def test_whatever_line_ends_are_between_records(between: bytes, tmp_path: Path) -> None:
    records = [exchange(f"http://site.test/{number}")[0].removesuffix(b"\r\n\r\n") for number in range(3)]
    (tmp_path / "a.warc").write_bytes(between.join(records) + between)
    assert [content(found) for found in captures(tmp_path)] == [PAGE] * 3
    assert all(not is_lost for _, is_lost in damages(tmp_path))


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_heads_in_whatever_case(name: str, tmp_path: Path) -> None:
    records = []
    for one in exchange(URL):
        head, blank, block = one.partition(b"\r\n\r\n")
        records += [head.lower() + blank + block]
    write(tmp_path / name, records, compress=name.endswith(".gz"))
    assert [content(found) for found in captures(tmp_path)] == [PAGE]
    assert not damages(tmp_path)


def test_an_arc_compressed_as_one(tmp_path: Path) -> None:
    arc = gzip.decompress((CASES / "d.arc.gz").read_bytes())
    (tmp_path / "d.arc.gz").write_bytes(gzip.compress(arc))
    assert [content(found) for found in captures(tmp_path)] == [
        content(found) for found in captures(CASES / "d.arc.gz")
    ]


def test_line_ends_before_the_status_line(tmp_path: Path) -> None:
    fields = [("WARC-Record-ID", f"<{new_id()}>"), ("WARC-Target-URI", URL), ("WARC-Date", DATE),
              ("Content-Type", "application/http; msgtype=response")]  # fmt: skip
    write(tmp_path / "a.warc.gz", [record("response", fields, b"\r\n" + http_response())])
    (found,) = captures(tmp_path)
    assert (found.status, found.mime, found.payload_digest, content(found)) == (200, "text/html", sha256(PAGE), PAGE)


def headless(profile: str, refers_to: str | None, *, kind: str | None = None, truncated: bool = True) -> bytes:
    """Make a revisit without a block."""
    fields = [("WARC-Record-ID", f"<{new_id()}>"), ("WARC-Target-URI", URL), ("WARC-Date", "2026-02-02T00:00:00Z"),
              ("WARC-Profile", f"http://netpreserve.org/warc/1.1/revisit/{profile}"),
              ("WARC-Payload-Digest", sha256(PAGE))]  # fmt: skip
    fields += [("WARC-Refers-To", f"<{refers_to}>")] if refers_to else []
    fields += [("Content-Type", kind)] if kind else []
    fields += [("WARC-Truncated", "length")] if truncated else []
    return record("revisit", fields, b"")


@pytest.mark.parametrize("kind", [None, "application/http; msgtype=response", "text/html"])
@pytest.mark.parametrize("truncated", [True, False])
def test_a_revisit_without_a_block_says_what_it_refers_to(kind: str | None, truncated: bool, tmp_path: Path) -> None:
    held = new_id()
    records = [
        *exchange(URL, record_id=held),
        headless("identical-payload-digest", held, kind=kind, truncated=truncated),
    ]
    write(tmp_path / "a.warc.gz", records)
    first, again = captures(tmp_path)
    assert (again.outcome, again.status, again.mime, again.truncated) == ("revisit", 200, "text/html", None)
    assert content(again) == content(first) == PAGE


@pytest.mark.parametrize("spelled", ["sha1:{}", "SHA-1:{}", "sha1: {}"])
def test_a_revisit_is_found_by_its_digest_however_that_is_spelled(spelled: str, tmp_path: Path) -> None:
    held = exchange("http://site.test/elsewhere")[0].replace(sha256(PAGE).encode(), sha1(PAGE).encode())
    again = headless("identical-payload-digest", None)
    stated = spelled.format(hashlib.sha1(PAGE).hexdigest())
    write(tmp_path / "a.warc.gz", [held, again.replace(sha256(PAGE).encode(), stated.encode())])
    assert [content(found) for found in captures(tmp_path)] == [PAGE] * 2


def test_a_revisit_of_what_is_nowhere_is_reported(tmp_path: Path) -> None:
    write(
        tmp_path / "a.warc.gz",
        [*exchange("http://site.test/b", body=OTHER), headless("identical-payload-digest", new_id())],
    )
    report, connection = built(tmp_path, tmp_path)
    connection.close()
    assert [(url, "none of the files" in reason) for url, reason in report.unreadable] == [(URL, True)]


def test_a_page_not_modified_is_seen_without_a_head_too(tmp_path: Path) -> None:
    write(tmp_path / "a.warc.gz", [*exchange(URL), headless("server-not-modified", None)])
    assert [(found.outcome, found.status) for found in captures(tmp_path)] == [("new", 200), ("unchanged", 304)]


def test_a_response_that_was_cut_off_is_kept_and_reported(tmp_path: Path) -> None:
    cut = exchange(URL, extra=(("WARC-Truncated", "length"),))
    write(tmp_path / "a.warc.gz", [*cut, *exchange("http://site.test/b")])
    report, connection = built(tmp_path, tmp_path)
    connection.close()
    assert report.unreadable == [(URL, "truncated (length)")]
    assert report.is_poor  # one of two


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ("2009-01-13T18:05:10-0800", "2009-01-14T02:05:10.000000Z"),
        ("2009-01-13T18:05:10+02:00", "2009-01-13T16:05:10.000000Z"),
        ("2009-01-13T18:05:10.123456789Z", "2009-01-13T18:05:10.123456Z"),
        ("2009-01-13 18:05:10", "2009-01-13T18:05:10.000000Z"),
        ("2009-01-13t18:05:10z", "2009-01-13T18:05:10.000000Z"),
        ("2009-01-13", "2009-01-13T00:00:00.000000Z"),
        ("2009-01", "2009-01-01T00:00:00.000000Z"),
        ("2009", "2009-01-01T00:00:00.000000Z"),
        ("20090113180510123", "2009-01-13T18:05:10.123000Z"),
        ("2009-03-65T08:43:19-0800", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates(stated: str, read: str | None) -> None:
    assert warc_date(stated) == read


def test_an_undated_page_is_kept_reported_and_not_dated(tmp_path: Path) -> None:
    # ClueWeb09 has this date in all its records.
    page = (CASES / "one-line-end.warc").read_bytes().replace(b"2019-05-06T07:08:09Z", b"2009-03-65T08:43:19Z", 1)
    (tmp_path / "a.warc").write_bytes(page)
    report, connection = built(tmp_path, tmp_path)
    with closing(connection):
        rows = connection.execute(
            "select captured_at, error from captures order by captured_at is null, url"
        ).fetchall()
        assert connection.execute("select count(*), substr(min(first_seen), 1, 4) from reviews").fetchone() == (
            2,
            "2019",
        )
        assert "1970" not in "\n".join(connection.iterdump())
    assert rows[2] == (None, "WARC-Date '2009-03-65T08:43:19Z' cannot be read")
    assert [reason for _, reason in report.unreadable] == [rows[2][1]]


def test_kinds_of_records_that_are_not_read_are_named(tmp_path: Path) -> None:
    base = [("WARC-Target-URI", URL), ("WARC-Date", DATE), ("Content-Type", "text/plain")]
    asked = exchange("http://site.test/never")[1]
    segment = exchange("http://site.test/long", extra=(("WARC-Segment-Number", "1"),))[0]
    rest = record("continuation", [*base[:2], ("WARC-Segment-Number", "2")], b"rest")
    write(tmp_path / "a.warc.gz", [*exchange(URL), record("conversion", base, b"x"), record("conversion", base, b"y"),
                                   asked, segment, rest])  # fmt: skip
    assert [found.truncated for found in captures(tmp_path)] == [None, "segmented"]
    said = "\n".join(reason for reason, is_lost in damages(tmp_path) if not is_lost)
    for part in ("2 conversion", "1 continuation record(s) of answers of which", "1 request", "site.test/never"):
        assert part in said


def test_warc_files_are_known_by_whatever_name_they_have(tmp_path: Path) -> None:
    for number, name in enumerate(["a.WARC.GZ", "b.warc.gz.1", "c.Warc", "d.warc"]):
        write(tmp_path / name, exchange(f"http://site.test/{number}")[:1], compress="gz" in name.lower())
    assert len(captures(tmp_path)) == 4


def members(*blocks: bytes) -> bytes:
    return b"".join(zstd.compress(block) for block in blocks)


def test_zstd_files_are_read_with_and_without_a_dictionary(tmp_path: Path) -> None:
    records = [warcinfo(), *exchange(URL)]
    (tmp_path / "a.warc.zst").write_bytes(members(*records))
    raw = zstd.train_dict([PAGE[:200] + bytes([number]) * 20 for number in range(200)], 1000)
    frames = b"".join(zstd.compress(one, zstd_dict=raw) for one in [exchange("http://site.test/b")[0]])
    packed = zstd.compress(raw.dict_content)
    (tmp_path / "b.warc.zst").write_bytes(b"\x5d\x2a\x4d\x18" + len(packed).to_bytes(4, "little") + packed + frames)
    assert [(found.url, content(found)) for found in captures(tmp_path)] == [(URL, PAGE), ("http://site.test/b", PAGE)]


def test_damage_in_what_is_unpacked_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.warc.zst").write_bytes(members(exchange(URL)[0], *[warcinfo()] * 20) + b"junk")
    assert len(captures(tmp_path)) == 1
    assert [is_lost for _, is_lost in damages(tmp_path)] == [True]
    (tmp_path / "a.warc.zst").write_bytes(b"junk")
    assert [is_lost for _, is_lost in damages(tmp_path)] == [True]


def test_a_compression_bomb_is_unpacked_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_files, "_ALLOWED_BYTES", 1 << 20)
    (tmp_path / "a.warc.zst").write_bytes(members(exchange(URL)[0], bytes(100 << 20)))
    assert len(captures(tmp_path)) == 1
    with all_sources([tmp_path])[0].open() as file:
        assert file.seek(0, io.SEEK_END) < 2 << 20


def test_archives_of_other_kinds_are_refused_by_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    write(folder / "a.warc.gz", exchange(URL))
    (folder / "b.warc.bz2").write_bytes(b"BZh9")
    assert foreign_files(folder) == [folder / "b.warc.bz2"]
    for path in (folder, folder / "b.warc.bz2"):
        error = CliRunner().invoke(rebuild, [str(path), "--db", str(tmp_path / "x.db")]).exception
        assert isinstance(error, CampbellError)
        assert (error.exit_code, "b.warc.bz2" in str(error), "\n" in str(error)) == (2, True, False)
    assert not (tmp_path / "x.db").exists()


def wacz(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as package:
        for name, data in members.items():
            package.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("inner", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("outer", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_files_of_one_name_in_several_packages_are_several(inner: int, outer: int, tmp_path: Path) -> None:
    packed = [
        wacz({"archive/data.warc.gz": b"".join(map(gzip.compress, exchange(f"http://site.test/{number}")))}, inner)
        for number in range(2)
    ]
    (tmp_path / "many.wacz").write_bytes(wacz({"one.wacz": packed[0], "two.wacz": packed[1]}, outer))
    found = captures(tmp_path)
    assert [(one.url, one.warc_file, content(one)) for one in found] == [
        ("http://site.test/0", "many.wacz/one.wacz/archive/data.warc.gz", PAGE),
        ("http://site.test/1", "many.wacz/two.wacz/archive/data.warc.gz", PAGE),
    ]
    for one in found:
        assert read_at(tmp_path / one.warc_file, one.warc_offset).url == one.url


def test_packages_in_packages_without_end_are_refused(tmp_path: Path) -> None:
    package = wacz({"archive/data.warc.gz": gzip.compress(exchange(URL)[0])})
    for _ in range(2):
        package = wacz({"a.wacz": package})
    (tmp_path / "a.wacz").write_bytes(package)
    with pytest.raises(OSError, match="packages in packages in packages"):
        all_sources([tmp_path / "a.wacz"])


def test_files_of_one_name_in_several_folders_are_several(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "data.warc.gz", exchange(f"http://site.test/{name}"))
    expected = ["one/data.warc.gz", "two/data.warc.gz"]
    assert [source.name for source in all_sources([tmp_path])] == expected
    assert [source.name for source in all_sources([tmp_path / "one" / "data.warc.gz", tmp_path / "two"])] == expected


def test_many_pages_not_read_make_the_rebuild_fail(tmp_path: Path) -> None:
    broken = [one for number in range(4) for one in exchange(f"http://site.test/{number}", body=b"\x1f\x8b\x08broken",
                                                             headers=("Content-Encoding: gzip",))]  # fmt: skip
    good = [one for number in range(4, 100) for one in exchange(f"http://site.test/{number}")[:1]]
    for count, code in ((1, 0), (4, 3)):
        shutil.rmtree(tmp_path, ignore_errors=True)
        tmp_path.mkdir()
        write(tmp_path / "a.warc.gz", [*broken[: count * 3], *good])
        result = CliRunner().invoke(rebuild, [str(tmp_path), "--db", str(tmp_path / "x.db"), "--workers", "1"])
        assert getattr(result.exception, "exit_code", 0) == code, result.output
        assert result.stderr.count("Unreadable: ") == count


def test_many_pages_not_read_make_a_crawl_fail_the_assertion_of_errors(tmp_path: Path) -> None:
    bad = [exchange(f"http://site.test/{number}", body=b"\x1f\x8b\x08x", headers=("Content-Encoding: gzip",))
           for number in range(6)]  # fmt: skip
    good = [exchange(f"http://site.test/{number}") for number in range(6, 30)]
    for count, holds in ((4, True), (6, False)):
        shutil.rmtree(tmp_path, ignore_errors=True)
        tmp_path.mkdir()
        write(tmp_path / "a.warc.gz", [warcinfo(), *(one for records in (*bad[:count], *good) for one in records)])
        _, connection = built(tmp_path / "a.warc.gz", tmp_path)
        connection.close()
        with closing(open_view(tmp_path / "x.db")) as view:
            assert {verdict.holds for verdict in check(view, CRAWL) if verdict.name == "errors"} == {holds}


def test_a_revisit_in_this_file_of_another_is_found(tmp_path: Path) -> None:
    held = new_id()
    write(tmp_path / "b.warc.gz", exchange(URL, record_id=held))
    write(tmp_path / "a.warc.gz", [revisit("http://site.test/c", held, sha256(PAGE))])
    assert [content(event) for event in read_events(tmp_path / "a.warc.gz") if isinstance(event, Capture)] == [PAGE]


def test_an_original_link_with_character_references() -> None:
    asked = "https://web.archive.org/web/20180925075411id_/http://library.example.org/index.php?option=com_k2&id=12"
    link = '<http://library.example.org/index.php?option=com_k2&amp;id=12>; rel="original"'
    assert original_url([("Link", link)], asked) == "http://library.example.org/index.php?option=com_k2&id=12"
    own = asked.replace("&id", "&amp;id")
    assert original_url([("Link", link)], own) == "http://library.example.org/index.php?option=com_k2&amp;id=12"


def test_a_crawl_with_an_undated_page_can_be_reported_and_packaged(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.create()
    undated = [one.replace(f"WARC-Date: {DATE}".encode(), b"WARC-Date: yesterday") for one in exchange(URL)]
    write(folder.archive / "a.warc.gz", [warcinfo(), *undated, *exchange("http://site.test/b")])
    build_database([folder.archive], folder.database, workers=0)
    assert CRAWL in as_page(run_report(folder, CRAWL))
    assert write_wacz_package(folder, tmp_path / "x.wacz", CRAWL).is_file()
    add_to_manifest(folder.manifest, folder.archive / "a.warc.gz", sha256_of(folder.archive / "a.warc.gz"))
    assert not verify_folder(folder, with_rebuild=True).findings
