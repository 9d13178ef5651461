"""Reads WARC and WACZ files, ours and other tools', as events: captures, starts and ends of crawls, notes, damages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campbell_scraper.archive.capture import Damage, Event

from .archive_files import Source, all_sources
from .pairing import Pairing
from .payload import PayloadResolver
from .scan import RawRecord, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


def read_archive(
    paths: Iterable[Path],
    *,
    progress: Callable[[Source], None] | None = None,
    resolver: PayloadResolver | None = None,
) -> Iterator[Event]:
    """Yield the events of WARC files, WACZ packages and folders of them: plain files by name, then packages' files.

    A record that is in several files (also in a WACZ) is yielded once. What cannot be read becomes a Damage; reading
    goes on after it. ``progress`` is called with each file before it is read. A revisit's payload is looked for among
    the records read before, then by ``resolver``, then in all these files. Raises ValueError for a path that is neither
    WARC, WACZ nor folder, and OSError (before any event) for one that does not exist or is not a readable package.
    """
    return _read(all_sources(paths), progress, resolver or PayloadResolver())


def _read(
    sources: list[Source], progress: Callable[[Source], None] | None, resolver: PayloadResolver
) -> Iterator[Event]:
    resolver.look_in(lambda: sources)
    pairing = Pairing(resolver)
    for source in sources:
        if progress:
            progress(source)
        yield from pairing.events(records_of(source))


def records_of(source: Source) -> Iterator[RawRecord | Damage]:
    """Yield a file's records; a file that cannot be opened or read yields one Damage."""
    try:
        yield from scan(source)
    except OSError as error:
        yield Damage(warc_file=source.name, warc_offset=0, reason=f"cannot be read: {error}")


def read_events(path: Path, *, resolver: PayloadResolver | None = None) -> Iterator[Event]:
    """Yield the events of one WARC file (``.warc.gz``, ``.warc``, ``.open`` too), WACZ package or folder.

    Like :func:`read_archive`; without a resolver, payloads of a single file's revisits are looked for in its folder.
    """
    if resolver is None and not path.is_dir():
        resolver = PayloadResolver(elsewhere=lambda: all_sources([path.parent]))
    return read_archive([path], resolver=resolver)
