"""Presses of buttons, routed by their custom ids alone, so that they work after any restart."""

from collections.abc import Awaitable, Callable

import discord
from discord.ext import commands

from bot.chat import cards
from bot.chat.custom_ids import Action, ButtonId, MessageKind, parse_button
from bot.chat.words import Key, say
from bot.chat.words import refusal as refusal_text
from bot.engine.requests.intake import Ask
from bot.engine.requests.lookup import SeesChannel
from bot.engine.services import Services
from bot.jobs.model import Job, JobId, MessageId, Origin, Via
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker
from bot.jobs.states import STOPPABLE, State
from cogs.facts import asker_of, is_private, no_place_of, no_right_of, origin_of, pressed, reader_of, sight_by
from cogs.host import Host
from cogs.requesting import draft_of, open_again, open_remix, respond_to_request
from cogs.responses import deferring, is_turned_away, opening_form, respond, respond_at_once, respond_to_action

Press = Callable[[discord.Interaction, JobId], Awaitable[None]]


class Buttons(commands.Cog):
    """One method per button. The job's state decides the meaning of a press, and rights are checked each time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._presses: dict[Action, Press] = {
            Action.CANCEL: self._cancel,
            Action.WITHHOLD: self._withhold,
            Action.STOP: self._cancel,
            Action.REMIX: self._remix,
            Action.AGAIN: self._again,
            Action.DELETE: self._delete,
            Action.RETRY: self._retry,
            Action.EDIT_RETRY: self._edit_retry,
            Action.EDIT_AGAIN: self._edit_again,
            Action.REQUEST_AGAIN: self._request_again,
            Action.DISMISS: self._dismiss,
            Action.POST_IT: self._post_it,
        }

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle every press; buttons that are not ours, or of another cog, are ignored."""
        button = parse_button(pressed(interaction))
        if button is None or button.job_id is None:
            return
        if button.kind is not MessageKind.SURE and button.action not in self._presses:
            return
        if await is_turned_away(self._services, interaction):
            return
        if button.kind is MessageKind.SURE:
            await self._press_sure(interaction, button, button.job_id)
        else:
            await self._presses[button.action](interaction, button.job_id)

    async def _cancel(self, interaction: discord.Interaction, job_id: JobId) -> None:
        """Cancel and *Stop*: whichever the job's state allows."""
        async with deferring(interaction):
            done = await self._services.job_actions.cancel(job_id, asker_of(interaction))
            await respond_to_action(interaction, done, _stopped_key(done))

    async def _withhold(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with deferring(interaction):
            done = await self._services.job_actions.cancel(job_id, asker_of(interaction), may_stop=False)
            await respond_to_action(interaction, done, _stopped_key(done))

    async def _remix(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with opening_form(interaction):
            video = no_place_of(interaction) or await self._finished(interaction, job_id, changes=True)
            if isinstance(video, Refusal):
                await respond_at_once(interaction, refusal_text(video, reader_of(interaction)))
                return
            await open_remix(self._services, interaction, video)

    async def _again(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with deferring(interaction):
            video = await self._finished(interaction, job_id, changes=False)
            if isinstance(video, Refusal):
                await respond_to_action(interaction, video)
                return
            asker, origin, sight, no_place = _again_by(interaction)
            made = await self._services.job_actions.make_another(video, asker, origin, sight, no_place)
            if isinstance(made, Job) and made.origin.history_after != origin.history_after:
                await respond_to_action(interaction, made, Key.ANSWER_MADE_BEFORE)
                return
            draft = draft_of(interaction, Ask(video.request), home=video.origin.place)
            await respond_to_request(self._services, interaction, made, draft)

    async def _edit_again(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with opening_form(interaction):
            video = no_place_of(interaction) or await self._finished(interaction, job_id, changes=False)
            if isinstance(video, Refusal):
                await respond_at_once(interaction, refusal_text(video, reader_of(interaction)))
                return
            await open_again(self._services, interaction, video)

    async def _delete(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with deferring(interaction):
            job = await self._services.job_actions.may_delete(job_id, asker_of(interaction))
            if isinstance(job, Refusal) or interaction.message is None:
                await respond_to_action(interaction, job)
                return
            question = cards.ask_delete(job.id, MessageId(interaction.message.id), reader_of(interaction))
            await respond(interaction, question)

    async def _press_sure(self, interaction: discord.Interaction, button: ButtonId, job_id: JobId) -> None:
        """The answer to the question before a deletion; the question itself becomes the answer."""
        async with deferring(interaction, in_place=is_private(interaction)):
            if button.action is Action.KEEP:
                await respond(interaction, say(Key.ANSWER_NOT_DELETED, reader_of(interaction)))
                return
            done = await self._services.job_actions.delete(job_id, asker_of(interaction), MessageId(button.number))
            await respond_to_action(interaction, done, Key.ANSWER_DELETED)

    async def _retry(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with deferring(interaction):
            done = await self._services.job_actions.retry(job_id, *_again_by(interaction))
            await self._settle_retry(interaction, done, job_id)

    async def _request_again(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with deferring(interaction):
            done = await self._services.job_actions.request_again(job_id, *_again_by(interaction))
            await self._settle_retry(interaction, done, job_id)

    async def _settle_retry(self, interaction: discord.Interaction, done: Job | Refusal, job_id: JobId) -> None:
        if isinstance(done, Refusal):
            job = await self._services.job_actions.find_retryable(job_id, asker_of(interaction))
            if isinstance(job, Job):
                draft = draft_of(interaction, Ask(job.request), retry_of=job.id, home=job.origin.place)
                await respond_to_request(self._services, interaction, done, draft)
                return
        await respond_to_action(interaction, done, _made_key(done))

    async def _edit_retry(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with opening_form(interaction):
            job = await self._services.job_actions.find_retryable(job_id, asker_of(interaction))
            reader = reader_of(interaction)
            if not isinstance(job, Refusal) and (barred := no_right_of(interaction)):
                job = barred
            if isinstance(job, Refusal):
                await respond_at_once(interaction, refusal_text(job, reader))
            elif made := await self._services.job_actions.find_retry(job):
                await respond_at_once(interaction, say(_made_key(made), reader, video=made.id))
            else:
                await open_again(self._services, interaction, job, retry_of=job.id)

    async def _dismiss(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with deferring(interaction):
            done = await self._services.job_actions.dismiss(job_id, asker_of(interaction))
            await respond_to_action(interaction, done, Key.ANSWER_DISMISSED)

    async def _post_it(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with deferring(interaction):
            done = await self._services.job_actions.post_it(job_id, asker_of(interaction))
            may_be_stopped = isinstance(done, Job) and done.stop_sent_at is not None and done.state in STOPPABLE
            answer = Key.ANSWER_POSTING_IF_MADE if may_be_stopped else Key.ANSWER_POSTING
            await respond_to_action(interaction, done, answer)

    async def _finished(self, interaction: discord.Interaction, job_id: JobId, *, changes: bool) -> Job | Refusal:
        """The video of the pressed button, if the presser may change it or make it again; they can see its message."""
        video = await self._services.lookup.get(job_id)
        if video is None:
            return Refusal(Reason.VIDEO_UNKNOWN)
        asker, sight = asker_of(interaction), sight_by(interaction)
        return await self._services.lookup.check_remix(video, asker, sight, changes=changes)


def _stopped_key(done: Job | Refusal) -> Key:
    """The answer about a job that goes on no more, or will not be posted."""
    if isinstance(done, Refusal) or not done.withheld:
        return Key.ANSWER_CANCELLED
    return Key.ANSWER_WITHHELD if done.stop_asked_at is None else Key.ANSWER_STOPPING


def _made_key(done: Job | Refusal) -> Key:
    """The answer about a new job: it may be an older one, from an earlier press."""
    older = isinstance(done, Job) and done.state is not State.ACCEPTED
    return Key.ANSWER_MADE_BEFORE if older else Key.ANSWER_MADE


def _again_by(interaction: discord.Interaction) -> tuple[Asker, Origin, SeesChannel, Refusal | None]:
    """The presser of a new request, their place and sight, and why it could not be posted there, if so."""
    origin = origin_of(interaction, Via.BUTTON)
    return asker_of(interaction), origin, sight_by(interaction), no_place_of(interaction)


async def setup(bot: Host) -> None:
    """Add the cog."""
    await bot.add_cog(Buttons(bot.services))
