"""How many studies: included, identified, analysed; reports and interventions.

Several numbers compete in these sentences (SITES.md 6), so each rule names the words that make a number the one that
is meant, and the words around it that make it another.
"""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campbell_scraper.summary.facts_grammar import (
    ADJ,
    NX,
    REVIEW,
    SCOPE,
    SOME_OF,
    STUDY,
    Candidate,
    N,
    Rule,
    Sentence,
    count_of,
    pattern,
    precision_of,
)

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

_STUDIES: Final = "studies study trials trial rcts rct experiments evaluations"
_SUBJECTS: Final = "review map synthesis egm update base study report we it authors"
_PAPERS: Final = "papers reports articles publications documents manuscripts records"
_VERBS: Final = (
    "summarises summarised summarise summarizes summarized summarize synthesises synthesised synthesise synthesizes synthesized "
    "synthesize include includes included comprises comprise comprised contain contains contained cover covers covered review "
    "reviews reviewed analyses analysed analyzes analyzed assesses assessed examines examined consider considers considered "
    "incorporates incorporated draw draws based brings brought report reports reported consists consisted combines combined "
    "integrates integrated presents presented present pool pools pooled looks look looked relies uses used maps mapped features "
    "featured"
)
"""Words of which a rule needs one; the verbs are those of ``_INCLUDES``."""

_INCLUDES: Final = (
    r"(?:(?:has |have |also |now |therefore |thus |finally )?(?:summari[sz]es?d?|synthesi[sz]es?d?|includes?d?|included|"
    r"compris(?:es?|ed)|contain(?:s|ed)?|cover(?:s|ed)?|review(?:s|ed)|analys(?:es|ed)|analyz(?:es|ed)|assess(?:es|ed)|"
    r"examin(?:es|ed)|consider(?:s|ed)?|incorporat(?:es|ed)|"
    r"draws?(?: together)?\s(?:up)?on|is based (?:up)?on|was based (?:up)?on|are based (?:up)?on|were based on|"
    r"br(?:ings?|ought) together|report(?:s|ed)(?: on)?|consist(?:s|ed) of|combin(?:es|ed)|integrat(?:es|ed)|"
    r"presents|present(?:s|ed)|pools?(?:ed)?|looks? at|looked at|relies on|uses|used|maps|mapped|featur(?:es|ed)))"
)
_EVIDENCE: Final = (
    r"(?:\s(?:the\s)?(?:available\s|existing\s|research\s|quantitative\s|best\s)*(?:evidence|findings?|results|data|"
    r"research|information)(?:\sand (?:findings|results|evidence|data))?(?:\s(?:from|of|in|provided by|based on|on the basis of|across|gathered from))?)?"
)
_TOTAL: Final = r"(?:\s(?:from|a total of|in total|altogether|all))?"

_REVIEW_INCLUDES: Final = Rule(
    rf"\b(?:{REVIEW}|we|it|the authors|authors)\s{_INCLUDES}{_EVIDENCE}{_TOTAL}\s{N}\s{STUDY}",
    _SUBJECTS,
    _VERBS,
    _STUDIES,
)
_REVIEW_OF: Final = Rule(
    rf"\b{REVIEW}\s(?:of|based on)(?:\sevidence from|\sdata from|\sa total of)?\s{N}\s{STUDY}",
    "review map synthesis egm update base study report",
    "of based",
    _STUDIES,
)
_EVIDENCE_FROM: Final = Rule(
    rf"(?:^|[,:;]\s|\b)(?:evidence|findings|results|data)\s(?:is|are|come|comes|came|was|were|drawn|available|comes primarily)?"
    rf"\s?(?:based on|drawn from|taken from|from|on)(?:\sa total of)?\s{N}\s{STUDY}",
    "evidence findings results data",
    "from on",
    _STUDIES,
)
_WERE_INCLUDED: Final = Rule(
    rf"{N}\s{STUDY}(?:,? (?:(?:reported|described|published|documented|conducted|carried out) (?:in|across|between|from)|"
    rf"from|with|covering|involving|comprising|including|reporting on|on|of(?! which| these| them| those)|that|which|evaluating|examining) (?:(?!\bof (?:which|these|them|those)\b|\bbut\b|\bonly\b|\b{NX} (?:studies )?(?:were|was|are|met|have)\b)[^.;:]){{1,90}}?,?|"
    r"\s\([^()]{1,60}\))?\s"
    r"(?:(?:are|were|is|was|have been|has been|could be)\s(?:finally\s|ultimately\s|eventually\s|therefore\s)?"
    r"(?:included|summari[sz]ed|reviewed|synthesi[sz]ed|(?:identified as\s)?eligible|eligible for inclusion|deemed eligible)"
    r"|(?:met|meet|fulfilled|satisfied)\s(?:all\s(?:of\s)?)?(?:the\s|our\s|this review's\s|its\s|these\s|review\s)*"
    r"(?:inclusion|eligibility|selection|inclusion and exclusion|review|study)?\s?criteria)"
    r"(?P<tail>[^.;:]{0,60})",
    "included summarised summarized reviewed synthesised synthesized eligible criteria",
    _STUDIES,
    at_number=True,
)
_OF_WHICH: Final = Rule(
    rf"\bof (?:which|these|those|them),?\s(?:only\s|just\s)?{N}\s(?:{STUDY}\s)?(?:(?:met|fulfilled|satisfied)\s(?:all\s)?(?:the\s|our\s|these\s)?"
    rf"(?:review\s)?(?:inclusion|eligibility|selection)?\s?criteria|(?:were|was)\s(?:included(?=\s(?:and\s{NX}|in (?:this|the) (?:\w+ )?review)|[.,;]|$)|eligible for inclusion))(?P<tail>[^.;:]{{0,60}})",
    "which these those them",
    "criteria included eligible",
)
_OF_THE_FOUND: Final = Rule(
    rf"\bof (?:the |all )?{NX}\s(?:{STUDY})\s(?:that were |which were )?(?:identified|found|located|retrieved|screened)[^,.;:]{{0,40}},\s"
    rf"(?:only\s)?{N}\s(?:were|was)\s(?:eligible|included)(?=\s(?:in (?:this|the) (?:\w+ )?review|for inclusion)|[.,;]|$)",
    "identified found located retrieved screened",
    "included eligible",
)
_THE_INCLUDED: Final = Rule(
    rf"\b(?:the|of the|all|all of the|across the|across|these)\s(?P<n>{NX})\s(?:{ADJ}included\s{STUDY}|"
    rf"{STUDY}\s(?:that (?:were|are) |which (?:were|are) )?included(?!\sin\s(?:the|our|a)\s(?:meta|analys|quant|synth|network)))",
    "included",
    _STUDIES,
)
_THERE_ARE: Final = Rule(
    rf"\bthere (?:are|were) (?:a total of )?{N}\s(?:included\s{STUDY}|{STUDY}\sincluded\b(?P<tail>[^.;:]{{0,40}}))",
    "there",
    "included",
    _STUDIES,
)
_COUNT_IS: Final = Rule(
    rf"\b(?:the )?(?:total )?number of included (?:studies|trials) (?:is|was) (?P<n>{NX})|"
    rf"\bincluded studies:\s(?P<m>{NX})\b",
    "included",
    "studies trials",
)
_REPORTED_IN: Final = Rule(
    rf"{N}\s{STUDY},?\s\(?(?:which (?:were|are) |were |are )?(?:reported|described|published|documented|presented)\s"
    rf"(?:in|across)\s(?:a total of\s)?(?P<r>{NX})\s{ADJ}(?:papers|reports|articles|publications|documents|manuscripts|records)\b",
    "reported described published documented presented",
    _PAPERS,
    _STUDIES,
    at_number=True,
)
_FOUND: Final = Rule(
    rf"\b(?:{REVIEW}|we|the authors|authors|the search|the searches|our search|our searches)\s(?:found|uncovered|identified|"
    rf"located|yielded|resulted in)(?:\sa total of)?\s{N}\s{STUDY}(?P<tail>[^.;:]*)",
    "found uncovered identified located yielded resulted",
    _STUDIES,
)
_MEETING: Final = pattern(
    r"\s(?:that|which|who)?\s?(?:met|meets?|meeting|fulfilled|fulfilling|satisfied|satisfying|were eligible|eligible|"
    r"suitable|qualified)\b"
)
_EVALUATING: Final = pattern(
    r"(?:\sfrom [^,.;]{2,60})?\s(?:that|which) (?:evaluat|examin|assess|investigat|stud|look|test|meas)"
)

_NONE_MET: Final = Rule(
    r"\b(?:no|none of the|zero)\s(?:(?:eligible|relevant|primary|suitable|rigorous|published|unpublished|existing|"
    r"randomised|randomized|controlled|or|identified|retrieved|located|screened)\s){0,5}(?:studies|trials|study|trial)\s"
    r"(?:(?:were |was )?(?:found|identified|located)\s)?(?:(?:that|which)\s)?(?:have\s|had\s)?(?:met|meeting|fulfilled|satisfied)\s"
    r"(?:all\s)?(?:of\s)?(?:the|our|these|this review's|its|review)?\s?(?:review\s|pre-?specified\s|strict\s)?(?:inclusion|eligibility|selection)?\s?criteria|"
    r"\b(?:found|identified|located)\sno\s(?:(?:eligible|relevant|suitable|primary|rigorous)\s){0,2}(?:studies|trials)\s"
    r"(?:that|which)?\s?(?:met|meeting|(?:were |are )?eligible)\b|"
    r"\bno\s(?:eligible|includable)\s(?:studies|trials)\s(?:were|could be)\s(?:found|identified|located|included)\b|"
    r"\bdid not (?:find|identify|locate) any (?:eligible )?(?:studies|trials) (?:that|which|meeting)(?: met)? (?:the|our|all)?[a-z -]{0,30}criteria|"
    r"\bno studies (?:were|could be) included(?:\sin (?:this|the) review)?(?=[.,;]|$)",
    "no none zero not",
    "studies study trials trial",
)

_IDENTIFIED: Final = Rule(
    rf"{N}\s{STUDY}(?:\s\([^()]{{1,60}}\))?\s(?:were|was|are|have been)\s(?:initially\s|originally\s|also\s)?(?:identified|located)\b(?P<tail>[^.;:]*)|"
    rf"^(?:a total of\s|in total,?\s|of the\s|out of\s|all\s|the\s)?(?P<n2>{NX})\s{STUDY}\s(?:that were\s)?(?:identified|located|found)\b(?=[,;]|\s(?:in|by|through|and|but|of which|for)\b)",
    "identified located found",
    _STUDIES,
)
_IDENTIFIED_BY: Final = Rule(
    rf"\b(?:{REVIEW}|we|the authors|authors|search(?:es)?)\s(?:has\s|have\s|initially\s)?(?:identified|located)(?:\sa total of)?\s{N}\s{STUDY}"
    r"(?P<tail>[^.;:]*)",
    "identified located",
    _STUDIES,
)

_IDENTIFIED_AS: Final = pattern(r"^\s(?:as|for|on)\b")
_ANALYSIS: Final = (
    r"(?:(?:meta-?\s?|quantitative\s|statistical\s|final\s|main\s|data\s|evidence\s|narrative\sor\squantitative\s)*"
    r"(?:meta-?\s?analys[ei]s|analys[ei]s|synthes[ei]s|data synthes[ei]s))"
)
_OF_THEM: Final = (
    rf"(?:\s(?:of\s(?:which|these|them|those|the)\b|(?:of the|of these)\s{NX}\b)(?:\s(?:included|identified|eligible)\s?)?)?"
    r"(?:\s?(?:studies|trials))?"
)
_ANALYSED: Final = Rule(
    rf"{N}(?:\s{STUDY}|{_OF_THEM}|\s{ADJ}ones)?(?:\sthat|\swhich)?,?\s"
    r"(?:(?:were|was|are|is|have been|could be|had been)\s)?(?:(?:then|finally|eventually|ultimately|only|also|therefore)\s)?"
    r"(?:(?:appraised|judged|assessed|deemed|found|considered|rated|suitable|eligible|available|appropriate|used|"
    r"included|combined|pooled|entered|retained|sufficient|of|had|provided|contributed|reported|with|to be|enough|in|as|being|"
    r"methodological|methodologically|adequate|high|low risk of bias|acceptable|quality|sufficiently|similar|rigorous|"
    r"enough|data|information|contributing|for|inclusion|be|use|to|comparable|analysable|usable|relevant|it|them|those|effect|sizes|"
    r"strong|robust|good)\s){1,14}"
    rf"(?:the\s|a\s|our\s|this\s|one or more\s|at least one\s)?(?P<a>{_ANALYSIS})(?P<tail>[^.;:]{{0,40}})",
    "analysis analyses synthesis syntheses",
    at_number=True,
)
_WERE_ANALYSED: Final = Rule(
    rf"{N}(?:\s{STUDY}|{_OF_THEM})?\s(?:were|was|are|have been|could be)\s(?:finally\s|actually\s|ultimately\s|then\s)?"
    r"(?:(?:judged|deemed|considered|found|assessed) [^.;,]{3,50} and (?:were )?)?(?:analy[sz]ed|meta-analy[sz]ed|pooled|synthesi[sz]ed)(?P<tail>[^.;:]{0,40})",
    "analysed analyzed pooled synthesised synthesized",
    at_number=True,
)
_ANALYSED_OF_THEM: Final = Rule(
    rf"(?:[,;]|\band|\bbut|\bonly)\s(?:only\s)?{N}\s(?:of (?:these|them|which)\s)?(?:were\s)?(?:meta-)?analy[sz]ed\b(?P<tail>[^.;:]{{0,40}})",
    "analysed analyzed",
)
_IN_META: Final = Rule(
    rf"(?:[;,]|\band|\bwith|\bof which)\s(?:only\s|just\s)?{N}(?:\s(?:of\s(?:these|them|which)|studies|{STUDY}))?\s(?:are\s|were\s)?"
    rf"(?:in|for)\s(?:the|a|our)\s(?P<a>meta-?\s?analys[ei]s|quantitative synthesis)(?P<tail>[^.;:]{{0,40}})",
    "analysis analyses synthesis",
)
_META_OF: Final = Rule(
    rf"\b(?:the|our|this)\s(?P<a>meta-?\s?analysis|quantitative synthesis|data synthesis)\s(?:was\s|is\s|were\s)?"
    rf"(?:includes|included|include|of|is based on|based on|comprised|comprises|covers|covered|combines|combined|used|uses|drew on)"
    rf"\s(?:data from\s|findings from\s|results from\s|evidence from\s|a total of\s)*{N}\s{STUDY}(?P<tail>[^.;:]{{0,40}})",
    "analysis synthesis",
    _STUDIES,
)
_REPORTS_OF: Final = Rule(
    rf"{N}\s{ADJ}(?:reports|papers|articles|publications)\s(?:of|on|about|describing|reporting(?: on)?|evaluating|"
    rf"covering)\s(?P<i>{NX})\s{ADJ}(?P<noun>interventions|programmes|programs|studies|trials)\b",
    "reports papers articles publications",
    "interventions programmes programs studies trials",
    at_number=True,
)
_INCLUDES_REPORTS: Final = Rule(
    rf"\b(?:{REVIEW}|we|it)\s{_INCLUDES}{_EVIDENCE}{_TOTAL}\s{N}\s{ADJ}(?:reports|papers|articles|publications)\b(?P<tail>[^.;:]{{0,40}})",
    _SUBJECTS,
    _VERBS,
    "reports papers articles publications",
)
_INCLUDES_INTERVENTIONS: Final = Rule(
    rf"\b(?:{REVIEW}|we|it|the evidence|studies)\s{_INCLUDES}{_EVIDENCE}{_TOTAL}\s{N}\s{ADJ}(?:interventions|programmes|programs)\b",
    "review map synthesis egm update base study report we it evidence studies",
    _VERBS,
    "interventions programmes programs",
)

_COORDINATED: Final = pattern(
    r"^(?:(?!of which|of these|includ|\(|:|;|, which| were | was | are | is | reported in| published in)[^.]){0,80}?"
    r"(?:\band|\bplus|\bas well as|,)\s(?:a further\s|another\s|an additional\s|from\s)?N\d+N\s"
    r"(?!of\s(?:the|these|them|which))(?:[a-z'-]+\s){0,5}?(?:studies|trials|rcts|study|on|of|that|which|reviews|evaluat\w+|examin\w+|assess\w+|"
    r"quasi-\w+|qualitative|randomi[sz]ed|observational|case)\b"
)
"""A second count in the same breath ("12 trials and 5 cohort studies"): then neither is the whole."""
_BEFORE_COORDINATED: Final = pattern(rf"{NX}\s(?:[a-z'-]+\s){{0,6}}?(?:and|plus|as well as)\s$")
_PARTIAL_TAIL: Final = pattern(
    r"^\s?(?:in|for)\s(?:the|this|that|a|our|each|one|any|both|these|all)?\s?(?:[a-z-]+\s){0,3}?(?:meta|analys|synthes|comparison|subgroup|"
    r"group|outcome|model|regression|category|network)"
)
_RESTRICTED: Final = pattern(r"\b(?:qualitative|quantitative|economic|cost|ongoing|excluded|process|pilot|unpublished|high-quality|"
                             r"low-quality|small|larger?|longitudinal|other|individual|similar|single)\b")  # fmt: skip
_SUBSET: Final = pattern(
    r"^(?:in|for|among|within|on|at|regarding|concerning|of)\s(?:the |these |those |this )?(?!total|this (?:campbell |systematic )*(?:review|map|update)|"
    r"the (?:campbell |systematic )*(?:review|map|update)|all)[a-z]"
)
_OF_ONE_OUTCOME: Final = pattern(
    r"^\s(?:of|on|for|examining|assessing|about|with|at|relating to|that)\s(?!(?:this|the|our)\s(?:review|map|update|overall|effects? of)|data)"
)

_NOT_STUDIES: Final = pattern(r"\b(?:not|nor|never|participants|children|people|countries|percent)\b")
_ALSO: Final = pattern(r"\b(?:also|then|further|additionally)\b")
_IN_THIS_REVIEW: Final = pattern(r"\bthis (?:\w+ ){0,3}(?:review|map)|criteria")
_POTENTIAL: Final = pattern(
    r"\b(?:potentially|possibly|candidate|records?|titles?|abstracts?|citations?|hits|references|duplicates|screen\w*|full[- ]texts?)\b"
)


_COUNTABLE: Final = frozenset(
    f"{_STUDIES} {_PAPERS} analysis analyses synthesis syntheses analysed analyzed pooled synthesised synthesized interventions "
    "programmes programs criteria included".split()
)
"""Every match of a rule has one of them."""


def study_candidates(sentence: Sentence) -> Iterator[Candidate]:
    """Give the counts of studies, reports and interventions that ``sentence`` states."""
    if _COUNTABLE.isdisjoint(sentence.words) or sentence.is_of_other_work:
        return
    if not sentence.starts:
        if any(_NONE_MET.matches(sentence)):
            yield Candidate("studies_included", "0", sentence, 0, "exact", 2)
        return
    yield from _reports(sentence)
    yield from _included(sentence)
    yield from _identified(sentence)
    yield from _analysed(sentence)


def _make(fact: str, match: re.Match[str], sentence: Sentence, tier: int, group: str = "n") -> Iterator[Candidate]:
    number = count_of(match, group)
    if number is not None:
        precision = precision_of(match) if group == "n" and "q" in match.re.groupindex else "exact"
        yield Candidate(fact, str(number), sentence, number, precision, tier)


def _whole(match: re.Match[str], text: str) -> bool:
    """Tell whether the match counts all studies: no partitive before it, no second count beside it."""
    start = match.start("q") if "q" in match.re.groupindex and match["q"] else match.start("n")
    before = text[max(0, start - _NEAR) : start]
    if match.re in _BARE and SOME_OF.search(before):
        return False
    if _is_second_count(text[:start]):
        return False
    rest = text[match.end("n") :]
    return "N" not in rest or not _COORDINATED.search(rest)


def _is_second_count(before: str) -> bool:
    """Tell whether the text before a number ends with another count and an "and"."""
    return before.endswith(("and ", "plus ", "as well as ")) and _BEFORE_COORDINATED.search(before) is not None


def _included(sentence: Sentence) -> Iterator[Candidate]:
    if any(_NONE_MET.matches(sentence)):
        yield Candidate("studies_included", "0", sentence, 0, "exact", 2)
        return
    for rule, tier in (
        (_REPORTED_IN, 1),
        (_REVIEW_INCLUDES, 1),
        (_REVIEW_OF, 2),
        (_OF_WHICH, 2),
        (_OF_THE_FOUND, 2),
        (_WERE_INCLUDED, 1),
        (_THERE_ARE, 1),
        (_THE_INCLUDED, 2),
    ):
        for match in rule.matches(sentence):
            if _states_included(match, sentence):
                # "five qualitative studies" may be all the review has, or a part: believed only if nothing else is said.
                restricted = rule is _REVIEW_INCLUDES and _RESTRICTED.search(match[0]) is not None
                yield from _make("studies_included", match, sentence, 3 if restricted else tier)
    if total := next(_COUNT_IS.matches(sentence), None):
        yield from _make("studies_included", total, sentence, 2, "n" if total["n"] else "m")
    if (
        sentence.kind in SCOPE
        and (drawn := next(_EVIDENCE_FROM.matches(sentence), None))
        and _states_included(drawn, sentence)
    ):
        yield from _make("studies_included", drawn, sentence, 2)
    yield from _found(sentence)


def _found(sentence: Sentence) -> Iterator[Candidate]:
    """Read "we found 12 studies" as included, if nothing sets the found against the used."""
    match = next(_FOUND.matches(sentence), None)
    if (
        not match
        or not _whole(match, sentence.counted)
        or _POTENTIAL.search(match[0])
        or _CUT_DOWN.search(sentence.counted[match.end("n") :])
    ):
        return
    tail = match["tail"]
    if _MEETING.match(tail):
        yield from _make("studies_included", match, sentence, 2)
    elif _contrasted(match, sentence):
        return
    elif sentence.kind in SCOPE and (not tail.strip() or _EVALUATING.match(tail)):
        yield from _make("studies_included", match, sentence, 3)


def _states_included(match: re.Match[str], sentence: Sentence) -> bool:
    text = sentence.counted
    if not _whole(match, text) or _POTENTIAL.search(match[0]):
        return False
    tail = match["tail"] if "tail" in match.re.groupindex and match["tail"] else ""
    if not tail and match.re in (_REVIEW_INCLUDES.regex, _EVIDENCE_FROM.regex):
        tail = text[match.end() :]
    if _PARTIAL_TAIL.match(tail):
        return False
    if match.re is _REVIEW_INCLUDES.regex:
        # "It also includes five qualitative studies" is no whole, but shows that another restricted count is none either.
        return _ALSO.search(match[0]) is None or _RESTRICTED.search(match[0]) is not None
    if _RESTRICTED.search(match[0]):
        return False
    if sentence.kind not in SCOPE and match.re not in (_THE_INCLUDED.regex, _THERE_ARE.regex):
        # Among findings "five studies were included" counts one comparison; only "in this review" makes it the whole.
        return _IN_THIS_REVIEW.search(match[0]) is not None
    return match.re is not _WERE_INCLUDED.regex or not _SUBSET.match(text[: match.start()].strip())


def _contrasted(match: re.Match[str], sentence: Sentence) -> bool:
    """Tell whether a count that was found is set against a smaller one that was used."""
    rest = sentence.counted[match.end("n") :] + " " + sentence.after
    return bool(_CONTRAST.search(rest))


_CONTRAST: Final = pattern(
    rf"\bonly\b|\bof (?:these|which|them|those)\b|\bhowever\b|\bbut\b|;\s{NX}|\bwere (?:excluded|used)|\bincluded\b|\banaly"
)


_CUT_DOWN: Final = pattern(r"\bonly\b|\bhowever\b|\bbut\b|\bwere (?:excluded|used)\b|\bincluded\b")


def _identified(sentence: Sentence) -> Iterator[Candidate]:
    text = sentence.counted
    if sentence.kind not in SCOPE:
        return
    for rule in (_IDENTIFIED, _IDENTIFIED_BY):
        for match in rule.matches(sentence):
            tail = match["tail"] or ""
            if (
                _POTENTIAL.search(match[0])
                or _PARTIAL_TAIL.match(tail)
                or _IDENTIFIED_AS.match(tail)
                or tail.startswith(" eligible")
            ):
                continue
            if not match["n"]:
                yield from _make("studies_identified", match, sentence, 1, "n2")
            elif _whole(match, text):
                yield from _make("studies_identified", match, sentence, 1)


def _analysed(sentence: Sentence) -> Iterator[Candidate]:
    text = sentence.counted
    for rule in (_ANALYSED, _WERE_ANALYSED, _ANALYSED_OF_THEM, _IN_META, _META_OF):
        for match in rule.matches(sentence):
            if _OF_ONE_OUTCOME.match(match["tail"]) or _is_second_count(text[: match.start()]):
                continue
            if sentence.kind not in SCOPE and not (rule is _META_OF and sentence.kind == "main_results"):
                continue
            if _NOT_STUDIES.search(match[0]):
                continue
            yield from _make("studies_analysed", match, sentence, 1)


def _reports(sentence: Sentence) -> Iterator[Candidate]:
    text = sentence.counted
    if sentence.kind not in SCOPE:
        return
    for match in _REPORTS_OF.matches(sentence):
        yield from _make("reports", match, sentence, 1)
        is_study = match["noun"] in ("studies", "trials")
        yield from _make("studies_included" if is_study else "interventions", match, sentence, 1, "i")
    for match in _REPORTED_IN.matches(sentence):
        if _whole(match, text):
            yield from _make("reports", match, sentence, 1, "r")
    for match in _INCLUDES_REPORTS.matches(sentence):
        if _whole(match, text):
            yield from _make("reports", match, sentence, 1)
    for match in _INCLUDES_INTERVENTIONS.matches(sentence):
        # "reviews two interventions: training and subsidies" counts kinds, not what was evaluated.
        many = (count_of(match) or 0) >= _FEW
        if many and not _is_second_count(text[: match.start("n")]):
            yield from _make("interventions", match, sentence, 1)


_FEW: Final = 10
_NEAR: Final = 30
"""Characters in which ``SOME_OF`` finds all it looks for."""
_BARE: Final = frozenset({_WERE_INCLUDED.regex, _REPORTED_IN.regex, _THERE_ARE.regex, _IDENTIFIED.regex})
"""Rules that begin at the number, so that what stands before it must be looked at."""
