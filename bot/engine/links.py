"""Whether a finished video's own address may be shown to people; it fetches nothing."""

from urllib.parse import parse_qsl, urlsplit

from bot.jobs.model import Job
from bot.videos.client import VideosClient
from bot.videos.faults import LookFault

_KEY_LIKE = frozenset({"key", "api_key", "apikey", "api-key", "token", "access_token", "authorization", "auth"})


async def find_link(videos: VideosClient, job: Job) -> str | None:
    """A link that anyone may open: on a foreign host, with no key in it, ours or another's; None if there is none."""
    if job.remote_id is None or job.provider != videos.provider:
        return None
    try:
        url = (await videos.look(job.remote_id)).url
    except LookFault:
        return None
    return url if url is not None and is_public(url) and videos.key_for(url) is None else None


def is_public(url: str) -> bool:
    """Whether the address is a plain web link that carries no key of its own."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.username or not parts.hostname:
        return False
    return not any(name.lower() in _KEY_LIKE for name, _value in parse_qsl(parts.query, keep_blank_values=True))
