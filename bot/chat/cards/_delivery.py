"""What is said about the way in which a finished video is delivered, and why. Pure."""

from bot.chat.views import DeliveryNote
from bot.chat.words import Key, Reader, say
from bot.jobs.model import Job
from bot.jobs.rungs import Rung, Why

_MOVED = {
    Why.GONE: Key.MOVED_GONE,
    Why.ACCESS: Key.MOVED_ACCESS,
    Why.TYPE: Key.MOVED_ACCESS,
    Why.CLOSED: Key.MOVED_CLOSED,
    Why.AUTOMOD: Key.MOVED_AUTOMOD,
    Why.EXPLICIT: Key.MOVED_EXPLICIT,
    Why.UPLOADS: Key.MOVED_UPLOADS,
    Why.SIZE: Key.MOVED_SIZE,
}
_NO_FILE = {
    Why.EXPLICIT: Key.VIDEO_LINK_EXPLICIT,
    Why.UPLOADS: Key.VIDEO_LINK_UPLOADS,
    Why.OTHER: Key.VIDEO_LINK_OTHER,
}


def ready_line(job: Job, note: DeliveryNote, reader: Reader) -> str:
    """That the attached video is ready; what was done with it and why, if anything that one can notice."""
    key = Key.REMIX_READY if job.request.parent_id else Key.VIDEO_READY
    return _joined(say(key, reader, user=job.origin.user_id), _moved(job, note, reader), _made(job, note, reader))


def linked_line(job: Job, note: DeliveryNote, reader: Reader) -> str:
    """That the video is ready, why it isn't attached, and that the link follows."""
    user, size_bytes = job.origin.user_id, job.video_bytes or 0
    if note.why in _NO_FILE:
        why = say(_NO_FILE[note.why], reader, user=user)
    elif note.limit_bytes is None:
        why = say(Key.VIDEO_LINK_REFUSED, reader, user=user, size_bytes=size_bytes)
    else:
        why = say(Key.VIDEO_LINK, reader, user=user, size_bytes=size_bytes, limit_bytes=note.limit_bytes)
    return _joined(why, _moved(job, note, reader), watch_line(note.expires_at, reader))


def watch_line(expires_at: float | None, reader: Reader) -> str:
    """The words before a link to the video."""
    return say(Key.WATCH, reader) if expires_at is None else say(Key.WATCH_UNTIL, reader, expires=expires_at)


def _moved(job: Job, note: DeliveryNote, reader: Reader) -> str | None:
    if note.moved_for is None:
        return None
    if note.in_parent and note.moved_for is Why.GONE:
        return say(Key.MOVED_PARENT, reader)
    return say(_MOVED.get(note.moved_for, Key.MOVED_OTHER), reader, channel=f"<#{job.origin.place.channel_id}>")


def _made(job: Job, note: DeliveryNote, reader: Reader) -> str | None:
    sizes = {"size_bytes": job.video_bytes or 0, "made_bytes": job.fitted_bytes or 0}
    match note.rung:
        case Rung.CONVERT:
            return say(Key.MADE_CONVERTED, reader)
        case Rung.FIT:
            return say(Key.MADE_FITTED, reader, **sizes)
        case Rung.SMALLER if note.pixels is not None:
            width, height = note.pixels
            return say(Key.MADE_SMALLER, reader, width=width, height=height, **sizes)
        case Rung.UPLOAD if note.why is Why.CODEC:
            return say(Key.MADE_NOTHING, reader)
        case _:
            # A repack changes neither picture nor sound.
            return None


def _joined(*sentences: str | None) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
