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
from tests.unit.bot.engine.fake_clock import FakeClock

FOR_EVER = 10_000


@dataclass
class CourierHarness:
    """A channel, Ada and the moderator Mia in it, and a courier that gives up a request after half a second."""

    chat: Chat
    guild: Guild
    channel: Channel
    ada: Person
    mia: Person
    client: discord.Client
    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)

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
async def a_courier_harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CourierHarness]:
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
            harness = CourierHarness(chat, guild, guild.add_channel("videos"), ada, mia, client, tmp_path)
            harness.count_from_now()
            yield harness


@pytest.fixture
async def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CourierHarness]:
    async with a_courier_harness(tmp_path, monkeypatch) as harness:
        yield harness


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
async def test_every_answer_has_its_meaning(harness: CourierHarness, fault: Fault, outcome: type[CourierFault]) -> None:
    """Four outcomes are distinguished: permanently refused, too large, surely not posted, or unknown."""
    harness.chat.faults.add("message_create", fault)
    with pytest.raises(outcome):
        await harness.courier.post(harness.parcel())


@pytest.mark.parametrize("seconds", [45.0, 3_600.0])
async def test_a_long_rest_that_discord_asks_for_is_raised_and_not_slept_through(
    harness: CourierHarness, seconds: float
) -> None:
    """D9: of a limit of Discord's own longer than half a minute the caller learns at once how long it is."""
    harness.chat.faults.add("message_create", Fault.rate_limited(seconds))
    with pytest.raises(NotTaken) as caught:
        await harness.courier.post(harness.parcel())
    assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize("global_", [False, True])
async def test_short_rests_that_discord_asks_for_are_waited_out(harness: CourierHarness, global_: bool) -> None:
    """D9: a route's or a global limit of a moment costs one more request and nothing else."""
    harness.chat.faults.add("message_create", Fault.rate_limited(0.01, global_=global_))
    await harness.post()
    assert harness.asked() == 2
    assert len(harness.channel.messages) == 1


async def test_a_post_that_was_deleted_is_not_posted_again(harness: CourierHarness) -> None:
    """D6: its answer was lost, a person deleted it, it is repeated: Discord says it is known, and nothing is posted."""
    harness.chat.faults.add("message_create", Fault.drop(after=True))
    with pytest.raises(OutcomeUnknown):
        await harness.courier.post(harness.parcel())
    await harness.mia.delete(*harness.channel.messages)
    assert await harness.courier.post(harness.parcel()) is None
    assert harness.channel.messages == []
    assert len(harness.chat.posts) == 1


async def test_a_reply_whose_target_is_gone_is_a_plain_message(harness: CourierHarness) -> None:
    """D6: what it answers was deleted: the message is posted all the same, once."""
    prompt = await harness.ada.say(harness.channel, "Make it blue")
    await harness.ada.delete(prompt)
    assert await harness.courier.post(harness.parcel(reply_to=MessageId(prompt.id))) is not None
    (message,) = harness.channel.messages
    assert message.reply_to is None


async def test_messages_that_are_gone_are_neither_edited_nor_deleted(harness: CourierHarness) -> None:
    """D6: what a person has deleted is reported as gone by every act upon it, and is no fault."""
    message_id = await harness.post()
    assert await harness.courier.read(Place(harness.place), message_id) is not None
    assert await harness.courier.delete(harness.place, message_id)
    assert not await harness.courier.delete(harness.place, message_id)
    assert not await harness.courier.edit(harness.place, message_id, Message(content="Still here?"))
    assert await harness.courier.read(Place(harness.place), message_id) is None


@pytest.mark.parametrize("ask", ["find", "open_dm"])
async def test_what_discord_py_makes_nothing_of_is_a_fault_like_any_other(harness: CourierHarness, ask: str) -> None:
    """An answer that is none leaves the courier as a fault of its own kind, so that loops know what to do."""

    async def nonsense(*_: object, **__: object) -> None:
        raise discord.InvalidData("nonsense")

    harness.client.http.logs_from = harness.client.http.start_private_message = nonsense  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(OutcomeUnknown):
        await asks(harness)[ask]()


# ── nothing hangs ──────────────────────────────────────────────────────────────────────────────────────────────────


def asks(harness: CourierHarness) -> dict[str, Callable[[], Awaitable[object]]]:
    """Everything that a courier can ask, by the name that the local Discord has for it."""
    somewhere = MessageId(harness.channel.id)
    return {
        "message_create": lambda: harness.courier.post(harness.parcel()),
        "message_edit": lambda: harness.courier.edit(harness.place, somewhere, Message(content="x")),
        "message_delete": lambda: harness.courier.delete(harness.place, somewhere),
        "message_get": lambda: harness.courier.read(Place(harness.place), somewhere),
        "history": lambda: harness.courier.find(harness.place, somewhere, bool),
        "dm_open": lambda: harness.courier.open_dm(UserId(harness.ada.id)),
        "find": lambda: harness.courier.find(harness.place, somewhere, bool),
        "open_dm": lambda: harness.courier.open_dm(UserId(harness.ada.id)),
    }


@pytest.mark.slow
@pytest.mark.reliability
@pytest.mark.parametrize(
    "kind", ["message_create", "message_edit", "message_delete", "message_get", "history", "dm_open"]
)
async def test_a_request_that_hangs_frees_who_asked(harness: CourierHarness, kind: str) -> None:
    """D10: a request without a response from Discord is cancelled, with an unknown outcome."""
    harness.chat.faults.add(kind, Fault.hang())
    async with asyncio.timeout(20):
        with pytest.raises(OutcomeUnknown):
            await asks(harness)[kind]()


@pytest.mark.reliability(runs=5)
@pytest.mark.parametrize("taken", [False, True])
async def test_an_upload_that_hangs_is_freed_and_posted_once(harness: CourierHarness, taken: bool) -> None:
    """D10: an upload whose answer never comes, taken or not, is freed; the same nonce again leaves one message."""
    gate = harness.chat.gate("message_create", "after") if taken else None
    if not taken:
        harness.chat.faults.add("message_create", Fault.hang())
    parcel = harness.with_file()
    async with asyncio.timeout(20):
        with pytest.raises(OutcomeUnknown):
            await harness.courier.post(parcel)
        assert await harness.courier.post(parcel) == harness.channel.messages[0].id
    if gate is not None:
        gate.drop()
    assert len(harness.chat.posts) == 1


@pytest.mark.reliability
async def test_one_that_was_cut_off_in_a_global_rest_holds_up_no_other(harness: CourierHarness) -> None:
    """D9, D10: a request given up while it waits for a global limit leaves the others free to go."""
    harness.chat.faults.add("message_create", Fault.rate_limited(29.0, global_=True))
    with pytest.raises(OutcomeUnknown):
        await harness.courier.post(harness.parcel())
    async with asyncio.timeout(20):
        await harness.a_courier().post(harness.parcel())
    assert len(harness.channel.messages) == 1


# ── when all rest ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.reliability
async def test_a_network_that_forbids_is_left_alone_by_everybody(harness: CourierHarness) -> None:
    """D9: after one 429 of the network in front of Discord one request goes out in ten minutes, for all callers."""
    harness.chat.faults.add(
        ("message_create", "message_edit", "message_get", "history"), Fault.status(429), times=FOR_EVER
    )
    for minute in range(60):
        for ask in ("message_create", "message_edit", "message_get", "history"):
            with pytest.raises(NotTaken):
                await asks(harness)[ask]()
        assert harness.asked() == minute // 10 + 1
        harness.clock.seconds += 60


async def test_a_silent_discord_is_probed_every_15_seconds_and_heard_when_it_is_back(harness: CourierHarness) -> None:
    """D8: after five faults in half a minute one request goes out per 15 s; the first answer lets all go again."""
    harness.chat.faults.add("message_create", Fault.status(503), times=FOR_EVER)
    for number in range(5):
        assert harness.courier.rest_seconds() == 0
        with pytest.raises(OutcomeUnknown):
            await harness.courier.post(harness.parcel(f"first-{number}"))
    for second in range(600):
        for number in range(2):
            with pytest.raises((NotTaken, OutcomeUnknown)):
                await harness.courier.post(harness.parcel(f"later-{number}"))
        assert harness.asked() <= 5 + second // 15
        harness.clock.seconds += 1
    harness.chat.faults.clear()
    harness.clock.seconds += 15
    for number in range(3):
        await harness.post(f"last-{number}")
    assert len(harness.channel.messages) == 3


async def test_an_answer_to_what_was_on_its_way_before_ends_no_rest(harness: CourierHarness) -> None:
    """D9: the response to a request from before the network refused all closes no breaker."""
    early = harness.chat.gate("message_edit")
    courier = harness.courier = harness.a_courier()
    editing = asyncio.create_task(asks(harness)["message_edit"]())
    await early.wait_reached()
    harness.chat.faults.add("message_create", Fault.status(429))
    with pytest.raises(NotTaken):
        await courier.post(harness.parcel())
    early.open()
    assert not await editing
    assert courier.rest_seconds() == 600


async def test_faults_far_apart_or_with_answers_between_hold_back_no_other(harness: CourierHarness) -> None:
    """D8: single faults are each message's own affair."""
    for number in range(20):
        harness.chat.faults.add("message_create", Fault.status(503))
        with pytest.raises(OutcomeUnknown):
            await harness.courier.post(harness.parcel(f"lost-{number}"))
        if number < 10:
            await harness.post(f"made-{number}")
        else:
            harness.clock.seconds += 10
        assert harness.courier.rest_seconds() == 0


@pytest.mark.parametrize("fault", [Fault.error(403, 50013), Fault.error(413, 40005), Fault.error(404, 10003)])
async def test_refusals_of_single_messages_hold_back_no_other(harness: CourierHarness, fault: Fault) -> None:
    """D4: however many messages Discord refuses by itself, the others go on."""
    harness.chat.faults.add("message_create", fault, times=20)
    for number in range(20):
        with pytest.raises((Refused, TooLarge)):
            await harness.courier.post(harness.parcel(f"refused-{number}"))
    assert await harness.post()


# ── the history ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_said_is_found_behind_hundreds_of_others(harness: CourierHarness) -> None:
    """P3: a message is found on any page of the history, and one of another author or before that is not."""
    before = await harness.post("before")
    for number in range(250):
        await harness.ada.say(harness.channel, f"Talk {number}")
    await harness.ada.say(harness.channel, "Here it is")
    since = harness.chat.world.clock.now() - 60
    assert await harness.courier.has_said(harness.place, frozenset({"Here it is"}), since)
    assert not await harness.courier.has_said(harness.place, frozenset({"Here it is not"}), since)
    await harness.courier.delete(harness.place, before)
    assert not await harness.courier.has_said(harness.place, frozenset({"Here it is"}), since)


async def test_a_history_that_may_not_be_read_proves_nothing(harness: CourierHarness) -> None:
    """P3: an empty history proves absence only if the right to read it is known; here the gateway hasn't sent it."""
    harness.channel.overwrite(harness.chat.bot_user, deny=discord.Permissions(read_message_history=True))
    with pytest.raises(OutcomeUnknown):
        await asks(harness)["history"]()


async def test_what_others_said_in_our_words_is_not_ours(harness: CourierHarness) -> None:
    """C12: a search of the history goes by the author, too: in a DM the bot can read what a person has copied."""
    since, dm = time.time() - 60, harness.chat.dm(harness.ada)
    await harness.ada.say(dm, "Here it is")
    assert not await harness.courier.has_said(ChannelId(dm.id), frozenset({"Here it is"}), since)
    await harness.courier.post(Parcel(ChannelId(dm.id), Message(content="Here it is"), "one"))
    assert await harness.courier.has_said(ChannelId(dm.id), frozenset({"Here it is"}), since)
