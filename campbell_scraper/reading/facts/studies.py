"""How many studies are included. What was found, analysed or reported is read by ``facts_flow``.

Several numbers compete in these sentences (docs/sites.md), so each rule names the words that make a number the one that
is meant, and the words around it that make it another.
"""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, reduce
from operator import or_
from typing import TYPE_CHECKING, Final

from .counts import (
    ASIDE,
    BY,
    CRITERIA,
    EVIDENCE,
    INCLUDES,
    PAPERS,
    PARTIAL_TAIL,
    POSSIBLE,
    POTENTIAL,
    PREDICATE,
    RESTRICTED,
    RESTRICTING,
    SAID,
    STUDIES,
    STUDIES_NAMED,
    SUBJECTS,
    TOTAL,
    VERBS,
    is_whole,
    make,
)
from .grammar import ADJ, NUMBER, NX, REVIEW, SCOPE, STUDY, Candidate, N, Rule, Sentence, need, pattern
from .implied_facts import UNDERSTOOD, implied_candidates
from .persons import PERSON
from .study_flow import NONE_ANALYSED, OF_ANALYSIS, OF_FINDING, OF_REPORTS, REPORTED_IN, analysed, identified, reports

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

_REVIEW_INCLUDES: Final = Rule(
    rf"\b(?<!analysis of )(?<!analyses of )(?:{REVIEW}(?:, which)?|we|it|the authors|authors)\s{INCLUDES}{EVIDENCE}{TOTAL}\s{N}\s{STUDY}",
    SUBJECTS,
    VERBS,
    STUDIES,
)
_REVIEW_HAS: Final = Rule(
    rf"\b{REVIEW}\s(?:has|shows|lists|holds|displays|is made up of|was made up of)(?:\sa total of)?\s{N}\s(?:included\s)?{STUDY}|"
    rf"\bthey included(?:\sa total of)?\s(?P<n2>{NX})\s{STUDY}|"
    rf"\b(?:final|total|overall) (?:sample|set|number) (?:of studies )?(?:was|is|comprises|comprised|consists of|consisted of)\s(?P<n3>{NX})\s{STUDY}",
    "has shows lists holds displays made they sample set number",
    STUDIES,
)
_REVIEW_OF: Final = Rule(
    rf"\b(?:{REVIEW}|this is an? (?:systematic |updated )?review|a (?:campbell |cochrane )?systematic review)\s(?:is\s)?(?:of|based on)(?:\sevidence from|\sdata from|\sa total of)?\s{N}\s{STUDY}",
    "review map synthesis egm update base study report",
    "of based",
    STUDIES,
)
_EVIDENCE_FROM: Final = Rule(
    rf"(?:^|[,:;]\s|\b)(?:evidence|findings|results|data|conclusions)(?: (?:in|of|for) (?:this|the) (?:\w+ )?(?:review|summary))?,?\s(?:(?:is|are|was|were) available|is|are|come|comes|came|was|were|drawn|available|comes primarily)?"
    rf"\s?(?:based on|drawn from|taken from|from|on|of|rests? on|rel(?:y|ies) on|draws? on|stems? from|derives? from|made up of|consists? of|comprises?)(?:\sa total of)?\s{N}\s{STUDY}|"
    rf"^(?:(?:however,? )?(?:this|it|these (?:findings|results)) (?:is|are|was|were) )?based on(?:\sevidence from|\sdata from|\sa total of)?(?:\sonly|\sjust)?\s(?P<n2>{NX})\s{STUDY}",
    "evidence findings results data conclusions based",
    "from on of comprise comprises",
    STUDIES,
)
_NAMELY: Final = Rule(
    rf"\b{BY}\s{INCLUDES}(?:{EVIDENCE},\s(?:namely|that is|i\.e\.)?,?|\s(?:data|information|results|evidence|findings)\s(?:on|for|about)\s[^.;:]{{3,60}}?\sfrom)\s{N}\s{STUDY}",
    SUBJECTS,
    VERBS,
    STUDIES,
    "data information results evidence findings",
)
_WERE_INCLUDED: Final = Rule(
    rf"{N}\s{STUDY}(?:\s\([^()]{{1,60}}\))?(?:{ASIDE} (?:(?!\bof (?:which|these|them|those)\b|\bbut\b|\bonly\b|(?<!to )\bN\d+N (?:studies )?(?:were|was|are|met|have)\b)[^.;:]){{1,110}}?,?|"
    rf",\s[^.;:]{{1,110}}?,| and {NX} (?:[a-z-]+ ){{0,3}}?{PERSON})?\s{PREDICATE}(?P<tail>[^.;:]{{0,60}})",
    "included covered summarised summarized reviewed synthesised synthesized analysed analyzed eligible criteria inclusion qualify qualified made make "
    "makes form forms constitute constitutes contributed",
    STUDIES,
    at_number=True,
)
_ELIGIBLE_FOUND: Final = Rule(
    rf"{N}\s(?:eligible|relevant|qualifying)\s{STUDY}(?:,\s[^.;:]{{1,80}},)?\s(?:were|was)\s(?:found|identified|located)\b(?P<tail>[^.;:]{{0,60}})",
    "eligible relevant qualifying",
    "found identified located",
    STUDIES,
    at_number=True,
)
_INCLUDED_ARE: Final = Rule(
    rf"^(?:also\s)?included (?:in (?:this|the) (?:review|map) )?(?:are|were)\s{N}\s{STUDY}",
    "included",
    STUDIES,
    at_start=True,
)
_OF_WHICH: Final = Rule(
    rf"\bof (?:which|these|those|them),?\s(?:only\s|just\s)?{N}\s(?:{STUDY}\s)?(?:{CRITERIA}"
    rf"|(?:were|was|are|is)\s(?:included(?=\s(?:and\s{NX}|in (?:this|the) (?:\w+ )?review)|[.,;]|$)|eligible for inclusion))(?P<tail>[^.;:]{{0,60}})|"
    rf"\b(?P<n2>{NX})\sof which\s[^,.;:]{{3,60}}?\sand\s(?:were|was)\sincluded(?=[.,;]|$)|"
    rf"\bof (?:which|these|them),?\s(?:only\s|just\s)?(?P<n3>{NX}) (?:were|was) (?:of (?:sufficient|adequate|good|high)(?: enough)? (?:[a-z]+ )?quality|good enough|suitable|relevant|eligible) (?:and|to be) (?:were )?included(?=[.,;]|$| in (?:this|the) (?:\w+ )?review)|"
    rf"\b(?:studies|trials|evaluations)\b[^.;:]{{3,60}}, (?:but )?(?:only|just) (?P<n4>{NX}) (?:{STUDY} |of (?:these|them|those) )?(?:were|was|could be) included(?=[.,;]|$| in (?:this|the) (?:\w+ )?review)",
    "which these those them only just",
    "criteria included eligible",
)
_N_OF_WHICH: Final = Rule(
    rf"{N}\sof\s(?:which|these|those|them)\s(?:{SAID}(?:and|so)\s(?:were|was|are|is)\s(?:therefore\s|finally\s|thus\s)?included(?=[.,;]|$|\sin\s(?:this|the)\s(?:\w+\s)?review)|{CRITERIA}|(?:were|was)\s(?:eligible for inclusion|included(?=[.,;]|$|\sin\s(?:this|the)\s(?:\w+\s)?review)))(?P<tail>[^.;:]{{0,60}})",
    "which these those them",
    "criteria included eligible",
    at_number=True,
)
_OF_THE_FOUND: Final = Rule(
    rf"\bof (?:the |all )?{NX}\s(?:{STUDY})\s(?:that were |which were )?(?:identified|found|located|retrieved|screened)[^,.;:]{{0,40}},\s"
    rf"(?:only\s|just\s)?{N}\s(?:(?:{CRITERIA} and )?(?:were|was)\s(?:eligible|included)(?=\s(?:in (?:this|the) (?:\w+ )?review|for inclusion)|[.,;]|$)|{CRITERIA}(?=[.,;]|$| for\b))|"
    rf"^of (?:the )?{NX}\s(?:{STUDY})\s(?:assessed|read|screened|considered)(?: in (?:full|detail|full[ -]text))?,\s(?:only\s)?(?P<n4>{NX})\s(?:(?:with|involving|from) [^.;:,]{{3,60}}\s)?(?:were|was)\s(?:eligible|included)(?=[.,;]|$|\s(?:in (?:this|the) (?:\w+ )?review|for inclusion))|"
    rf"\b(?P<n2>{NX})\sof (?:the )?{NX}\s{STUDY}\s(?:that were |which were )?(?:identified|found|located|retrieved|screened)\s(?:could be|were|was)\s(?:included|eligible)(?=[.,;]|$| in (?:this|the) review| for)|"
    rf"^(?:of|from|out of)\s[^.;:]{{0,40}}?(?:hits|records|references|citations|titles|abstracts|papers|articles|publications|texts)(?: were read| were screened)?,\s[^.;:]{{0,50}}?\b(?P<n3>{NX})\s{STUDY}\s{PREDICATE}",
    "identified found located retrieved screened assessed read considered hits records references citations titles abstracts papers "
    "articles publications texts",
    "included eligible criteria",
)
_THE_INCLUDED: Final = Rule(
    rf"(?P<n>{NX})\s(?:{ADJ}(?:included|eligible)\s{STUDY}|"
    rf"{STUDY}\s(?:(?:that |which )?(?:we|this review) (?:reviewed|included|summari[sz]ed)\b|(?:that|which) {CRITERIA}|(?:that (?:were|are) |which (?:were|are) )?included(?!\sin\s(?:the|our|a)\s(?:meta|analys|quant|synth|network))))",
    "included eligible criteria reviewed summarised summarized",
    STUDIES,
    at_number=True,
)
_OF_ALL: Final = ("the ", "all ", "across ", "these ", "of ")
"""Before the number of ``_THE_INCLUDED``."""
_THERE_ARE: Final = Rule(
    rf"\bthere (?:is|are|was|were) (?:an? (?:final |grand |overall )?total of )?{N}\s(?:(?:included|eligible)\s{STUDY}|{STUDY}\s(?:included\b(?P<tail>[^.;:]{{0,40}})|(?:(?:from|in|with|of|by)\s[^.;:]{{1,60}}?\s)?(?:that|which)\s{CRITERIA}|(?:in all|in total|altogether|overall)\b|in (?:this|the) (?:\w+ )?(?:review|map)\b))",
    "there",
    STUDIES,
)
_COUNT_IS: Final = Rule(
    rf"\b(?:the )?(?:total )?number of (?:included |eligible )?(?:studies|trials|evaluations)(?: (?:that were |which were )?(?:included|eligible)(?: in (?:this|the) (?:\w+ )?review)?| in (?:this|the) (?:\w+ )?review| (?:that|which) {CRITERIA}(?: for (?:this|the) review)?)?\s(?:is|was|comes to)\s(?P<n>{NX})(?=[.,;]|$|\sand\b)|"
    rf"\bstudies included in (?:this|the) review number (?P<m>{NX})\b",
    "number",
    "studies trials evaluations",
)
_COUNT_GIVEN: Final = pattern(
    rf"\bincluded studies(?:\s\(|:\s|(?<!in the included studies)(?<!of the included studies)(?<!across the included studies)\s\(n ?= ?)(?P<n>{NX})\b|\bstudies (?:included )?in (?:this|the) review \(n ?= ?(?P<m>{NX})\)"
)
_UPDATED_TOTAL: Final = Rule(
    rf"\b(?:giving|making|leaving|for|yielding|to give|to make|to reach|reaching|resulting in|bringing [^.;]{{2,40}} to) (?:an? )?(?:new |grand |overall |combined |revised )?(?:total (?:of )?)?(?P<n>{NX}) (?:(?P<s>{STUDY}) (?:in total|in all|altogether|overall)|{STUDY}(?=[.,;]|$| with\b| involving\b| for (?:(?:the |this )?review|inclusion)\b))|"
    rf"\b(?:for|giving|making|to give|reaching|yielding|bringing [^.;]{{2,40}} to) an? (?:new |grand |overall |combined |revised )?total of (?P<m>{NX})(?=[.,;]|$| included)|"
    rf"\b(?P<k>{NX}) {STUDY} (?:are|is) now included\b|\b(?:review|map|it) now (?:includes|has|contains|covers) (?P<j>{NX}) {STUDY}",
    "giving making for yielding give make reach reaching resulting bringing leaving now",
    "total all altogether overall now giving bringing leaving",
)
"""What an update and the review before it have together; such sentences speak of other work too."""
_NONE_MET: Final = Rule(
    r"\b(?:no|none of the|zero)\s(?:(?:eligible|relevant|primary|suitable|rigorous|published|unpublished|existing|"
    r"randomised|randomized|controlled|or|identified|retrieved|located|screened)\s){0,5}(?:studies|trials|study|trial)\s"
    r"(?:(?:were |was )?(?:found|identified|located)\s)?(?:(?:that|which)\s)?(?:have\s|had\s)?(?:met|meeting|fulfilled|satisfied)\s"
    r"(?:all\s)?(?:of\s)?(?:the|our|these|this review's|its|review)?\s?(?:review\s|pre-?specified\s|strict\s)?(?:inclusion|eligibility|selection)?\s?criteria(?!\s(?:for|on|in|about|regarding|from)\s(?!(?:this|the|our) (?:\w+ ){0,2}(?:review|map)|inclusion))|"
    r"\b(?:found|identified|located)\sno\s(?:(?:eligible|relevant|suitable|primary|rigorous)\s){0,2}(?:studies|trials)\s"
    r"(?:that|which)?\s?(?:met|meeting|(?:were |are )?eligible)\b|"
    r"\bno\s(?:eligible|includable)\s(?:studies|trials)\s(?:were|could be)\s(?:found|identified|located|included)\b|"
    r"\bdid not (?:find|identify|locate) any (?:eligible )?(?:studies|trials) (?:that|which|meeting)(?: met)? (?:the|our|all)?[a-z -]{0,30}criteria|"
    r"\bno studies (?:were|could be) included(?:\sin (?:this|the) review)?(?=[.,;]|$)",
    "no none zero not",
    "studies study trials trial",
)
_MET_NONE: Final = pattern(
    r"\bno (?:studies|trials) (?:that|which) (?:met|meet|fulfilled) [a-z' ]{0,40}criteria were (?:found|identified|located)\b"
)

_MILD: Final = pattern(r"\b(?:longitudinal|small|larger?|high-quality|low-quality|single|similar|individual|such)\b")
"""Words for what studies are like, which a review may say of all it has."""
_SUBSET: Final = pattern(
    r"^(?:in|for|among|within|on|at|regarding|concerning|of)\s(?:the |these |those |this )?(?!total|addition|(?:this |the )?(?:campbell |systematic )*(?:review|map|update)|all)[a-z]"
)
_ALSO_INCLUDED: Final = pattern(
    rf"[;,] (?:and )?(?:a further |another )?{NX} (?!of (?:the|these|them|which|those)\b)[^.;,]{{3,60}} (?:are|were|is|was) also (?:included|reviewed|eligible)|"
    rf"[;,] (?:and )?(?:it|we|the review) (?:also )?(?:draws? on|drew on|includes?d?|covers?) {NX} (?:[a-z-]+ ){{0,3}}?{STUDY}(?<!also)[^.;,]{{0,20}} (?:too|as well)\b"
)
_BESIDE: Final = pattern(r"\b(?:also|too|as well|in addition|additionally)\b")
_ALSO_SIGNS: Final = (" also ", " too", " as well")
"""Ten trials; four cohort studies are also included: neither is the whole."""
_THE_REST: Final = pattern(r"\bthe (?:rest|others?|remaining)\b")
"""Seventy were used in an analysis, and the rest were summarised: the seventy are not all."""
_OF_A_FINDING: Final = pattern(r"(?:however|this|it|these)\b")
_DATA_WERE: Final = pattern(r"\s(?:were|was|could)\b(?! (?:be )?included in (?:this|the) (?:\w+ )?review)")
_ON_ONE_THING: Final = pattern(r"^ (?:on|about|regarding|concerning)\b")
_IN_BRACKETS: Final = pattern(r"\([^()]*\)")
_ALSO: Final = pattern(r"\b(?:also|then|further|additionally)\b")
_ALSO_WORDS: Final = need("also then further additionally")
_IN_THIS_REVIEW: Final = pattern(r"\bthis (?:\w+ ){0,3}(?:review|map)|criteria")
_OF_REVIEW: Final = pattern(
    r"^(?:overall,?\s)?the (?:available |overall )?evidence (?:base )?(?:in this review )?(?:comes|is based|consists)\b"
)
_HERE: Final = Rule(
    rf"^in (?:this|the) review,? (?:a total of )?{N}\s{STUDY}\s(?:are|were|have been)\s(?:analysed|analyzed|examined|assessed|considered|summari[sz]ed|reviewed)\b",
    "review",
    STUDIES,
    at_start=True,
)
_BARE: Final = frozenset({_WERE_INCLUDED, _ELIGIBLE_FOUND, REPORTED_IN, _THERE_ARE})
"""Rules that begin at the number, so that what stands before it must be looked at."""
_RULES: Final = (
    (REPORTED_IN, 2),
    (_REVIEW_INCLUDES, 1),
    (_REVIEW_HAS, 1),
    (_NAMELY, 2),
    (_REVIEW_OF, 2),
    (_OF_WHICH, 2),
    (_N_OF_WHICH, 2),
    (_OF_THE_FOUND, 2),
    (_WERE_INCLUDED, 1),
    (_ELIGIBLE_FOUND, 2),
    (_INCLUDED_ARE, 1),
    (_HERE, 1),
    (_THERE_ARE, 1),
    (_THE_INCLUDED, 2),
)
"""The rules of which each match is weighed alike, and how strong they are (1 is strongest)."""
_NO_COUNT: Final = frozenset({_OF_WHICH, _N_OF_WHICH, _OF_THE_FOUND, _THE_INCLUDED})
"""Those that may match where no number stands before its studies ("of which 12 met the criteria")."""
_NEEDED: Final = reduce(or_, (rule.needs for rule, _ in _RULES))
_COUNT: Final = pattern(rf"{N}\s{STUDY}")
_COUNTABLE: Final = need(
    f"{STUDIES} {PAPERS} analysis analyses synthesis syntheses analysed analyzed pooled synthesised synthesized interventions "
    "programmes programs criteria included total there found"
)
_NO: Final = need("no")
_NONE: Final = need("no none zero not")
"""Every match of a rule has one of them."""


def study_candidates(sentence: Sentence) -> Iterator[Candidate]:
    """Yield the counts of studies, reports and interventions that ``sentence`` states."""
    bits = sentence.bits
    if not bits & _COUNTABLE:
        return
    if bits & _UPDATED_TOTAL.needs == _UPDATED_TOTAL.needs and sentence.kind in SCOPE:
        yield from _updated_total(sentence)
    if sentence.is_of_other_work:
        return
    if bits & _NONE and (any(_NONE_MET.matches(sentence)) or (bits & _NO and _MET_NONE.search(sentence.low))):
        yield Candidate("studies_included", "0", sentence, 0, "exact", 2)
        return
    if bits & _NONE and bits & OF_ANALYSIS and NONE_ANALYSED.search(sentence.low):
        yield Candidate("studies_analysed", "0", sentence, 0, "exact", 1, is_part=True)
    if not bits & NUMBER or not sentence.starts:
        return
    if bits & OF_REPORTS:
        yield from reports(sentence)
    yield from _included(sentence)
    if bits & OF_FINDING:
        yield from identified(sentence)
    if bits & OF_ANALYSIS:
        yield from analysed(sentence)


def _updated_total(sentence: Sentence) -> Iterator[Candidate]:
    for match in _UPDATED_TOTAL.matches(sentence):
        group = next(name for name in ("n", "m", "k", "j") if match[name])
        if group == "m" and not STUDIES_NAMED.search(sentence.counted[: match.start()]):
            continue
        yield from make("studies_included", match, sentence, 1, group)


@lru_cache(maxsize=1024)
def _rules_for(bits: int, *, counts: bool) -> tuple[tuple[Rule, int], ...]:
    """Return the rules of ``_RULES`` that may match in a sentence of these ``bits``, which ``counts`` studies or not."""
    return tuple(
        (rule, tier) for rule, tier in _RULES if bits & rule.needs == rule.needs and (counts or rule in _NO_COUNT)
    )


def _counts_studies(sentence: Sentence) -> bool:
    text = sentence.counted
    for start in sentence.starts:  # noqa: SIM110 - any() of a generator takes twice as long
        if _COUNT.match(text, start):
            return True
    return False


def _included(sentence: Sentence) -> Iterator[Candidate]:
    restricting = sentence.bits & RESTRICTING
    for rule, tier in _rules_for(sentence.bits & _NEEDED, counts=_counts_studies(sentence)):
        for match in rule.matches(sentence):
            if rule is _THE_INCLUDED and not sentence.counted.endswith(_OF_ALL, 0, match.start()):
                continue
            group = next(name for name in ("n", "n2", "n3", "n4") if name in match.re.groupindex and match[name])
            if _states_included(rule, match, sentence, group):
                # "five qualitative studies" may be all the review has, or a part: believed only if nothing else is said.
                restricted = restricting != 0 and RESTRICTED.search(_IN_BRACKETS.sub("", _named(match))) is not None
                beside = restricted and _BESIDE.search(sentence.low) is not None
                for candidate in make("studies_included", match, sentence, 3 if restricted else tier, group):
                    yield replace(candidate, is_part=True) if beside else candidate
            elif restricting and rule is _WERE_INCLUDED and sentence.low.startswith("in addition"):
                for candidate in make("studies_included", match, sentence, 3, group):
                    yield replace(candidate, is_part=True)
    if total := _COUNT_IS.first(sentence) or (
        ("studies: " in sentence.low or "(" in sentence.low) and _COUNT_GIVEN.search(sentence.counted)
    ):
        yield from make("studies_included", total, sentence, 2, "n" if total["n"] else "m")
    yield from _in_scope(sentence)


def _in_scope(sentence: Sentence) -> Iterator[Candidate]:
    """Read what counts all studies only where a text speaks of all of them."""
    if sentence.kind in SCOPE:
        yield from _drawn_from(sentence)
        yield from implied_candidates(sentence)
    elif sentence.kind == "implications" and _OF_REVIEW.search(sentence.counted):
        yield from _drawn_from(sentence)


def _drawn_from(sentence: Sentence) -> Iterator[Candidate]:
    drawn = _EVIDENCE_FROM.first(sentence)
    if drawn:
        group = "n" if drawn["n"] else "n2"
        if _states_included(_EVIDENCE_FROM, drawn, sentence, group):
            # "This is based on three studies" may be one finding, unless no other number is told.
            yield from make(
                "studies_included", drawn, sentence, UNDERSTOOD if _OF_A_FINDING.match(drawn[0]) else 2, group
            )


def _named(match: re.Match[str]) -> str:
    """Return what a match says of the studies, without the records they are reported in and what follows."""
    groups = match.re.groupindex
    end = match.start("r") if "r" in groups else match.start("tail") if "tail" in groups else -1
    return match.string[match.start() : end if end >= 0 else match.end()]


def _has_more_beside(match: re.Match[str], sentence: Sentence) -> bool:
    """Return whether the text goes on to count other studies that are also included."""
    if not any(sign in sentence.low or sign in sentence.following for sign in _ALSO_SIGNS):
        return False
    return (
        _ALSO_INCLUDED.search(sentence.counted, match.end()) is not None
        or _ALSO_INCLUDED.match(f"; {sentence.after}") is not None
    )


def _is_of_a_part(rule: Rule, match: re.Match[str], text: str) -> bool:
    """Return whether what follows the count shows that it is of one analysis or question."""
    tail = match["tail"] if "tail" in match.re.groupindex and match["tail"] else ""
    if _ON_ONE_THING.match(tail):
        return True
    if rule is _EVIDENCE_FROM and match[0].startswith("data") and _DATA_WERE.match(text, match.end()):
        return True
    if not tail and rule in (_REVIEW_INCLUDES, _EVIDENCE_FROM):
        tail = text[match.end() :]
    return PARTIAL_TAIL.match(tail) is not None


def _states_included(rule: Rule, match: re.Match[str], sentence: Sentence, group: str) -> bool:
    text = sentence.counted
    if (group == "n" and not is_whole(match, text, bare=rule in _BARE)) or (
        group not in ("n3", "n4") and sentence.bits & POSSIBLE and POTENTIAL.search(_named(match))
    ):
        return False
    if (
        (rule is _WERE_INCLUDED and _THE_REST.search(match[0]))
        or _has_more_beside(match, sentence)
        or _is_of_a_part(rule, match, text)
    ):
        return False
    if rule is _REVIEW_INCLUDES:
        # "It also includes five qualitative studies" is no whole, but shows that another restricted count is none either.
        return (
            not sentence.bits & _ALSO_WORDS or _ALSO.search(match[0]) is None or RESTRICTED.search(match[0]) is not None
        )
    said = _named(match)
    said = _IN_BRACKETS.sub("", said) if "(" in said else said
    if sentence.bits & RESTRICTING and RESTRICTED.search(
        _MILD.sub("", said) if rule in (_WERE_INCLUDED, _REVIEW_OF) else said
    ):
        return False
    if sentence.kind not in SCOPE and rule not in (_THE_INCLUDED, _THERE_ARE, _EVIDENCE_FROM):
        # Among findings "five studies were included" counts one comparison; only "in this review" makes it the whole.
        return _IN_THIS_REVIEW.search(match[0]) is not None
    return rule is not _WERE_INCLUDED or not _SUBSET.match(text[: match.start()].strip())
