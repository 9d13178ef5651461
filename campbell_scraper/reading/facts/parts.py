"""Wordings that show a number of people to be that of a part: one study, one group, one analysis. Vocabulary only, no logic."""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

from typing import Final

from .grammar import NX, need, pattern
from .persons import PERSON, WORD

IN_ANALYSIS: Final = pattern(
    r"^[^.;:]{0,60} (?:in|to|for) (?:the|a|our|this|any) (?:final |main |quantitative |statistical |data )?(?:meta|analys|synthes)"
)
SOME_OF_THEM: Final = pattern(
    rf"\b(?:of (?:which|these|them),? (?:only |just )?{NX}|(?<!there are )(?<!there were ){NX} of (?:which|these|them)(?! [^,;:]*,))\b"
)
OF_DESIGN: Final = pattern(
    r"(?<!N )(?<!-)\b(?:rcts|randomi[sz]ed(?= (?:[a-z-]+ )?(?:studies|trials|evaluations|experiments)\b)|quasi-|qualitative|quantitative|experimental|observational|other|newer|older|earlier|recent|new)\b"
)
"""Words that make studies a part, if the sentence before has not said so of all."""
IN_PLACES_OF: Final = pattern(
    r"\b(?:(?<!N )(?:schools|classes|classrooms|sites|clinics|prisons|homes|countries)|communities|villages|units|programmes?|programs?|projects?|groups|centres|country|city|cities|town|towns|state|region|regions|district|districts|area|areas) (?:with|of|serving|reaching|for|(?:that|which) (?:have|had|has)) (?:a total of )?$|\b(?:schemes?|reforms?|laws?|polic(?:y|ies)|services|registers?|camps?) (?:with|of|for|covering|serving|reaching|affecting|(?:that|which) [a-z]+) $|\beach\b[^.;:]{0,30}$"
)
OF_SOME_STUDIES: Final = pattern(
    r"\beffects? of [^.;:]* on $|\bthose (?:of|on|in|with|from|that|which)\b|(?:^|[;,] )(?:the )?(?:studies|trials|evaluations) (?:of|on|in|about|from|with(?= [a-z-]+ (?!of\b|total\b))|without|using) (?!(?:this|the|our) (?:\w+ )?(?:review|map))[^.;:]*$"
)
FEW_OF: Final = pattern(
    r"\bN1N (?:study|trial|of)\b|\bin another\b|\b(?:none|no|any|smaller|larger|bigger|except|one|those|only|every|had to|must|at least one|aimed|eligible|in some|in others)\b|\b(?:studies|trials) (?:with|of) (?:fewer|less|more) than\b"
)
ON_SOMETHING: Final = pattern(r"^[^.;:]* (?:for|on|in) (?!total|all\b)")
RANGE: Final = pattern(
    rf"\b(?:between|(?<!up )(?<!came )(?<!comes )(?<!amounted )(?<!amounts )to|average(?:d)?(?: of)?|mean(?: of)?|median(?: of)?|minimum(?: of)?|maximum(?: of)?|fewer than|less than|"
    rf"(?<!added )up to|ranged|ranging|(?<!altogether )(?<!altogether, )(?<!total )(?<!total, )(?<!in all )(?<!in all, )(?<!overall, )only|per|each|(?:between|from)\s{NX}\s(?:and|to))\s$"
)
PART: Final = pattern(
    r"\b(?:one (?:study|trial|of)|each (?:study|trial)|per (?:study|trial)|(?:intervention|treatment|control|comparison|experimental) groups?|sample sizes|"
    r"ranged|ranging|on average|average|median|most (?:of the )?(?:studies|trials)|(?:largest|smallest)(?! effects?)|some (?:of the )?(?:studies|trials)|"
    r"worldwide|globally|each year|every year|annually|the world)\b"
)
PART_WORDS: Final = need(
    "one each per group groups sizes ranged ranging average median most largest smallest some worldwide "
    "globally every annually world"
)
"""Every match of ``PART`` has one of them."""
PART_OF_THEM: Final = pattern(
    rf"{NX}\sof (?:the|these|which|them)\b|(?<!all )(?<!both )(?<!participants )\bof (?:which|these|them)\b|\bincluding {NX}\b(?! (?:total|{WORD}*{PERSON}))"
)
MOST_OF_THEM: Final = pattern(r"\b(?:all|both|most|many|half|some) of (?:whom|them|which|these)\b")
FOR_SOME: Final = pattern(
    r"^(?:(?:after|during|at) (?!baseline|the (?:start|beginning|outset))|(?:for|in|among|within|across) (?!total|sum\b|all\b|this|the (?:\w+ )?(?:review|map)|addition|(?:the|these) (?:N\d+N )?(?:included )?(?:studies|trials|evaluations|rcts),))"
)
SECOND_PEOPLE: Final = pattern(
    rf"{NX}\s(?:{WORD}{{0,4}}?{PERSON}[a-z ]{{0,40}} |(?:[a-z-]+ ){{0,2}}?(?:families|households|couples|dyads|pairs) |(?:(?![a-z-]*s\s)[a-z-]+\s){{1,3}}?)(?:and|plus) (?:their |the )?(?:over |about |more than )?$"
)
MORE_PEOPLE: Final = pattern(
    rf"^(?: (?:with|of|from|who) [a-z' -]{{1,40}}?)?\s(?:and|plus)\s(?:their |the )?(?:over |about |more than )?{NX}\s{WORD}{{0,3}}?{PERSON}"
)
"""1,000 children and 400 parents: neither is the total."""
OTHER_END: Final = pattern(rf"^\s?(?:to|-|or|and)\s{NX}\s{WORD}{{0,3}}?{PERSON}")
RESIDENTS: Final = pattern(
    r"^\s(?:who |that )?(?:living|live|lived) in (?:the|these|those|[a-z]+) (?:areas|communities|villages|regions|cities|neighbou?rhoods|districts|countries)\b"
)
"""Those who live where a programme is, and not those studied."""
DID_ELSE: Final = pattern(
    r"^(?: (?!(?:who|that|which)\b)[a-z'-]+){0,3}? (?:(?:were|was|have been|had been) (?:also |later |then )?(?:given|treated|offered|lost|excluded|exposed|withdrawn|killed|arrested|interviewed|told|asked|screened)|"
    r"(?:could|would|may|might|can|will|should|died|received|completed|finished|dropped|left|withdrew|returned|relapsed|recovered|refused|moved)\b)"
)
EACH: Final = pattern(r"^(?: [a-z]+){0,3}? (?:each|apiece|per (?:study|trial|site|school))\b")
AND_OTHERS: Final = pattern(
    rf"^[^.;:()]{{0,40}}? and (?:over |about |more than )?{NX} (?:who|with|without|from|to|received|had|did|controls?|others|untreated|unaffected)\b"
)
OR_MORE: Final = pattern(r" (?:or|and) (?:more|fewer|less|over|above)\b")
SIZES: Final = pattern(
    r"\b(?:sample sizes|ranged|ranging|on average|average|median|largest|smallest|(?:each|per) (?:study|trial))\b"
)
