"""What the rules that count studies share: the words around a number that make it the whole, a part, or something else."""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .grammar import NX, REVIEW, SOME_OF, Candidate, Sentence, count_of, need, pattern, precision_of
from .persons import PERSON

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

STUDIES: Final = "studies study trials trial rcts rct experiments evaluations"
SUBJECTS: Final = "review map synthesis egm update base study report we it authors team overview"
PAPERS: Final = "papers reports articles publications documents manuscripts records"
VERBS: Final = (
    "summarises summarised summarise summarizes summarized summarize synthesises synthesised synthesise synthesizes synthesized "
    "synthesize include includes included comprises comprise comprised contain contains contained cover covers covered review "
    "reviews reviewed analyses analysed analyzes analyzed assesses assessed examines examined consider considers considered "
    "incorporates incorporated draw draws based brings brought report reports reported consists consisted combines combined "
    "integrates integrated presents presented present pool pools pooled looks look looked relies uses used maps mapped features "
    "featured has shows lists made"
)
"""Words of which a rule needs one; the verbs are those of ``INCLUDES``."""

INCLUDES: Final = (
    r"(?:(?:has |have |also |now |therefore |thus |finally )?(?:summari[sz]es?d?|synthesi[sz]es?d?|includes?d?|included|"
    r"compris(?:es?|ed)|contain(?:s|ed)?|cover(?:s|ed)?|review(?:s|ed)|analys(?:es|ed)|analyz(?:es|ed)|assess(?:es|ed)|"
    r"examin(?:es|ed)|consider(?:s|ed)?|incorporat(?:es|ed)|"
    r"draws?(?: together)?\s(?:up)?on|is based (?:up)?on|was based (?:up)?on|are based (?:up)?on|were based on|"
    r"br(?:ings?|ought) together|report(?:s|ed)(?: on)?|consist(?:s|ed) of|combin(?:es|ed)|integrat(?:es|ed)|"
    r"presents|present(?:s|ed)|pools?(?:ed)?|looks? at|looked at|relies on|uses|used|maps|mapped|featur(?:es|ed)|"
    r"is made up of|was made up of))"
)
EVIDENCE: Final = (
    r"(?:\s(?:the\s)?(?:available\s|existing\s|research\s|quantitative\s|best\s)*(?:evidence|findings?|results|data|"
    r"research|information)(?:\sand (?:findings|results|evidence|data))?(?:\s(?:from|of|in|provided by|based on|on the basis of|across|gathered from))?)?"
)
TOTAL: Final = r"(?:\s(?:from|a total of|in total|altogether|all))?"
BY: Final = rf"(?:{REVIEW}|we|the authors|authors|the review team)"
"""Who includes, finds and analyses."""
OF_THEM: Final = rf"(?:\s(?:of\s(?:which|these|them|those|the)\b|(?:of the|of these)\s{NX}\b)(?:\s(?:included|identified|eligible)\s?)?)?(?:\s?(?:studies|trials))?"

CRITERIA: Final = (
    r"(?:(?:met|meet|meets|fulfilled|fulfil|satisfied|satisfy|fitted|fit|matched)\s(?:all\s(?:of\s)?)?(?:the\s|our\s|(?:this|the) review's\s|its\s|these\s|review\s|pre-?specified\s|strict\s)*"
    r"(?:(?:inclusion|eligibility|selection|inclusion and exclusion|review|study)?\s?criteria|inclusion(?=[.,;]|$)))"
)
SAID: Final = (
    r"(?:(?!(?:not|no|nor|never|none|only|but|excluded|omitted|dropped|removed|left|too|lack\w*|missing|without|unable|"
    r"unsuitable|insufficient|inadequate|ineligible|rather|instead)\b)[a-z][a-z'/-]*,?(?:\s\([^()]{1,30}\))?\s){1,16}?"
)
"""Words that say something good of studies, without another number and without saying no."""
PREDICATE: Final = (
    r"(?:(?:are|were|is|was|have been|has been|could be|can be)\s(?:(?:finally|ultimately|eventually|therefore|thus|then)\s)?"
    r"(?:(?:identified|found|located|retrieved|judged|deemed|considered|selected)\s(?:to be\s|as\s)?(?:eligible\s)?and\s)?"
    r"(?:included|summari[sz]ed|reviewed|synthesi[sz]ed|analy[sz]ed in (?:this|the) (?:\w+ )?review|(?:(?:identified as|judged|deemed|considered|found to be|judged to be)\s)?eligible|selected for inclusion|suitable for inclusion)"
    rf"|being included|{CRITERIA}|covered (?:by|in) (?:this|the) (?:review|map)|(?:qualified|qualify)(?: for (?:inclusion|this review|the review)|(?=[.,;]|$))|made it into (?:this|the) review|contributed (?:data |evidence )?to (?:this|the) review|"
    r"(?:make up|makes up|form|forms|constitute|constitutes|made up) the evidence(?: base)?(?: (?:of|for) (?:this|the) review)?)"
)
ASIDE: Final = (
    r",? (?:(?:reported|described|published|documented|conducted|carried out|undertaken|performed) (?:in|across|between|from|by)|"
    r"from|with|in|by|using|who|[a-z]+ing|reporting on|representing|on|of(?! which| these| them| those)|that|which|all|both|each)\b"
)
"""What may stand between the studies and what is said of them."""

_COORDINATED: Final = pattern(
    r"^(?:(?!of which|of these|includ|\(|:|;|, which| were | was | are | is | reported in| published in)[^.]){0,80}?"
    r"(?:\band|\bplus|\bas well as|,)\s(?:a further\s|another\s|an additional\s|from\s)?N\d+N\s"
    r"(?!of\s(?:the|these|them|which))(?:[a-z'-]+\s){0,5}?(?:studies|trials|rcts|study|on|of|that|which|reviews|protocols|evaluat\w+|examin\w+|assess\w+|"
    r"quasi-\w+|qualitative|randomi[sz]ed|observational|case)\b"
)
"""A second count in the same breath ("12 trials and 5 cohort studies"): then neither is the whole."""
_BEFORE_COORDINATED: Final = pattern(rf"{NX}\s(?:[a-z'-]+\s){{0,6}}?(?:and|plus|as well as)\s$")
_SECOND: Final = (", N", "and N", "plus N", "as N", "further N", "another N", "additional N", "from N")
"""Every match of ``_COORDINATED`` has one of them."""
_COUNTS: Final = pattern(rf"(?P<n>{NX})")
_NEAR: Final = 30
"""Characters in which ``SOME_OF`` finds all it looks for."""

PARTIAL_TAIL: Final = pattern(
    r"^\s?(?:in|for)\s(?:the|this|that|a|our|each|one|any|both|these|all)?\s?(?:[a-z-]+\s){0,3}?(?:meta|analys|synthes|comparison|subgroup|"
    r"group|outcome|model|regression|category|network)"
)
RESTRICTING: Final = need(
    "qualitative quantitative economic cost ongoing excluded process pilot unpublished high low small large larger longitudinal other "
    "individual similar single such"
)
"""Every match of ``RESTRICTED`` has one of them."""
RESTRICTED: Final = pattern(
    r"\b(?:qualitative|quantitative|economic|cost|ongoing|excluded|process|pilot|unpublished|high-quality|"
    r"low-quality|small|larger?|longitudinal|other|individual|similar|single|such)\b"
)
POSSIBLE: Final = need(
    "potentially possibly candidate record records title titles abstract abstracts citation citations hits references duplicates full "
    "screen screened screening"
)
"""Every match of ``POTENTIAL`` has one of them."""
POTENTIAL: Final = pattern(
    r"\b(?:potentially|possibly|candidate|records?|titles?|abstracts?|citations?|hits|references|duplicates|screen\w*|full[- ]texts?)\b"
)
STUDIES_NAMED: Final = pattern(r"\b(?:studies|trials|evaluations|experiments)\b")
NOT_STUDIES: Final = pattern(r"\b(?:not|nor|never|participants|children|people|countries|percent)\b")
_WAS_INCLUDED: Final = rf"\bincluded\b(?!(?: a total of)? {NX} (?:[a-z-]+ ){{0,3}}?(?:families|households|schools|{PERSON})| only (?:[a-z-]+ ){{0,2}}?{PERSON})"
"""Studies were included, or the included studies; not: studies that "included 30,120 students"."""
_ONLY: Final = r"\bonly (?:N\d|a |few|some|those|half|about|around|the|studies|of|included?)"
"""Only 40 of them, and not "only people in nursing homes"."""
CONTRAST: Final = pattern(
    rf"{_ONLY}|\bof (?:these|which|them|those)\b[^.;]{{0,90}}\b(?:used|(?:were|was|be) (?:[a-z]+ )?included|analy\w+|eligible|met|could|sufficient|pooled|meta|excluded|(?:had|provided|reported|contained|contributed|gave)(?: [a-z]+){{0,3}} (?:data|information)|enough|suitable|synthes\w+|quality)\b|\bhowever\b|\bbut\b|;\s{NX}\b(?!\s(?:[a-z-]+\s){{0,3}}?{PERSON})|\bwere (?:excluded|used)|\bexcluding\b|\bafter (?:removing|exclusion)|\bremain(?:ed|ing|s)?\b|\bleaving\b|{_WAS_INCLUDED}|\banaly|\bcould be\b"
)
_ALL_WERE: Final = pattern(
    rf"\ball(?: but {NX})?(?: of (?:these|them|which|those)| {NX})? (?:were|are|could be) [a-z]+\b"
)
"""All were used: no smaller number is set against those found."""
CUT_DOWN: Final = pattern(
    rf"{_ONLY}|\bhowever\b|\bbut\b|\bwere (?:excluded|used)\b(?! in (?:the|a) (?:meta|data synth|quant|analys))|{_WAS_INCLUDED}"
)


def make(fact: str, match: re.Match[str], sentence: Sentence, tier: int, group: str = "n") -> Iterator[Candidate]:
    """Yield the candidate a match's number makes; none if it may be a year."""
    number = count_of(match, group)
    if number is not None and not sentence.counted.endswith("all but ", 0, match.start(group)):
        precision = precision_of(match) if group == "n" and "q" in match.re.groupindex else "exact"
        yield Candidate(fact, str(number), sentence, number, precision, tier)


def is_whole(match: re.Match[str], text: str, *, bare: bool = False) -> bool:
    """Return whether the match counts all studies: no second count beside it, and no partitive before a ``bare`` one."""
    start = match.start("q") if "q" in match.re.groupindex and match["q"] else match.start("n")
    if bare and SOME_OF.search(text[max(0, start - _NEAR) : start]) and not _begins_clause(text[:start]):
        return False
    if is_second_count(text[:start]):
        return False
    rest = text[match.end("n") :]
    if not any(sign in rest for sign in _SECOND) or not _COORDINATED.search(rest):
        return True
    return _adds_up(rest, count_of(match))


def _adds_up(rest: str, whole: int | None) -> bool:
    """Return whether the counts that follow are the parts of ``whole``: "16 studies, ten from Norway and six from Chile"."""
    left = whole or 0
    for number in _COUNTS.finditer(rest):
        left -= count_of(number) or 0
        if left <= 0:
            break
    return whole is not None and left == 0


def _begins_clause(before: str) -> bool:
    """Return whether a number stands behind a clause that is not on studies: "410 texts were read, and 29 studies …"."""
    return before.endswith(", and ") and not STUDIES_NAMED.search(before)


def is_second_count(before: str) -> bool:
    """Return whether the text before a number ends with another count and an "and"."""
    return before.endswith(("and ", "plus ", "as well as ")) and _BEFORE_COORDINATED.search(before) is not None


def is_contrasted(sentence: Sentence, at: int, whole: int | None) -> bool:
    """Return whether the ``whole`` that was found is set, after ``at``, against a smaller number that was used."""
    if sentence.following.startswith("of these") and _adds_up(sentence.after, whole):
        return False  # eight of high quality, 20 of medium and 17 of low quality
    rest = sentence.counted[at:] + " " + sentence.after
    return bool(CONTRAST.search(_ALL_WERE.sub("", rest) if " all " in rest else rest))
