"""Exchanges beyond single answers: long keep-alive, proxies, attempts without an answer, large bodies."""

from __future__ import annotations

import hashlib
import socket
from collections import defaultdict
from pathlib import Path

import pytest

from .conftest import Crawl
from .oddities import PAGE, chunked, ok
from .warcs import exchanges, read
from .wire_server import ConnectProxy, Step, self_signed, serving

MEGABYTE = 1 << 20


def numbered(path: str, count: int) -> list[Step]:
    body = PAGE + path.encode()
    if path[-1] in "13579":
        return [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body[:64], body[64:])]
    return [ok(body, b"X-Number: " + path.encode())]


def test_a_reactor_without_asyncio_is_recorded_too(crawl: Crawl, tmp_path: Path) -> None:
    """There, the next request can begin on a connection while the end of the last answer is still being handled."""
    with serving(numbered) as server:
        crawl(
            [{"url": f"{server.url}/{number}"} for number in range(50)],
            ROBOTSTXT_OBEY=True,
            CONCURRENT_REQUESTS=4,
            TWISTED_REACTOR="twisted.internet.selectreactor.SelectReactor",
        )
        recorded = exchanges(read(tmp_path / "archive"))
        assert len(recorded) == len(server.log) == 51
        for theirs in server.log:
            (ours,) = recorded[server.url + theirs.target]
            assert ours.request is not None
            assert (ours.request.block, ours.received) == (theirs.received, bytes(theirs.sent))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_500_keep_alive_exchanges_are_recorded_byte_for_byte(scheme: str, crawl: Crawl, tmp_path: Path) -> None:
    context = self_signed(tmp_path)[0] if scheme == "https" else None
    with serving(numbered, context) as server:
        requests = [{"url": f"{server.url}/{number}"} for number in range(500)]
        crawl(requests, CONCURRENT_REQUESTS=8, CONCURRENT_REQUESTS_PER_DOMAIN=8)
        recorded = exchanges(read(tmp_path / "archive"))
        sent = defaultdict(list)
        for exchange in server.log:
            sent[server.url + exchange.target].append(exchange)
        assert len(recorded) == len(server.log) == 500
        for url, (ours,) in recorded.items():
            (theirs,) = sent[url]
            assert ours.request is not None
            assert (ours.request.block, ours.received) == (theirs.received, bytes(theirs.sent))
        assert len({exchange.connection for exchange in server.log}) <= 8


def test_a_tunnel_through_a_proxy_records_the_exchange_inside(crawl: Crawl, tmp_path: Path) -> None:
    context, der = self_signed(tmp_path)
    proxy = ConnectProxy()
    with serving(numbered, context) as server:
        crawl([{"url": f"{server.url}/{number}", "meta": {"proxy": proxy.url}} for number in (1, 2)])
        recorded = exchanges(read(tmp_path / "archive"))
        assert proxy.tunnels >= 1
        assert len(server.log) == 2
        for theirs in server.log:
            (ours,) = recorded[server.url + theirs.target]
            assert ours.request is not None
            assert ours.answer is not None
            assert (ours.request.block, ours.received) == (theirs.received, bytes(theirs.sent))
            assert ours.about["proxy"] == f"127.0.0.1:{proxy.port}"
            assert ours.answer.get("WARC-IP-Address") is None  # the peer is the proxy
            assert ours.answer.all("WARC-Protocol") == ["http/1.1", "tls/1.3"]
            assert ours.about["tlsCertificateDigest"] == f"sha256:{hashlib.sha256(der).hexdigest()}"
    proxy.close()


def test_a_plain_request_through_a_proxy_is_recorded_as_sent(crawl: Crawl, tmp_path: Path) -> None:
    with serving(numbered) as server:
        crawl([{"url": "http://site.example/4", "meta": {"proxy": server.url}}])
        (ours,) = exchanges(read(tmp_path / "archive"))["http://site.example/4"]
        (theirs,) = server.log
        assert ours.request is not None
        assert ours.request.block.startswith(b"GET http://site.example/4 HTTP/1.1\r\n")
        assert (ours.request.block, ours.received) == (theirs.received, bytes(theirs.sent))


def test_a_refused_tunnel_leaves_a_metadata_record(crawl: Crawl, tmp_path: Path) -> None:
    proxy = ConnectProxy(refuse=True)
    crawl([{"url": "https://site.example/", "meta": {"proxy": proxy.url}}])
    (ours,) = exchanges(read(tmp_path / "archive"))["https://site.example/"]
    assert ours.answer is None
    assert ours.request is None
    assert "TunnelError" in ours.about["error"]
    assert "403" in ours.about["error"]
    proxy.close()


def test_attempts_without_an_answer_leave_metadata_records(crawl: Crawl, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        closed_port = unused.getsockname()[1]
    with serving(numbered) as plain, serving(numbered, self_signed(tmp_path)[0]) as secure:
        urls = {
            "http://nothing.invalid/x": "CannotResolveHostError",
            f"http://127.0.0.1:{closed_port}/": "DownloadConnectionRefusedError",
            f"https://127.0.0.1:{plain.port}/": "",
            f"{secure.url}/1": "certificate",
        }
        crawl([{"url": url} for url in urls], DOWNLOAD_VERIFY_CERTIFICATES=True, DOWNLOAD_TIMEOUT=3)
        recorded = exchanges(read(tmp_path / "archive"))
        assert not secure.log, "the request must not have left"
    for url, expected in urls.items():
        (ours,) = recorded[url]
        assert ours.answer is None
        assert ours.request is None, url
        assert ours.metadata is not None
        assert ours.metadata.get("WARC-Date")
        assert ours.about["method"] == "GET"
        assert ours.about["error"]
        assert expected.lower() in ours.about["error"].lower(), ours.about["error"]


def test_memory_does_not_grow_with_the_body(crawl: Crawl, tmp_path: Path) -> None:
    large = 64 * MEGABYTE
    piece = bytes(range(256)) * 4096  # 1 MiB
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n"

    def script(path: str, count: int) -> list[Step]:
        pieces = large // MEGABYTE if path == "/large" else 1
        return [head % (pieces * MEGABYTE), *[piece] * pieces]

    with serving(script) as server:
        used = {}
        for path in ("/small", "/large"):
            folder = tmp_path / path.strip("/")
            requests = [{"url": server.url + path, "meta": {"archive_body_limit": 0}}]
            outcome = crawl(requests, folder=folder, ARCHIVE_SPOOL_SIZE=MEGABYTE)
            used[path] = outcome["peak_kb"]
            (ours,) = exchanges(read(folder))[server.url + path]
            assert hashlib.sha256(ours.received).digest() == hashlib.sha256(server.log[-1].sent).digest()
            assert outcome["requests"][server.url + path][0]["flags"] == ["archive_only"]
    assert used["/small"] > 10 * 1024, used
    assert used["/large"] - used["/small"] < 16 * 1024, used


def test_a_body_over_the_archives_limit_is_recorded_truncated_and_given_whole(crawl: Crawl, tmp_path: Path) -> None:
    with serving(lambda _path, _count: [ok(b"x" * 5000)]) as server:
        outcome = crawl([{"url": server.url + "/"}], ARCHIVE_MAX_BODY=1000)
        (ours,) = exchanges(read(tmp_path / "archive"))[server.url + "/"]
        assert ours.answer is not None
        assert ours.answer.get("WARC-Truncated") == "length"
        assert ours.answer.block == bytes(server.log[0].sent)[: len(ours.answer.block)]
        assert len(ours.answer.block.partition(b"\r\n\r\n")[2]) == 1000
        assert outcome["requests"][server.url + "/"][0]["length"] == 5000
