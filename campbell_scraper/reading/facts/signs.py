"""Wordings near a number that tell whether it counts all studies of the review or something else."""

# fmt: off

from __future__ import annotations

from typing import Final, NamedTuple


class Sign(NamedTuple):
    """A wording, and the text it is looked for in (``conditions.REGIONS``)."""

    where: str
    pattern: str

SIGNS: Final[dict[str, Sign]] = {
    "of other work": Sign("sentence", r"\b(?:(?:previous|earlier|original|prior|first|last|older|former|another|other|"
        r"existing|published) (?:version|edition|campbell|systematic|cochrane|review|map|update|reviews|"
        r"meta-analys[ei]s|synthes[ei]s)|(?:since|compared (?:with|to)) the (?:last|previous|original|first|earlier)|"
        r"previous(?:ly)? (?:published|identified|included)|new(?:ly)? (?:(?:identified|included|eligible|added) "
        r")?(?:studies|trials)|(?<!with )(?:additional|further|more) (?:new )?(?:studies|trials)|(?:ongoing|(?<!but )"
        r"(?<!authors )(?<!then )(?<!were )(?<!was )excluded|awaiting)\b|update adds|(?:added|future|should|would)\b|"
        r"(?<!is )a (?:(?:(?:recent|similar|major|cochrane|D\d{4}D) ){1,3}(?:[a-z-]+ ){0,2}(?:review|overview|"
        r"meta-analysis)\b|(?:systematic )?(?:review|meta-analysis) (?:by|published|conducted|from D)))"),
    "possible": Sign("match", r"\b(?:potentially|possibly|candidate|records?|titles?|abstracts?|citations?|hits|"
        r"references|duplicates|screen\w*|full[- ]texts?)\b"),
    "restricted": Sign("match", r"\b(?:qualitative|quantitative|economic|cost|ongoing|excluded|process|pilot|"
        r"unpublished|high-quality|low-quality|small|larger?|longitudinal|other|individual|similar|single|such)\b"),
    "restricted by kind": Sign("match", r"\b(?:qualitative|quantitative|economic|cost|ongoing|excluded|process|pilot|"
        r"unpublished|other)\b"),
    "more are beside": Sign("rest and next", r"[;,.] (?:and )?(?:a further |another )?{number} (?!of (?:the|{them})\b)"
        r"[^.;,]{3,60} (?:are|were|is|was) also (?:included|reviewed|eligible)|[;,.] (?:and )?(?:it|we|the review) "
        r"(?:also )?(?:draws? on|drew on|includes?d?|covers?) {number} (?:[a-z-]+ ){0,3}?{studies}[^.;,]{0,20} (?:too|"
        r"as well)\b"),
    "in one analysis": Sign("rest", r"^ ?(?:in|for) (?:the|this|that|a|our|each|N1N|any|both|these|all)? ?(?:[a-z-]+ "
        r"){0,3}?(?:meta|analys|synthes|comparison|subgroup|group|outcome|model|regression|category|network)"),
    "on one thing": Sign("rest", r"^ (?:on|about|regarding|concerning)\b"),
    "also": Sign("match", r"\b(?:also|then|further|additionally)\b"),
    "contrasted": Sign("rest and next", r"{only}|\bof {them}\b[^.;]{0,90}\b(?:used|(?:were|was|be) (?:[a-z]+ "
        r")?included|analy\w+|eligible|met|could|sufficient|pooled|meta|excluded|(?:had|provided|reported|contained|"
        r"contributed|gave)(?: [a-z]+){0,3} (?:data|information)|enough|suitable|synthes\w+|quality)\b|\bhowever\b|"
        r"\bbut\b|;\s{number}(?! (?:[a-z-]+ ){0,3}?{person})|\bwere (?:excluded|used)|\bexcluding\b|\bafter "
        r"(?:removing|exclusion)|\bremain(?:ed|ing|s)?\b|\bleaving\b|{were_included}|\banaly|\bcould be\b"),
    "studies before": Sign("previous", r"\b(?:studies|trials|evaluations|experiments)\b"),
    "used less": Sign("rest and next", r"^[^.;:]*?,? (?:but|although|however)\b|(?:^|\. )(?:after (?:excluding|"
        r"removing|the exclusion|removal|screening)\b|the remaining\b|(?:however,? )?(?:only|just) {number} |of "
        r"(?:these|them|those)\b|(?:only )?{number} (?:of (?:these|them|those)\b|(?:studies )?(?:were|was) (?:included|"
        r"excluded)))"),
    "analysis of one outcome": Sign("rest", r"^ (?:of|on|for|examining|assessing|about|with|at|relating to|that) "
        r"(?!(?:this|the|our) (?:review|map|update|overall|effects? of)|data)"),
    "counts people": Sign("match", r"{number} of {them} (?:[a-z-]+ ){0,3}?{person}"),
    "people before": Sign("before", r"{number} (?:[a-z-]+ ){0,3}?{person}\b[^.;:]*\((?:[a-z ]*)$|\bof whom (?:only )?$|"
        r"(?:^|[;:,] )of (?:the )?{number} (?:[a-z-]+ ){0,3}?(?:{person}|families|households|couples)\b[^.;:]*$"),
    "not studies": Sign("match", r"\b(?:not|nor|never|participants|children|people|countries|percent)\b"),
    "people in studies": Sign("before", r"^(?:data|evidence|results|findings) (?:from|on) [^.;:]{0,20}{number} "
        r"(?:[a-z-]+ ){1,3}(?:in|from|across) $|in {this_review},? (?:we )?(?:a total of )?$"),
    "part of the people": Sign("clause", r"\b(?:follow-up|complete) data\b|\b(?:in N1N (?:study|trial|of)|the (?:study|"
        r"trial) (?:by|from|in)|(?:intervention|treatment|control|comparison|experimental) (?:groups?|arm)|(?:most|"
        r"some) (?:of the )?(?:studies|trials)|worldwide|globally|each year|every year|annually|the world)\b"),
    "sizes of studies": Sign("clause", r"\b(?:sample sizes|ranged|ranging|average|median|(?:largest|smallest)(?! "
        r"effects?)|(?:each|per) (?:study|trial|arm|group))\b"),
    "range": Sign("before number", r"\b(?:between|(?<!up )(?<!came )(?<!comes )(?<!amounted )(?<!amounts )(?<!summed )"
        r"to|average(?:d)?(?: of)?|mean(?: of)?|median(?: of)?|minimum(?: of)?|maximum(?: of)?|fewer than|less than|"
        r"(?<!added )up to|ranged|ranging|(?<!altogether )(?<!altogether, )(?<!total )(?<!total, )(?<!in all )(?<!in "
        r"all, )(?<!overall, )only|per|each|(?:between|from) {number} (?:and|to)) $"),
    "in places": Sign("before number", r"\b(?:(?<!N )(?:schools|classes|classrooms|sites|clinics|prisons|homes|"
        r"countries)|communities|villages|units|programmes?|programs?|projects?|groups|centres|country|city|cities|"
        r"town|towns|state|regions?|districts?|areas?) (?:with|of|serving|reaching|for|(?:that|which) (?:have|had|has))"
        r" (?:a total of )?$|\b(?:schemes?|reforms?|laws?|polic(?:y|ies)|services|registers?|camps?) (?:with|of|for|"
        r"covering|serving|reaching|affecting|(?:that|which) [a-z]+) $|\beach\b[^.;:]{0,30}$"),
    "of some studies": Sign("before number", r"\beffects? of [^.;:]* on $|\bthose (?:of|on|in|with|from|that|which)\b|"
        r"(?:^|[;,] )(?:the )?(?:studies|trials|evaluations) (?:of|on|in|about|from|with(?= [a-z-]+ (?!of\b|total\b))|"
        r"without|using) (?!{this_review})[^.;:]*$"),
    "second people": Sign("before number", r"{number} (?:{word}{0,4}?{person}[a-z ]{0,40} |(?:[a-z-]+ "
        r"){0,2}?(?:families|households|couples|dyads|pairs) |(?:(?![a-z-]*s\s)[a-z-]+ ){1,3}?)(?:and|plus) "
        r"(?:(?:their|the) )?(?:(?:over|about|more than) )?$"),
    "more people": Sign("after people", r"^; {number} {word}{0,3}?{person}|^(?: (?:with|of|from|who) [a-z' -]{1,40}?)? "
        r"(?:and|plus) (?:(?:their|the) )?(?:(?:over|about|more than) )?{number} {word}{0,3}?{person}|^[^.;:()]{0,40}? "
        r"and (?:(?:over|about|more than) )?{number} (?:who|with|without|from|to|received|had|did|controls?|others|"
        r"untreated|unaffected)\b"),
    "or more": Sign("from number", r"^N\d+N (?:or|and) (?:more|fewer|less|over|above)\b"),
    "something else was done": Sign("sentence", r"^{total}(?:a total of )?(?:{qualifier} "
        r")?{number} {word}{0,4}?{person}(?!{were_studied})"),
    "did something else": Sign("after people", r"^(?: (?!(?:who|that|which)\b)[a-z'-]+){0,3}? (?:(?:were|was|have been|"
        r"had been) (?:(?:also|later|then) )?(?:given|treated|offered|lost|excluded|exposed|withdrawn|killed|arrested|"
        r"interviewed|told|asked|screened)|(?:could|would|may|might|can|will|should|died|received|completed|finished|"
        r"dropped|left|withdrew|returned|relapsed|recovered|refused|moved)\b)|^ (?:(?:who|that) )?(?:living|live|lived)"
        r" in (?:the|these|those|[a-z]+) (?:areas|communities|villages|regions|cities|neighbou?rhoods|districts|"
        r"countries)\b|^(?: [a-z]+){0,3}? (?:each|apiece|per (?:study|trial|site|school))\b|^ (?:or|and) (?:more|fewer|"
        r"less|over|above)\b"),
    "part of them": Sign("before number", r"{of_the_told}|\bincluding {number}\b(?! (?:total|{word}*{person}))|\b"
        r"(?<!study, )(?:an?|another) (?:[a-z-]+ )?(?:trial|study)\b"),
    "of few": Sign("sentence", r"\bN1N (?:study|trial|of)\b|\bin another\b|\b(?:none|no|any|smaller|larger|bigger|"
        r"except|one|those|only|every|had to|must|at least one|aimed|eligible|in some|in others)\b|\b(?:studies|trials)"
        r" (?:with|of) (?:fewer|less|more) than\b|{of_the_told}"),
    "for some": Sign("sentence", r"^(?:(?:after|during|at) (?!baseline|the (?:start|beginning|outset))|(?:for|in|among|"
        r"within|across) (?!total|sum\b|all\b|this|the (?:\w+ )?(?:review|map)|addition|(?:the|these) (?:N\d+N "
        r")?(?:included )?(?:studies|trials|evaluations|rcts),))"),
    "some of them before": Sign("before number", r"\b(?:of {them},? (?:(?:only|just) )?{number}|(?<!there are )"
        r"(?<!there were ){number} of {them}(?! [^,;:]*,))\b"),
    "not searched": Sign("whole sentence", r"\bwill be\b|\bplanned\b|\bnot search"),
    "started then": Sign("match", r"\b(?:started|begun|begin|beginning|introduced|launched|implemented|registered|"
        r"established|published|were published) (?:in|on) (?:the )?D\d[\d-]*D$"),
    "speaks of currency": Sign("whole sentence", r"\b(?:search|up[- ]to[- ]date|current)|\b(?:cover|includ|consider)"
        r"[^.;]{0,60}\b(?:research|studies|literature|evidence|publications)\b[^.;]{0,40} {until} |^(?:studies|"
        r"research|literature|evidence|trials) {until} "),
    "search is named": Sign("whole sentence", r"\bsearch(?:ed|es|ing)?\b"),
    "some were dated": Sign("before span", r"^(?!.*\b(?:review|map|we|synthesis|update|authors|it) (?:\w+ "
        r"){0,2}?(?:includ|summari|synthesi|cover|is based|identif|analy|found|uncover|compris|examin|draw))"
        r"(?!.*\b(?:are|were) included).*(?<!the )(?<!all )(?<!these ){number} {studies}"),
    "some of the studies": Sign("before span", r"\b(?:most|majority|half|some|many|several|few|oldest|earliest|"
        r"per ?cent|eligible (?!studies published)|inclusion|criteria|had to|must|restricted|limited|other|others|"
        r"remaining|ongoing|except)\b|{number} of (?:the|which|these|them)\b|%"),
    "of studies": Sign("with previous", r"^[^\n]*(?:\b(?:studies|study|trials?|rcts?|experiments|evaluations|they|most|"
        r"majority|others|rest|remaining|remainder)\b|^(?:the )?(?:study )?countries\b|^it .*\n.*\b(?:one|single|N1N) "
        r"(?:[a-z-]+ ){0,3}?(?:study|trial|evaluation)\b|(?:there (?:are|were) {number} of them\b|of (?:these|them|"
        r"those),? {number} |(?:{number}|most|all) (?:of (?:these|them) )?(?:were|are|came|come|took place) )"
        r".*\n.*\b(?:studies|trials|evaluations|experiments)\b)"),
    "of people": Sign("sentence", r"\b(?:participants|children|students|pupils|people|samples?|families|women|men|"
        r"youth|adults|patients|programmes?|programs?|interventions?|(?<!in )schools) (?:(?:who|that|which) )?(?:were|"
        r"was|are|is|came|come|conducted|implemented)? ?(?:(?:mainly|mostly|all) )?(?:in|from)\b"),
    "not done there": Sign("whole sentence", r"\ball but {number}|\b(?:no|none|not(?! (?:clear|reported|stated|given|"
        r"specified|known)\b)|outside|other than|except|excluding|rather than|instead of|unlike|apart from|migrants?|"
        r"immigrants?|refugees|born|language|compared with|compared to|had to|must|(?<!\dN )(?<!to be )(?<!were )"
        r"(?<!judged )eligible|limited to|restricted to|(?<!inclusion )(?<!eligibility )(?<!selection )(?<!our )"
        r"(?<!the )criteria|would|should|could(?! be (?:included|used|analysed))|may|such as in|for example|e\.g\.|"
        r"might)\b"),
    "design as a condition": Sign("before", r"\b(?:at least|had to|must|eligible if|identified|excluded)\b"),
    "the studies before": Sign("before number", r"(?:^|\b(?:of|in|across|from|for|together,?|among|overall,?|in "
        r"total,?|in all,?|on) )(?:all (?:of )?)?(?:the|these|our|all) $"),
    "the participants before": Sign("before number", r"(?:^(?:of )?(?:all )?(?:the|these) |^all |\b(?:age|majority|"
        r"most|half|quarters?|thirds?|per cent|number|some|many|%) of (?:all )?(?:the|these) )$"),
    "condition of date": Sign("rest", r"^[^.;]{0,40}\b(?:eligible|considered|sought|searched|could be)\b"),
    "in an analysis": Sign("rest", r"^[^.;:]{0,60} (?:in|to|for) (?:the|a|our|this|any) (?:(?:final|main|quantitative|"
        r"statistical|data) )?(?:meta|analys|synthes)"),
    "of an analysis": Sign("before", r"\banalys[ei]s of $"),
    "of all these": Sign("before", r"\bof (?:the|all|these) $"),
}
