"""The links in messages: to a finished video at its provider, and to other messages."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from bot.chat.views import JobView
from bot.engine.context import EngineContext, can_stop
from bot.engine.delivery.link_expiry import link_expires_at
from bot.jobs.model import Job, JobId, Origin, Post, PostKind, PostState
from bot.jobs.store import posts
from bot.ops import ip_ranges
from bot.videos.provider_faults import NotFound
from bot.videos.providers import Providers

_PRIVATE_ENDINGS = frozenset(
    {"internal", "local", "localhost", "localdomain", "lan", "home", "corp", "intranet", "private", "invalid", "onion"}
)
_ADDRESS_NAMES = (".nip.io", ".sslip.io", ".xip.io", ".localtest.me", ".lvh.me", "localtest.me", "lvh.me", ".ts.net")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?|[^\x00-\x7f]+")
_KEY_LIKE = frozenset({"key", "api_key", "apikey", "api-key", "token", "access_token", "authorization", "auth"})


@dataclass(frozen=True, slots=True)
class PublicLink:
    """A link that anyone may open; `expires_at` in epoch seconds, None if neither it nor the provider tells."""

    url: str
    expires_at: float | None = None


async def find_link(providers: Providers, job: Job, now: float) -> PublicLink | None:
    """A link that anyone may open: on a foreign host, without a key, ours or another's; None if there is none.

    One that has expired at `now` is none, and so is one of a provider that isn't set up. Raises `PollFault` if the
    provider did not answer; then a link may still exist.
    """
    provider = providers.of(job.provider)
    if job.remote_id is None or provider is None:
        return None
    try:
        found = await provider.client.poll(job.remote_id)
    except NotFound:
        return None
    url = found.url
    if url is None or not is_public(url) or provider.client.key_for(url) is not None:
        return None
    ends = [at for at in (link_expires_at(url), found.expires_at) if at is not None]
    link = PublicLink(url, min(ends, default=None))
    return link if link.expires_at is None or link.expires_at > now else None


def is_public(url: str) -> bool:
    """Whether the address is a plain web link that everybody can open, without a key of its own."""
    try:
        split = urlsplit(url)
        host = (split.hostname or "").rstrip(".")
        _ = split.port
    except ValueError:
        return False
    if split.scheme not in {"http", "https"} or "@" in split.netloc or not is_public_host(host):
        return False
    said = (*parse_qsl(split.query, keep_blank_values=True), *parse_qsl(split.fragment, keep_blank_values=True))
    return not any(name.lower() in _KEY_LIKE for name, _value in said)


def is_public_host(host: str) -> bool:
    """Whether a host is the same for everybody: a global address, or a name of the public DNS."""
    if ip_ranges.is_literal(host):
        return ip_ranges.is_public(host)
    return not ip_ranges.is_disguised(host) and _is_public_name(host)


def _is_public_name(host: str) -> bool:
    """Names of one label, and those under endings that are never public, differ in every network."""
    labels = host.lower().split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    if labels[-1] in _PRIVATE_ENDINGS or tuple(labels[-2:]) == ("home", "arpa"):
        return False
    # Services that resolve a name to the address in it, or to this machine's own.
    return not any(host.lower().endswith(ending) for ending in _ADDRESS_NAMES)


def jump_link(origin: Origin, job_id: JobId, said: list[Post]) -> str | None:
    """The link to the job's video, else its notice, else its card."""
    for kind in (PostKind.VIDEO, PostKind.FAILURE, PostKind.UNSURE, PostKind.CARD, PostKind.BATCH):
        for post in said:
            if post.job_id == job_id and post.kind is kind and post.state is PostState.SENT and post.message_id:
                guild_id = origin.place_of(post.channel_id).guild_id
                return f"https://discord.com/channels/{guild_id or '@me'}/{post.channel_id}/{post.message_id}"
    return None


async def find_parent_link(context: EngineContext, job: Job) -> str | None:
    """The link to the video that the job is a remix of; Discord lets only people follow it who can see that channel.

    None for a private one, unless the job is private, too.
    """
    if job.request.parent_id is None:
        return None
    for parent, said in await context.database.read(posts.find_with_jobs, [job.request.parent_id]):
        hidden = parent.request.private and not job.request.private
        return None if hidden else jump_link(parent.origin, parent.id, said)
    return None


def view_of(context: EngineContext, job: Job, parent_link: str | None, link: str | None = None) -> JobView:
    """The job with the facts that are shown on its card and beside its video."""
    return JobView(
        job,
        now=context.clock.now(),
        queue_position=context.signals.place_in_queue(job.id),
        link=link,
        parent_link=parent_link,
        paused=context.kill_switch.is_on(),
        can_remix=_can_remix(context, job),
        kept=job.ended_at is None or job.ended_at > context.kept_since(),
        can_stop=can_stop(context, job),
    )


def _can_remix(context: EngineContext, job: Job) -> bool:
    """Whether a button for a remix makes sense: its provider changes videos, or a new one can begin where it ends."""
    provider = context.providers.of(job.provider)
    if provider is not None and provider.abilities.remix:
        return True
    return context.ffmpeg.available and any(model.references for model in context.catalogue.models)
