"""The pictures of a job as they are sent: fitted to its size. They are drawn again only if the files are gone."""

import structlog

from bot.engine.context import EngineContext
from bot.jobs.model import Job
from bot.jobs.offered_models import FitMode
from bot.media.fit_plan import plan_fit
from bot.media.fitted_pictures import PictureFile
from bot.media.redrawing import RedrawFault

_log = structlog.stdlib.get_logger(__name__)


async def fit_pictures(context: EngineContext, job: Job, mode: FitMode) -> tuple[PictureFile, ...] | None:
    """The job's pictures in their order, fitted as the request or else the provider has it; None if one can't be drawn.

    Raises OSError.
    """
    fitted: list[PictureFile] = []
    for picture in job.pictures:
        how, size = None, job.request.size
        shape = None if size is None else await context.fitted_pictures.read_shape(picture)
        if size is not None and shape is not None:
            how = plan_fit(shape, size, job.request.fit or mode)
        try:
            fitted.append(await context.fitted_pictures.fit(picture, how, job.origin.user_id))
        except RedrawFault as fault:
            _log.warning("picture not fitted", job=job.id, fault=type(fault).__name__, detail=fault.detail)
            return None
    return tuple(fitted)
