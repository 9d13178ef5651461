"""The process that writes a crawl's archive: jobs come in on standard input, what became of them goes out.

It outlives the crawl by what the crawl had sent: if that is killed, its last exchanges are still written, and the file
stays ``.open`` for the next start to close, which waits for this process. Signals are the crawl's to obey.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .channel import Receiver, framed, widen
from .jobs import Close, Failed

if TYPE_CHECKING:
    from .recorder import Recorder

_PROGRAM: Final = (
    "import sys; sys.path[:] = sys.argv[1:]; from campbell_scraper.archive.write.recording import main; main()"
)
"""The crawl's own path, not one that begins with wherever it is run."""
_UNHEARD: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Blocked from the process's first moment on."""


_GATHERING: Final = 0.03
"""Seconds in which jobs gather in the pipe: written one after the other they take half the time, and the crawl need not
wake this process for each."""


_YIELDS: Final = 5
"""How much less of a busy processor than others this process takes: nobody waits for it but the crawl's end."""


class Recording(NamedTuple):
    """The process, and the pipes to and from it, which are the caller's to close."""

    process: subprocess.Popen[bytes]
    to: int
    back: int


def start_recording() -> Recording:
    """Start the process. Raises OSError."""
    read_jobs, to = os.pipe()
    back, write_said = os.pipe()
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, _UNHEARD)  # which a new process inherits
    try:
        command = [sys.executable, "-c", _PROGRAM, *sys.path]
        process = subprocess.Popen(command, stdin=read_jobs, stdout=write_said)  # noqa: S603 - this program
    except OSError:
        os.close(to)
        os.close(back)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
        os.close(read_jobs)
        os.close(write_said)
    return Recording(process, to, back)


def main() -> None:
    """Write what comes, until the last message or the crawl's end."""
    with suppress(AttributeError, OSError):
        os.nice(_YIELDS)
    out = os.dup(1)
    os.dup2(2, 1)  # whatever prints must not print into the messages
    widen(out)
    sys.exit(record(Receiver(0), out))


def record(source: Receiver, out: int) -> int:
    """Write what comes from ``source``; say what became of it; give the exit status."""
    from .recorder import Recorder  # noqa: PLC0415 - the crawl, which starts this, needs none

    begin, _ = source.receive() or (None, 0)
    if begin is None:
        return 0
    recorder = Recorder(begin)
    is_told = False
    try:
        recorder.begin()
        while _record_some(recorder, source, out):
            if recorder.disk_full and not is_told:
                _say(out, recorder.sync())
                _say(out, Failed(recorder.disk_full))
                is_told = True
    except EOFError:  # the crawl was killed while it sent
        recorder.abandon()
    except Exception as error:  # noqa: BLE001 - of whatever kind, it must stop the crawl
        recorder.abandon()
        _say(out, Failed(_portable(error)))
        return 1
    return 0


def _record_some(recorder: Recorder, source: Receiver, out: int) -> bool:
    """Take one job, or sync what is due; False when nothing will come any more."""
    if source.is_empty:
        if not source.ready(recorder.patience):
            _say(out, recorder.sync())
            return True
        time.sleep(_GATHERING)
    message = source.receive()
    if message is None or (recorder.disk_full and isinstance(message[0], Close)):  # the crawl was killed, or has failed
        recorder.sync()
        recorder.abandon()
        return False
    job, behind = message
    recorder.take(job, behind, source)
    if isinstance(job, Close):
        said = recorder.sync()
        recorder.finish()
        _say(out, said)
        return False
    if recorder.patience == 0:
        _say(out, recorder.sync())
    return True


def _say(out: int, said: Any) -> None:
    data = memoryview(framed(said))
    try:
        while data:
            data = data[os.write(out, data) :]
    except BrokenPipeError:
        return  # the crawl was killed; what it has sent is still written


def _portable(error: Exception) -> Exception:
    """Give an error that can be sent."""
    return error if type(error) is OSError else RuntimeError(f"{type(error).__name__}: {error}")
