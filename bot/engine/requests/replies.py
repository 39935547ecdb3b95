"""Replies to the bot's messages: remixes of videos, new requests under one's own notices, questions, and talk.

The rule is `bot.engine.requests.reply_rule`; `Replies` acts on it.
"""

import math
from dataclasses import replace

import structlog

from bot.chat import cards, words
from bot.chat.courier import CourierFault, NotTaken, Parcel, ParcelKind, Refused
from bot.chat.custom_ids import MessageKind
from bot.chat.naming import Names, Said, readable
from bot.chat.talk import count_words
from bot.chat.words import Key, Reader
from bot.engine.context import EngineContext, reader_of
from bot.engine.picture_archive import hold_all
from bot.engine.requests.cooldown import Cooldown
from bot.engine.requests.intake import Ask, Intake
from bot.engine.requests.lookup import Lookup, SeesChannel
from bot.engine.requests.reply_edits import edit_reply
from bot.engine.requests.reply_offers import ReplyOffers
from bot.engine.requests.reply_rule import Reaction, Reply, Right, decide, may_lead_on
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import Job, MessageId, Origin, Place, PostKind, UserId, Via, VideoRequest
from bot.jobs.picture_frames import with_new
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker
from bot.jobs.states import ENDS, State
from bot.jobs.store import finding

# A refusal is retried after so many seconds, but not later than that many after the first try.
_SAY_NO_AGAIN_SECONDS = (5.0, 10.0, 20.0, 40.0)
_SAY_NO_SECONDS = 90.0
_HOUR_SECONDS = 3600.0
_LASTING = frozenset({Reason.COMMANDS_DENIED, Reason.BLOCKED, Reason.SERVER_CLOSED, Reason.DIRECT_MESSAGES_OFF})
# The same, for each video.
_LASTING_OF_VIDEO = frozenset({Reason.REMIX_UNSUPPORTED, Reason.REMIX_NO_PICTURES, Reason.REMIX_GONE})
_log = structlog.stdlib.get_logger(__name__)


class Replies:
    """Turns replies into remixes, new requests, offers and questions."""

    def __init__(self, context: EngineContext, intake: Intake, lookup: Lookup) -> None:
        self._context = context
        self._intake = intake
        self._lookup = lookup
        self.offers = ReplyOffers(context, intake, lookup)
        self._running_hints = Cooldown(context.clock, math.inf)
        self._lasting_refusals = Cooldown(context.clock, _HOUR_SECONDS)
        self._dm_hints = Cooldown(context.clock, _HOUR_SECONDS)

    async def answer(self, reply: Reply, sees_channel: SeesChannel) -> Reaction:
        """Act on a reply to any message; a reply to anything but a video, notice or card of ours is ignored.

        In the thread of a video, a message that names the bot counts as a reply to the newest video there.
        """
        if not may_lead_on(reply, self._context.rules.reply_remix):
            return Reaction.IGNORE
        try:
            found = None if reply.to is None else await self._lookup.find_answered(reply.to, reply.shown)
            if found is None and reply.names_bot:
                found = await self._lookup.find_newest_in_thread(reply.place)
            if found is None:
                return Reaction.IGNORE
            if reply.place.guild_id is None:
                # A message in a DM has no language of its author; their request did.
                reply = replace(reply, locale=found[0].origin.locale)
            reaction, refusal = await self._answer(reply, *found, sees_channel)
        except StoreUnavailableError as error:
            _log.error("reply not accepted", reply=reply.id, error=str(error))
            if reply.shown is None or reply.shown.kind is not MessageKind.VIDEO:
                # It may be no reply to a video: then it may well be talk.
                return Reaction.IGNORE
            reaction, refusal = Reaction.IGNORE, Refusal(Reason.STORE_UNAVAILABLE)
        if refusal is not None and self._may_say(reply, refusal):
            await self._say(reply, words.refusal(refusal, reader_of(self._context, reply)))
        return reaction

    async def edited(self, reply_id: MessageId, said: Said) -> None:
        """A message was edited: if a reply's job or question belongs to it, the new text counts."""
        try:
            await edit_reply(self._context, self.offers, reply_id, said)
        except StoreUnavailableError as error:
            # It is checked once more before its job is submitted.
            _log.warning("edit not stored", reply=reply_id, error=str(error))

    async def hint(self, message_id: MessageId, user_id: UserId, place: Place, text: str) -> None:
        """A person writes to the bot in a DM: explain once an hour how videos are made."""
        if not count_words(text) or not self._dm_hints.begin(user_id):
            return
        closed = self._intake.closed(place.guild_id, request=True)
        reader = await self._reader_in_dm(user_id, place)
        said = words.say(Key.DM_HINT, reader) if closed is None else words.refusal(closed, reader)
        await self._post(place, message_id, said, f"dm-{message_id}")

    async def _reader_in_dm(self, user_id: UserId, place: Place) -> Reader:
        """A message has no language of its author; the newest video that they requested there does."""
        try:
            newest = await self._context.database.read(
                finding.find_newest_finished_in_channel, user_id, place.channel_id
            )
        except StoreUnavailableError:
            newest = None
        return self._context.readers.of("" if newest is None else newest.origin.locale)

    async def _answer(
        self, reply: Reply, job: Job, kind: PostKind, sees_channel: SeesChannel
    ) -> tuple[Reaction, Refusal | None]:
        own = job.origin.user_id == reply.user_id
        if kind in (PostKind.CARD, PostKind.BATCH) and job.state not in ENDS:
            await self._say_running(reply, job)
            return Reaction.IGNORE, None
        request = _request(reply, job, kind, own=own)
        if request is None:
            return Reaction.IGNORE, None
        if kind is PostKind.VIDEO:
            request = await self._lookup.remix_of(job, request)
        home = job.origin.place if request.private else reply.place
        if reply.long_text is not None and reply.right is not Right.DENIED:
            whole = await self._with_long_text(reply, home)
            if not isinstance(whole, Reply):
                return Reaction.IGNORE, whole
            reply, request = whole, replace(request, prompt=whole.prompt)
        reaction = decide(reply, self._context.rules.reply_remix, own=own)
        # A text in a file is too long for talk; it is not even fetched without the right to request.
        if reaction is Reaction.IGNORE and reply.long_text is None:
            return reaction, None
        if reply.right is Right.DENIED:
            return Reaction.IGNORE, Refusal(Reason.COMMANDS_DENIED)
        return reaction, await self._act(reaction, reply, request, job, home, sees_channel)

    async def _act(
        self, reaction: Reaction, reply: Reply, request: VideoRequest, job: Job, home: Place, sees_channel: SeesChannel
    ) -> Refusal | None:
        if refusal := self._intake.closed(home.guild_id, request=True):
            return refusal
        asker = Asker(reply.user_id, reply.place)
        if refusal := await self._lookup.check_parent(request, asker, sees_channel):
            return refusal
        if not await hold_all(self._context, request.references):
            return Refusal(Reason.REFERENCES_GONE)
        if reaction is not Reaction.REMIX:
            if await self._intake.is_blocked(reply.user_id):
                # It may be talk, which is not answered.
                return None
            return await self.offers.make(reaction, reply, request, job.id, home)
        origin = _origin(reply, self._context.rules.reply_grace_seconds)
        made = await self._intake.accept(Ask(request, reply.files), origin, reply.no_place, home)
        return made if isinstance(made, Refusal) else None

    async def _with_long_text(self, reply: Reply, home: Place) -> Reply | Refusal | None:
        """The reply with the text of its `message.txt`; None if that is no text: then it is a document."""
        if reply.long_text is None:
            return reply
        if refusal := await self._intake.check_person(replace(_origin(reply), place=home)):
            return refusal
        text = await self._intake.read_text(reply.long_text, reply.user_id)
        if text is None or isinstance(text, Refusal):
            return text
        joined = "\n\n".join(part for part in (reply.prompt, readable(text, Names()).strip()) if part)
        return replace(reply, text=f"{reply.text}\n\n{text}", prompt=joined, long_text=None)

    def _may_say(self, reply: Reply, refusal: Refusal) -> bool:
        """Whether the refusal is new: a lasting one is posted once an hour, so that it can't fill a channel."""
        if refusal.reason not in _LASTING | _LASTING_OF_VIDEO:
            return True
        video = reply.to if refusal.reason in _LASTING_OF_VIDEO else None
        return self._lasting_refusals.begin((reply.user_id, reply.place.channel_id, refusal.reason, video))

    async def _say_running(self, reply: Reply, job: Job) -> None:
        """The video is still being made: posted once to each person under each card, if the reply has words."""
        meant = reply.readable and count_words(reply.text) > 0
        if meant and self._running_hints.begin((reply.user_id, job.id)):
            await self._say(reply, words.say(Key.REPLY_TO_RUNNING, reader_of(self._context, reply)))

    async def _say(self, reply: Reply, text: str) -> None:
        await self._post(reply.place, reply.id, text, f"no-{reply.id}")

    async def _post(self, place: Place, reply_to: MessageId, text: str, nonce: str) -> None:
        """Post a reply to a message; while Discord can't be reached, retry within the nonce window."""
        clock = self._context.clock
        parcel = Parcel(
            place.channel_id, cards.Message(content=text), nonce=nonce, reply_to=reply_to, kind=ParcelKind.ANSWER
        )
        give_up_at = clock.monotonic() + _SAY_NO_SECONDS
        for rest_seconds in (*_SAY_NO_AGAIN_SECONDS, math.inf):
            try:
                await self._context.courier.post(parcel)
            except CourierFault as fault:
                asked_seconds = fault.retry_after_seconds if isinstance(fault, NotTaken) else 0.0
                wait_seconds = max(rest_seconds, asked_seconds)
                if isinstance(fault, Refused) or clock.monotonic() + wait_seconds > give_up_at:
                    _log.warning("refusal not posted", reply=reply_to, fault=str(fault))
                    return
                await clock.sleep(wait_seconds)
            else:
                return


def _origin(reply: Reply, grace_seconds: float = 0.0) -> Origin:
    """The reply as an origin: one reply makes at most one job."""
    return Origin(
        id=str(reply.id),
        via=Via.REPLY,
        user_id=reply.user_id,
        place=reply.place,
        locale=reply.locale,
        reply_to=reply.id,
        history_after=reply.id,
        grace_seconds=grace_seconds,
    )


def _request(reply: Reply, job: Job, kind: PostKind, *, own: bool) -> VideoRequest | None:
    """The reply's request: a remix of the video; or, under one's own notice or cancelled card, the same with a new
    prompt. It is private if the job is.
    """
    if kind is PostKind.VIDEO:
        return VideoRequest(prompt=reply.prompt, parent_id=job.id, private=job.request.private)
    is_cancelled = job.state is State.STOPPED or (job.state is State.CANCELLED and not job.withheld)
    cancelled_card = kind is PostKind.CARD and is_cancelled
    if not own or not (kind is PostKind.FAILURE or cancelled_card):
        return None
    request = with_new(job.request, (), reply.files)[0] if reply.files else job.request
    return replace(request, prompt=reply.prompt)
