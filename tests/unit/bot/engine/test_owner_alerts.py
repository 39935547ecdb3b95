"""Alerts reach all owners once, and an all-clear follows, for every behaviour of Discord and across restarts."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.chat.courier import CourierFault, NotTaken, OutcomeUnknown, Refused
from bot.chat.words import alert_sentence, all_clear
from bot.engine.owner_alerts import QUIET_SECONDS
from bot.jobs.alerts import AlertKind, AlertState, Present
from bot.jobs.database import Database
from bot.jobs.model import ChannelId
from bot.jobs.tables import marks
from tests.databases import a_database
from tests.readers import ENGLISH
from tests.unit.bot.engine.alerts_life import a_life, text_of, until, until_stepped, until_stored
from tests.unit.bot.engine.fake_owners import FakeOwners

HOUR = 3_600.0
KEY, ACCOUNT, TWICE = AlertKind.KEY, AlertKind.ACCOUNT, AlertKind.TWICE
CHANNEL = ChannelId(77)
AWAY = OutcomeUnknown("Discord answered 503.")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with a_database(tmp_path) as database:
        yield database


async def test_every_owner_gets_every_alert_of_one_second(database: Database) -> None:
    """B13: two alarms in one second reach all members of a team: no nonce is used for two messages."""
    discord = FakeOwners(1, 2, 3)
    async with a_life(discord, database) as owner_alerts:
        owner_alerts.alert(KEY)
        owner_alerts.alert(ACCOUNT)
        await until(lambda: len(discord.told) == 6)
    for owner in discord.owners:
        assert sorted(discord.texts(owner)) == sorted([text_of(KEY), text_of(ACCOUNT)])


async def test_a_thousand_alerts_of_an_hour_are_one_message(database: Database) -> None:
    """R20: for any number of jobs with the fault, the owner gets one alert an hour."""
    discord = FakeOwners(1)
    async with a_life(discord, database) as owner_alerts:
        for _ in range(3 * 20):
            for _ in range(50):
                owner_alerts.alert(KEY)
                discord.clock.jump(HOUR / 1_000)
            await until_stepped(owner_alerts)
    assert len(discord.told) == 3


async def test_values_in_the_sentence_make_no_second_alert(database: Database) -> None:
    """An alert is known by its kind and subject: another number, or another time, is the same one."""
    discord = FakeOwners(1)
    async with a_life(discord, database) as owner_alerts:
        for number in range(50):
            owner_alerts.alert(AlertKind.UNDELIVERABLE, count=number)
            owner_alerts.alert(AlertKind.BOT_BUDGET, "80", percent=80, limit=100 + number)
        await until(lambda: len(discord.told) == 2)
        await until_stepped(owner_alerts)
    assert len(discord.told) == 2


async def test_an_alert_of_the_process_before_is_not_repeated_within_the_hour(database: Database) -> None:
    """R20: twenty restarts within an hour tell the owner once; an hour later, once more."""
    discord = FakeOwners(1)
    for _ in range(20):
        async with a_life(discord, database) as owner_alerts:
            owner_alerts.alert(KEY)
            await until(lambda: bool(discord.told))
            await until_stepped(owner_alerts)
        discord.clock.jump(60)
    assert len(discord.told) == 1
    discord.clock.jump(HOUR)
    async with a_life(discord, database) as owner_alerts:
        owner_alerts.alert(KEY)
        await until(lambda: len(discord.told) == 2)


async def test_what_an_older_version_has_posted_is_not_repeated(database: Database) -> None:
    """It stored nothing on SQLite, and posted the sentence alone: the history shows it."""
    discord = FakeOwners(1)
    discord.told.append((1, alert_sentence(KEY, ENGLISH, {}), discord.clock.now() - HOUR + 60))
    async with a_life(discord, database) as owner_alerts:
        owner_alerts.alert(KEY)
        await until_stored(database, AlertState.POSTED)
    assert discord.tries == 0


@pytest.mark.parametrize("fault", [AWAY, NotTaken(600.0)])
async def test_an_owner_who_could_not_be_alerted_is_alerted_later(database: Database, fault: CourierFault) -> None:
    """B13: an alert that Discord did not accept is posted when it does, to that owner only."""
    discord = FakeOwners(1, 2)
    discord.faults[1] = [fault] * 4
    began_at = discord.clock.now()
    async with a_life(discord, database) as owner_alerts:
        owner_alerts.alert(KEY)
        while len(discord.told) < 2:
            discord.clock.jump(5)
            await until_stepped(owner_alerts)
    assert min(discord.told)[:2] == (1, text_of(KEY))
    assert len(discord.texts(2)) == 1
    if isinstance(fault, NotTaken):
        assert discord.clock.now() - began_at >= 4 * fault.retry_after_seconds


async def test_an_alert_whose_answer_was_lost_is_posted_once(database: Database) -> None:
    """P3: the owner has the message and its response was lost: it is not posted a second time."""
    discord = FakeOwners(1)
    discord.loses_answers = True
    async with a_life(discord, database) as owner_alerts:
        owner_alerts.alert(KEY)
        await until(lambda: bool(discord.told))
        await until_stepped(owner_alerts)
        discord.clock.jump(10)
        await until_stored(database, AlertState.POSTED)
    assert discord.texts() == [text_of(KEY)]


async def test_a_closed_dm_keeps_no_other_owner_and_no_other_alert_waiting(database: Database) -> None:
    """An owner with closed DMs only has the log; the others, and the next alert, are posted at once."""
    discord = FakeOwners(1, 2)
    discord.faults[1] = [Refused(50007)] * 2
    async with a_life(discord, database) as owner_alerts:
        owner_alerts.alert(KEY)
        owner_alerts.alert(ACCOUNT)
        await until_stored(database, AlertState.POSTED, AlertState.POSTED)
    assert sorted(discord.texts(2)) == sorted([text_of(KEY), text_of(ACCOUNT)])
    assert discord.texts(1) == []
    assert discord.tries == 4


async def test_an_alert_waits_for_discord_however_long(database: Database) -> None:
    """With Discord away for hours, an alert is tried rarely and not lost; it then counts from its post on."""
    discord = FakeOwners(1)
    discord.faults[1] = [AWAY] * 10_000
    async with a_life(discord, database) as owner_alerts:
        for _ in range(5 * 60):
            owner_alerts.alert(KEY)
            discord.clock.jump(60)
            await until_stepped(owner_alerts)
        assert 10 < discord.tries < 5 * 60
        discord.faults.clear()
        while not discord.told:
            discord.clock.jump(60)
            await until_stepped(owner_alerts)
        for _ in range(30):
            owner_alerts.alert(KEY)
            discord.clock.jump(60)
            await until_stepped(owner_alerts)
    assert discord.texts() == [text_of(KEY)]


# ── the all-clear ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_all_clear_follows_once_and_says_how_long_it_lasted(database: Database) -> None:
    """From the first time that the cause was met to the first sign that it is gone; then nothing more."""
    discord = FakeOwners(1)
    async with a_life(discord, database) as owner_alerts:
        owner_alerts.alert(KEY)
        await until_stored(database, AlertState.POSTED)
        discord.clock.jump(1_800)
        for _ in range(10):
            owner_alerts.over(KEY)
        discord.clock.jump(QUIET_SECONDS - 5)
        await until_stepped(owner_alerts)
        assert len(discord.told) == 1
        discord.clock.jump(5)
        await until_stored(database)
        for _ in range(10):
            owner_alerts.over(KEY)
        discord.clock.jump(2 * HOUR)
        await until_stepped(owner_alerts)
    assert discord.texts() == [text_of(KEY), all_clear(KEY, ENGLISH, 1_800, {})]


async def test_a_cause_that_is_back_at_once_gets_no_all_clear(database: Database) -> None:
    """As of an account that takes one person's requests and refuses another's."""
    discord = FakeOwners(1)
    async with a_life(discord, database) as owner_alerts:
        owner_alerts.alert(ACCOUNT)
        await until_stored(database, AlertState.POSTED)
        for _ in range(20):
            owner_alerts.over(ACCOUNT)
            discord.clock.jump(QUIET_SECONDS - 5)
            await until_stepped(owner_alerts)
            owner_alerts.alert(ACCOUNT)
    assert discord.texts() == [text_of(ACCOUNT)]


async def test_what_is_over_before_an_owner_was_alerted_is_not_posted(database: Database) -> None:
    """Neither the alert nor an all-clear; the next time that the cause is met, it is alerted of at once."""
    discord = FakeOwners(1)
    discord.faults[1] = [AWAY]
    async with a_life(discord, database) as owner_alerts:
        owner_alerts.alert(KEY)
        await until(lambda: discord.tries == 1)
        owner_alerts.over(KEY)
        await until_stored(database)
        discord.clock.jump(600)
        await until_stepped(owner_alerts)
        assert discord.told == []
        owner_alerts.alert(KEY)
        await until_stored(database, AlertState.POSTED)
    assert discord.texts() == [text_of(KEY)]


async def test_the_cause_may_come_back_after_the_all_clear(database: Database) -> None:
    """Within the hour it is only logged; then it is a new alert with an all-clear of its own."""
    discord = FakeOwners(1)
    async with a_life(discord, database) as owner_alerts:
        for _ in range(2):
            owner_alerts.alert(KEY)
            await until_stored(database, AlertState.POSTED)
            discord.clock.jump(60)
            owner_alerts.over(KEY)
            discord.clock.jump(QUIET_SECONDS)
            await until_stored(database)
            owner_alerts.alert(KEY)
            await until_stepped(owner_alerts)
            owner_alerts.over(KEY)
            await until_stepped(owner_alerts)
            discord.clock.jump(HOUR)
    assert discord.texts() == [text_of(KEY), all_clear(KEY, ENGLISH, 60, {})] * 2


async def test_an_all_clear_survives_restarts(database: Database) -> None:
    """The alert is of one process, the cause is gone in another; the one between met it within the hour."""
    discord = FakeOwners(1)
    async with a_life(discord, database, process="first") as owner_alerts:
        owner_alerts.alert(KEY, "main", provider="main")
        await until_stored(database, AlertState.POSTED, process="first")
    discord.clock.jump(600)
    async with a_life(discord, database, process="second") as owner_alerts:
        owner_alerts.alert(KEY, "main", provider="main")
        await until_stepped(owner_alerts)
    discord.clock.jump(600)
    async with a_life(discord, database, process="third") as owner_alerts:
        await until(lambda: owner_alerts.lasts(KEY, "main"))
        owner_alerts.over(KEY, "main")
        discord.clock.jump(QUIET_SECONDS)
        await until_stored(database, process="third")
    assert discord.texts() == [
        text_of(KEY, provider="main"),
        all_clear(KEY, ENGLISH, 1_200, {"provider": "main"}),
    ]


async def test_a_process_that_meets_it_again_ends_what_another_began(database: Database) -> None:
    """It is restored at each start, and alerts before it has read what was posted."""
    discord = FakeOwners(1)
    async with a_life(discord, database, process="first") as owner_alerts:
        owner_alerts.alert(AlertKind.RESTORED)
        await until_stored(database, AlertState.POSTED, process="first")
    async with a_life(discord, database, process="second") as owner_alerts:
        owner_alerts.alert(AlertKind.RESTORED)
        await until_stepped(owner_alerts)
        await until_stepped(owner_alerts)
        owner_alerts.over(AlertKind.RESTORED)
        discord.clock.jump(QUIET_SECONDS)
        await until_stored(database, process="second")
    assert len(discord.told) == 2


@pytest.mark.parametrize("is_posted", [True, False])
@pytest.mark.parametrize("at", ["alert", "all-clear"])
async def test_a_kill_while_posting_loses_and_doubles_nothing(database: Database, at: str, is_posted: bool) -> None:
    """Discord may have taken the message or not: the next process posts it if it isn't there."""
    discord = FakeOwners(1)
    async with a_life(discord, database, process="first") as owner_alerts:
        if at == "all-clear":
            owner_alerts.alert(KEY)
            await until_stored(database, AlertState.POSTED, process="first")
        discord.hangs = is_posted
        discord.faults[1] = [] if is_posted else [AWAY] * 1_000
        tries = discord.tries
        if at == "alert":
            owner_alerts.alert(KEY)
        else:
            owner_alerts.over(KEY)
            discord.clock.jump(QUIET_SECONDS)
        await until(lambda: discord.hung.is_set() if is_posted else discord.tries > tries)
    discord.hangs, discord.faults = False, {}
    discord.clock.jump(300)
    async with a_life(discord, database, process="second"):
        await until_stored(database, *([AlertState.POSTED] if at == "alert" else []), process="second")
    expected = [text_of(KEY)]
    if at == "all-clear":
        expected.append(all_clear(KEY, ENGLISH, 0, {}))
    assert discord.texts() == expected


# ── the channel ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_alerts_go_to_the_owners_channel(database: Database) -> None:
    """And their all-clears; no owner gets a DM."""
    discord = FakeOwners(1, 2)
    async with a_life(discord, database, CHANNEL) as owner_alerts:
        owner_alerts.alert(KEY)
        await until_stored(database, AlertState.POSTED)
        owner_alerts.over(KEY)
        discord.clock.jump(QUIET_SECONDS)
        await until_stored(database)
    assert {place for place, _, _ in discord.told} == {CHANNEL}
    assert len(discord.told) == 2


@pytest.mark.parametrize("refused", [Refused(10003, 404), Refused(50001), Refused(50013), Refused(200000, 400)])
async def test_a_channel_that_refuses_is_replaced_by_dms(database: Database, refused: Refused) -> None:
    """Gone, hidden, locked, or filtered: every owner gets a DM, and the log says why; the next one tries it again."""
    discord = FakeOwners(1, 2)
    discord.faults[CHANNEL] = [refused]
    with capture_logs() as lines:
        async with a_life(discord, database, CHANNEL) as owner_alerts:
            owner_alerts.alert(KEY)
            await until_stored(database, AlertState.POSTED)
            owner_alerts.alert(ACCOUNT)
            await until_stored(database, AlertState.POSTED, AlertState.POSTED)
    assert min(discord.told)[:2] == (1, text_of(KEY))
    assert discord.texts(2) == [text_of(KEY)]
    assert discord.texts(CHANNEL) == [text_of(ACCOUNT)]
    (said,) = [line for line in lines if line["event"] == "owner channel can't be used"]
    assert (said["channel"], said["code"]) == (CHANNEL, refused.code)


async def test_an_outage_is_no_refusal(database: Database) -> None:
    """While Discord is away the channel is waited for; no DM is sent in its place."""
    discord = FakeOwners(1)
    discord.faults[CHANNEL] = [AWAY, NotTaken(60.0), AWAY]
    async with a_life(discord, database, CHANNEL) as owner_alerts:
        owner_alerts.alert(KEY)
        while not discord.told:
            discord.clock.jump(30)
            await until_stepped(owner_alerts)
    assert [place for place, _, _ in discord.told] == [CHANNEL]


# ── many ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_hundred_servers_are_no_flood_and_none_is_lost(database: Database) -> None:
    """Five alerts of a kind come in an hour, the others after them; the log has all at once."""
    discord = FakeOwners(1)
    with capture_logs() as lines:
        async with a_life(discord, database) as owner_alerts:
            for number in range(20):
                owner_alerts.alert(AlertKind.SERVER_BUDGET, f"{number} 80", guild=str(number), percent=80, limit=10)
            await until(lambda: len(discord.told) == 5)
            await until_stepped(owner_alerts)
            assert len(discord.told) == 5
            for hour in range(2, 5):
                discord.clock.jump(HOUR)
                await until(lambda number=hour: len(discord.told) >= 5 * number)
                await until_stepped(owner_alerts)
                assert len(discord.told) == 5 * hour
    assert len(set(discord.texts())) == 20
    assert sum(line["event"] == "owner alert" for line in lines) == 20


@pytest.mark.sqlite_only("a trigger in its words")
async def test_a_database_that_cannot_be_written_keeps_no_alert_back(database: Database) -> None:
    """It is posted, and posted once; when the database works again, the all-clear follows."""
    discord = FakeOwners(1)
    locked = sa.text("CREATE TRIGGER full BEFORE INSERT ON marks BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    await database.write(lambda connection: connection.execute(locked))
    async with a_life(discord, database) as owner_alerts:
        owner_alerts.alert_here(AlertKind.STORE)
        await until(lambda: bool(discord.told))
        for _ in range(3):
            discord.clock.jump(60)
            await until_stepped(owner_alerts)
        await database.write(lambda connection: connection.execute(sa.text("DROP TRIGGER full")))
        owner_alerts.over_here(AlertKind.STORE)
        discord.clock.jump(QUIET_SECONDS)
        await until(lambda: len(discord.told) == 2)
        await until_stored(database)
    assert discord.texts()[0] == text_of(AlertKind.STORE)
    assert discord.texts()[1].startswith("**All clear:**")


async def test_a_row_of_an_older_version_keeps_an_alert_back(database: Database) -> None:
    """On PostgreSQL older versions stored the sentence's hash with the time."""
    discord = FakeOwners(1)
    hashed = hashlib.sha256(alert_sentence(KEY, ENGLISH, {}).encode()).hexdigest()[:16]
    row = sa.insert(marks).values(name=f"alert {hashed}", value=repr(discord.clock.now() - 60))
    await database.write(lambda connection: connection.execute(row))
    async with a_life(discord, database) as owner_alerts:
        owner_alerts.alert(KEY)
        await until_stepped(owner_alerts)
        assert discord.told == []
        discord.clock.jump(HOUR)
        owner_alerts.alert(KEY)
        await until(lambda: len(discord.told) == 1)


async def test_checks_run_once_a_minute(database: Database) -> None:
    """However many alerts there are meanwhile."""
    ran: list[float] = []
    discord = FakeOwners(1)

    async def check() -> None:
        ran.append(discord.clock.monotonic())

    async with a_life(discord, database, check=check) as owner_alerts:
        for _ in range(6):
            owner_alerts.alert(TWICE)
            discord.clock.jump(20)
            await until_stepped(owner_alerts)
    assert len(ran) in (2, 3)


async def test_what_was_taken_out_of_the_settings_has_an_all_clear_of_its_own(database: Database) -> None:
    """After a restart without the provider nothing could show that it works: the owner gets one message."""
    discord, present = FakeOwners(1), Present({"kept"}, set(), is_shared=database.is_shared, has_backups=True)
    async with a_life(discord, database, process="first") as owner_alerts:
        owner_alerts.alert(KEY, "removed", provider="removed")
        owner_alerts.alert(KEY, "kept", provider="kept")
        await until_stored(database, AlertState.POSTED, AlertState.POSTED)
    for process in ("second", "third"):

        async def check() -> None:
            owner_alerts.end_gone(present)

        async with a_life(discord, database, process=process, check=check) as owner_alerts:
            await until_stepped(owner_alerts)
            for _ in range(6):
                discord.clock.jump(QUIET_SECONDS / 2)
                await until_stepped(owner_alerts)
    gone = all_clear(KEY, ENGLISH, 0, {"provider": "removed", "gone": "yes"})
    assert gone != all_clear(KEY, ENGLISH, 0, {"provider": "removed"})
    assert discord.texts()[2:] == [gone]
