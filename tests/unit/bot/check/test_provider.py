"""A provider, asked over real sockets for what is free."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from bot.check.findings import Finding, Line, State
from bot.check.provider import ask_provider
from bot.check.provider_lines import judge_provider
from bot.ops.clock import SystemClock
from bot.videos.provider_setup import Abilities, ProviderSetup
from sandbox.studio import Dials, Studio

KEY = "sk-canary-of-the-check"
MODELS = {"object": "list", "data": [{"id": "clip-1", "object": "model", "created": 1, "owned_by": "us"}]}
VIDEOS = {"object": "list", "data": []}


@dataclass
class Server:
    """Answers by the path below the base URL; everything else is 404."""

    answers: dict[str, web.Response | None] = field(default_factory=dict)
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    needs_key: bool = True
    port: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        key = request.headers.get("Authorization", "")
        self.seen.append((request.method, request.path, key))
        if self.needs_key and key != f"Bearer {KEY}":
            return web.json_response({"error": {"message": "No."}}, status=401, headers=self.headers)
        answer = self.answers.get(request.path.removeprefix("/v1/"), web.json_response({}, status=404))
        if answer is None:
            await asyncio.Event().wait()
        assert answer is not None
        return web.Response(status=answer.status, body=answer.body, headers={**answer.headers, **self.headers})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


async def check(base_url: str, *models: str, seconds: float = 5.0, **setup: object) -> dict[Line, Finding]:
    provider = ProviderSetup("main", base_url, str(setup.pop("key", KEY)), **setup)
    offered = models or ("clip-1",)
    facts = await ask_provider(provider, offered, SystemClock(), is_from_file=True, within_seconds=seconds)
    return {finding.line: finding for finding in judge_provider(facts)}


def states(found: dict[Line, Finding]) -> dict[Line, State]:
    return {line: finding.state for line, finding in found.items()}


async def test_a_whole_provider(server: Server) -> None:
    """Its address, key, models and list are good; it is asked by GETs, and one of them has no key."""
    server.answers = {"models": web.json_response(MODELS), "videos": web.json_response(VIDEOS)}
    found = await check(f"http://127.0.0.1:{server.port}/v1", abilities=Abilities(list=True))
    good = dict.fromkeys((Line.ADDRESS, Line.KEY, Line.MODELS, Line.LIST), State.OK)
    assert states(found) == good | {Line.RETRIES: State.NOTE}
    assert {method for method, _path, _key in server.seen} == {"GET"}
    assert [key for _method, _path, key in server.seen].count("") == 1


async def test_a_wrong_key(server: Server) -> None:
    """It is refused, and not shown."""
    found = await check(f"http://127.0.0.1:{server.port}/v1", key="sk-another-canary")
    assert found[Line.KEY].state is State.PROBLEM
    assert "canary" not in str(found)


async def test_a_provider_that_needs_no_key(server: Server) -> None:
    """Then nothing is known of the key."""
    server.needs_key = False
    server.answers = {"models": web.json_response(MODELS)}
    assert states(await check(f"http://127.0.0.1:{server.port}/v1"))[Line.KEY] is State.NOTE


async def test_a_provider_that_hangs(server: Server) -> None:
    """A line after the time for a request; nothing else is said of it."""
    server.answers = {"models": None, "videos": None, "videos/models": None}
    found = await check(f"http://127.0.0.1:{server.port}/v1", seconds=0.2)
    assert states(found) == {Line.ADDRESS: State.PROBLEM}
    assert "no answer" in found[Line.ADDRESS].what


async def test_one_request_that_hangs_is_not_all(server: Server) -> None:
    """What is answered is judged."""
    server.answers = {"models": web.json_response(MODELS), "videos": None}
    found = await check(f"http://127.0.0.1:{server.port}/v1", seconds=0.5)
    assert states(found)[Line.KEY] is State.OK
    assert states(found)[Line.MODELS] is State.OK


async def test_nothing_listens() -> None:
    """The address is wrong, or the server is down."""
    found = await check("http://127.0.0.66:9/v1")
    assert states(found) == {Line.ADDRESS: State.PROBLEM}
    assert "refuses" in found[Line.ADDRESS].what


async def test_an_unknown_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name server says so."""
    found = await check("https://nowhere.invalid/v1")
    assert states(found) == {Line.ADDRESS: State.PROBLEM}


async def test_http_to_a_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key would be readable on the way: no packet is sent."""

    async def resolve(_loop: object, host: str, port: int, **_named: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    found = await check("http://provider.test/v1")
    assert states(found) == {Line.ADDRESS: State.PROBLEM}
    assert "public" in found[Line.ADDRESS].what


async def test_a_page_for_people(server: Server) -> None:
    """As gateways have one at every path but that of their API."""
    page = web.Response(text="<html>Sign in</html>", content_type="text/html")
    server.answers = dict.fromkeys(("models", "videos", "videos/models"), page)
    found = await check(f"http://127.0.0.1:{server.port}/v1")
    assert states(found) == {Line.ADDRESS: State.PROBLEM}
    assert "page" in found[Line.ADDRESS].what


async def test_a_redirect_elsewhere(server: Server) -> None:
    """No paid request would follow it, and the key doesn't."""
    away = web.Response(status=308, headers={"Location": "http://127.0.0.66:9/v1/models"})
    server.answers = dict.fromkeys(("models", "videos", "videos/models"), away)
    found = await check(f"http://127.0.0.1:{server.port}/v1")
    assert states(found) == {Line.ADDRESS: State.PROBLEM}


@pytest.mark.parametrize(
    ("headers", "models", "name"),
    [
        ({"x-litellm-version": "1.110"}, MODELS, "LiteLLM"),
        ({}, {"data": [{"id": "clip-1", "created": 1677610602}]}, "LiteLLM"),
        ({"X-New-Api-Version": "v1"}, MODELS, "New API"),
        ({"X-Oneapi-Request-Id": "1"}, MODELS, "New API"),
        ({}, {"success": True, "data": [{"id": "clip-1", "supported_endpoint_types": ["openai"]}]}, "New API"),
        ({"x-portkey-trace-id": "1"}, MODELS, "Portkey"),
        ({"cf-aig-step": "0"}, MODELS, "Cloudflare"),
    ],
)
async def test_a_gateway_is_recognised(server: Server, headers: dict[str, str], models: object, name: str) -> None:
    """By its headers or its list of models; what is to be switched off there is said."""
    server.headers = headers
    server.answers = {"models": web.json_response(models)}
    found = (await check(f"http://127.0.0.1:{server.port}/v1"))[Line.RETRIES]
    assert found.state is State.WARNING
    assert name in found.what


async def test_a_strange_list_is_no_gateway(server: Server) -> None:
    """Nor does it break the check."""
    for body in ([1, None, "x"], {"data": "x"}, {"data": [None, {"created": True}]}, {"data": []}):
        server.answers = {"models": web.json_response(body)}
        assert states(await check(f"http://127.0.0.1:{server.port}/v1"))[Line.RETRIES] is State.NOTE


async def test_many_models_are_all_looked_at(server: Server) -> None:
    """More than a providers file would list."""
    models = {"data": [{"id": f"model-{number}", "created": number} for number in range(1000)]}
    server.answers = {"models": web.json_response(models)}
    base_url = f"http://127.0.0.1:{server.port}/v1"
    assert states(await check(base_url, "model-999"))[Line.MODELS] is State.OK
    found = (await check(base_url, "model-999", "model-1000"))[Line.MODELS]
    assert found.state is State.WARNING
    assert "model-1000" in found.what


@pytest.mark.parametrize("dialect", ["openai", "openrouter"])
async def test_both_dialects(tmp_path: Path, dialect: str) -> None:
    """The local Videos API is well, and nothing was paid or asked that changes it."""
    dials = Dials(models=("clip-1",), list_endpoint=True)
    async with Studio(tmp_path, SystemClock(), KEY, dials=dials, dialect=dialect) as studio:
        found = await check(studio.base_url, dialect=dialect, abilities=Abilities(list=dialect == "openai"))
        assert {line: state for line, state in states(found).items() if state is not State.OK} == (
            {Line.RETRIES: State.NOTE} | ({} if dialect == "openai" else {Line.LIST: State.NOTE})
        )
        assert {request.method for request in studio.requests} == {"GET"}
        assert studio.renders == []
        wrong = await check(studio.base_url, dialect=dialect, key="sk-another-key")
        assert wrong[Line.KEY].state is State.PROBLEM


async def test_a_certificate_that_is_not_valid(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    """A name that the certificate doesn't have, or an authority that this machine doesn't know."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    app = web.Application()
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    found = await check(f"https://127.0.0.1:{runner.addresses[0][1]}/v1")
    plain = await check(f"http://127.0.0.1:{runner.addresses[0][1]}/v1")
    await runner.cleanup()
    assert "certificate" in found[Line.ADDRESS].what
    assert plain[Line.ADDRESS].state is State.PROBLEM


async def test_https_where_only_http_is_spoken(server: Server) -> None:
    """The line names TLS."""
    found = await check(f"https://127.0.0.1:{server.port}/v1")
    assert "TLS" in found[Line.ADDRESS].what


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate for another name, and its key."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl isn't installed")
    made = tmp_path / "cert.pem", tmp_path / "key.pem"
    key = ["-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subject = ["-subj", "/CN=elsewhere.test", "-days", "2", *key]
    subprocess.run(
        [program, "req", "-x509", *subject, "-out", made[0], "-keyout", made[1]], check=True, capture_output=True
    )
    return made
