"""How many people took part in all the studies together: the rules.

A number of people counts only beside the number of all included studies (group ``k``), where the text calls it the
total, or where the text gives it for "the studies" as such.
"""

# fmt: off

from __future__ import annotations

from typing import Final

from .rule import DEFINITE, EXPLICIT, Rule

_TOTAL: Final = ("range", "in places", "of some studies", "second people", "more people", "did something else",
                 "or more", "part of the people", "for some", "in an analysis", "some of them before",
                 "something else was done")
_PART: Final = (*_TOTAL[:8], "sizes of studies")
_ALONE: Final = (*_PART, "of few")
_NO_NOUN: Final = ("range", "for some", "did something else", "part of the people")
"""Signs that a number of people is of one study, one group or one analysis."""
_OF_ALL: Final = ("counts all", "told")

PEOPLE: Final = (
    Rule("studies with people", "participants", EXPLICIT, unless=(*_PART, "part of them"),
         reads="We included 9 studies, with 340 boys.", value="340",
         rejects="We included 9 trials. Six studies with 340 boys failed.",
         pattern=r"(?P<k>{number}) (?:{studies}|(?:were|are) included)(?:{gap},? \(?(?:with|among|from|of|on|in|and|"
         r"for|(?:in|for|from|to) which|(?:involv|includ|compris|cover|enroll|recruit|represent|follow|total|amount|"
         r"report|add)[a-z]*ing(?: up)?(?: on| to)?|(?:which|that|(?<!, )and|and they|and these(?: studies| trials)?|"
         r"and the (?:studies|trials)) (?:{in_sum},? )?{had})|,|:|{gap} \(|{gap}, {had}|(?<=[se])(?: (?:that|which)"
         r" {met_criteria}|(?: that were)? included)?(?:{in_review})?,? (?:{in_sum},? )?{had}) ?(?:(?:with "
         r")?{totalled} )?(?:(?:data (?:from|on|for)|results for) )?(?:n ?= ?)?{people}"),
    Rule("people in studies", "participants", unless=_PART, reads="We included 340 boys in 9 studies.", value="340",
         rejects="We included 9 trials. There were 340 boys in six studies.",
         pattern=r"{people}(?:,? (?:(?:who )?(?:took part|participated|aged [a-zN0-9 ]{1,20}|were involved) )?\(?(?:in|"
         r"across|from) | \()(?:(?:the|all|these|a total of) )?(?P<k>{number}) {studies}"),
    Rule("people in the studies", "participants", EXPLICIT, unless=_ALONE, given=_OF_ALL,
         reads="We included 9 trials. In all, 340 boys were in the studies.", value="340",
         rejects="We included 9 trials. One had 340 boys, most in the studies.",
         pattern=r"{people}(?! (?:and|or|to)\b)(?:[^.;:,()]{0,70}?|,[^.;:()]{3,60}, {took_part}) (?:in|across|from) "
         r"(?:{all_studies}|them)(?={end}|\)| (?:combined|together|altogether|overall)\b|{in_review}| "
         r"of {this_review})"),
    Rule("in the studies there were people", "participants", EXPLICIT, unless=_ALONE, given=_OF_ALL,
         reads="We included 9 trials. Across the studies there were 340 boys.", value="340",
         rejects="We included 9 trials. Across six studies there were 340 boys.",
         pattern=r"^(?:{in_sum},? )?(?:in|across|among|over|within) (?:{all_studies}|(?:included )?studies\b(?! of))"
         r"(?: (?:combined|together|taken together))?(?: included)?(?:{in_review})?,? (?:(?:there (?:were|are|was|is)"
         r"(?: a)?|we (?:had|have)|(?:data|information|results) (?:were|are) (?:(?:available|reported|collected|"
         r"gathered) )*(?:for|from|on)) |(?=[^.;:]{0,160} {took_part}))(?:data (?:from|on) )?(?:a total of )?{people}"),
    Rule("total of people", "participants", EXPLICIT, unless=_TOTAL, given=("counts all", "subject is all"),
         reads="We included 9 trials. They had a total of 340 boys.", value="340",
         rejects="We included 9 trials. In six studies there was a total of 340 boys.",
         pattern=r"(?:\btotal of|\ba combined|\b{in_sum},?(?: only| just| there (?:were|are)| (?:data|results) (?:were|"
         r"are) (?:available|reported) (?:for|from|on)| [a-z ]{0,30}{had})?|\b(?:totall?ing|adding up to|amounting to|"
         r"giving|making)|\b(?:total|combined|overall|pooled|aggregate|samples?(?: sizes?)?)\b(?: (?:in|across|of|from)"
         r" {all_studies})?[a-z ]{0,30} {came_to}) {people}"),
    Rule("people in total", "participants", EXPLICIT, unless=_TOTAL, given=("counts all", "subject is all"),
         reads="We included 9 trials. They had 340 boys in total.", value="340",
         rejects="We included 9 trials. Six studies had 340 boys in total.",
         pattern=r"{people}(?: (?:taking part|overall|took part|participated|(?:were|was) (?:included|involved|"
         r"enrolled|recruited|randomi[sz]ed|studied|surveyed)))?,? (?:when )?{in_sum}\b"),
    Rule("they had people", "participants", unless=(*_PART, "of few", "for some"), given=_OF_ALL,
         reads="We included 9 trials. They had 340 boys.", value="340",
         rejects="We included 9 trials. They had over 30 boys.",
         pattern=r"(?:^|[,;] |^{in_sum},? )(?:they|these|(?:the|these|all)(?: of the)?|(?=studies|trials|included))(?: "
         r"(?P<k>{number}))?(?: ?included)?(?: ?(?:studies|trials|rcts|evaluations)(?:, (?:which|that|all|published|"
         r"conducted)\b[^.;:]{3,70},)?)?(?:{in_review}| included)*(?: {in_sum},?)? (?:{had}|(?:were|are) [a-z]+ "
         r"(?:with|among|on)|[a-z]+ [^.;:]{3,140}?(?:,? and (?:{in_sum} )?{had}|, (?:with|involving)))(?: data (?:from|"
         r"on|for))?(?: {number} (?:schools|classes|villages|communities|sites|clinics) and)? {people}"),
    Rule("people took part", "participants", unless=_ALONE, given=_OF_ALL,
         reads="We included 9 trials. About 340 boys took part.", value="340",
         rejects="We included 9 trials. About 340 boys took part in the largest.",
         pattern=r"^(?:{total})?{people}(?:(?! in (?!{all_studies}|total|all|them))"
         r"[^.;:()N]){0,60}? {took_part}(?={end}| (?:in (?:them|total|all|{all_studies})|for)\b)"),
    Rule("data from people", "participants", unless=_ALONE, given=_OF_ALL,
         reads="We included 9 trials. The findings are from 340 boys.", value="340",
         rejects="We included 9 trials. The findings are from 340 boys in Chile.",
         pattern=r"^(?:(?:(?:the|our|these) )?(?:results|findings|evidence|review|conclusions) (?:is|are|was|were) "
         r"(?:[a-z]+ )?(?:based on|drawn from|from)|(?:the|this|our) (?:\w+ )?(?:review|evidence) (?:includes?|"
         r"included|covers?|covered|comprises?|comprised)|we (?:had|have|used|analy[sz]ed)|data (?:were|was|are) "
         r"available (?:from|for|on)) (?:data (?:from|on|for) )?{people}(?![^.;:]* (?:for|on|in) (?!total|all\b))"),
    Rule("participants were", "participants", unless=_ALONE, given=("counts all", "told or nothing told"),
         reads="We included 9 trials. Participants were 340 girls.", value="340",
         rejects="We included 9 trials. Participants were 340 girls in some.",
         pattern=r"^(?:(?:the|their|all|study|the studies') )*(?:participants|samples?|study populations?)(?: (?:in|of)"
         r" {all_studies})?(?: {came_to}|:|,) (?:a total of )?{people}"),
    Rule("size in brackets", "participants", EXPLICIT, reads="We included 9 studies (n = 340).", value="340",
         rejects="We included 9 studies. Seven trials (n = 340) failed.",
         pattern=r"(?P<k>{number}) {adjectives}{noun} \((?:total )?n ?= ?{N}\)"),
    Rule("sample is", "participants", unless=_NO_NOUN, given=("told or nothing told",),
         reads="We included 9 trials. The total number of boys was 340.", value="340",
         rejects="We included 9 trials. The total number of schools was 340.",
         pattern=r"(?:\b(?:total|overall|combined|pooled|aggregate) (?:number of (?:study )?{person}(?: [a-z]+){0,5}?|"
         r"(?:study )?(?:sample(?: size)?|population))|\bnumber of (?:study )?{person} (?:included )?(?:in|across)|"
         r"^(?:in|across|over|among) {all_studies},? (?:the )?number of {person}(?: [a-z]+){0,3}?)(?: (?:(?:in|across|"
         r"of|for) )?{all_studies}[a-z ]{0,40})? {came_to} {N}(?! (?:studies|trials|schools|families|households))"),
    Rule("participants numbered", "participants", unless=_NO_NOUN, given=("told or nothing told",),
         reads="We included 9 trials. Participants numbered 340.", value="340",
         rejects="We included 9 trials. Participants numbered 340 in Chile alone.",
         pattern=r"(?:^|, and (?=their ))(?:participants (?:in|of|across) {all_studies}|the number of (?:study "
         r")?{person}|(?:(?:the|all|their|sampled|included|study) )*{person}) {came_to} (?:a total of )?{N}(?={end}|"
         r" {in_sum}\b)"),
    Rule("sample size", "participants", unless=_NO_NOUN, given=("told or nothing told",),
         reads="We included 9 trials. Sample sizes summed to 340.", value="340",
         rejects="We included 9 trials. Sample sizes ranged from 34 to 400.",
         pattern=r"\b(?:(?:participants|sample(?: size)?)(?::| ?=| numbering| adding up to)|total n ?=|sample sizes? "
         r"(?:totall?ed|added up to|summed to)|sample(?: of|,? n ?=)|number of participants,?|participants,? \(?n ?=)"
         r" ?(?:a total of )?{N}(?={end}|\)| {in_sum}\b)"),
    Rule("the participants", "participants", DEFINITE, unless=_ALONE,
         given=("the participants before", "counts all", "told"),
         reads="We included 9 trials. Most of the 340 boys were young.", value="340",
         rejects="We included 9 trials. Most of the 340 boys in one trial were young.",
         pattern=r"{N} (?:(?:participating|included|enrolled) )?{person}(?:,| )(?:(?<=,) (?:half|most|about|over|"
         r"around|more than|N?\d[^ ]*)|were|was|are|is|had|came|come|ranged|aged) (?!in (?:one|some))"),
)
