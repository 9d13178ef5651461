"""In which countries the included studies were done, and with which designs: the rules.

``{places}`` is a list of countries, each with its count in brackets or not; ``{N}`` counts the studies done there.
"""

# fmt: off

from __future__ import annotations

from typing import Final

from .rule import BRIEF, Rule

_PLACES: Final = frozenset({BRIEF, "aim", "included_studies", "results"})
_AND_FINDINGS: Final = _PLACES | {"main_results"}
_NOT_OF_STUDIES: Final = ("of people", "not done there")

COUNTRIES: Final = (
    Rule("so many studies in a country", "countries", unless=(*_NOT_OF_STUDIES, "of all these"), given=("of studies",),
         places=_AND_FINDINGS, reads="Twelve studies are from Chile and five from Peru.", value="Chile:12",
         rejects="Twelve years of work in Chile were studied.",
         pattern=r"(?P<n>{number}) (?:of (?:the|{them}) (?:{number} )?)?(?:(?:included|eligible|of|randomi[sz]ed|"
         r"controlled|quasi-experimental) ){0,3}(?:(?:studies|study|trials?|rcts?|experiments|evaluations) "
         r")?(?:(?:that|which) )?(?:(?:was|were|are|is|came|come|took place|have been|had been) )?(?:(?:only|also|all|"
         r"mainly) )?(?:(?:conducted|carried out|undertaken|performed|based|located|implemented|set|done|originated|"
         r"published) )?(?:in|from) (?:the )?(?P<list>{place})(?! \(|{place_glue}{place})"),
    Rule("so many in each country", "countries", unless=_NOT_OF_STUDIES, given=("of studies",), places=_AND_FINDINGS,
         reads="Three studies were from Chile, and one each in Peru and Kenya.", value="Kenya:1",
         rejects="Studies were from Chile, and one each in rural Peru and Kenya.",
         pattern=r"(?P<n>{number}) (?:(?:study|studies|trials?) )?(?:(?:was|were) )?(?:each (?:(?:was|were) "
         r")?(?:(?:conducted|carried out) )?(?:in|from)|(?:in|from) each of) (?:the )?(?P<list>{places})"),
    Rule("studies in countries", "countries", unless=_NOT_OF_STUDIES, given=("of studies",), places=_AND_FINDINGS,
         reads="Most were conducted in the USA & Canada.", value="Canada",
         rejects="No studies were conducted in Canada.",
         pattern=r"(?:\b(?:conducted|carried out|undertaken|took place|taken place|located|implemented|performed|set|"
         r"based|come|comes|came|originate[ds]?|originating|done|run|are|were|was|is|being|studies|study|trials|trial|"
         r"rcts|evaluations|each|both|all|others|other|ones|rest|remaining|remainder|most|majority|countries|half|data|"
         r"of (?:them|these|which))|{number})(?:,? (?:mainly|mostly|primarily|all|predominantly|only|exclusively|"
         r"largely|either))?(?: (?:between|from) D\d[\d-]*D (?:and|to) D\d[\d-]*D)? (?:in|from) (?:each of )?(?:the "
         r")?(?:{region},?(?: (?:and|or))? (?:the )?)*(?P<list>{places})"),
    Rule("studies among people in countries", "countries", unless=("not done there",), given=("of studies",),
         places=_AND_FINDINGS, reads="The studies were carried out with children in Chile and Peru.", value="Peru",
         rejects="Studies had to be carried out with children in Chile.",
         pattern=r"\b(?:(?:conducted|carried out|undertaken|took place|performed|done|set) (?:in|at|among|with) "
         r"(?:[a-z-]+,? ){1,5}?in|(?:studies|trials|evaluations) (?:enrolled|recruited|randomi[sz]ed) {number} "
         r"[^.;:,]{3,40} in(?: (?:[a-z-]+ ){1,3}?of)?|^it (?:is|was) an? (?:[a-z-]+ ){0,4}?(?:study|trial|evaluation) "
         r"[^.;:]{3,60} in) (?:the )?(?P<list>{places})"),
    Rule("named countries", "countries", unless=_NOT_OF_STUDIES, given=("of studies",), places=_AND_FINDINGS,
         reads="The studies come from two countries: Chile and Peru.", value="Peru",
         rejects="The studies come from rich countries, such as in Chile.",
         pattern=r"\b(?:(?:in|from|across|cover(?:s|ed|ing)?|span(?:s|ned|ning)?) (?:{number} )?(?:different |other |"
         r"[a-z-]+-\sand\s)?(?:[a-z-]+ ){0,3}?countr(?:y|ies)(?:, | \(|: | - )(?:(?:mostly|mainly|namely|including|"
         r"primarily|among them) )?|(?:^|the )(?:study )?countries (?:(?:in which|where) (?:the )?(?:studies|trials) "
         r"(?:were [a-z ]{3,20}|took place) )?(?:were|are|include|included) )(?:the )?(?P<list>{places})"),
    Rule("countries with counts", "countries", unless=("not done there",), places=_PLACES,
         reads="Schools were in Chile (12 studies) and Peru (3 studies).", value="Peru:3",
         rejects="Schools were in Chile (12 towns) and Peru (3 towns).",
         pattern=r"(?P<list>C\d+C \({number} (?:studies|study|trials?)\)(?:{place_glue}{place})*)"),
)

DESIGNS: Final = (
    Rule("so many of a design", "study_designs", unless=("design as a condition",), places=_PLACES,
         reads="Eight of the studies are qualitative studies.", value="qualitative:8",
         rejects="At least eight had to be qualitative studies.",
         pattern=r"{N} (?:of (?:the|{them}) (?:{number} )?(?:included )?(?:(?:studies|trials) )?)?(?:(?:studies|trials|"
         r"study) )?(?:(?:are|were|was|is|used|employed|adopted|had|have|use|of which) )?(?:(?:an?|based on|conducted "
         r"as|classified as|described as) )?(?:(?:high-quality|large|small|eligible|included|separate|different|"
         r"independent|relevant|published|parallel|rigorous) )*(?P<list>X\d+X)(?!(?: \([^()]*\))?(?: (?:and|or)|,|/)"
         r" ?(?:X|quasi-|non-?random|randomi|controlled|experimental))"),
)
