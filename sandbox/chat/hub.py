"""Where changes of the world are announced and awaited."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bot.ops.clock import Clock
from sandbox.chat.snowflakes import Snowflakes

T = TypeVar("T")
_LOOK_AGAIN_SECONDS = 0.1


class WaitTimeoutError(AssertionError):
    """The awaited condition didn't become true in time; carries a readable transcript."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change, named like Discord's gateway events; `about` is the record that changed."""

    what: str
    about: object
    detail: object = None


@dataclass(eq=False, slots=True)
class Hub:
    """Records announce changes; the gateway and people listen."""

    clock: Clock
    ids: Snowflakes
    listeners: list[Callable[[Change], None]] = field(default_factory=list[Callable[[Change], None]])
    describe: Callable[[], str] = str
    _sleepers: set[asyncio.Future[None]] = field(default_factory=set[asyncio.Future[None]])

    def announce(self, what: str, about: object, detail: object = None) -> None:
        """Call every listener, and wake every waiter."""
        change = Change(what, about, detail)
        for listener in tuple(self.listeners):
            listener(change)
        self.touch()

    def touch(self) -> None:
        """Wake every waiter."""
        sleepers, self._sleepers = self._sleepers, set()
        for sleeper in sleepers:
            if not sleeper.done():
                sleeper.set_result(None)

    async def changed(self, timeout_seconds: float) -> None:
        """Return at the next change, or after that many seconds of real time without one."""
        sleeper = asyncio.get_running_loop().create_future()
        self._sleepers.add(sleeper)
        await asyncio.wait({sleeper}, timeout=timeout_seconds)
        self._sleepers.discard(sleeper)

    async def wait_for(self, predicate: Callable[[], T | None], timeout_seconds: float, what: str = "") -> T:
        """The predicate's first truthy result, evaluated after every change.

        It is also evaluated now and then without one, for predicates about other processes. Raises `WaitTimeoutError`
        with the conversation so far after `timeout_seconds` of real time.
        """
        deadline = asyncio.get_running_loop().time() + timeout_seconds
        while not (answer := predicate()):
            left_seconds = max(0.0, deadline - asyncio.get_running_loop().time())
            await self.changed(min(left_seconds, _LOOK_AGAIN_SECONDS))
            if left_seconds <= 0:
                name = what or getattr(predicate, "__qualname__", "the predicate")
                raise WaitTimeoutError(f"Waited {timeout_seconds} s in vain for {name}.\n{self.describe()}")
        return answer
