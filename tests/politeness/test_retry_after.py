"""What a Retry-After header asks for (RFC 9110 10.2.3), whatever it holds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from campbell_scraper.spiders.politeness.pace import MAX_CRAWL_DELAY, retry_after, spread
from campbell_scraper.spiders.politeness.public_addresses import is_private

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        (b"", None),
        (b"0", 0),
        (b" 120 ", 120),
        (b"Sun, 01 Mar 2026 12:01:00 GMT", 60),
        (b"Sunday, 01-Mar-26 12:01:00 GMT", 60),
        (b"Sun, 01 Mar 2026 11:00:00 GMT", 0),
        (b"Sun, 01 Mar 2026 12:01:00", 60),
        (b"soon", None),
        (b"-5", None),
        (b"1.5", 1.5),
        (b"99999999999999999999", 999999999),
        (b"\xff\xfe", None),
        ("²".encode("latin-1"), None),
        (b"Sun, 99 Mar 2026 12:01:00 GMT", None),
    ],
)
def test_retry_after(value: bytes | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_jitter_never_goes_below_the_delay() -> None:
    assert spread(1.0) * 0.8 == pytest.approx(1.0)
    assert MAX_CRAWL_DELAY >= 10


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::1]/", "http://10.0.0.8:80/", "http://localhost./",
                                 "http://169.254.169.254/latest", "http://[::ffff:192.168.1.1]/"])  # fmt: skip
def test_private_addresses(url: str) -> None:
    assert is_private(url)


@pytest.mark.parametrize("url", ["https://www.campbellcollaboration.org/", "http://8.8.8.8/", "http://[2606:4700::1]/"])
def test_public_addresses(url: str) -> None:
    assert not is_private(url)
