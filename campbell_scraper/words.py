"""Cleans untrusted text of characters that act on a terminal, a log or the text around them.

A page's words, a file's name and a server's message may hold control characters, escape sequences of terminals, or
characters that change the order in which text is shown.
"""

from __future__ import annotations

import logging
import re
import traceback
from typing import Any

_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
"""Every line break that Python's ``splitlines`` or another reader knows, except the newline itself."""
_REMOVED = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates of writing direction: they act beyond their text
    "\ufdd0-\ufdef\ufeff\ufffe\uffff\ud800-\udfff]"  # noncharacters, surrogates and the byte order mark
)
_ACTING = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufffe\uffff\ud800-\udfff]")


def clean(text: str) -> str:
    """Return the text with newline as its only line break, and without control and direction characters but tab."""
    return _REMOVED.sub("", _BREAKS.sub("\n", text))


def escaped_json(text: str) -> str:
    """Return JSON, also escaping the characters that JSON allows but terminals and line readers act upon."""
    return _ACTING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def log_plainly() -> None:
    """Have every message and traceback that this process logs cleaned, whichever handler writes it."""
    logging.setLogRecordFactory(_PlainRecord)


class _PlainRecord(logging.LogRecord):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info:
            self.exc_text = clean("".join(traceback.format_exception(*self.exc_info))).rstrip("\n")

    def getMessage(self) -> str:  # noqa: N802 - its name in logging
        return clean(super().getMessage())
