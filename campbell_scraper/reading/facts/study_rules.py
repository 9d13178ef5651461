"""How many studies, reports and interventions there are: the rules."""

# fmt: off

from __future__ import annotations

from typing import Final

from .rule import ANYWHERE, DEFINITE, EXPLICIT, UNDERSTOOD, WHOLE, Rule

_PART: Final = ("possible", "restricted", "more are beside", "in one analysis", "on one thing")
"""Signs that a count is of some studies only."""
_MILD: Final = ("possible", "restricted by kind", "more are beside", "in one analysis", "on one thing")
"""The same, but a review may have only small or similar studies."""

INCLUDED: Final = (
    Rule("review includes", "studies_included", EXPLICIT,
         unless=("possible", "more are beside", "in one analysis", "also", "restricted", "of an analysis"),
         places=ANYWHERE, reads="This review summarises evidence from 40 trials.", value="40",
         rejects="An analysis of the review includes 40 trials.",
         pattern=r"\b(?:{review}(?:, which)?|we|it|(?:the )?authors) {includes}{evidence} {N} {studies}"),
    Rule("review has", "studies_included", EXPLICIT, unless=_PART,
         reads="The map has 63 studies.", value="63", rejects="The map has 63 ongoing studies.",
         pattern=r"\b{review} (?:has|shows|lists|holds|displays)(?: a total of)? {N} (?:included )?{studies}"),
    Rule("final sample of studies", "studies_included", EXPLICIT, unless=_PART,
         reads="The final sample was 72 studies.", value="72", rejects="The final sample was 72 schools.",
         pattern=r"\b(?:final|total) (?:sample|set|number)(?: of studies)? (?:was|is|comprise[sd]|consist(?:s|ed) of)"
         r" {N} {studies}"),
    Rule("review of", "studies_included", unless=_MILD, reads="This is a review of seven randomised trials.", value="7",
         rejects="This is a review of seven excluded trials.",
         pattern=r"\b(?:{review}|this is an? (?:systematic |updated )?review|a (?:campbell |cochrane )?systematic "
         r"review) (?:is )?(?:of|based on)(?: evidence from| data from| a total of)? {N} {studies}"),
    Rule("evidence from", "studies_included", unless=("possible", "restricted", "more are beside", "in one analysis"),
         reads="The evidence comes from 18 studies.", value="18", rejects="Data from 18 studies were pooled.",
         pattern=r"\b(?:(?<!the )evidence|the evidence|findings|results|data|conclusions)(?: (?:in|of|for) (?:this|the)"
         r" (?:\w+ )?(?:review|summary))?,? (?:(?:is|are|was|were) (?:available |drawn )?|(?:comes?|came|drawn|"
         r"available)(?: primarily)? )?(?:based on|taken from|from|on|of|rel(?:y|ies) on|draws? on|made up of|"
         r"consists? of|comprises?)(?: a total of)? {N} {studies}(?! (?:were|was|could)\b(?! (?:be )?included "
         r"in {this_review}))"),
    Rule("were included", "studies_included", EXPLICIT, unless=_MILD,
         reads="Twelve studies with 340 boys met the criteria.", value="12",
         rejects="Of 30 trials, 12 were included in the analysis.",
         pattern=r"{N} {studies}(?: \([^()]{1,60}\))?(?:,? (?:(?:reported|described|published|documented|conducted|"
         r"carried out|undertaken|performed) (?:in|across|between|from|by)|from|with|in|by|using|who|[a-z]+ing|on|"
         r"of(?! (?:which|these|them|those))|that|which|all|both|each)\b (?:(?!\bof (?:which|these|them|those)\b|"
         r"\bbut\b|\bonly\b|(?<!to )\bN\d+N (?:studies )?(?:were|was|are|met|have)\b)[^.;:]){1,110}?,?|"
         r",\s[^.;:]{1,110}?,| and {number} (?:[a-z-]+ ){0,3}?{person})? {included}"),
    Rule("included are", "studies_included", EXPLICIT, unless=_PART,
         reads="Included are 23 studies.", value="23", rejects="Included are 23 schools.",
         pattern=r"^(?:also )?included (?:in {this_review} )?(?:are|were) {N} {studies}"),
    Rule("of which included", "studies_included", unless=(*_PART, "more than told"), value="14",
         reads="We found 60, of which 14 met the criteria.", rejects="Ten trials of 90 boys: of these 70 met criteria.",
         pattern=r"\bof {them},? (?:(?:only|just) )?{N} (?:{studies} )?(?:{met_criteria}|(?:were|was|are|is) (?:(?:of "
         r"(?:sufficient|adequate|good|high)(?: enough)? (?:[a-z]+ )?quality|good enough|suitable|relevant|eligible) "
         r"(?:and|to be) (?:were )?)?(?:included(?= and {number}|{in_review}|{end})|eligible for inclusion))"),
    Rule("some of them included", "studies_included", unless=(*_PART, "counts people", "more than told"),
         reads="We found 60; 14 of these met the criteria.", value="14",
         rejects="Data for 480 of these pupils are known and were included.",
         pattern=r"{N} of {them} (?:(?:{saying_yes}(?:and|so) )?(?:were|was|are|is) (?:(?:therefore|finally|thus) "
         r")?(?:eligible for inclusion|included(?={in_review}|{end}))|{met_criteria})"),
    Rule("of the found", "studies_included", reads="Of the 60 studies identified, 14 were included.", value="14",
         rejects="Of the 60 studies identified, 14 were large.",
         pattern=r"\bof (?:(?:the|all) )?{number} {studies} (?:(?:that|which) were )?(?:{found}|screened|assessed|read|"
         r"considered)[^,.;:]{0,40}, (?:(?:only|just) )?{N} (?:(?:with|involving|from) [^.;:,]{3,60} "
         r")?(?:(?:{met_criteria} and )?(?:were|was) (?:eligible|included)(?={in_review}| for inclusion|{end})"
         r"|{met_criteria})"),
    Rule("the included", "studies_included", unless=_PART, places=ANYWHERE,
         reads="The 23 included studies are large.", value="23", rejects="Two of 23 of the included studies are large.",
         pattern=r"(?:\bthe|\ball|\bacross|\bthese|\bof) {N} (?:{adjectives}(?:included|eligible) {studies}|{studies} "
         r"(?:(?:that |which )?(?:we|this review) (?:reviewed|included)\b|(?:that|which) {met_criteria}|(?:(?:that|"
         r"which) (?:were|are) )?included(?! in (?:the|our|a) (?:meta|analys|quant|synth|network))))"),
    Rule("there are", "studies_included", EXPLICIT, unless=_PART,
         reads="There are 23 studies in this review.", value="23", rejects="There are 23 studies of radios.",
         pattern=r"\bthere (?:is|are|was|were) (?:an? (?:final |grand |overall )?total of )?{N} (?:(?:included|"
         r"eligible) {studies}|{studies} (?:included\b|(?:(?:from|in|with|of|by) [^.;:]{1,60}? )?(?:that|which)"
         r" {met_criteria}|(?:in all|in total|altogether|overall)\b|in {this_review}))"),
    Rule("number of studies", "studies_included", reads="The number of included studies is 23.", value="23",
         rejects="The number of studies a year is 23 on average.",
         pattern=r"\b(?:(?:total )?number of (?:(?:included|eligible) )?(?:studies|trials|evaluations)(?: (?:that were "
         r"|which were )?(?:included|eligible)(?:{in_review})?|{in_review}| (?:that|which) {met_criteria}(?: for "
         r"(?:this|the) review)?)? (?:is|was|comes to)|studies included{in_review} number) {N}(?={end}| and\b)"),
    Rule("updated total", "studies_included", EXPLICIT, beside_other_work=True,
         reads="Five were added, giving a total of 17 studies.", value="17",
         rejects="We looked for 17 studies on radios.",
         pattern=r"\b(?:giving|making|leaving|for|to give|to make|to reach|reaching|bringing [^.;]{2,40} to) (?:an? "
         r")?(?:(?:new|grand|overall|combined|revised) )?(?:total (?:of )?)?{N} (?:{studies} (?:in total|in all|"
         r"altogether|overall)|{studies}(?={end}| with\b| involving\b| for (?:(?:the |this )?review|inclusion)\b))"),
    Rule("none met the criteria", "studies_included", places=ANYWHERE,
         reads="No studies met the criteria.", value="0", rejects="No studies met the criteria for women.",
         pattern=r"\b(?P<none>no|none of the|zero) (?:(?:eligible|relevant|primary|suitable|rigorous|published|"
         r"unpublished|existing|randomi[sz]ed|controlled|or|identified|retrieved|located|screened) ){0,5}(?:studies|"
         r"trials|study|trial) (?:(?:were |was )?{found} )?(?:(?:that|which) )?(?:(?:have|had) )?(?:met|meeting|"
         r"fulfilled|satisfied) (?:all )?(?:of )?(?:the|our|these|this review's|its|review)? ?(?:review |"
         r"pre-?specified |strict )?(?:inclusion|eligibility|selection)? ?criteria(?! (?:for|on|in|about|regarding|"
         r"from) (?!(?:this|the|our) (?:\w+ ){0,2}(?:review|map)|inclusion))"),
    Rule("none found", "studies_included", places=ANYWHERE,
         reads="We found no studies that met our criteria.", value="0", rejects="We found no studies of adults.",
         pattern=r"\b(?:did not (?:find|identify|locate)|{found}) (?P<none>no|any) (?:(?:eligible|relevant|suitable|"
         r"primary|rigorous) ){0,2}(?:studies|trials) (?:(?:that|which) (?:met|were eligible)|meeting|eligible)\b"),
)

IMPLIED: Final = (
    Rule("we found studies that met the criteria", "studies_included", unless=("possible",),
         reads="We found 12 studies that met our criteria.", value="12",
         rejects="We found 12 potentially eligible studies.",
         pattern=r"\b(?:{authors}|it|{search}) (?:[a-z]+ly )?(?:{found}|yielded|resulted in)(?: a total of)?(?: just| "
         r"only)? {N} (?:(?:eligible|relevant|qualifying|suitable|independent|separate)"
         r" {studies}|{studies}(?:,[^.;:]{1,60},)? (?:(?:that|which|who) )?(?:met|meets?|meeting|fulfill?(?:ed|ing)|"
         r"satisf(?:ied|ying)|(?:were )?eligible|suitable|qualified|(?:can|could) be included|were included|we could "
         r"include|to include|for inclusion)\b)"),
    Rule("we found studies", "studies_included", UNDERSTOOD, unless=("possible", "contrasted"),
         reads="We found 12 studies.", value="12", rejects="We found 12 studies; only five were of use.",
         pattern=r"\b(?:{authors}|it|{search}) (?:[a-z]+ly )?(?:{found}|uncovered|yielded|resulted in)(?: a total "
         r"of)?(?: just| only)? {N} {studies}(?=[.;:]|$|{described})"),
    Rule("studies were found", "studies_included", UNDERSTOOD, unless=("possible", "restricted", "contrasted"),
         reads="Twelve studies were found.", value="12", rejects="Twelve studies were found, but only five used.",
         pattern=r"^(?:{total}|only |just )?{N} {studies}(?: (?:of|on|that|which|from|with|reported in) [^.;:,]{3,60}| "
         r"\([^()]*\)|, (?:with|including|involving|covering|comprising) [^.;:,]{3,60})?,? (?:were|was|could be) "
         r"(?:{found})(?:[.;:]|$|{described}| (?:that|which) {met_criteria})"),
    Rule("bare number included", "studies_included", UNDERSTOOD, unless=("more than told",), given=("studies before",),
         reads="We sought trials. Nine were included.", value="9", rejects="We sought schools. Nine were included.",
         pattern=r"^(?:(?:in total|in all|overall|finally|altogether),? |only )?{N} (?:such (?:studies|trials|"
         r"evaluations) |of (?:these|them|those) )?(?:were|are|was|is|could be) (?:(?:[a-z]+ and|finally|eventually|"
         r"ultimately) )?included(?:{in_review})?(?={end}| (?:and|with)\b)"),
    Rule("studies behind people", "studies_included", unless=("restricted", "possible", "in one analysis"),
         reads="We included data from 400 boys in nine trials.", value="9",
         rejects="We included data from 400 boys in nine towns.",
         pattern=r"\b(?:{authors}|the evidence) {includes} (?:(?:the )?(?:data|evidence|findings|results|information|"
         r"experiences?|outcomes|views|responses) (?:from|on|for|of) )?(?:a total of )?(?:{qualifier} "
         r")?{number} {word}{0,4}?{person} (?:(?:who )?(?:took part|taking part|participated|participating|enrolled) "
         r")?\(?(?:(?:in|across|(?:drawn )?from) |(?<=\())(?:a total of )?{N} {studies}"),
    Rule("data from people in studies were included", "studies_included",
         unless=("restricted", "possible", "in one analysis"), reads="Data from 400 boys in nine trials were included.",
         value="9", rejects="Data from 400 boys in nine trials were lost.",
         pattern=r"^(?:(?:data|evidence|results|findings) (?:from|on) |{total})?(?:a total of )?(?:[a-z]+ "
         r"){0,2}{number} (?:[a-z-]+,? ){1,4}?\(?(?:(?:in|across|from) {N} {studies}\)?,? (?:were|was|are) (?:included|"
         r"analy[sz]ed|available|summari[sz]ed|synthesi[sz]ed|reviewed)\b)"),
    Rule("listed studies", "studies_included", UNDERSTOOD, unless=("restricted", "possible"),
         places=frozenset({"included_studies"}),
         reads="Seven studies with 213 boys.", value="7", rejects="Seven studies with 213 boys found an effect.",
         pattern=r"^(?:there (?:are|were) (?:a total of )?|a total of |in total,? )?{N} {studies}(?:[.,]|$| \([^()]*\)"
         r"(?:[.,;]|$| with| from| in| of)|,? (?:(?:all|both|each) )?(?:with|from|in|involving|covering|of|conducted|"
         r"published|reported) )(?!.*\b(?:is|are|was|were|has|have|had|do|did|does|found|shows?|showed|compared?|"
         r"examined?|measured?|met|looked|used|assessed|evaluated?|provided?|took|came|gave|could)\b)"),
    Rule("the studies", "studies_included", DEFINITE, unless=("restricted",), given=("the studies before",),
         places=WHOLE - {"results"},
         reads="The 43 studies took place in 19 countries.", value="43", rejects="The 43 studies on women were large.",
         pattern=r"{N} (?:(?:included|eligible|identified|relevant|primary|unique|separate|independent|impact|original|"
         r"outcome|effect) )*(?:studies|trials|evaluations|experiments|rcts)(?={end}| \(|{in_review}| of {this_review}|"
         r" (?:(?:that|which) )?(?:this review|we|the review) (?:includ|cover|review|found|summari|analys|identif)| "
         r"(?:were|was|are|is|had|have|includ|cover|took|take|came|come|enrol|involv|randomi|recruit|assess|use|"
         r"evaluat|examin|represent|span|compar|measur|look|number|total|test|focus|done|mostly|all|together))(?! "
         r"(?:and|plus) (?:the )?{number})"),
)

FLOW: Final = (
    Rule("studies were identified", "studies_identified", EXPLICIT, unless=("possible", "in one analysis"),
         reads="Sixty studies were identified, of which 14 were included.", value="60",
         rejects="Sixty potentially relevant studies were identified.",
         pattern=r"{N} {studies}(?: \([^()]{1,60}\)| (?:on|about) [^.;:,]{3,40})? (?:were|was|are|have been) "
         r"(?:(?:initially|originally|also) )?(?:identified|located)\b(?! (?:as|for|eligible)\b)"),
    Rule("the identified studies", "studies_identified", EXPLICIT, unless=("possible",),
         reads="Of the 60 studies identified, 14 were included.", value="60",
         rejects="The 60 countries identified were rich.",
         pattern=r"^(?:a total of |in total,? |(?:out )?of (?:the )?|all |the )?{N} {studies} (?:(?:that|which) were "
         r")?(?:identified|located|found)\b(?=[,;]| (?:in|by|through|and|but|of which|for)\b)"),
    Rule("we identified studies", "studies_identified", EXPLICIT, unless=("possible", "in one analysis"),
         reads="We identified 60 studies, of which 14 were included.", value="60", rejects="We identified 60 towns.",
         pattern=r"\b(?:{authors}|search(?:es)?(?: for studies)?) (?:(?:has|have|initially) )?(?:identified|located)"
         r"(?: a total of)? {N} {studies}(?! (?:as|for|eligible)\b)"),
    Rule("found but not all used", "studies_identified", EXPLICIT, unless=("possible",),
         reads="We found 60 studies, of which 14 were included.", value="60",
         rejects="We found 60 studies, of which 14 were large.",
         pattern=r"\b(?:{authors}|{search}) (?:initially )?(?:found|located)(?: a total "
         r"of)? {N} {studies}(?=[^.;:]{0,80}?(?:,? (?:but|and) (?:then )?(?:excluded|rejected|discarded)\b|, (?:but "
         r")?(?:(?:only|just) )?(?:of (?:which|these) (?:(?:only|just) )?{number}|{number} of {them})"
         r"\b[^.;:]{0,60}(?:included|eligible|criteria)))"),
    Rule("studies were found but", "studies_identified", EXPLICIT, unless=("possible",), given=("used less",),
         reads="Sixty studies were found. Of these, 14 were used.", value="60",
         rejects="Sixty studies were found. They were large.",
         pattern=r"^{total}?{N} {studies}(?: (?:with|of|on|from|that|which) [^.;:,]{3,60})? were (?:found|retrieved)"
         r"\b"),
    Rule("good enough for the analysis", "studies_analysed", EXPLICIT,
         unless=("analysis of one outcome", "not studies", "people before"),
         reads="Ten studies were used in the meta-analysis.", value="10",
         rejects="Ten studies were not used in the meta-analysis.",
         pattern=r"{N}(?:{of_them})?(?: \([^()]{1,40}\)|, (?:based on|with|from|involving|covering|including|reported "
         r"in|conducted in) [^.;:,]{2,60},| with {number} [a-z ]{3,30}?)?(?: that| which|,)? (?:could|can|had|have|has|"
         r"gave|met|were|was|are|is|left|went|suitable|eligible|[a-z]+ed|[a-z]+ing) (?:left )?(?:{saying_yes})?(?:in|"
         r"into|to|for|from|a) (?:(?:the|a|our|this|one or more|at least {number}|one of the) )?{analysis}"),
    Rule("were analysed", "studies_analysed", EXPLICIT,
         unless=("analysis of one outcome", "not studies", "people before", "people in studies"),
         reads="Of these, ten were pooled.", value="10", rejects="In this review, ten studies were analysed.",
         pattern=r"{N}(?:{of_them})?(?: \([^()]{1,20}\))? (?:(?:(?:had|provided|reported|contained) "
         r"(?:{saying_yes})?(?:and|that|which) )?(?:were|was|are|have been|could be|can be) )(?:(?:finally|actually|"
         r"ultimately|then|also) )?(?:(?:judged|deemed|considered|found|assessed|of) [^.;,]{3,50} (?:and (?:were )?|to "
         r"be ))?{analysed}\b(?!{in_review})"),
    Rule("in the analysis", "studies_analysed", EXPLICIT, unless=("analysis of one outcome",),
         reads="The review has 40 studies, with 33 in the analysis.", value="33",
         rejects="The review has 40 studies, with 33 in the map.",
         pattern=r"(?:[;:,]|\band|\bbut|\bwith|\bleaving|\bof which) (?:only |just )?{N}(?: (?:of (?:these|them|which)"
         r"|{studies}))? (?:(?:are|were) )?(?:in|for) (?:the|a|our) {analysis}"),
    Rule("analysis was possible for", "studies_analysed", EXPLICIT,
         reads="Meta-analysis was possible for 12.", value="12", rejects="Meta-analysis was possible for 12 outcomes.",
         pattern=r"\b(?:meta-?\s?analys[ei]s|the analysis) (?:was|were|could be) (?:only )?(?:possible|feasible|"
         r"conducted|carried out|performed|done) (?:for|with|on|using|of) (?:data from )?(?:only )?{N}(?= (?:of (?:the|"
         r"these)\b|{studies}{end})|{end})"),
    Rule("analysis of studies", "studies_analysed", EXPLICIT, unless=("analysis of one outcome",),
         places=WHOLE | {"main_results"}, reads="The meta-analysis combined ten studies.", value="10",
         rejects="The meta-analysis combined ten studies of one outcome.",
         pattern=r"\b(?:the|our|this) {analysis} (?:(?:of|in) (?:this|the) review )?(?:(?:was|is|were|are) "
         r")?(?:therefore )?(?:includes?|included|of|based on|rests? on|draws? on|compris(?:ed|es)|cover(?:s|ed)|"
         r"combine[sd]|use[sd]|drew on) (?:(?:data|findings|results|evidence) from |a total of )*{N} (?:{studies}|of "
         r"(?:the|these|them|all)\b)"),
    Rule("reports of studies", "reports", EXPLICIT,
         reads="We included 20 reports of 12 studies.", value="20", rejects="We included 20 reports of schools.",
         pattern=r"{N} {papers} {telling_of} (?:{number}) (?:{programmes}|{studies})"),
    Rule("studies told in reports", "studies_included", EXPLICIT, reads="We included 20 reports of 12 studies.",
         value="12", rejects="We included 20 reports of 12 interventions.",
         pattern=r"{number} {papers} {telling_of} {N} {studies}"),
    Rule("interventions told in reports", "interventions", EXPLICIT,
         reads="We included 20 reports of 12 interventions.", value="12",
         rejects="We included 20 reports of 12 studies.",
         pattern=r"{number} {papers} {telling_of} {N} {programmes}"),
    Rule("studies reported in papers", "reports", EXPLICIT, reads="We included 12 studies, reported in 20 papers.",
         value="20", rejects="We included 12 studies, reported in 20 towns.",
         pattern=r"(?P<k>{number}) {studies}(?: (?:from|of|on|published|conducted) [^.;:,]{3,40})?,? \(?(?:(?:which "
         r")?(?:were |are ))?(?:(?:(?:reported|described|published|documented|presented) (?:in|across)|consisting of|"
         r"comprising|in|from|with) |(?<=\())(?:a total of )?{N} {papers}"),
)
