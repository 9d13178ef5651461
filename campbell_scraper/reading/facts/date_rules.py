"""When the literature was searched, and over which years the included studies were published: the rules.

``{D}`` is the date a rule reads. Where a sentence has other dates too, ``search_dates.searched_on`` weighs them.
"""

# fmt: off

from __future__ import annotations

from typing import Final

from .rule import ANYWHERE, EXPLICIT, WHOLE, Rule

_SEARCHES: Final = WHOLE | {"up_to_date", "data_collection", "methods"}
_IN_PLACE: Final = frozenset({"up_to_date"})
_WINDOWS: Final = WHOLE - {"about", "search_methods"}

SEARCHES: Final = (
    Rule("searched until", "search_date", unless=("not searched", "of an earlier search"), places=_SEARCHES,
         reads="We searched for studies up to June 2017.", value="2017-06",
         rejects="A search will be made up to June 2027.",
         pattern=r"\bsearch(?:ed|es|ing)?\b[^.;]*?\b(?:{until} (?:and including )?|(?:between|from|for|covers?|covered|"
         r"covering|spanning|period (?:was|is)) (?:the (?:years|period) )?(?:from )?D\d[\d-]*D ?(?:and|-) ?){D}"),
    Rule("search was in", "search_date", unless=("not searched", "of an earlier search", "started then"),
         places=_SEARCHES, reads="The searches took place in May and June 2018.", value="2018-06",
         rejects="We searched for a law introduced in May 2018.",
         pattern=r"\b(?:search(?:es)?\b[^.;]{0,60}?\b(?:conducted|took place|carried out|completed|made|run|performed|"
         r"undertaken|done|updated|repeated|finished|ended|last(?: [a-z]+){0,3}|was|were|is|are|dates?)(?: back)? "
         r"(?:in|on|from|during|to|(?:between|in|from) [^.;]{3,25} (?:and|to)|between|in the [a-z]+)|"
         r"searched\b[^.;]{0,90}? (?:in|on|during)(?: the period)?|search(?: date)?:?|updated (?:[a-z]+ "
         r"){1,2}(?:search(?:es)?|evidence) (?:in|to)) {D}"),
    Rule("evidence is current to", "search_date", unless=("not searched", "of an earlier search"), places=ANYWHERE,
         reads="The evidence is current to January 2016.", value="2016-01",
         rejects="The evidence on laws is current to readers.",
         pattern=r"\b(?:evidence|review|map|summary|literature|research|it|findings|results|data)\b(?: "
         r"in {this_review}| reviewed| we found)? (?:is|are|was|were) (?:current|up[- ]to[- ]date) {until} {D}"),
    Rule("studies until", "search_date", unless=("not searched", "of an earlier search", "search is named"),
         places=_IN_PLACE, reads="The review includes studies published up to 2016.", value="2016",
         rejects="The review was published in 2016.",
         pattern=r"\b(?:(?:studies|evidence|literature|research|reports|papers|review|map|data|it|material|articles|"
         r"trials)\b[^.;]{0,80}?\b(?:published|available|current|up[- ]to[- ]date|completed|released|identified|"
         r"included|gathered|collected|evidence|studies|literature|research|publications|sought|looked for)|(?:looked|"
         r"look|looking) for (?:[a-z]+ ){0,3}(?:studies|research|evidence|literature|trials)\b[^.;]{0,60}?) (?:or "
         r"(?:made )?available )?(?:[a-z]+ ){0,3}?{until} {D}"),
    Rule("the only date", "search_date", unless=("not searched", "of an earlier search", "date of something else"),
         given=("speaks of currency",), places=_IN_PLACE,
         reads="The last search was in the spring of 2016.", value="2016", rejects="This review was published in 2016.",
         pattern=r"{D}"),
)

WINDOWS: Final = (
    Rule("published between", "publication_window", EXPLICIT,
         unless=("search is named", "some were dated", "some of the studies", "condition of date"), places=_WINDOWS,
         reads="The studies were published between 1975 and 2008.", value="1975/2008",
         rejects="Most studies were published between 1975 and 2008.",
         pattern=r"\b(?:{studies}|reports|papers|publications|articles|they)\b[^.;]{0,140}?\b(?:published|spann?(?:ed|"
         r"ing)|spans?|cover(?:ed|ing)? the (?:years|period)|dated?|dating|appeared|released|range in publication "
         r"(?:date|year)|publication (?:dates|years)(?: \w+){0,2}) (?:\w+ ){0,3}?{window}"),
)
