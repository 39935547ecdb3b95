"""Fits the pictures of a request to its size before it is accepted: what can't be drawn is refused for free."""

from dataclasses import replace

import structlog

from bot.engine.context import EngineContext
from bot.engine.requests.fallbacks import Fallback
from bot.jobs.model import VideoRequest
from bot.jobs.reasons import Reason, Refusal
from bot.media.disk_space import DiskFullError
from bot.media.fit_plan import loses_too_much, nearest_size, plan_fit
from bot.media.redrawing import RedrawFault, Undrawable

_log = structlog.stdlib.get_logger(__name__)


async def fit_request(
    context: EngineContext, request: VideoRequest, provider_id: str, fallback: Fallback | None, user_id: int
) -> VideoRequest | Refusal:
    """The request with a size, if it has pictures, or why not.

    Without one it gets that of its model's sizes which is nearest to its first picture. The pictures, which are kept by
    then, are drawn as they will be sent to that provider. Raises OSError.
    """
    provider = context.providers.of(provider_id)
    mode = request.fit or ("off" if provider is None else provider.reference_fit)
    frame = None if fallback is None else fallback.frame
    pictures = [] if frame is None else [frame]
    pictures += request.references
    shapes = [await context.fitted_pictures.read_shape(picture) for picture in pictures]
    size = request.size
    if size is None and mode != "off" and shapes and shapes[0] is not None and _has_own_size(request, fallback):
        model = context.catalogue.find(request.model)
        size = None if model is None else nearest_size(shapes[0], model.sizes)
    if size is None:
        return request
    for number, (picture, shape) in enumerate(zip(pictures, shapes, strict=True), 1 if frame is None else 0):
        if shape is None:
            # It is gone from the disk, which is found before anything is sent.
            continue
        named = {"number": number, "size": size}
        if loses_too_much(shape, size, mode) and picture is not frame:
            return Refusal(Reason.PICTURE_CROPPED, named)
        try:
            await context.fitted_pictures.fit(picture, plan_fit(shape, size, mode), user_id)
        except RedrawFault as fault:
            _log.info("picture not fitted", fault=type(fault).__name__, detail=fault.detail)
            reason = Reason.REFERENCE_BROKEN if isinstance(fault, Undrawable) else Reason.REFERENCE_HEAVY
            return Refusal(reason, named)
        except DiskFullError:
            return Refusal(Reason.DISK_FULL)
    return replace(request, size=size)


def _has_own_size(request: VideoRequest, fallback: Fallback | None) -> bool:
    """Whether the video isn't as large as that which it remixes."""
    return request.parent_id is None or fallback is not None
