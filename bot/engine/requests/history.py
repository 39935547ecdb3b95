"""The pages of `/status` and `/history`, from the database as it is at each press. Read-only."""

import asyncio
from dataclasses import replace

from bot.chat.custom_ids import PageId
from bot.chat.views import HistoryPage, JobView, StatusPage
from bot.engine.context import EngineContext
from bot.engine.requests.lookup import Lookup, SeesChannel
from bot.jobs.allowances import allowances
from bot.jobs.model import ChannelId, GuildId, Job, JobId, Place, UserId
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker, may_control
from bot.jobs.searching import folded, matching
from bot.jobs.store import accepting, budgets, finding, history

PER_PAGE = 5
# A search reads a person's newest videos, in pieces, so that it neither takes long nor keeps others waiting.
SEARCHED_MAX = 10_000
PIECE = 200
# Each may be one request to Discord.
_CHANNELS_MAX = 25


class History:
    """Finds what a list shows; its rights are checked at each press."""

    def __init__(self, context: EngineContext, lookup: Lookup) -> None:
        self._context = context
        self._lookup = lookup

    async def find_status(self, number: int, asker: Asker) -> StatusPage:
        """A page of the asker's running and latest jobs, and what is left of each limit where they are."""
        now, limits = self._context.clock.now(), self._context.rules.limits
        database = self._context.database
        found = await database.read(finding.find_own_everywhere, asker.user_id, PER_PAGE + 1, (number - 1) * PER_PAGE)
        usage = await database.read(accepting.measure_usage, asker.user_id, now)
        spent = await database.read(budgets.measure_budgets, asker.place, now, limits)
        views = await self._lookup.views_of(found[:PER_PAGE])
        left = allowances(usage, limits, spent)
        return StatusPage(tuple(views), number, len(found) > PER_PAGE, left, usage.rests_until)

    async def find_history(self, page: PageId, asker: Asker, sees_channel: SeesChannel) -> HistoryPage | Refusal:
        """A page of the asker's videos of all servers, or, for who manages this server, of a member's jobs in it."""
        person, guild_id = asker.user_id, None
        if page.member is not None:
            if asker.place.guild_id is None or not asker.manages_server:
                return Refusal(Reason.MANAGERS_ONLY)
            person, guild_id = page.member, asker.place.guild_id
        sight = _Sight(asker, sees_channel)
        found = await self._find(page, person, guild_id, sight)
        views = [await self._shown(view, asker, sight) for view in await self._lookup.views_of(found[:PER_PAGE])]
        return HistoryPage(page, tuple(views), len(found) > PER_PAGE)

    async def _find(self, page: PageId, person: UserId, guild_id: GuildId | None, sight: "_Sight") -> list[Job]:
        """The jobs of the page, and one more if there are more."""
        skipped = (page.number - 1) * PER_PAGE
        if not page.search:
            return await self._context.database.read(history.find_history, person, guild_id, skipped, PER_PAGE + 1)
        wanted = await self._search(folded(page.search), person, guild_id, sight, skipped + PER_PAGE + 1)
        by_id = await self._context.database.read(finding.find_by_ids, wanted[skipped:])
        return [by_id[job_id] for job_id in wanted[skipped:] if job_id in by_id]

    async def _search(
        self, wanted: str, person: UserId, guild_id: GuildId | None, sight: "_Sight", most: int
    ) -> list[JobId]:
        """The newest jobs with those words in their prompts, at most so many.

        A prompt that the asker may not read matches nothing: what they search for would show what it holds.
        """
        found: dict[JobId, None] = {}
        for start in range(0, SEARCHED_MAX, PIECE):
            prompts = await self._context.database.read(history.find_prompts, person, guild_id, start, PIECE)
            for prompt in await asyncio.to_thread(matching, prompts, wanted):
                place = Place(prompt.channel_id, guild_id)
                if person == sight.asker.user_id or (not prompt.private and await sight.sees(place)):
                    found[prompt.id] = None
            if len(found) >= most or len(prompts) < PIECE:
                break
        return list(found)[:most]

    async def _shown(self, view: JobView, asker: Asker, sight: "_Sight") -> JobView:
        job = view.job
        owned = job.origin.user_id == asker.user_id
        if not owned and (job.request.private or not await sight.sees(job.origin.place)):
            return JobView(job, view.now, veiled=True, controlled=False, owned=False)
        frame = await self._lookup.find_first_frame(job, asker, sight.sees)
        return replace(view, owned=owned, controlled=may_control(job, asker) is None, first_frame=frame)


class _Sight:
    """Which channels of their server the asker can see; each is looked at once, and only some of them."""

    def __init__(self, asker: Asker, sees_channel: SeesChannel) -> None:
        self.asker = asker
        self._sees_channel = sees_channel
        self._seen: dict[ChannelId, bool] = {}

    async def sees(self, place: Place) -> bool:
        """Whether they can see that place; too many to look at count as no."""
        if place == self.asker.place:
            return True
        if place.guild_id is None or place.guild_id != self.asker.place.guild_id:
            return False
        if place.channel_id not in self._seen:
            may_look = len(self._seen) < _CHANNELS_MAX
            self._seen[place.channel_id] = may_look and await self._sees_channel(place.channel_id)
        return self._seen[place.channel_id]
