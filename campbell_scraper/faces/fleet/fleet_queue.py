"""The queue of a fleet: dramatiq's, in Redis. A message is the name of a library, and whether somebody named it.

What is in the queue is read where dramatiq documents that it is (``dramatiq/brokers/redis/dispatch.lua``).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

import redis  # type: ignore[import-untyped,unused-ignore]  # typed or not depending on its version
from dramatiq import Message, Middleware
from dramatiq.brokers.redis import RedisBroker

from campbell_scraper.errors import Unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dramatiq import Broker
    from dramatiq.broker import MessageProxy

QUEUE: Final = "crawls"
ACTOR: Final = "crawl"
REASON: Final = "reason"
"""The option of a message that says how its last crawl failed."""
_NAMESPACE: Final = "campbell-fleet"
_KEY: Final = f"{_NAMESPACE}:{QUEUE}"
_HEARTBEAT_MS: Final = 10_000
"""A worker that is silent for so long is taken for dead: others get its messages. If it lives, locks keep them out."""
_ALWAYS: Final = 1_000_000
"""How many of a million commands look for dead workers: all, since ours are few."""
State = Literal["queued", "crawling", "waiting", "given up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """Where the message of one library is."""

    state: State
    """``waiting`` is for a time: after a failure, or while another crawl works on the host or the folder."""
    waits_until: datetime | None
    given_up_at: datetime | None
    tries: int
    """Crawls that failed."""
    reason: str
    """Why the last of them failed; "" if there is none."""


class FleetQueue:
    """The messages of a fleet."""

    def __init__(self, url: str, middleware: Sequence[Middleware] = ()) -> None:
        """Make the queue; nothing is asked of Redis yet."""
        self.broker = RedisBroker(  # type: ignore[no-untyped-call]
            url=url, middleware=[*middleware, _LastWord()], namespace=_NAMESPACE,
            heartbeat_timeout=_HEARTBEAT_MS, maintenance_chance=_ALWAYS,
        )  # fmt: skip

    def send(self, name: str, *, is_named: bool = False) -> None:
        """Send a message: this library is to be crawled if it is due; if somebody named it, in any case.

        Raises:
            Unfinished: Redis cannot be reached.

        """
        arguments = {"is_named": is_named}
        with _reaching_redis():
            self.broker.enqueue(Message(queue_name=QUEUE, actor_name=ACTOR, args=(name,), kwargs=arguments, options={}))

    def messages(self) -> dict[str, Queued]:
        """Return where each message is, by its library.

        Raises:
            Unfinished: Redis cannot be reached.

        """
        client = self.broker.client
        queue: dict[str, Queued] = {}
        with _reaching_redis():
            given_up = dict(client.zrange(f"{_KEY}.XQ", 0, -1, withscores=True))
            for number, data in client.hgetall(f"{_KEY}.XQ.msgs").items():
                _add(queue, data, "given up", given_up_at=given_up.get(number, 0))
            for data in client.hvals(f"{_KEY}.DQ.msgs"):
                _add(queue, data, "waiting")
            queued = set(client.lrange(_KEY, 0, -1))
            taken = {one for key in client.keys(f"{_NAMESPACE}:__acks__.*.{QUEUE}") for one in client.smembers(key)}
            for number, data in client.hgetall(f"{_KEY}.msgs").items():
                if number in taken | queued:
                    _add(queue, data, "crawling" if number in taken else "queued")
        return queue


class _LastWord(Middleware):
    """Keeps the last failure with a message that is given up; dramatiq alone keeps it as it was sent."""

    def before_nack(self, broker: Broker, message: MessageProxy) -> None:
        assert isinstance(broker, RedisBroker)
        broker.client.hset(f"{_KEY}.msgs", message.options["redis_message_id"], message.encode())


def _add(queue: dict[str, Queued], data: bytes, state: State, *, given_up_at: float | None = None) -> None:
    """Add a message to the others; it replaces an older one of the same library."""
    message: Message[None] = Message.decode(data)
    queue[str(message.args[0])] = Queued(
        state=state,
        waits_until=_of_milliseconds(message.options.get("eta")),
        given_up_at=_of_milliseconds(given_up_at),
        tries=message.options.get("retries", 0),
        reason=message.options.get(REASON, ""),
    )


def _of_milliseconds(milliseconds: float | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


@contextmanager
def _reaching_redis() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        reason = str(error).rstrip(".")
        raise Unfinished(f"The queue cannot be reached: {reason}. The libraries' data is not affected.") from error
