"""Login, command sync and the gateway."""


async def test_bot_logs_in_and_syncs(scene):
    """A discord.py bot logs in over REST and gateway, sees its server and has its commands synced."""
    assert scene.bot.user.id == scene.chat.bot_user.id
    assert scene.bot.get_guild(scene.guild.id).name == "Night Shift"
    assert {one["name"] for one in scene.chat.commands} == {"video", "remix", "silent", "Remix this"}
    application = await scene.bot.application_info()
    assert application.owner.id == scene.chat.owner.id
