"""All that a person may see of one job: its details and its family. Read-only."""

from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from bot.chat.attempts import AttemptView
from bot.chat.views import DetailsView, Family, JobView, Relative
from bot.engine.context import EngineContext
from bot.engine.delivery.links import is_public_host, jump_link
from bot.engine.requests.lookup import Lookup, SeesChannel, place_of_video
from bot.jobs.answers import Answer
from bot.jobs.model import Job, JobId, Place
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker, may_control, may_inspect, may_see, may_view
from bot.jobs.store import attempts, history, posts

_PARENTS_MAX = 4
_REMIXES_MAX = 5
# A longer chain is not looked through; its prompt is not shown.
_CHAIN_MAX = 25
# So many remixes are looked through for those that the asker can see.
_REMIXES_READ = 25


class DetailsLookup:
    """Finds one job with all its facts, for a button and for `/status`."""

    def __init__(self, context: EngineContext, lookup: Lookup) -> None:
        self._context = context
        self._lookup = lookup

    async def find(self, job_id: JobId, asker: Asker, sees_channel: SeesChannel) -> DetailsView | Refusal:
        """The job of a pressed button, for all who can see its video."""
        job = await self._lookup.get(job_id)
        if job is None:
            return Refusal(Reason.VIDEO_UNKNOWN)
        job = await self._lookup.settled(job)
        shown_in = await self._lookup.find_place(job)
        sees = await _sees(shown_in, asker, sees_channel)
        if refusal := may_inspect(job, asker, shown_in, sees_channel=sees):
            return refusal
        return await self._details(job, asker, sees_channel, sees=sees)

    async def find_named(self, text: str, asker: Asker, sees_channel: SeesChannel) -> DetailsView | Refusal:
        """One job by id, for its requester and managers of its server."""
        job = await self._lookup.find_by_text(text)
        if job is None:
            return Refusal(Reason.VIDEO_UNKNOWN)
        return may_view(job, asker) or await self._details(job, asker, sees_channel)

    async def _details(self, job: Job, asker: Asker, sees_channel: SeesChannel, *, sees: bool = False) -> DetailsView:
        """`sees`: the asker can see the video itself."""
        owned = job.origin.user_id == asker.user_id
        # Of a private video others see nothing, wherever it is.
        sees = not job.request.private and (sees or await _sees(job.origin.place, asker, sees_channel))
        if not owned and not sees:
            return DetailsView(JobView(job, self._context.clock.now(), veiled=True, owned=False))
        shown_in = await self._lookup.find_place(job)
        sees_video = await _sees(shown_in, asker, sees_channel)
        view = (await self._lookup.views_of([job]))[0]
        view = replace(
            view,
            owned=owned,
            controlled=may_control(job, asker) is None,
            can_repeat=may_see(job, asker, shown_in, sees_channel=sees_video) is None,
            first_frame=await self._lookup.find_first_frame(job, asker, partial(_sees, asker=asker, by=sees_channel)),
        )
        family = await self._family(job, asker, sees_channel)
        sent_prompt = job.sent_prompt if await self._sees_chain(job, asker, sees_channel) else None
        return DetailsView(view, family, self._name_of(job.provider), await self._attempts(job), sent_prompt)

    async def _attempts(self, job: Job) -> tuple[AttemptView, ...]:
        """The job's attempts, by the names of their providers; what the job was charged is that of the one taken."""
        views: list[AttemptView] = []
        for attempt in await self._context.database.read(attempts.find_attempts, job.id):
            charged = job.charged if attempt.answer is Answer.TAKEN else attempt.charged
            views.append(AttemptView(self._name_of(attempt.provider) or "?", attempt.begun_at, attempt.answer, charged))
        return tuple(views)

    def _name_of(self, stored_id: str) -> str | None:
        """What people may read of a provider: its name where there are several, else its host if that is public."""
        provider = self._context.providers.of(stored_id)
        if provider is None or len(tuple(self._context.providers)) == 1:
            return _public_host(stored_id)
        return provider.name

    async def _family(self, job: Job, asker: Asker, sees_channel: SeesChannel) -> Family:
        parents: list[Relative] = []
        next_id = job.request.parent_id
        while next_id is not None and len(parents) < _PARENTS_MAX:
            parent = await self._visible([next_id], asker, sees_channel, 1)
            if not parent:
                break
            parents += parent
            next_id = parent[0].job.request.parent_id
        hidden = next_id is not None and len(parents) < _PARENTS_MAX
        made = await self._context.database.read(history.find_remixes, job.id, _REMIXES_READ)
        remixes = await self._visible(made, asker, sees_channel, _REMIXES_MAX + 1)
        return Family(tuple(parents), hidden, tuple(remixes[:_REMIXES_MAX]), more_remixes=len(remixes) > _REMIXES_MAX)

    async def _sees_chain(self, job: Job, asker: Asker, sees_channel: SeesChannel) -> bool:
        """Whether the asker can see all videos whose prompts are in the one that was sent."""
        next_id = None if job.sent_prompt is None else job.request.parent_id
        for _ in range(_CHAIN_MAX):
            if next_id is None:
                return True
            parent = await self._visible([next_id], asker, sees_channel, 1)
            if not parent:
                return False
            next_id = parent[0].job.request.parent_id
        return False

    async def _visible(
        self, job_ids: list[JobId], asker: Asker, sees_channel: SeesChannel, most: int
    ) -> list[Relative]:
        """Those of the finished videos that the asker can see, at most so many, in that order."""
        found = {job.id: (job, said) for job, said in await self._context.database.read(posts.find_with_jobs, job_ids)}
        relatives: list[Relative] = []
        for job_id in job_ids:
            if len(relatives) >= most or job_id not in found:
                continue
            job, said = found[job_id]
            shown_in = place_of_video(job, said)
            sees = await _sees(shown_in, asker, sees_channel)
            if job.origin.user_id == asker.user_id or may_see(job, asker, shown_in, sees_channel=sees) is None:
                relatives.append(Relative(job, jump_link(job.origin, job.id, said)))
        return relatives


async def _sees(place: Place, asker: Asker, by: SeesChannel) -> bool:
    """Whether the asker can see that place; only channels of the server that they are in are looked at."""
    if place == asker.place:
        return True
    return place.guild_id is not None and place.guild_id == asker.place.guild_id and await by(place.channel_id)


def _public_host(provider: str) -> str | None:
    """The host of the provider's address, if it is the same for everybody."""
    host = urlsplit(provider).hostname or ""
    return host if is_public_host(host) else None
