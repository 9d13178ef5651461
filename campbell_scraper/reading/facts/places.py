"""Countries and study designs as the tokens that rules read (``C3C``, ``X0X``), and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .countries import COUNTRY, SHORT
from .tokens import tokenised

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNTRIES: Final = sorted(set(SHORT.values()))
_NAMED: Final = re.compile(
    r"([CX])(\d+)[CX](?: \((?:C\d+C|[^()CN]{1,30})\))?"
    r"(?: \((?:C\d+C; )?(?:n ?= ?|k ?= ?)?(N\d+N)(?: (?:studies|study|trials?))?\))?"
)
_DESIGNS: Final = {
    "randomised controlled trial": r"(?:(?:cluster[- ]|individually )?randomi[sz]ed[- ](?:controlled[- ])?"
    r"(?:clinical )?(?:trials?|studies|study|experiments?|evaluations?)|randomi[sz]ed controlled|rcts?)",
    "quasi-randomised trial": r"quasi-randomi[sz]ed(?: controlled)?(?: trials?| studies)?",
    "non-randomised study": r"non-?\s?randomi[sz]ed(?: controlled)?(?: trials?| studies| study)?",
    "quasi-experimental": r"quasi-experiment(?:al|s)?(?: designs?| studies| study| evaluations?| trials?)?",
    "controlled before-and-after study": r"controlled before[- ]and[- ]after(?: designs?| studies| study)?",
    "interrupted time series": r"interrupted time[- ]series(?: designs?| studies| study| analyses)?",
    "cohort study": r"(?:prospective |retrospective )?cohort(?: studies| study)",
    "case-control study": r"case-control(?: studies| study)",
    "cross-sectional study": r"cross-sectional(?: studies| study| designs?)",
    "qualitative": r"qualitative (?:studies|study|designs?)",
    "mixed methods": r"mixed[- ]methods? (?:studies|study|designs?)",
    "regression discontinuity": r"regression discontinuity(?: designs?| studies)?",
    "single-case design": r"single[- ](?:case|subject)(?: experimental)? (?:designs?|studies|study)",
    "observational study": r"observational (?:studies|study|designs?)",
}
DESIGN_WORDS: Final = frozenset(
    re.findall(
        "[a-z]+",
        "randomised randomized rct rcts quasi controlled interrupted cohort case cross qualitative mixed "
        "regression single observational",
    )
)
"""Every design's name has one of them."""
_DESIGN: Final = re.compile(
    r"(?<![\w-])(?:" + "|".join(rf"(?P<d{i}>{source}(?![\w-]))" for i, source in enumerate(_DESIGNS.values())) + ")"
)


def placed(plain: str, low: str) -> str:
    """Return a sentence as rules on countries read it; "" if it names none. Names count in their own case only."""
    text, end = "", 0
    for match in COUNTRY.finditer(plain):
        text += f"{tokenised(low[end : match.start()])}C{_COUNTRIES.index(SHORT[match[0]])}C"
        end = match.end()
    return text + tokenised(low[end:]) if text else ""


def names_in(text: str) -> Iterator[tuple[str, int | None]]:
    """Yield the countries or designs of a list of tokens, with their counts where it has them."""
    for match in _NAMED.finditer(text):
        names = _COUNTRIES if match[1] == "C" else list(_DESIGNS)
        yield names[int(match[2])], int(match[3][1:-1]) if match[3] else None


def designed(counted: str) -> str:
    """Return a tokenised sentence as rules on designs read it; "" if it names none."""
    text = _DESIGN.sub(lambda match: f"X{(match.lastgroup or 'd0')[1:]}X", counted)
    return text if text != counted else ""


def design_name(name: str) -> str | None:
    """Return the name under which a design is stated as a fact ("RCTs" → "randomised controlled trial")."""
    match = _DESIGN.fullmatch(name.strip().lower())
    return list(_DESIGNS)[int((match.lastgroup or "d0")[1:])] if match else None
