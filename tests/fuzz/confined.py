"""What a campaign's process may do: so much of a processor a case, so much memory, and files in its own folder only."""

from __future__ import annotations

import os
import re
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MEMORY: Final = 600 * 1024 * 1024
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES: Final = frozenset(
    {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown",
     "os.utime", "sqlite3.connect"}
)  # fmt: skip
_LEAVES: Final = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "socket.bind"}
)


def confine(folder: Path) -> None:
    """Have this process end with exit code 99 if it writes outside of a folder, starts a program or connects.

    What Python's own audit events do not tell (SQLite's further files) lies beside what they tell.
    """
    own = f"{folder.resolve()}/"

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            is_write = isinstance(flags, int) and flags & _WRITES and path != os.devnull
        else:
            path = arguments[0] if arguments else None
            is_write = event in _CHANGES
        named = os.fsdecode(path).removeprefix("file:") if isinstance(path, str | bytes | os.PathLike) else own
        if event in _LEAVES or (is_write and not f"{os.path.realpath(named)}/".startswith(own)):
            print(f"{event} {arguments!r}", file=sys.stderr, flush=True)
            os._exit(99)

    sys.addaudithook(watch)


def most_memory() -> int:
    """Return the most memory that this process has had, in bytes; ``getrusage`` would tell that of its parent too."""
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(peak) * 1024


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """End the process (SIGPROF) if the block takes more CPU time, in C code too."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
