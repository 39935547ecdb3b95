"""Remixes whose video's provider can't make them: accepted as new videos that begin with the last frame.

docs/remix.md explains it to operators, decision 32 why it is so.
"""

from dataclasses import dataclass

from bot.engine.context import EngineContext
from bot.engine.pipeline.remix_settings import find_fallback, with_settings_of
from bot.jobs.catalogue import pictures_of
from bot.jobs.model import Cause, Job, Reference, VideoRequest, as_new_video
from bot.jobs.reasons import Reason, Refusal


@dataclass(frozen=True, slots=True)
class Fallback:
    """A remix that is made as a new video: why, from which one, and its last frame, once that is drawn."""

    why: Cause
    parent: Job
    frame: Reference | None = None


async def find_way(
    context: EngineContext, request: VideoRequest, parent: Job
) -> tuple[VideoRequest, str, Fallback | None]:
    """The remix as it is stored, the id of the provider that it is meant for, and how it is made if not by a remix."""
    why = await find_fallback(context, request, parent)
    if why is None:
        return request, parent.provider, None
    request = await with_settings_of(context, request, parent)
    return request, first_provider(context, as_new_video(request)), Fallback(why, parent)


def first_provider(context: EngineContext, request: VideoRequest) -> str:
    """The id of the preferred provider of a new video."""
    routes = context.providers.routes_for(request)
    return routes[0].provider.id if routes else next(iter(context.providers)).id


def refuse_fallback(context: EngineContext, fallback: Fallback, request: VideoRequest, uploads: int) -> Refusal | None:
    """Why the remix can't be made as a new video, as far as that is known before its first picture is drawn.

    `uploads`: how many pictures come with the request, beside its own.
    """
    video = fallback.parent.id
    if not context.ffmpeg.available:
        return Refusal(Reason.REMIX_UNSUPPORTED, {"video": video})
    model = context.catalogue.find(request.model)
    pictures = 0 if model is None else pictures_of(model)
    if model is not None and not pictures:
        return Refusal(Reason.REMIX_NO_PICTURES, {"video": video, "model": model.label})
    if len(request.references) + uploads >= pictures:
        return Refusal(Reason.REMIX_PICTURES_FULL, {"video": video, "limit": pictures - 1})
    return None


def as_made(request: VideoRequest, fallback: Fallback | None) -> VideoRequest:
    """The request as a provider gets it."""
    return request if fallback is None else as_new_video(request, fallback.frame)
