"""Who counts as people in a study, and the wordings that say a number of them is of all studies. Vocabulary only, no logic."""

# ruff: noqa: E501  (a rule reads best whole)

from __future__ import annotations

from typing import Final

from .grammar import NX, STUDY, N, need, pattern

WORD: Final = (
    r"(?:(?!(?:of|in|on|for|the|that|which|were|was|are|is|to|from|with|by|at|per|years?|months?|weeks?|studies|study|"
    r"trials?|countries|schools|sites|classes|households|families|communities|villages|effect|outcomes?|interventions?|programmes?|programs?|reports?|papers)\b)"
    r"[a-z][a-z'/-]*,?\s)"
)
PERSONS: Final = (
    "participants people persons individuals children students pupils parents mothers fathers women men youth youths "
    "adolescents adults patients survivors offenders prisoners inmates juveniles girls boys learners teachers "
    "caregivers carers respondents subjects infants babies residents workers employees clients victims toddlers "
    "preschoolers teenagers teens veterans refugees migrants immigrants farmers users smokers drinkers perpetrators "
    "defendants probationers parolees detainees nurses physicians officers practitioners trainees jobseekers seekers "
    "beneficiaries recipients citizens couples dyads elderly consumers readers kindergartners kindergarteners "
    "undergraduates graduates volunteers members claimants complainants youngsters schoolchildren grandparents "
    "witnesses jurors suspects soldiers athletes drivers villagers borrowers entrepreneurs apprentices relatives siblings "
    "spouses seniors pensioners applicants bystanders tenants leavers dropouts newborns neonates kids staff personnel clinicians "
    "doctors midwives therapists principals graders freshmen returnees arrestees batterers abusers delinquents gamblers "
    "sufferers partners wives husbands daughters sons guardians minors adoptees interviewees informants producers traders "
    "customers motorists orphans cyclists commuters riders pedestrians homeowners householders taxpayers earners"
)
NAMES_PERSONS: Final = need(f"{PERSONS} sample number n them")
"""A total of people has one of them."""
_NOUNS: Final = "|".join(
    f"{first}(?:{'|'.join(word[1:] for word in sorted(PERSONS.split()) if word[0] == first)})"
    for first in sorted({word[0] for word in PERSONS.split()})
)
"""The nouns by their first letters, of which twenty are tried at a word, and not two hundred."""
PERSON: Final = (
    rf"(?:[a-z]+-)?(?:{_NOUNS})\b"
    # A person, not what is done for them: "three youth programmes".
    r"(?!(?:'s?)?\s(?:programmes?|programs?|mentoring|interventions?|services|courts?|groups?|outcomes?|behaviou?rs?|offending|crime|"
    r"violence|training|development|employment|education|support|care|work|health|schools?|centres?|homes?|gangs?|skills|"
    r"treatments?|achievement|well-?being|projects?|schemes?|policies|clubs?|surveys?|studies|trials|reports?)\b)"
)
_IN_SUM: Final = r"(?:in total|in all|in sum|all in all|all told|altogether|all together|overall|together|collectively|combined|taken together)"
_TOTALLED: Final = (
    r"(?:an? (?:overall |combined |grand |joint )?total (?:sample )?(?:size )?of|a combined|an? (?:combined|overall|total|pooled|aggregate) (?:sample|population)(?: size)? of|"
    r"altogether|in total,?|a sample of|totall?ing|(?:outcome )?(?:data|information|results|findings|outcomes) (?:from|on|for|about)|the participation of)"
)
PEOPLE: Final = pattern(rf"{N}\s{WORD}{{0,4}}?{PERSON}")
HAD: Final = (
    r"(?:involve[sd]?|include[sd]?|cover(?:s|ed)?|enrol(?:led|l)?|comprised?|contain(?:ed)?|report(?:ed)? on(?: (?:the )?[a-z]+ (?:of|for|among))?|report(?:ed)? data (?:from|on|for)|(?:ha[ds]|have)(?: (?:enrolled|recruited|randomi[sz]ed|included|involved))?|randomi[sz]ed?|"
    r"recruit(?:ed)?|reach(?:ed)?|represent(?:ed)?|follow(?:ed)?(?: up)?|stud(?:ied|y)|test(?:ed)?|survey(?:ed)?|drew on(?: data (?:from|on|about))?|draw on(?: data (?:from|on|about))?|used data (?:from|on|about)|monitored|observed|sampled|engaged|examined?(?: data (?:from|on))?|"
    r"looked at|concern(?:ed)?|assess(?:ed)?|evaluated?|provided? data (?:from|on|for)|gave data (?:from|on|for)|analy[sz]ed?|collected data (?:from|on)|(?:randomly )?(?:allocated|assigned)|(?:evaluated|assessed|examined|measured|reported|gave|provided|presented|contributed|contained|collected) (?:outcomes|results|findings|data|information|outcome data) (?:for|of|in|on|from|about)|tracked|dealt with|focus(?:ed)? on|investigated?|explored?|describe[sd]?|polled|featured?|(?:obtained|gathered) data (?:from|on)|number(?:ed)?|total(?:led)?|makes? up|made up)"
)
"""What studies do to the people in them."""
_PLACES_TOO: Final = (
    rf"(?:(?:about |over |around |more than |nearly |almost |some )?{NX} "
    r"(?:schools|classes|classrooms|villages|communities|sites|clinics|hospitals|prisons|homes|cent(?:re|er)s|districts|areas) and )?"
)
"""Places counted beside the people: "about 12,300 schools and more than 8 million students"."""
_TOGETHER: Final = r"(?:(?:together|altogether|in total|in all|between them|collectively),?\s)?"
OF_STUDIES: Final = pattern(
    r"(?:(?:(?!(?:follow-up|complete) data|N\d+N (?:families|households|couples|with|were|was|had|did|of (?:these|them|which)|compared|followed|used|included|covered)\b|(?<!study, )\b(?:an?|one|another) (?:[a-z-]+ )?(?:trial|study)\b)[^.;:]){0,90}?,?\s(?:\(with|\(|with|among|involving|covering|including|comprising|from|of|on|in|enrolling|following|studying|testing|surveying|assessing|tracking|randomising|recruiting|representing|reporting on|(?:in|for|from|to) which|"
    rf"(?:which|that)\s{_TOGETHER}(?:involv|includ|cover|enrol|compris|report|recruit|randomi|analys)\w*|and|totall?ing|adding up to|amounting to|for|encompassing|containing|using data on|analysing|evaluating|examining)|"
    # The studies themselves do something, and no other count stands between.
    rf"(?:(?!{NX})[^.;:]){{0,90}}?(?:\b(?:which|that)|(?<!,) and|(?<=criteria,) and|,? and (?:they|these(?: studies| trials)?|the (?:studies|trials))) {_TOGETHER}{HAD}|,|"
    rf" \({NX} [a-z]+[;,]|:|"
    rf"(?: (?:that|which) (?:met|meet|fulfilled|satisfied) [a-z' -]{{3,40}}criteria| (?:that (?:were|are) )?included)?(?: in (?:this|the) (?:\w+ )?review)?,? {_TOGETHER}{HAD})"
    rf"(?:\s(?:with )?(?:{_TOTALLED}\s)?(?:data (?:from|on|for)\s|results for\s)?|(?<=\()(?:n ?= ?)?)$"
)
"""What leads from the studies to the people in them."""
TOTAL_BEFORE: Final = pattern(
    rf"\b(?:total of|(?:in total|in all|in sum|all in all|all told|altogether|all together|overall),?(?: only| just)?|a combined)\s$|"
    rf"\b{_IN_SUM},? (?:there (?:were|are)|(?:data|results|outcomes|information) (?:were|was|are) (?:available|reported|collected|obtained) (?:for|from|on)|[a-z ]{{0,30}}(?:{NX} [a-z ]{{0,30}})?{HAD})\s$|"
    rf"\b(?:totall?ing|adding up to|amounting to|giving|making|for) (?:a (?:combined |grand |overall )?total of )?(?<!for )$|\bbetween them,? [a-z ]{{0,30}}{HAD}\s$|\bthe total (?:was|is|came to|comes to|reached|amount(?:s|ed) to)\s$|"
    rf"\b(?:total|combined|overall|pooled|aggregate) (?:study )?(?:sample|population|number|total)(?: size)?(?: of (?:study )?{PERSON})?(?: (?:in|across|of|for|from) (?:the|all|these)(?: {NX})?)?(?: [a-z]+){{0,3}}? (?:was|is|of|were|included|comprised|consisted of|came to|comes to|reached|amount(?:s|ed) to|stood at|numbered|totall?ed)\s$|"
    rf"\bsample(?:s| sizes?)(?: (?:in|across|of|from) (?:the|all|these)(?: {NX})?(?: included)? (?:studies|trials))? (?:together )?(?:totall?ed|add(?:ed)? up to|summed to|amounted to|came to|(?<=samples )comprised)\s$"
)
TOTAL_ALONE: Final = pattern(
    rf"{N}(?: (?:(?:in|across) all (?:the )?(?:studies|trials)|in (?:total|all)|altogether|all told|overall)(?=[.,;)]|$)|(?P<bracketed>(?=[).,;]|$)))"
)
BEFORE_ALONE: Final = pattern(
    rf"\b{PERSON}(?: (?:each|per study|per trial))?(?:,? (?:and |with |for )?(?:a total of )?| \(|, or |(?P<total>[^;:]{{0,60}}, (?:for|giving|making) a (?:grand |combined )?total of | \((?:an? |in )?(?:overall )?total(?: of|:|,)? |,? (?:and|which) (?:together )?(?:add(?:ed)? up to|totall?ed|came to|amounted to) ))$"
)
"""Between 60 and 2,200 participants, 16,580 in total: the noun is not said again."""
TOTAL_AFTER: Final = pattern(
    r"^(?:\s(?:taking part|overall|took part|participated|(?:were|was) (?:included|involved|enrolled|recruited|randomi[sz]ed|studied|surveyed)))?,?\s(?:in total|altogether|in all|in sum|overall|between them|combined|all told|all together|(?:when )?taken together)\b"
)
_ALL_STUDIES: Final = (
    rf"(?:(?:all |both |all of )?(?:the |these |our |those )?(?:{NX} )?(?:(?:included|eligible|identified|reviewed|relevant|selected) )*(?:studies|trials|evaluations|experiments|rcts)\b"
    r"(?:'|(?! (?:of|on|about|with|for|without|using|that|which|in (?!(?:this|the|our) (?:\w+ )?review|total|all)|from (?!N\d))\b)))"
)
ALL_SUBJECT: Final = pattern(
    rf"^(?:(?:however|overall|in total|in all|in sum|altogether|all together|together|combined|collectively|taken together|between them|all in all|all told|thus|therefore|finally),? )*(?:only |just )?"
    rf"(?:(?:in|across|from|among|over) {_ALL_STUDIES}|(?:they|these|it|we|there|this|which|most|samples?|study samples|sample sizes|sizes|participants|study participants|data|results|a (?:total|combined|grand)|an overall|between)\b|"
    rf"the (?:review|authors|review authors|evidence|data|results|samples?|participants|number|numbers|total|combined|overall|pooled|aggregate|sample|study)\b|this (?:\w+ )?review|our review|{_ALL_STUDIES}|{NX}(?! (?:new|other|further|additional|more)\b)|included\b|{HAD}\b|$)"
)
"""Who or what a clause that speaks of all studies is about."""
SAMPLE_IS: Final = pattern(
    rf"\b(?:(?:total|overall|combined|pooled|aggregate) (?:number of (?:study )?{PERSON}(?:(?: [a-z]+){{1,5}}?(?= (?:was|is|of|were|comes|came)\b))?|(?:study )?(?:sample(?: size)?|population))\s(?:(?:in|across|of|for) (?:the|these|all|this)(?:\s{NX})?[a-z ]{{0,40}}\s)?|"
    rf"^(?:in|across|over|among) (?:all |the |these |all the )(?:{NX} )?(?:included )?(?:studies|trials|rcts|evaluations),? (?:the )?number of {PERSON}\s(?:[a-z]+ ){{0,3}}?|"
    rf"\bnumber of (?:study )?{PERSON}\s(?:included )?(?:in|across) (?:all|the|these)(?: of the| the| these)?(?: {NX})? (?:included )?(?:studies|trials)(?: (?:combined|together|taken together))? )"
    rf"(?:was|is|of|were|included|comprised|consisted of|amounts? to|amounted to|came to|comes to|stood at|totalled|reached|exceeded|exceeds|adds? up to|added up to)\s"
    rf"{N}\b(?!\s(?:studies|trials|schools|families|households))"
)
NUMBERED: Final = pattern(
    rf"(?:^|, and (?=their ))(?:participants (?:in|of|across) (?:all |all of )?the (?:{NX} )?(?:included )?(?:studies|trials|rcts) (?:numbered|totalled|were|amounted to|came to)|"
    rf"the number of (?:study )?{PERSON} (?:was|is|totall?ed|came to|amounted to|reached)|"
    rf"(?:the |all |their |sampled |included |study )*{PERSON} (?:numbered|totalled|amounted to|came to)) {N}(?=[.,;]|$| (?:in total|in all|altogether|overall)\b)"
)
IN_ALL: Final = pattern(
    rf"^(?:(?:their|the|these|all)(?: the)? participants|(?:the |all )?participants (?:in|of) (?:the|these|all) (?:included )?(?:studies|trials)(?= \()|{PERSON}(?= \(n)),? \(?(?:n ?= ?)?"
    rf"{N}(?: (?:in (?:all|total)|altogether)\b|(?=\)))"
)
OF_THEM: Final = pattern(rf"\bthere (?:were|are) {N} of them\b")
OF_PERSONS: Final = pattern(rf"(?:all |most |the |study |included )*{PERSON}")
"""Participants were …: "they" of the next sentence are people, and not the studies they were in."""
DIRECTLY: Final = pattern(rf" (?:participating |included |enrolled )?{PERSON}")
LABELLED: Final = pattern(
    rf"(?:\b(?:participants|sample(?: size)?)(?:: | ?= ?)|\btotal n ?= ?|\bsample sizes? (?:totall?ed|added up to|summed to) |\bsample,? n ?= ?|\bparticipants (?:numbering|totall?ing|amounting to|adding up to) |\b(?:the )?number of participants,? |"
    rf"\b(?:together|in total|altogether|overall),? (?:[a-z]+ ){{0,4}}sample(?: size)? of )(?:a total of )?{N}(?=[.,;)]|$| (?:in total|in all|altogether)\b| {PERSON})"
)
THEY_HAD: Final = pattern(
    rf"^(?:they|these(?: studies| trials)?|the (?:{NX} )?(?:included )?(?:studies|trials|evaluations)) (?:were|are) (?:conducted|carried out|done|performed|undertaken) (?:with|among|on) $|"
    rf"^(?:they|the (?:{NX} )?(?:included )?(?:studies|trials|evaluations)) (?:were|are|came|come|took place)\s[^.;:]{{3,140}}(?:\sand\s{HAD}|, (?:with|involving))\s$|"
    r"^(?:they|the (?:included )?(?:studies|trials|evaluations)) [a-z]+\s[^.;:]{3,140} and (?:together |in total )?(?:involved|included|covered|enrolled|recruited|comprised)\s$|"
    rf"^it {HAD} $|"
    r"^it (?:is|was) an? (?:[a-z-]+ ){0,4}?(?:study|trial|evaluation) (?:(?:conducted |carried out |done )?(?:in|from) [a-z ]{3,30} )?(?:with|of|involving) $|"
    rf"^(?:they|these(?: studies| trials)?|the (?:included )?(?:{NX} )?(?:studies|trials)) (?:cover|measur|assess|examin|evaluat|report|analy[sz]|track)[a-z]* (?:on )?(?:(?!(?:an?|one|use|effects?|impacts?|programmes?|programs?|interventions?|schemes?|reforms?|polic(?:y|ies)|laws?|services?|camps?|courses?|training|projects?)\b)[a-z-]+ ){{1,3}}(?:of|for|in|among|from) $|"
    r"(?:^|[,;]\s)(?:they|these|together,? (?:they|these|the)(?: [a-z]+)?|altogether,? the|(?:in total,? )?(?:the|these|all)(?: of the)?|^) ?(?:N\d+N )?(?:included )?(?:(?:studies|trials|rcts|evaluations)(?:, (?:which|that|all|published|conducted)\b[^.;:]{3,70},)? )?(?:included |in (?:this|the) review )?(?:in (?:this|the) review )?(?:together |altogether |in total |collectively )?"
    rf"(?:between them,? |collectively )?{HAD}\s(?:data (?:from|on|for)\s)?{_PLACES_TOO}$"
)
"""The studies included: the people come next."""
OF_DATA: Final = pattern(
    r"^(?:(?:the |our |these )?(?:results|findings|evidence|review|conclusions) (?:is|are|was|were) (?:[a-z]+ )?(?:based on|drawn from|from)|(?:the|this|our) (?:\w+ )?(?:review|evidence|body of evidence|evidence base) (?:includes?|included|covers?|covered|comprises?|comprised)|we (?:had|have|used|analysed|analyzed)|data (?:were|was|are) available (?:from|for|on)) (?:data (?:from|on|for) )?$"
)
DATA_OF: Final = pattern(r"^(?:the )?(?:data|results|information) (?:from|on|for) $")
DATA_WERE: Final = pattern(
    r"^[^.;:,()]{0,40} (?:were|was|are|is) (?:available|included|reported|reviewed)(?=[.,;]|$| in (?:this|the) (?:\w+ )?review)"
)
"""Data from 5,120 women were available."""
THEIR_PARTICIPANTS: Final = pattern(
    r"^(?:the |their |all |the studies' |study )*(?:participants|samples?|study populations?)(?: (?:in|of) (?:the|these|all(?: the)?) (?:included )?(?:studies|trials))?(?: (?:were|totall?ed|numbered|comprised|included|amounted to|added up to)|:|,) (?:a total of )?$"
)
PARTICIPANTS_WERE: Final = pattern(
    r"^(?:the )?(?:participants|samples?|study populations?) (?:in|of) [^.;:,]{3,60} (?:were|was|comprised|included|totalled) $"
)
ACROSS_ALL: Final = pattern(
    rf"^(?:together |altogether |overall,? )?(?:in|across|among|over|within) (?:(?:all |all of )?(?:the|these|our|all) |(?<=across )(?=(?:included )?(?:studies|trials),))(?:(?P<n>{NX}) )?(?:included |eligible )?(?:studies|trials|evaluations|rcts)(?: (?:combined|together|taken together))?(?: included)?(?: (?:that |which )?(?:we|this review) [a-z]+)?(?: in (?:this|the) review)?,? "
    r"(?P<x>(?:there (?:were|are|was|is)(?: a)?|we (?:had|have)|(?:data|information|results) (?:were|are) (?:available |reported |collected |gathered )*(?:for|from|on)) )?(?:data (?:from|on) )?(?:a total of |altogether |in total )?$"
)
STUDIED: Final = pattern(
    r"^(?:,? (?!(?:who|whose|which|that|only|were|was)\b)[a-z'-]+,?){0,9}? (?:(?:were|was) (?:randomi[sz]ed|included|involved|enrolled|recruited|studied|followed|allocated|assigned|analysed|assessed|tested|surveyed|observed|examined)|took part|participated)\b"
)
TOOK_PART: Final = pattern(
    r"^\s(?:(?:who|that)\s)?(?:took part|participated|were involved|were enrolled|were included|were randomi[sz]ed|were recruited)\s(?:in|into|across)\s(?:them\b|(?:the|these|all)\s(?:of the\s)?(?:N\d+N\s)?(?:[a-z]+\s){0,2}?(?:studies|trials|experiments|evaluations|rcts)\b(?! (?:of|on|about|with|from)\b))"
)
_TAKE_PART: Final = r"(?:took part|participated|(?:are|were|was|have been|had been) (?:also )?(?:included|involved|enrolled|recruited|randomi[sz]ed|randomly (?:assigned|allocated)|studied|surveyed|represented|covered))"
_WHO: Final = r"(?:,? (?!N\d|[^.;:]{0,60}\b(?:trials|studies|groups?|each|after|of whom|in (?!them\b|the (?:studies|trials)\b|these (?:studies|trials)\b|total\b|all\b|care|prison|foster|residential|school|grades?|need))\b)[a-z][^.;:()]{0,60}?,?)??"
ALL_TOOK_PART: Final = pattern(
    rf"^{_WHO} {_TAKE_PART}(?=[.,;]|$| (?:in (?:them|the (?:trials|studies)(?! (?:of|on|with|in|from)\b)|these (?:trials|studies)|total|all)|to (?:an?|the|either|one)|for)\b)"
)
"""What is said of people who are all."""
IN_ALL_STUDIES: Final = pattern(
    rf"^(?! (?:and|or|to)\b)(?:[^.;:,()]{{0,70}}?|,[^.;:()]{{3,60}}, {_TAKE_PART}) (?:in|across|from) (?:all (?:of )?(?:the|these) |all |the |these )(?:(?P<n>{NX}) )?(?:included |eligible )?(?:studies|trials|rcts|evaluations)"
    r"(?=[.;,)]|$| (?:combined|together|altogether|overall|in total|in all|included|reviewed|(?:in|of) (?:this|the) (?:\w+ )?review)\b)"
)
IN_STUDIES: Final = pattern(
    rf"^(?:,? (?:(?:who )?(?:took part|participated|aged [a-z0-9 ]{{1,20}}|were involved|were enrolled) )?\(?(?:in|across|from) | \()(?:(?:the|all|these|all of the|a total of) )?(?P<n>{NX}) {STUDY}"
)
THE_PARTICIPANTS: Final = pattern(
    r"(?:^(?:of )?(?:all )?(?:the|these)|^all|\b(?:age|majority|most|half|quarter|third|thirds|quarters|per cent|number|some|many|%) of (?:all )?(?:the|these)) $"
)
IN_ALL_PEOPLE: Final = pattern(r"^(?:a total of|in total,?|in all,?|altogether,?|overall,?)(?: a total of| some)? $")
WERE_STUDIED: Final = pattern(
    r"^(?:[.,;:()]|$| \(| (?:in|from|aged|across|with|at|between|who|that|and|of|on|living|participating|taking part|took part|participated|contributed|provided)\b|"
    r" (?:were|was|are|have been) (?:included|randomi[sz]ed|randomly|enrolled|recruited|studied|surveyed|followed|analysed|assessed|involved|tested|examined|allocated|represented|covered|part|observed|aged|from|in|between)\b)"
)
"""What may follow the people a sentence begins with, if they are all: others only did something."""
SAID_OF_ALL: Final = pattern(
    r"^(?:,| )(?:(?<=,) (?:half|most|about|over|around|more than|N?\d[^ ]*)|were|was|are|is|had|came|come|ranged|aged) (?!in (?:one|some))"
)
