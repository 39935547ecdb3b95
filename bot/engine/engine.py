"""The engine: builds its loops and services, runs them beside the client, and stops them in order."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from bot.engine.alert_checks import AlertChecks, Discord
from bot.engine.cluster import Cluster
from bot.engine.context import EngineContext
from bot.engine.delivery.card_updates import CardUpdater
from bot.engine.delivery.offers import OfferLoop
from bot.engine.delivery.outbox import OutboxDispatcher
from bot.engine.housekeeping import keep_house
from bot.engine.moves import take_unlearned
from bot.engine.nightly_backup import NightlyBackup
from bot.engine.pipeline.lost_job_poller import LostJobPoller
from bot.engine.pipeline.parent_frames import draw_parent_frame
from bot.engine.pipeline.poll import Poller
from bot.engine.pipeline.reconcile import Reconciler
from bot.engine.pipeline.scheduler import Scheduler
from bot.engine.pipeline.throttles import Throttles
from bot.engine.requests.details import DetailsLookup
from bot.engine.requests.drafts import Drafts
from bot.engine.requests.drill import Drill
from bot.engine.requests.drill_removal import DrillRemoval
from bot.engine.requests.history import History
from bot.engine.requests.improving import Improving
from bot.engine.requests.intake import Intake
from bot.engine.requests.job_actions import JobActions
from bot.engine.requests.lookup import Lookup
from bot.engine.requests.owner_actions import OwnerActions
from bot.engine.requests.replies import Replies
from bot.engine.requests.threads import VideoThreads
from bot.engine.requests.welcome import Welcome
from bot.engine.services import Services
from bot.engine.snapshot import Snapshot
from bot.engine.timekeeper import Timekeeper
from bot.jobs.notices import Notices
from bot.ops.tasks import find_hung, keep_running

_PAID_REQUESTS_SECONDS = 15.0
_MESSAGES_SECONDS = 2.0

_Loop = tuple[str, Callable[[], Awaitable[None]], asyncio.Event | None]


class Engine:
    """All loops of one process, on one context. `services` is what the cogs call."""

    def __init__(
        self,
        context: EngineContext,
        timekeeper: Timekeeper,
        submits_per_minute: int,
        discord: Discord,
        cluster: Cluster | None = None,
        backups: NightlyBackup | None = None,
    ) -> None:
        """`cluster` is this process among those that share the database, if it is shared."""
        self.context = context
        self._cluster = cluster
        self._backups = backups
        self._timekeeper = timekeeper
        providers = context.providers
        self.throttles = throttles = Throttles.of_all(
            providers, context.clock, context.kill_switch.is_on, submits_per_minute, context.signals.is_provider_paused
        )
        self.reconcilers = [Reconciler(context, provider, throttles.of(provider)) for provider in providers]
        self.scheduler = Scheduler(context, throttles, Poller(context, throttles))
        self.lost_job_poller = LostJobPoller(context, throttles)
        self.alert_checks = AlertChecks(context, throttles, discord, has_backups=backups is not None)
        self.outbox = OutboxDispatcher(context)
        self.card_updater = CardUpdater(context)
        self.offer_loop = OfferLoop(context)
        if cluster is not None:
            cluster.recover = self._recover
            cluster.find_facts, cluster.heed_facts = throttles.find_facts, throttles.heed_facts
        self.drill_removal, owner_actions = DrillRemoval(context), OwnerActions(context, throttles)
        draw_frame, lookup = partial(draw_parent_frame, context, throttles), Lookup(context)
        self.intake, drafts = Intake(context, throttles.refusal, draw_frame), Drafts(context)
        self.services = Services(
            self.intake,
            drafts,
            Improving(context, self.intake, drafts),
            JobActions(context, self.intake),
            lookup,
            DetailsLookup(context, lookup),
            History(context, lookup),
            Replies(context, self.intake, lookup),
            VideoThreads(context, lookup),
            owner_actions,
            Drill(context, owner_actions, self.drill_removal),
            Welcome(context),
            context.catalogue,
            context.readers,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self.is_stopping = False

    def start(self, logged_in: asyncio.Event) -> None:
        """Run every loop; those that need Discord start once the client is logged in."""
        self._tasks = [
            asyncio.create_task(keep_running(name, run, may_start), name=name)
            for name, run, may_start in self._loops(logged_in)
        ]

    def hung_loops(self) -> list[str]:
        """The loops that have ended, or don't come to the end of a turn: only a restart helps."""
        return [] if self.is_stopping else find_hung(self._tasks)

    def take_snapshot(self) -> Snapshot:
        """What the engine holds at this moment."""
        queued = len(self.context.signals.queued_jobs())
        held = frozenset(self.throttles.held())
        backup_age = None if self._backups is None else self._backups.age_seconds()
        return Snapshot(tuple(self.scheduler.jobs), queued, self.outbox.depth, held, backup_age)

    @property
    def turns(self) -> Notices | None:
        """How this process takes turns with others at Discord's gateway; None where there are none."""
        return None if self._cluster is None else self._cluster.notices

    async def warn_others(self) -> None:
        """Before the process ends by itself: let the others stop what is as wrong for them."""
        if self._cluster is not None:
            await self._cluster.warn_others()

    async def _recover(self) -> None:
        await take_unlearned(self.context)
        await self.outbox.recover()
        await self.offer_loop.recover()
        await self.card_updater.recover()

    async def stop(self) -> None:
        """Accept nothing and start no paid request any more, then let running work finish."""
        self.is_stopping = True
        self.intake.stop()
        self.scheduler.stop()
        self.context.database.leave()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(
            self.scheduler.finish(_PAID_REQUESTS_SECONDS),
            self.outbox.finish(_MESSAGES_SECONDS),
            self.card_updater.finish(_MESSAGES_SECONDS),
            self.offer_loop.finish(_MESSAGES_SECONDS),
        )

    def _loops(self, logged_in: asyncio.Event) -> tuple[_Loop, ...]:
        alerts = self.context.owner_alerts
        shared: tuple[_Loop, ...] = () if self._cluster is None else (("cluster", self._cluster.run, None),)
        nightly: tuple[_Loop, ...] = () if self._backups is None else (("nightly backup", self._backups.run, None),)
        return (
            *shared,
            # Polling running jobs needs no Discord.
            ("scheduler", self.scheduler.run, None),
            *((f"reconciler of {reconciler.name}", reconciler.run, None) for reconciler in self.reconcilers),
            ("lost job poller", self.lost_job_poller.run, None),
            ("outbox", self.outbox.run, logged_in),
            ("card updater", self.card_updater.run, logged_in),
            ("offers", self.offer_loop.run, logged_in),
            ("drills", self.drill_removal.run, logged_in),
            ("owner alerts", partial(alerts.run, self.alert_checks.check), logged_in),
            ("timekeeper", partial(self._timekeeper.run, alerts), None),
            ("housekeeping", partial(keep_house, self.context), None),
            *nightly,
        )
