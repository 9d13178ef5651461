"""A source that misbehaves: the run ends by itself, what was fetched is safe, the reason recorded, the code right."""

from __future__ import annotations

import ssl
import time
import zlib
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from campbell_scraper.settings import DEPTH_LIMIT, RETRY_TIMES
from tests.helpers import campbell

from .trouble import Handler, TroubleSite, assert_safe, crawl, measured_crawl, rows, scrapy

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("misbehaving")


def test_a_site_that_goes_down_halfway_ends_the_run_with_6_and_is_taken_up(tmp_path: Path) -> None:
    data = tmp_path / "d"
    with TroubleSite(reviews=20, down_after=15) as site:
        run = crawl(site.url, data)
        assert run.returncode == 6, run.stdout + run.stderr
        assert "the site no longer answers" in run.stderr
        assert len(site.asked) < 40
        assert rows(data, "select count(*) from captures where outcome = 'failed' and error is not null")[0][0] >= 12
        assert rows(data, "select status, discovery_complete from crawls") == [("interrupted", 0)]
        assert_safe(data)
        site.server.down_after = None
        again = crawl(site.url, data, "--resume")
        assert again.returncode == 0, again.stdout + again.stderr
    assert rows(data, "select count(*), max(status) from crawls") == [(1, "finished")]
    assert rows(data, "select count(*) from reviews where status = 'current'")[0][0] == 20


def test_a_name_that_does_not_resolve_is_6_and_says_so(tmp_path: Path) -> None:
    run = crawl("http://no-such-host.invalid/", tmp_path / "d", "--contact", "me@example.org")
    assert run.returncode == 6
    assert "cannot be reached" in run.stderr
    assert "no-such-host.invalid" in run.stderr
    assert all("DNS" in error or "resol" in error for (error,) in rows(tmp_path / "d", "select error from captures"))


def expired_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a key and a certificate of 127.0.0.1 that was good until yesterday."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now - timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "key.pem", folder / "cert.pem"


def test_an_expired_certificate_is_6_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = expired_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with TroubleSite(tls=context) as site:
        run = crawl(site.url, tmp_path / "d")
        assert site.asked == []
    assert run.returncode == 6, run.stdout + run.stderr
    assert "certificate" in run.stderr
    assert rows(tmp_path / "d", "select count(*) from captures where error like '%certificate%'")[0][0] > 0


def test_redirect_loops_end_and_cost_only_themselves(tmp_path: Path) -> None:
    def to_itself(handler: Handler) -> None:
        handler.answer(b"", status=302, Location="/loop.html")

    def ever_further(handler: Handler) -> None:
        handler.server.troubles[f"/hop-{len(handler.server.asked)}.html"] = ever_further
        handler.answer(b"", status=302, Location=f"/hop-{len(handler.server.asked)}.html")

    with TroubleSite({"/loop.html": to_itself, "/further.html": ever_further}) as site:
        run = crawl(site.url, tmp_path / "d")
        assert run.returncode == 0, run.stdout + run.stderr
        assert sum("/hop-" in path for path in site.asked) <= 11
        assert site.asked.count("/loop.html") <= 11
    barred = rows(tmp_path / "d", "select decision from discovered where url like '%/hop-%' and decision <> 'fetched'")
    assert not {"offsite"} & {decision for (decision,) in barred}
    assert rows(tmp_path / "d", "select count(*) from reviews")[0][0] == 6
    assert_safe(tmp_path / "d")


def listing(start: int, items: list[str]) -> bytes:
    blocks = "".join(
        f'<div class="itemContainer"><div class="catItemView"><h3 class="catItemTitle"><a href="{path}">{path}</a></h3>'
        "</div></div>"
        for path in items
    )
    return (
        '<!doctype html><html><head><title>Library</title></head><body><div id="k2Container" class="itemListView">'
        f'<div class="itemList">{blocks}</div><div class="k2Pagination"><a class="pagenav" '
        f'href="/endless.html?start={start + 10}">Next</a></div></div></body></html>'
    ).encode()


def start_of(handler: Handler) -> int:
    return int(handler.path.partition("start=")[2] or 0)


def test_an_endless_listing_of_the_same_items_is_left(tmp_path: Path) -> None:
    same = [f"/better-evidence/none-{n}.html" for n in range(5)]
    with TroubleSite({"/endless.html": lambda h: h.answer(listing(start_of(h), same))}) as site:
        run = crawl(site.url, tmp_path / "d")
        assert run.returncode == 0, run.stdout + run.stderr
        assert sum(path.startswith("/endless") for path in site.asked) <= 3
    assert_safe(tmp_path / "d")


def test_an_endless_listing_of_invented_items_ends_at_the_depth_and_says_so(tmp_path: Path) -> None:
    def invented(handler: Handler) -> None:
        start = start_of(handler)
        handler.answer(listing(start, [f"/better-evidence/none-{start}.html"]))

    with TroubleSite({"/endless.html": invented}) as site:
        run = crawl(site.url, tmp_path / "d", "--no-requisites")
        assert run.returncode == 3, run.stdout + run.stderr
        assert "a list of more pages than it brings reviews" in run.stderr
        reviews = 6
        asked = sum(path.startswith("/endless") for path in site.asked)
        assert DEPTH_LIMIT < asked <= DEPTH_LIMIT + reviews + 1
    left = rows(tmp_path / "d", "select url from discovered where decision = 'limit'")
    assert any("start=" in url for (url,) in left)
    assert rows(tmp_path / "d", "select discovery_complete from crawls") == [(0,)]


def item(handler: Handler) -> None:
    view = f"<div id='k2Container' class='itemView'><h2 class='itemTitle'>Kites of {handler.path}</h2></div>"
    handler.answer(f"<!doctype html><html><head><title>Kites</title></head><body>{view}</body></html>".encode())


def test_a_list_of_more_pages_than_links_may_be_deep_is_read_to_its_end(tmp_path: Path) -> None:
    pages = DEPTH_LIMIT + 15

    def one_a_page(handler: Handler) -> None:
        start = start_of(handler)
        path = f"/better-evidence/kites-{start}.html"
        handler.server.troubles[path] = item
        page = listing(start, [path])
        handler.answer(page if start < (pages - 1) * 10 else page.replace(b"?start=", b"#"))

    with TroubleSite({"/endless.html": one_a_page}) as site:
        run = crawl(site.url, tmp_path / "d", "--no-requisites")
        assert run.returncode == 0, run.stdout + run.stderr
        assert sum(path.startswith("/endless") for path in site.asked) == pages
    assert rows(tmp_path / "d", "select count(*) from reviews where title like 'Kites of%'") == [(pages,)]
    assert rows(tmp_path / "d", "select discovery_complete from crawls") == [(1,)]


def test_an_endless_listing_within_a_budget_is_6(tmp_path: Path) -> None:
    def invented(handler: Handler) -> None:
        start = start_of(handler)
        handler.answer(listing(start, [f"/better-evidence/none-{start}-{n}.html" for n in range(10)]))

    with TroubleSite({"/endless.html": invented}) as site:
        run = crawl(site.url, tmp_path / "d", "--max-requests", 40)
        assert run.returncode == 6, run.stdout + run.stderr
        assert len(site.asked) <= 45
    assert "--max-requests is reached" in run.stderr
    assert_safe(tmp_path / "d")


def test_a_page_over_the_limit_is_cut_recorded_and_not_read(tmp_path: Path) -> None:
    def huge(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        handler.close_connection = True
        for _ in range(40):
            handler.wfile.write(b"<p>long</p>" * 100_000)

    with TroubleSite({"/huge.html": huge}) as site:
        log = scrapy(site.url, tmp_path / "d", {"DOWNLOAD_MAXSIZE": 4_000_000})
    assert "MemoryError" not in log
    found = rows(tmp_path / "d", "select truncated, payload_length from captures where url like '%/huge.html'")
    assert [cut for cut, _ in found] == ["length"]
    assert found[0][1] < 8_000_000
    assert rows(tmp_path / "d", "select count(*) from reviews")[0][0] == 6
    assert_safe(tmp_path / "d")


@pytest.mark.slow
def test_a_page_of_200_megabytes_is_kept_whole_said_to_be_unread_and_does_not_fill_the_memory(tmp_path: Path) -> None:
    size = 200_000_000

    def huge(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(size))
        handler.end_headers()
        block = b"<p>a long page</p>\n" * 50_000
        for start in range(0, size, len(block)):
            handler.wfile.write(block[: size - start])

    with TroubleSite({"/huge.html": huge}) as site:
        run = measured_crawl(site.url, tmp_path / "d")
    assert run.code == 0
    assert run.megabytes < 1_500, "3,864 when its tree was made"
    found = rows(tmp_path / "d", "select payload_length, truncated from captures where url like '%/huge.html'")
    assert found == [(size, None)]
    said = rows(tmp_path / "d", "select value from unhandled where url like '%/huge.html'")
    assert said == [("kept, not read: payload is over 134217728 bytes",)]
    assert rows(tmp_path / "d", "select count(*) from reviews")[0][0] == 6
    assert_safe(tmp_path / "d")


@pytest.mark.slow
def test_a_gzip_bomb_of_10_gigabytes_is_kept_as_it_came_and_blown_up_nowhere(tmp_path: Path) -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = deflate.compress(bytes(10_000_000)) + deflate.flush(zlib.Z_FULL_FLUSH)
    bomb = b"\x1f\x8b\x08" + bytes(7) + zeros * 1000 + b"\x03\x00"

    def explode(handler: Handler) -> None:
        handler.answer(bomb, Content_Encoding="gzip")

    with TroubleSite({"/bomb.html": explode}) as site:
        run = measured_crawl(site.url, tmp_path / "d")
    assert run.code == 0
    assert run.megabytes < 1_500
    assert run.written < 200, "when the index unpacked it, into a file of 10 GB, it was as many"
    assert rows(tmp_path / "d", "select payload_length from captures where url like '%/bomb.html'") == [(len(bomb),)]
    said = rows(tmp_path / "d", "select value from unhandled where url like '%/bomb.html'")
    assert said == [("kept, not read: payload is over 134217728 bytes",)]
    assert rows(tmp_path / "d", "select count(*) from reviews")[0][0] == 6
    assert rows(tmp_path / "d", "select status from crawls") == [("finished",)]
    assert_safe(tmp_path / "d")


def trickle(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while True:  # until the crawl has closed the connection
        handler.wfile.write(b".")
        handler.wfile.flush()
        time.sleep(0.1)


def assert_slow_page_was_given_up(data: Path) -> None:
    found = rows(data, "select truncated, error from captures where url like '%/slow.html'")
    assert {cut for cut, _ in found} == {"time"}
    assert all(error for _, error in found)
    assert rows(data, "select count(*) from reviews")[0][0] == 6
    assert_safe(data)


@pytest.mark.soak
def test_a_trickling_page_is_given_a_minute_each_time_it_is_tried(tmp_path: Path) -> None:
    with TroubleSite({"/slow.html": trickle}) as site:
        run = campbell("crawl", site.url, "--delay", 0, "--data", tmp_path / "d", timeout=600)
        assert run.returncode == 0, run.stdout + run.stderr
        assert site.asked.count("/slow.html") == RETRY_TIMES + 1
    assert_slow_page_was_given_up(tmp_path / "d")


def test_a_trickling_page_is_given_a_total_time(tmp_path: Path) -> None:
    with TroubleSite({"/slow.html": trickle}) as site:
        scrapy(site.url, tmp_path / "d", {"DOWNLOAD_TIMEOUT": 3})
    assert_slow_page_was_given_up(tmp_path / "d")
