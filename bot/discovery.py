"""`python -m bot providers --write FILE`: asks the configured addresses for their models, and writes a providers file.

It costs nothing and changes nothing else. Each key goes to its own provider's origin alone.
"""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.ops.clock import Clock
from bot.settings import Settings, SettingsError
from bot.settings.providers_text import Answers, Written, write_text
from bot.videos.client import VideosClient
from bot.videos.dialect_choice import dialect_of
from bot.videos.model_lists import ModelList, read_model_list
from bot.videos.provider_faults import PollFailed
from bot.videos.provider_setup import ProviderSetup
from bot.videos.response import decode
from bot.videos.spending import SpendGuard
from bot.videos.values import Endpoint, Timeouts

# Where a provider lists its models: those of every kind, and those for videos.
MODEL_LISTS = ("models", "videos/models")


async def write_providers(settings: Settings, path: Path, clock: Clock, timeouts: Timeouts | None = None) -> Written:
    """Write the file, readable for its owner alone. Raises `SettingsError` if it exists or can't be written."""
    if await asyncio.to_thread(os.path.lexists, path):
        raise SettingsError(f"The file {str(path)!r} exists: name another one, or move it away.")
    setup = settings.setup
    answers = await asyncio.gather(*(_ask(provider, clock, timeouts) for provider in setup.providers))
    written = write_text(setup, answers, guess_dialect=settings.providers_file is None)
    await asyncio.to_thread(_write, path, written.text)
    return written


async def _ask(provider: ProviderSetup, clock: Clock, timeouts: Timeouts | None) -> Answers:
    async with free_client(provider, clock, timeouts) as client:
        lists = [_read(client, path, provider.api_key) for path in MODEL_LISTS]
        return Answers(provider, *await asyncio.gather(*lists))


@asynccontextmanager
async def free_client(
    provider: ProviderSetup, clock: Clock, timeouts: Timeouts | None = None
) -> AsyncGenerator[VideosClient]:
    """A client that pays for nothing."""
    guard = SpendGuard(1, clock, is_paused=lambda: True)
    client = VideosClient(Endpoint(provider.base_url, provider.api_key), dialect_of(provider), guard, clock, timeouts)
    try:
        yield client
    finally:
        await client.close()


async def _read(client: VideosClient, path: str, key: str) -> ModelList | str:
    """The list, or why there is none, in words without anything foreign."""
    try:
        response = await client.read_list(path)
    except PollFailed as fault:
        return "it didn't answer in time" if isinstance(fault.__cause__, TimeoutError) else "it can't be reached"
    match response.status:
        case 401 | 403:
            return f"it refuses the key ({response.status})"
        case 404 | 405 | 501:
            return f"it has no such list ({response.status})"
        case status if 300 <= status < 400:
            return "it leads to another address, where the key doesn't go"
        case status if not 200 <= status < 300:
            return f"it answers with an error ({status})"
        case _ if response.body is None:
            return "its answer is larger than 8 MiB"
        case _:
            found = await asyncio.to_thread(_decode, response.body, key)
            return "its answer is no list of models" if found is None else found


def _decode(body: bytes, key: str) -> ModelList | None:
    return read_model_list(decode(body), key)


def _write(path: Path, text: str) -> None:
    """Write a file that didn't exist. Who could change it would get the keys, so it is its owner's alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise SettingsError(f"The file {str(path)!r} exists: name another one, or move it away.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise SettingsError(f"The file {str(path)!r} can't be written ({reason or 'its name is no path'}).") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        path.unlink(missing_ok=True)
        raise
