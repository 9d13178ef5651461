"""The language of a text, and when it is not that of its label."""

from __future__ import annotations

import pytest

from campbell_scraper.reading.summary.language_identification import identify, language_mismatch
from tests.summary.markup import summary

NORWEGIAN = (
    "Mange land har innført tiltak for å hjelpe utsatte barn, unge og familier, men effekten er usikker. "
    "Denne oversikten undersøker om tiltaket virker, og for hvem. Kvaliteten på dokumentasjonen er lav."
)
SPANISH = (
    "Muchos gobiernos han puesto en marcha programas dirigidos a niños, jóvenes y familias en situación de riesgo. "
    "Esta revisión examina si el programa funciona y para quién. La calidad de la evidencia es baja."
)
ENGLISH = (
    "This review examines whether the programme works and for whom. The quality of the evidence is low, and the "
    "results should be interpreted with caution because of the small number of studies that were included."
)
ARABIC = "وضعت بلدان كثيرة برامج لمساعدة الأطفال والأسر المعرضة للخطر، غير أن فعاليتها لا تزال غير مؤكدة."
CHINESE = "许多国家制定了帮助弱势儿童、青少年和家庭的计划，但效果尚不确定。本综述考察该计划是否有效以及对谁有效。"


@pytest.mark.parametrize(
    ("text", "language"), [(NORWEGIAN, "no"), (SPANISH, "es"), (ENGLISH, "en"), (ARABIC, "ar"), (CHINESE, "zh")]
)
def test_identify(text: str, language: str) -> None:
    assert identify(text) in {language, "nb"} if language == "no" else identify(text) == language


@pytest.mark.parametrize(
    "text", ["", "PLAIN LANGUAGE SUMMARY", "Ja.", "12 345 678 9000 (95 % CI 0.1–0.2)" * 9, "本综述"]
)
def test_short_text_is_unknown(text: str) -> None:
    assert identify(text) == "unknown"


def test_a_text_in_another_language_than_its_label_is_reported() -> None:
    assert language_mismatch(summary(f"<p>{ENGLISH}</p>", language="no")) == "en"
    assert language_mismatch(summary(f"<p>{SPANISH}</p>", language="en")) == "es"
    assert language_mismatch(summary(f"<p>{NORWEGIAN}</p>", language="nb")) is None
    assert language_mismatch(summary(f"<p>{SPANISH}</p>", language="es")) is None
    assert language_mismatch(summary("<p>Kort.</p>", language="en")) is None
    placeholder = "<p>Click on 'Download PDF' on the right to view the plain language summary in Norwegian.</p>"
    assert language_mismatch(summary(placeholder, language="no")) is None


@pytest.mark.parametrize("refused", ["\0", "\x1b", "\x85", "\ud800", "\ufdd0", "\ufffe", "\U0010ffff"])
def test_a_character_that_the_identifier_refuses_does_not_hide_the_language(refused: str) -> None:
    assert identify(refused.join(SPANISH.split())) == identify(SPANISH)


def test_codes_are_those_of_today() -> None:
    assert (
        identify("סקירה זו בוחנת אם התוכנית מועילה ולמי. איכות הראיות נמוכה, ולכן יש לפרש את התוצאות בזהירות.") == "he"
    )
