"""The dials: what each does to the world, how it tells so, and that wrong turns are refused in one sentence."""

import asyncio
from typing import Any

import aiohttp
import pytest

from sandbox.chat.access import permissions_in
from sandbox.chat.permissions import USUAL, Permission
from sandbox.chat.rest.routes import ROUTES
from sandbox.page.dials import OUTCOMES, PERMISSIONS, DialError
from sandbox.page.planned_faults import DISCORD_FAULTS, DISCORD_TARGETS, PROVIDER_FAULTS
from sandbox.page.views.backstage import backstage_view
from tests.unit.sandbox.page.backstage.conftest import FakeBot


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("nothing", {}),
        ("render", {"seconds": -1}),
        ("render", {"seconds": 3601}),
        ("render", {"seconds": float("nan")}),
        ("render", {"seconds": True}),
        ("render", {"seconds": "8"}),
        ("render", {"progress": "often"}),
        ("next_render", {}),
        ("next_render", {"outcome": ["ok"]}),
        ("video_size", {"size": "huge"}),
        ("cancel", {"form": "explodes"}),
        ("remix", {"form": "explodes"}),
        ("render", {"seconds": 5, "provider": "backup"}),
        ("clear_faults", {"id": "provider-backup-1"}),
        ("provider_fault", {"on": "paid", "what": "418"}),
        ("provider_fault", {"on": "ping", "what": "429"}),
        ("provider_fault", {"on": "paid", "what": "429", "times": 51}),
        ("provider_fault", {"on": "paid", "what": "429", "times": 1.5}),
        ("discord_fault", {"on": "post", "what": "hang"}),
        ("clear_faults", {"id": "discord"}),
        ("clear_faults", {"id": "elsewhere-1"}),
        ("gateway_drop", {"how": "abort"}),
        ("permission", {"guild": "1", "permission": "view_channel", "on": False}),
        ("bot", {"do": "kill"}),
        ("bot", {"do": "stop"}),
        ("bot", {"do": "dance"}),
        ("database", {"do": "copy"}),
        ("database", {"do": "restore"}),
        ("members_commands", {"guild": "1", "on": False}),
        ("jump", {"seconds": 0}),
        ("jump", {"seconds": 90_000}),
        ("server_limit", {"guild": None, "premium_tier": 1}),
    ],
)
async def test_a_wrong_turn_is_refused_in_one_sentence(fake_bot: FakeBot, name: str, body: dict[str, Any]) -> None:
    """For every wrong value, nothing changes and the page gets one sentence."""
    before = backstage_view(fake_bot.stage)
    with pytest.raises(DialError, match=r"^[A-Z'].*\.$"):
        await fake_bot.board.turn(name, body)
    assert backstage_view(fake_bot.stage) == before


async def test_a_wrong_permission_or_tier_is_refused(fake_bot: FakeBot) -> None:
    """A known server alone does not make a turn right."""
    guild = str(fake_bot.guild.id)
    with pytest.raises(DialError):
        await fake_bot.board.turn("permission", {"guild": guild, "permission": "administrator", "on": True})
    with pytest.raises(DialError):
        await fake_bot.board.turn("permission", {"guild": guild, "permission": "view_channel", "on": "no"})
    with pytest.raises(DialError):
        await fake_bot.board.turn("server_limit", {"guild": guild, "premium_tier": 4})


async def test_renders_take_their_time_and_report_it(fake_bot: FakeBot) -> None:
    """One dial sets time and progress, together or one alone."""
    said = await fake_bot.board.turn("render", {"seconds": 90, "progress": "percent"})
    assert said == {"said": "New renders take 90 s and report progress."}
    await fake_bot.board.turn("render", {"progress": "text"})
    assert (fake_bot.stage.studio.dials.render_seconds, fake_bot.stage.studio.dials.progress) == (90, "text")
    assert backstage_view(fake_bot.stage)["providers"][0]["dials"]["render"] == {"seconds": 90, "progress": "text"}


@pytest.mark.parametrize("outcome", list(OUTCOMES))
async def test_the_next_render_ends_as_set_and_the_one_after_it_well(fake_bot: FakeBot, outcome: str) -> None:
    """The dial stays until a paid request comes, then it is back at ok; set twice, the last value counts."""
    await fake_bot.board.turn("next_render", {"outcome": "hangs"})
    await fake_bot.board.turn("next_render", {"outcome": outcome})
    assert backstage_view(fake_bot.stage)["providers"][0]["dials"]["next_render"]["outcome"] == outcome
    status, _ = await fake_bot.create("A cat")
    assert status == (400 if outcome == "refused" else 200)
    assert fake_bot.stage.studio.paid("A cat") == (0 if outcome == "refused" else 1)
    assert backstage_view(fake_bot.stage)["providers"][0]["dials"]["next_render"]["outcome"] == "ok"
    await fake_bot.create("A dog")
    await fake_bot.board.turn("jump", {"seconds": 60})
    dog = fake_bot.stage.studio.renders[-1]
    await fake_bot.stage.studio.wait_for(lambda: dog.state == "completed")
    if outcome in ("hangs", "slow"):
        cat = fake_bot.stage.studio.renders[0]
        assert cat.state == "processing"
        await fake_bot.board.turn("jump", {"seconds": 2400})
        if outcome == "slow":
            await fake_bot.stage.studio.wait_for(lambda: cat.state == "completed")


async def test_a_video_can_be_too_large_for_a_server_without_boosts(fake_bot: FakeBot) -> None:
    """Padded videos have 12 MB, which no unboosted server takes, and a boosted one does."""
    await fake_bot.board.turn("video_size", {"size": "over_limit"})
    await fake_bot.create("A cat")
    await fake_bot.board.turn("jump", {"seconds": 5})
    render = fake_bot.stage.studio.renders[0]
    await fake_bot.stage.studio.wait_for(lambda: render.state == "completed")
    size_bytes = (await fake_bot.stage.studio.video(render)).stat().st_size
    assert fake_bot.guild.upload_limit_bytes < size_bytes == 12_000_000
    said = await fake_bot.board.turn("server_limit", {"guild": str(fake_bot.guild.id), "premium_tier": 2})
    assert said == {"said": "The upload limit of Night Shift is 50 MB now."}
    assert fake_bot.guild.upload_limit_bytes > size_bytes
    await fake_bot.board.turn("video_size", {"size": "normal"})
    assert (await fake_bot.stage.studio.video(render)).stat().st_size < 1_000_000


async def test_faults_are_planned_listed_and_taken_back(fake_bot: FakeBot) -> None:
    """Each planned fault is listed with what it does and how often it is still to come, and can be taken back."""
    await fake_bot.board.turn("provider_fault", {"on": "paid", "what": "drop_after", "times": 2})
    await fake_bot.board.turn("discord_fault", {"on": "any", "what": "503"})
    with pytest.raises(aiohttp.ClientError):
        await fake_bot.create("A cat")
    provider, discord = backstage_view(fake_bot.stage)["faults"]
    assert provider == {
        "id": "provider-main-1",
        "provider": "main",
        "to": "provider",
        "on": "paid",
        "what": "carried out, but the response was lost",
        "left": 1,
    }
    assert discord == {"id": "discord-1", "to": "discord", "on": "any", "what": "answered 503", "left": 1}
    await fake_bot.board.turn("clear_faults", {"id": "provider-main-1"})
    assert [one["id"] for one in backstage_view(fake_bot.stage)["faults"]] == ["discord-1"]
    assert (await fake_bot.create("A dog"))[0] == 200
    assert await fake_bot.discord("GET", "/users/@me") == 503
    await fake_bot.board.turn("discord_fault", {"on": "post", "what": "429", "times": 50})
    await fake_bot.board.turn("clear_faults", {})
    assert backstage_view(fake_bot.stage)["faults"] == []


@pytest.mark.parametrize("what", list(DISCORD_FAULTS))
async def test_a_message_meets_each_fault_of_discord(fake_bot: FakeBot, what: str) -> None:
    """What concerns files lets a message without one by, and stays planned for the next one that has a file."""
    await fake_bot.board.turn("discord_fault", {"on": "post", "what": what})
    if what in ("explicit", "uploads"):
        assert await fake_bot.post(content="A card") == 200
        assert await fake_bot.post_file() == {"explicit": 400, "uploads": 403}[what]
    elif what in ("429", "503", "denied"):
        assert await fake_bot.post(content="A card") == {"429": 429, "503": 503, "denied": 403}[what]
    else:
        with pytest.raises(aiohttp.ClientError):
            await fake_bot.post(content="A card")
    assert backstage_view(fake_bot.stage)["faults"] == []
    assert await fake_bot.post_file() == 200


@pytest.mark.parametrize(("what", "status"), [("credit", 402), ("gone", 404), ("no_model", 404), ("firewall", 403)])
async def test_a_create_meets_a_refusal_of_the_provider(fake_bot: FakeBot, what: str, status: int) -> None:
    """It is answered so once, nothing is charged, and the next one is taken."""
    assert what in PROVIDER_FAULTS
    await fake_bot.board.turn("provider_fault", {"on": "paid", "what": what})
    async with fake_bot.http.post(
        f"{fake_bot.stage.studio.base_url}/videos",
        json={"prompt": "A cat"},
        headers={"Authorization": f"Bearer {fake_bot.stage.studio.api_key}"},
    ) as answer:
        assert answer.status == status
    assert fake_bot.stage.studio.paid("A cat") == 0
    assert (await fake_bot.create("A cat"))[0] == 200


async def test_members_lose_their_commands_and_get_them_back(fake_bot: FakeBot) -> None:
    """The right is taken from the role that members have, and the view shows it."""
    ada = fake_bot.stage.chat.add_person("Ada")
    fake_bot.guild.join(ada)
    for on in (False, True):
        await fake_bot.board.turn("members_commands", {"guild": str(fake_bot.guild.id), "on": on})
        assert bool(permissions_in(fake_bot.channel, ada.user) & Permission.USE_APPLICATION_COMMANDS) is on
        (server,) = backstage_view(fake_bot.stage)["servers"]
        assert server["members_commands"] is on


def test_every_discord_target_is_a_known_kind_of_call() -> None:
    """No target waits for a kind of request that does not exist."""
    known = {route.kind for route in ROUTES} | {"attachment", "anything"}
    assert {kind for kinds in DISCORD_TARGETS.values() for kind in kinds} <= known


@pytest.mark.parametrize("permission", list(PERMISSIONS))
async def test_a_permission_is_taken_and_given(fake_bot: FakeBot, permission: str) -> None:
    """Only the one permission changes, and the list shows it."""
    turned = {"guild": str(fake_bot.guild.id), "permission": permission}
    _, bit = PERMISSIONS[permission]
    before = fake_bot.guild.bot_role.permissions
    for on in (False, True):
        await fake_bot.board.turn("permission", {**turned, "on": on})
        assert fake_bot.guild.bot_role.permissions == (before | bit if on else before & ~bit)
        (server,) = backstage_view(fake_bot.stage)["servers"]
        assert next(one["on"] for one in server["permissions"] if one["name"] == permission) is on


async def test_reset_brings_every_mood_back(fake_bot: FakeBot) -> None:
    """After a reset the dials are those of the beginning; only the time has passed."""
    before = backstage_view(fake_bot.stage)
    guild = str(fake_bot.guild.id)
    for name, body in (
        ("render", {"seconds": 900, "progress": "text"}),
        ("next_render", {"outcome": "hangs"}),
        ("video_size", {"size": "over_limit"}),
        ("provider_fault", {"on": "poll", "what": "500", "times": 9}),
        ("discord_fault", {"on": "edit", "what": "drop_before"}),
        ("permission", {"guild": guild, "permission": "attach_files", "on": False}),
        ("members_commands", {"guild": guild, "on": False}),
        ("server_limit", {"guild": guild, "premium_tier": 3}),
    ):
        await fake_bot.board.turn(name, body)
    assert fake_bot.guild.bot_role.permissions == USUAL & ~Permission.ATTACH_FILES
    await fake_bot.board.turn("reset", {})
    assert backstage_view(fake_bot.stage) == before


async def test_time_jumps_one_jump_after_the_other(fake_bot: FakeBot) -> None:
    """Two jumps at once add up, and the view says how far the clock has gone ahead."""
    turns = [fake_bot.board.turn("jump", {"seconds": seconds}) for seconds in (600, 7200)]
    assert [one["said"] for one in await asyncio.gather(*turns)] == ["10 min passed.", "2 h passed."]
    assert backstage_view(fake_bot.stage)["clock"] == {"ahead": 7_800_000, "jumped": 7800, "speed": 1.0}


@pytest.mark.slow
async def test_the_bot_lives_dies_and_lives_again(fake_bot: FakeBot) -> None:
    """Start, kill, start and stop act on the real process, and the lamp tells which of them it was."""
    chat, board = fake_bot.stage.chat, fake_bot.board

    def lamp() -> tuple[Any, ...]:
        bot = backstage_view(fake_bot.stage)["bot"]
        return bot["state"], bot["lives"], bot["exit_code"]

    assert lamp() == ("stopped", 0, None)
    await board.turn("bot", {"do": "start"})
    assert lamp() == ("starting", 1, None)
    with pytest.raises(DialError, match="already running"):
        await board.turn("bot", {"do": "start"})
    await chat.bot_ready(60)
    assert lamp() == ("online", 1, None)
    assert await board.turn("gateway_drop", {"how": "reconnect"})
    await chat.wait_for(lambda: chat.resumes == 1 and chat.bot_online, 60)
    await board.turn("jump", {"seconds": 10})
    assert await board.turn("database", {"do": "copy"})
    with pytest.raises(DialError, match="Stop the bot first"):
        await board.turn("database", {"do": "restore"})
    await board.turn("bot", {"do": "kill"})
    assert lamp() == ("killed", 1, -9)
    await chat.bot_gone(60)
    assert await board.turn("database", {"do": "restore"})
    await board.turn("bot", {"do": "start"})
    await chat.bot_ready(60)
    assert await board.turn("bot", {"do": "stop"}) == {"said": "The bot exited with code 0."}
    assert lamp() == ("stopped", 2, 0)
    assert backstage_view(fake_bot.stage)["bot"]["since"] > (fake_bot.stage.clock.now() - 60) * 1000


async def test_a_bot_that_ends_by_itself_has_crashed(fake_bot: FakeBot) -> None:
    """An exit code of its own other than 0 is a crash, and the view knows when it was without being asked before."""
    fake_bot.stage.settings["VIDEOS_SIZES"] = "nonsense"
    await fake_bot.board.turn("bot", {"do": "start"})
    began = backstage_view(fake_bot.stage)["bot"]["since"]
    await fake_bot.stage.bot.ended()
    bot = backstage_view(fake_bot.stage)["bot"]
    assert (bot["state"], bot["exit_code"]) == ("crashed", 78)
    assert bot["since"] > began
