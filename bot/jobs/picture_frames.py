"""Pictures that are the first and the last frame of a video: their order, what replaces them, and which are missing.

`frames` of a request says what its pictures are. They are kept in two places until they are fetched: in the request
itself, and as uploads beside it.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.jobs.model import Reference, Upload, VideoRequest
from bot.jobs.offered_models import PICTURES_OF_FRAMES, Frames
from bot.jobs.reasons import Reason, Refusal

Uploads = tuple[Upload, ...]


def with_fetched(request: VideoRequest, fetched: Sequence[Reference]) -> VideoRequest:
    """The request with its uploads as pictures: after its own, and before them if its own one is the last frame."""
    first, then = (fetched, request.references) if request.frames == "pair" else (request.references, fetched)
    return replace(request, references=(*first, *then))


def with_new(request: VideoRequest, uploads: Uploads, new: Uploads) -> tuple[VideoRequest, Uploads]:
    """The request and its uploads with new files in the place of all pictures.

    Of a first and last frame one new file replaces the first.
    """
    last_kept, last_uploaded = request.references[-1:], uploads[-1:]
    if request.frames != "pair" or len(new) != 1:
        return replace(request, references=()), new
    if last_kept:
        return replace(request, references=last_kept), new
    return request, (*new, *last_uploaded)


def without_surplus(request: VideoRequest, uploads: Uploads) -> tuple[VideoRequest, Uploads]:
    """The request and its uploads with the first picture, and the last one if that is the last frame."""
    if request.frames is None:
        return request, uploads
    kept = uploads or request.references
    kept = kept[:1] if request.frames == "loop" else (*kept[:1], *kept[1:][-1:])
    if uploads:
        return replace(request, references=()), tuple(one for one in kept if isinstance(one, Upload))
    return replace(request, references=tuple(one for one in kept if isinstance(one, Reference))), ()


def without_frames(request: VideoRequest, uploads: Uploads) -> tuple[VideoRequest, Uploads]:
    """The request and its uploads with neither a last frame nor a loop."""
    if request.frames == "pair" and request.references:
        request = replace(request, references=request.references[:-1])
    elif request.frames == "pair":
        uploads = uploads[:-1]
    return replace(request, frames=None), uploads


def judge_frames(frames: Frames | None, pictures: int, *, may_come: bool = False) -> Refusal | None:
    """Why so many pictures can't be those frames; with `may_come` the missing ones are still to come."""
    if frames is None:
        return None
    wanted = PICTURES_OF_FRAMES[frames]
    if pictures > wanted:
        return Refusal(Reason.FRAMES_TOO_MANY, {"limit": wanted})
    if pictures < wanted and not may_come:
        return Refusal(Reason.LAST_WITHOUT_FIRST if frames == "pair" else Reason.LOOP_WITHOUT_PICTURE)
    return None
