"""The real bot inside SimCord's Discord: its own parts on a real database, with each loop run only on demand.

Limits of SimCord 3.2.1, which the end-to-end tests cover:

* it ignores nonces, so it can't show that a message is posted once after a crash;
* its attachments have no usable addresses: `FakeCdn` serves its stored bytes on 127.0.0.1;
* only the person who opened a form can submit it, and only while the message under which it was opened exists, so
  neither another person's draft nor a form that outlives its offer can be tried;
* its people's replies always ping, unless the message is put into its backend with another mention policy;
* it accepts files of any size, and no connection to it ever breaks;
* its clock is virtual and nothing runs after an action: a paid request would be a real one, so the scheduler is
  not started, and jobs are moved by the store's own functions.
"""

import asyncio
import hashlib
from collections.abc import Coroutine, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
from simcord import Env
from simcord.actors import MemberActor
from simcord.backend.models.channel import Overwrite
from simcord.backend.models.message import AllowedMentions
from simcord.builders import ChannelHandle, GuildHandle
from simcord.enums import OverwriteType
from simcord.results import InteractionResult, to_discord_message

from bot.chat.custom_ids import Action, PageId, parse_page
from bot.engine.engine import Engine
from bot.jobs.model import Job, JobId, PostKind, UserId
from bot.jobs.states import Event, State
from bot.jobs.store import finding, moving, posts
from tests.buttons import button_ids, custom_id_for
from tests.simcord.sim_bot import SimBot, SimClock

BETWEEN_EDITS_SECONDS = 5.0
PASSING_SECONDS = 2.0
VIDEO_BYTES = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"\0\0\0\x08free"


@dataclass
class SimWorld:
    """A server with a channel; Ada asks for videos, Ben is anybody else, Mia may manage messages and the server."""

    sim_bot: SimBot
    guild: GuildHandle
    channel: ChannelHandle
    ada: MemberActor
    ben: MemberActor
    mia: MemberActor

    @property
    def env(self) -> Env:
        return self.sim_bot.env

    @property
    def clock(self) -> SimClock:
        return self.sim_bot.clock

    @property
    def engine(self) -> Engine:
        return self.sim_bot.engine

    # ------------------------------------------------------------- the loops

    async def settle(self) -> None:
        """Let the bot say, show and clear away all that is due, some seconds later: between edits a card rests."""
        await self.env.advance_time(BETWEEN_EDITS_SECONDS)
        while await self._are_due():
            await self._turn(self.engine.outbox.run())
            await self.engine.outbox.finish(5.0)
        await self._update_cards()
        # A state that passes by itself is shown only if it lasts.
        await self.env.advance_time(PASSING_SECONDS)
        await self._update_cards()
        await self._turn(self.engine.offer_loop.run())
        await self.engine.offer_loop.finish(5.0)
        await self.env.settle()

    async def _update_cards(self) -> None:
        await self._turn(self.engine.card_updater.run())
        await self.engine.card_updater.finish(5.0)

    async def _are_due(self) -> bool:
        """Whether a message is to be posted now."""
        unsent = await self.read(posts.find_unsent_of_jobs, await self.read(posts.find_all_unsent_jobs))
        return any(post.not_before <= self.clock.now() for post, _job in unsent)

    async def _turn(self, loop: Coroutine[Any, Any, None]) -> None:
        """Run one loop of the engine until it rests."""
        self.clock.resting.clear()
        running = asyncio.create_task(loop)
        resting = asyncio.create_task(self.clock.resting.wait())
        await asyncio.wait((running, resting), timeout=5.0, return_when=asyncio.FIRST_COMPLETED)
        rested = resting.done()
        for task in (running, resting):
            task.cancel()
        results = await asyncio.gather(running, resting, return_exceptions=True)
        assert rested, results

    # -------------------------------------------------------------- the jobs

    async def jobs(self, person: MemberActor | None = None) -> list[Job]:
        """That person's (Ada's) jobs, newest first among the running and then among the ended."""
        return await self.read(finding.find_own_everywhere, UserId((person or self.ada).id), 100)

    async def job(self, job: Job | JobId) -> Job:
        """The job as it is now."""
        found = await self.read(finding.get, job.id if isinstance(job, Job) else job)
        assert found is not None
        return found

    async def read(self, work: Any, *args: Any) -> Any:
        return await self.engine.context.database.read(work, *args)

    async def write(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        return await self.engine.context.database.write(work, *args, **kwargs)

    async def step(self, job: Job, event: Event, **changes: Any) -> Job:
        """What the scheduler would do to the job; nothing is said yet."""
        moved = await self.write(moving.apply, job, event, now=self.clock.now(), **changes)
        assert moved is not None
        self.engine.context.signals.job_moved(moved)
        return moved

    async def move(self, job: Job, *events: Event, **changes: Any) -> Job:
        """The same, and the messages that become due are said; the changes belong to the last of the events."""
        for event in events[:-1]:
            job = await self.step(job, event)
        await self.step(job, events[-1], **changes)
        await self.settle()
        return await self.job(job)

    async def asked(
        self, prompt: str = "a red fox in fresh snow", *, by: MemberActor | None = None, **options: Any
    ) -> Job:
        """A new job from `/video`, with its card shown."""
        asker = by or self.ada
        where = options.pop("where", self.channel)
        before = {job.id for job in await self.jobs(asker)}
        result = await asker.slash(where, "video", prompt=prompt, **options)
        assert result.acknowledged
        assert result.response is None, result.response
        await self.settle()
        (made,) = [job for job in await self.jobs(asker) if job.id not in before]
        return made

    async def taken(self, job: Job) -> Job:
        """The job taken by the provider; nothing is said yet."""
        job = await self.step(job, Event.SUBMIT, submitted_at=self.clock.now())
        return await self.step(job, Event.TAKEN, remote_id=f"video_{job.id}")

    async def rendering(self, job: Job) -> Job:
        """The job taken by the provider, as its card shows."""
        job = await self.taken(job)
        await self.settle()
        return job

    async def fetched(self, job: Job) -> Job:
        """The job whose video lies in the data folder, and which is then posted if nothing is against it."""
        if job.state is State.ACCEPTED:
            job = await self.taken(job)
        if job.state is State.RENDERING:
            job = await self.step(job, Event.COMPLETE, completed_at=self.clock.now())
        video = self.engine.context.fetcher.path(job.video_name)
        video.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        video.write_bytes(VIDEO_BYTES)
        proof = {"video_sha256": hashlib.sha256(VIDEO_BYTES).hexdigest(), "video_bytes": len(VIDEO_BYTES)}
        return await self.move(job, Event.KEEP if job.withheld else Event.FETCHED, **proof)

    async def delivered(self, prompt: str = "a red fox in fresh snow", **options: Any) -> Job:
        """A finished video in the channel."""
        job = await self.fetched(await self.asked(prompt, **options))
        assert job.state is State.DELIVERED
        return job

    def keep_frame(self, job: Job) -> Path:
        """Keep a first frame of the job's video; returns where."""
        path = self.engine.context.first_frames.path(job.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff\xd8\xff jpeg")
        return path

    def forbid(self, channel: ChannelHandle, denied: discord.Permissions) -> None:
        """Take rights from the bot in a channel."""
        me = Overwrite(self.env.backend.bot_user.id, OverwriteType.MEMBER, deny=denied.value)
        self.env.backend.set_overwrite(channel.id, me)

    def hide(self, channel: ChannelHandle, person: MemberActor) -> None:
        """Let that person not see a channel any more."""
        shut = Overwrite(person.id, OverwriteType.MEMBER, deny=discord.Permissions(view_channel=True).value)
        self.env.backend.set_overwrite(channel.id, shut)

    # ---------------------------------------------------------- the messages

    async def message(self, job: Job, kind: PostKind) -> discord.Message | None:
        """The job's latest message of that kind as it is in its channel; None if there is none (any more)."""
        for post in reversed(await self.read(posts.find_posts_of_jobs, [job.id])):
            if post.kind is kind and post.message_id is not None:
                stored = self.env.backend.messages.get(post.channel_id, {}).get(post.message_id)
                return to_discord_message(self.env, stored) if stored else None
        return None

    async def shown(self, job: Job, kind: PostKind) -> discord.Message:
        """The same, of which there must be one."""
        found = await self.message(job, kind)
        assert found is not None, self.env.transcript()
        return found

    async def turn(self, actor: MemberActor, shown: discord.Message, page: PageId) -> discord.Message:
        """Turn to that page of a private list; returns the message as it is then."""
        result = await actor.click(shown, custom_id=str(page))
        assert result.acknowledged
        return to_discord_message(self.env, self.env.backend.get_message(shown.channel.id, shown.id))

    def reply_without_ping(
        self, person: MemberActor, to: discord.Message, text: str, files: tuple[tuple[str, bytes], ...] = ()
    ) -> discord.Message:
        """A reply whose ping is switched off, which SimCord's people can't do: call `env.settle` after it."""
        made = self.env.backend.create_message(
            to.channel.id,
            person.id,
            text,
            reference={"channel_id": str(to.channel.id), "message_id": str(to.id)},
            attachments=self.env.backend.store_attachments(to.channel.id, files),
            allowed_mentions=AllowedMentions(replied_user=False),
        )
        return to_discord_message(self.env, made)

    def last(self, channel: ChannelHandle | None = None) -> discord.Message:
        """The newest message that everybody sees there."""
        seen = [message for message in (channel or self.channel).history() if not message.flags.ephemeral]
        return seen[-1]

    def count(self, channel: ChannelHandle | None = None) -> int:
        """How many messages everybody sees there."""
        return sum(not message.flags.ephemeral for message in (channel or self.channel).history())


def actions(message: discord.Message) -> list[Action]:
    """What the buttons under a message ask for, in the order in which they are shown."""
    return [button.action for button in button_ids(_custom_ids(message))]


def pages(message: discord.Message) -> list[PageId]:
    """The pages that its buttons show."""
    found = [parse_page(custom_id or "") for custom_id in _custom_ids(message)]
    return [page for page in found if page is not None]


def targets(message: discord.Message) -> list[tuple[Action, str]]:
    """The same, each with the job that it asks it for."""
    return [(one.action, one.target) for one in button_ids(_custom_ids(message))]


async def press(actor: MemberActor, shown: Any, action: Action, target: str = "") -> InteractionResult:
    """Press the button that asks for that (of that job, in a list) under a message or a private answer."""
    message = shown if isinstance(shown, discord.Message) else shown.message
    return await actor.click(shown, custom_id=custom_id_for(action, _custom_ids(message), target))


def _custom_ids(message: discord.Message) -> list[str | None]:
    return [part.custom_id for part in parts_of(message.components) if isinstance(part, discord.Button)]


def parts_of(components: Iterable[Any]) -> Iterator[Any]:
    """Every component, with those inside it."""
    for part in components:
        yield part
        yield from parts_of(getattr(part, "children", ()))
        if (beside := getattr(part, "accessory", None)) is not None:
            yield beside


def text_of(message: discord.Message) -> str:
    """All that can be read on a message."""
    context = [message.content]
    for embed in message.embeds:
        context += [embed.title, embed.description, embed.footer.text]
    context += [part.content for part in parts_of(message.components) if isinstance(part, discord.TextDisplay)]
    return "\n".join(part for part in context if part)


def private(result: InteractionResult) -> str:
    """The private answer to an act, which must be there and be private."""
    assert result.acknowledged
    assert result.response is not None
    assert result.response.ephemeral
    return text_of(result.response.message)


def field_ids(result: InteractionResult) -> dict[str, dict[str, Any]]:
    """The fields of the form that was shown, by their ids."""
    assert result.modal is not None
    return {label["component"]["custom_id"]: label["component"] for label in result.modal["components"]}
