"""Names and passwords in URLs, which must not be in any field of a record, row, log or report.

What a server sent is kept unchanged: it is the evidence.
"""

from __future__ import annotations

import re
from typing import Final

_USERINFO: Final = re.compile(r"(^|https?:)//[^/?#\s\"<>]*@", re.IGNORECASE)


def without_userinfo(text: str) -> str:
    """Return a text, or a URL, without the names and passwords in its URLs.

    >>> without_userinfo("DNS lookup failed: http://alice:secret@site.example/a@b")
    'DNS lookup failed: http://site.example/a@b'
    """
    return _USERINFO.sub(r"\1//", text) if "@" in text else text
