"""Every button, form and command, by every kind of person, with every kind of id: a matrix from the bot's lists.

Without the right it is refused, and no row changes. An invisible job gets the same answer as an unknown one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice, product
from typing import Any

import discord
import pytest
from simcord import Env
from simcord.actors import MemberActor, _dispatch_actor_interaction
from simcord.backend import serializers
from simcord.backend.models.channel import Overwrite
from simcord.builders import ChannelHandle, UserHandle
from simcord.enums import OverwriteType
from simcord.results import InteractionResult, to_discord_message

from bot.chat.custom_ids import _ALLOWED, SHOWING, Action, ButtonId, FormPurpose, FormSource, MessageKind
from bot.jobs.model import Job, PostKind, UserId
from bot.jobs.reasons import Reason
from bot.jobs.store import drafts
from bot.jobs.tables import metadata
from bot.videos.client import VideosClient
from tests.databases import read_rows
from tests.simcord import job_setups
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, private, text_of
from tests.wording import says

FORMS = [(purpose, source) for purpose in FormPurpose for source in FormSource]
Rows = dict[str, list[Any]]
UNKNOWN_JOB = "ZZZZZZZZ"
STALE = Reason.CLIENT_STALE
UNKNOWN_OFFER = "1234567890123456789"
MALFORMED = ["short", "", "k3m9q2xa", "K3M9Q2XA:1:1", "ILOUILOU", "-1", "9" * 40, "\u0661\u0662\u0663", "../../bot.db"]
NO_RIGHT, NOT_KNOWN, GONE, OWNERS = Reason.NOT_ALLOWED, Reason.VIDEO_UNKNOWN, Reason.DRAFT_GONE, Reason.OWNER_ONLY
NOT_THEIRS = Reason.NOT_YOUR_REPLY
# Anyone who sees a finished video may remix it and look at it.
FOR_ALL = {Action.REMIX, Action.AGAIN, Action.DETAILS, Action.THREAD, Action.EDIT_AGAIN}
OF_DRAFTS = _ALLOWED[MessageKind.DRAFT]
SCENES: dict[Action, job_setups.JobSetup] = {
    Action.CANCEL: job_setups.queued,
    Action.CANCEL_ALL: job_setups.queued,
    Action.WITHHOLD: job_setups.rendering,
    Action.STOP: job_setups.rendering,
    Action.REMIX: job_setups.delivered,
    Action.AGAIN: job_setups.delivered,
    Action.DELETE: job_setups.delivered,
    Action.RETRY: job_setups.failed,
    Action.EDIT_RETRY: job_setups.refused,
    Action.WHY: job_setups.refused,
    Action.POST_IT: job_setups.withheld,
    Action.REQUEST_AGAIN: job_setups.uncertain,
    Action.DISMISS: job_setups.uncertain,
    Action.DETAILS: job_setups.delivered,
    Action.THREAD: job_setups.delivered,
    Action.EDIT_AGAIN: job_setups.delivered,
}


@dataclass(frozen=True)
class Caller:
    """Somebody, where they act; `sees`: they are in the channel of the job; `remixes`: they can see that channel."""

    who: MemberActor | UserHandle
    where: ChannelHandle
    sees: bool = False
    remixes: bool = False

    async def send(self, kind: int, data: dict[str, Any], **extra: Any) -> InteractionResult:
        self.who._env._begin_operation("matrix")
        try:
            return await _dispatch_actor_interaction(self.who, kind, self.where, data, extra=extra or None)
        finally:
            self.who._env._end_operation()

    async def press(self, custom_id: str) -> InteractionResult:
        """Press a button of that id under a message of the bot in their channel."""
        row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Press", "custom_id": custom_id or "-"}]}
        backend = self.who._env.backend
        made = backend.create_message(self.where.id, backend.bot_user.id, "forged", components=[row])
        shown = to_discord_message(self.who._env, made)
        if isinstance(self.who, MemberActor):
            return await self.who.click(shown, label="Press")
        return await self.send(3, {"custom_id": custom_id, "component_type": 2}, message=_payload(self.who, made))

    async def fill_in(self, custom_id: str) -> InteractionResult:
        """Submit a form of that id, which need not be open."""
        field = {"type": 4, "custom_id": "prompt", "value": "a forged fox"}
        return await self.send(5, {"custom_id": custom_id, "components": [{"type": 18, "component": field}]})

    async def slash(self, name: str, **options: Any) -> InteractionResult:
        if isinstance(self.who, MemberActor):
            return await self.who.slash(self.where, name, **options)
        return await self.who.slash(name, **options)


def _payload(who: UserHandle, message: Any) -> dict[str, Any]:
    return dict(serializers.message_payload(who._env.backend, message))


@dataclass
class Crowd:
    """Everybody who may not, by what they are; `eve` has jobs of her own in another server."""

    strangers: dict[str, Caller]
    ada: Caller
    eve: MemberActor
    there: ChannelHandle


@pytest.fixture(autouse=True)
def looked_at_often(env: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    """SimCord looks 20 times a second whether an act has come to rest: most of this matrix would be waiting for that.

    It is only how often it looks; what it takes for rest stays as it is.
    """
    for name in ("settle", "_settle_internal"):
        monkeypatch.setattr(env, name, partial(getattr(env, name), idle=0.002))


@pytest.fixture
def crowd(world: SimWorld) -> Crowd:
    """A second server and a second channel beside the world, and who is there."""
    world.sim_bot.engine.context.courier._owner_ids = (UserId(1),)
    env = world.env
    elsewhere = env.create_guild("Elsewhere")
    there = elsewhere.create_text_channel("other")
    aside = world.guild.create_text_channel("aside")
    managing = discord.Permissions(manage_messages=True, manage_guild=True)
    bosses = elsewhere.create_role("Bosses", permissions=managing)
    eve = elsewhere.add_member(env.create_user("eve"))
    max_ = elsewhere.add_member(env.create_user("max"), roles=[bosses])
    sue = env.create_user("sue")
    nat = world.guild.add_member(env.create_user("nat"))
    moderating = discord.Permissions(manage_messages=True)
    env.backend.set_overwrite(aside.id, Overwrite(nat.id, OverwriteType.MEMBER, allow=moderating.value))
    hidden = world.guild.add_member(env.create_user("hal"))
    shut = Overwrite(hidden.id, OverwriteType.MEMBER, deny=discord.Permissions(view_channel=True).value)
    env.backend.set_overwrite(world.channel.id, shut)
    return Crowd(
        {
            "a stranger": Caller(world.ben, world.channel, sees=True, remixes=True),
            "a member of another server": Caller(eve, there),
            "a moderator of another server": Caller(max_, there),
            "somebody in a direct message": Caller(sue, sue.dm_channel),
            "a moderator of another channel": Caller(nat, aside, remixes=True),
            "a member who can't see the channel": Caller(hidden, aside),
        },
        Caller(world.ada, world.channel, sees=True, remixes=True),
        eve,
        there,
    )


@pytest.fixture
def paid(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every paid request that is begun."""
    begun: list[Any] = []

    async def submit(_self: VideosClient, *args: Any, **_named: Any) -> Any:
        begun.append(args)
        raise AssertionError("nobody pays here")

    monkeypatch.setattr(VideosClient, "_submit", submit)
    return begun


def rows(world: SimWorld) -> Rows:
    """Everything that the bot has stored but drafts: who is refused may edit what they typed."""
    settings = world.sim_bot.settings
    url = None if settings.database_url is None else settings.database_url.get_secret_value()
    found = {
        name: read_rows(settings.data_dir, url, f'SELECT * FROM "{name}" ORDER BY 1, 2')  # noqa: S608  # our own tables
        for name in metadata.tables
        if name not in ("drafts", "processes")
    }
    return {name: [tuple(row) for row in rows] for name, rows in found.items()}


def said(result: InteractionResult) -> str:
    """The private answer, which is no form."""
    assert result.modal is None
    return private(result)


async def refused(world: SimWorld, act: Callable[[], Any], expected: Reason, before: Rows) -> str:
    """The act gets that refusal, and what is stored is as it was before."""
    text = said(await act())
    assert says(text, expected)
    assert rows(world) == before
    return text


async def offer_of_ada(world: SimWorld, kind: Action) -> str:
    """The id of an offer under a reply of Ada's."""
    video = await world.delivered()
    shown = world.last()
    assert video.id in text_of(shown)
    if kind is not Action.OPEN_FORM:
        told = await world.ada.send(world.channel, "wow nice", reply_to=shown)
    else:
        told = world.reply_without_ping(world.ada, shown, "make it night, please")
        await world.env.settle()
    await world.settle()
    assert await world.read(drafts.find_offer, told.id) is not None
    return str(told.id)


@pytest.mark.slow
@pytest.mark.reliability
@pytest.mark.parametrize("action", [action for action in Action if action is not Action.KEEP])
async def test_every_button_by_everybody(world: SimWorld, crowd: Crowd, paid: list[Any], action: Action) -> None:
    """Refused for all who may not; from out of sight a real job and one that never was get the same answer."""
    offers = action in _ALLOWED[MessageKind.OFFER]
    numbers: dict[MessageKind, int] = {}
    if offers:
        real, foreign, unknown, nothing = await offer_of_ada(world, action), None, UNKNOWN_OFFER, GONE
    elif action in OF_DRAFTS:
        shown = await world.ada.slash(world.channel, "video", private=True)
        assert shown.modal is not None
        real, foreign, unknown, nothing = shown.modal["custom_id"].rpartition(":")[2], None, "nobodysdraft", GONE
        await world.write(drafts.change_prompt, real, "a fox")
    else:
        job = await SCENES[action](world)
        real, unknown, nothing = job.id, UNKNOWN_JOB, NOT_KNOWN
        if action is Action.DELETE:  # the question's button has the id of the message that goes
            numbers[MessageKind.SURE] = (await world.shown(job, PostKind.VIDEO)).id
        foreign = (await world.asked("a fox elsewhere", by=crowd.eve, where=crowd.there)).id
    # Each pair and person meets another one, so that the matrix as a whole holds them all.
    garbage = islice(cycle(MALFORMED), list(Action).index(action), None)
    before = rows(world)

    def pressing(caller: Caller, kind: MessageKind, target: str) -> Callable[[], Any]:
        return lambda: caller.press(str(ButtonId(kind, action, target, numbers.get(kind, 1))))

    # Those of a drill do nothing, for anybody (tests/e2e/test_drill.py).
    kinds = [kind for kind, actions in _ALLOWED.items() if action in actions and kind is not MessageKind.DRILL]
    for kind, caller in product(kinds, [*crowd.strangers.values(), crowd.ada]):
        never = await refused(world, pressing(caller, kind, unknown), nothing, before)
        if caller is not crowd.ada and not (action in FOR_ALL and caller.remixes):
            seen = NOT_THEIRS if offers else NO_RIGHT if action in SCENES else nothing
            told = seen if caller.sees else nothing
            answer = await refused(world, pressing(caller, kind, real), told, before)
            assert caller.sees or answer == never
        if foreign is not None and caller.where.id != crowd.there.id:
            assert await refused(world, pressing(caller, kind, foreign), nothing, before) == never
        if action not in OF_DRAFTS:  # their ids have no form of their own
            await refused(world, pressing(caller, kind, next(garbage)), STALE, before)
    result = await pressing(crowd.ada, kinds[-1], real)()
    # A forged button doesn't show the video: no thread is opened on its message (tests/simcord/test_threads.py).
    stores_nothing = action in SHOWING or action is Action.THREAD
    assert result.modal is not None or stores_nothing or rows(world) != before
    assert paid == []


@pytest.mark.slow
@pytest.mark.reliability
@pytest.mark.parametrize(("purpose", "source"), FORMS)
async def test_every_form_by_everybody(
    world: SimWorld, crowd: Crowd, paid: list[Any], purpose: FormPurpose, source: FormSource
) -> None:
    """A form that was opened by somebody else, or for a video out of sight, is one that never was."""
    if source is FormSource.DRAFT:
        shown = await world.ada.slash(world.channel, "video", size="1080x1920")
        assert shown.modal is not None
        real, nothing, unknown = shown.modal["custom_id"].rpartition(":")[2], GONE, "nobodysdraft"
    else:
        real, nothing, unknown = (await job_setups.delivered(world)).id, NOT_KNOWN, UNKNOWN_JOB
    garbage = cycle(["", "a:b", "../../bot.db", "x" * 33, "\u0661" * 8])
    before = rows(world)

    def filling(caller: Caller, target: str) -> Callable[[], Any]:
        return lambda: caller.fill_in(f"vf:{purpose}:{source}:{target}")

    for caller in [*crowd.strangers.values(), crowd.ada]:
        never = await refused(world, filling(caller, unknown), nothing, before)
        if caller is not crowd.ada and not (source is FormSource.JOB and caller.remixes):
            assert await refused(world, filling(caller, real), nothing, before) == never
        await refused(world, filling(caller, next(garbage)), STALE, before)
    await crowd.ada.fill_in(f"vf:{purpose}:{source}:{real}")
    assert rows(world) != before
    assert paid == []


@pytest.mark.slow
@pytest.mark.reliability
async def test_every_command_by_everybody(world: SimWorld, crowd: Crowd, paid: list[Any]) -> None:
    """`/status` and `/remix` know no job that the asker may not see, by id, by the provider's id or by a link."""
    job = await job_setups.delivered(world)
    link = world.last().jump_url
    garbage = cycle(MALFORMED[3:])
    before = rows(world)
    for caller in crowd.strangers.values():
        for name, options in (("status", {}), ("remix", {"prompt": "at night"}), ("remix", {})):

            def asking(video: str, name: str = name, options: Any = options, caller: Caller = caller) -> Any:
                return lambda: caller.slash(name, **options, video=video)

            never = await refused(world, asking(UNKNOWN_JOB), NOT_KNOWN, before)
            assert await refused(world, asking(next(garbage)), NOT_KNOWN, before) == never
            if name == "remix" and caller.remixes:
                continue
            for named in (job.id, job.id.lower(), str(job.remote_id), link):
                assert await refused(world, asking(named), NOT_KNOWN, before) == never
    assert paid == []


@pytest.mark.reliability
async def test_every_command_of_the_owner_by_everybody(world: SimWorld, crowd: Crowd, paid: list[Any]) -> None:
    """`/owner` is refused for everyone but the owners, the same for every id; nothing is paused."""
    job: Job = await job_setups.uncertain(world)
    kill_switch = world.engine.context.kill_switch
    command = world.env.backend.commands[None]["owner", 1]
    before = rows(world)
    for caller in [*crowd.strangers.values(), crowd.ada, Caller(world.mia, world.channel)]:

        def running(leaf: str, options: dict[str, str], caller: Caller = caller) -> Callable[[], Any]:
            given = [{"type": 3, "name": name, "value": value} for name, value in options.items()]
            inner = {"type": 1, "name": leaf, "options": given}
            data = {"id": command["id"], "name": "owner", "type": 1, "options": [inner]}
            return lambda: caller.send(2, data)

        answers = {
            await refused(world, running("link", {"job": one, "provider_id": "video_1"}), OWNERS, before)
            for one in (job.id, UNKNOWN_JOB, "no id at all")
        }
        answers |= {await refused(world, running(leaf, {}), OWNERS, before) for leaf in ("pause", "resume", "usage")}
        assert len(answers) == 1
    assert not kill_switch.is_on()
    assert paid == []


async def test_a_picture_buys_no_right(world: SimWorld, crowd: Crowd) -> None:
    """A remix with a picture of a video out of sight is refused before the picture is kept."""
    job = await job_setups.delivered(world)
    eve = crowd.strangers["a member of another server"]
    asked = {"prompt": "x", "video": job.id, "reference": ("a.png", png())}
    await refused(world, lambda: eve.slash("remix", **asked), NOT_KNOWN, rows(world))
    assert list((world.sim_bot.settings.data_dir / "references").glob("*")) == []
