"""``python -m campbell_scraper.sample --port N`` serves the sample library until interrupted."""

from __future__ import annotations

import contextlib

import click

from campbell_scraper.sample import SampleSite, generated


@click.command()
@click.option("--port", default=8000, show_default=True, help="Port on 127.0.0.1; 0 takes a free one.")
@click.option("--reviews", type=click.IntRange(min=1), help="Serve this many generated reviews instead of the sample.")
@click.option("--seed", default=1, show_default=True, help="Seed of --reviews.")
def main(port: int, reviews: int | None, seed: int) -> None:
    """Serve the sample library on loopback.

    Example: python -m campbell_scraper.sample --port 8000
    """
    try:
        site = SampleSite(port, library=generated(reviews, seed) if reviews else None)
    except OSError as error:
        raise click.ClickException(f"cannot listen on port {port}: {error.strerror}") from error
    click.echo(f"Serving the sample library on {site.url}/ (Ctrl-C ends it)")
    with contextlib.suppress(KeyboardInterrupt):
        site.serve_forever()
    site.close()


main()
