"""From a request to a stored job: every reason to refuse it is checked before anything is stored or charged."""

import itertools
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from bot.chat.unseen import count_seen
from bot.engine.context import EngineContext
from bot.engine.moves import accept
from bot.engine.picture_archive import archive, hold_all
from bot.engine.requests.batches import refuse_prompts
from bot.engine.requests.ceilings import alert_ceilings
from bot.engine.requests.fallbacks import Fallback, as_made, find_way, first_provider, refuse_fallback
from bot.engine.requests.lookup import Lookup, SeesChannel
from bot.engine.requests.picture_fitting import fit_request
from bot.engine.requests.private_results import PrivateResults, settle_home
from bot.jobs.alerts import AlertKind
from bot.jobs.database import StoreUnavailableError
from bot.jobs.life_log import log_accepted
from bot.jobs.limits import DAY_SECONDS
from bot.jobs.model import (
    PROMPT_MAX_CHARACTERS,
    Job,
    Origin,
    Place,
    Reference,
    Upload,
    UserId,
    VideoRequest,
    new_job_id,
)
from bot.jobs.picture_frames import judge_frames, with_fetched
from bot.jobs.prices import estimate
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker
from bot.jobs.states import State
from bot.jobs.store import accepting, blocking, finding
from bot.jobs.store.pictures import measure_pictures
from bot.media.references import ReferenceRefused

# Thirteen requests with four pictures of the largest size.
_PICTURES_BYTES_PER_DAY = 1024 * 1024 * 1024
# Four bytes for each character of the longest prompt, and as much again for invisible ones.
LONG_TEXT_MAX_BYTES = 8 * PROMPT_MAX_CHARACTERS
_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """A person's request, with pictures kept already, and uploads that are still at Discord.

    `provider` is the stored id of the provider that it is meant for, once that is known, and `fallback` how a
    remix is made that the provider of its video can't make. A batch has `prompts`: a job for each, and the request's
    own is all of them.
    """

    request: VideoRequest
    uploads: tuple[Upload, ...] = ()
    provider: str = ""
    fallback: Fallback | None = None
    prompts: tuple[str, ...] | None = None


# Why a person's request is not accepted now: the last is the stored id of a remix's provider.
_Pausing = Callable[[UserId | None, VideoRequest | None, str | None], Refusal | None]
# The last frame of a video that somebody wants to remix, as a kept picture, or why there is none.
_Drawing = Callable[[Job, UserId], Awaitable[Reference | Refusal]]


class Intake:
    """Accepts requests. `pausing` returns why a person's are not accepted now (provider down, account refused)."""

    def __init__(self, context: EngineContext, pausing: _Pausing, draw_frame: _Drawing) -> None:
        self._context = context
        self._pausing = pausing
        self._draw_frame = draw_frame
        self._lookup = Lookup(context)
        self._private = PrivateResults(context)
        self._stopping = False
        # Whose requests wait for their pictures now, by their origin id.
        self._taking: dict[str, UserId] = {}

    def stop(self) -> None:
        """Accept nothing any more: the process ends."""
        self._stopping = True

    async def accept(
        self, ask: Ask, origin: Origin, no_place: Refusal | None = None, home: Place | None = None
    ) -> Job | Refusal:
        """Store the request as a job, or return why not. The same origin accepted twice is one job.

        `no_place` is why the video could not be posted at the origin's place later, if so. `home` is the place of the
        job or draft that the request leads on from.
        """
        request, origin = settle_home(ask.request, origin, home)
        try:
            parent = None if request.parent_id is None else await self._lookup.get(request.parent_id)
            ask = await self._as_it_is_made(replace(ask, request=request), parent)
            paused = self._no_provider(origin.user_id, ask)
            refusal = self._no_time() or no_place or await self._no_request(ask) or paused
            if refusal is None and request.private:
                return await self._accept_private(ask, origin)
            if refusal is None and not ask.uploads and not request.references and ask.fallback is None:
                # The accepting transaction alone decides.
                taking = sum(user_id == origin.user_id for user_id in self._taking.values())
                return await self._store(self._jobs(ask, origin), taking)
            return await self.find_made(origin.id) or refusal or await self._accept_with_pictures(ask, origin)
        except StoreUnavailableError:
            _log.exception("job not stored")
            return Refusal(Reason.STORE_UNAVAILABLE)

    async def find_made(self, origin_id: str) -> Job | None:
        """The job of an action. To be called before any reason to refuse: that job itself may be one."""
        return await self._context.database.read(finding.find_by_origin, origin_id)

    async def repeat(
        self,
        job: Job,
        origin: Origin,
        asker: Asker,
        sees_channel: SeesChannel,
        no_place: Refusal | None = None,
        edited: Ask | None = None,
    ) -> Job | Refusal:
        """Make a new job of the same request and pictures, or of `edited`, if its parent may still be remixed.

        The same origin twice is one job.
        """
        if known := await self.find_made(origin.id):
            return known
        ask = edited or Ask(job.request)
        if refusal := await self._lookup.check_parent(ask.request, asker, sees_channel):
            return refusal
        if not await self.has_pictures(ask.request):
            return Refusal(Reason.REFERENCES_GONE)
        return await self.accept(ask, origin, no_place, job.origin.place)

    async def has_pictures(self, request: VideoRequest) -> bool:
        """Whether all pictures of an older request are still there."""
        return await hold_all(self._context, request.references)

    async def keep_pictures(
        self, uploads: tuple[Upload, ...], user_id: UserId | None = None
    ) -> tuple[Reference, ...] | Refusal:
        """Fetch and keep that person's attachments. Check the limits first: it takes disk, and may take minutes."""
        try:
            kept = await self._context.shelf.keep_all(uploads, user_id)
            await archive(self._context, kept)
        except ReferenceRefused as fault:
            if fault.refusal.reason is Reason.DISK_FULL:
                self._context.owner_alerts.alert_here(AlertKind.ROOM_PICTURES)
            return fault.refusal
        return kept

    async def check(self, ask: Ask, user_id: UserId | None = None) -> Refusal | None:
        """The fault of a request whose prompt is still to come: model, size, length, number of pictures.

        Raises `StoreUnavailableError`.
        """
        return self._no_time() or self._no_provider(user_id, ask) or await self._no_request(ask, prompt_given=False)

    async def check_whole(self, ask: Ask, origin: Origin) -> Refusal | None:
        """Why that request would not be accepted now, as far as can be seen before its pictures are fetched."""
        return (
            self._no_time()
            or self._pausing(origin.user_id, ask.request, None)
            or await self._no_request(ask)
            or await self._no_room(ask, origin)
        )

    def closed(self, guild_id: int | None, *, request: bool = False) -> Refusal | None:
        """Why the operator lets the bot do nothing there, or accept no request; None otherwise."""
        allowlist = self._context.rules.limits.allowlist
        return allowlist.refuse_request(guild_id) if request else allowlist.refuse(guild_id)

    async def is_blocked(self, user_id: UserId) -> bool:
        """Whether the owner has blocked that person."""
        return await self._context.database.read(blocking.is_blocked, user_id)

    async def find_room(self, origin: Origin) -> int | Refusal:
        """How many more jobs that person may have there now, or why not one. Raises `StoreUnavailableError`."""
        now, limits = self._context.clock.now(), self._context.rules.limits
        earlier = itertools.takewhile(lambda act: act != origin.id, tuple(self._taking))
        taking = sum(self._taking[act] == origin.user_id for act in earlier)
        return await self._context.database.read(accepting.find_room, origin, now, limits, taking)

    async def check_person(self, origin: Origin) -> Refusal | None:
        """Why nothing is accepted from that person now, for any request."""
        return (
            self._no_time()
            or self._pausing(origin.user_id, None, None)
            or await self._no_room(Ask(VideoRequest("")), origin)
        )

    async def read_text(self, upload: Upload, user_id: UserId) -> str | Refusal | None:
        """The text of an attached file as a prompt; None if it is no text."""
        if upload.size_bytes is not None and upload.size_bytes > LONG_TEXT_MAX_BYTES:
            return Refusal(Reason.PROMPT_TOO_LONG, {"limit": PROMPT_MAX_CHARACTERS, "given": upload.size_bytes})
        try:
            return await self._context.shelf.read_text(upload, LONG_TEXT_MAX_BYTES, user_id)
        except ReferenceRefused as fault:
            return fault.refusal

    async def _accept_with_pictures(self, ask: Ask, origin: Origin) -> Job | Refusal:
        self._taking.setdefault(origin.id, origin.user_id)
        try:
            if refusal := await self._no_room(ask, origin):
                return refusal
            pictures = await self.keep_pictures(ask.uploads, origin.user_id)
            if isinstance(pictures, Refusal):
                return pictures
            ask = replace(ask, request=with_fetched(ask.request, pictures))
            if ask.fallback is not None:
                frame = await self._draw_frame(ask.fallback.parent, origin.user_id)
                if isinstance(frame, Refusal):
                    return frame
                ask = replace(ask, fallback=replace(ask.fallback, frame=frame))
            fitted = await fit_request(self._context, ask.request, ask.provider, ask.fallback, origin.user_id)
            if isinstance(fitted, Refusal):
                return fitted
            return await self._store(self._jobs(replace(ask, request=fitted), origin))
        finally:
            self._taking.pop(origin.id, None)

    async def _accept_private(self, ask: Ask, origin: Origin) -> Job | Refusal:
        """The same, once the requester's DM has taken the card; no DM is opened for what is refused anyway."""
        made = await self.find_made(origin.id) or await self._no_room(ask, origin)
        if made is not None:
            return made
        reached = await self._private.reach(origin)
        if isinstance(reached, Refusal):
            return reached
        made = await self._accept_with_pictures(ask, reached)
        return made if isinstance(made, Refusal) else await self._private.check_card(made)

    async def _store(self, jobs: list[Job], taking: int = 0) -> Job | Refusal:
        first, *others = [await self._priced(job) for job in jobs]
        accepted = await accept(self._context, first, taking, others)
        if isinstance(accepted, Refusal):
            return accepted
        if accepted.new:
            for job in (accepted.job, *accepted.others):
                log_accepted(job)
            alert_ceilings(self._context.owner_alerts, accepted.budgets)
        return accepted.job

    async def _priced(self, job: Job) -> Job:
        """The job with its estimated price, as far as that is known."""
        model = self._context.catalogue.find(job.request.model, await self._lookup.find_inherited_model(job.request))
        if model is None or model.price is None:
            return job
        found = estimate(model, await self._lookup.as_made_before(job.request))
        return replace(job, price_micros=found and found.micros, currency=model.price.currency)

    def _jobs(self, ask: Ask, origin: Origin) -> list[Job]:
        if ask.prompts is None:
            return [self._job(ask, origin)]
        lines = [replace(ask, request=replace(ask.request, prompt=prompt)) for prompt in ask.prompts]
        return [self._job(line, replace(origin, ordinal=ordinal)) for ordinal, line in enumerate(lines)]

    def _job(self, ask: Ask, origin: Origin) -> Job:
        now, request = self._context.clock.now(), ask.request
        # No message of a private one goes to its server.
        thread_of = None if request.private else self._context.courier.thread_of(origin.place)
        return Job(
            id=new_job_id(),
            state=State.ACCEPTED,
            request=request,
            origin=replace(origin, thread_of=thread_of),
            provider=ask.provider,
            idempotency_key=str(uuid.uuid4()),
            accepted_at=now,
            fallback=None if ask.fallback is None else ask.fallback.why,
            frame=None if ask.fallback is None else ask.fallback.frame,
            not_before=now + origin.grace_seconds,
        )

    async def _as_it_is_made(self, ask: Ask, parent: Job | None) -> Ask:
        """The request with its provider, and how a remix is made that its video's provider can't make."""
        if parent is None:
            return replace(ask, provider=first_provider(self._context, ask.request))
        request, provider, fallback = await find_way(self._context, ask.request, parent)
        return replace(ask, request=request, provider=provider, fallback=fallback)

    def _no_time(self) -> Refusal | None:
        return Refusal(Reason.STOPPING) if self._stopping else None

    def _no_provider(self, user_id: UserId | None, ask: Ask) -> Refusal | None:
        """Why no provider takes the request now; if only its model's don't, with the models that can be had instead."""
        request, models = as_made(ask.request, ask.fallback), self._context.catalogue.models
        refusal = self._pausing(user_id, request, ask.provider or None)
        model = self._context.catalogue.find(request.model)
        if refusal is None or model is None or request.parent_id is not None:
            return refusal
        others = [(one.label, replace(request, model=one.name)) for one in models if one is not model]
        labels = tuple(
            label
            for label, other in others
            if self._pausing(user_id, other, None) is None
            and self._context.catalogue.check(other, len(ask.uploads)) is None
        )
        return Refusal(Reason.MODEL_CLOSED, {"model": model.label, "models": labels}) if labels else refusal

    async def _no_request(self, ask: Ask, *, prompt_given: bool = True) -> Refusal | None:
        request = ask.request
        if prompt_given and not count_seen(request.prompt):
            return Refusal(Reason.PROMPT_EMPTY)
        if len(request.prompt) > PROMPT_MAX_CHARACTERS:
            return Refusal(Reason.PROMPT_TOO_LONG, {"limit": PROMPT_MAX_CHARACTERS, "given": len(request.prompt)})
        pictures = len(request.references) + len(ask.uploads)
        if refusal := judge_frames(request.frames, pictures, may_come=not prompt_given):
            return refusal
        if prompt_given and ask.prompts is not None and (no := refuse_prompts(ask.prompts)):
            return no
        inherited = await self._lookup.find_inherited_model(request)
        refusal = self._context.catalogue.check(request, len(ask.uploads), inherited)
        if refusal is not None or ask.fallback is None:
            return refusal
        return refuse_fallback(self._context, ask.fallback, request, len(ask.uploads))

    async def _no_room(self, ask: Ask, origin: Origin) -> Refusal | None:
        """A first check of the limits, so that nothing is fetched in vain; the accepting transaction decides.

        The person's earlier requests that wait for their pictures count, so that they can't have more fetched than they
        may request.
        """
        room, now = await self.find_room(origin), self._context.clock.now()
        if isinstance(room, Refusal):
            return room
        if ask.prompts is not None and room < len(ask.prompts):
            return Refusal(Reason.BATCH_NO_ROOM, {"room": room, "given": len(ask.prompts)})
        if not ask.uploads:
            return None
        brought_bytes = await self._context.database.read(measure_pictures, origin.user_id, now - DAY_SECONDS)
        # Cancelled and refused requests count as well: their pictures are on the disk like all others.
        too_much = brought_bytes >= _PICTURES_BYTES_PER_DAY
        return Refusal(Reason.REFERENCES_LIMIT, {"limit_bytes": _PICTURES_BYTES_PER_DAY}) if too_much else None
