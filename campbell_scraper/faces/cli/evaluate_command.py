"""``campbell evaluate``: how right the extraction is, on labelled texts."""

from __future__ import annotations

from pathlib import Path

import click

from campbell_scraper.errors import AssertionFailed
from campbell_scraper.faces.printing import say


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

    evaluation = evaluate_gold(gold)
    say(render_markdown(evaluation) if markdown else render_text(evaluation))
    wrong = sum(score.wrong for score in evaluation.scores)
    if wrong:
        raise AssertionFailed(f"{wrong} value(s) were read that the labels do not have.")
