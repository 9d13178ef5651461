"""URLs as indexes sort them: SURT, the reversed host and then the path, in lower case."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import surt  # type: ignore[import-untyped] # has no stubs

_LIMIT: Final = 8192
_PLAIN: Final = re.compile(
    r"(https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?)((?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+)/?"
)
"""URLs in whose paths nothing is to be escaped, resolved or left out."""


def url_key(url: str) -> str:
    """Return the SURT form of a URL, as CDXJ indexes sort by it; the URL itself in lower case where it has none."""
    if len(url) > _LIMIT:
        return url.lower()
    try:
        if plain := _PLAIN.fullmatch(url):
            # The library takes ten times as long as this, most of it for the host, which comes again.
            return f"{_site_key(plain[1])}{plain[2].lower()}"
        return str(surt.surt(url))
    except Exception:  # noqa: BLE001 - the library raises what its parsing trips over; any URL gets a key
        return url.lower()


@lru_cache(maxsize=256)
def _site_key(site: str) -> str:
    return str(surt.surt(f"{site}/")).removesuffix("/")
