"""The DOI in a text or URL."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

_MAX_DOI_TEXT: Final = 4000
_MAX_DOI: Final = 300
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"'<>?#|\\^{}\u00a0\u200b-\u200f\u2018-\u201f\u2026\u2060\ufeff]+")
_DOI_QUERY = re.compile(r";jsessionid|[?#]|&(?:amp;)?\w+(?:=|$)", re.IGNORECASE)
_DOI_TAIL = re.compile(
    r"(?:/(?:full|abstract|abs|summary|pdf|epdf|pdfdirect|epub|html|references|suppinfo|supporting-info|metrics|"
    r"citedby(?:-section)?)?|[.,;:)\]])+$",
    re.IGNORECASE,
)


def doi(text: str) -> str | None:
    """Return the DOI in a text or URL: lower case, without resolver, path words ("/full", "/abstract") and punctuation.

    >>> doi("https://onlinelibrary.wiley.com/doi/full/10.4073/CSR.2015.6?utm_source=a")
    '10.4073/csr.2015.6'
    """
    text = text[:_MAX_DOI_TEXT]
    match = _DOI.search(text) or _DOI.search(unquote(text))
    if match is None:
        return None
    whole = _DOI.match(unquote(match.group()[:_MAX_DOI]))
    bare = _DOI_TAIL.sub("", _DOI_QUERY.split(whole[0], maxsplit=1)[0]).lower() if whole else ""
    return bare if _DOI.fullmatch(bare) else None
