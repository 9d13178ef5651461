"""Country names as summaries print them, and their usual short English names."""

from __future__ import annotations

import re
from typing import Final

_NAMES: Final = (
    "Afghanistan|Albania|Algeria|Andorra|Angola|Argentina|Armenia|Australia|Austria|Azerbaijan|Bahamas|Bahrain|"
    "Bangladesh|Barbados|Belarus|Belgium|Belize|Benin|Bhutan|Bolivia|Botswana|Brazil|Brunei|Bulgaria|Burkina Faso|"
    "Burundi|Cambodia|Cameroon|Canada|Central African Republic|Chad|Chile|China|Colombia|Comoros|Costa Rica|Croatia|"
    "Cuba|Cyprus|Denmark|Djibouti|Dominica|Dominican Republic|Ecuador|Egypt|El Salvador|Equatorial Guinea|Eritrea|"
    "Estonia|Ethiopia|Fiji|Finland|France|Gabon|Gambia|Germany|Ghana|Greece|Greenland|Grenada|Guatemala|Guinea|"
    "Guinea-Bissau|Guyana|Haiti|Honduras|Hong Kong|Hungary|Iceland|India|Indonesia|Iran|Iraq|Ireland|Israel|Italy|"
    "Jamaica|Japan|Jordan|Kazakhstan|Kenya|Kosovo|Kuwait|Kyrgyzstan|Laos|Latvia|Lebanon|Lesotho|Liberia|Libya|"
    "Liechtenstein|Lithuania|Luxembourg|Madagascar|Malawi|Malaysia|Maldives|Mali|Malta|Mauritania|Mauritius|Mexico|"
    "Moldova|Mongolia|Montenegro|Morocco|Mozambique|Myanmar|Namibia|Nepal|Netherlands|New Zealand|Nicaragua|Niger|"
    "Nigeria|North Korea|North Macedonia|Norway|Oman|Pakistan|Palestine|Panama|Papua New Guinea|Paraguay|Peru|"
    "Philippines|Poland|Portugal|Puerto Rico|Qatar|Romania|Russia|Rwanda|Samoa|Saudi Arabia|Senegal|Serbia|Seychelles|"
    "Sierra Leone|Singapore|Slovakia|Slovenia|Solomon Islands|Somalia|South Africa|South Korea|South Sudan|Spain|"
    "Sri Lanka|Sudan|Suriname|Sweden|Switzerland|Syria|Taiwan|Tajikistan|Tanzania|Thailand|Togo|Tonga|"
    "Trinidad and Tobago|Tunisia|Turkey|Turkmenistan|Uganda|Ukraine|United Arab Emirates|"
    "Uruguay|Uzbekistan|Vanuatu|Venezuela|Vietnam|Yemen|Zambia|Zimbabwe|England|Scotland|Wales|Northern Ireland"
)
_ALIASES: Final = {
    "USA": "USA", "U.S.A.": "USA", "US": "USA", "U.S.": "USA", "United States": "USA",
    "United States of America": "USA", "UK": "UK", "U.K.": "UK", "United Kingdom": "UK",
    "Great Britain": "UK", "Britain": "UK", "Viet Nam": "Vietnam", "Türkiye": "Turkey",
    "Czech Republic": "Czechia", "Czechia": "Czechia",
    "Ivory Coast": "Côte d'Ivoire", "Côte d'Ivoire": "Côte d'Ivoire",
    "Côte d’Ivoire": "Côte d'Ivoire", "Cote d'Ivoire": "Côte d'Ivoire", "Republic of Korea": "South Korea",
    "Korea": "South Korea", "The Gambia": "Gambia", "Holland": "Netherlands", "Swaziland": "Eswatini",
    "Eswatini": "Eswatini", "Burma": "Myanmar", "East Timor": "Timor-Leste", "Timor-Leste": "Timor-Leste",
    "Cape Verde": "Cabo Verde", "Cabo Verde": "Cabo Verde", "Macedonia": "North Macedonia",
    "Bosnia and Herzegovina": "Bosnia and Herzegovina", "Bosnia": "Bosnia and Herzegovina",
    "Democratic Republic of the Congo": "Democratic Republic of the Congo",
    "Democratic Republic of Congo": "Democratic Republic of the Congo", "DRC": "Democratic Republic of the Congo",
    "Republic of Ireland": "Ireland", "Russian Federation": "Russia", "People's Republic of China": "China",
    "Palestinian Territories": "Palestine", "Republic of the Congo": "Republic of the Congo", "Lao PDR": "Laos",
    "UAE": "United Arab Emirates", "Kyrgyz Republic": "Kyrgyzstan", "Slovak Republic": "Slovakia", "Macao": "Macao",
    "Macau": "Macao",
}  # fmt: skip
"""Other names, with the short English name. Constituent countries (England, Scotland …) keep their own."""

SHORT: Final[dict[str, str]] = {name: name for name in _NAMES.split("|")} | _ALIASES

COUNTRY: Final = re.compile(
    r"\b(?=[A-Z])(?<!-)(?<!New )(?<!Latin )(?:"
    + "|".join(re.escape(name) for name in sorted(SHORT, key=len, reverse=True))
    + r")(?![\w-]|'s?\b)"
)
"""A country's name, in its own case ("US", never "us")."""


COUNTRY_WORDS: Final = frozenset(found[0] for name in SHORT if (found := re.search("[a-z]+", name.lower())))
"""The first word of each name, in lower case."""


def short_name(name: str) -> str | None:
    """Return the usual short English name of a country ("United States" → "USA"); None for an unknown name."""
    name = " ".join(name.replace("’", "'").split()).removeprefix("the ").removeprefix("The ")
    return SHORT.get(name) or SHORT.get(name.rstrip("."))
