"""How a provider does, from its throttle, for the bot's owners."""

from bot.chat.provider_states import Condition, ProviderState
from bot.engine.context import EngineContext
from bot.engine.pipeline.throttle import ProviderThrottle, Trouble
from bot.jobs.reasons import Reason
from bot.videos.providers import Provider

_CONDITIONS = {
    Trouble.DOWN: Condition.DOWN,
    Trouble.KEY: Condition.KEY,
    Trouble.CREDIT: Condition.CREDIT,
    Trouble.BUSY: Condition.BUSY,
    Trouble.POLLS: Condition.SLOW,
}
_ELSEWHERE = {Reason.PROVIDER_DOWN: Condition.DOWN, Reason.ACCOUNT_PAUSED: Condition.KEY}


def state_of(context: EngineContext, provider: Provider, throttle: ProviderThrottle) -> ProviderState:
    """The provider's state; what another process has found out counts, where several share the database."""
    paused_at = context.signals.paused_providers.get(provider.id)
    if paused_at is not None:
        return ProviderState(provider.name, Condition.BY_OWNER, paused_at)
    now, ticks = context.clock.now(), context.clock.monotonic()
    trouble = throttle.note_trouble()
    if trouble is None:
        refused = throttle.refused_elsewhere
        return ProviderState(provider.name, Condition.HEALTHY if refused is None else _ELSEWHERE[refused])
    until = None if trouble.until is None else now + max(trouble.until - ticks, 0.0)
    return ProviderState(provider.name, _CONDITIONS[trouble.kind], now - (ticks - trouble.since), until)
