"""``campbell evaluate``: how right the extraction is, on labelled texts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from campbell_scraper.errors import AssertionFailed, UsageError
from campbell_scraper.faces.printing import say
from campbell_scraper.untrusted_json import parsed_json

if TYPE_CHECKING:
    from campbell_scraper.reading.scoring import GoldText


@click.command()
@click.argument("gold", type=click.Path(path_type=Path, exists=True))
@click.option("--markdown", is_flag=True, help="Write the table as Markdown.")
def evaluate(*, gold: Path, markdown: bool) -> None:
    """Score the extraction against labelled texts in the folder GOLD.

    The texts are wrapped in K2 and in WordPress markup and read as pages. The table has counts, precision,
    recall and exact match with 95 % intervals for each field; every failure follows. Exit code 3 if any value
    is wrong.
    docs/accuracy.md describes the label format.

    \b
    Example:
      campbell evaluate tests/fixtures/gold
    """  # noqa: D301
    from campbell_scraper.reading.scoring import evaluate_gold, render_markdown, render_text

    evaluation = evaluate_gold(*read_gold(gold))
    say(render_markdown(evaluation) if markdown else render_text(evaluation))
    wrong = sum(score.wrong for score in evaluation.scores)
    if wrong:
        raise AssertionFailed(f"{wrong} value(s) were read that the labels do not have.")


def read_gold(gold: Path) -> tuple[list[GoldText], list[GoldText]]:
    """Return the labelled summaries and "Additional Info" blocks of a gold file, or of all in a folder.

    Raises:
        UsageError: there is none, or a file does not have the label format.

    """
    if not gold.exists():
        raise UsageError(f"{gold} does not exist.")
    summaries: list[GoldText] = []
    headers: list[GoldText] = []
    for path in sorted(gold.glob("*.json")) if gold.is_dir() else [gold]:
        try:
            loaded = parsed_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"{path} is not a gold file: {error}.") from error
        entries = loaded if isinstance(loaded, list) else [loaded]
        for position, entry in enumerate(entries):
            name = f"{path.name}[{position}]" if isinstance(loaded, list) else path.name
            if not isinstance(entry, dict):
                raise UsageError(f"{name} is not a gold text: an object is expected.")
            if "page_header" in entry:
                headers.append((name, entry))
            elif _is_summary(entry):
                summaries.append((name, entry))
            else:
                raise UsageError(f"{name} is not a gold text: it has neither sections nor page_header.")
    if not summaries and not headers:
        raise UsageError(f"{gold} holds no gold text (*.json).")
    return summaries, headers


def _is_summary(entry: dict[str, Any]) -> bool:
    sections = entry.get("sections")
    return isinstance(sections, list) and all(
        isinstance(s, dict) and isinstance(s.get("heading"), str) and isinstance(s.get("text"), str) for s in sections
    )
