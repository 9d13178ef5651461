"""URLs and times as CDX indexes write them: SURT (reversed host, then path, in lower case), and fourteen digits."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_LIMIT: Final = 8192
_PLAIN: Final = re.compile(
    r"(https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?)((?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)/?"
)
"""URLs whose paths need no escaping, resolving or trimming."""
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_BYTE: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_PLAIN_SITE: Final = re.compile(
    rf"(https?)://(?:www[0-9]*\.)?((?:{_LABEL}\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?|{_BYTE}(?:\.{_BYTE}){{3}})(:[1-9][0-9]*)?"
)
"""Sites whose SURT form can be built without the library."""
_LAST_PORT: Final = 65_535
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


def timestamp_of(date: str) -> str:
    """Return the fourteen digits of an ISO date, to the second."""
    return re.sub(r"\D", "", date)[:14]


def url_key(url: str) -> str:
    """Return the SURT form of a URL, the sort key of CDXJ indexes; the lower-case URL itself if it has none."""
    if len(url) > _LIMIT:
        return url.lower()
    try:
        if plain := _PLAIN.fullmatch(url):
            # Plain URLs need no library, which takes 0.4 s to load: more than the rest of `campbell trace`.
            return f"{_site_key(plain[1])}{plain[2].lower() or '/'}"
        return _surt(url)
    except Exception:  # noqa: BLE001 - the library raises all kinds of errors; every URL must get a key
        return url.lower()


@lru_cache(maxsize=256)
def _site_key(site: str) -> str:
    plain = _PLAIN_SITE.fullmatch(site.lower())
    if plain is None or int((plain[3] or ":0")[1:]) > _LAST_PORT:
        return _surt(f"{site}/").removesuffix("/")
    scheme, host, port = plain.groups("")
    return ",".join(reversed(host.split("."))) + ("" if port == _DEFAULT_PORTS[scheme] else port) + ")"


def _surt(url: str) -> str:
    import surt  # type: ignore[import-untyped] # noqa: PLC0415 - takes 0.4 s; has no stubs

    return str(surt.surt(url))
