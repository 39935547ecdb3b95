"""The courier between a real discord.py client and a local Discord that goes wrong in every way it knows."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import discord
import pytest
from discord.http import Route

from bot.chat.cards import Message
from bot.chat.courier import Courier, CourierFault, NotTaken, OutcomeUnknown, Parcel, Refused, TooLarge
from bot.jobs.model import ChannelId, MessageId, Place, UserId
from sandbox.chat import Channel, Chat, Fault, Guild, Person
from sandbox.clock import ScaledClock
from tests.unit.bot.engine.hand_clock import HandClock

FOR_EVER = 10_000


@dataclass
class World:
    """A channel, Ada and the moderator Mia in it, and a courier that gives up a request after half a second."""

    chat: Chat
    guild: Guild
    channel: Channel
    ada: Person
    mia: Person
    client: discord.Client
    folder: Path
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        self.courier = self.a_courier(0.5)

    def a_courier(self, send_seconds: float = 20.0) -> Courier:
        return Courier(self.client, self.clock, send_seconds=send_seconds)

    @property
    def place(self) -> ChannelId:
        return ChannelId(self.channel.id)

    def parcel(self, nonce: str = "one", **more: object) -> Parcel:
        return Parcel(self.place, Message(content="Here it is"), nonce, **more)  # pyright: ignore[reportArgumentType]

    def with_file(self, size_bytes: int = 1_000) -> Parcel:
        file = self.folder / "video.mp4"
        file.write_bytes(bytes(size_bytes))
        return self.parcel(file=file)

    async def post(self, nonce: str = "one") -> MessageId:
        found = await self.courier.post(self.parcel(nonce))
        assert found is not None
        return found

    def asked(self) -> int:
        """How many requests reached this Discord, but for those of the login."""
        return sum(request.kind not in {"me", "application"} for request in self.chat.requests) - self._before

    def count_from_now(self) -> None:
        self._before = 0
        self._before = self.asked()

    _before: int = 0


@asynccontextmanager
async def a_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A courier's world, from login to its end."""
    async with Chat(tmp_path / "chat", ScaledClock()) as chat:
        monkeypatch.setattr(Route, "BASE", chat.api_base)
        guild = chat.add_guild("Couriers")
        ada = chat.add_person("Ada")
        mia = chat.add_person("Mia")
        guild.join(ada)
        guild.join(mia, admin=True)
        async with discord.Client(intents=discord.Intents.none(), max_ratelimit_timeout=30.0) as client:
            await client.login(chat.bot_token)
            world = World(chat, guild, guild.add_channel("videos"), ada, mia, client, tmp_path)
            world.count_from_now()
            yield world


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with a_world(tmp_path, monkeypatch) as world:
        yield world


# ── what became of a message ───────────────────────────────────────────────────────────────────────────────────────

OUTCOMES: list[tuple[Fault, type[CourierFault]]] = [
    (Fault.status(503), OutcomeUnknown),
    (Fault.drop(after=False), OutcomeUnknown),
    (Fault.drop(after=True), OutcomeUnknown),
    (Fault.hang(), OutcomeUnknown),
    (Fault.rate_limited(600.0), NotTaken),
    (Fault.rate_limited(600.0, global_=True), NotTaken),
    (Fault.status(429), NotTaken),
    (Fault.status(403), NotTaken),
    (Fault.error(401, 0), NotTaken),
    (Fault.error(400, 20016), NotTaken),
    (Fault.error(403, 50013), Refused),
    (Fault.error(403, 50001), Refused),
    (Fault.error(404, 10003), Refused),
    (Fault.error(403, 50007), Refused),
    (Fault.error(400, 160005), Refused),
    (Fault.error(413, 40005), TooLarge),
    (Fault.status(413), TooLarge),
]


@pytest.mark.parametrize(("fault", "outcome"), OUTCOMES, ids=[f"{one.words} {one.code}" for one, _ in OUTCOMES])
async def test_every_answer_has_its_meaning(world: World, fault: Fault, outcome: type[CourierFault]) -> None:
    """What keeps a message away is told apart: a no for good, too large, surely not taken, or nobody knows."""
    world.chat.faults.add("message_create", fault)
    with pytest.raises(outcome):
        await world.courier.post(world.parcel())


@pytest.mark.parametrize("seconds", [45.0, 3_600.0])
async def test_a_long_rest_that_discord_asks_for_is_told_and_not_slept_through(world: World, seconds: float) -> None:
    """D9: of a limit of Discord's own longer than half a minute the caller learns at once how long it is."""
    world.chat.faults.add("message_create", Fault.rate_limited(seconds))
    with pytest.raises(NotTaken) as caught:
        await world.courier.post(world.parcel())
    assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize("global_", [False, True])
async def test_short_rests_that_discord_asks_for_are_waited_out(world: World, global_: bool) -> None:
    """D9: a route's or a global limit of a moment costs one more request and nothing else."""
    world.chat.faults.add("message_create", Fault.rate_limited(0.01, global_=global_))
    await world.post()
    assert world.asked() == 2
    assert len(world.channel.messages) == 1


async def test_a_post_that_was_deleted_is_not_posted_again(world: World) -> None:
    """D6: its answer was lost, a person deleted it, it is repeated: Discord says it is known, and nothing is posted."""
    world.chat.faults.add("message_create", Fault.drop(after=True))
    with pytest.raises(OutcomeUnknown):
        await world.courier.post(world.parcel())
    await world.mia.delete(*world.channel.messages)
    assert await world.courier.post(world.parcel()) is None
    assert world.channel.messages == []
    assert len(world.chat.posts) == 1


async def test_a_reply_whose_target_is_gone_is_a_plain_message(world: World) -> None:
    """D6: what it answers was deleted: the message is posted all the same, once."""
    prompt = await world.ada.say(world.channel, "Make it blue")
    await world.ada.delete(prompt)
    assert await world.courier.post(world.parcel(reply_to=MessageId(prompt.id))) is not None
    (message,) = world.channel.messages
    assert message.reply_to is None


async def test_messages_that_are_gone_are_neither_edited_nor_deleted(world: World) -> None:
    """D6: what a person has deleted is reported as gone by every act upon it, and is no fault."""
    message_id = await world.post()
    assert await world.courier.read(Place(world.place), message_id) is not None
    assert await world.courier.delete(world.place, message_id)
    assert not await world.courier.delete(world.place, message_id)
    assert not await world.courier.edit(world.place, message_id, Message(content="Still here?"))
    assert await world.courier.read(Place(world.place), message_id) is None


@pytest.mark.parametrize("ask", ["find", "open_dm"])
async def test_what_discord_py_makes_nothing_of_is_a_fault_like_any_other(world: World, ask: str) -> None:
    """An answer that is none leaves the courier as a fault of its own kind, so that loops know what to do."""

    async def nonsense(*_: object, **__: object) -> None:
        raise discord.InvalidData("nonsense")

    world.client.http.logs_from = world.client.http.start_private_message = nonsense  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(OutcomeUnknown):
        await asks(world)[ask]()


# ── nothing hangs ──────────────────────────────────────────────────────────────────────────────────────────────────


def asks(world: World) -> dict[str, Callable[[], Awaitable[object]]]:
    """Everything that a courier can ask, by the name that the local Discord has for it."""
    somewhere = MessageId(world.channel.id)
    return {
        "message_create": lambda: world.courier.post(world.parcel()),
        "message_edit": lambda: world.courier.edit(world.place, somewhere, Message(content="x")),
        "message_delete": lambda: world.courier.delete(world.place, somewhere),
        "message_get": lambda: world.courier.read(Place(world.place), somewhere),
        "history": lambda: world.courier.find(world.place, somewhere, bool),
        "dm_open": lambda: world.courier.open_dm(UserId(world.ada.id)),
        "find": lambda: world.courier.find(world.place, somewhere, bool),
        "open_dm": lambda: world.courier.open_dm(UserId(world.ada.id)),
    }


@pytest.mark.reliability
@pytest.mark.parametrize(
    "kind", ["message_create", "message_edit", "message_delete", "message_get", "history", "dm_open"]
)
async def test_a_request_that_hangs_frees_who_asked(world: World, kind: str) -> None:
    """D10: whatever Discord never answers is let go of, as an outcome that nobody knows."""
    world.chat.faults.add(kind, Fault.hang())
    async with asyncio.timeout(20):
        with pytest.raises(OutcomeUnknown):
            await asks(world)[kind]()


@pytest.mark.reliability(runs=5)
@pytest.mark.parametrize("taken", [False, True])
async def test_an_upload_that_hangs_is_freed_and_stands_once(world: World, taken: bool) -> None:
    """D10: an upload whose answer never comes, taken or not, is freed; the same nonce again leaves one message."""
    gate = world.chat.gate("message_create", "after") if taken else None
    if not taken:
        world.chat.faults.add("message_create", Fault.hang())
    parcel = world.with_file()
    async with asyncio.timeout(20):
        with pytest.raises(OutcomeUnknown):
            await world.courier.post(parcel)
        assert await world.courier.post(parcel) == world.channel.messages[0].id
    if gate is not None:
        gate.drop()
    assert len(world.chat.posts) == 1


@pytest.mark.reliability
async def test_one_that_was_cut_off_in_a_global_rest_holds_up_nobody(world: World) -> None:
    """D9, D10: a request given up while it waits for a global limit leaves the others free to go."""
    world.chat.faults.add("message_create", Fault.rate_limited(29.0, global_=True))
    with pytest.raises(OutcomeUnknown):
        await world.courier.post(world.parcel())
    async with asyncio.timeout(20):
        await world.a_courier().post(world.parcel())
    assert len(world.channel.messages) == 1


# ── when all rest ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.reliability
async def test_a_network_that_forbids_is_left_alone_by_everybody(world: World) -> None:
    """D9: after one 429 of the network in front of Discord one request goes out in ten minutes, whoever asks."""
    world.chat.faults.add(
        ("message_create", "message_edit", "message_get", "history"), Fault.status(429), times=FOR_EVER
    )
    for minute in range(60):
        for ask in ("message_create", "message_edit", "message_get", "history"):
            with pytest.raises(NotTaken):
                await asks(world)[ask]()
        assert world.asked() == minute // 10 + 1
        world.clock.seconds += 60


async def test_a_silent_discord_is_probed_every_15_seconds_and_heard_when_it_is_back(world: World) -> None:
    """D8: after five faults in half a minute one request goes out per 15 s; the first answer lets all go again."""
    world.chat.faults.add("message_create", Fault.status(503), times=FOR_EVER)
    for number in range(5):
        assert world.courier.rest_seconds() == 0
        with pytest.raises(OutcomeUnknown):
            await world.courier.post(world.parcel(f"first-{number}"))
    for second in range(600):
        for number in range(2):
            with pytest.raises((NotTaken, OutcomeUnknown)):
                await world.courier.post(world.parcel(f"later-{number}"))
        assert world.asked() <= 5 + second // 15
        world.clock.seconds += 1
    world.chat.faults.clear()
    world.clock.seconds += 15
    for number in range(3):
        await world.post(f"last-{number}")
    assert len(world.channel.messages) == 3


async def test_an_answer_to_what_was_on_its_way_before_ends_no_rest(world: World) -> None:
    """D9: a request that began before the network forbade all, and is answered after, lets nobody go."""
    early = world.chat.gate("message_edit")
    courier = world.courier = world.a_courier()
    editing = asyncio.create_task(asks(world)["message_edit"]())
    await early.wait_reached()
    world.chat.faults.add("message_create", Fault.status(429))
    with pytest.raises(NotTaken):
        await courier.post(world.parcel())
    early.open()
    assert not await editing
    assert courier.rest_seconds() == 600


async def test_faults_far_apart_or_with_answers_between_hold_back_nobody(world: World) -> None:
    """D8: single faults are each message's own affair."""
    for number in range(20):
        world.chat.faults.add("message_create", Fault.status(503))
        with pytest.raises(OutcomeUnknown):
            await world.courier.post(world.parcel(f"lost-{number}"))
        if number < 10:
            await world.post(f"made-{number}")
        else:
            world.clock.seconds += 10
        assert world.courier.rest_seconds() == 0


@pytest.mark.parametrize("fault", [Fault.error(403, 50013), Fault.error(413, 40005), Fault.error(404, 10003)])
async def test_refusals_of_single_messages_hold_back_nobody(world: World, fault: Fault) -> None:
    """D4: however many messages Discord refuses by itself, the others go on."""
    world.chat.faults.add("message_create", fault, times=20)
    for number in range(20):
        with pytest.raises((Refused, TooLarge)):
            await world.courier.post(world.parcel(f"refused-{number}"))
    assert await world.post()


# ── the history ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_said_is_found_behind_hundreds_of_others(world: World) -> None:
    """P3: a message is found on any page of the history, and one of another author or before that is not."""
    before = await world.post("before")
    for number in range(250):
        await world.ada.say(world.channel, f"Talk {number}")
    await world.ada.say(world.channel, "Here it is")
    since = world.chat.world.clock.now() - 60
    assert await world.courier.has_said(world.place, "Here it is", since)
    assert not await world.courier.has_said(world.place, "Here it is not", since)
    await world.courier.delete(world.place, before)
    assert not await world.courier.has_said(world.place, "Here it is", since)


async def test_a_history_that_may_not_be_read_proves_nothing(world: World) -> None:
    """P3: an empty history is an absence only if the right to read it is known; here no gateway has told of it."""
    world.channel.overwrite(world.chat.bot_user, deny=discord.Permissions(read_message_history=True))
    with pytest.raises(OutcomeUnknown):
        await asks(world)["history"]()


async def test_what_others_said_in_our_words_is_not_ours(world: World) -> None:
    """C12: a search of the history goes by the author, too: in a DM the bot can read what a person has copied."""
    since, dm = time.time() - 60, world.chat.dm(world.ada)
    await world.ada.say(dm, "Here it is")
    assert not await world.courier.has_said(ChannelId(dm.id), "Here it is", since)
    await world.courier.post(Parcel(ChannelId(dm.id), Message(content="Here it is"), "one"))
    assert await world.courier.has_said(ChannelId(dm.id), "Here it is", since)
