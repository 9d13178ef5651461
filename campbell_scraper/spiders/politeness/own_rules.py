"""What robots.txt says to one crawler, read in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campbell_scraper.archive import http
from campbell_scraper.archive.capture import PayloadError
from campbell_scraper.archive.watched_processes import UnreadableError

if TYPE_CHECKING:
    from campbell_scraper.archive.http import Headers

MAX_RULES: Final = 500 * 1024
"""Bytes of robots.txt that are read (RFC 9309, 2.5)."""
_AGENT: Final = ("user-agent", "useragent", "user agent")


def own_rules(headers: Headers, body: bytes, agent: str) -> bytes:
    """Return a robots.txt without the groups of other crawlers.

    Protego keeps each rule for each crawler of its group, so a long file would take quadratic time and memory.

    Args:
        headers: those of the answer.
        body: the entity as received.
        agent: the crawler's User-Agent.

    Raises:
        UnreadableError: its content codings cannot be undone.

    """
    try:
        text = http.decode_leniently(headers, body)[:MAX_RULES].decode("utf-8-sig", "ignore")
    except PayloadError as error:
        raise UnreadableError(str(error)) from error
    lines = text.splitlines()
    named = [_named(line) for line in lines]
    best = max({name for name in named if name is not None}, key=lambda name: _fit(name, agent.lower()), default="")
    return "\n".join(
        line if name is None or (name == best and _fit(best, agent.lower())) else "user-agent:"
        for line, name in zip(lines, named, strict=True)
    ).encode()


def _named(line: str) -> str | None:
    """Return the crawler that a line names, in lower case, as Protego reads it; None if it is another line."""
    line = line.partition("#")[0].strip().lower()
    field = next((field for field in _AGENT if line.startswith(field)), None)
    if field is None or line[len(field) : len(field) + 1] not in {"", " ", "\t", ":"}:
        return None
    name = line[len(field) :].lstrip(" \t:").strip()
    return name if name == "*" else name.replace("*", "")


def _fit(name: str, agent: str) -> int:
    """Return how well a crawler's name fits: its length if it stands in the User-Agent, 1 for ``*``, else 0."""
    if name == "*":
        return 1
    at = agent.find(name) if name else -1
    while at > 0 and (agent[at - 1].isalnum() or agent[at - 1] in "-_"):
        at = agent.find(name, at + 1)
    return len(name) if at >= 0 else 0
