"""Keys: natural where there is one, else hashed, and never made from the order of insertion.

Also the canonical JSON that records are stored and compared in, so that equal records are equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from campbell_scraper.reading.page.links import canonical_url, review_id

KEY_BYTES = 8
"""Length of hashed keys: 64 bits. Among a million sections, two share one with a chance of 1 in 37 million."""
MAX_KEY = 1_000
"""Characters to which addresses are cut: no page of the site comes near."""
_NOT_WORD = re.compile(r"[\W_]+")


@lru_cache(maxsize=8192)
def hashed(*parts: object) -> str:
    """Return a short hexadecimal key made of all parts (``None`` differs from ``""``)."""
    encoded = "\x1f".join("\x00" if part is None else str(part) for part in parts)
    return hashlib.blake2b(encoded.encode("utf-8", "replace"), digest_size=KEY_BYTES).hexdigest()


def content_hash(text: str) -> str:
    """Return the hash of a content: the first 128 bits of SHA-256 over its canonical JSON, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


_json = msgspec.json.Encoder(order="sorted")
_spell = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=msgspec.to_builtins)


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: keys sorted, no white space, no lone surrogates, dataclasses as objects."""
    try:
        return _json.encode(value).decode()
    except (UnicodeEncodeError, OverflowError):
        # Lone surrogates and numbers of more than 64 bits, which msgspec refuses.
        return storable(_spell.encode(value))


def storable(text: str) -> str:
    """Return the text with lone surrogates, which SQLite cannot store, replaced by question marks."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


@lru_cache(maxsize=8192)
def url_identity(url: str) -> str:
    """Return what all spellings of a URL share: no scheme, ``www.``, trailing slash, tracking or percent-encoding."""
    plain = canonical_url(url)
    rest = plain.split("://", 1)[-1].removeprefix("www.")
    path, mark, query = rest.partition("?")
    path = unicodedata.normalize("NFC", unquote(path, errors="replace")).rstrip("/")
    return storable(path + mark + query)[:MAX_KEY]


@lru_cache(maxsize=8192)
def review_key(url: str) -> str:
    """Return the ``review_id`` of a review's canonical URL (``links.review_id``), bounded and storable."""
    return storable(review_id(url))[:MAX_KEY] or "/"


_POST = re.compile(r"/?\?(?:post_type=\w+&)?p=(\d{1,18})$")


@lru_cache(maxsize=8192)
def post_address(url: str) -> str | None:
    """Return what identifies a WordPress post by its short link (``/?p=ID``, also with ``post_type``); None for others.

    >>> post_address("https://www.example.org/?p=7"), post_address("https://example.org/?post_type=review&p=7")
    ('example.org?p=7', 'example.org?p=7')
    """
    address = url_identity(url)
    found = _POST.search(address)
    return f"{address[: found.start()]}?p={found[1]}" if found else None


def slug_key(name: str) -> str:
    """Return the key of a vocabulary's term: its words in lower case joined by hyphens.

    >>> slug_key("Crime & Justice"), slug_key("Crime and Justice")
    ('crime-and-justice', 'crime-and-justice')
    """
    words = _NOT_WORD.sub("-", unicodedata.normalize("NFC", name).replace("&", " and ").casefold()).strip("-")
    return storable(words) or hashed(name)


def slug_of(review_id: str) -> str:
    """Return the last part of a page's address, which a redesign often keeps; without K2's leading item number.

    >>> slug_of("better-evidence/12-youth-gangs"), slug_of("review/youth-gangs")
    ('youth-gangs', 'youth-gangs')
    """
    last = review_id.split("?", 1)[0].rsplit("/", 1)[-1].casefold()
    return re.sub(r"^\d+-(?=\D)", "", last)
