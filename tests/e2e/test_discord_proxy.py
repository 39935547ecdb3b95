"""Discord behind a proxy (`DISCORD_PROXY`): all of its traffic goes there, and nothing of the provider's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.chat.custom_ids import Action
from sandbox.stage import Stage
from tests.e2e import inspection
from tests.e2e.messages import press, time_passes_until
from tests.e2e.scene import Scene, a_stage, picture
from tests.forward_proxy import BEHIND_PROXY, ForwardProxy

CONFIGURATION = 78
# Percent signs, in an address, stand for the signs that it can't have.
PASSWORD, WRITTEN = "canary@of/the:proxy", "canary%40of%2Fthe%3Aproxy"


@asynccontextmanager
async def behind_proxy(folder: Path, proxy: ForwardProxy) -> AsyncIterator[Stage]:
    """A stage whose Discord only the proxy finds; the bot isn't started."""
    async with a_stage(folder, start=False) as stage:
        files = stage.chat.world.files
        files.origin = files.origin.replace("127.0.0.1", BEHIND_PROXY)
        stage.chat._gateway.url = stage.chat.gateway_url.replace("127.0.0.1", BEHIND_PROXY)
        stage.bots[0] = stage.a_bot("bot")
        stage.settings["DISCORD_PROXY"] = proxy.address
        yield stage
        assert "Nothing may be looked up outside" not in stage.bot.log()


def a_scene(stage: Stage) -> Scene:
    guild = stage.chat.add_guild("Night Shift")
    ada = stage.chat.add_person("Ada")
    guild.join(ada)
    return Scene(stage, guild, guild.add_channel("videos"), ada)


async def test_everything_of_discord_goes_through_the_proxy(tmp_path: Path) -> None:
    """Gateway, requests, responses to commands and presses, attachments, uploads; the provider is asked directly.

    The proxy wants a name and password, and no line of the log has the password.
    """
    async with ForwardProxy(f"bot:{PASSWORD}") as proxy, behind_proxy(tmp_path, proxy) as stage:
        written = proxy.address.replace("//", f"//bot:{WRITTEN}@")
        await stage.start_bot(DISCORD_PROXY=written)
        scene = a_scene(stage)
        video = await scene.make("A fox", reference=picture())
        answer = await (await press(scene.ada, video, Action.DETAILS)).wait_state("message")
        assert answer.ephemeral
        discord, provider = stage.chat.api_base.split("/")[2], stage.studio.base_url.split("/")[2]
        assert {passed.host for passed in proxy.passed} == {discord}
        assert provider != discord
        paths = [passed.path for passed in proxy.passed]
        for part in ("/gateway", "attachments/", "/interactions/", "/webhooks/", "/messages", "/commands"):
            assert any(part in path for path in paths), part
        assert any(passed.is_upgrade for passed in proxy.passed)
        # No request found another way.
        assert {one.path for one in stage.chat.requests} <= set(paths)
        assert proxy.refused == 0
        log = stage.bot.log()
        for secret in (PASSWORD, WRITTEN):
            assert secret not in log
        assert await stage.bot.terminate() == 0


async def test_a_wrong_password_at_the_start_ends_with_78_and_one_line(tmp_path: Path) -> None:
    """The line names the setting, and not its value."""
    async with ForwardProxy("bot:right") as proxy, behind_proxy(tmp_path, proxy) as stage:
        await stage.start_bot(ready=False, DISCORD_PROXY=proxy.address.replace("//", f"//bot:{WRITTEN}@"))
        assert await stage.bot.ended() == CONFIGURATION
        last = stage.bot.log().strip().splitlines()[-1]
        assert "DISCORD_PROXY" in last
        assert "407" in last
        assert WRITTEN not in stage.bot.log()
        assert PASSWORD not in stage.bot.log()
        assert "Traceback" not in stage.bot.log()
        assert proxy.passed == []


async def test_a_proxy_that_is_down_is_waited_for(tmp_path: Path) -> None:
    """At the start, and while a video is made: it is an outage of Discord's, and the video is posted once after it.

    A password that is changed while the bot runs is no reason to end either.
    """
    async with ForwardProxy() as proxy, behind_proxy(tmp_path, proxy) as stage:
        await proxy.stop()
        await stage.start_bot(ready=False)
        await stage.chat.wait_for(lambda: "not logged in yet" in stage.bot.log(), what="a try in vain")
        await proxy.start()
        await stage.chat.bot_ready()
        scene = a_scene(stage)
        gate = stage.studio.gate("create", "after_take")
        call = await scene.ada.slash(scene.channel, "video", prompt="A fox behind a wall")
        await inspection.accepted(call)
        await proxy.stop()
        gate.open()
        await inspection.job(stage, "A fox behind a wall", "posting")
        proxy.answers = 407
        await proxy.start()
        await stage.chat.wait_for(lambda: proxy.refused > 2, what="tries in vain")
        proxy.answers = None
        await time_passes_until(stage, lambda: any(one.attachments for one in scene.channel.messages), step_seconds=10)
        await inspection.job(stage, "A fox behind a wall", "delivered")
        assert sum(bool(one.attachments) for one in scene.channel.messages) == 1
        assert stage.bot.running
