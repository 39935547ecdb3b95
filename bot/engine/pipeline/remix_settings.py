"""How a remix is made: by the provider of its video, or as a new video, and then with which settings. Read-only."""

from dataclasses import replace

from bot.engine.context import EngineContext
from bot.jobs.model import Cause, Job, VideoRequest
from bot.jobs.settings_made import made_as
from bot.jobs.store import finding, marks

# After so long a provider that had no remixes is asked again.
_ASKED_AGAIN_SECONDS = 86_400.0


async def find_fallback(context: EngineContext, request: VideoRequest, parent: Job) -> Cause | None:
    """Why the remix is made as a new video; None if the parent's provider makes it.

    One that isn't set up any more makes nothing.
    """
    provider = context.providers.of(parent.provider)
    if provider is None or not context.providers.remix_routes(parent.provider, request.model):
        return Cause.UNSUPPORTED
    since = context.clock.now() - _ASKED_AGAIN_SECONDS
    learned = await context.database.read(marks.has_no_remix, provider.client.account, since)
    return Cause.UNSUPPORTED if learned else None


async def with_settings_of(context: EngineContext, request: VideoRequest, parent: Job) -> VideoRequest:
    """The request with the model, size and length of the parent, as far as they are known and the model takes them.

    A provider's own remix has them by itself; a new video must ask for them.
    """
    inherited = None if request.model else await context.database.read(finding.find_model, parent.id)
    model = context.catalogue.find(request.model, inherited)
    if model is None:
        return replace(request, model=request.model or inherited)
    made = made_as(parent.reported)
    size = request.size or parent.request.size or made.size
    length = None if made.seconds is None else f"{made.seconds:.0f}"
    seconds = request.seconds or parent.request.seconds or length
    return replace(
        request,
        model=request.model or inherited,
        size=request.size or (size if size in model.sizes else None),
        seconds=request.seconds or (seconds if seconds in model.seconds else None),
    )
