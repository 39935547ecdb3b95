"""The shared parts of all requests: the form with its draft, and the private refusal with **Edit**."""

from dataclasses import replace

import discord

from bot.chat import cards, forms
from bot.chat.custom_ids import Action, FormId, FormPurpose, FormSource
from bot.chat.words import Key
from bot.chat.words import refusal as refusal_text
from bot.engine.requests.batches import BATCH_MAX, BATCH_MIN, split_prompts
from bot.engine.requests.drafts import origin_id, revised, without_pictures
from bot.engine.requests.intake import Ask
from bot.engine.services import Services
from bot.jobs.drafts import Draft, new_draft_id
from bot.jobs.model import Cause, Job, JobId, Origin, Place, UserId, Via, VideoRequest
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import State
from cogs.facts import asker_of, no_place_of, origin_of, place_of, prompt_of, reader_of, sight_by
from cogs.responses import respond, respond_at_once, respond_to_action

# No input of a form changes these.
_NOT_EDITABLE = frozenset(
    {
        Reason.DRAFT_GONE,
        Reason.NOT_ALLOWED,
        Reason.TOO_LATE_TO_CANCEL,
        Reason.SETTLED,
        Reason.NOTHING_TO_SEND,
        Reason.COMMANDS_DENIED,
    }
)
# The button beside **Edit**.
_WAYS_OUT = {Reason.DM_CLOSED: Action.MAKE_PUBLIC, Reason.PICTURE_CROPPED: Action.SHOW_ALL}


async def accept_request(
    services: Services, interaction: discord.Interaction, ask: Ask, home: Place | None = None
) -> Job | Refusal:
    """Pass a whole request to the engine; `home` as in `draft_of`."""
    ask = replace(ask, request=replace(ask.request, prompt=prompt_of(interaction, ask.request.prompt)))
    private = ask.request.private
    origin = origin_of(interaction, Via.COMMAND, private=private)
    return await services.intake.accept(ask, origin, no_place_of(interaction, private=private), home)


def draft_of(
    interaction: discord.Interaction,
    ask: Ask,
    *,
    retry_of: JobId | None = None,
    home: Place | None = None,
    improve: bool = False,
    is_batch: bool = False,
) -> Draft:
    """A new draft of the person's request. `home`: the place of the job that it leads on from, if any.

    In a DM a private draft counts there.
    """
    place = home if home is not None and ask.request.private and interaction.guild_id is None else None
    return Draft(
        new_draft_id(),
        UserId(interaction.user.id),
        place or place_of(interaction),
        ask.request,
        None,
        interaction.created_at.timestamp(),
        uploads=ask.uploads,
        retry_of=retry_of,
        improve=improve,
        is_batch=is_batch,
    )


async def open_form(services: Services, interaction: discord.Interaction, draft: Draft) -> None:
    """Ask for the prompt of a new draft by a form; the given options are kept until it is submitted."""
    request = draft.request
    refusal = (
        services.intake.closed(draft.place.guild_id, request=True)
        or no_place_of(interaction, private=request.private)
        or await services.intake.check(Ask(request, draft.uploads), draft.user_id)
    )
    if refusal is not None:
        await respond_at_once(interaction, await refusal_with_edit(services, interaction, refusal, draft))
        return
    await keep_and_show(services, interaction, draft)


async def open_remix(services: Services, interaction: discord.Interaction, video: Job) -> None:
    """Open the form for a remix of that finished video; it is private if the video is."""
    request = await services.lookup.remix_of(video, VideoRequest("", private=video.request.private))
    await keep_and_show(services, interaction, draft_of(interaction, Ask(request), home=video.origin.place))


async def open_again(
    services: Services, interaction: discord.Interaction, job: Job, *, retry_of: JobId | None = None
) -> None:
    """Open the form with all of that job's request; without what is gone or was refused."""
    draft = draft_of(interaction, Ask(job.request), retry_of=retry_of, home=job.origin.place)
    if job.about == "picture" or not await services.intake.has_pictures(job.request):
        draft = without_pictures(draft)
    if job.cause in {Cause.SOURCE_GONE, Cause.UNSUPPORTED}:
        draft = revised(draft, Refusal(Reason.VIDEO_UNKNOWN), services.catalogue)
    await keep_and_show(services, interaction, draft)


async def keep_and_show(services: Services, interaction: discord.Interaction, draft: Draft) -> None:
    """Store a new draft and open its form."""
    if refusal := await services.drafts.keep(draft):
        reader = reader_of(interaction)
        shown = cards.private_no(refusal_text(refusal, reader), draft.request.prompt, None, reader)
        await respond_at_once(interaction, shown)
        return
    await show_form(services, interaction, draft)


async def show_form(services: Services, interaction: discord.Interaction, draft: Draft) -> None:
    """Open the form of a stored draft."""
    purpose = FormPurpose.VIDEO if draft.request.parent_id is None else FormPurpose.REMIX
    room: int | None = None
    if draft.is_batch:
        purpose = FormPurpose.BATCH
        found = await services.intake.find_room(origin_of(interaction, Via.BATCH))
        room = BATCH_MAX if isinstance(found, Refusal) else max(BATCH_MIN, min(found, BATCH_MAX))
    form = FormId(purpose, FormSource.DRAFT, draft.id)
    inherited = await services.lookup.find_inherited_model(draft.request)
    shown = forms.build(form, reader_of(interaction), draft, services.catalogue, inherited, room)
    await interaction.response.send_modal(shown)


async def find_made(services: Services, draft: Draft) -> Job | None:
    """The job that was made of the draft, or by the question under the same reply."""
    made = await services.intake.find_made(origin_id(draft.id))
    if made is None and draft.reply_to is not None:
        return await services.replies.offers.find_made(draft.reply_to)
    return made


async def make_of_draft(
    services: Services, interaction: discord.Interaction, draft: Draft, origin: Origin, *, attached: bool = False
) -> None:
    """Make the job of a whole draft, and show what came of it. `attached`: its files were attached just now."""
    asker, sight = asker_of(interaction), sight_by(interaction)
    request = replace(draft.request, prompt=prompt_of(interaction, draft.request.prompt))
    prompts = split_prompts(request.prompt) if draft.is_batch else None
    if prompts is not None:
        origin = replace(origin, via=Via.BATCH)
    ask, no_place = Ask(request, draft.uploads, prompts=prompts), no_place_of(interaction, private=request.private)
    if draft.retry_of is not None:
        made = await services.job_actions.retry(draft.retry_of, asker, origin, sight, no_place, ask)
    else:
        refusal = await services.lookup.check_parent(request, asker, sight)
        made = refusal or await services.intake.accept(ask, origin, no_place, draft.place)
    if isinstance(made, Refusal) and made.reason is Reason.REFERENCE_UNREADABLE and not attached:
        made = Refusal(Reason.UPLOADS_GONE)
    if isinstance(made, Job) and draft.reply_to is not None:
        await services.replies.offers.end(draft.reply_to)
    older = isinstance(made, Job) and made.state is not State.ACCEPTED
    await respond_to_request(services, interaction, made, draft, Key.ANSWER_MADE_BEFORE if older else None)


async def refusal_with_edit(
    services: Services, interaction: discord.Interaction, no: Refusal, draft: Draft
) -> cards.Message:
    """The refusal, with the prompt as it was typed, and **Edit** if its form could help."""
    reader = reader_of(interaction)
    kept: Draft | None = None
    if no.reason is Reason.DM_CLOSED:
        # Its job, which has ended, may have been made by the form of this draft.
        draft = replace(draft, id=new_draft_id())
    if no.reason not in _NOT_EDITABLE:
        kept = await services.drafts.keep_revised(draft, no)
    sentence, draft_id = refusal_text(no, reader), kept.id if kept else None
    return cards.private_no(sentence, draft.request.prompt, draft_id, reader, _WAYS_OUT.get(no.reason))


async def respond_to_request(
    services: Services, interaction: discord.Interaction, result: Job | Refusal, draft: Draft, done: Key | None = None
) -> None:
    """As `respond_to_action`, for requests for a video: the refusal contains the prompt, and **Edit**."""
    if isinstance(result, Refusal):
        await respond(interaction, await refusal_with_edit(services, interaction, result, draft))
    else:
        await respond_to_action(interaction, result, done)
