"""The journal that a DOI names, and the article's place in it. A publisher's host says nothing: publishers change.

Campbell Systematic Reviews was published by the Campbell Collaboration until 2018 (``10.4073/csr.YYYY.N``, methods
papers ``10.4073/cmdp.YYYY.N``), by Wiley until 2025 (``10.1002/cl2.N``, article number eN) and is at Sage since 2026
(``10.1177/18911803…``, the whole suffix is the article number). Volume 1 is that of 2005. Until 2012 number N is
cited as issue N ("8(8)"), since then each volume of the Campbell Collaboration is one issue ("14(1)").
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

JOURNAL: Final = "Campbell Systematic Reviews"
ISSN: Final = "1891-1803"
_COCHRANE: Final = ("Cochrane Database of Systematic Reviews", "1465-1858")
_DOI = re.compile(
    r"10\.4073/(?:csr|cmdp)\.(?P<year>\d{4})\.(?P<number>\d{1,4})"
    r"|10\.1002/cl2\.(?P<wiley>\d{1,6})|10\.1177/(?P<sage>18911803\d{0,12})|10\.1002/14651858\.(?P<cochrane>cd\d{6})(?:\..*)?"
)
_FIRST_YEAR: Final = 2005
_LAST_NUMBERED: Final = 2012


class Place(NamedTuple):
    """Where an article appeared, as far as its DOI says it."""

    journal: str
    issn: str
    year: int | None = None
    issue: str | None = None
    article_number: str | None = None

    def volume(self, year: int | None) -> str | None:
        """Return the volume of a year of Campbell Systematic Reviews; None for other journals."""
        return str(year - _FIRST_YEAR + 1) if self.issn == ISSN and year and year >= _FIRST_YEAR else None


def place_of(doi: str) -> Place | None:
    """Return the place of the article with this DOI (in lower case); None for a DOI of no journal known here.

    >>> place_of("10.4073/csr.2018.10")
    Place(journal='Campbell Systematic Reviews', issn='1891-1803', year=2018, issue='1', article_number=None)
    """
    match = _DOI.fullmatch(doi)
    if match is None:
        return None
    if number := match["cochrane"]:
        return Place(*_COCHRANE, article_number=number.upper())
    if match["year"]:
        year = int(match["year"])
        return Place(JOURNAL, ISSN, year, str(int(match["number"])) if year <= _LAST_NUMBERED else "1")
    return Place(JOURNAL, ISSN, article_number=f"e{match['wiley']}" if match["wiley"] else match["sage"])
