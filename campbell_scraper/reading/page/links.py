"""Addresses: which URL a review has, and which text identifies it.

One page of the K2 generation answers 200 at many URLs (print view, ``?tmpl=component``, ``&amp;`` left in the query);
everything that decides what "the same address" means is here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

LIBRARY_DOMAIN = "campbellcollaboration.org"
LIBRARY_HOST = "www.campbellcollaboration.org"
_LIBRARY_SITE = re.compile(rf"^https?://(?:www\.)?{re.escape(LIBRARY_DOMAIN)}(?::80|:443)?(?![^/?#])", re.IGNORECASE)
"""``www.`` and the bare host are the same site; records carry this one, over https."""

MAX_URL = 4096
"""Longer URLs are not addresses of this site's content."""

_DROPPED_WORDS: Final = (
    "tmpl print format nocache layout highlight utm_source utm_medium utm_campaign utm_term utm_content utm_id "
    "fbclid gclid mc_cid mc_eid _ga phpsessid"
)
_DROPPED = frozenset(_DROPPED_WORDS.split())
_DROPPED_PAIRS = frozenset({"type=rss", "type=atom", "start=0", "limitstart=0", "limitstart=", "start="})
_TRANSLATED = re.compile(r"(?:^|&)(lang=(?!en(?:[-_&]|$))[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*)(?:&|$)")
"""The query of a page in another language than English."""
_AMPERSAND = re.compile(r"&(?:amp|#0*38|#x0*26);", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x20\x7f]+")
_NO_URL = re.compile(r"[\x00-\x20\x7f\ud800-\udfff\ufffe\uffff]")
"""Characters that addresses in archives have and lxml refuses."""
_NON_ASCII = re.compile(r"[^\x21-\x7e]")
_FILE_NAME = r"\.(?:pdf|docx?|xlsx?|pptx?|odt|rtf|epub|zip|csv)"
_FILE = re.compile(_FILE_NAME + "$", re.IGNORECASE)
_FILE_ANYWHERE = re.compile(_FILE_NAME + r"(?![a-z0-9])", re.IGNORECASE)
_REQUISITE = re.compile(
    r"\.(?:css|js|mjs|json|map|png|jpe?g|gif|svg|webp|avif|ico|bmp|tiff?|woff2?|ttf|otf|eot|mp[34]|webm|rss|atom)$",
    re.IGNORECASE,
)
_ENDING = re.compile(r"\.\w{2,5}$")
_NO_CONTENT_STARTS: Final = ("/component/mailto", "/wp-admin", "/wp-json", "/wp-login", "/cdn-cgi/")
_NO_CONTENT_ENDS: Final = ("/feed", "/xmlrpc.php")
_NO_CONTENT_QUERIES: Final = ("format=feed", "type=rss", "type=atom", "searchword=", "task=")
_PLAIN_REFERENCE = re.compile(
    r"(/(?:[\w%~+@-][\w%~+@.-]*(?:/[\w%~+@-][\w%~+@.-]*)*/?)?)(?:\?([\w%~+@.=&-]+))?(?:#[\w-]+)?", re.ASCII
)
"""A path without dots that a join would resolve, and perhaps a query and a place on the page."""
_PLAIN_SITE = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(?::\d{1,5})?(?=/|$)", re.ASCII)
_MAX_PLAIN: Final = 1024
_DEFAULT_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=8192)
def canonical_url(url: str) -> str:
    """Return the URL without what does not change the content: fragment, print, format and tracking parts, ``&amp;``.

    Scheme and host are in lower case, a default port is dropped, and all hosts of the library become one
    (``https://www.campbellcollaboration.org``). The path is kept as the site writes it, trailing slash included: K2
    addresses have none, WordPress redirects to the one with it. Other URLs than http(s) are returned unchanged.
    """
    site, path, query = _plain("", url)
    return _canonical_start(site) + path + _kept_query(query) if site else _canonical(url)


def _canonical(url: str) -> str:
    url = _AMPERSAND.sub("&", _UNSAFE.sub("", url[:MAX_URL]))
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host:
        return url
    if host in {LIBRARY_DOMAIN, LIBRARY_HOST}:
        scheme, host, port = "https", LIBRARY_HOST, None
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    path = _NON_ASCII.sub(_percent, parts.path) or "/"
    return f"{scheme}://{host}{path}{_kept_query(parts.query)}"


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "replace"))


def _kept_query(query: str) -> str:
    if not query:
        return ""
    kept = [
        pair
        for pair in query.split("&")
        if pair and pair.partition("=")[0].lower() not in _DROPPED and pair.lower() not in _DROPPED_PAIRS
    ]
    return "?" + _NON_ASCII.sub(_percent, "&".join(kept)) if kept else ""


def review_id(url: str) -> str:
    """Return the identity of a review's address: the canonical URL's path, decoded and in lower case.

    Slashes at its ends and ``.html`` are left out ("better-evidence/parent-infant-psychotherapy-...", "review/<slug>").

    An address that only its query tells apart (``index.php?option=com_k2&id=7``) keeps the query, a translation its
    language (``/review/kites/?lang=es``). The start page is "".
    """
    try:
        parts = urlsplit(canonical_url(url))
    except ValueError:
        return url.strip().lower()
    path = unquote(parts.path).lower().strip("/")
    path = path.removesuffix(".html").strip("/")
    if parts.query and (path in {"", "index.php"} or path.startswith("component/")):
        return f"{path}?{unquote(parts.query).lower()}"
    translated = _TRANSLATED.search(parts.query.lower())
    return f"{path}?{translated[1]}" if translated else path


@lru_cache(maxsize=4096)
def absolute(base: str, reference: str) -> str | None:
    """Return ``reference`` against ``base`` as an absolute http(s) URL; None if it is no such address.

    All hosts of the library become one, as in :func:`canonical_url`: a page captured under http and https, with and
    without ``www.``, thus has one picture and not four.
    """
    found = _joined(base, reference)
    return None if found is None else _LIBRARY_SITE.sub(f"https://{LIBRARY_HOST}", found, count=1)


def _joined(base: str, reference: str) -> str | None:
    site, _, _ = _plain(base, reference)
    if site:
        return site + reference if reference[0] == "/" else reference
    reference = _UNSAFE.sub(" ", reference[:MAX_URL]).strip().replace(" ", "%20")
    if not reference:
        return None
    try:
        joined = _NO_URL.sub(_percent, urljoin(base, reference))
        parts = urlsplit(joined)
        if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
            return None
    except ValueError:
        return None
    return joined


@lru_cache(maxsize=4096)
def content_link(base: str, reference: str) -> str | None:
    """Return the canonical address of the content page of the same site that ``reference`` leads to.

    None for other sites, files, requisites, feeds, mail forms and anchors.
    """
    if not reference or reference[0] == "#":
        return None
    site, path, query = _plain(base, reference)
    if site:
        if (site != base and site_of(site) != site_of(base)) or not _is_content(path, query):
            return None
        return _canonical_start(site) + path + _kept_query(query)
    url = absolute(base, reference)
    if url is None or site_of(url) != site_of(base):
        return None
    parts = urlsplit(url)
    return canonical_url(url) if _is_content(parts.path, parts.query) else None


def _plain(base: str, reference: str) -> tuple[str, str, str]:
    """Return site, path and query of ``reference`` where no join is needed (nine links of ten); else empty ones."""
    if reference[:1] == "/":
        site = _PLAIN_SITE.match(base)
        rest = _PLAIN_REFERENCE.fullmatch(reference) if site and len(reference) < _MAX_PLAIN else None
    else:
        site = _PLAIN_SITE.match(reference)
        rest = _PLAIN_REFERENCE.fullmatch(reference, site.end()) if site and len(reference) < _MAX_PLAIN else None
    return (site[0], rest[1], rest[2] or "") if site and rest else ("", "", "")


def plain_site(url: str) -> str:
    """Return scheme and host of an address written in the usual way, without a slash; "" for others."""
    site = _PLAIN_SITE.match(url)
    return site[0] if site else ""


@lru_cache(maxsize=1024)
def _canonical_start(site: str) -> str:
    """Return scheme and host in canonical form, without a slash."""
    return _canonical(site).removesuffix("/")


def _is_content(path: str, query: str) -> bool:
    path = path.lower()
    if path.startswith(_NO_CONTENT_STARTS) or path.rstrip("/").endswith(_NO_CONTENT_ENDS):
        return False
    if _ENDING.search(path) and (_FILE.search(path) or _REQUISITE.search(path)):
        return False
    query = query.lower()
    return not query or not any(part in query for part in _NO_CONTENT_QUERIES)


@lru_cache(maxsize=4096)
def site_of(url: str) -> str:
    """Return host (and port) of ``url`` in lower case, without ``www.``; "" if it has none."""
    try:
        return urlsplit(url).netloc.lower().rpartition("@")[2].removeprefix("www.")
    except ValueError:
        return ""


def is_of_library(url: str, own: str) -> bool:
    """Return whether an address is of the same site as ``own``, or of the library's own site."""
    return site_of(url) in {site_of(own), LIBRARY_DOMAIN}


def names_file(reference: str) -> bool:
    """Return whether a reference has a document's ending anywhere: only then is it worth asking ``is_file``."""
    return _FILE_ANYWHERE.search(reference) is not None


def is_file(url: str) -> bool:
    """Return whether the address names a document for download (PDF, office formats)."""
    return _FILE.search(path_of(url)) is not None


def host_of(url: str) -> str | None:
    """Return the host of an address, in lower case and without its port; None if it has none."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def path_of(url: str) -> str:
    """Return the path of an address; "" if it cannot be taken apart (``http://[a/``), as in archives of others."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
