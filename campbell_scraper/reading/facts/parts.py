"""The named parts that patterns are composed of: ``{studies}`` in a rule stands for the part "studies"."""

# fmt: off

from __future__ import annotations

import re
from typing import Final

_PERSONS: Final = (
    "abusers adolescents adults apprentices applicants athletes babies beneficiaries borrowers boys bystanders "
    "caregivers carers children citizens clients clinicians consumers couples customers cyclists daughters defendants "
    "delinquents detainees doctors drinkers drivers dropouts dyads elderly employees entrepreneurs farmers fathers "
    "gamblers girls graders graduates grandparents guardians homeowners husbands immigrants individuals infants "
    "informants inmates interviewees juveniles kids kindergarteners kindergartners learners leavers members men "
    "midwives migrants minors mothers neonates newborns nurses offenders officers parents parolees participants "
    "partners patients pensioners people perpetrators personnel persons physicians practitioners preschoolers "
    "prisoners producers pupils readers recipients refugees relatives residents respondents schoolchildren seekers "
    "seniors siblings smokers soldiers sons spouses staff students subjects sufferers survivors suspects teachers "
    "teenagers teens tenants therapists toddlers traders trainees undergraduates users veterans victims villagers "
    "volunteers witnesses wives women workers youngsters youth youths"
)
PARTS: Final[dict[str, str]] = {
    # Numbers.
    "number": r"N\d+N\b",
    "qualifier": r"over|more than|at least|about|around|approximately|roughly|nearly|almost|some|just over",
    "N": r"(?:(?P<q>{qualifier}) )?(?P<n>{number})",
    # Studies: a number, up to seven words, a noun ("12 randomised and quasi-randomised controlled trials").
    "no_adjective": r"of|in|on|for|the|that|which|who|to|from|with|by|at|as|were|was|are|is|be|been|had|have|has|this|"
        r"these|those|per|years?|months?|weeks?|days?|hours?|minutes?|times?|countries|country|participants|people|"
        r"children|reports?|papers?|articles?|publications?|than|but|it|its|their|between|also|only|not|no|such|"
        r"others?|further|additional|systematic|reviews?|meta-analyses|sites|schools|programmes|programs|interventions|"
        r"excluded|ongoing|previous|new|more|primary and secondary",
    "adjectives": r"(?:(?!(?:{no_adjective}|{number})\b)[a-z][a-z'/&-]*,? (?:\([^()]{1,30}\) )?){0,7}?",
    "noun": r"(?:studies|trials|rcts|experiments|(?<!process )evaluations)\b|(?:study|trial|rct)\b(?= (?:is|was|met|"
        r"meets|that|which|from|with|in|of|on|conducted|included)\b|[.,;]|$)",
    "studies": r"{adjectives}{noun}(?: \([^()]{1,40}\))?(?: studies\b)?",
    "the_studies": r"(?:included |eligible )?(?:studies|trials|evaluations|rcts)",
    "papers": r"{adjectives}(?:papers|reports|articles|publications|documents|manuscripts|records)\b",
    "telling_of": r"(?:of|on|about|describ(?:ing|ed?)|report(?:(?:ed)? on|ing(?: on)?)|evaluat(?:ing|ed?)|covering)",
    "programmes": r"{adjectives}(?:interventions|programmes|programs)\b",
    "them": r"which|these|those|them",
    "of_them": r" {studies}| of (?:{them}|the)\b(?: {number})?(?: (?:included|identified|eligible))?(?: (?:studies|"
        r"trials))?",
    # Who includes them.
    "review": r"(?:(?:this|the|our|present|current|updated|campbell|cochrane|systematic|mixed-methods?|rapid|umbrella|"
        r"scoping|evidence|and|gap|plain|new|joint|large|final|whole|full) ){1,7}(?:review|map|synthesis|egm|update|"
        r"evidence base|study|report)(?: update| authors| team| and meta-analysis)?(?: \([^()]{1,20}\))?",
    "this_review": r"(?:this|the) (?:\w+ ){0,2}?(?:review|map)",
    "in_review": r"(?: in {this_review})",
    "authors": r"{review}|we|(?:the )?(?:review )?authors|the review team",
    "search": r"(?:(?:the|our|a) (?:[a-z]+ ){0,3}?search(?:es)?|searching|searches)(?: for studies)?(?: in {number})?",
    "includes": r"(?:(?:has|have|also|now|therefore|thus|finally) )?(?:(?:summari[sz]|synthesi[sz]|includ|compris|"
        r"examin|combin|integrat|featur|analy[sz])e[sd]?|use[sd]?|(?:contain|cover|review|assess|consider|report|"
        r"present|pool|map|look)(?:e?s|p?ed)?(?: on| at)?|incorporat(?:es|ed)|draws?(?: together)? (?:up)?on|(?:is|was|"
        r"are|were) based (?:up)?on|br(?:ings?|ought) together|consist(?:s|ed) of|relies on|(?:is|was) made up of)",
    "evidence": r"(?: (?:the )?(?:[a-z]+ )?(?:evidence|findings?|results|data|research)(?: and [a-z]+)?(?: (?:from|of|"
        r"in|on|based on))?)?(?: (?:from|a total of|in total|altogether|all))?",
    "total": r"(?:a total of |in total,? |in all,? |altogether,? |overall,? )",
    # What is said of them.
    "until": r"(?:up (?:un)?till?|until|till|up to(?: and including)?|through(?: to)?|to|as of|before|by)",
    "D": r"D(?P<d>\d[\d-]*)D(?! ?-)",
    "window": r"(?:between|from|during|in the (?:period|years)|over the period|the period) (?:the (?:years|period) |of "
        r")?(?:(?:from|between) )?D(?P<s>\d[\d-]*)D ?(?:and|to|until|through|up to|-) ?{D}",
    # Places and designs.
    "region": r"(?:(?:(?:the )?(?:north|south|latin|central|east|west|eastern|western|northern|southern|south-east|"
        r"southeast|sub-saharan) )?(?:america|europe|asia|africa)|(?:the )?middle east|(?:the )?caribbean|oceania|"
        r"australasia|scandinavia)(?: \({number}\))?",
    "place": r"C\d+C(?: \((?:C\d+C|[^()CN]{1,30})\))?(?: \((?:C\d+C; )?(?:n ?= ?|k ?= ?)?{number}(?: (?:studies|study|"
        r"trials?))?\))?",
    "place_glue": r"(?:(?:, |,? and ){region})*(?:,? and (?:the )?|, (?:the )?| or (?:the )?| & (?:the )?|,? (?:and "
        r"then|followed by|then) (?:the )?)",
    "places": r"{place}(?:{place_glue}{place})*",
    "found": r"identified|located|found|retrieved",
    "met_criteria": r"(?:(?:met|meet|meets|fulfilled|fulfil|satisfied|satisfy|fitted|fit|matched) (?:all (?:of "
        r")?)?(?:(?:the|our|(?:this|the) review's|its|these|review|pre-?specified|strict) )*(?:(?:inclusion|"
        r"eligibility|selection|inclusion and exclusion|review|study)? ?criteria|inclusion(?=[.,;]|$)))",
    "included": r"(?:(?:are|were|is|was|have been|has been|could be|can be) (?:(?:finally|ultimately|eventually|"
        r"therefore|thus|then) )?(?:(?:identified|found|located|retrieved|judged|deemed|considered|selected) (?:to be |"
        r"as )?(?:eligible )?and )?(?:included|summari[sz]ed|reviewed|synthesi[sz]ed|analy[sz]ed in {this_review}|"
        r"(?:(?:identified as|judged|deemed|considered|found to be|judged to be) )?eligible|selected for inclusion|"
        r"suitable for inclusion)|being included|{met_criteria}|covered (?:by|in) {this_review}|qualif(?:ied|y)(?: for "
        r"(?:inclusion|this review|the review)|(?=[.,;]|$))|made it into {this_review}|contributed (?:data |evidence "
        r")?to {this_review}|(?:makes? up|forms?|constitutes?|made up) the evidence(?: base)?)",
    "described": r",? (?:and|that|which|of which|all|both|each|from|with|on|in total|altogether|in {number} countries|"
        r"[a-z]+ing|[a-z]+ed)\b| \(",
    "only": r"\bonly (?:N\d|a |few|some|those|half|about|around|the|studies|of|included?)",
    "were_included": r"\bincluded\b(?!(?: a total of)? {number} (?:[a-z-]+ ){0,3}?(?:families|households|"
        r"schools|{person})| only (?:[a-z-]+ ){0,2}?{person})",
    "no_other_clause": r"(?:(?!of which|of these|includ|\(|:|;|, which| were | was | are | is | reported in| published "
        r"in)[^.])",
    "second_count": r"(?:(?:a further|another|an additional|from) )?{number} (?!of (?:the|{them}))(?:[a-z'-]+ "
        r"){0,5}?(?:studies|trials|rcts|study|on|of|that|which|reviews|process|quasi-\w+|qualitative|randomi[sz]ed|"
        r"observational|case)\b",
    "some_design": r"(?<!N )(?<!-)\b(?:rcts|randomi[sz]ed(?= (?:[a-z-]+ )?(?:studies|trials|evaluations|experiments)\b)"
        r"|quasi-|qualitative|quantitative|experimental|observational|other|newer|older|earlier|recent|new)\b",
    "with_people": r"(?:with|from|involving|covering|including|based on|reported in)",
    "some_of": r"(?:(?<!total )\bof(?: all)?(?: (?:the|these|those|them|our))?|\b(?:other|further|additional|another|"
        r"remaining|these|those|extra|new|next|first|last|about|in|since|than|to|between|and|or|a further))",
    "one_study_had": r"(?:study|trial)\b(?= (?:had|recruited|enrolled|involved|followed)\b)",
    "end": r"(?=[.,;]|$)",
    "saying_yes": r"(?:(?!(?:not|no|nor|never|none|only|but|excluded|omitted|dropped|removed|left|too|lack\w*|missing|"
        r"without|unable|unsuitable|insufficient|inadequate|ineligible|rather|instead)\b)[a-z][a-z'/-]*,?(?: "
        r"\([^()]{1,30}\))? ){1,16}?",
    "analysis": r"(?:(?:meta-?|network|quantitative|statistical|final|main|overall|data|evidence)"
        r" ?)*(?:meta-? ?analys[ei]s|analys[ei]s|synthes[ei]s)",
    "analysed": r"(?:analy[sz]ed|meta-?analy[sz]ed|(?:statistically )?pooled|synthesi[sz]ed|statistically combined|"
        r"combined statistically)",
    "of_the_told": r"{number} of (?:the|which|these|them)\b|(?<!all )(?<!both )(?<!participants )\bof (?:which|these|"
        r"them)\b",
    # People.
    "person_nouns": "|".join(
        f"{first}(?:{'|'.join(word[1:] for word in _PERSONS.split() if word[0] == first)})"
        for first in sorted({word[0] for word in _PERSONS.split()})
    ),
    "person": r"(?:[a-z]+-)?(?:{person_nouns})\b(?!(?:'s?)? (?:programmes?|programs?|mentoring|interventions?|services|"
        r"courts?|groups?|outcomes?|behaviou?rs?|offending|crime|violence|training|development|employment|education|"
        r"support|care|work|health|schools?|centres?|homes?|gangs?|skills|treatments?|achievement|well-?being|"
        r"projects?|schemes?|policies|clubs?|surveys?|studies|trials|reports?)\b)",
    "word": r"(?:(?!(?:of|in|on|for|the|that|which|were|was|are|is|to|from|with|by|at|per|years?|months?|weeks?|"
        r"studies|study|trials?|countries|schools|sites|classes|households|families|communities|villages|effect|"
        r"outcomes?|interventions?|programmes?|programs?|reports?|papers)\b)[a-z][a-z'/-]*,? )",
    "had": r"(?:(?:involve|include|comprise|examine|describe|evaluate|feature)[sd]?|cover(?:s|ed)?|enrol(?:led|l)?|"
        r"(?:randomly )?(?:allocated|assigned)|randomi[sz]ed?|recruit(?:ed)?|reach(?:ed)?|represent(?:ed)?|"
        r"follow(?:ed)?(?: up)?|stud(?:ied|y)|test(?:ed)?|survey(?:ed)?|monitored|observed|sampled|engaged|looked at|"
        r"concern(?:ed)?|assess(?:ed)?|analy[sz]ed?|tracked|dealt with|focus(?:ed)? on|investigated?|explored?|"
        r"number(?:ed)?|total(?:led)?|makes? up|made up|contain(?:ed)?|(?:had|has|have)(?: (?:enrolled|recruited|"
        r"randomi[sz]ed|included|involved))?|(?:report(?:ed)?|use[ds]?|drew on|draw on|gave|provided?|examined|"
        r"collected|obtained|gathered|evaluated|assessed|measured|presented|contributed|contained)(?: (?:the|outcome)"
        r")?(?: (?:data|outcomes|results|findings|information))? (?:from|on|for|about|of|in|among))",
    "people": r"(?:(?P<q>{qualifier}) )?(?P<n>{number}) {word}{0,4}?{person}(?P<p>)",
    "nearly_all": r"(?:(?:all|both) )?(?:of )?(?:the|these|those|our|all)",
    "all_studies": r"{nearly_all} (?:{number} )?(?:(?:included|eligible|identified|reviewed|relevant|selected) "
        r")*(?:studies|trials|evaluations|experiments|rcts)\b(?:'| (?:that |which )?we included|(?! (?:on|about|with|"
        r"for|without|using|that|which|of (?!{this_review})|in (?!{this_review}|total|all)|from (?!N\d))\b))",
    "in_sum": r"(?:in total|in all|in sum|all in all|all told|altogether|all together|overall|together|collectively|"
        r"combined|taken together|between them)",
    "came_to": r"(?:was|is|of|were|included|comprised|consisted of|(?:came|comes|amount(?:s|ed)|summed|adds? up|added "
        r"up) to|reached|exceed(?:s|ed)|stood at|numbered|totall?ed)",
    "totalled": r"(?:an? (?:overall |combined )?total(?: sample)? of|altogether|in total,?|a sample of|totall?ing|data "
        r"(?:from|on|for))",
    "like_this": r"(?:who|whose|ranging|varying|aged|mostly|mainly|(?:most|half|all|both|some|many|N\d+N|two thirds|a "
        r"third|the majority|N\d+N thirds) of whom|of whom)",
    "subject_of_all": r"(?:(?:however|{in_sum}),? )*(?:only |just )?(?:(?:in|across|from|among|over) {all_studies}|"
        r"(?:they|these|it|we|there|this|which|samples?|sizes|participants|data|a (?:total|combined))\b|the (?:review|"
        r"authors|evidence|data|samples?|participants|numbers?|total|combined|study)\b|{all_studies}|(?:included "
        r")?(?:studies|trials)\b|{number}(?! (?:new|other|further|additional|more)\b)|{had}\b|$)",
    "took_part": r"(?:took part|participated|(?:are|were|was|have been|had been) (?:also )?(?:included|involved|"
        r"enrolled|recruited|randomi[sz]ed|randomly (?:assigned|allocated)|studied|surveyed|represented|covered|"
        r"followed))",
    "were_studied": r"[.,;:()]|$| \(| (?:in|from|aged|across|with|at|who|that|and|of|on|living|took part|participated)"
        r"\b| (?:were|was|are|have been) (?:included|randomi[sz]ed|randomly|enrolled|recruited|studied|followed|"
        r"analysed|involved|part|in|from)\b",
    "gap": r"(?:[^.;:N(]|\([^()]*\)|{number}(?! (?:families|households|couples|with|were|was|had|did|of {them}|"
        r"compared|followed|used|[a-z]+ed|{adjectives}{noun})\b)){0,90}?",
}
_NAMED: Final = re.compile(r"\{([A-Za-z_]+)\}")


def composed(source: str) -> str:
    """Return the regular expression of a pattern, its parts put in; a part is one group wherever it stands."""
    while _NAMED.search(source):
        source = _NAMED.sub(lambda part: f"(?:{PARTS[part[1]]})", source)
    return source
