"""The "Contact us" block in the footer of every page, and the one e-mail address that is read out of its cloak.

Joomla hides addresses from harvesters: a sentence in a ``span id="cloak..."`` and a script that puts the address there.
Only the organisation's own address is decoded: people did not publish theirs for us.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from typing import Final

from lxml.etree import _Element

from campbell_scraper.items import PageRecord
from campbell_scraper.reading.page.document import HEADINGS, Document, line_of
from campbell_scraper.reading.page.links import LIBRARY_DOMAIN
from campbell_scraper.reading.summary.blocks import text_of

TITLE: Final = "Contact us"
MAX_TEXT: Final = 2000
CLOAKED: Final = "[email protected]"
"""What stands for an address that stays hidden."""

_HEADING_TAGS: Final = (*HEADINGS, "strong", "b")
_SENTENCE = re.compile(
    r"This email address is being protected from spambots\.\s*You need JavaScript enabled to view it\.?", re.IGNORECASE
)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,255}")
_CLOAKED_PARTS = re.compile(r"\baddy(?:_text)?\w*\s*=\s*((?:addy(?:_text)?\w*|'[^']{0,400}'|\s|\+){1,80})")
_LITERAL = re.compile(r"'([^']{0,400})'")


def contact_record(document: Document) -> PageRecord | None:
    """Return the block as a page of its own; None if the page has none."""
    if "ontact us" not in document.text and "ONTACT US" not in document.text and "ontact Us" not in document.text:
        return None
    for heading in _headings_from_the_end(document.root):
        if (
            len(heading) > 1
            or (len(heading) and len(heading[0]))
            or (line_of(heading) or "").rstrip(":").lower() != TITLE.lower()
        ):
            continue
        text = _block_text(heading)
        if text:
            return PageRecord(url=f"{document.start_page}#contact", kind="contact", title=TITLE, text=text)
    return None


def _headings_from_the_end(root: _Element) -> Iterator[_Element]:
    """Yield headings, the last one first: the block is in the footer, so that most of the page is not looked at."""
    for half in root.iterchildren(reversed=True):
        for part in half.iterchildren(reversed=True):
            yield from reversed(list(part.iter(*_HEADING_TAGS)))


def _block_text(heading: _Element) -> str:
    """Return the text of what follows the heading, up to the next heading."""
    parent = heading.getparent()
    if parent is not None and parent.tag == "p":
        heading = parent
    lines: list[str] = []
    for sibling in heading.itersiblings():
        if not isinstance(sibling.tag, str) or sibling.tag in {"script", "style"}:
            continue
        if sibling.tag in {*HEADINGS, "nav", "form"}:
            break
        lines += (line.removeprefix("- ") for line in _uncloaked(sibling).split("\n") if line)
    return "\n".join(lines)[:MAX_TEXT]


def _uncloaked(element: _Element) -> str:
    text = text_of(element)
    addresses = [address for script in element.iter("script") if (address := _decoded(script.text or ""))]
    addresses += [
        address for link in element.iter("a", "span") if (address := _cloudflare(link.get("data-cfemail") or ""))
    ]
    remaining = iter(addresses)
    text = _SENTENCE.sub(lambda _: next(remaining, CLOAKED), text)
    return re.sub(r"\[email\s*protected\]", lambda _: next(remaining, CLOAKED), text)


def _decoded(script: str) -> str:
    """Return the address that a Joomla cloaking script writes, if it is the organisation's own; else ``CLOAKED``.

    "" if the script cloaks nothing.
    """
    if "addy" not in script:
        return ""
    parts = [
        "".join(_LITERAL.findall(part[1]))
        for part in _CLOAKED_PARTS.finditer(script[:20_000])
        if not part.group().startswith("addy_text")
    ]
    return _own(entities.unescape("".join(parts)))


def _cloudflare(encoded: str) -> str:
    """Return the address that Cloudflare's ``data-cfemail`` hides, under the same rule."""
    try:
        key, *rest = bytes.fromhex(encoded)
    except ValueError:
        return ""
    return _own(bytes(byte ^ key for byte in rest).decode("utf-8", "replace"))


def _own(address: str) -> str:
    match = _ADDRESS.search(address)
    return match[0] if match and match[0].lower().rstrip(".").endswith(f"@{LIBRARY_DOMAIN}") else CLOAKED
