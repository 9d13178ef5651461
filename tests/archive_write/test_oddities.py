"""Byte for byte: what is in the WARC is what went over the socket, for everything servers do."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped,unused-ignore] # two packages offer it
import pytest

from .conftest import Crawl
from .oddities import TABLE, Oddity, ok, script, target
from .warcs import Recorded, exchanges, read
from .wire_server import Exchange, Step, Wait, WireServer, self_signed, serving


def plan(oddity: Oddity, url: str) -> dict[str, Any]:
    return {
        "url": url,
        "method": oddity.method,
        "body": oddity.body.hex(),
        "headers": oddity.headers,
        "meta": oddity.meta,
    }


def differences(oddity: Oddity, recorded: list[Recorded], log: list[Exchange]) -> list[str]:
    """Say everything in which the records differ from the socket's log."""
    found = []
    if len(recorded) != len(log) or len(log) != oddity.attempts:
        return [f"{len(recorded)} recorded, {len(log)} on the socket, {oddity.attempts} expected"]
    for ours, theirs in zip(recorded, log, strict=True):
        if ours.request is None or ours.request.block != theirs.received:
            found.append("request")
        sent = bytes(theirs.sent)
        if oddity.prefix_only:
            if not (ours.received and sent.startswith(ours.received) and len(ours.received) < len(sent)):
                found.append("response is not the beginning of what was sent")
        elif ours.received != sent:
            found.append(f"response: {ours.received[:200]!r} for {sent[:200]!r}")
        if ours.answer is not None and not ours.answer.block.startswith(b"HTTP/"):
            found.append("response record without a status line")
    last = recorded[-1]
    truncated = last.answer.get("WARC-Truncated") if last.answer else None
    expected = None if oddity.tls_cannot_tell and last.url.startswith("https:") else oddity.truncated
    if truncated != expected:
        found.append(f"WARC-Truncated {truncated}, not {expected}")
    if ("error" in last.about) != (expected is not None or oddity.fails):
        found.append(f"error: {last.about.get('error')}")
    return found


def spider_differences(oddity: Oddity, seen: list[dict[str, Any]]) -> list[str]:
    if oddity.name == "br" and not hasattr(brotli.Decompressor, "process"):
        return []  # Scrapy cannot read br with the brotli that pywb installs; the add-on then does not ask for it
    if len(seen) != 1:
        return [f"the spider saw {seen}"]
    if ("error" in seen[0]) != oddity.fails:
        return [f"the spider saw {seen[0]}"]
    if oddity.payload is not None and seen[0].get("sha256") != hashlib.sha256(oddity.payload).hexdigest():
        return [f"the spider got {seen[0]}"]
    return []


def late_script(path: str, count: int) -> list[Step]:
    """One answer with bytes long behind it, and one that takes its time."""
    return [ok(b"first"), Wait(0.3), b"late bytes", Wait(0.2)] if path == "/late" else [Wait(1), ok(b"slow")]


def test_bytes_that_come_late_over_the_idle_connection_are_recorded(crawl: Crawl, tmp_path: Path) -> None:
    with serving(late_script) as first, serving(late_script) as second:
        crawl([{"url": f"{first.url}/late"}, {"url": f"{second.url}/slow"}])
        recorded = exchanges(read(tmp_path / "archive"))[f"{first.url}/late"]
        assert [exchange.received for exchange in recorded] == [bytes(first.log[0].sent)]
        assert recorded[0].received.endswith(b"firstlate bytes")
        assert len(recorded[0].late) == 1


@pytest.fixture(params=["http", "https"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    context = self_signed(tmp_path)[0] if request.param == "https" else None
    with serving(script, context) as running:
        yield running


def test_every_byte_of_every_oddity_is_recorded(server: WireServer, crawl: Crawl, tmp_path: Path) -> None:
    # With a pause that lets a close arrive: else the next request may go over a connection that is dead already.
    paced = {"DOWNLOAD_DELAY": 0.02, "RANDOMIZE_DOWNLOAD_DELAY": False}
    outcome = crawl([plan(oddity, server.url + target(oddity)) for oddity in TABLE], **paced)
    assert outcome["reason"] == "finished", outcome
    recorded = exchanges(read(tmp_path / "archive"))
    log: dict[str, list[Exchange]] = defaultdict(list)
    for exchange in server.log:
        log[exchange.target].append(exchange)
    problems = []
    for oddity in TABLE:
        url = server.url + target(oddity)
        wrong = differences(oddity, recorded[url], log[target(oddity)])
        wrong += spider_differences(oddity, outcome["requests"].get(url, []))
        print(f"{oddity.number:3} {'FAIL' if wrong else 'ok  '} {oddity.name}", *wrong)
        problems += wrong
    assert not problems
    assert sum(len(found) for found in recorded.values()) == len(server.log)
