"""The commands in the menu of a message, of anyone's: remix its video, animate its picture, show its details."""

import discord
from discord import app_commands

from bot.chat import details
from bot.chat.command_texts import menu_name
from bot.chat.words import Label
from bot.chat.words import refusal as refusal_text
from bot.engine.requests.intake import Ask
from bot.engine.services import Services
from bot.jobs.catalogue import pictures_of
from bot.jobs.model import Job, MessageId, PostKind, VideoRequest
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import ENDS
from cogs.facts import asker_of, no_place_of, reader_of, sight_by
from cogs.host import Host
from cogs.messages import button_on, pictures_on, shows_video
from cogs.requesting import draft_of, open_form, open_remix
from cogs.responses import deferring, opening_form, respond, respond_at_once


def build(services: Services) -> tuple[app_commands.ContextMenu, ...]:
    """The three commands, in the order in which Discord shows them: by name."""

    async def animate(interaction: discord.Interaction, message: discord.Message) -> None:
        async with opening_form(interaction):
            meant = _meant(message)
            pictures = () if isinstance(meant, Refusal) else pictures_on(meant)
            if isinstance(meant, Refusal) or not pictures:
                no = meant if isinstance(meant, Refusal) else Refusal(Reason.MENU_NO_PICTURE)
                await respond_at_once(interaction, refusal_text(no, reader_of(interaction)))
                return
            models = services.catalogue.models
            model = next((one for one in models if pictures_of(one)), services.catalogue.default)
            # As many as the form takes for that model; of a model without pictures the refusal says so.
            kept = pictures[: pictures_of(model) or 1]
            await open_form(services, interaction, draft_of(interaction, Ask(VideoRequest("", model.name), kept)))

    async def remix(interaction: discord.Interaction, message: discord.Message) -> None:
        async with opening_form(interaction):
            video = no_place_of(interaction) or await _video_to_remix(services, interaction, message)
            if isinstance(video, Refusal):
                await respond_at_once(interaction, refusal_text(video, reader_of(interaction)))
                return
            await open_remix(services, interaction, video)

    async def show_details(interaction: discord.Interaction, message: discord.Message) -> None:
        async with deferring(interaction):
            found, reader = await _find(services, interaction, message), reader_of(interaction)
            if isinstance(found, Refusal):
                await respond(interaction, refusal_text(found, reader))
                return
            shown = await services.details.find(found[0].id, asker_of(interaction), sight_by(interaction))
            refused = isinstance(shown, Refusal)
            await respond(interaction, refusal_text(shown, reader) if refused else details.details(shown, reader))

    texts = {Label.MENU_ANIMATE: animate, Label.MENU_REMIX: remix, Label.MENU_DETAILS: show_details}
    return tuple(
        app_commands.ContextMenu(name=menu_name(label, services.readers), callback=callback)
        for label, callback in texts.items()
    )


async def _video_to_remix(
    services: Services, interaction: discord.Interaction, message: discord.Message
) -> Job | Refusal:
    found = await _find(services, interaction, message)
    if isinstance(found, Refusal):
        return found
    job, kind = found
    if kind in (PostKind.CARD, PostKind.BATCH) and job.state not in ENDS:
        return Refusal(Reason.VIDEO_UNFINISHED, {"video": job.id})
    if kind is not PostKind.VIDEO:
        return Refusal(Reason.MENU_NO_VIDEO)
    return await services.lookup.check_remix(job, asker_of(interaction), sight_by(interaction))


async def _find(
    services: Services, interaction: discord.Interaction, message: discord.Message
) -> tuple[Job, PostKind] | Refusal:
    """The job of that message of the bot's, and the message's kind; or why there is none."""
    meant, me = _meant(message), interaction.client.user
    if isinstance(meant, Refusal):
        return meant
    shown = button_on(meant, me.id if me else None)
    found = await services.lookup.find_answered(MessageId(meant.id), shown)
    return found or Refusal(Reason.MENU_NOT_OURS if shows_video(meant) else Reason.MENU_NO_VIDEO)


def _meant(message: discord.Message) -> discord.Message | Refusal:
    """The message whose menu it is, that at which a thread began for the first one in it; no private one, no forward
    and none of Discord's own.
    """
    answered = message.reference.resolved if message.reference is not None else None
    if message.type is discord.MessageType.thread_starter_message and isinstance(answered, discord.Message):
        message = answered
    of_discord = message.is_system() or message.type is discord.MessageType.poll_result
    if of_discord or message.flags.ephemeral or message.flags.forwarded or message.message_snapshots:
        return Refusal(Reason.MENU_UNUSABLE)
    return message


async def setup(bot: Host) -> None:
    """Add the commands."""
    for menu in build(bot.services):
        bot.tree.add_command(menu)
