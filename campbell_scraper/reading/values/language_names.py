"""Names of languages, English and their own, and the BCP 47 tag of each.

Languages with a two-letter code as the Unicode CLDR names them, and what the library and its translators also write. A
table of our own, so that a page says the same whichever version of a library is installed.
"""

from __future__ import annotations

import re
from typing import Final

_TAGGED: Final = (
    "aa:afar; ab:abkhazian|аԥсшәа; ae:avestan; af:afrikaans; ak:akan; am:amharic|አማርኛ; "
    "an:aragonese|aragonés; ar:arabic|العربية; as:assamese|অসমীয়া; av:avaric; ay:aymara; "
    "az:azerbaijani|azərbaycan; ba:bashkir|башҡорт теле; be:belarusian|беларуская; bg:bulgarian|български; "
    "bh:bihari languages|भोजपुरी; bi:bislama; bm:bambara|bamanakan; bn:বাংলা|bangla|bengali; "
    "bo:tibetan|བོད་སྐད་; br:breton|brezhoneg; bs:bosnian|bosanski; ca:catalan|català; ce:chechen|нохчийн; "
    "ch:chamorro; co:corsican|corsu; cr:cree; cs:czech|čeština; cu:church slavic; cv:chuvash|чӑваш; "
    "cy:welsh|cymraeg; da:danish|dansk; de:german|deutsch; dv:divehi; dz:dzongkha|རྫོང་ཁ; ee:ewe|eʋegbe; "
    "el:greek|ελληνικά; en:english; eo:esperanto; es:spanish|español|castilian; "
    "es-419:spanish (latin america)|latin american spanish|español (latinoamérica); et:estonian|eesti; "
    "eu:basque|euskara; "
    "fa:persian|فارسی|farsi|persian (farsi); fa-AF:dari; ff:fula|pulaar; fi:finnish|suomi; fil:filipino; "
    "fj:fijian; fo:faroese|føroyskt; fr:french|français; fr-CA:french (canada)|canadian french|français (canada); "
    "fy:western frisian|frysk; "
    "ga:irish|gaeilge; gd:scottish gaelic|gàidhlig; gl:galician|galego; gn:guarani|avañe’ẽ; "
    "gu:gujarati|ગુજરાતી; gv:manx|gaelg; ha:hausa; he:hebrew|עברית; hi:hindi|हिन्दी; ho:hiri motu; "
    "hr:croatian|hrvatski; ht:haitian creole|kreyòl ayisyen; hu:hungarian|magyar; hy:armenian|հայերեն; "
    "hz:herero; ia:interlingua; id:indonesian|bahasa indonesia; ie:interlingue; ig:igbo; "
    "ii:sichuan yi|ꆈꌠꉙ; ik:inupiaq; io:ido; is:icelandic|íslenska; it:italian|italiano; iu:inuktitut; "
    "ja:japanese|日本語; jv:javanese|jawa; ka:georgian|ქართული; kg:kongo; ki:kikuyu|gikuyu; kj:kuanyama; "
    "kk:kazakh|қазақ тілі; kl:kalaallisut; km:khmer|ខ្មែរ; kn:kannada|ಕನ್ನಡ; ko:korean|한국어; kr:kanuri; "
    "ks:kashmiri|کٲشُر; ku:kurdish|kurdî (kurmancî); kv:komi; kw:cornish|kernewek; ky:kyrgyz|кыргызча; "
    "la:latin|lingua latina; lb:luxembourgish|lëtzebuergesch; lg:ganda|luganda; li:limburgish; "
    "ln:lingala|lingála; lo:lao|ລາວ; lt:lithuanian|lietuvių; lu:luba-katanga|tshiluba; "
    "lv:latvian|latviešu; mg:malagasy; mh:marshallese; mi:māori|maori; mk:macedonian|македонски; "
    "ml:malayalam|മലയാളം; mn:mongolian|монгол; mr:marathi|मराठी; ms:malay|bahasa malaysia; "
    "mt:maltese|malti; my:burmese|မြန်မာ|myanmar; na:nauru; "
    "nb:norwegian bokmål|norsk bokmål|norwegian (bokmål)|bokmål|norwegian (bokmal)|bokmal; "
    "nd:north ndebele|isindebele; ne:nepali|नेपाली; ng:ndonga; nl:dutch|nederlands; nl-BE:flemish; "
    "nn:norwegian nynorsk|norsk nynorsk|norwegian (nynorsk)|nynorsk; no:norwegian|norsk; nr:south ndebele; "
    "nv:navajo|diné bizaad; ny:nyanja; oc:occitan; oj:ojibwa; om:oromo|oromoo; or:odia|ଓଡ଼ିଆ; "
    "os:ossetic|ирон; pa:punjabi|ਪੰਜਾਬੀ; pi:pali; pl:polish|polski; ps:pashto|پښتو; "
    "pt:portuguese|português|european portuguese; qu:quechua|runasimi; "
    "pt-BR:portuguese (brazil)|brazilian portuguese|portuguese (br)|português (brasil)|português do brasil; "
    "rm:romansh|rumantsch; rn:rundi|ikirundi; ro:romanian|română; ru:russian|русский; "
    "rw:kinyarwanda|ikinyarwanda; sa:sanskrit|संस्कृत भाषा; sc:sardinian|sardu; sd:sindhi|سنڌي; "
    "se:northern sami|davvisámegiella; sg:sango|sängö; si:sinhala|sinhalese|සිංහල; sk:slovak|slovenčina; "
    "sl:slovenian|slovenščina|slovene; sm:samoan; sn:shona|chishona; so:somali|soomaali; "
    "sq:albanian|shqip; sr:serbian|српски; sr-Latn:serbian (latin)|srpski (latinica); ss:swati|siswati; "
    "st:southern sotho|sesotho; su:sundanese|basa sunda; sv:swedish|svenska; sw:swahili|kiswahili; "
    "ta:tamil|தமிழ்; te:telugu|తెలుగు; tg:tajik|тоҷикӣ; th:thai|ไทย; ti:tigrinya|ትግርኛ; "
    "tk:turkmen|türkmen dili; tl:tagalog; tn:tswana|setswana; to:tongan|lea fakatonga; tr:turkish|türkçe; ts:tsonga; "
    "tt:tatar|татар; tw:twi; ty:tahitian; ug:uyghur|ئۇيغۇرچە; uk:ukrainian|українська; ur:urdu|اردو; "
    "uz:uzbek|o‘zbek; ve:venda|tshivenḓa; vi:vietnamese|tiếng việt; vo:volapük; wa:walloon|walon; "
    "wo:wolof; xh:xhosa|isixhosa; yi:yiddish|ייִדיש; yo:yoruba|èdè yorùbá; za:zhuang|vahcuengh; "
    "yue:cantonese|chinese (cantonese)|粵語; zh:chinese|mandarin|mandarin chinese|chinese mandarin|中文; "
    "zh-Hans:chinese (simplified)|simplified chinese|chinese simplified|简体中文; "
    "zh-Hant:chinese (traditional)|traditional chinese|chinese traditional|繁體中文; zu:zulu|isizulu"
)

LANGUAGE_TAGS: Final[dict[str, str]] = {
    name: tag for tag, _, names in (one.partition(":") for one in _TAGGED.split("; ")) for name in names.split("|")
}
"""Lower-case name to tag."""

_QUALIFIED = re.compile(r"([^(),/]+?)(?:( \()|, ?| ?[-\u2013/] ?)([^()/]+?)\)?")


def language(label: str) -> str | None:
    """Return the BCP 47 tag of a language given by its English or its own name; None if the label is no such name.

    "Portuguese (Brazilian)" and "Portuguese - Brazilian" are read as "Brazilian Portuguese", and "Persian (Dari)" as
    Dari, which is a variety of Persian. Otherwise the name before the brackets counts.

    Only whole names of languages with a two-letter code (and a few variants) count: CLDR also knows languages called
    "Even" and "Are", which as labels are no languages.
    """
    key = " ".join(label.split()).rstrip(":").rstrip().lower()
    if (tag := LANGUAGE_TAGS.get(key)) or not (qualified := _QUALIFIED.fullmatch(key)):
        return tag
    base, own = LANGUAGE_TAGS.get(qualified[1]), LANGUAGE_TAGS.get(qualified[3])
    if tag := LANGUAGE_TAGS.get(f"{qualified[3]} {qualified[1]}"):
        return tag
    if own and own.startswith(f"{base}-"):
        return own
    return base if qualified[2] or base == own else None
