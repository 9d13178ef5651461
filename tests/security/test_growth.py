"""Time and memory of what is read: twice the input takes about twice the time, up to the input's limit."""

from __future__ import annotations

import copy
import gc
import gzip
import json
import random
import subprocess
import sys
import time
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple

import brotli  # type: ignore[import-untyped,unused-ignore]
import pytest
from backports import zstd
from protego import Protego

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import PayloadError
from campbell_scraper.archive.listen.needed_urls import css_requisites, source_set
from campbell_scraper.archive.read.archive_files import Source, sources_of
from campbell_scraper.archive.read.pairing import field_dict
from campbell_scraper.archive.read.payload import dechunked
from campbell_scraper.archive.read.scan import scan
from campbell_scraper.faces.export.citations.citekey import citation_key
from campbell_scraper.faces.export.citations.clean_text import defused
from campbell_scraper.faces.export.citations.word_diff import word_diff
from campbell_scraper.reading.page.decoding import decode
from campbell_scraper.reading.page_reading import read_page
from campbell_scraper.reading.pdf import read_pdf
from campbell_scraper.spiders.discovery import Answer
from campbell_scraper.spiders.politeness.own_rules import own_rules
from campbell_scraper.spiders.sources.wayback_index import read_index
from campbell_scraper.spiders.sources.wordpress_lists import api_root, read_list, read_sitemap
from campbell_scraper.view.fold.fulltext_index import MAX_UNSPACED
from tests.fuzz.mutate import FOLDER
from tests.pdf.test_pdf import document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST = 2.5
"""How many times as long a doubled input may take."""
NOISE = 0.1
"""Seconds of CPU below which nothing is compared."""
SITE, AGENT = "https://library.example.org", "campbell-scraper (+https://a.example/)"
KB, MB = 1024, 1024 * 1024
STEPS, TRIES = 7, 3


class Case(NamedTuple):
    """A parser, the input that is worst for it (by its size), and the size up to which it reads."""

    make: Callable[[int], Any]
    read: Callable[[Any], object]
    limit: int


def words(number: int, vocabulary: int, seed: int) -> str:
    chance = random.Random(seed)
    return " ".join(f"w{chance.randrange(vocabulary)}" for _ in range(number))


def coded(coding: str) -> Callable[[bytes], object]:
    def read(body: bytes) -> object:
        try:
            return http.decode_content(body, [coding])
        except PayloadError as error:
            return error

    return read


def page(media_type: str, url: str = f"{SITE}/better-evidence/a.html", **more: str) -> Callable[[bytes], object]:
    return lambda body: read_page(url, [("Content-Type", media_type), *more.items()], body)


def filled(saved: str, mark: str, pump: str) -> Callable[[int], bytes]:
    """Return a maker of a saved page that has a text again and again behind the first ``mark``."""
    before, found, behind = (FOLDER / saved).read_text("utf-8").partition(mark)
    assert found
    return lambda size: (before + found + pump * (size // len(pump)) + behind).encode()


def posts(number: int, **fields: object) -> bytes:
    """Return REST's list of some posts, all with the same fields."""
    post = {"id": 1, "type": "review", "link": f"{SITE}/review/a/", "title": {}, "content": {}, **fields}
    return json.dumps([post] * number).encode()


def rules(body: bytes) -> object:
    return Protego.parse(own_rules((), body, AGENT).decode()).can_fetch(f"{SITE}/{'a' * 2000}", AGENT)


def answer(read: Callable[[Answer], object]) -> Callable[[bytes], object]:
    return lambda body: read(Answer(asked=SITE, url=SITE, status=200, headers=[("Content-Type", JSON)], body=body))


REST, MEDIA = f"{SITE}/wp-json/wp/v2/review", "/wp/v2/media?"
HTML, JSON = "text/html; charset=utf-8", "application/json"
INDEX = b'["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest"]'
ROW = b',["org,a)/", "20200101000000", "https://a.example/", "text/html", "200", "A"]'
SITEMAP, ENTRY = b"<?xml version='1.0'?><urlset>", b"<url><x:loc>https://a.example/1</x:loc></url>"
LABEL, VALUE = 'itemExtraFieldsLabel">', 'itemExtraFieldsValue">'
CASES = {
    "robots.txt of newlines": Case(lambda size: b"\n" * size, page("text/plain", f"{SITE}/robots.txt"), 500 * KB),
    "rules for many crawlers": Case(
        lambda size: b"".join(b"User-agent: a%d\nDisallow: /*%d\n" % (n, n) for n in range(size // 32)), rules, 500 * KB
    ),
    "a rule of stars": Case(lambda size: b"User-agent: *\nDisallow: /" + b"*a" * (size // 2), rules, 500 * KB),
    "a list of REST": Case(lambda size: posts(size // 130), answer(read_list), MB),
    "lists in lists": Case(lambda size: b"[" * size, page(JSON, REST), 4 * MB),
    "files in fields of REST": Case(
        lambda size: posts(1, meta={f"f{n}": f"/{n}.pdf" for n in range(size // 22)}), page(JSON, REST), 512 * KB
    ),
    "terms of REST": Case(
        lambda size: posts(1, _embedded={"wp:term": [[{"name": f"g{n}", "taxonomy": "coordinating_group"}
                                                      for n in range(size // 44)]]}), page(JSON, REST), MB
    ),
    "an address of REST": Case(lambda size: f"{SITE}{MEDIA * (size // 13)}", lambda url: page(JSON, url)(b"[]"), MB),
    "Link headers": Case(lambda size: "<a>;rel " * (size // 8), lambda said: (
        page(JSON, REST, Link=said)(b"[]"),
        api_root(Answer(asked=SITE, url=SITE, status=200, headers=[("Link", said)])),
    ), http.MAX_HEAD),
    "a sitemap": Case(lambda size: SITEMAP + ENTRY * (size // 45), answer(read_sitemap), 4 * MB),
    "a sitemap as a page": Case(lambda size: SITEMAP + ENTRY * (size // 45), page("application/xml"), 4 * MB),
    "a packed sitemap": Case(
        lambda size: gzip.compress(SITEMAP + b"<url>" * (size // 5)), answer(read_sitemap), http.MAX_SITEMAP
    ),
    "the archive's index": Case(
        lambda size: b"[" + INDEX + ROW * (size // len(ROW)) + b"]", answer(read_index), MB
    ),
    "chunks of a byte": Case(lambda size: b"1\r\na\r\n" * (size // 6), lambda body: b"".join(dechunked(body)), MB),
    "interim answers": Case(lambda size: b"HTTP/1.1 100 a\r\n\r\n" * (size // 18), http.split_head, MB),
    "brotli of noise": Case(
        lambda size: brotli.compress(random.Random(1).randbytes(size), quality=0), coded("br"), 2 * MB
    ),
    "lines of a PDF": Case(lambda size: document("a) Tj T* (" * (size // 10)), read_pdf, 256 * KB),
    "heads of a map": Case(
        lambda size: b"const referenceData = [];const csvData = "
        + json.dumps({"rows": [[{"span": 9999}] * 300] * (size // 5100)}).encode(), page(HTML), 4 * MB
    ),
    "comments of a style sheet": Case(
        lambda size: "/*a" * (size // 3), lambda text: css_requisites(text, "http://a.example/"), 4 * MB
    ),
    "imports of a style sheet": Case(
        lambda size: "@import '" * (size // 9), lambda text: css_requisites(text, "http://a.example/"), 4 * MB
    ),
    "a set of sources": Case(lambda size: "a," * (size // 2), lambda text: list(source_set(text)), 4 * MB),
    "empty gzip members": Case(lambda size: gzip.compress(b"") * (size // 20), coded("gzip"), 12 * MB),
    "empty zstd frames": Case(lambda size: zstd.compress(b"") * (size // 9), coded("zstd"), 12 * MB),
    "folded header lines": Case(lambda size: b"a: b\r\n" + b" c\r\n" * (size // 4), http.parse_headers, http.MAX_HEAD),
    "a field again and again": Case(
        lambda size: "a:b\r\n" * (size // 5), lambda text: field_dict(http.named_fields(text)), 4 * MB
    ),
    "charset=punycode": Case(lambda size: b"\x1b" + b"a-zz" * (size // 4), page("text/html; charset=punycode"), MB),
    "two words in another order": Case(
        lambda size: (words(size, 2, 1), words(size // 2, 2, 2)), lambda both: word_diff(*both), 7_000
    ),
    "some words in another order": Case(
        lambda size: (words(size // 6, 100, 1), words(size, 100, 2)), lambda both: word_diff(*both), 4_800
    ),
    "lines of words in another order": Case(
        lambda size: tuple("\n".join(words(400, 9, seed + row) for row in range(size // 400)) for seed in (0, 999)),
        lambda both: word_diff(*both),
        40_000,
    ),
    "line ends in a cell": Case(lambda size: "a" + "\n" * size, defused, MB),
    "dashes in a title": Case(lambda size: {"title": "a" + "-" * size}, lambda one: citation_key(one, "a"), 512 * KB),
    "class= upon class=": Case(filled("k2-lost-labels.html", LABEL, "<li><span class= class= "), page(HTML), 512 * KB),
    "class= in one tag": Case(filled("k2-lost-labels.html", "<span ", "class= "), page(HTML), 512 * KB),
    "comments behind a value": Case(filled("k2-lost-labels.html", VALUE, "<!---->"), page(HTML), 512 * KB),
    "items in comments": Case(filled("k2-lost-labels.html", VALUE, "<!--<li><!---->"), page(HTML), 512 * KB),
    "files in a label": Case(filled("k2-open-tags.html", LABEL, "<a href='/x.pdf'>x</a>"), page(HTML), 256 * KB),
    "dates that do not come": Case(filled("k2-seed.html", VALUE, "2015 mid-"), page(HTML), 256 * KB),
    "scripts that cloak nothing": Case(
        filled("joomla-error.html", "</h1>", "<h3>Contact us</h3><p>a<script>" + "addy_text" * 2000 + "</script></p>"),
        page(HTML),
        512 * KB,
    ),
}  # fmt: skip


def cost(case: Case, size: int) -> float:
    body = case.make(size)
    gc.disable()  # what pytest holds is no part of the input
    begun = time.process_time()
    case.read(body)
    took = time.process_time() - begun
    gc.enable()
    return took


def check_growth(case: Case, steps: int) -> None:
    """Double the input so many times, up to its limit."""
    before = cost(case, case.limit >> steps)
    for step in range(steps - 1, -1, -1):
        took = cost(case, case.limit >> step)
        for _ in range(TRIES):
            if took > max(NOISE, MOST * before):  # both once more: another process may have taken the caches
                before, took = cost(case, case.limit >> step + 1), cost(case, case.limit >> step)
        assert took <= max(NOISE, MOST * before), (case.limit >> step, before, took)
        before = took


@pytest.mark.parametrize("name", CASES)
def test_twice_the_input_takes_about_twice_the_time(name: str) -> None:
    check_growth(CASES[name], STEPS)


def stored(data: bytes) -> bytes:
    return b"\0" + len(data).to_bytes(2, "little") + (len(data) ^ 0xFFFF).to_bytes(2, "little") + data


def beginnings(size: int) -> bytes:
    """Return gzip members of which each holds all that follow, and none ends well."""
    start = b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + stored(b"WARC/1.1\r\nContent-Length: 99999999\r\n\r\n")
    block = bytearray()
    while (rest := 60_000 - len(block) - len(start) - 5) > 0:
        block += start + stored(bytes(rest))[:5]
    return bytes(block).ljust(60_000, b"\0") * (size // 60_000)


@pytest.mark.parametrize(
    "make",
    [beginnings, lambda size: b"WARC/1.0\r\nWARC-x: y\r\n" * (size // 22),
     lambda size: b"WARC/1.0\r\nContent-Length: 1000000\r\n\r\n" * (size // 38)],
    ids=["gzip members", "heads", "blocks"],
)  # fmt: skip
def test_a_damaged_archive_is_looked_through_in_time(make: Callable[[int], bytes], tmp_path: Path) -> None:
    path = tmp_path / "hostile.warc.gz"

    def look_through(_: int) -> None:
        assert all(not hasattr(found, "block") for found in scan(Source(path)))

    check_growth(Case(lambda size: path.write_bytes(make(size)), look_through, 8 * MB), 2)


def package(path: Path, files: int, *, archive: bytes = b"") -> None:
    with zipfile.ZipFile(path, "w") as zipped:
        for number in range(files):
            zipped.writestr(f"archive/{number}.warc", archive)


def test_many_files_of_a_package_are_opened_in_time(tmp_path: Path) -> None:
    path = tmp_path / "hostile.wacz"

    def make(files: int) -> int:
        package(path, files)
        return files

    def open_all(files: int) -> None:
        assert sum(source.open().read() == b"" for source in sources_of(path)) == files

    check_growth(Case(make, open_all, 8_000), 4)


def test_files_of_a_package_that_are_one_and_the_same_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "hostile.wacz"
    package(path, 1, archive=bytes(10_000))
    with zipfile.ZipFile(path, "a") as zipped:
        for number in range(1, 50):
            again = copy.copy(zipped.filelist[0])
            again.filename = f"archive/{number}.warc"
            zipped.filelist.append(again)
        zipped._didModify = True  # type: ignore[attr-defined]  # else no directory is written
    with pytest.raises(OSError, match="lie upon one another"):
        list(sources_of(path))


def test_words_of_unspaced_scripts_take_bounded_memory() -> None:
    script = (
        "import resource; from campbell_scraper.view.fold.fulltext_index import grams; "
        "most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; text = "
        "''.join(chr(0x4e00 + at * 7919 % 20000) for at in range(400_000)); before = most(); "
        "found = grams(text); print(most() - before, len(found))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    kib, length = map(int, run.stdout.split())
    assert kib < 80 * 1024
    assert length < 100 * MAX_UNSPACED


def test_an_end_behind_many_comments_is_taken_off() -> None:
    body = filled("k2-lost-labels.html", VALUE, " ")(0).replace(b"</span></li>", b"</span><!-- a -->\n</li>")
    plain = filled("k2-lost-labels.html", VALUE, " ")(0)
    ours, theirs = (read_page("https://a.example/b", [("Content-Type", HTML)], one).reviews for one in (body, plain))
    assert [one.additional_info for one in ours] == [one.additional_info for one in theirs]


@pytest.mark.parametrize(
    ("charset", "text"),
    [("shift_jis", "評価"), ("windows-1251", "обзор"), ("gb2312", "综述"), ("koi8-r", "обзор"), ("iso-8859-9", "ığış")],
)
def test_encodings_of_the_web_are_read(charset: str, text: str) -> None:
    assert decode([("Content-Type", f"text/html; charset={charset}")], text.encode(charset)) == text


@pytest.mark.parametrize("charset", ["punycode", "idna", "utf-7", "unicode_escape", "rot13", "zlib", "utf-32"])
def test_other_encodings_are_not(charset: str) -> None:
    assert decode([("Content-Type", f"text/html; charset={charset}")], b"\x1ba\xe9b-\\u0041") == "\x1baéb-\\u0041"


def test_a_spread_difference_is_still_the_two_texts() -> None:
    old, new = words(1990, 2, 1), words(1990, 2, 2)
    parts = word_diff(old, new)
    assert "".join(part.text for part in parts if part.sign != "+").split() == old.split()
    assert "".join(part.text for part in parts if part.sign != "-").split() == new.split()
