"""How each provider does, for the bot's owners."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from bot.chat.escape import quote
from bot.chat.words import Key, Reader, say


class Condition(Enum):
    """How a provider does, and why; each with its sentence."""

    HEALTHY = Key.PROVIDER_HEALTHY
    SLOW = Key.PROVIDER_SLOW
    BUSY = Key.PROVIDER_BUSY
    DOWN = Key.PROVIDER_DOWN
    KEY = Key.PROVIDER_KEY
    CREDIT = Key.PROVIDER_CREDIT
    BY_OWNER = Key.PROVIDER_BY_OWNER


@dataclass(frozen=True, slots=True)
class ProviderState:
    """One provider, by the name of the settings; since when it is so, and until when at the most, in epoch seconds."""

    name: str
    condition: Condition
    since: float | None = None
    until: float | None = None


def provider_list(states: Sequence[ProviderState], reader: Reader) -> str:
    """A line for each of them."""
    return "\n".join(_line(state, reader) for state in states)


def _line(state: ProviderState, reader: Reader) -> str:
    parts = [say(Key.PROVIDER_LINE, reader, provider=quote(state.name), state=say(state.condition.value, reader))]
    if state.since is not None:
        parts.append(say(Key.PROVIDER_SINCE, reader, when=state.since))
    if state.until is not None:
        parts.append(say(Key.PROVIDER_UNTIL, reader, when=state.until))
    return " · ".join(parts)
