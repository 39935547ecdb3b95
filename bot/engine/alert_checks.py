"""Looks once a minute for what owners are alerted of and no job meets, and for the end of what no job would notice."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

import structlog

from bot.engine.context import EngineContext
from bot.engine.pipeline.provider_alerts import alert_of, present_in
from bot.engine.pipeline.throttle import Trouble, TroubleSince
from bot.engine.pipeline.throttles import Throttles
from bot.jobs.alerts import HOUR_SECONDS, AlertKind
from bot.jobs.database import StoreUnavailableError
from bot.jobs.store import marks, troubles
from bot.jobs.store.marks import Mark
from bot.jobs.store.troubles import Share

_PROVIDER_DOWN_SECONDS = 600.0
_GATEWAY_LOST_SECONDS = 600.0
_COMMANDS_BEHIND_SECONDS = 1800.0
_COUNT_EVERY_SECONDS = 600.0
# So many jobs, of so many people: one person alone can't cause an alert.
_BAD_JOBS = 5
_BAD_PEOPLE = 3
_log = structlog.stdlib.get_logger(__name__)


class DiscordStanding(NamedTuple):
    """Whether all shards are connected, and whether Discord has the newest commands."""

    is_connected: bool = True
    is_in_step: bool = True


class Discord(Protocol):
    """The client, as far as alerts need it."""

    def standing(self) -> DiscordStanding:
        """How the connection to Discord does."""
        ...


def is_down_long(trouble: TroubleSince | None, now: float) -> bool:
    """Whether the provider has been down for ten minutes."""
    return trouble is not None and trouble.kind is Trouble.DOWN and now - trouble.since >= _PROVIDER_DOWN_SECONDS


def concerns_all(share: Share) -> bool:
    """Whether so many jobs of so many people ended badly that it is no single person's fault."""
    return share.bad >= _BAD_JOBS and share.people >= _BAD_PEOPLE


def is_well(share: Share) -> bool:
    """Whether none ended badly, and some went well."""
    return share.bad == 0 and share.good > 0


class AlertChecks:
    """One for the process; `check` is run by the loop of alerts."""

    def __init__(self, context: EngineContext, throttles: Throttles, discord: Discord, *, has_backups: bool) -> None:
        self._context = context
        self._present = present_in(context, has_backups=has_backups)
        self._throttles = throttles
        self._discord = discord
        # Since when (monotonic) what has to last for a while before it is alerted of has been seen.
        self._seen_since: dict[AlertKind, float] = {}
        self._count_at = context.clock.monotonic() + _COUNT_EVERY_SECONDS

    async def check(self) -> None:
        """Look at everything once."""
        self._context.owner_alerts.end_gone(self._present)
        self._check_providers()
        self._check_discord()
        await self._check_disk()
        try:
            await self._check_database()
        except StoreUnavailableError as error:
            # The next round finds it.
            _log.warning("alerts not checked", error=str(error))

    def _check_providers(self) -> None:
        alerts, clock = self._context.owner_alerts, self._context.clock
        for provider in self._context.providers:
            throttle = self._throttles.of(provider)
            trouble = throttle.note_trouble()
            if self._context.signals.is_provider_paused(provider.id):
                # The owner knows.
                continue
            if trouble is not None and is_down_long(trouble, clock.monotonic()):
                since = clock.now() - (clock.monotonic() - trouble.since)
                alert_of(self._context, AlertKind.PROVIDER_DOWN, provider, since=since)
            elif any(alerts.lasts(kind, provider.name) for kind in (AlertKind.PROVIDER_DOWN, AlertKind.KEY)):
                # As after a restart, when no request has shown yet that it is over.
                throttle.want_probe()
                self._context.signals.work.set()

    def _check_discord(self) -> None:
        is_connected, is_in_step = self._discord.standing()
        self._alert_while(AlertKind.GATEWAY, not is_connected, _GATEWAY_LOST_SECONDS)
        self._alert_while(AlertKind.COMMANDS, not is_in_step, _COMMANDS_BEHIND_SECONDS)

    def _alert_while(self, kind: AlertKind, is_bad: bool, seconds: float) -> None:  # the one fact
        alerts, clock = self._context.owner_alerts, self._context.clock
        if not is_bad:
            self._seen_since.pop(kind, None)
            alerts.over_here(kind)
            return
        lasted_seconds = clock.monotonic() - self._seen_since.setdefault(kind, clock.monotonic())
        if lasted_seconds >= seconds:
            alerts.alert_here(kind, since=clock.now() - lasted_seconds)

    async def _check_disk(self) -> None:
        alerts = self._context.owner_alerts
        spaces = {AlertKind.ROOM: self._context.fetcher.space, AlertKind.ROOM_PICTURES: self._context.shelf.space}
        for kind, space in spaces.items():
            if alerts.lasts_here(kind) and await space.has_room():
                alerts.over_here(kind)

    async def _check_database(self) -> None:
        alerts, database = self._context.owner_alerts, self._context.database
        if alerts.lasts_here(AlertKind.STORE):
            # It stores a row and the file beside the database, as each paid request does.
            await database.write(marks.advance)
            alerts.over_here(AlertKind.STORE)
        if alerts.lasts(AlertKind.RESTORED) and not await database.read(marks.has, Mark.RESTORED):
            alerts.over(AlertKind.RESTORED)
        now = self._context.clock.monotonic()
        if now >= self._count_at:
            self._count_at = now + _COUNT_EVERY_SECONDS
            await self._check_share(AlertKind.UNDELIVERABLE, troubles.count_unposted)
            await self._check_share(AlertKind.UNCERTAIN, troubles.count_uncertain)

    async def _check_share(self, kind: AlertKind, count: Callable[..., Awaitable[Share]]) -> None:
        share = await self._context.database.read(count, self._context.clock.now() - HOUR_SECONDS)
        if concerns_all(share):
            self._context.owner_alerts.alert(kind, count=share.bad)
        elif is_well(share):
            self._context.owner_alerts.over(kind)
