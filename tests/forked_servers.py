"""Servers of processes that are forks, with all loaded: a crawl starts two, and each would import half of the package.

The tests start hundreds of crawls. What a server does after its start is multiprocessing's own.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
from contextlib import suppress
from multiprocessing import connection, forkserver, resource_tracker
from pathlib import Path
from typing import Any


def fork_servers() -> None:
    """Have the forkservers of this process and of its children be forks of whoever starts them."""
    forkserver.ForkServer.ensure_running = _ensure_running  # type: ignore[method-assign]


def _ensure_running(self: Any) -> None:
    with self._lock:
        resource_tracker.ensure_running()
        if self._forkserver_pid is not None:
            return
        address = connection.arbitrary_address("AF_UNIX")  # type: ignore[attr-defined]  # not in the stubs
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(address)
            listener.listen()
            alive, self._forkserver_alive_fd = os.pipe()
            pid = os.fork()
            if pid == 0:
                _serve(listener.fileno(), alive)
            os.close(alive)
        self._forkserver_address, self._forkserver_pid = address, pid


def _serve(listener: int, alive: int) -> None:
    """Do what a forkserver does, with nothing of the process it is a fork of but its modules."""
    forkserver._forkserver._lock = threading.Lock()  # type: ignore[attr-defined]
    for number in signal.valid_signals() - {signal.SIGINT}:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.freeze()  # what holds an open file must not close it: the number is another file's by then
    kept = {0, 1, 2, listener, alive, resource_tracker._resource_tracker._fd}  # type: ignore[attr-defined]
    for file in {int(path.name) for path in Path("/proc/self/fd").iterdir()} - kept:
        with suppress(OSError):  # the list's own
            os.close(file)
    try:
        forkserver.main(listener, alive, [])
    finally:
        os._exit(0)
