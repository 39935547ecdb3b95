"""The dials: what each does to the world, how it tells so, and that wrong turns are refused in one sentence."""

import asyncio
from typing import Any

import aiohttp
import pytest

from sandbox.chat.permissions import USUAL, Permission, permissions_in
from sandbox.chat.rest.routes import ROUTES
from sandbox.page.dials import OUTCOMES, PERMISSIONS, DialError
from sandbox.page.mishaps import DISCORD_FAULTS, DISCORD_TARGETS, PROVIDER_FAULTS
from sandbox.page.views.backstage import backstage_view
from tests.unit.sandbox.page.backstage.conftest import Caller


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
async def test_a_wrong_turn_is_refused_in_one_sentence(caller: Caller, name: str, body: dict[str, Any]) -> None:
    """Whatever is wrong with a turn, nothing changes and the page gets one sentence."""
    before = backstage_view(caller.stage)
    with pytest.raises(DialError, match=r"^[A-Z'].*\.$"):
        await caller.board.turn(name, body)
    assert backstage_view(caller.stage) == before


async def test_a_wrong_permission_or_tier_is_refused(caller: Caller) -> None:
    """A known server alone does not make a turn right."""
    guild = str(caller.guild.id)
    with pytest.raises(DialError):
        await caller.board.turn("permission", {"guild": guild, "permission": "administrator", "on": True})
    with pytest.raises(DialError):
        await caller.board.turn("permission", {"guild": guild, "permission": "view_channel", "on": "no"})
    with pytest.raises(DialError):
        await caller.board.turn("server_limit", {"guild": guild, "premium_tier": 4})


async def test_renders_take_their_time_and_tell_it(caller: Caller) -> None:
    """One dial sets time and progress, together or one alone."""
    said = await caller.board.turn("render", {"seconds": 90, "progress": "percent"})
    assert said == {"said": "Renders to come take 90 s and tell their progress."}
    await caller.board.turn("render", {"progress": "text"})
    assert (caller.stage.studio.dials.render_seconds, caller.stage.studio.dials.progress) == (90, "text")
    assert backstage_view(caller.stage)["dials"]["render"] == {"seconds": 90, "progress": "text"}


@pytest.mark.parametrize("outcome", list(OUTCOMES))
async def test_the_next_render_ends_as_told_and_the_one_after_it_well(caller: Caller, outcome: str) -> None:
    """The dial stands until a paid request comes, then it is back at ok; turned twice, the last turn counts."""
    await caller.board.turn("next_render", {"outcome": "hangs"})
    await caller.board.turn("next_render", {"outcome": outcome})
    assert backstage_view(caller.stage)["dials"]["next_render"]["outcome"] == outcome
    status, _ = await caller.create("A cat")
    assert status == (400 if outcome == "refused" else 200)
    assert caller.stage.studio.paid("A cat") == (0 if outcome == "refused" else 1)
    assert backstage_view(caller.stage)["dials"]["next_render"]["outcome"] == "ok"
    await caller.create("A dog")
    await caller.board.turn("jump", {"seconds": 60})
    dog = caller.stage.studio.renders[-1]
    await caller.stage.studio.wait_for(lambda: dog.state == "completed")
    if outcome in ("hangs", "slow"):
        cat = caller.stage.studio.renders[0]
        assert cat.state == "processing"
        await caller.board.turn("jump", {"seconds": 2400})
        if outcome == "slow":
            await caller.stage.studio.wait_for(lambda: cat.state == "completed")


async def test_a_video_can_be_too_large_for_a_server_without_boosts(caller: Caller) -> None:
    """Padded videos have 12 MB, which no unboosted server takes, and a boosted one does."""
    await caller.board.turn("video_size", {"size": "over_limit"})
    await caller.create("A cat")
    await caller.board.turn("jump", {"seconds": 5})
    render = caller.stage.studio.renders[0]
    await caller.stage.studio.wait_for(lambda: render.state == "completed")
    size_bytes = (await caller.stage.studio.video(render)).stat().st_size
    assert caller.guild.upload_limit_bytes < size_bytes == 12_000_000
    said = await caller.board.turn("server_limit", {"guild": str(caller.guild.id), "premium_tier": 2})
    assert said == {"said": "Night Shift takes files of up to 50 MB now."}
    assert caller.guild.upload_limit_bytes > size_bytes
    await caller.board.turn("video_size", {"size": "normal"})
    assert (await caller.stage.studio.video(render)).stat().st_size < 1_000_000


async def test_faults_are_planned_listed_and_taken_back(caller: Caller) -> None:
    """Each planned fault is listed with what it does and how often it is still to come, and can be taken back."""
    await caller.board.turn("provider_fault", {"on": "paid", "what": "drop_after", "times": 2})
    await caller.board.turn("discord_fault", {"on": "any", "what": "503"})
    with pytest.raises(aiohttp.ClientError):
        await caller.create("A cat")
    provider, discord = backstage_view(caller.stage)["faults"]
    assert provider == {
        "id": "provider-1",
        "to": "provider",
        "on": "paid",
        "what": "done, but the answer was lost",
        "left": 1,
    }
    assert discord == {"id": "discord-1", "to": "discord", "on": "any", "what": "answered 503", "left": 1}
    await caller.board.turn("clear_faults", {"id": "provider-1"})
    assert [one["id"] for one in backstage_view(caller.stage)["faults"]] == ["discord-1"]
    assert (await caller.create("A dog"))[0] == 200
    assert await caller.discord("GET", "/users/@me") == 503
    await caller.board.turn("discord_fault", {"on": "post", "what": "429", "times": 50})
    await caller.board.turn("clear_faults", {})
    assert backstage_view(caller.stage)["faults"] == []


@pytest.mark.parametrize("what", list(DISCORD_FAULTS))
async def test_a_message_meets_each_fault_of_discord(caller: Caller, what: str) -> None:
    """What concerns files lets a message without one by, and stays planned for the next one that has a file."""
    await caller.board.turn("discord_fault", {"on": "post", "what": what})
    if what in ("explicit", "uploads"):
        assert await caller.post(content="A card") == 200
        assert await caller.post_file() == {"explicit": 400, "uploads": 403}[what]
    elif what in ("429", "503", "denied"):
        assert await caller.post(content="A card") == {"429": 429, "503": 503, "denied": 403}[what]
    else:
        with pytest.raises(aiohttp.ClientError):
            await caller.post(content="A card")
    assert backstage_view(caller.stage)["faults"] == []
    assert await caller.post_file() == 200


@pytest.mark.parametrize(("what", "status"), [("credit", 402), ("gone", 404), ("no_model", 404), ("firewall", 403)])
async def test_a_create_meets_a_refusal_of_the_provider(caller: Caller, what: str, status: int) -> None:
    """It is answered so once, nothing is charged, and the next one is taken."""
    assert what in PROVIDER_FAULTS
    await caller.board.turn("provider_fault", {"on": "paid", "what": what})
    async with caller.http.post(
        f"{caller.stage.studio.base_url}/videos",
        json={"prompt": "A cat"},
        headers={"Authorization": f"Bearer {caller.stage.studio.api_key}"},
    ) as answer:
        assert answer.status == status
    assert caller.stage.studio.paid("A cat") == 0
    assert (await caller.create("A cat"))[0] == 200


async def test_members_lose_their_commands_and_get_them_back(caller: Caller) -> None:
    """The right is taken from the role that members have, and the view shows it."""
    ada = caller.stage.chat.add_person("Ada")
    caller.guild.join(ada)
    for on in (False, True):
        await caller.board.turn("members_commands", {"guild": str(caller.guild.id), "on": on})
        assert bool(permissions_in(caller.channel, ada.user) & Permission.USE_APPLICATION_COMMANDS) is on
        (server,) = backstage_view(caller.stage)["servers"]
        assert server["members_commands"] is on


def test_every_discord_target_is_a_known_kind_of_call() -> None:
    """No target waits for a kind of request that does not exist."""
    known = {route.kind for route in ROUTES} | {"attachment", "anything"}
    assert {kind for kinds in DISCORD_TARGETS.values() for kind in kinds} <= known


@pytest.mark.parametrize("permission", list(PERMISSIONS))
async def test_a_permission_is_taken_and_given(caller: Caller, permission: str) -> None:
    """Only the one permission changes, and the list shows it."""
    turned = {"guild": str(caller.guild.id), "permission": permission}
    _, bit = PERMISSIONS[permission]
    before = caller.guild.bot_role.permissions
    for on in (False, True):
        await caller.board.turn("permission", {**turned, "on": on})
        assert caller.guild.bot_role.permissions == (before | bit if on else before & ~bit)
        (server,) = backstage_view(caller.stage)["servers"]
        assert next(one["on"] for one in server["permissions"] if one["name"] == permission) is on


async def test_reset_brings_every_mood_back(caller: Caller) -> None:
    """After a reset the moods are those of the beginning; only the time has passed."""
    before = backstage_view(caller.stage)
    guild = str(caller.guild.id)
    for name, body in (
        ("render", {"seconds": 900, "progress": "text"}),
        ("next_render", {"outcome": "hangs"}),
        ("video_size", {"size": "over_limit"}),
        ("provider_fault", {"on": "look", "what": "500", "times": 9}),
        ("discord_fault", {"on": "edit", "what": "drop_before"}),
        ("permission", {"guild": guild, "permission": "attach_files", "on": False}),
        ("members_commands", {"guild": guild, "on": False}),
        ("server_limit", {"guild": guild, "premium_tier": 3}),
    ):
        await caller.board.turn(name, body)
    assert caller.guild.bot_role.permissions == USUAL & ~Permission.ATTACH_FILES
    await caller.board.turn("reset", {})
    assert backstage_view(caller.stage) == before


async def test_time_jumps_one_jump_after_the_other(caller: Caller) -> None:
    """Two jumps at once add up, and the view says how far the clock has gone ahead."""
    turns = [caller.board.turn("jump", {"seconds": seconds}) for seconds in (600, 7200)]
    assert [one["said"] for one in await asyncio.gather(*turns)] == ["10 min passed.", "2 h passed."]
    assert backstage_view(caller.stage)["clock"] == {"ahead": 7_800_000, "jumped": 7800, "speed": 1.0}


async def test_the_bot_lives_dies_and_lives_again(caller: Caller) -> None:
    """Start, kill, start and stop act on the real process, and the lamp tells which of them it was."""
    chat, board = caller.stage.chat, caller.board

    def lamp() -> tuple[Any, ...]:
        bot = backstage_view(caller.stage)["bot"]
        return bot["state"], bot["lives"], bot["exit_code"]

    assert lamp() == ("stopped", 0, None)
    await board.turn("bot", {"do": "start"})
    assert lamp() == ("starting", 1, None)
    with pytest.raises(DialError, match="runs already"):
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
    assert await board.turn("database", {"do": "restore"})
    await board.turn("bot", {"do": "start"})
    await chat.bot_ready(60)
    assert await board.turn("bot", {"do": "stop"}) == {"said": "The bot ended with exit code 0."}
    assert lamp() == ("stopped", 2, 0)
    assert backstage_view(caller.stage)["bot"]["since"] > (caller.stage.clock.now() - 60) * 1000


async def test_a_bot_that_ends_by_itself_has_crashed(caller: Caller) -> None:
    """An exit code of its own other than 0 is a crash, and the view knows when it was without being asked before."""
    caller.stage.settings["VIDEOS_SIZES"] = "nonsense"
    await caller.board.turn("bot", {"do": "start"})
    began = backstage_view(caller.stage)["bot"]["since"]
    await caller.stage.bot.ended()
    bot = backstage_view(caller.stage)["bot"]
    assert (bot["state"], bot["exit_code"]) == ("crashed", 78)
    assert bot["since"] > began
