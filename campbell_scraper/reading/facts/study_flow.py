"""How many studies were identified and analysed; how many reports and interventions."""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .counts import (
    BY,
    EVIDENCE,
    INCLUDES,
    NOT_STUDIES,
    OF_THEM,
    PAPERS,
    PARTIAL_TAIL,
    POTENTIAL,
    SAID,
    STUDIES,
    SUBJECTS,
    TOTAL,
    VERBS,
    is_second_count,
    is_whole,
    make,
)
from .grammar import ADJ, BRACKETS, NX, REVIEW, SCOPE, STUDY, Candidate, N, Rule, Sentence, count_of, need, pattern

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

OF_REPORTS: Final = need(f"{PAPERS} interventions programmes programs")
OF_FINDING: Final = need("identified located found retrieved screened")
OF_ANALYSIS: Final = need(
    "analysis analyses synthesis syntheses analysed analyzed pooled synthesised synthesized combined analyse analyze pool combine"
)
"""Bits without one of which ``reports``, ``identified`` and ``analysed`` find nothing."""

_IDENTIFIED: Final = Rule(
    rf"{N}\s{STUDY}(?:\s\([^()]{{1,60}}\)|\s(?:on|about) [^.;:,]{{3,40}})?\s(?:were|was|are|have been)\s(?:initially\s|originally\s|also\s)?(?:identified|located)\b(?P<tail>[^.;:]*)|"
    rf"^(?:a total of\s|in total,?\s|of the\s|of\s|out of\s|all\s|the\s)?(?P<n2>{NX})\s{STUDY}\s(?:that were\s)?(?:identified|located|found)\b(?=[,;]|\s(?:in|by|through|and|but|of which|for)\b)",
    "identified located found",
    STUDIES,
)
_IDENTIFIED_BY: Final = Rule(
    rf"\b(?:{REVIEW}|we|(?:the )?(?:review )?authors|the review team|search(?:es)?(?: for studies)?)\s(?:has\s|have\s|initially\s)?(?:identified|located)(?:\sa total of)?\s{N}\s{STUDY}"
    r"(?P<tail>[^.;:]*)",
    "identified located",
    STUDIES,
)
_FOUND_BUT: Final = Rule(
    rf"\b(?:{BY}|(?:the|our) (?:[a-z]+ ){{0,3}}?search(?:es)?)\s(?:initially\s)?(?:found|located)(?:\sa total of)?\s{N}\s{STUDY}(?=[^.;:]{{0,80}}?(?:,?\s(?:but|and)\s(?:then\s)?(?:excluded|rejected|discarded)\b|"
    rf",\sof (?:which|these) (?:only |just )?{NX}\b[^.;:]{{0,60}}(?:included|eligible|criteria)|"
    rf",\s(?:but\s)?(?:only\s)?{NX}\sof (?:which|these|them)\b[^.;:]{{0,60}}(?:included|eligible|criteria)))",
    "found located",
    STUDIES,
)
_FOUND_ALL: Final = Rule(rf"\b{BY}\s(?:initially\s)?found(?:\sa total of)?\s{N}\s{STUDY}(?=[.;]|$)", "found", STUDIES)
_ONLY: Final = pattern(rf"(?:however,?\s|but\s)?only {NX}\s")
_WERE_FOUND: Final = Rule(
    rf"^(?:a total of\s|in total,?\s|in all,?\s|altogether,?\s|overall,?\s)?{N}\s{STUDY}(?: (?:with|of|on|from|that|which) [^.;:,]{{3,60}})?\swere\s(?:found|retrieved)\b(?P<tail>[^.;:]*)",
    "found retrieved",
    STUDIES,
    at_start=True,
)
"""Found, not included, if the next sentence says what became of them."""
_BUT: Final = pattern(r",? (?:but|although|however)\b")
_OF_THESE: Final = pattern(
    rf"^(?:after (?:excluding|removing|the exclusion|removal|screening)\b|the remaining\b|(?:however,?\s)?(?:only|just) {NX}\s|of (?:these|them|those)\b|(?:only\s)?{NX}\s(?:of (?:these|them|those)\b|(?:studies )?(?:were|was) (?:included|excluded)))"
)
_OF_THE_FOUND: Final = Rule(
    rf"{NX}\sof (?:the\s)?{N}\s{STUDY}\s(?:that were\s|which were\s)?(?:found|identified|located|retrieved|screened)\s(?:could be|were|was)\s(?:included|eligible)",
    "found identified located retrieved screened",
    STUDIES,
    at_number=True,
)

_ELIGIBLE: Final = pattern(r"N\d+N (?:[a-z-]+ )?(?:eligible|relevant|qualifying|suitable|includable) ")
"""Identified as what the review includes."""
_IDENTIFIED_AS: Final = pattern(r"^\s(?:as|for)\b")
_BUT_OR_OF: Final = pattern(r"\b(?:but|of which)\b")
"""Studies found on one question, unless some of them are said to have been used."""
_ANALYSIS: Final = (
    r"(?:(?:meta-?\s?|network\s|quantitative\s|statistical\s|final\s|main\s|data\s|evidence\s|narrative\sor\squantitative\s)*"
    r"(?:meta-?\s?analys[ei]s|analys[ei]s|synthes[ei]s|data synthes[ei]s))"
)
_ANALYSED: Final = Rule(
    rf"{N}(?:\s{STUDY}|{OF_THEM}|\s{ADJ}ones)?(?P<aside>\sthat|\swhich|, (?:based on|with|from|involving|covering|reported in|conducted in) [^.;:,]{{2,60}},| \(?(?:with|involving|covering) {NX} [a-z ]{{3,30}}?\)?| \({NX} [a-z ]{{3,30}}\)|,)?\s"
    r"(?:(?:had|provided|reported|contained) (?:[a-z]+ ){0,2}(?:data|information) (?:that|which|to) [^.;:,]{3,60},? and )?"
    r"(?:(?:were|was|are|is|have been|could be|had been)\s)?(?:(?:then|finally|eventually|ultimately|only|also|therefore)\s)?"
    r"(?:(?:appraised|judged|assessed|deemed|found|considered|rated|suitable|eligible|available|appropriate|used|"
    r"included|combined|pooled|entered|retained|sufficient|of|had|provided|contributed|reported|with|to be|enough|in|as|being|"
    r"methodological|methodologically|adequate|high|low risk of bias|acceptable|quality|sufficiently|similar|rigorous|"
    r"enough|data|information|contributing|remained|left|went|into|entered|for|inclusion|be|use|to|comparable|analysable|usable|relevant|it|them|those|effect|sizes|"
    r"strong|robust|good)\s){1,14}"
    rf"(?:the\s|a\s|our\s|this\s|one or more\s|at least one\s)?(?P<a>{_ANALYSIS})(?P<tail>[^.;:]{{0,40}})",
    "analysis analyses synthesis syntheses",
    at_number=True,
)
_WERE_ANALYSED: Final = Rule(
    rf"{N}(?:\s{STUDY}|{OF_THEM})?(?:\s\([^()]{{1,20}}\)|(?:(?<=of these)|(?<=of which))(?P<aside>, (?:with|involving|covering|including|comprising|from) [^.;:,]{{3,60}},))?\s(?:(?:had|provided|reported) (?:{SAID})?and )?(?:were|was|are|have been|could be)\s(?:finally\s|actually\s|ultimately\s|then\s|also\s)?"
    r"(?:(?:judged|deemed|considered|found|assessed|of) [^.;,]{3,50} (?:and (?:were )?|to be ))?(?:analy[sz]ed|meta-analy[sz]ed|(?:statistically\s)?pooled|synthesi[sz]ed|statistically combined|combined statistically)(?P<tail>[^.;:]{0,40})",
    "analysed analyzed pooled synthesised synthesized combined",
    at_number=True,
)
_ANALYSED_OF_THEM: Final = Rule(
    rf"(?:[,;]|\band|\bbut|\bonly)\s(?:only\s)?{N}\s(?:of (?:these|them|which)\s)?(?:were\s)?(?:meta-)?analy[sz]ed\b(?P<tail>[^.;:]{{0,40}})",
    "analysed analyzed",
)
_IN_META: Final = Rule(
    rf"(?:[;,]|\band|\bbut|\bwith|\bleaving|\bof which)\s(?:only\s|just\s)?{N}(?:\s(?:of\s(?:these|them|which)|studies|{STUDY}))?\s(?:are\s|were\s)?"
    rf"(?:in|for)\s(?:the|a|our)\s(?P<a>(?:final\s|statistical\s|quantitative\s)?(?:meta-?\s?analys[ei]s|analysis|quantitative synthesis))(?P<tail>[^.;:]{{0,40}})",
    "analysis analyses synthesis",
)
_INCLUDES_IN_META: Final = Rule(
    rf"\b{BY}\s(?:includes|included|include|used|uses|retained)(?:\sa total of)?\s{N}\s{STUDY}\sin\s(?:the|a|our|its)\s(?P<a>(?:quantitative\s|statistical\s)?(?:meta-?\s?analys[ei]s|"
    r"quantitative (?:analysis|synthesis)|statistical (?:analysis|synthesis)))(?P<tail>[^.;:]{0,40})",
    "analysis analyses synthesis",
    STUDIES,
)
_META_POSSIBLE: Final = Rule(
    rf"\b(?P<a>meta-?\s?analys[ei]s|the analysis)\s(?:was|were|could be)\s(?:only\s)?(?:possible|feasible|conducted|carried out|performed|done)\s(?:for|with|on|using|of)\s(?:data from\s)?(?:only\s)?{N}\b(?P<tail>\s?)(?=\s?(?:of (?:the|these)\b|{STUDY}(?=[.,;]|$)|[.,;]|$))",
    "analysis analyses",
)
_DATA_POOLED: Final = Rule(
    rf"{N}(?:\s{STUDY}|{OF_THEM})\s(?:had|provided|reported|contained)\s(?:[a-z]+\s){{0,2}}(?:data|information|results)\s(?:that|which)\s(?:could|can) be\s(?:[a-z]+\s)?(?:pooled|meta-analy[sz]ed|combined|synthesi[sz]ed|analy[sz]ed)(?P<tail>[^.;:]{{0,40}})",
    "pooled analysed analyzed combined synthesised synthesized",
    at_number=True,
)
_DATA_FROM: Final = Rule(
    rf"\b(?:data|results|findings|effect sizes|estimates) (?:from|for|of) (?:only )?{N}(?: {STUDY}|{OF_THEM})? (?:could be|were|was|are|is|can be) (?:[a-z]+ly )?(?:(?:pooled|combined|meta-analy[sz]ed)(?=[.,;]|$)|(?:entered|included|pooled|combined|used|suitable for inclusion)(?: together)? (?:in|into|for) (?:the |a |our |one or more )?(?P<a>(?:quantitative |statistical )?(?:meta-?\s?analys[ei]s|analysis|quantitative synthesis|synthesis)))(?P<tail>[^.;:]{{0,40}})",
    "data results findings sizes estimates",
    "analysis analyses synthesis pooled combined analysed analyzed",
)
_WE_POOLED: Final = Rule(
    rf"\b(?:we|the authors|authors|this review|the review)\s(?:were able to\s|could\s|only\s)*(?:meta-?analy[sz]ed?|pool(?:ed)?|statistically combined?)\s(?:(?:the )?(?:data|results|findings) (?:of|from|for)\s)?(?:only\s)?{N}(?:\s(?:{STUDY}|of (?:these|them|the)\b)|(?=[.,;]|$))(?P<tail>[^.;:]{{0,40}})",
    "we authors review",
    "analysed analyzed analyse analyze pool pooled combine combined",
)
_META_OF: Final = Rule(
    rf"\b(?:the|our|this)\s(?P<a>(?:overall\s|main\s)?meta-?\s?analys[ei]s|quantitative synthesis|data synthesis|(?:overall|main|final|statistical) analysis)\s(?:(?:of|in) (?:this|the) review\s)?(?:was\s|is\s|were\s|are\s)?(?:therefore\s)?"
    rf"(?:includes|included|include|of|is based on|based on|rests? on|draws? on|comprised|comprises|covers|covered|combines|combined|used|uses|drew on)"
    rf"\s(?:data from\s|findings from\s|results from\s|evidence from\s|a total of\s)*{N}\s(?:{STUDY}|of (?:the|these|them|all)\b)(?P<tail>[^.;:]{{0,40}})",
    "analysis analyses synthesis",
    STUDIES,
)
_SAID_IN_META: Final = Rule(
    rf"{N}(?:\s{STUDY}|{OF_THEM})(?:\s\([^()]{{1,40}}\))?(?P<aside>, (?:with|involving|covering|including|reported in|from) [^.;:,]{{3,60}},)?\s"
    rf"(?:could|can|had|have|has|provided|reported|contributed|gave|met|allowed|contained|presented|yielded|supplied|qualified|offered|were|was|are)\s(?:{SAID})?"
    rf"(?:in|into|to|for|from)\s(?:the|a|our|one or more|at least {NX}|one of the|this)?\s?(?P<a>{_ANALYSIS})(?P<tail>[^.;:]{{0,40}})",
    "analysis analyses synthesis syntheses",
    at_number=True,
)
"""Whatever good is said of them, if it ends in the analysis: "19 of them reported results that allowed us to …"."""
_REPORTS_OF: Final = Rule(
    rf"{N}\s{ADJ}(?:reports|papers|articles|publications|records|documents|manuscripts)\s(?:of|on|about|describing|describe|described|report on|reported on|reporting(?: on)?|evaluating|evaluated?|"
    rf"covering)\s(?P<i>{NX})\s{ADJ}(?P<noun>interventions|programmes|programs|studies|trials)\b",
    PAPERS,
    "interventions programmes programs studies trials",
    at_number=True,
)
REPORTED_IN: Final = Rule(
    rf"{N}\s{STUDY}(?:\s(?:from|of|on|published|conducted) [^.;:,]{{3,40}})?,?\s\(?(?:which (?:were|are) |were |are )?(?:(?:(?:reported|described|published|documented|presented)\s(?:in|across)|consisting of|comprising|in|from|with)\s|(?<=\())"
    rf"(?:a total of\s)?(?P<r>{NX})\s{ADJ}(?:papers|reports|articles|publications|documents|manuscripts|records)\b",
    PAPERS,
    STUDIES,
    at_number=True,
)
"""Studies, and the reports they are told in."""
_THEY_ARE_REPORTED_IN: Final = pattern(
    rf"^(?:they|these|these studies|the studies) (?:were|are) (?:reported|described|published) (?:in|across) (?P<n>{NX}) {ADJ}(?:papers|reports|articles|publications|documents)\b"
)
_INCLUDES_REPORTS: Final = Rule(
    rf"\b(?:{REVIEW}|we|it)\s{INCLUDES}{EVIDENCE}{TOTAL}\s{N}\s{ADJ}(?:reports|papers|articles|publications)\b(?P<tail>[^.;:]{{0,40}})",
    SUBJECTS,
    VERBS,
    "reports papers articles publications",
)
_COUNTS_INTERVENTIONS: Final = pattern(rf"N\d+N\s{ADJ}(?:interventions|programmes|programs)\b")
_INCLUDES_INTERVENTIONS: Final = Rule(
    rf"\b(?:{REVIEW}|we|it|the evidence|studies)\s{INCLUDES}{EVIDENCE}{TOTAL}\s{N}\s{ADJ}(?:interventions|programmes|programs)\b",
    "review map synthesis egm update base study report we it evidence studies",
    VERBS,
    "interventions programmes programs",
)

_ANALYSES: Final = (
    _ANALYSED,
    _WERE_ANALYSED,
    _DATA_POOLED,
    _DATA_FROM,
    _WE_POOLED,
    _ANALYSED_OF_THEM,
    _IN_META,
    _INCLUDES_IN_META,
    _META_POSSIBLE,
    _META_OF,
    _SAID_IN_META,
)
NONE_ANALYSED: Final = pattern(
    r"\bnone of (?:the|these|them)\b[^.;:]{0,30} (?:was|were|could be) [^.;:]{0,40}(?:analys|synthes|pooled|combined)"
)
"""Whatever was suitable for an analysis was not analysed in the end."""
_REVIEW_ANALYSES: Final = pattern(rf"in (?:this|the) review,? (?:we )?(?:a total of )?{NX} ")
"""In this review 48 studies are analysed: all it has."""
_IN_THE_REVIEW: Final = pattern(r"^ in (?:this|the) (?:\w+ )?review\b")
_PEOPLE_IN: Final = pattern(
    rf"^(?:data|evidence|results|findings) (?:from|on) [^.;:]{{0,20}}{NX} (?:[a-z-]+ ){{1,3}}(?:in|from|across) $"
)
"""Data from 17,500 people in 63 trials were analysed: the people are all, and so are the trials."""
_PREDICATED: Final = pattern(
    rf"{NX}\s{STUDY} (?:(?:were|are|was) (?:included|eligible|identified|found)|met|meet|fulfilled|satisfied)\b[^.;:]{{0,40}} and $"
)
_OF_ONE_OUTCOME: Final = pattern(
    r"^\s(?:of|on|for|examining|assessing|about|with|at|relating to|that)\s(?!(?:this|the|our)\s(?:review|map|update|overall|effects? of)|data)"
)


def identified(sentence: Sentence) -> Iterator[Candidate]:
    """Yield the number of studies found, as against those included or used."""
    text = sentence.counted
    if sentence.kind not in SCOPE:
        return
    for rule in (_IDENTIFIED, _IDENTIFIED_BY):
        for match in rule.matches(sentence):
            if _names_the_found(match, sentence):
                if not match["n"]:
                    yield from make("studies_identified", match, sentence, 1, "n2")
                elif is_whole(match, text):
                    yield from make("studies_identified", match, sentence, 1)
    for rule in (_FOUND_BUT, _OF_THE_FOUND):
        for match in rule.matches(sentence):
            yield from make("studies_identified", match, sentence, 1)
    for rule, contrast in ((_FOUND_ALL, _ONLY), (_WERE_FOUND, _OF_THESE)):
        for match in rule.matches(sentence):
            if (
                is_whole(match, text)
                and not POTENTIAL.search(match[0])
                and (
                    contrast.match(sentence.after)
                    or _BUT.match(text, match.start("tail") if "tail" in rule.regex.groupindex else match.end())
                )
            ):
                yield from make("studies_identified", match, sentence, 1)


def _names_the_found(match: re.Match[str], sentence: Sentence) -> bool:
    """Return whether a match counts studies as found, and not as included at once or as found for one question."""
    tail = match["tail"] or ""
    return not (
        POTENTIAL.search(match[0])
        or PARTIAL_TAIL.match(tail)
        or _IDENTIFIED_AS.match(tail)
        or (tail.startswith(" on ") and not _BUT_OR_OF.search(tail) and not _OF_THESE.match(sentence.after))
        or tail.startswith(" eligible")
        or _ELIGIBLE.match(match.string, match.start("n" if match["n"] else "n2"))
    )


def analysed(sentence: Sentence) -> Iterator[Candidate]:
    """Yield the number of studies in the (meta-)analysis."""
    text = sentence.counted
    for rule in _ANALYSES:
        for match in rule.matches(sentence):
            if _OF_ONE_OUTCOME.match(match["tail"]) or _is_second(text[: match.start()]):
                continue
            if sentence.kind not in SCOPE and not (rule is _META_OF and sentence.kind == "main_results"):
                continue
            if rule is _WERE_ANALYSED and (
                _IN_THE_REVIEW.match(match["tail"])
                or _REVIEW_ANALYSES.match(text)
                or _PEOPLE_IN.search(text, 0, match.start())
            ):
                continue
            if NOT_STUDIES.search(_said_of_them(match)):
                continue
            yield from make("studies_analysed", match, sentence, 1)


def _is_second(before: str) -> bool:
    """Return whether another count stands before in the same breath; "52 were included and 47 were analysed" are two."""
    return is_second_count(before) and _PREDICATED.search(before) is None


def _said_of_them(match: re.Match[str]) -> str:
    """Return a match without who was in the studies and without what follows."""
    said = match.string[match.start() : match.start("tail")]
    aside = match["aside"] if "aside" in match.re.groupindex else None
    said = said.replace(aside, "", 1) if aside else said
    return BRACKETS.sub("", said) if "(" in said else said


def reports(sentence: Sentence) -> Iterator[Candidate]:
    """Yield the numbers of reports and interventions, and of studies where they stand beside these."""
    text = sentence.counted
    if sentence.kind not in SCOPE:
        return
    for match in _REPORTS_OF.matches(sentence):
        if not is_whole(match, text):
            continue
        yield from make("reports", match, sentence, 1)
        is_study = match["noun"] in ("studies", "trials")
        yield from make("studies_included" if is_study else "interventions", match, sentence, 1, "i")
    for match in REPORTED_IN.matches(sentence):
        if is_whole(match, text):
            yield from make("reports", match, sentence, 1, "r")
    if told := _THEY_ARE_REPORTED_IN.match(text):
        yield from make("reports", told, sentence, 1)
    for match in _INCLUDES_REPORTS.matches(sentence):
        if is_whole(match, text):
            yield from make("reports", match, sentence, 1)
    for match in _INCLUDES_INTERVENTIONS.matches(sentence) if _COUNTS_INTERVENTIONS.search(text) else ():
        # "reviews two interventions: training and subsidies" counts kinds, not what was evaluated.
        many = (count_of(match) or 0) >= _FEW
        if many and not is_second_count(text[: match.start("n")]):
            yield from make("interventions", match, sentence, 1)


_FEW: Final = 10
