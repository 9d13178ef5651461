"""Text-and-data-mining reservations (W3C TDM Reservation Protocol): what a site says is recorded and reported.

A reservation is said in ``/.well-known/tdmrep.json``, in the headers ``tdm-reservation`` and ``tdm-policy``, or in
``<meta>`` elements of the same names. Nothing is decided here: who may mine what is for people to judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from parsel import Selector

from campbell_scraper.spiders.discovery import Step
from campbell_scraper.untrusted_json import parsed_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campbell_scraper.spiders.discovery import Answer

WELL_KNOWN: Final = "/.well-known/tdmrep.json"
MAX_RULES: Final = 1000
_HEAD = 128 * 1024
"""Bytes at the start of a page in which its ``<meta>`` elements are looked for."""


class Reservations:
    """Collects what one site says; each different statement is noted once, at the first page that makes it."""

    def __init__(self, site: str) -> None:
        self.address = urljoin(site, WELL_KNOWN)
        """Where the site's own file would be."""
        self.closing: dict[str, str] = {}
        """Fields for the crawl's closing record: ``crawl-tdm-reservation`` ("0" or "1") and ``crawl-tdm-policy``."""
        self._said: set[tuple[str, ...]] = set()

    def notes(self, answer: Answer) -> Iterator[Step]:
        """Yield a note for each statement of an answer that no earlier answer made."""
        of_headers = _fields(answer.header("tdm-reservation"), answer.header("tdm-policy"))
        for source, fields in (*answer.reservations, ("header", of_headers)):
            key = (source, *sorted(map("=".join, fields.items())))
            if not fields or key in self._said:
                continue
            self._said.add(key)
            self._close(fields)
            yield Step(url=answer.url, decision="reserved", details={"source": source, **fields})

    def _close(self, fields: dict[str, str]) -> None:
        if fields["tdm_reservation"] == "1" or "crawl-tdm-reservation" not in self.closing:
            self.closing["crawl-tdm-reservation"] = fields["tdm_reservation"]
        if policy := fields.get("tdm_policy"):
            self.closing.setdefault("crawl-tdm-policy", policy)


def stated(answer: Answer) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what a site's own file or a page's ``<meta>`` elements say: where, and the fields of a note."""
    if urlsplit(answer.asked).path == WELL_KNOWN and answer.status == 200:
        yield from (("tdmrep.json", fields) for fields in _rules(answer.body))
    head = answer.body[:_HEAD]
    if answer.media_type in {"text/html", "application/xhtml+xml"} and b"tdm-reservation" in head.lower():
        selector = Selector(head.decode("utf-8", "replace"))
        said = {
            (meta.attrib.get("name") or "").lower(): meta.attrib.get("content") or "" for meta in selector.css("meta")
        }
        if fields := _fields(said.get("tdm-reservation", ""), said.get("tdm-policy", "")):
            yield "meta", fields


def _rules(body: bytes) -> Iterator[dict[str, str]]:
    """Yield the rules of a tdmrep.json: an array of objects with location, tdm-reservation and tdm-policy."""
    try:
        rules = parsed_json(body)
    except ValueError:
        return
    for rule in rules[:MAX_RULES] if isinstance(rules, list) else ():
        if not isinstance(rule, dict):
            continue
        policy = rule.get("tdm-policy")
        fields = _fields(str(rule.get("tdm-reservation", "")), policy if isinstance(policy, str) else "")
        if fields and isinstance(rule.get("location"), str):
            yield {**fields, "location": rule["location"][:500]}


def _fields(reservation: str, policy: str) -> dict[str, str]:
    """Return the fields of one statement; empty for a value that the protocol does not know."""
    reservation = reservation.strip()
    if reservation not in {"0", "1"}:
        return {}
    return {"tdm_reservation": reservation} | ({"tdm_policy": policy.strip()[:500]} if policy.strip() else {})
