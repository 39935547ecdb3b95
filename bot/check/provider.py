"""Asks one provider what costs nothing: its probes, its lists of models and its list of videos, each once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from bot.check.reaching import Failure, failure_of
from bot.discovery import MODEL_LISTS, free_client
from bot.ops.clock import Clock
from bot.videos.client import VideosClient
from bot.videos.dialect_choice import dialect_of
from bot.videos.private_network import connector_to
from bot.videos.provider_faults import NoList, PollFailed
from bot.videos.provider_setup import ProviderSetup
from bot.videos.response import decode
from bot.videos.values import Timeouts

# A decoded JSON null is None, too.
NO_JSON = object()


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a free request: status, names of headers, decoded body; or why there was none.

    `open_status` is the status of the same request without the key, where it was sent.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: object = NO_JSON
    failure: Failure | None = None
    open_status: int | None = None
    began_at: float = 0.0
    ended_at: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether it is a 2xx of an API, and no page for people."""
        return 200 <= self.status < 300 and self.body is not NO_JSON


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """What a provider answered. `offered` are its names for the offered models.

    `list_path` is None where the API has no list of videos; `can_list`: there was a list that can be read.
    `is_from_file`: a providers file says what it can do.
    """

    setup: ProviderSetup
    offered: tuple[str, ...]
    answers: Mapping[str, Answer]
    probes: tuple[str, ...]
    list_path: str | None
    can_list: bool = False
    is_from_file: bool = False

    @property
    def model_lists(self) -> list[object]:
        """The decoded lists of models."""
        return [answer.body for path in MODEL_LISTS if (answer := self.answers.get(path, Answer())).is_good]

    @property
    def host(self) -> str:
        """The host of its address, with the port if that is written."""
        return urlsplit(self.setup.base_url).netloc


async def ask_provider(
    setup: ProviderSetup,
    offered: tuple[str, ...],
    clock: Clock,
    *,
    is_from_file: bool = False,
    within_seconds: float,
) -> ProviderFacts:
    """Ask it, all at once. It raises nothing: what isn't answered is in the answers."""
    dialect = dialect_of(setup)
    try:
        list_path = dialect.list_path(1)
    except NoList:
        list_path = None
    wanted = [*dialect.probe_paths, *MODEL_LISTS, *([] if list_path is None else [list_path])]
    paths = list(dict.fromkeys(wanted))
    times = Timeouts(
        connect_seconds=within_seconds, poll_silence_seconds=within_seconds, poll_total_seconds=within_seconds
    )
    async with free_client(setup, clock, times) as client:
        found = await asyncio.gather(*(_ask(client, path, clock, within_seconds) for path in paths))
    answers = dict(zip(paths, found, strict=True))
    proving = next((path for path in dialect.probe_paths if answers[path].is_good), None)
    if proving is not None:
        status = await _status_without_key(setup, proving, within_seconds)
        answers[proving] = replace(answers[proving], open_status=status)
    listed = answers[list_path] if list_path is not None else Answer()
    can_list = listed.is_good and dialect.read_list(listed.body, setup.base_url, setup.api_key) is not None
    return ProviderFacts(setup, offered, answers, dialect.probe_paths, list_path, can_list, is_from_file)


async def _ask(client: VideosClient, path: str, clock: Clock, within_seconds: float) -> Answer:
    began_at = clock.now()
    try:
        response = await client.read_list(path)
    except PollFailed as fault:
        return Answer(failure=failure_of(fault.__cause__ or fault, within_seconds))
    ended_at = clock.now()
    # A list of models of every kind may have megabytes.
    body = NO_JSON if response.body is None else await asyncio.to_thread(_decoded, response.body)
    return Answer(response.status, response.headers, body, began_at=began_at, ended_at=ended_at)


def _decoded(body: bytes) -> object:
    found = decode(body)
    return NO_JSON if found is None else found


async def _status_without_key(setup: ProviderSetup, path: str, within_seconds: float) -> int | None:
    """The status of the same request without the key; None without an answer."""
    try:
        async with (
            asyncio.timeout(within_seconds),
            aiohttp.ClientSession(connector=connector_to(setup.base_url), trust_env=False) as session,
            session.get(URL(f"{setup.base_url}/{path}", encoded=True), allow_redirects=False) as response,
        ):
            return response.status
    except (aiohttp.ClientError, OSError):
        return None
