"""Composition: which representation is believed for what."""

from __future__ import annotations

from typing import Any

from campbell_scraper.view.fold.composing import compose, sources


def content(**said: Any) -> dict[str, Any]:
    return {"status": "current", "title": "T", **said}


def test_a_stage_that_a_document_type_states_outranks_one_guessed_from_the_text() -> None:
    item = content(stage="review", headline="H")
    rest = content(stage="protocol", document_types=["Protocol"])
    latest = {"item": item, "rest": rest}
    assert compose(latest)["stage"] == "protocol"
    assert compose(latest)["headline"] == "H"
    assert sources(latest)["stage"] == "rest"
    assert sources(latest)["title"] == "item"


def test_of_a_post_in_parts_the_whole_text_is_believed_and_no_other_one() -> None:
    def says(*texts: str, **said: Any) -> dict[str, Any]:
        return content(summaries=[{"text": text} for text in texts], **said)

    latest = {"item": says("One.\nTwo."), "rest": says("One.\nTwo.\nThree.")}
    assert compose(latest)["summaries"] == [{"text": "One.\nTwo.\nThree."}]
    assert sources(latest) == {"title": "item", "summaries": "rest"}
    edited = {"item": says("One.\nTwo, edited."), "rest": says("One.\nTwo.\nThree.")}
    assert compose(edited)["summaries"] == [{"text": "One.\nTwo, edited."}]
    assert compose({"item": content(), "rest": says("One.")})["summaries"] == [{"text": "One."}]


def test_where_both_state_a_type_the_items_own_page_is_believed() -> None:
    latest = {
        "item": content(stage="review", document_types=["Review"]),
        "listing:/library.html": content(stage="protocol", document_types=["Protocol"]),
    }
    assert compose(latest)["stage"] == "review"
    assert sources(latest)["stage"] == "item"
