"""Printed values to normalised ones."""

from __future__ import annotations

import pytest

from campbell_scraper.reading.values.author_names import author_list, authors
from campbell_scraper.reading.values.dois import doi
from campbell_scraper.reading.values.language_names import language
from campbell_scraper.reading.values.printed_dates import date
from campbell_scraper.reading.values.review_stages import stage, withdrawn
from campbell_scraper.reading.values.vocabularies import GROUP_NAMES, TYPE_NAMES, vocabulary_list


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("2015-03-02", ("2015-03-02", "day")),
        ("2015-3-2", ("2015-03-02", "day")),
        ("2015-03-02T09:00:00Z", ("2015-03-02", "day")),
        ("2015\u201303\u201302", ("2015-03-02", "day")),
        ("2015-03", ("2015-03", "month")),
        ("Monday, 02 March 2015", ("2015-03-02", "day")),
        ("Monday, 02 March 2015 09:00", ("2015-03-02", "day")),
        ("2nd of March 2015", ("2015-03-02", "day")),
        ("2-Mar-2015", ("2015-03-02", "day")),
        ("March 2, 2015", ("2015-03-02", "day")),
        ("Sept. 2015", ("2015-09", "month")),
        ("march  2015.", ("2015-03", "month")),
        ("2015 March", ("2015-03", "month")),
        ("2015", ("2015", "year")),
        ("16/08/2005", ("2005-08-16", "day")),
        ("08/16/2005", ("2005-08-16", "day")),
        ("05/05/2005", ("2005-05-05", "day")),
        ("2005/08/16", ("2005-08-16", "day")),
        ("29 February 2016", ("2016-02-29", "day")),
    ],
)
def test_a_date_keeps_the_precision_it_was_printed_with(printed: str, expected: tuple[str, str]) -> None:
    assert date(printed) == expected


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "soon",
        "n.d.",
        "04/05/2016",
        "29 February 2015",
        "2015-13-01",
        "2015-2016",
        "Marchember 2015",
        "0001",
        "9" * 400,
    ],
)
def test_what_is_no_date_or_an_ambiguous_one_is_not_guessed(printed: str) -> None:
    assert date(printed) is None


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("https://onlinelibrary.wiley.com/doi/10.4073/csr.2015.6", "10.4073/csr.2015.6"),
        ("https://onlinelibrary.wiley.com/doi/full/10.4073/CSR.2015.6", "10.4073/csr.2015.6"),
        ("https://onlinelibrary.wiley.com/doi/abs/10.1002/cl2.1131?utm_source=a&b=c", "10.1002/cl2.1131"),
        ("http://onlinelibrary.wiley.com/doi/10.1002/cl2.99/abstract", "10.1002/cl2.99"),
        ("https://onlinelibrary.wiley.com/doi/10.1002/cl2.1046/full#references", "10.1002/cl2.1046"),
        ("https://onlinelibrary.wiley.com/doi/epdf/10.1002/cl2.12345", "10.1002/cl2.12345"),
        ("https://onlinelibrary.wiley.com/doi/pdfdirect/10.1002/cl2.1123?download=true", "10.1002/cl2.1123"),
        ("https://onlinelibrary.wiley.com/doi/10.1002%2Fcl2.1123", "10.1002/cl2.1123"),
        ("https://onlinelibrary.wiley.com/doi/10.4073/csr.2011.1;jsessionid=AB12.f01t02", "10.4073/csr.2011.1"),
        ("https://journals.sagepub.com/doi/10.1002/cl2.1037&mobileUi=0", "10.1002/cl2.1037"),
        ("https://onlinelibrary.wiley.com/doi/full/10.1002/cl2.1037?af=R&amp;mobileUi=0", "10.1002/cl2.1037"),
        ("https://onlinelibrary.wiley.com/doi/10.1002/cl2.1037%3Fcampaign%3Da", "10.1002/cl2.1037"),
        ("https://doi.org/10.4073/cpg.2016.1.", "10.4073/cpg.2016.1"),
        ("https://onlinelibrary.wiley.com/enhanced/doi/10.1002/cl2.1037/", "10.1002/cl2.1037"),
        ("https://onlinelibrary.wiley.com/doi/10.1002/cl2.1037/citedby-section", "10.1002/cl2.1037"),
        ("https://doi.org/10.4073/csr.2018.10%20", "10.4073/csr.2018.10"),
        ("10.4073/csr.2018.10\u200b\u201d", "10.4073/csr.2018.10"),
        ("doi:10.4073/cmdp.2016.2", "10.4073/cmdp.2016.2"),
        ("(DOI 10.4073/csr.2010.5)", "10.4073/csr.2010.5"),
        (
            "https://www.cochranelibrary.com/cdsr/doi/10.1002/14651858.CD002086.pub2/full",
            "10.1002/14651858.cd002086.pub2",
        ),
        ("https://www.campbellcollaboration.org/lib/project/11/", None),
        ("10.5 per cent of 20/40", None),
    ],
)
def test_a_doi_is_bare_and_in_lower_case(printed: str, expected: str | None) -> None:
    assert doi(printed) == expected


@pytest.mark.parametrize(
    ("printed", "known", "unknown"),
    [
        ("Social Welfare", ["Social Welfare"], []),
        ("Education, International Development", ["Education", "International Development"], []),
        ("Education; Crime & Justice", ["Education", "Crime and Justice"], []),
        ("Crime and Justice Social Welfare Education", ["Crime and Justice", "Social Welfare", "Education"], []),
        ("Children & Young Persons’ Wellbeing", ["Children and Young Persons Wellbeing"], []),
        ("Sustainable Development", ["Sustainable Development"], []),
        ("Methods, Training", ["Methods", "Training"], ["Training"]),
        ("Education Unheard Of Methods", ["Education", "Unheard Of", "Methods"], ["Unheard Of"]),
        ("education, Education", ["Education"], []),
        (" , ", [], []),
    ],
)
def test_groups_are_found_whatever_separates_them(printed: str, known: list[str], unknown: list[str]) -> None:
    assert vocabulary_list(printed, GROUP_NAMES) == (known, unknown)


def test_types_separated_by_spaces_only() -> None:
    printed = "Title Protocol Review Plain language summary User abstract Policy brief"
    assert vocabulary_list(printed, TYPE_NAMES) == (
        ["Title", "Protocol", "Review", "Plain language summary", "User abstract", "Policy brief"],
        [],
    )


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("English", "en"),
        ("Norwegian", "no"),
        ("norwegian:", "no"),
        ("Chinese (Simplified)", "zh-Hans"),
        ("Portuguese (Brazilian)", "pt-BR"),
        ("Chinese (Mandarin)", "zh"),
        ("French (Canadian)", "fr-CA"),
        ("Tagalog", "tl"),
        ("Portuguese - Brazilian", "pt-BR"),
        ("Chinese, Simplified", "zh-Hans"),
        ("Mandarin Chinese", "zh"),
        ("Português (Brasil)", "pt-BR"),
        ("Norwegian (Bokmal)", "nb"),
        ("Persian (Dari)", "fa-AF"),
        ("Chinese (Cantonese)", "yue"),
        ("Spanish / Español", "es"),
        ("English, French", None),
        ("Spanish - PDF", None),
        ("Status (English)", None),
        ("Español", "es"),
        ("العربية", "ar"),
        ("中文", "zh"),
        ("Title", None),
        ("Status", None),
        ("Even", None),
        ("Are", None),
        ("", None),
    ],
)
def test_only_a_language_s_whole_name_is_a_language(label: str, expected: str | None) -> None:
    assert language(label) == expected


def named(text: str) -> list[tuple[str | None, str | None, str | None]]:
    return [(one.given, one.family, one.suffix) for one in authors(text)]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("Jane Barlow, Nick Midgley", [("Jane", "Barlow", None), ("Nick", "Midgley", None)]),
        ("Jane Barlow; Nick Midgley", [("Jane", "Barlow", None), ("Nick", "Midgley", None)]),
        ("Jane Barlow and Nick Midgley", [("Jane", "Barlow", None), ("Nick", "Midgley", None)]),
        (
            "Ann Bell, Bo Cole, and Di Eld & Flo Gun",
            [("Ann", "Bell", None), ("Bo", "Cole", None), ("Di", "Eld", None), ("Flo", "Gun", None)],
        ),
        ("Barlow, J., Bennett, C.", [("J.", "Barlow", None), ("C.", "Bennett", None)]),
        ("Barlow, Jane; van der Beek, L. M.", [("Jane", "Barlow", None), ("L. M.", "van der Beek", None)]),
        (
            "Ludwig van der Beek, Anne de la Fontaine",
            [("Ludwig", "van der Beek", None), ("Anne", "de la Fontaine", None)],
        ),
        ("P. St. George-Hyslop", [("P.", "St. George-Hyslop", None)]),
        ("Martin Killias Sr., William Harris III", [("Martin", "Killias", "Sr."), ("William", "Harris", "III")]),
        ("Samuel Okoro, Jr., Jane Barlow", [("Samuel", "Okoro", "Jr."), ("Jane", "Barlow", None)]),
        ("Abd al-Rahman ibn Yusuf", [("Abd al-Rahman", "ibn Yusuf", None)]),
        ("Robert J. O’Connell, D’Arcy Fitzgerald", [("Robert J.", "O’Connell", None), ("D’Arcy", "Fitzgerald", None)]),
        ("Barlow J, van der Beek LM", [("J", "Barlow", None), ("LM", "van der Beek", None)]),
        ("Barlow J.; Midgley N.", [("J.", "Barlow", None), ("N.", "Midgley", None)]),
        ("J Barlow, William Harris III", [("J", "Barlow", None), ("William", "Harris", "III")]),
        ("محمد علي، أحمد حسن", [("محمد", "علي", None), ("أحمد", "حسن", None)]),
        ("Jane Barlow | Nick Midgley", [("Jane", "Barlow", None), ("Nick", "Midgley", None)]),
        ("Jane Barlow 1, Nick Midgley 2", [("Jane", "Barlow", None), ("Nick", "Midgley", None)]),
        ("Jane Barlow1,2*, Nick Midgley2", [("Jane", "Barlow", None), ("Nick", "Midgley", None)]),
        ("Jane Barlow et al., Nick Midgley, et al.", [("Jane", "Barlow", None), ("Nick", "Midgley", None)]),
        ("Cole, K, Lu, X, Søby, M", [("K", "Cole", None), ("X", "Lu", None), ("M", "Søby", None)]),
        ("Sander, K., Cox, K., & Li, Y.", [("K.", "Sander", None), ("K.", "Cox", None), ("Y.", "Li", None)]),
        ("García Márquez, G., Cox, K.", [("G.", "García Márquez", None), ("K.", "Cox", None)]),
        ("Barlow, MA, Okoro, S., Jr.", [("MA", "Barlow", None), ("S.", "Okoro", "Jr.")]),
        ("Jane Barlow, Yi Li", [("Jane", "Barlow", None), ("Yi", "Li", None)]),
        ("Ángel Turpin-Petrosino, J. Wei", [("Ángel", "Turpin-Petrosino", None), ("J.", "Wei", None)]),
        ("Yavuz, Cem", [("Cem", "Yavuz", None)]),
        ("Barlow, Jane and Li, Yi", [("Jane", "Barlow", None), ("Yi", "Li", None)]),
        ("Barlow, J., Cathy Bennett", [("J.", "Barlow", None), ("Cathy", "Bennett", None)]),
        ("Jane Barlow, Cox, K. and Yi Li", [("Jane", "Barlow", None), ("K.", "Cox", None), ("Yi", "Li", None)]),
        ("Jane Barlow, Yi Li; Bo Xu", [("Jane", "Barlow", None), ("Yi", "Li", None), ("Bo", "Xu", None)]),
        ("Barlow, J., Cox, K.; Yi Li", [("J.", "Barlow", None), ("K.", "Cox", None), ("Yi", "Li", None)]),
        ("Jane Barlow, PhD, Yi Li, MD", [("Jane", "Barlow", "PhD"), ("Yi", "Li", "MD")]),
        ("王芳、李伟", [(None, "王芳", None), (None, "李伟", None)]),
        ("Farrington, David P., Ttofi, Maria M.", [("David P.", "Farrington", None), ("Maria M.", "Ttofi", None)]),
        (
            "Tanner-Smith, Emily E., Wilson, Sandra Jo, Khan, Md. A.",
            [("Emily E.", "Tanner-Smith", None), ("Sandra Jo", "Wilson", None), ("Md. A.", "Khan", None)],
        ),
        ("Vibe, Michael de", [("Michael", "de Vibe", None)]),
        ("Vibe, M. de, Cox, K.", [("M.", "de Vibe", None), ("K.", "Cox", None)]),
        ("WEI, J., ØRSTED, Å.", [("J.", "WEI", None), ("Å.", "ØRSTED", None)]),
        ("J. BARLOW, Y. LI", [("J.", "BARLOW", None), ("Y.", "LI", None)]),
        ("BARLOW J, COX K", [("J", "BARLOW", None), ("K", "COX", None)]),
        ("WANG Xiu, DE LA CRUZ Ana", [("Xiu", "WANG", None), ("Ana", "DE LA CRUZ", None)]),
        ("JH Barlow, CM Bennett", [("JH", "Barlow", None), ("CM", "Bennett", None)]),
        ("Иванова О. П.; Сидоров П. А.", [("О. П.", "Иванова", None), ("П. А.", "Сидоров", None)]),
        ("山田 太郎, 김 철수", [("太郎", "山田", None), ("철수", "김", None)]),
        ("J.Barlow, C.-M.Bennett", [("J.", "Barlow", None), ("C.-M.", "Bennett", None)]),
        ("Barlow J. H. Jr, Cox K", [("J. H.", "Barlow", "Jr"), ("K", "Cox", None)]),
        ("Jane Barlow PhD, Yi Li", [("Jane", "Barlow", "PhD"), ("Yi", "Li", None)]),
        ("Jane Barlow / Yi Li • Bo Xu", [("Jane", "Barlow", None), ("Yi", "Li", None), ("Bo", "Xu", None)]),
        ("Jane Barlow (Oxford, UK), Yi Li [2]", [("Jane", "Barlow", None), ("Yi", "Li", None)]),
        ("Barlow, J., Cox, K., and colleagues", [("J.", "Barlow", None), ("K.", "Cox", None)]),
        ("", []),
    ],
)
def test_names_are_split_and_parsed(printed: str, expected: list[tuple[str | None, str | None, str | None]]) -> None:
    assert named(printed) == expected


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("Jane Barlow, Yavuz, Cem", [("Jane", "Barlow", None), (None, "Yavuz", None), (None, "Cem", None)]),
        ("Yavuz, Cem, Li", [(None, "Yavuz", None), (None, "Cem", None), (None, "Li", None)]),
        ("Barlow J, Cathy Bennett", [("J", "Barlow", None), ("Cathy", "Bennett", None)]),
        (
            "Cox, K., García Márquez, G., Jane Barlow",
            [("K.", "Cox", None), ("G.", "García Márquez", None), ("Jane", "Barlow", None)],
        ),
        ("JANE BARLOW, YI LI", [("JANE", "BARLOW", None), ("YI", "LI", None)]),
        ("BARLOW JL, COX KM", [("BARLOW", "JL", None), ("COX", "KM", None)]),
    ],
)
def test_a_list_of_mixed_forms_is_split_and_said_to_be_unclear(
    printed: str, expected: list[tuple[str | None, str | None, str | None]]
) -> None:
    assert named(printed) == expected
    assert not author_list(printed)[1]
    assert author_list("Sander, K., Cox, K., & Li, Y.")[1]


def test_a_name_is_kept_as_printed() -> None:
    assert [one.name for one in authors("Barlow,\u00a0Jane;  Martin  Killias Sr.")] == [
        "Barlow, Jane",
        "Martin Killias Sr.",
    ]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("Jane Barlow and the PIP Study Group", [("Jane Barlow", False), ("the PIP Study Group", True)]),
        ("Department for Education and Skills", [("Department for Education and Skills", True)]),
        (
            "Centre for Reviews and Dissemination, Bo Cole",
            [("Centre for Reviews and Dissemination", True), ("Bo Cole", False)],
        ),
        ("World Bank & Bo Cole", [("World Bank", True), ("Bo Cole", False)]),
        ("Youth Endowment Fund UK, Bo Cole", [("Youth Endowment Fund UK", True), ("Bo Cole", False)]),
        ("UNICEF, RAND Corporation, Bo Cole", [("UNICEF", True), ("RAND Corporation", True), ("Bo Cole", False)]),
    ],
)
def test_group_authors_are_groups(printed: str, expected: list[tuple[str, bool]]) -> None:
    assert [(one.name, one.is_group) for one in authors(printed)] == expected
    assert all(one.family is None for one in authors(printed) if one.is_group)


def test_the_cache_does_not_share_records() -> None:
    first, second = authors("Jane Barlow")[0], authors("Jane Barlow")[0]
    first.given = "changed"
    assert second.given == "Jane"


@pytest.mark.parametrize(
    ("types", "title", "expected"),
    [
        (["Title"], "Umbrellas", "title"),
        (["Title", "Protocol"], "Umbrellas", "protocol"),
        (["Title", "Protocol", "Review", "Plain language summary"], "Umbrellas", "review"),
        (["Plain language summary"], "Umbrellas", "review"),
        (["Review", "Policy brief"], "Umbrellas", "review"),
        (["Policy brief"], "Umbrellas", "brief"),
        (["Evidence and gap map"], "Umbrellas", "map"),
        (["Methods paper"], "Umbrellas", "other"),
        (["Review", "Plain language summary"], "Umbrellas: An evidence and gap map", "map"),
        (["Review"], "Umbrellas: an evidence & gap map, 2020 update", "map"),
        (["Review"], "Evidence-gap map of umbrellas", "map"),
        (["Review"], "Umbrellas EGM", "map"),
        (["Review"], "Umbrellas: a gap map", "map"),
        (["Review"], "An evidence map of umbrellas", "map"),
        (["Review"], "Megamap of reviews and maps on umbrellas", "map"),
        (["Title", "Protocol"], "Umbrellas: an evidence and gap map", "protocol"),
        (["Review"], "PROTOCOL: Umbrellas: an evidence and gap map", "protocol"),
        (["Review"], "How evidence and gap maps are used: a systematic review", "review"),
        (["Review"], "Umbrellas: an updated systematic review", "update"),
        (["Review"], "Umbrellas: an update", "update"),
        (["Review update"], "Umbrellas", "update"),
        (["Protocol"], "Umbrellas: an update", "protocol"),
        ([], "PROTOCOL: Umbrellas", "protocol"),
        (["Review"], "PROTOCOL: Umbrellas", "protocol"),
        ([], "TITLE: Umbrellas", "title"),
        ([], "WITHDRAWN: PROTOCOL: Umbrellas", "protocol"),
        ([], "Updating umbrellas", None),
        ([], None, None),
    ],
)
def test_stages(types: list[str], title: str | None, expected: str | None) -> None:
    assert stage(types, title) == expected


def test_withdrawn_is_what_the_page_says() -> None:
    assert withdrawn("WITHDRAWN: Umbrellas")
    assert withdrawn("Umbrellas [withdrawn]")
    assert withdrawn("Umbrellas", "This review has been withdrawn. It had no umbrellas.")
    assert not withdrawn("Effects of cash for withdrawn children", "Two studies were withdrawn.")
