"""`python -m bot providers --write FILE`: whom it asks for what, and what it writes when lists lie or are missing."""

import asyncio
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from bot.discovery import write_providers
from bot.ops.clock import SystemClock
from bot.settings import SettingsError, Setup, load_settings
from bot.videos.values import Timeouts
from tests.unit.bot.settings_file import KEYS, MODEL, Folder, empty_environment
from tests.unit.bot.videos.fake_provider import FakeProvider, hang, serve
from tests.unit.bot.videos.test_model_lists import VEO

TIMEOUTS = Timeouts(connect_seconds=1, poll_total_seconds=1)
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return empty_environment(tmp_path, monkeypatch)


@pytest.fixture
async def main() -> AsyncIterator[FakeProvider]:
    provider = FakeProvider()
    runner = await serve(provider)
    yield provider
    await runner.cleanup()


@pytest.fixture
async def backup() -> AsyncIterator[FakeProvider]:
    provider = FakeProvider()
    runner = await serve(provider)
    yield provider
    await runner.cleanup()


def answering(**answers: object) -> Answer:
    """`models` and `videos` by name: JSON, or a response of any kind; 404 where nothing is given."""

    async def answer(request: web.Request) -> web.StreamResponse:
        found = answers.get("videos" if request.path.endswith("videos/models") else "models")
        if isinstance(found, web.Response):
            return found
        if callable(found):
            return await found(request)
        return web.json_response(found, status=404 if found is None else 200)

    return answer


async def written(folder: Folder, name: str = "written.toml") -> tuple[Setup, str]:
    """What the bot reads from the file that it has written, and its text."""
    path = folder.path / name
    await write_providers(load_settings(token=False), path, SystemClock(), TIMEOUTS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for setting in ("VIDEOS_API_BASE_URL", "VIDEOS_MODELS"):
        folder.monkeypatch.delenv(setting, raising=False)
    folder.set(PROVIDERS_FILE=str(path))
    return load_settings(token=False).setup, path.read_text()


def by_settings(folder: Folder, provider: FakeProvider) -> None:
    folder.monkeypatch.delenv("PROVIDERS_FILE")
    folder.monkeypatch.delenv("DISCORD_TOKEN")
    folder.set(VIDEOS_API_KEY="settings-canary", VIDEOS_API_BASE_URL=provider.base_url, VIDEOS_MODELS="fox")


async def test_from_the_settings(folder: Folder, main: FakeProvider) -> None:
    """Two free requests with the key, no token, and a file that the bot reads."""
    by_settings(folder, main)
    main.then(answering(models={"data": [{"id": "fox"}]}, videos={"data": [VEO]}))
    setup, text = await written(folder)
    assert [provider.base_url for provider in setup.providers] == [main.base_url]
    assert [model.name for model in setup.models] == ["fox", "google/veo-3.1"]
    assert sorted((seen.method, seen.path) for seen in main.seen) == [
        ("GET", "/v1/models"),
        ("GET", "/v1/videos/models"),
    ]
    assert {seen.headers["Authorization"] for seen in main.seen} == {"Bearer settings-canary"}
    assert "canary" not in text


async def test_from_a_file(folder: Folder, main: FakeProvider, backup: FakeProvider) -> None:
    """Each provider is asked with its own key, and that key goes nowhere else."""
    folder.write(
        "".join(
            f'[providers.{name}]\nbase_url = "{provider.base_url}"\napi_key = "env:{name.upper()}_API_KEY"\n'
            for name, provider in (("main", main), ("backup", backup))
        )
        + MODEL
    )
    main.then(answering(models=["fox"]))
    backup.then(answering(videos=[VEO]))
    setup, text = await written(folder)
    assert [model.name for model in setup.models] == ["fox", "google/veo-3.1"]
    assert setup.models[1].routes[0].provider == "backup"
    assert {seen.headers["Authorization"] for seen in main.seen} == {f"Bearer {KEYS['MAIN_API_KEY']}"}
    assert {seen.headers["Authorization"] for seen in backup.seen} == {f"Bearer {KEYS['BACKUP_API_KEY']}"}
    assert "canary" not in text


async def flood(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(9 * 16):
        await response.write(b" " * 65_536)
    return response


async def break_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"data": [')
    assert request.transport is not None
    request.transport.abort()
    return response


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (web.Response(status=404), "it has no such list (404)"),
        (web.Response(status=401), "it refuses the key (401)"),
        (web.Response(status=500, text="boom"), "it answers with an error (500)"),
        (web.Response(text="<html>"), "its answer is no list of models"),
        (web.Response(text='{"data": {}}'), "its answer is no list of models"),
        (web.Response(text="[" * 50_000), "its answer is no list of models"),
        (flood, "its answer is larger than 8 MiB"),
        (hang, "it didn't answer in time"),
        (break_off, "it can't be reached"),
    ],
)
async def test_a_list_that_is_not_there(folder: Folder, main: FakeProvider, answer: object, said: str) -> None:
    """The file says so, and has what is configured."""
    by_settings(folder, main)

    async def one(request: web.Request) -> web.StreamResponse:
        # A response object serves one request.
        if isinstance(answer, web.Response):
            return web.Response(status=answer.status, body=answer.body)
        assert callable(answer)
        return await answer(request)

    main.then(one)
    setup, text = await written(folder)
    assert [model.name for model in setup.models] == ["fox"]
    assert f"# GET /models: unknown, {said}.\n" in text
    assert f"# GET /videos/models: unknown, {said}.\n" in text


async def test_no_redirect_takes_the_key_away(folder: Folder, main: FakeProvider, backup: FakeProvider) -> None:
    """To another origin none is followed; at the same one it is."""
    by_settings(folder, main)
    backup.reply(200, ["stolen"])

    async def lead(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/here"):
            return web.json_response(["fox"])
        here = request.path == "/v1/models"
        return web.Response(status=302, headers={"Location": "/v1/here" if here else f"{backup.base_url}/models"})

    main.then(lead)
    _setup, text = await written(folder)
    assert backup.seen == []
    assert "# GET /models: 1 model." in text
    assert "# GET /videos/models: unknown, it leads to another address, where the key doesn't go." in text


async def test_a_list_with_the_key_in_it_and_none_at_all(folder: Folder, main: FakeProvider) -> None:
    """The key is written nowhere. Where nothing listens, the file says so."""
    by_settings(folder, main)
    main.then(answering(models=[{"id": "x settings-canary"}, {"id": "fox", "name": "settings-canary"}]))
    _setup, text = await written(folder, "first.toml")
    assert "canary" not in text
    assert "# GET /models: 1 model, and 1 that are left out" in text
    folder.monkeypatch.delenv("PROVIDERS_FILE")
    folder.set(VIDEOS_API_BASE_URL="http://127.0.0.1:9/v1", VIDEOS_MODELS="fox")
    _setup, text = await written(folder, "second.toml")
    assert "# GET /models: unknown, it can't be reached." in text


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
async def test_what_exists_is_not_replaced(folder: Folder, main: FakeProvider, kind: str) -> None:
    """Nor is a link followed, and no provider is asked."""
    by_settings(folder, main)
    path = folder.path / "there.toml"
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere")
    with pytest.raises(SettingsError, match="exists"):
        await write_providers(load_settings(token=False), path, SystemClock(), TIMEOUTS)
    assert main.seen == []
    assert not (folder.path / "nowhere").exists()
    assert kind != "file" or path.read_text() == "mine"


async def test_a_file_made_meanwhile_is_not_replaced(folder: Folder, main: FakeProvider) -> None:
    """While the providers were asked."""
    by_settings(folder, main)
    path = folder.path / "there.toml"

    async def make(_: web.Request) -> web.StreamResponse:
        await asyncio.to_thread(path.write_text, "mine")
        return web.json_response(["fox"])

    main.then(make)
    with pytest.raises(SettingsError, match="exists"):
        await write_providers(load_settings(token=False), path, SystemClock(), TIMEOUTS)
    assert path.read_text() == "mine"


@pytest.mark.parametrize("path", ["nowhere/there.toml", "a\0b"])
async def test_a_path_that_cannot_be_written(folder: Folder, main: FakeProvider, path: str) -> None:
    """One sentence."""
    by_settings(folder, main)
    main.reply(404)
    with pytest.raises(SettingsError, match="can't be written"):
        await write_providers(load_settings(token=False), Path(path), SystemClock(), TIMEOUTS)
