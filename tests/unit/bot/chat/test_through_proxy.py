"""Discord over TLS through a proxy, as in life: a tunnel, its refusals, and what they mean for a message."""

import asyncio
import base64
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.client_reqrep import ConnectionKey

from bot.chat.discord_errors import CourierFault, NotTaken, judge
from bot.chat.discord_health import RequestOutcome
from bot.check.reaching import failure_of
from bot.media.attachments import Attachments, NotGivenError
from bot.media.sessions import Deadlines
from bot.ops.logs import Redactor
from tests.forward_proxy import ForwardProxy

PICTURE = b"a picture"


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate of this machine, and its key."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl isn't installed")
    made = tmp_path / "cert.pem", tmp_path / "key.pem"
    key = ["-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run(
        [program, "req", "-x509", *name, *key, "-out", made[0], "-keyout", made[1]], check=True, capture_output=True
    )
    return made


@pytest.fixture
async def discord(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The origin of a server over TLS that has one file, and whose certificate this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    async def file(_: web.Request) -> web.Response:
        return web.Response(body=PICTURE)

    app = web.Application()
    app.router.add_get("/file.png", file)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def fetch(origin: str, proxy: str) -> bytes:
    """The file, as an attachment is fetched."""
    attachments = Attachments(f"{origin}/api", Deadlines(10.0, 10.0), proxy)
    # aiohttp has made its own context when it was imported.
    attachments._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=ssl.create_default_context()))
    try:
        async with attachments.open(f"{origin}/file.png") as response:
            return await response.read()
    finally:
        await attachments.close()


async def test_a_tunnel_is_opened_with_name_and_password(discord: str) -> None:
    """The proxy learns the host alone, and the bytes come through."""
    async with ForwardProxy("bot:p%40ss") as proxy:
        address = proxy.address.replace("//", "//bot:p%40ss@")
        assert await fetch(discord, address) == PICTURE
        assert [(one.method, one.host, one.path) for one in proxy.passed] == [("CONNECT", discord[8:], "")]


@pytest.mark.parametrize("status", [407, 403, 502])
async def test_a_tunnel_that_is_refused(discord: str, status: int) -> None:
    """Discord got nothing, so a message may be sent again; the check names the proxy, and no text has the password."""
    async with ForwardProxy() as proxy:
        proxy.answers = status
        with pytest.raises(aiohttp.ClientHttpProxyError) as caught:
            await fetch(discord, proxy.address.replace("//", "//bot:canary@"))
        fault, outcome = judge(caught.value)
        assert isinstance(fault, NotTaken)
        assert outcome is RequestOutcome.SILENT
        assert "proxy" in failure_of(caught.value, 1.0).what
        said = Redactor(()).clean(f"{caught.value} {caught.value!r}")
        assert "canary" not in said
        assert base64.b64encode(b"bot:canary").decode() not in said


async def test_a_proxy_that_is_away(discord: str) -> None:
    """The same."""
    async with ForwardProxy() as proxy:
        address = proxy.address.replace("//", "//bot:canary@")
    with pytest.raises(aiohttp.ClientProxyConnectionError) as caught:
        await fetch(discord, address)
    fault: CourierFault = judge(caught.value)[0]
    assert isinstance(fault, NotTaken)
    assert "proxy" in failure_of(caught.value, 1.0).what
    assert "canary" not in f"{caught.value} {caught.value!r}"


async def test_a_proxy_whose_address_has_the_wrong_scheme(discord: str) -> None:
    """It has https:// and the proxy speaks no TLS: Discord got nothing, and the check names the proxy, not Discord."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as proxy:
        address = f"https://bot:canary@127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await fetch(discord, address)
    fault: CourierFault = judge(caught.value)[0]
    assert isinstance(fault, NotTaken)
    assert "proxy" in failure_of(caught.value, 1.0, address).what
    assert "proxy" not in failure_of(caught.value, 1.0).what
    assert "canary" not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(("host", "is_the_proxy"), [("proxy.test", True), ("discord.com", False)])
def test_a_name_that_is_not_known(host: str, is_the_proxy: bool) -> None:
    """The check says whose name it is."""
    key = ConnectionKey(host, 3128, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None)
    error = aiohttp.ClientConnectorDNSError(key, OSError(-2, "Name or service not known"))
    assert ("proxy" in failure_of(error, 1.0, "http://bot:canary@proxy.test:3128").what) is is_the_proxy


async def test_a_plain_request_that_the_proxy_refuses_is_tried_again() -> None:
    """As of an attachment: the link is as good as before."""
    async with ForwardProxy("bot:secret") as proxy:
        with pytest.raises(NotGivenError) as caught:
            await fetch("http://127.0.0.1:9", proxy.address)
        assert not caught.value.final
