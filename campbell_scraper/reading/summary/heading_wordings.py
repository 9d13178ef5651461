"""The wordings of headings, as patterns over the folded form of ``heading_kinds.heading_key``. Vocabulary only, no logic.

English wordings: docs/sites.md, and the variants Campbell's own PLS template has had (review, map, update, study; in/of;
this/the; is/are/was/were). Translations: those of Campbell's and its partners' translated summaries.
"""

# ruff: noqa: E501  (a wording reads best on one line)

from __future__ import annotations

from typing import Final

_QUALIFIERS = (
    r"(?:(?:campbell|cochrane|systematic|updated?|rapid|umbrella|scoping|mega|mixed-methods?|evidence|gap|and|"
    r"evidence-and-gap|meta-analytic|critical|joint|new|plain language|methods?|map)\s)*"
)
_NOUN = (
    r"(?:review|(?:mega-?)?map|update|study|overview|synthesis|egm|report|paper|brief|protocol|summary|meta-analysis|guide|"
    r"project)s?(?:/(?:map|review|study|update)s?)?(?:\s\([^()]*\))?(?:\supdate)?"
)
_THING = rf"(?:(?:this|the|these|that|our|both)\s)?{_QUALIFIERS}{_NOUN}"
"""This review, the map, this Campbell systematic review update, the evidence and gap map (EGM)."""
_OF = rf"(?:\s(?:of|in|from|for|by)\s{_THING})?"
_BE = r"(?:is|are|was|were)"
_CHANGED = r"(?:\s(?:update|so far|overall|to date))?"


def _any(*patterns: str) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


ENGLISH: Final[tuple[tuple[str, str], ...]] = (
    (
        "about",
        _any(
            rf"what\s{_BE}\s{_THING}\s(?:all\s)?about",
            rf"what\s(?:did|does|do)\s{_THING}\s(?:study|look at|examine|investigate|assess|cover|address|consider)",
            rf"what\s{_BE}\s(?:studied|examined|reviewed|covered){_OF}",
            rf"what {_BE} (?:the )?(?:topic|subject|issue|focus){_OF}",
            rf"about {_THING}",
        ),
    ),
    (
        "aim",
        _any(
            rf"what\s{_BE}\s(?:the\s)?(?:main\s|overall\s)?(?:aim|objective|purpose|goal)s?{_OF}",
            rf"(?:the )?(?:aim|purpose|goal)s?(?: and objectives?)?\sof\s{_THING}",
            rf"why (?:did we do|was|is) {_THING}(?: (?:done|conducted|important))?",
        ),
    ),
    (
        "included_studies",
        _any(
            rf"(?:what|which)\s(?:(?:types?|kinds?|sorts?)\sof\s)?(?:(?:primary|research|empirical)\s)?"
            rf"(?:studies|study|research|evidence|trials|studies and reviews|reviews|studies and systematic reviews)\s"
            rf"(?:{_BE}|has been|have been)\s(?:included|used|reviewed){_OF}",
            rf"(?:what|which)\s(?:(?:types?|kinds?)\sof\s)?(?:studies|evidence|research|trials)\s(?:did|does|do)\s"
            rf"(?:{_THING}|we)\s(?:include|cover|use)",
            rf"what\s{_BE}\sincluded{_OF}",
            rf"how many (?:studies|trials) (?:{_BE}|did (?:{_THING}|we)) (?:included?|found|find){_OF}",
            r"(?:study characteristics|characteristics of (?:the )?(?:included )?studies)",
            r"(?:the )?included studies",
            rf"(?:the )?studies included{_OF}",
        ),
    ),
    (
        "main_results",
        _any(
            rf"what\s{_BE}\s(?:the\s)?(?:main|key|overall|principal|major)?\s?(?:results?|findings?)"
            rf"(?:\sand\s(?:results?|findings?|conclusions?))?{_OF}{_CHANGED}",
            rf"what\s(?:did|does|do|has|have)\s(?:{_THING}|we|the authors|the evidence|the research)\s"
            r"(?:find|found|show|shown|say|tell us)",
            r"(?:the )?(?:review|main|key|map) findings",
            rf"(?:the )?(?:main |key )?(?:findings|results) (?:of|in|from) {_THING}",
        ),
    ),
    (
        "research_implications",
        _any(
            rf"what\s{_BE}\sthe\s(?:research implications|implications for (?:further |future )?research){_OF}",
            rf"what\s{_BE}\sthe\simplications\sof\s{_THING}\sfor\s(?:further\s|future\s)?research(?:ers)?",
            rf"(?:the\s)?(?:research implications|implications for (?:further |future )?research){_OF}",
        ),
    ),
    (
        "policy_implications",
        _any(
            rf"what\s{_BE}\sthe\s(?:policy|practice|policy and practice|practice and policy)\simplications{_OF}",
            rf"(?:what\s{_BE}\s)?(?:the\s)?implications{_OF}\sfor\s(?:(?!research)[a-z,/&' -])*"
            r"(?:polic|practi|decision)(?:(?!research)[a-z,/&' -])*",
            rf"(?:the\s)?(?:policy|practice|policy and practice|practice and policy)\simplications{_OF}",
        ),
    ),
    (
        "implications",
        _any(
            rf"what\s(?:do|does|did|could|might|may)\s(?:the|these|this|our)\s(?:main\s|key\s)?"
            rf"(?:findings?|results?|evidence|conclusions?)(?:\sand\s(?:findings?|results?))?{_OF}\s(?:mean|imply|tell us)"
            r"(?:\sfor\s(?:(?!\?).)*)?",
            rf"what\s(?:do|does|did)\s(?:{_THING}|this|it|all this)\smean",
            rf"what\s{_BE}\sthe\simplications{_OF}(?:\sfor\s.+)?",
            rf"(?:the )?implications(?:\sof\s(?:{_THING}|the\s(?:findings|results|evidence)))?",
            r"implications for .*research.*",
        ),
    ),
    (
        "up_to_date",
        _any(
            rf"how\s(?:up[ -]?to[ -]?date|current|recent|uptodate)\s{_BE}\s(?:{_THING}|(?:this|the) evidence)"
            rf"(?:{_OF})(?:\sand\s.+)?",
            rf"(?:is|are) (?:{_THING}|(?:this|the) evidence) up[ -]to[ -]date",
            rf"when was {_THING} (?:last )?(?:updated|done|conducted)",
            r"(?:dates? of (?:the )?(?:last |latest )?search(?:es)?|(?:last |latest )?search dates?)",
            r"when (?:was|were) (?:the )?(?:last )?(?:literature )?search(?:es)? (?:last )?(?:done|conducted|updated|run)",
        ),
    ),
    (
        "quality",
        _any(
            rf"what\s{_BE}\s(?:the\s)?(?:overall\s)?(?:quality|certainty|strength|reliability)\sof\s(?:the\s|this\s)?"
            rf"(?:(?:available|included|existing|overall|body of)\s)*(?:evidence|studies|research|reviews){_OF}"
            rf"(?:\sincluded{_OF})?",
            rf"how\s(?:good|strong|certain|reliable|robust|trustworthy|confident)\s.*(?:evidence|studies|findings|"
            rf"results|research|review){_OF}",
            rf"(?:the )?(?:overall )?(?:quality|certainty) of (?:the )?(?:included )?(?:evidence|studies){_OF}",
        ),
    ),
    (
        "adverse_effects",
        _any(
            r"(?:do|does|did|is|are|was|were|what|can|could|has|have|which)\b.*\b(?:adverse|harmful|unintended|negative|"
            r"unwanted|undesirable|side)[ -](?:side[ -])?(?:effects?|events?|impacts?|consequences?|outcomes?)"
            r"(?:\s(?:of|from|for|associated|reported|identified|found)\b.*)?",
            r"(?:do|does|did|can|could)\b.*\b(?:cause|do|have|lead to)\s(?:any\s)?harms?",
            rf"(?:are|were|is|was) there (?:any )?harms?(?: .*)?|what {_BE} the harms?(?: .*)?",
            r"(?:adverse|harmful|side|unintended) (?:effects?|events?|outcomes?|consequences?)",
        ),
    ),
    ("background", _any(r"background(?: and (?:rationale|context|aims?|objectives?))?", "introduction", "rationale")),
    (
        "objectives",
        _any(r"(?:the )?(?:research |review |main |study )?(?:objective|aim|purpose|goal)s?(?: and objectives)?"),
    ),
    (
        "search_methods",
        _any(
            r"(?:search|searching) (?:methods?|strateg(?:y|ies))(?: for .*)?",
            "literature search(?:es)?",
            "data sources",
            "searches",
        ),
    ),
    (
        "selection_criteria",
        _any(r"(?:study )?(?:selection|inclusion|eligibility)(?: and exclusion)? criteria(?: .*)?", "study selection"),
    ),
    (
        "data_collection",
        _any(
            r"data (?:collection|extraction|analysis|synthesis)(?: (?:and|&) (?:data )?(?:analys[ie]s|synthesis|extraction))?",
            r"analysis",
        ),
    ),
    ("methods", _any("methods?", "methodology", "research design", "(?:study )?design")),
    (
        "results",
        _any("(?:main |key |principal )?results?", "(?:main |key )?results and (?:findings|discussion)", "findings"),
    ),
    (
        "authors_conclusions",
        _any(
            r"(?:(?:the )?(?:authors?'?s?'?|reviewers?'?s?'?)\s)?(?:main )?conclusions?(?: and (?:implications?|discussion|"
            r"recommendations?)(?: .*)?)?",
            r"discussion and conclusions?",
        ),
    ),
)
"""Kind and pattern; the first that fits the whole folded heading wins."""

TRANSLATED: Final[tuple[tuple[str, str], ...]] = (
    (
        "about",
        _any(
            r"(?:de|sobre) qué (?:se )?trata (?:esta|la) revisión|qué (?:estudia|estudió|examina|analiza) (?:esta|la) revisión",
            r"(?:sobre o que|de que) (?:é|trata) (?:esta|a) revisão",
            r"hva (?:handler|dreier) (?:denne|om denne )?\s?(?:systematiske )?oversikten? (?:seg )?om|hva handler oversikten om",
            r"hvad handler (?:denne |dette )?(?:oversigt|review|forskningsoversigten?|oversigten?) om",
            r"vad handlar (?:denna |den här )?(?:översikten?|systematiska översikten?) om",
            r"(?:de quoi traite|sur quoi porte) (?:cette|la) revue|quel est le sujet de (?:cette|la) revue",
            r"worum geht es in (?:diesem|dieser|dem) (?:review|übersichtsarbeit|übersicht)",
            r"di cosa (?:tratta|parla) (?:questa|la) (?:revisione|review)",
            r"这篇综述是关于什么的|本综述(?:是关于什么的|的内容是什么|研究什么)|本系統性回顧是關於什麼",
            r"ما موضوع هذه المراجعة|عن ماذا تتحدث هذه المراجعة|ما الذي تدور حوله هذه المراجعة",
            r"यह समीक्षा किस(?:के)? (?:बारे में|विषय में) है",
            r"о чем этот обзор|о чём этот обзор",
        ),
    ),
    (
        "aim",
        _any(
            r"cuál (?:es|era|fue) el (?:objetivo|propósito) de (?:esta|la) revisión",
            r"qual (?:é|foi) o objetivo (?:desta|da) revisão",
            r"hva er (?:målet|formålet|hensikten) med (?:denne )?(?:systematiske )?oversikten",
            r"hvad er formålet med (?:denne |dette )?(?:oversigt|review|oversigten)",
            r"vad är syftet med (?:denna )?översikten?",
            r"quel est (?:l'objectif|le but) de (?:cette|la) revue",
            r"was ist das ziel (?:dieses|dieser|des|der) (?:reviews?|übersichtsarbeit|übersicht)",
            r"qual è (?:l'obiettivo|lo scopo) (?:di questa|della) (?:revisione|review)",
            r"(?:इस समीक्षा का उद्देश्य क्या है|समीक्षा का उद्देश्य क्या है)",
            r"本综述的目的是什么|这篇综述的目的是什么",
            r"ما هدف هذه المراجعة|ما الهدف من هذه المراجعة|ما هو هدف هذه المراجعة",
        ),
    ),
    (
        "included_studies",
        _any(
            r"qué estudios (?:se )?(?:incluyen|incluyeron|están incluidos|fueron incluidos|incluye)(?: (?:en )?(?:esta|la) revisión)?",
            r"(?:que|quais) estudos (?:são|foram|estão) incluídos(?: (?:nesta|na) revisão)?",
            r"hvilke studier (?:er|ble) (?:inkludert|tatt med)(?: i (?:denne )?oversikten)?",
            r"hvilke studier er inkluderet(?: i (?:denne )?oversigten?)?",
            r"vilka studier (?:ingår|är inkluderade)(?: i översikten)?",
            r"quelles (?:études|sont les études) (?:sont |ont été )?inclu(?:se|ses|s)(?: dans (?:cette|la) revue)?",
            r"welche studien (?:sind|wurden) (?:eingeschlossen|enthalten|einbezogen)",
            r"quali studi (?:sono|sono stati) inclusi(?: .*)?",
            r"(?:इस समीक्षा में )?(?:कौन[- ]?से|किन) अध्ययन(?:ों को)? (?:शामिल|सम्मिलित) (?:हैं|किए गए हैं|किया गया है)",
            r"(?:本综述)?(?:包括|纳入)了?哪些研究",
            r"ما الدراسات المشمولة(?: .*)?|ما هي الدراسات المشمولة(?: .*)?",
        ),
    ),
    (
        "main_results",
        _any(
            r"cuáles (?:son|fueron) los (?:principales )?(?:hallazgos|resultados)(?: principales)?(?: (?:de|en) (?:esta|la) revisión)?",
            r"quais (?:são|foram) (?:os principais resultados|as principais conclusões|os principais achados)(?: .*)?",
            r"hva er (?:hovedfunnene|hovedresultatene|de viktigste (?:funnene|resultatene))(?: i (?:denne )?oversikten)?",
            r"hva (?:viser|fant) oversikten",
            r"hvad er (?:hovedresultaterne|de vigtigste (?:resultater|fund))(?: .*)?",
            r"vilka är (?:de viktigaste resultaten|huvudresultaten)(?: .*)?",
            r"quels sont les principaux (?:résultats|constats)(?: de (?:cette|la) revue)?",
            r"was sind die (?:wichtigsten|haupt)\s?ergebnisse(?: .*)?",
            r"quali sono (?:i principali risultati|i risultati principali)(?: .*)?",
            r"(?:इस समीक्षा के )?मुख्य (?:निष्कर्ष|परिणाम) क्या (?:हैं|थे)",
            r"(?:本综述的|这篇综述的)?主要(?:结果|发现)(?:是什么|有哪些)",
            r"ما النتائج الرئيسية(?: .*)?|ما هي النتائج الرئيسية(?: .*)?",
        ),
    ),
    (
        "implications",
        _any(
            r"qué significan (?:los|estos) (?:hallazgos|resultados)(?: .*)?",
            r"o que significam (?:os|estes) (?:resultados|achados)(?: .*)?",
            r"hva betyr (?:funnene|resultatene|disse funnene)(?: i (?:denne )?oversikten)?",
            r"hvad betyder (?:resultaterne|fundene)(?: .*)?",
            r"vad betyder resultaten(?: .*)?",
            r"que signifient (?:les|ces) (?:résultats|constats)(?: de (?:cette|la) revue)?",
            r"was bedeuten die ergebnisse(?: .*)?",
            r"cosa significano (?:i|questi) risultati(?: .*)?",
            r"(?:本综述的|这篇综述的)?(?:研究)?(?:结果|发现)意味着什么",
            r"(?:इस समीक्षा के )?(?:निष्कर्षों|परिणामों) का क्या (?:अर्थ|मतलब) है",
            r"ماذا تعني (?:النتائج|نتائج)(?: .*)?",
        ),
    ),
    (
        "quality",
        _any(
            r"cuál (?:es|fue) la calidad de la evidencia(?: .*)?",
            r"qual (?:é|foi) a qualidade da evidência(?: .*)?",
            r"hva er kvaliteten på (?:dokumentasjonen|evidensen)|hvor god er (?:dokumentasjonen|kvaliteten på dokumentasjonen)",
            r"quelle est la qualité des (?:preuves|données)(?: .*)?",
            r"wie ist die qualität der evidenz",
            r"证据(?:的)?质量如何",
            r"ما (?:هي )?جودة الأدلة",
        ),
    ),
    (
        "up_to_date",
        _any(
            r"(?:qué tan|cuán|cómo de) actualizada (?:está|es) (?:esta|la) revisión|cuál es el grado de actualización .*",
            r"(?:quão|qual o grau de) (?:atualizada|atualização) (?:está|é|desta)\s?(?:esta|a)? revisão",
            r"hvor (?:oppdatert|ny) er (?:denne )?(?:systematiske )?oversikten",
            r"hvor (?:opdateret|aktuel) er (?:denne |dette )?(?:oversigt|review|oversigten)",
            r"hur (?:aktuell|uppdaterad) är (?:denna )?översikten?",
            r"(?:cette|la) revue est-elle à jour|(?:quel est le niveau|dans quelle mesure) .* à jour",
            r"wie aktuell ist (?:dieser|diese|dieses|der|die|das) (?:review|übersichtsarbeit|übersicht)",
            r"quanto è aggiornata (?:questa|la) (?:revisione|review)",
            r"(?:这篇综述|本综述)(?:的时效性如何|有多新|的更新程度如何|是最新的吗)",
            r"यह समीक्षा कितनी (?:अद्यतन|अप-टू-डेट|नवीनतम|नई) है",
            r"ما مدى حداثة هذه المراجعة",
        ),
    ),
    ("background", _any("antecedentes", "bakgrunn", "bakgrund", "baggrund", "contexte", "hintergrund", "背景")),
    ("objectives", _any("objetivos?", "formål", "mål", "objectifs?", "ziele?", "目的")),
    ("methods", _any("métodos", "metode", "metod", "méthodes", "methoden", "方法")),
    ("results", _any("resultados", "resultat(?:er)?", "résultats", "ergebnisse", "结果", "النتائج")),
    (
        "authors_conclusions",
        _any(
            "conclusiones(?: de los autores)?",
            "konklusjon(?:er)?",
            "konklusion",
            "schlussfolgerungen",
            "结论",
            "الخلاصة",
        ),
    ),
)

BRIEF_HEADINGS: Final = _any(
    rf"(?:{_THING}|evidence|findings)?\s?in (?:brief|a nutshell|short)",
    r"(?:la )?revisión en breve|en breve",
    r"oversikten (?:i korthet|kort fortalt)|kort fortalt|i korthet",
    r"la revue en bref|en bref",
    r"oversigten kort fortalt|kort om oversigten",
    r"本综述简介|综述简介",
)

GENERIC_LABELS: Final = frozenset(
    {
        "key messages", "key message", "key points", "highlights", "discussion", "references", "acknowledgements",
        "acknowledgments", "funding", "sources of support", "declarations of interest", "conflicts of interest",
        "recommendations", "conclusions and recommendations", "further reading", "more information", "notes", "note",
        "contact", "about the authors", "what did we do", "how was the review done", "related reviews", "citation",
        "download", "downloads", "tables", "figures", "limitations", "strengths and limitations", "scope", "context",
        "the problem", "the intervention", "the evidence", "what works", "glossary", "additional information",
        "about campbell", "about this summary", "about the campbell collaboration", "the campbell collaboration",
        "what is the campbell collaboration", "what is campbell", "summary of findings",
    }
)  # fmt: skip
"""Section labels that are never a headline."""

BANNERS: Final = _any(
    r"(?:the )?(?:campbell (?:collaboration )?)?(?:(?:plain|simple|lay)[- ](?:language|english)[- ])?"
    r"(?:summary|abstract|synopsis)(?: \(pls\))?(?: of (?:this|the) (?:review|map|study))?",
    r"plain[- ](?:language|english) summar(?:y|ies) ?(?:\(?(?:pls|english|spanish|norwegian)\)?)?",
    r"lay summary|pls|(?:lay|user|structured) abstract|(?:the )?executive summary(?:/abstract)?|abstract/executive summary",
    r"policy brief(?: (?:no\.? ?)?\d+)?|evidence brief|summary for (?:users|policy ?makers)|review summary",
    r"(?:the )?campbell collaboration(?: library(?: of systematic reviews)?)?|the campbell library",
    r"(?:a )?campbell (?:systematic )?reviews?|campbell review summary|systematic review(?: summary)?",
    r"evidence and gap map(?: summary)?",
    r"resumen(?: (?:en|de) (?:un )?(?:lenguaje (?:sencillo|claro|simple)|términos sencillos)| ejecutivo)?",
    r"sammendrag(?: (?:på|i) (?:et )?(?:enkelt|lettfattelig|klart) språk)?|(?:enkelt |lettlest |kort )?(?:sammendrag|oppsummering)",
    r"(?:resumé|resume|sammenfatning)(?: i (?:et )?(?:letforståeligt|enkelt|almindeligt) sprog)?",
    r"(?:sammanfattning|populärvetenskaplig sammanfattning)(?: på (?:enkelt språk|enkel svenska|lättläst svenska))?",
    r"résumé(?: (?:en|dans un) (?:langage (?:simple|clair|courant)|termes simples)| simplifié| exécutif)?",
    r"(?:laienverständliche )?zusammenfassung(?: in (?:einfacher|leicht verständlicher|allgemeinverständlicher) sprache)?",
    r"resumo(?: (?:em|para) (?:linguagem (?:simples|clara|acessível)|leigos)| executivo)?",
    r"(?:riassunto|sintesi)(?: in (?:linguaggio semplice|parole semplici))?",
    r"samenvatting(?: in (?:eenvoudige|begrijpelijke) taal)?",
    r"резюме(?: на простом языке)?|краткое изложение",
    r"(?:通俗|简明|簡明|平易|浅显|白话)?(?:语言|語言)?(?:的)?(?:摘要|总结|總結|概要|结语)",
    r"ملخص(?: بلغة (?:بسيطة|مبسطة|واضحة))?|الملخص(?: بلغة (?:بسيطة|مبسطة))?",
    r"सरल भाषा (?:में )?(?:सारांश)|सारांश|平易な(?:言葉|要約)(?:による要約)?|खुलासा|سادہ زبان میں خلاصہ|خلاصہ|خلاصه(?: به زبان ساده)?",
)
"""Lines that name the form of the text, its language or its publisher, and say nothing of the review."""
